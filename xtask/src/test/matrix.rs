//! What `cargo xtask test all` adds: the GPU's tests on every driver that can be had here, with subgroups of
//! every size, and under the validation layers.

use std::collections::BTreeMap;
use std::env::consts::EXE_SUFFIX;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::golden::release_folder;
use super::{FEATURES, Suite, cargo_in, run_tests};
use crate::drivers::{Environment, installed, mesa, swiftshader, validation};
use crate::step::Outcome;

/// Bits of a vector in Mesa's driver in software, which make subgroups of 4, 8 and 16.
const WIDTHS: [&str; 3] = ["128", "256", "512"];
/// A part of that driver's name.
const MESA: &str = "llvmpipe";

/// The suites that the validation layers watch: every instruction, every way to fail. Without long loops: a shader
/// that checks its own accesses goes, for each of them, over all blocks of memory, and Mesa's driver in software
/// leaves an invocation's loops after 65,535 rounds, with half of the checks done.
const WATCHED: &str =
    "package(hammerhead-gpu) and (binary(parity) or binary(device) or binary(faults))";

/// The suites of values and of faults. Without 16 bits on drivers that make them of words anyway.
const SECOND: &str = "package(hammerhead-gpu) and not test(half_precision) and \
    (binary(parity) or binary(golden) or binary(device) or binary(faults) or binary(loops))";

/// The suites in which something is multiplied.
const MULTIPLYING: &str = "package(hammerhead-gpu) and \
    (kind(lib) or binary(parity) or binary(golden) or binary(products)) and \
    not test(any_size_of_subgroups)";

/// What could not run is a failure where nobody reads the output.
pub fn missing(why: String) -> Outcome {
    if std::env::var_os("CI").is_some() {
        Outcome::Failed(why)
    } else {
        Outcome::Skipped(why)
    }
}

/// The GPU's tests with subgroups of each size, and the same bits of every result in all of them.
pub fn widths(workspace: &Path, found: &mut Vec<String>) -> Outcome {
    let environment = |width: &str| -> Environment {
        vec![
            ("HAMMERHEAD_DEVICE", MESA.into()),
            ("LP_NATIVE_VECTOR_WIDTH", width.into()),
        ]
    };
    if let Err(why) = installed::ready(MESA) {
        return missing(why);
    }
    for width in WIDTHS {
        println!("-- vectors of {width} bits");
        let outcome = run_tests(workspace, &Suite::gpu(environment(width)), found);
        if outcome != Outcome::Passed {
            return outcome;
        }
    }
    let program = match example(workspace, "digests") {
        Ok(program) => program,
        Err(why) => return Outcome::Failed(why),
    };
    let results: Result<Vec<_>, String> = WIDTHS
        .iter()
        .map(|width| output(&program, &environment(width)).and_then(|text| parse(&text)))
        .collect();
    match results.and_then(|results| compare(&results)) {
        Ok(count) => {
            println!("{count} results are the same bits with subgroups of every size");
            Outcome::Passed
        }
        Err(why) => Outcome::Failed(why),
    }
}

/// The GPU's tests of values and faults on SwiftShader.
pub fn swiftshader(workspace: &Path, found: &mut Vec<String>) -> Outcome {
    match swiftshader::environment(workspace) {
        Ok(environment) => {
            let suite = Suite {
                filter: SECOND,
                targets: &[&[
                    "-p",
                    super::GPU,
                    "--test",
                    "parity",
                    "--test",
                    "golden",
                    "--test",
                    "device",
                    "--test",
                    "faults",
                    "--test",
                    "loops",
                    "--",
                    "--skip",
                    "half_precision",
                ]],
                environment,
                wrong: None,
            };
            run_tests(workspace, &suite, found)
        }
        Err(why) => missing(why),
    }
}

/// The GPU's tests of values on a newer Mesa, where products of half precision take cooperative matrices.
pub fn matrices(workspace: &Path, found: &mut Vec<String>) -> Outcome {
    let environment = match mesa::environment(workspace) {
        Ok(environment) => environment,
        Err(why) => return missing(why),
    };
    let suite = Suite {
        filter: MULTIPLYING,
        targets: &[&[
            "-p",
            super::GPU,
            "--lib",
            "--test",
            "parity",
            "--test",
            "golden",
            "--test",
            "products",
        ]],
        environment,
        wrong: None,
    };
    run_tests(workspace, &suite, found)
}

