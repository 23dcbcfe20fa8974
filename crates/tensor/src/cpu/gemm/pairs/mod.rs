//! Products of `bf16`: two neighbouring steps of the depth in each 32 bits of an operand, sums in f32.
//!
//! Panels are laid out as those of f32 are, so that the blocked product needs only other tiles. Where the processor has
//! AVX-512 BF16, one instruction multiplies and adds both steps of 16 columns; elsewhere they are widened first.
#![allow(unsafe_code)] // Vector operations on raw memory.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod dot;
mod pack;
mod portable;

pub(crate) use dot::{Dots, MAX_ROWS};
use half::bf16;

use super::kernels::{Isa, Kernels};
use super::lanes::{Lanes, Pixel};
use super::rearrange::{Matrix, Rows};
use super::tile::Step;
use crate::cpu::conv::winograd::transforms::{ByHeight, Height, TileTransforms};

/// Registers whose 32 bits hold two numbers of 16 bits, and numbers of 16 bits in memory.
///
/// # Safety
///
/// As for [`Lanes`].
pub(crate) trait Pairs: Lanes {
    /// The numbers at even and at odd places of the next `2 * LEN`, zero where `mask` is; only the others are touched.
    unsafe fn load_halves(src: *const bf16, mask: u32) -> (Self, Self);
    /// Writes the first `count <= 2 * LEN` halves.
    unsafe fn store_halves(self, dst: *mut bf16, count: usize);
    /// Both rounded to the nearest, this one to the low halves.
    unsafe fn pair(self, next: Self) -> Self;
    /// `self + low * low + high * high` over the halves.
    unsafe fn add_products(self, left: Self, right: Self) -> Self;

    /// Both rounded to the nearest, one after the other.
    #[inline(always)]
    unsafe fn narrow(self, next: Self) -> Self {
        // SAFETY: the caller has the instruction set.
        unsafe {
            let (even, odd) = self.deinterleave(next);
            even.pair(odd)
        }
    }
}

/// The first `count` bits.
#[inline(always)]
fn first_bits(count: usize) -> u32 {
    ((1u64 << count) - 1) as u32
}

impl<L: Pairs> Pixel<L> for bf16 {
    #[inline(always)]
    unsafe fn split(src: *const bf16, masks: [u32; 2]) -> (L, L) {
        // SAFETY: the caller's contract.
        unsafe { L::load_halves(src, masks[0] | masks[1] << L::LEN) }
    }

    #[inline(always)]
    unsafe fn join(even: L, odd: L, dst: *mut bf16, count: usize) {
        // SAFETY: the caller's contract.
        unsafe { even.pair(odd).store_halves(dst, count) }
    }
}

/// A step of two products.
pub(super) struct Double;

impl<L: Pairs> Step<L> for Double {
    #[inline(always)]
    unsafe fn add(sum: L, left: L, right: L) -> L {
        // SAFETY: the caller has the instruction set.
        unsafe { sum.add_products(left, right) }
    }
}

/// Widens short rows.
///
/// # Safety
///
/// Rows and columns lie within both matrices; the machine has the instruction set of `L`.
#[inline(always)]
unsafe fn widen<L: Pairs>(matrix: &Matrix<bf16, f32>) {
    for row in 0..matrix.rows {
        for at in (0..matrix.columns).step_by(2 * L::LEN) {
            let count = (matrix.columns - at).min(2 * L::LEN);
            // SAFETY: counts keep to the columns.
            unsafe {
                let src = matrix.src.add(row * matrix.src_stride + at);
                let dst = matrix.dst.add(row * matrix.dst_stride + at);
                let (even, odd) = L::load_halves(src, first_bits(count));
                let (low, high) = even.interleave(odd);
                low.store_first(dst, count.min(L::LEN));
                high.store_first(dst.wrapping_add(L::LEN), count.saturating_sub(L::LEN));
            }
        }
    }
}

