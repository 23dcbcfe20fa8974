//! The table of micro-kernels of one instruction set, and the choice among them.
#![allow(unsafe_code)] // Kernels are called through pointers with contracts.

use super::pack::{LeftPanel, RightPanel};
use super::rearrange::Matrix;
use super::tile::Tile;
use super::vector::Rows;
use crate::cpu::conv::winograd::transforms::{ByHeight, ImageTransforms, Transforms};

/// A tile kernel: multiplies packed panels into a tile of the destination.
pub(super) type TileKernel = unsafe fn(&Tile);

/// An instruction set with kernels of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Isa {
    /// Plain Rust.
    Portable,
    /// AVX2 and FMA.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// AVX-512 F.
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Isa {
    /// The best this machine has.
    pub(crate) fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx512f") {
                return Self::Avx512;
            }
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                return Self::Avx2;
            }
        }
        Self::Portable
    }

    /// All this machine can run, for tests of each.
    #[cfg(test)]
    pub(crate) fn available() -> Vec<Self> {
        let mut all = vec![Self::Portable];
        #[cfg(target_arch = "x86_64")]
        {
            let best = Self::detect();
            if best != Self::Portable {
                all.push(Self::Avx2);
            }
            if best == Self::Avx512 {
                all.push(best);
            }
        }
        all
    }

    /// Its kernels.
    pub(crate) fn kernels(self) -> &'static Kernels {
        match self {
            Self::Portable => &super::portable::KERNELS,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => &super::avx2::KERNELS,
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => &super::avx512::KERNELS,
        }
    }
}

/// The kernels of one instruction set and the tile sizes they come in.
pub(crate) struct Kernels {
    /// Values in a register.
    pub(crate) lanes: usize,
    /// Largest number of registers a tile is wide.
    pub(crate) vectors: usize,
    /// `tiles[vectors - 1][rows - 1]`.
    pub(super) tiles: &'static [&'static [TileKernel]],
    /// The same for operands that lie at equal distances, read where they are.
    pub(super) strided_tiles: &'static [&'static [TileKernel]],
    /// The same for right operands at listed places, read where they are.
    pub(super) listed_tiles: &'static [&'static [TileKernel]],
    /// Packs rows of the left operand.
    pub(super) pack_left: unsafe fn(&LeftPanel),
    /// Packs columns of the right operand.
    pub(super) pack_right: unsafe fn(&RightPanel),
    /// Transposes a matrix.
    pub(super) transpose: unsafe fn(&Matrix),
    /// Copies a matrix.
    pub(crate) copy: unsafe fn(&Matrix),
    /// Asks for a matrix.
    pub(super) fetch: unsafe fn(&Matrix),
    /// Tells even and odd columns apart.
    pub(crate) split_columns: unsafe fn(&super::rearrange::Rows),
    /// Multiplies rows with a vector.
    pub(super) multiply_rows: unsafe fn(&Rows),
    /// Winograd's transforms.
    pub(crate) winograd: ByHeight<Transforms>,
    pub(crate) winograd_images: ImageTransforms,
    /// Multiplies and adds from registers alone.
    pub(super) multiply_add: unsafe fn(usize) -> f32,
}

impl Kernels {
    /// Most rows of a tile.
    pub(crate) fn rows(&self) -> usize {
        self.tiles[0].len()
    }

    /// Most columns of a tile.
    pub(crate) fn width(&self) -> usize {
        self.vectors * self.lanes
    }

    /// Multiplies and adds from registers alone, so many times for each of some sums.
    ///
    /// # Safety
    ///
    /// The machine has the instruction set.
    pub(crate) unsafe fn multiply_add(&self, steps: usize) -> f32 {
        // SAFETY: the same contract.
        unsafe { (self.multiply_add)(steps) }
    }

    /// Floating-point operations of one step of [`multiply_add`](Self::multiply_add).
    pub(crate) fn flops_of_step(&self) -> f64 {
        (2 * super::peak::CHAINS * self.lanes) as f64
    }

    /// Writes the transpose of `rows x columns` values: `dst[j * dst_stride + i] =
    /// src[i * src_stride + j]`.
    ///
    /// # Safety
    ///
    /// Source and destination are valid for the sizes and do not overlap, and the machine has
    /// the instruction set.
    pub(crate) unsafe fn transpose(
        &self,
        src: *const f32,
        src_stride: usize,
        rows: usize,
        columns: usize,
        dst: *mut f32,
        dst_stride: usize,
    ) {
        // SAFETY: the same contract.
        unsafe {
            (self.transpose)(&Matrix {
                src,
                src_stride,
                rows,
                columns,
                dst,
                dst_stride,
            })
        }
    }

