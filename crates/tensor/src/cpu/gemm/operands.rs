//! The operands of a matrix product: views of raw memory, and what happens to the result.
#![allow(unsafe_code)] // Kernels share raw views across threads.

use crate::prim::Activation;

/// A matrix to read: element `(i, j)` lies at `ptr + i * row_stride + j * col_stride`.
#[derive(Clone, Copy, Debug)]
pub struct MatRef<T> {
    /// Element `(0, 0)`.
    pub ptr: *const T,
    /// Elements between rows; any sign, zero repeats a row.
    pub row_stride: isize,
    /// Elements between columns; any sign, zero repeats a column.
    pub col_stride: isize,
}

/// A matrix to write: element `(i, j)` lies at `ptr + i * row_stride + j * col_stride`.
#[derive(Clone, Copy, Debug)]
pub struct MatMut<T> {
    /// Element `(0, 0)`.
    pub ptr: *mut T,
    /// Elements between rows.
    pub row_stride: isize,
    /// Elements between columns.
    pub col_stride: isize,
}

// SAFETY: a view is an address; the functions that read through it state what must hold.
unsafe impl<T: Sync> Send for MatRef<T> {}
// SAFETY: as above.
unsafe impl<T: Sync> Sync for MatRef<T> {}
// SAFETY: as above; tasks write disjoint elements.
unsafe impl<T: Send> Send for MatMut<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for MatMut<T> {}

impl<T> MatRef<T> {
    /// The transpose.
    pub fn t(self) -> Self {
        Self {
            ptr: self.ptr,
            row_stride: self.col_stride,
            col_stride: self.row_stride,
        }
    }

    /// The same matrix, `offset` elements further.
    pub(crate) fn shifted(self, offset: isize) -> Self {
        Self {
            ptr: self.ptr.wrapping_offset(offset),
            ..self
        }
    }
}

impl<T> MatMut<T> {
    /// The transpose.
    pub fn t(self) -> Self {
        Self {
            ptr: self.ptr,
            row_stride: self.col_stride,
            col_stride: self.row_stride,
        }
    }

    /// The same matrix, `offset` elements further.
    pub(crate) fn shifted(self, offset: isize) -> Self {
        Self {
            ptr: self.ptr.wrapping_offset(offset),
            ..self
        }
    }
}

/// What becomes of the values the destination holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Store {
    /// They are replaced.
    Overwrite,
    /// The product is added to them.
    Accumulate,
}

/// A vector added to the product.
#[derive(Clone, Copy, Debug)]
pub enum Bias<T> {
    /// None.
    None,
    /// One value per row.
    Rows(*const T),
    /// One value per column.
    Columns(*const T),
}

impl<T> Bias<T> {
    /// The bias of the transposed product.
    pub(crate) fn t(self) -> Self {
        match self {
            Self::None => Self::None,
            Self::Rows(ptr) => Self::Columns(ptr),
            Self::Columns(ptr) => Self::Rows(ptr),
        }
    }

    /// Pointers to the values per row and per column, null where there are none.
    pub(crate) fn pointers(self) -> (*const T, *const T) {
        match self {
            Self::None => (std::ptr::null(), std::ptr::null()),
            Self::Rows(ptr) => (ptr, std::ptr::null()),
            Self::Columns(ptr) => (std::ptr::null(), ptr),
        }
    }
}

/// `(sum - mean) * scale` with two numbers for each row, or nothing where they are null.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowNorm {
    pub(crate) mean: *const f32,
    pub(crate) scale: *const f32,
}

impl RowNorm {
    /// Nothing.
    pub(crate) const NONE: Self = Self {
        mean: std::ptr::null(),
        scale: std::ptr::null(),
    };

    /// Those of the rows from `row` on.
    #[inline(always)]
    pub(crate) fn from(self, row: usize) -> Self {
        if self.mean.is_null() {
            return self;
        }
        Self {
            mean: self.mean.wrapping_add(row),
            scale: self.scale.wrapping_add(row),
        }
    }
}

/// What is done to a finished sum before it is stored for good.
#[derive(Clone, Copy, Debug)]
pub struct Epilogue<T> {
    /// Added first.
    pub bias: Bias<T>,
    /// Applied last.
    pub activation: Activation,
}

impl<T> Epilogue<T> {
    /// Nothing.
    pub const NONE: Self = Self {
        bias: Bias::None,
        activation: Activation::None,
    };

    /// The epilogue of the transposed product.
    pub(crate) fn t(self) -> Self {
        Self {
            bias: self.bias.t(),
            activation: self.activation,
        }
    }
}

// SAFETY: as for the views.
unsafe impl<T: Sync> Send for Bias<T> {}
// SAFETY: as above.
unsafe impl<T: Sync> Sync for Bias<T> {}

/// Sizes of a product: `m x k` times `k x n`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Rows of the left operand and of the result.
    pub m: usize,
    /// Columns of the right operand and of the result.
    pub n: usize,
    /// Depth: columns of the left operand, rows of the right.
    pub k: usize,
}

impl Size {
    /// Of the transposed product.
    pub(crate) fn t(self) -> Self {
        Self {
            m: self.n,
            n: self.m,
            k: self.k,
        }
    }

    /// Floating-point operations of the product.
    pub(crate) fn flops(self) -> usize {
        2usize
            .saturating_mul(self.m)
            .saturating_mul(self.n)
            .saturating_mul(self.k)
    }
}
