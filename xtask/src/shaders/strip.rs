//! SPIR-V without names and without functions that are never called: drivers read all they are given,
//! each time a pipeline is made.

use std::collections::HashSet;

const HEADER: usize = 5;

/// Opcodes of SPIR-V 1.5, section 3.49.
const SOURCE: u32 = 3;
const SOURCE_EXTENSION: u32 = 4;
const NAME: u32 = 5;
const MEMBER_NAME: u32 = 6;
const ENTRY_POINT: u32 = 15;
const FUNCTION: u32 = 54;
const FUNCTION_END: u32 = 56;
const FUNCTION_CALL: u32 = 57;
const DECORATE: u32 = 71;

/// One instruction, its opcode taken out of the first word.
struct Instruction<'a> {
    code: u32,
    words: &'a [u32],
}

fn instructions(module: &[u32]) -> Vec<Instruction<'_>> {
    let mut all = Vec::new();
    let mut rest = &module[HEADER..];
    while let Some(&first) = rest.first() {
        let (words, next) = rest.split_at((first >> 16) as usize);
        all.push(Instruction {
            code: first & 0xffff,
            words,
        });
        rest = next;
    }
    all
}

/// Removes what a driver does not need.
pub fn strip(module: &[u32]) -> Vec<u32> {
    let all = instructions(module);
    let called = called(&all);
    let mut kept = module[..HEADER].to_vec();
    let mut inside = true;
    // Every id that the removed functions define is gone, and decorations of it with it. An id is the
    // second or third word of what defines it, and no other instruction has it there.
    let mut gone = HashSet::new();
    for instruction in &all {
        if instruction.code == FUNCTION {
            inside = called.contains(&instruction.words[2]);
        }
        if !inside {
            gone.extend(instruction.words.iter().skip(1).take(2).copied());
        }
        if instruction.code == FUNCTION_END {
            inside = true;
        }
    }
    // Types and constants are shared; what is defined outside of functions stays.
    let mut outside = true;
    for instruction in &all {
        if instruction.code == FUNCTION {
            outside = false;
        }
        if outside {
            for id in instruction.words.iter().skip(1).take(2) {
                if !matches!(instruction.code, DECORATE | NAME | MEMBER_NAME) {
                    gone.remove(id);
                }
            }
        }
    }
    let mut keep = true;
    for instruction in &all {
        match instruction.code {
            SOURCE | SOURCE_EXTENSION | NAME | MEMBER_NAME => continue,
            DECORATE if gone.contains(&instruction.words[1]) => continue,
            FUNCTION => keep = called.contains(&instruction.words[2]),
            _ => {}
        }
        if keep {
            kept.extend(instruction.words);
        }
        if instruction.code == FUNCTION_END {
            keep = true;
        }
    }
    kept
}

/// The functions that the entry point reaches.
fn called(all: &[Instruction<'_>]) -> HashSet<u32> {
    let mut called: HashSet<u32> = all
        .iter()
        .filter(|i| i.code == ENTRY_POINT)
        .map(|i| i.words[2])
        .collect();
    loop {
        let before = called.len();
        let mut caller = 0;
        for instruction in all {
            match instruction.code {
                FUNCTION => caller = instruction.words[2],
                FUNCTION_CALL if called.contains(&caller) => {
                    called.insert(instruction.words[3]);
                }
                _ => {}
            }
        }
        if called.len() == before {
            return called;
        }
    }
}
