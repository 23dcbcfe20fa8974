//! Element types, their promotion, and scalars.

use half::{bf16, f16};

/// The type of a tensor's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DType {
    /// 32-bit float, the default of creation from literals.
    F32,
    /// 64-bit float.
    F64,
    /// IEEE half precision.
    F16,
    /// Brain float: an `F32` with 8 bits of mantissa.
    BF16,
    /// 64-bit signed integer, the dtype of indices and class labels.
    I64,
    /// 8-bit unsigned integer, the dtype of pixels.
    U8,
    /// Truth values, stored one per byte as 0 or 1.
    Bool,
}

/// The promotion lattice's three levels: a higher one wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Category {
    /// Truth values.
    Bool,
    /// Integers.
    Int,
    /// Floats.
    Float,
}

impl DType {
    /// Every dtype, for tests that go through all of them.
    pub const ALL: [DType; 7] = [
        DType::F32,
        DType::F64,
        DType::F16,
        DType::BF16,
        DType::I64,
        DType::U8,
        DType::Bool,
    ];

    /// Bytes of one element.
    pub const fn size(self) -> usize {
        match self {
            DType::F64 | DType::I64 => 8,
            DType::F32 => 4,
            DType::F16 | DType::BF16 => 2,
            DType::U8 | DType::Bool => 1,
        }
    }

    /// Where the dtype stands in promotion.
    pub const fn category(self) -> Category {
        match self {
            DType::F32 | DType::F64 | DType::F16 | DType::BF16 => Category::Float,
            DType::I64 | DType::U8 => Category::Int,
            DType::Bool => Category::Bool,
        }
    }

    /// True for the four floating dtypes, the ones that can carry a gradient.
    pub const fn is_float(self) -> bool {
        matches!(self.category(), Category::Float)
    }

    /// PyTorch's name without its prefix: `float32`, `int64`, `bool`, ...
    pub const fn name(self) -> &'static str {
        match self {
            DType::F32 => "float32",
            DType::F64 => "float64",
            DType::F16 => "float16",
            DType::BF16 => "bfloat16",
            DType::I64 => "int64",
            DType::U8 => "uint8",
            DType::Bool => "bool",
        }
    }

    /// The dtype of `a op b` for tensors of these dtypes, as `torch.promote_types`.
    ///
    /// ```
    /// use hammerhead_tensor::DType;
    /// assert_eq!(DType::I64.promote(DType::F16), DType::F16);
    /// assert_eq!(DType::F16.promote(DType::BF16), DType::F32);
    /// ```
    pub fn promote(self, other: DType) -> DType {
        use std::cmp::Ordering;
        if self == other {
            return self;
        }
        match self.category().cmp(&other.category()) {
            Ordering::Greater => self,
            Ordering::Less => other,
            Ordering::Equal => match (self, other) {
                (DType::F64, _) | (_, DType::F64) => DType::F64,
                (DType::I64, _) | (_, DType::I64) => DType::I64,
                // f16 and bf16 have no common half type, so they meet in f32.
                _ => DType::F32,
            },
        }
    }

    /// The dtype that float-valued functions give: floats stay, the rest become `F32`.
    pub fn to_float(self) -> DType {
        if self.is_float() { self } else { DType::F32 }
    }
}

impl std::fmt::Display for DType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

mod sealed {
    pub trait Sealed {}
}

/// A Rust type that tensors can hold: `f32 f64 f16 bf16 i64 u8 bool`.
pub trait Element:
    sealed::Sealed + Copy + Default + PartialEq + PartialOrd + std::fmt::Debug + Send + Sync + 'static
{
    /// The matching dtype.
    const DTYPE: DType;
    /// The value as an `f64`, rounding an `i64` beyond 2^53.
    fn to_f64(self) -> f64;
    /// The nearest value, with `as` semantics for integers (saturating, NaN to 0).
    fn from_f64(value: f64) -> Self;
}

