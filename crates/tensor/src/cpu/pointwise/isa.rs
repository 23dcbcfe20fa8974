//! Which instruction set the loops run with, and the loops themselves, compiled for each.
#![allow(unsafe_code)] // Features are detected before functions that need them are called.

use super::job::Job;
use super::stage::Scalar;
use crate::cpu::past_caches::{self, Store};
use crate::cpu::prefetch;
use crate::pointwise::{Fused, Portable, Real};
use std::sync::OnceLock;

/// Elements per step of a loop: whole registers at any width.
pub(super) const LANES: usize = 64;

/// An instruction set that the loops are compiled for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Isa {
    /// AVX-512 with its byte, word and double-word parts.
    Avx512,
    /// AVX2 with fused multiply-add.
    Avx2,
    /// What the target triple guarantees, by way of `wide`.
    Portable,
}

impl Isa {
    /// The best one this processor has.
    pub(super) fn best() -> Self {
        static BEST: OnceLock<Isa> = OnceLock::new();
        *BEST.get_or_init(|| {
            Self::available()
                .next()
                .expect("every processor runs the portable loops")
        })
    }

    /// All that this processor has, best first.
    pub(super) fn available() -> impl Iterator<Item = Self> {
        [Self::Avx512, Self::Avx2, Self::Portable]
            .into_iter()
            .filter(|isa| isa.detected())
    }

    #[cfg(target_arch = "x86_64")]
    fn detected(self) -> bool {
        match self {
            Self::Avx512 => {
                is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512vl")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512bw")
                    && Self::Avx2.detected()
            }
            Self::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            Self::Portable => true,
        }
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn detected(self) -> bool {
        self == Self::Portable
    }
}

/// A number in a register, loaded from and stored to blocks of [`LANES`] elements.
pub(super) trait Vector: Copy {
    type Scalar: Scalar;
    const WIDTH: usize;
    fn load(block: &[Self::Scalar; LANES], at: usize) -> Self;
    fn store(self, block: &mut [Self::Scalar; LANES], at: usize);
}

impl Vector for Fused {
    type Scalar = f32;
    const WIDTH: usize = 1;
    #[inline(always)]
    fn load(block: &[f32; LANES], at: usize) -> Self {
        Self(block[at])
    }
    #[inline(always)]
    fn store(self, block: &mut [f32; LANES], at: usize) {
        block[at] = self.0;
    }
}

impl Vector for Portable {
    type Scalar = f32;
    const WIDTH: usize = 8;
    #[inline(always)]
    fn load(block: &[f32; LANES], at: usize) -> Self {
        let lanes: [f32; 8] = block[at..at + 8].try_into().expect("eight lanes");
        Self(wide::f32x8::new(lanes))
    }
    #[inline(always)]
    fn store(self, block: &mut [f32; LANES], at: usize) {
        block[at..at + 8].copy_from_slice(self.0.as_array());
    }
}

impl Vector for f64 {
    type Scalar = f64;
    const WIDTH: usize = 1;
    #[inline(always)]
    fn load(block: &[f64; LANES], at: usize) -> Self {
        block[at]
    }
    #[inline(always)]
    fn store(self, block: &mut [f64; LANES], at: usize) {
        block[at] = self;
    }
}

/// A scalar that formulas are evaluated in, with the vectors to do it by.
pub(super) trait Float: Scalar {
    /// For loops compiled for an instruction set with fused multiply-add.
    type Fast: Vector<Scalar = Self> + Real + Sync;
    /// For loops compiled for the baseline.
    type Portable: Vector<Scalar = Self> + Real + Sync;

    /// Runs a job with the loops of one instruction set: `portable` with the baseline's, `fast`
    /// with all others.
    fn launch<F, P, const N: usize>(job: &Job<'_, N>, isa: Isa, fast: &F, portable: &P)
    where
        F: Kernel<N>,
        P: Kernel<N, In = F::In, Out = F::Out>;
}

impl Float for f32 {
    type Fast = Fused;
    type Portable = Portable;

    fn launch<F, P, const N: usize>(job: &Job<'_, N>, isa: Isa, fast: &F, portable: &P)
    where
        F: Kernel<N>,
        P: Kernel<N, In = F::In, Out = F::Out>,
    {
        assert!(isa.detected(), "{isa:?} loops on a processor without it");
        let repeats = isa != Isa::Portable;
        // SAFETY: the instruction set is there, and a job's streams are valid for their blocks.
        job.run::<F::In, F::Out>(repeats, &|src, dst, count| unsafe {
            match isa {
                #[cfg(target_arch = "x86_64")]
                Isa::Avx512 => run_avx512(fast, src, dst, count),
                #[cfg(target_arch = "x86_64")]
                Isa::Avx2 => run_avx2(fast, src, dst, count),
                _ => blocks::<past_caches::Baseline, P, N>(portable, src, dst, count),
            }
        });
    }
}

/// Doubles are for references and checks: they get the baseline's loops only.
impl Float for f64 {
    type Fast = f64;
    type Portable = f64;

