//! Micro-kernels in plain Rust for every other machine; the compiler vectorises the arrays. On x86-64, where hardly anybody
//! runs them, what reads and writes parts of registers stays a call, for the size of every program.
#![allow(unsafe_code)] // Shares the raw-memory contract of the vector kernels.

use super::lanes::{Lanes, Square};

/// Two 128-bit registers, which every target with floating-point vectors has.
const LEN: usize = 8;

#[derive(Clone, Copy)]
pub(super) struct Array(pub(super) [f32; LEN]);

// SAFETY (of every block below): the trait's contract gives the memory.
impl Lanes for Array {
    const LEN: usize = LEN;

    #[inline(always)]
    unsafe fn zero() -> Self {
        Self([0.0; LEN])
    }
    #[inline(always)]
    unsafe fn splat(x: f32) -> Self {
        Self([x; LEN])
    }
    #[inline(always)]
    unsafe fn load(src: *const f32) -> Self {
        // SAFETY: see above.
        Self(unsafe { src.cast::<[f32; LEN]>().read_unaligned() })
    }
    #[cfg_attr(target_arch = "x86_64", inline(never))]
    #[cfg_attr(not(target_arch = "x86_64"), inline(always))]
    unsafe fn load_first(src: *const f32, count: usize) -> Self {
        Self(std::array::from_fn(|i| {
            if i < count {
                // SAFETY: lane `i` is one the caller lets be read.
                unsafe { *src.add(i) }
            } else {
                0.0
            }
        }))
    }
    #[inline(always)]
    unsafe fn store(self, dst: *mut f32) {
        // SAFETY: see above.
        unsafe { dst.cast::<[f32; LEN]>().write_unaligned(self.0) }
    }
    #[cfg_attr(target_arch = "x86_64", inline(never))]
    #[cfg_attr(not(target_arch = "x86_64"), inline(always))]
    unsafe fn store_first(self, dst: *mut f32, count: usize) {
        for i in 0..count {
            // SAFETY: see above.
            unsafe { *dst.add(i) = self.0[i] };
        }
    }
    #[inline(always)]
    unsafe fn mul_add(self, factor: Self, addend: Self) -> Self {
        // Not `f32::mul_add`, which is a library call where the hardware has no such instruction.
        Self(std::array::from_fn(|i| {
            self.0[i] * factor.0[i] + addend.0[i]
        }))
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] + other.0[i]))
    }
    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] - other.0[i]))
    }
    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] * other.0[i]))
    }
    #[inline(always)]
    unsafe fn deinterleave(self, next: Self) -> (Self, Self) {
        let at = |i: usize| if i < LEN { self.0[i] } else { next.0[i - LEN] };
        (
            Self(std::array::from_fn(|i| at(2 * i))),
            Self(std::array::from_fn(|i| at(2 * i + 1))),
        )
    }
    #[inline(always)]
    unsafe fn interleave(self, other: Self) -> (Self, Self) {
        let at = |i: usize| {
            if i.is_multiple_of(2) {
                self.0[i / 2]
            } else {
                other.0[i / 2]
            }
        };
        (
            Self(std::array::from_fn(at)),
            Self(std::array::from_fn(|i| at(LEN + i))),
        )
    }
    #[inline(always)]
    unsafe fn relu(self) -> Self {
        Self(self.0.map(|x| if x < 0.0 { 0.0 } else { x }))
    }
    #[cfg_attr(target_arch = "x86_64", inline(never))]
    #[cfg_attr(not(target_arch = "x86_64"), inline(always))]
    unsafe fn load_masked(self, src: *const f32, mask: u32) -> Self {
        let lane = |i: usize| {
            if mask >> i & 1 == 1 {
                // SAFETY: lane `i` is one the caller lets be read.
                unsafe { *src.add(i) }
            } else {
                self.0[i]
            }
        };
        Self(std::array::from_fn(lane))
    }
    #[cfg_attr(target_arch = "x86_64", inline(never))]
    #[cfg_attr(not(target_arch = "x86_64"), inline(always))]
    unsafe fn gather(src: *const f32, offsets: *const i32, count: usize) -> Self {
        let lane = |i: usize| {
            if i < count {
                // SAFETY: lane `i` is one the caller lets be read.
                unsafe { *src.offset(*offsets.add(i) as isize) }
            } else {
                0.0
            }
        };
        Self(std::array::from_fn(lane))
    }
    #[inline(always)]
    unsafe fn transpose(square: Square) {
        let Square {
            src,
            src_stride,
            rows,
            columns,
            dst,
            dst_stride,
            width,
        } = square;
        for j in 0..columns {
            for i in 0..width {
                // SAFETY: see above.
                unsafe {
                    let value = if i < rows {
                        *src.offset(i as isize * src_stride + j as isize)
                    } else {
                        0.0
                    };
                    *dst.add(j * dst_stride + i) = value;
                }
            }
        }
    }
    #[inline(always)]
    unsafe fn prefetch(_: *const f32) {}
}

super::kernels::define_kernels! {
    "", Array, vectors: 2 [1, 2], rows: [1, 2, 3, 4]
}
