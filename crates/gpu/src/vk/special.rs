//! NaN, infinities and the sign of zero, which a driver may take for impossible unless a shader forbids it.

use vulkano::device::Device;

/// Numbers of SPIR-V 1.5, sections 2.3, 3.6, 3.31 and 3.49.
const HEADER: usize = 5;
const ENTRY_POINT: u32 = 15;
const EXECUTION_MODE: u32 = 16;
const CAPABILITY: u32 = 17;
const FLOAT_64: u32 = 10;
const PRESERVE: u32 = 4466;
const PRESERVING: u32 = 4461;

/// A shader that keeps them in every width that it computes with and the device can keep them in.
pub(super) fn preserved(words: &[u32], device: &Device) -> Vec<u32> {
    let facts = device.physical_device().properties();
    let keeps = [
        (32, facts.shader_signed_zero_inf_nan_preserve_float32),
        (64, facts.shader_signed_zero_inf_nan_preserve_float64),
    ];
    let widths = keeps
        .iter()
        .filter(|(width, keeps)| *keeps == Some(true) && (*width == 32 || has_doubles(words)))
        .map(|(width, _)| *width);
    preserving(words, &widths.collect::<Vec<_>>())
}

/// Says in a module, which has one entry point, that they are kept in these widths.
fn preserving(words: &[u32], widths: &[u32]) -> Vec<u32> {
    let mut with = words[..HEADER].to_vec();
    if !widths.is_empty() {
        with.extend([instruction(CAPABILITY, 2), PRESERVE]);
    }
    for (code, words) in instructions(words) {
        with.extend(words);
        if code == ENTRY_POINT {
            for &width in widths {
                with.extend([instruction(EXECUTION_MODE, 4), words[2], PRESERVING, width]);
            }
        }
    }
    with
}

/// Whether a module says that it computes with doubles.
pub(crate) fn has_doubles(words: &[u32]) -> bool {
    instructions(words).any(|(code, words)| code == CAPABILITY && words[1] == FLOAT_64)
}

/// The first word of an instruction.
fn instruction(code: u32, words: u32) -> u32 {
    (words << 16) | code
}

/// Opcode and words of each instruction.
fn instructions(module: &[u32]) -> impl Iterator<Item = (u32, &[u32])> {
    let mut rest = &module[HEADER..];
    std::iter::from_fn(move || {
        let first = *rest.first()?;
        let (words, next) = rest.split_at((first >> 16) as usize);
        rest = next;
        Some((first & 0xffff, words))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A module's beginning: capabilities, the memory model, an entry point, its size.
    fn module(capabilities: &[u32], modes: &[[u32; 4]]) -> Vec<u32> {
        let mut words = vec![0x0723_0203, 0x0001_0500, 0, 9, 0];
        for &capability in capabilities {
            words.extend([instruction(CAPABILITY, 2), capability]);
        }
        words.extend([instruction(14, 3), 0, 1]);
        words.extend([instruction(ENTRY_POINT, 5), 5, 4, 0x6e69_616d, 0]);
        words.extend(modes.iter().flatten());
        words.extend([instruction(EXECUTION_MODE, 6), 4, 17, 64, 1, 1]);
        words
    }

    #[test]
    fn capability_and_modes_stand_where_they_belong() {
        let mode = |width| [instruction(EXECUTION_MODE, 4), 4, PRESERVING, width];
        let single = preserving(&module(&[1], &[]), &[32]);
        assert_eq!(single, module(&[PRESERVE, 1], &[mode(32)]));
        let both = preserving(&module(&[1, FLOAT_64], &[]), &[32, 64]);
        assert_eq!(
            both,
            module(&[PRESERVE, 1, FLOAT_64], &[mode(32), mode(64)])
        );
        assert_eq!(preserving(&both, &[]), both);
    }

    #[test]
    fn doubles_are_found() {
        assert!(has_doubles(&module(&[1, FLOAT_64], &[])));
        assert!(!has_doubles(&module(&[1], &[])));
    }
}