macro_rules! element {
    ($($type:ty, $dtype:ident, |$v:ident| $to:expr, |$w:ident| $from:expr;)*) => {$(
        impl sealed::Sealed for $type {}
        impl Element for $type {
            const DTYPE: DType = DType::$dtype;
            #[inline(always)]
            fn to_f64(self) -> f64 { let $v = self; $to }
            #[inline(always)]
            fn from_f64($w: f64) -> Self { $from }
        }
    )*};
}

element! {
    f32, F32, |v| v as f64, |w| w as f32;
    f64, F64, |v| v, |w| w;
    f16, F16, |v| v.to_f64(), |w| f16::from_f64(w);
    bf16, BF16, |v| v.to_f64(), |w| bf16::from_f64(w);
    i64, I64, |v| v as f64, |w| w as i64;
    u8, U8, |v| v as f64, |w| w as i64 as u8;
    bool, Bool, |v| v as u8 as f64, |w| w != 0.0;
}

/// Runs `$body` with `$T` naming the element type of `$dtype`.
#[macro_export]
#[doc(hidden)]
macro_rules! for_dtype {
    ($dtype:expr, $T:ident => $body:expr) => {
        match $dtype {
            $crate::DType::F32 => {
                type $T = f32;
                $body
            }
            $crate::DType::F64 => {
                type $T = f64;
                $body
            }
            $crate::DType::F16 => {
                type $T = $crate::f16;
                $body
            }
            $crate::DType::BF16 => {
                type $T = $crate::bf16;
                $body
            }
            $crate::DType::I64 => {
                type $T = i64;
                $body
            }
            $crate::DType::U8 => {
                type $T = u8;
                $body
            }
            $crate::DType::Bool => {
                type $T = bool;
                $body
            }
        }
    };
}

/// A number beside a tensor; it never raises the dtype within its category.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scalar {
    /// A float literal.
    Float(f64),
    /// An integer literal.
    Int(i64),
    /// A truth value.
    Bool(bool),
}

impl Scalar {
    /// The value as an `f64`.
    pub fn to_f64(self) -> f64 {
        match self {
            Scalar::Float(v) => v,
            Scalar::Int(v) => v as f64,
            Scalar::Bool(v) => v as u8 as f64,
        }
    }

    /// True for integers that an `f64` would round.
    pub(crate) fn exceeds_f64(self) -> bool {
        match self {
            Scalar::Int(v) => v.unsigned_abs() > 1 << 53,
            Scalar::Float(_) | Scalar::Bool(_) => false,
        }
    }

    /// Where the scalar stands in promotion.
    pub fn category(self) -> Category {
        match self {
            Scalar::Float(_) => Category::Float,
            Scalar::Int(_) => Category::Int,
            Scalar::Bool(_) => Category::Bool,
        }
    }

    /// The dtype that a tensor of `dtype` and this scalar give: an int tensor stays int with an
    /// int, and becomes `F32` with a float.
    pub fn promote(self, dtype: DType) -> DType {
        if self.category() <= dtype.category() {
            dtype
        } else {
            self.default_dtype()
        }
    }

    /// The dtype of a tensor made of this scalar alone.
    pub fn default_dtype(self) -> DType {
        match self {
            Scalar::Float(_) => DType::F32,
            Scalar::Int(_) => DType::I64,
            Scalar::Bool(_) => DType::Bool,
        }
    }
}

macro_rules! scalar_from {
    ($($type:ty => $variant:ident as $wide:ty),*) => {$(
        impl From<$type> for Scalar {
            fn from(value: $type) -> Self { Scalar::$variant(value as $wide) }
        }
    )*};
}

scalar_from!(f64 => Float as f64, f32 => Float as f64, i64 => Int as i64, i32 => Int as i64,
    u8 => Int as i64, u32 => Int as i64, usize => Int as i64, bool => Bool as bool);