/// Rounds short rows.
///
/// # Safety
///
/// As for [`widen`].
#[inline(always)]
unsafe fn narrow<L: Pairs>(matrix: &Matrix<f32, bf16>) {
    for row in 0..matrix.rows {
        for at in (0..matrix.columns).step_by(2 * L::LEN) {
            let count = (matrix.columns - at).min(2 * L::LEN);
            // SAFETY: counts keep to the columns.
            unsafe {
                let src = matrix.src.add(row * matrix.src_stride + at);
                let low = L::load_first(src, count.min(L::LEN));
                let high = L::load_first(src.wrapping_add(L::LEN), count.saturating_sub(L::LEN));
                let dst = matrix.dst.add(row * matrix.dst_stride + at);
                low.narrow(high).store_halves(dst, count);
            }
        }
    }
}

/// The kernels of one instruction set for images of one type of number, and for products of what is packed of them.
#[derive(Clone, Copy)]
pub(crate) struct ImageKernels<T: 'static> {
    /// Tiles of products, and packing.
    pub(crate) products: &'static Kernels,
    /// Steps of the depth in 32 bits of an operand.
    pub(crate) steps: usize,
    /// Images to f32.
    pub(crate) widen: unsafe fn(&Matrix<T, f32>),
    /// f32 to images.
    pub(crate) narrow: unsafe fn(&Matrix<f32, T>),
    /// Tells even and odd columns apart.
    pub(crate) split_columns: unsafe fn(&Rows<T>),
    /// Winograd's transforms, in place of those of `products`, for tiles of the heights in use: of 16 bits, the results of
    /// taller ones would lose more than a few roundings.
    winograd: ByHeight<Option<TileTransforms<T>>>,
}

impl<T> ImageKernels<T> {
    /// Winograd's transforms for tiles of a height.
    pub(crate) fn tiles(&self, height: Height) -> &TileTransforms<T> {
        let transforms = &self.winograd[height as usize];
        transforms
            .as_ref()
            .expect("images of 16 bits have tiles of two rows")
    }
}

impl ImageKernels<f32> {
    /// Those of f32.
    pub(crate) fn of(isa: Isa) -> Self {
        let products = isa.kernels();
        Self {
            products,
            steps: 1,
            widen: products.copy,
            narrow: products.copy,
            split_columns: products.split_columns,
            winograd: products.winograd.map(|transforms| Some(transforms.tiles)),
        }
    }
}

/// The kernels of one instruction set.
#[derive(Clone, Copy)]
pub(crate) struct PairKernels {
    pub(crate) images: ImageKernels<bf16>,
    /// A few rows times a matrix.
    pub(crate) dot: unsafe fn(&Dots),
}

impl PairKernels {
    /// The best that this machine has.
    pub(crate) fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            if avx512::is_detected() {
                return avx512::KERNELS;
            }
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                return avx2::KERNELS;
            }
        }
        portable::KERNELS
    }

    /// All that this machine can run, for tests of each.
    #[cfg(test)]
    pub(crate) fn available() -> Vec<(&'static str, Self)> {
        let mut all = vec![("portable", portable::KERNELS)];
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                all.push(("AVX2", avx2::KERNELS));
            }
            if avx512::is_detected() {
                all.push(("AVX-512 BF16", avx512::KERNELS));
            }
        }
        all
    }
}