    fn launch<F, P, const N: usize>(job: &Job<'_, N>, _: Isa, _: &F, portable: &P)
    where
        F: Kernel<N>,
        P: Kernel<N, In = F::In, Out = F::Out>,
    {
        launch_portable(job, portable);
    }
}

/// Runs a job with the baseline's loops, for kernels that memory limits anyway.
pub(super) fn launch_portable<K: Kernel<N>, const N: usize>(job: &Job<'_, N>, kernel: &K) {
    // SAFETY: a job's streams are valid for their blocks.
    job.run::<K::In, K::Out>(false, &|src, dst, count| unsafe {
        blocks::<past_caches::Baseline, K, N>(kernel, src, dst, count);
    });
}

/// What a loop does with one block of each input. Implementations are `#[inline(always)]`, and
/// formulas reach them as types, never as function values, so that no call stays in the loop.
pub(super) trait Kernel<const N: usize>: Sync {
    type In: Scalar;
    type Out: Scalar;
    fn block(&self, inputs: [&[Self::In; LANES]; N], out: &mut [Self::Out; LANES]);
}

/// Where a loop reads: block after block, from the first one again after a period, or always the same block.
#[derive(Clone, Copy)]
pub(super) struct Stream<S> {
    first: *const S,
    /// The element at which the loop begins.
    at: usize,
    step: usize,
    period: usize,
}

impl<S> Stream<S> {
    /// Elements one after the other.
    pub(super) fn dense(first: *const S) -> Self {
        Self::repeated(first, 0, usize::MAX)
    }

    /// The same block again and again.
    pub(super) fn constant(first: *const S) -> Self {
        Self {
            step: 0,
            ..Self::dense(first)
        }
    }

    /// So many elements, whole blocks, one after the other from `at`, which begins a block, and then from the first one again.
    pub(super) fn repeated(first: *const S, at: usize, period: usize) -> Self {
        debug_assert!(at < period && at.is_multiple_of(LANES), "{at} of {period}");
        Self {
            first,
            at,
            step: LANES,
            period,
        }
    }

    /// Where the block after so many others lies.
    pub(super) fn after(&self, blocks: usize) -> *const S {
        let at = (self.at + blocks * self.step) % self.period;
        self.first.wrapping_add(at)
    }
}

/// Where a loop writes: block after block, past the caches if its lines begin where those of memory do.
#[derive(Clone, Copy)]
pub(super) struct Sink<S> {
    pub(super) first: *mut S,
    pub(super) past_caches: bool,
}

impl<S> Sink<S> {
    pub(super) fn cached(first: *mut S) -> Self {
        Self {
            first,
            past_caches: false,
        }
    }
}

/// # Safety
/// As for [`blocks`], and the processor has the features.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")]
unsafe fn run_avx512<K: Kernel<N>, const N: usize>(
    kernel: &K,
    src: [Stream<K::In>; N],
    dst: Sink<K::Out>,
    count: usize,
) {
    // SAFETY: by the caller's promise.
    unsafe { blocks::<past_caches::Avx512, K, N>(kernel, src, dst, count) }
}

/// # Safety
/// As for [`blocks`], and the processor has the features.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn run_avx2<K: Kernel<N>, const N: usize>(
    kernel: &K,
    src: [Stream<K::In>; N],
    dst: Sink<K::Out>,
    count: usize,
) {
    // SAFETY: by the caller's promise.
    unsafe { blocks::<past_caches::Avx2, K, N>(kernel, src, dst, count) }
}

/// Runs a kernel over `count` blocks.
///
/// # Safety
/// The processor has the instructions of `S`. Every stream is valid for `count` blocks, or for those it repeats, which only
/// loops with stores of whole lines do; `dst` is valid for `count` blocks and overlaps a stream only by
/// coinciding with it; if it is written past the caches, nobody else uses it before [`past_caches::settle`].
#[inline(always)]
unsafe fn blocks<S: Store, K: Kernel<N>, const N: usize>(
    kernel: &K,
    src: [Stream<K::In>; N],
    dst: Sink<K::Out>,
    count: usize,
) {
    let distance = prefetch::distance();
    // A number of blocks, so that the loop is not compiled twice, once for each truth value.
    let past_caches = match dst.past_caches && past_caches::begins_line(dst.first) {
        true => count,
        false => 0,
    };
    let mut at = src.map(|s| s.at);
    for i in 0..count {
        let inputs = std::array::from_fn(|k| {
            // SAFETY: the block lies within the stream.
            let block = unsafe { &*src[k].first.add(at[k]).cast::<[K::In; LANES]>() };
            prefetch::far_of(block, distance);
            let next = at[k] + src[k].step;
            // Loops for the baseline, as many again, have no room for this.
            at[k] = if S::HAS_LINES && next == src[k].period {
                0
            } else {
                next
            };
            block
        });
        // Results pass through a local, so that nothing is assumed about inputs and output being
        // apart, and the loop needs no check for it.
        let mut out = [K::Out::default(); LANES];
        kernel.block(inputs, &mut out);
        // SAFETY: the block lies within the output, whose blocks begin lines if the first one does.
        unsafe {
            let block = dst.first.add(i * LANES).cast::<[K::Out; LANES]>();
            if S::HAS_LINES && i < past_caches {
                S::write(block, out);
            } else {
                block.write(out);
            }
        }
    }
}
