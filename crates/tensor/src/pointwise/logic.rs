//! Comparisons and logical connectives: pointwise operations whose result is a truth value.

/// A comparison of two elements; the result is a boolean (stored as one byte, 0 or 1).
///
/// Every comparison with NaN is false, except [`Compare::Ne`], which is true.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Compare {
    /// Equal.
    Eq,
    /// Not equal.
    Ne,
    /// Less than.
    Lt,
    /// Less than or equal.
    Le,
    /// Greater than.
    Gt,
    /// Greater than or equal.
    Ge,
}

impl Compare {
    /// Every comparison, for derived tests.
    pub const ALL: [Self; 6] = [Self::Eq, Self::Ne, Self::Lt, Self::Le, Self::Gt, Self::Ge];

    /// The method's name, as in PyTorch: `eq`, `ne`, `lt`, `le`, `gt`, `ge`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Ne => "ne",
            Self::Lt => "lt",
            Self::Le => "le",
            Self::Gt => "gt",
            Self::Ge => "ge",
        }
    }

    /// The outcome for two numbers.
    ///
    /// ```
    /// use hammerhead_tensor::pointwise::Compare;
    /// assert!(Compare::Le.holds(&1, &1));
    /// assert!(Compare::Ne.holds(&f32::NAN, &f32::NAN));
    /// ```
    #[inline(always)]
    pub fn holds<T: PartialOrd>(self, a: &T, b: &T) -> bool {
        match self {
            Self::Eq => a == b,
            Self::Ne => a != b,
            Self::Lt => a < b,
            Self::Le => a <= b,
            Self::Gt => a > b,
            Self::Ge => a >= b,
        }
    }
}

/// A logical connective of two truth values; any number other than zero counts as true.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Logical {
    /// Both.
    And,
    /// At least one.
    Or,
    /// Exactly one.
    Xor,
}

impl Logical {
    /// Every connective, for derived tests.
    pub const ALL: [Self; 3] = [Self::And, Self::Or, Self::Xor];

    /// The method's name, as in PyTorch: `logical_and`, `logical_or`, `logical_xor`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::And => "logical_and",
            Self::Or => "logical_or",
            Self::Xor => "logical_xor",
        }
    }

    /// The outcome for two truth values.
    #[inline(always)]
    pub const fn holds(self, a: bool, b: bool) -> bool {
        match self {
            Self::And => a & b,
            Self::Or => a | b,
            Self::Xor => a ^ b,
        }
    }
}
