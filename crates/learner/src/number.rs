//! Numbers in JSON, which has no NaN and no infinities: those are stored by name, so that a checkpoint gives
//! back what it was given.

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A number as JSON can hold it.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Stored {
    Finite(f64),
    Named(Name),
}

#[derive(Serialize, Deserialize)]
pub(crate) enum Name {
    #[serde(rename = "NaN")]
    Nan,
    #[serde(rename = "inf")]
    Infinity,
    #[serde(rename = "-inf")]
    MinusInfinity,
}

/// Fields of a record that are stored so.
pub(crate) trait Numbers: Sized {
    /// As JSON can hold them.
    type Stored: Serialize + DeserializeOwned;

    fn store(&self) -> Self::Stored;

    fn restore(stored: Self::Stored) -> Self;
}

impl Numbers for f64 {
    type Stored = Stored;

    fn store(&self) -> Stored {
        match *self {
            finite if finite.is_finite() => Stored::Finite(finite),
            nan if nan.is_nan() => Stored::Named(Name::Nan),
            infinite if infinite > 0.0 => Stored::Named(Name::Infinity),
            _ => Stored::Named(Name::MinusInfinity),
        }
    }

    fn restore(stored: Stored) -> Self {
        match stored {
            Stored::Finite(finite) => finite,
            Stored::Named(Name::Nan) => f64::NAN,
            Stored::Named(Name::Infinity) => f64::INFINITY,
            Stored::Named(Name::MinusInfinity) => f64::NEG_INFINITY,
        }
    }
}

impl Numbers for Option<f64> {
    type Stored = Option<Stored>;

    fn store(&self) -> Self::Stored {
        self.as_ref().map(Numbers::store)
    }

    fn restore(stored: Self::Stored) -> Self {
        stored.map(Numbers::restore)
    }
}

impl Numbers for Vec<f64> {
    type Stored = Vec<Stored>;

    fn store(&self) -> Self::Stored {
        self.iter().map(Numbers::store).collect()
    }

    fn restore(stored: Self::Stored) -> Self {
        stored.into_iter().map(Numbers::restore).collect()
    }
}

pub(crate) fn serialize<N: Numbers, S: Serializer>(
    numbers: &N,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    numbers.store().serialize(serializer)
}

pub(crate) fn deserialize<'de, N: Numbers, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<N, D::Error> {
    match N::Stored::deserialize(deserializer) {
        Ok(stored) => Ok(N::restore(stored)),
        Err(error) => Err(D::Error::custom(format!("a number is damaged: {error}"))),
    }
}
