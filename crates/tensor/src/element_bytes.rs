//! Elements as bytes, the form in which they cross into a device and back.
//!
//! The one place outside kernels and the pool that looks at memory without its type.
#![allow(unsafe_code)]

use crate::dtype::Element;
use crate::{DType, Result};

/// The bytes of a slice of elements.
pub(crate) fn of<T: Element>(elements: &[T]) -> &[u8] {
    // SAFETY: the seven element types are plain data without padding.
    unsafe { std::slice::from_raw_parts(elements.as_ptr().cast(), size_of_val(elements)) }
}

/// As many elements as `count`, from bytes that `fill` writes.
///
/// # Errors
/// Whatever `fill` returns.
///
/// # Panics
/// If a `bool` was filled with anything but 0 and 1.
pub(crate) fn collect<T: Element>(
    count: usize,
    fill: impl FnOnce(&mut [u8]) -> Result<()>,
) -> Result<Vec<T>> {
    let mut elements = vec![T::default(); count];
    // SAFETY: plain data without padding; the one type with invalid bytes is checked below, before
    // anything reads it as that type.
    let bytes = unsafe {
        std::slice::from_raw_parts_mut(elements.as_mut_ptr().cast(), count * size_of::<T>())
    };
    let filled = fill(bytes);
    if T::DTYPE == DType::Bool && bytes.iter().any(|byte| *byte > 1) {
        bytes.fill(0);
        panic!("a device wrote something else than 0 or 1 for a bool");
    }
    filled?;
    Ok(elements)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_survive_the_way_through_bytes() {
        let numbers = [1.5f32, -0.0, f32::INFINITY];
        let back = collect::<f32>(3, |bytes| {
            bytes.copy_from_slice(of(&numbers));
            Ok(())
        });
        assert_eq!(back.unwrap(), numbers);
        let truths = [true, false];
        let back = collect::<bool>(2, |bytes| {
            bytes.copy_from_slice(of(&truths));
            Ok(())
        });
        assert_eq!(back.unwrap(), truths);
    }

    #[test]
    #[should_panic(expected = "something else than 0 or 1")]
    fn a_bool_is_never_made_of_another_byte() {
        let _ = collect::<bool>(1, |bytes| {
            bytes[0] = 2;
            Ok(())
        });
    }
}
