//! Hot loops compiled once per instruction set and chosen when the program runs, so that a build
//! without special flags is as fast as one for this very machine.
#![allow(unsafe_code)] // Calling code compiled for another instruction set needs a check first.

/// A loop as plain data, so that it can be compiled for several instruction sets.
///
/// `run` and what it calls in the loop must be `#[inline(always)]`: only what ends up inside the
/// chosen function is compiled for its instruction set. None contracts a product and a sum, so all
/// of them give the same bits.
pub(crate) trait HotLoop {
    /// What comes out.
    type Output;
    /// Whether it is worth its room in every program once per instruction set, as loops over doubles, integers and truth
    /// values and products of all elements, which are for references and counts, are not.
    const HOT: bool = true;
    /// The loop.
    fn run(self) -> Self::Output;
}

/// Runs the loop as compiled for the best instruction set that this machine has.
#[inline]
pub(crate) fn fastest<L: HotLoop>(hot: L) -> L::Output {
    #[cfg(target_arch = "x86_64")]
    if L::HOT {
        if has_avx512() {
            // SAFETY: the features were just found on this machine.
            return unsafe { avx512(hot) };
        }
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            // SAFETY: the features were just found on this machine.
            return unsafe { avx2(hot) };
        }
    }
    baseline(hot)
}

/// Compiled once, wherever it is called from.
#[inline(never)]
fn baseline<L: HotLoop>(hot: L) -> L::Output {
    hot.run()
}

#[cfg(target_arch = "x86_64")]
fn has_avx512() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("fma")
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
fn avx512<L: HotLoop>(hot: L) -> L::Output {
    hot.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn avx2<L: HotLoop>(hot: L) -> L::Output {
    hot.run()
}