    /// Copies `rows x columns` values: `dst[i * dst_stride + j] = src[i * src_stride + j]`.
    ///
    /// # Safety
    ///
    /// As for [`transpose`](Self::transpose).
    pub(crate) unsafe fn copy(
        &self,
        src: *const f32,
        src_stride: usize,
        rows: usize,
        columns: usize,
        dst: *mut f32,
        dst_stride: usize,
    ) {
        // SAFETY: the same contract.
        unsafe {
            (self.copy)(&Matrix {
                src,
                src_stride,
                rows,
                columns,
                dst,
                dst_stride,
            })
        }
    }
}

/// Compiles the generic kernels for one instruction set and lists them in `KERNELS`.
macro_rules! define_kernels {
    ($features:tt, $lanes:ty, vectors: $count:literal [$($vectors:literal),*], rows: $rows:tt) => {
        super::kernels::define_kernels! { @compile $features,
            unsafe fn tile<R: super::tile::Reading, const ROWS: usize, const VECTORS: usize>(tile: &super::tile::Tile) {
                // SAFETY: the caller keeps the contract of a tile kernel.
                unsafe { super::tile::multiply::<$lanes, super::tile::Single, R, ROWS, VECTORS>(tile) }
            }
        }
        super::kernels::define_kernels! { @compile $features,
            unsafe fn pack_left(panel: &super::pack::LeftPanel) {
                // SAFETY: the caller keeps the contract of a packing kernel.
                unsafe { super::pack::pack_left::<$lanes>(panel) }
            }
        }
        super::kernels::define_kernels! { @compile $features,
            unsafe fn pack_right(panel: &super::pack::RightPanel) {
                // SAFETY: the caller keeps the contract of a packing kernel.
                unsafe { super::pack::pack_right::<$lanes>(panel) }
            }
        }
        super::kernels::define_kernels! { @compile $features,
            unsafe fn transpose(matrix: &super::rearrange::Matrix) {
                // SAFETY: the caller keeps the contract of a transpose.
                unsafe { super::rearrange::transpose::<$lanes>(matrix) }
            }
        }
        super::kernels::define_kernels! { @compile $features,
            unsafe fn copy(matrix: &super::rearrange::Matrix) {
                // SAFETY: the caller keeps the contract of a copy.
                unsafe { super::rearrange::copy::<$lanes>(matrix) }
            }
        }
        super::kernels::define_kernels! { @compile $features,
            unsafe fn fetch(matrix: &super::rearrange::Matrix) {
                // SAFETY: the caller has detected the instruction set.
                unsafe { super::rearrange::fetch::<$lanes>(matrix) }
            }
        }
        super::kernels::define_kernels! { @compile $features,
            unsafe fn split_columns(rows: &super::rearrange::Rows) {
                // SAFETY: the caller keeps the contract of the split.
                unsafe { super::rearrange::split_columns::<$lanes, f32>(rows) }
            }
        }
        super::kernels::define_kernels! { @compile $features,
            unsafe fn multiply_rows(rows: &super::vector::Rows) {
                // SAFETY: the caller keeps the contract of the kernel.
                unsafe { super::vector::multiply::<$lanes>(rows) }
            }
        }
        super::kernels::define_kernels! { @compile $features,
            unsafe fn multiply_add(steps: usize) -> f32 {
                // SAFETY: the caller has detected the instruction set.
                unsafe { super::peak::multiply_add::<$lanes>(steps) }
            }
        }
        crate::cpu::conv::winograd::transforms::define_transforms!($features, $lanes);
        pub(super) const ALL: super::kernels::Kernels = super::kernels::Kernels {
            lanes: <$lanes as super::lanes::Lanes>::LEN,
            vectors: $count,
            tiles: &[$(super::kernels::define_kernels!(@tiles $vectors, $rows, Packed)),*],
            strided_tiles: &[$(super::kernels::define_kernels!(@tiles $vectors, $rows, Strided)),*],
            listed_tiles: &[$(super::kernels::define_kernels!(@tiles $vectors, $rows, Listed)),*],
            pack_left,
            pack_right,
            transpose,
            copy,
            fetch,
            split_columns,
            multiply_rows,
            winograd: TRANSFORMS,
            winograd_images: IMAGE_TRANSFORMS,
            multiply_add,
        };
        pub(super) static KERNELS: super::kernels::Kernels = ALL;
    };
    (@tiles $vectors:literal, [$($rows:literal),*], $reading:ident) => {
        &[$(tile::<super::tile::$reading, $rows, $vectors>),*]
    };
    (@compile "", $($item:tt)*) => { $($item)* };
    (@compile $features:tt, $($item:tt)*) => {
        #[target_feature(enable = $features)]
        $($item)*
    };
}
pub(crate) use define_kernels;
