//! The vector operations micro-kernels are written in, one implementation per instruction set.
#![allow(unsafe_code)] // Every method is a vector instruction on raw memory.

/// `LEN` values of `f32` in a register.
///
/// # Safety
///
/// Every method requires the instruction set of the implementation. Loads and stores require
/// that the touched elements are valid; `*_first` touches the first `count` elements only.
pub(crate) trait Lanes: Copy {
    /// Number of values.
    const LEN: usize;

    /// All lanes zero.
    unsafe fn zero() -> Self;
    /// All lanes `x`.
    unsafe fn splat(x: f32) -> Self;
    /// `LEN` consecutive values.
    unsafe fn load(src: *const f32) -> Self;
    /// The first `count <= LEN` consecutive values, the other lanes zero.
    unsafe fn load_first(src: *const f32, count: usize) -> Self;
    /// Writes all lanes.
    unsafe fn store(self, dst: *mut f32);
    /// Writes the first `count <= LEN` lanes.
    unsafe fn store_first(self, dst: *mut f32, count: usize);
    /// `self * factor + addend`, fused where the instruction set can.
    unsafe fn mul_add(self, factor: Self, addend: Self) -> Self;
    /// Lane-wise sum.
    unsafe fn add(self, other: Self) -> Self;
    /// Lane-wise difference.
    unsafe fn sub(self, other: Self) -> Self;
    /// Lane-wise product.
    unsafe fn mul(self, other: Self) -> Self;
    /// The values at even and at odd places of this register and the next.
    unsafe fn deinterleave(self, next: Self) -> (Self, Self);
    /// The values of two registers in turn, this one's first.
    unsafe fn interleave(self, other: Self) -> (Self, Self);
    /// `max(self, 0)`; a NaN stays a NaN, as PyTorch's relu has it.
    unsafe fn relu(self) -> Self;
    /// Lane `i` is `src[i]` for every `i` set in `mask`, else `self`'s; only those are touched.
    unsafe fn load_masked(self, src: *const f32, mask: u32) -> Self;
    /// Lane `i` is `src[offsets[i]]`, for `i < count`; the other lanes are zero.
    unsafe fn gather(src: *const f32, offsets: *const i32, count: usize) -> Self;
    /// Transposes up to `LEN x LEN` values.
    unsafe fn transpose(square: Square);
    /// Asks for the cache line of `address`, which need not be valid.
    unsafe fn prefetch(address: *const f32);
}

/// Lanes of the widest registers.
pub(crate) const MAX_LANES: usize = 16;

/// The sum of a register's values, halves added to each other.
///
/// # Safety
///
/// As for [`Lanes`].
#[inline(always)]
pub(super) unsafe fn sum_of_lanes<L: Lanes>(register: L) -> f32 {
    let mut lanes = [0.0f32; MAX_LANES];
    // SAFETY: no register is wider.
    unsafe { register.store(lanes.as_mut_ptr()) };
    let mut width = L::LEN;
    while width > 1 {
        width /= 2;
        for i in 0..width {
            lanes[i] += lanes[i + width];
        }
    }
    lanes[0]
}

/// A number of an image in memory, which registers take as f32.
///
/// # Safety
///
/// As for [`Lanes`].
pub(crate) trait Pixel<L>: Copy {
    /// The numbers at even and at odd places of the next `2 * LEN`, zero where the masks of the first and the second half
    /// are; only the others are touched.
    unsafe fn split(src: *const Self, masks: [u32; 2]) -> (L, L);
    /// Writes the first `count` numbers of two registers in turn.
    unsafe fn join(even: L, odd: L, dst: *mut Self, count: usize);
}

impl<L: Lanes> Pixel<L> for f32 {
    #[inline(always)]
    unsafe fn split(src: *const f32, masks: [u32; 2]) -> (L, L) {
        // SAFETY: the caller's contract.
        unsafe {
            let first = L::zero().load_masked(src, masks[0]);
            let second = L::zero().load_masked(src.wrapping_add(L::LEN), masks[1]);
            first.deinterleave(second)
        }
    }

    #[inline(always)]
    unsafe fn join(even: L, odd: L, dst: *mut f32, count: usize) {
        // SAFETY: the caller's contract.
        unsafe {
            let (low, high) = even.interleave(odd);
            low.store_first(dst, count.min(L::LEN));
            high.store_first(dst.wrapping_add(L::LEN), count.saturating_sub(L::LEN));
        }
    }
}

/// A square, or less, to transpose: row `i < rows` of the source starts at `src + i * src_stride`
/// and has `columns` values; column `j` of it is written to `dst + j * dst_stride`, and zeros
/// after it up to `width` values. Nothing else is touched. Neither side exceeds a register.
#[derive(Clone, Copy)]
pub(crate) struct Square {
    pub(crate) src: *const f32,
    pub(crate) src_stride: isize,
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) dst: *mut f32,
    pub(crate) dst_stride: usize,
    pub(crate) width: usize,
}
