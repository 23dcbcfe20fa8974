//! Asking for memory before it is needed.
#![allow(unsafe_code)] // A hint of the processor.

use std::sync::OnceLock;

/// Bytes that a loop over memory asks for ahead: what a core can wait for at a time, and the processor's own guess, which
/// begins anew with every page, is behind. Sums of what lies beyond the second-level cache become a seventh faster.
const AHEAD: usize = 2048;
/// Bytes of a cache line.
pub(crate) const LINE: usize = 64;

/// Asks for what lies so many bytes after a block that is read now.
#[inline(always)]
pub(crate) fn far_of<T, const N: usize>(block: *const [T; N], distance: usize) {
    let first = block.cast::<u8>().wrapping_add(distance);
    for line in (0..size_of::<[T; N]>()).step_by(LINE) {
        prefetch(first.wrapping_add(line));
    }
}

/// How far ahead loops over memory should ask. AMD's processors before Zen 5 foresee such streams better if they are not
/// asked: sums of 1 M elements then take a seventh less there, functions a quarter less.
pub(crate) fn distance() -> usize {
    static DISTANCE: OnceLock<usize> = OnceLock::new();
    *DISTANCE.get_or_init(|| if is_old_amd() { 0 } else { AHEAD })
}

/// An AMD processor of a family before Zen 5's.
#[cfg(all(target_arch = "x86_64", not(miri)))]
fn is_old_amd() -> bool {
    use std::arch::x86_64::__cpuid;
    const ZEN_5: u32 = 0x1A;
    // The vendor's name is in three registers, the family of newer processors in two fields.
    // SAFETY: every x86-64 has the instruction, as newer compilers know.
    #[allow(unused_unsafe)]
    let (vendor, version) = unsafe { (__cpuid(0), __cpuid(1).eax) };
    let name = [vendor.ebx, vendor.edx, vendor.ecx].map(u32::to_le_bytes);
    let family = (version >> 8 & 0xF) + (version >> 20 & 0xFF);
    name.as_flattened() == b"AuthenticAMD" && family < ZEN_5
}

#[cfg(not(all(target_arch = "x86_64", not(miri))))]
fn is_old_amd() -> bool {
    false
}

/// Asks for the lines of a slice.
#[inline(always)]
pub(crate) fn slice<T>(values: &[T]) {
    let first = values.as_ptr().cast::<u8>();
    for line in (0..size_of_val(values)).step_by(LINE) {
        prefetch(first.wrapping_add(line));
    }
}

/// Asks for the line at an address, which may be anything.
#[inline(always)]
pub(crate) fn prefetch(address: *const u8) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a hint, without effect where there is nothing.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(address.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = address;
}