/// The GPU's tests under the validation layers: any message is a failure.
pub fn validation(workspace: &Path, found: &mut Vec<String>) -> Outcome {
    if let Err(why) = installed::ready(MESA) {
        return missing(why);
    }
    let environment = match validation::environment(workspace, MESA) {
        Ok(environment) => environment,
        Err(why) => return missing(why),
    };
    let planted = match example(workspace, "planted") {
        Ok(program) => program,
        Err(why) => return Outcome::Failed(why),
    };
    // A layer that sees nothing would say nothing.
    let caught = || output(&planted, &environment).and_then(|text| validation::caught(&text));
    if let Err(why) = caught() {
        let now = if validation::install() {
            caught()
        } else {
            Err(why)
        };
        if let Err(why) = now {
            return missing(why);
        }
    }
    let suite = Suite {
        filter: WATCHED,
        targets: &[&[
            "-p",
            super::GPU,
            "--test",
            "parity",
            "--test",
            "device",
            "--test",
            "faults",
        ]],
        environment,
        wrong: Some(validation::is_message),
    };
    run_tests(workspace, &suite, found)
}

/// Builds an example of the GPU's crate, with the whole workspace in view, so that it shares every crate with
/// the tests.
fn example(workspace: &Path, name: &str) -> Result<PathBuf, String> {
    let mut build = cargo_in(workspace);
    build
        .args(["build", "--quiet", "--release", "--workspace"])
        .args(["--features", FEATURES, "--example", name]);
    let built = build.status().map_err(|e| format!("cargo: {e}"))?;
    if !built.success() {
        return Err(format!("the example {name} can't be built"));
    }
    let folder = release_folder().map_err(|e| e.to_string())?;
    Ok(folder.join(format!("examples/{name}{EXE_SUFFIX}")))
}

/// What a program prints.
fn output(program: &Path, environment: &Environment) -> Result<String, String> {
    let output = Command::new(program)
        .envs(environment.iter().map(|(name, value)| (*name, value)))
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|e| format!("{}: {e}", program.display()))?;
    if !output.status.success() {
        return Err(format!(
            "{} ended with {}",
            program.display(),
            output.status
        ));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The device's line and a digest per result.
struct Digests {
    device: String,
    results: BTreeMap<String, String>,
}

fn parse(text: &str) -> Result<Digests, String> {
    let mut lines = text.lines();
    let device = lines.next().unwrap_or_default().to_owned();
    let results = lines
        .map(|line| {
            line.split_once(' ')
                .map(|(digest, name)| (name.to_owned(), digest.to_owned()))
        })
        .collect::<Option<BTreeMap<_, _>>>()
        .filter(|results| !results.is_empty())
        .ok_or_else(|| format!("no digests of {device}"))?;
    Ok(Digests { device, results })
}

/// How many results are equal everywhere; or which differ, or that two devices were the same.
fn compare(all: &[Digests]) -> Result<usize, String> {
    let [first, others @ ..] = all else {
        return Err("nothing to compare".to_owned());
    };
    for (i, one) in all.iter().enumerate() {
        if all[..i].iter().any(|other| other.device == one.device) {
            return Err(format!("`{}` was compared with itself", one.device));
        }
    }
    for other in others {
        let differs = |name: &&String| other.results.get(*name) != first.results.get(*name);
        let names: Vec<&String> = first.results.keys().filter(differs).collect();
        if let Some(name) = names.first() {
            return Err(format!(
                "{} results differ between `{}` and `{}`, the first of {name}",
                names.len(),
                first.device,
                other.device
            ));
        }
    }
    Ok(first.results.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_that_differs_is_named_and_a_device_is_not_compared_with_itself() {
        let one = "llvmpipe, subgroups of 4\n01 Unary(Exp) f32\n02 Matmul f32\n";
        let same = one.replace("of 4", "of 8");
        let other = same.replace("02", "03");
        let result = |texts: [&str; 2]| {
            let all = texts.map(|text| parse(text).unwrap());
            compare(&all)
        };
        assert_eq!(result([one, &same]), Ok(2));
        let why = result([one, &other]).unwrap_err();
        assert!(
            why.contains("1 results differ") && why.contains("Matmul f32"),
            "{why}"
        );
        assert!(result([one, one]).unwrap_err().contains("with itself"));
        assert!(parse("llvmpipe, subgroups of 4\n").is_err());
    }
}