/// Compiles the generic kernels for one instruction set and lists them in `KERNELS`; what they share with f32 comes from
/// the table `base`.
macro_rules! define_pairs {
    ($features:tt, $lanes:ty, base: $base:path, vectors: [$($vectors:literal),*], rows: $rows:tt) => {
        $crate::cpu::gemm::kernels::define_kernels! { @compile $features,
            unsafe fn tile<const ROWS: usize, const VECTORS: usize>(tile: &crate::cpu::gemm::tile::Tile) {
                use crate::cpu::gemm::pairs::Double;
                use crate::cpu::gemm::tile::{Packed, multiply};
                // SAFETY: the caller keeps the contract of a tile kernel.
                unsafe { multiply::<$lanes, Double, Packed, ROWS, VECTORS>(tile) }
            }
        }
        $crate::cpu::gemm::kernels::define_kernels! { @compile $features,
            unsafe fn pack_left(panel: &crate::cpu::gemm::pack::LeftPanel) {
                // SAFETY: the caller keeps the contract of a packing kernel.
                unsafe { super::pack::pack_left::<$lanes>(panel) }
            }
        }
        $crate::cpu::gemm::kernels::define_kernels! { @compile $features,
            unsafe fn pack_right(panel: &crate::cpu::gemm::pack::RightPanel) {
                // SAFETY: the caller keeps the contract of a packing kernel.
                unsafe { super::pack::pack_right::<$lanes>(panel) }
            }
        }
        $crate::cpu::gemm::kernels::define_kernels! { @compile $features,
            unsafe fn widen(matrix: &crate::cpu::gemm::rearrange::Matrix<half::bf16, f32>) {
                // SAFETY: the caller keeps the contract of a copy.
                unsafe { super::widen::<$lanes>(matrix) }
            }
        }
        $crate::cpu::gemm::kernels::define_kernels! { @compile $features,
            unsafe fn narrow(matrix: &crate::cpu::gemm::rearrange::Matrix<f32, half::bf16>) {
                // SAFETY: the caller keeps the contract of a copy.
                unsafe { super::narrow::<$lanes>(matrix) }
            }
        }
        $crate::cpu::gemm::kernels::define_kernels! { @compile $features,
            unsafe fn split_columns(rows: &crate::cpu::gemm::rearrange::Rows<half::bf16>) {
                use crate::cpu::gemm::rearrange::split_columns;
                // SAFETY: the caller keeps the contract of the split.
                unsafe { split_columns::<$lanes, half::bf16>(rows) }
            }
        }
        $crate::cpu::gemm::kernels::define_kernels! { @compile $features,
            unsafe fn transform_filters<S: crate::cpu::conv::winograd::side::Side>(filters: &crate::cpu::conv::winograd::tiles::Filters) {
                use crate::cpu::conv::winograd::pairs::transform_filters;
                // SAFETY: the caller keeps the contract of the transform.
                unsafe { transform_filters::<S, $lanes>(filters) }
            }
        }
        $crate::cpu::gemm::kernels::define_kernels! { @compile $features,
            unsafe fn transform_source<S: crate::cpu::conv::winograd::side::Side>(tiles: &crate::cpu::conv::winograd::tiles::SourceTiles<half::bf16>) {
                use crate::cpu::conv::winograd::pairs::transform_source;
                // SAFETY: the caller keeps the contract of the transform.
                unsafe { transform_source::<S, $lanes>(tiles) }
            }
        }
        $crate::cpu::gemm::kernels::define_kernels! { @compile $features,
            unsafe fn transform_target<S: crate::cpu::conv::winograd::side::Side>(tiles: &crate::cpu::conv::winograd::tiles::TargetTiles<half::bf16>) {
                use crate::cpu::conv::winograd::tiles::transform_target;
                // SAFETY: the caller keeps the contract of the transform.
                unsafe { transform_target::<S, $lanes, half::bf16>(tiles) }
            }
        }
        $crate::cpu::gemm::kernels::define_kernels! { @compile $features,
            unsafe fn dot(dots: &super::Dots) {
                // SAFETY: the caller keeps the contract of the kernel.
                unsafe { super::dot::multiply::<$lanes>(dots) }
            }
        }
        static PRODUCTS: crate::cpu::gemm::kernels::Kernels = crate::cpu::gemm::kernels::Kernels {
            tiles: &[$($crate::cpu::gemm::pairs::define_pairs!(@tiles $vectors, $rows)),*],
            // Panels are always packed.
            strided_tiles: &[],
            listed_tiles: &[],
            pack_left,
            pack_right,
            ..$base
        };
        const IMAGES: super::ImageKernels<half::bf16> = super::ImageKernels {
            products: &PRODUCTS,
            steps: 2,
            widen,
            narrow,
            split_columns,
            winograd: {
                use crate::cpu::conv::winograd::side::Two;
                use crate::cpu::conv::winograd::transforms::TileTransforms;
                let two = TileTransforms {
                    filters: transform_filters::<Two>,
                    source: transform_source::<Two>,
                    target: transform_target::<Two>,
                };
                [Some(two), None]
            },
        };
        pub(super) const KERNELS: super::PairKernels = super::PairKernels {
            images: IMAGES,
            dot,
        };
    };
    (@tiles $vectors:literal, [$($rows:literal),*]) => {
        &[$(tile::<$rows, $vectors>),*]
    };
}
pub(super) use define_pairs;
