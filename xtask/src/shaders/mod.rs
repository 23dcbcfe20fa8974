//! `cargo xtask shaders`: the GPU's shaders, from GLSL and from the pointwise table to SPIR-V.
//!
//! The SPIR-V files are committed, so that nobody but who changes a shader needs a compiler. The
//! compiler is glslang, built from C++ by the feature `shader-compiler`; this command turns it on.

#[cfg(feature = "shader-compiler")]
mod compiler;
mod lanes;
mod manifest;
#[cfg(feature = "shader-compiler")]
mod strip;
mod table;
mod text;

use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::root;

/// Where the sources live, relative to the workspace.
const SOURCES: &str = "crates/gpu/shaders";
/// Where the compiled ones go.
const COMPILED: &str = "crates/gpu/shaders/spv";

/// Build the GPU's shaders, or check that the committed ones are up to date.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Compare the committed SPIR-V with the sources and the pointwise table, without building
    #[arg(long)]
    check: bool,
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask shaders            compile what is in crates/gpu/shaders (needs a C++ compiler, once)
  cargo xtask shaders --check    fail if a source, a formula and its SPIR-V disagree";

/// The shader that is compiled once per function of the pointwise table.
#[cfg(feature = "shader-compiler")]
const TABLE: &str = "pointwise";

/// The families that compute with floats, and are compiled once more for doubles: SPIR-V that mentions these
/// must not be given to devices without them.
#[cfg(feature = "shader-compiler")]
const DOUBLES: [&str; 14] = [
    "conv",
    "conv_lanes",
    "cross_entropy",
    "matmul",
    "matmul_lanes",
    "norm",
    "pointwise",
    "pool",
    "product_sum",
    "random",
    "reduce",
    "scan",
    "scatter_add",
    "update",
];

/// What makes sources compute with doubles, and what the name of the result ends with.
#[cfg(feature = "shader-compiler")]
const DOUBLE: (&str, &str) = ("#define DOUBLE\n", "_f64");

/// A shader's whole text, includes filled in.
#[cfg(feature = "shader-compiler")]
struct Shader {
    name: String,
    text: String,
}

/// Builds or checks.
pub fn run(args: &Args) -> Result<(), Failure> {
    let workspace = root::workspace()?;
    if args.check {
        let problems = check(&workspace)?;
        for problem in &problems {
            println!("{problem}");
        }
        return match problems.len() {
            0 => Ok(()),
            n => Err(Failure::check(format!(
                "{n} shader files are out of date; run `cargo xtask shaders`"
            ))),
        };
    }
    build(&workspace)
}

/// What is out of date, one line per file.
pub fn check(workspace: &Path) -> Result<Vec<String>, Failure> {
    manifest::differences(workspace, &sources(workspace)?)
}

#[cfg(feature = "shader-compiler")]
fn build(workspace: &Path) -> Result<(), Failure> {
    let sources = sources(workspace)?;
    let folder = workspace.join(COMPILED);
    fs::create_dir_all(&folder).map_err(|e| Failure::check(format!("{COMPILED}: {e}")))?;
    let save = |name: &str, words: &[u32]| {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let file = folder.join(format!("{name}.spv"));
        println!("{:>8} bytes  {COMPILED}/{name}.spv", bytes.len());
        fs::write(&file, &bytes).map_err(|e| Failure::check(format!("{}: {e}", file.display())))
    };
    for shader in shaders(&sources)? {
        let table = shader.name == TABLE;
        let (define, suffix) = DOUBLE;
        for (define, suffix) in [("", ""), (define, suffix)] {
            if !define.is_empty() && !DOUBLES.contains(&shader.name.as_str()) {
                continue;
            }
            let name = format!("{}{suffix}", shader.name);
            let compile = |more: &str| {
                let version = "#version 460\n";
                let text = shader
                    .text
                    .replacen(version, &format!("{version}{define}{more}"), 1);
                let words = compiler::compile(&name, &text).map_err(Failure::check)?;
                Ok(strip::strip(&words))
            };
            let words = if table {
                programs(compile)?
            } else {
                compile("")?
            };
            save(&name, &words)?;
        }
    }
    manifest::write(workspace, &sources)
}

/// The pointwise table, one program per function, so that a device is given no more than it runs: how many, then
/// number, start and length of each, then the programs.
#[cfg(feature = "shader-compiler")]
fn programs(compile: impl Fn(&str) -> Result<Vec<u32>, Failure>) -> Result<Vec<u32>, Failure> {
    let numbers = table::numbers();
    let mut index = vec![numbers.len() as u32];
    let mut programs = Vec::new();
    for &number in &numbers {
        let words = compile(&format!("#define FUNCTION f{number}\n"))?;
        let start = 1 + 3 * numbers.len() + programs.len();
        index.extend([number, start as u32, words.len() as u32]);
        programs.extend(words);
    }
    index.extend(programs);
    Ok(index)
}

/// Runs this very command again with the compiler built in.
#[cfg(not(feature = "shader-compiler"))]
fn build(workspace: &Path) -> Result<(), Failure> {
    let status = crate::step::cargo()
        .current_dir(workspace)
        .args([
            "run",
            "--release",
            "--package",
            "xtask",
            "--features",
            "shader-compiler",
        ])
        .args(["--target-dir", "target/shader-compiler", "--", "shaders"])
        .status()
        .map_err(|e| Failure::check(format!("cargo: {e}")))?;
    if status.success() {
        Ok(())
    } else {
        Err(Failure::Reported)
    }
}

/// Every source by name, the generated one included.
fn sources(workspace: &Path) -> Result<Vec<(String, String)>, Failure> {
    let folder = workspace.join(SOURCES);
    let problem =
        |path: &Path, e: std::io::Error| Failure::check(format!("{}: {e}", path.display()));
    let mut paths: Vec<PathBuf> = fs::read_dir(&folder)
        .map_err(|e| problem(&folder, e))?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| {
            path.is_file() && path.extension().is_some_and(|e| e == "comp" || e == "glsl")
        })
        .collect();
    paths.sort();
    let mut sources = vec![(lanes::NAME.to_owned(), lanes::functions())];
    sources.extend(table::NAMES.map(|(name, number)| (name.to_owned(), table::text(number))));
    for path in paths {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        sources.push((
            name,
            fs::read_to_string(&path).map_err(|e| problem(&path, e))?,
        ));
    }
    Ok(sources)
}

/// The shaders among the sources, with what they include in place.
#[cfg(feature = "shader-compiler")]
fn shaders(sources: &[(String, String)]) -> Result<Vec<Shader>, Failure> {
    let mut shaders = Vec::new();
    for (file, text) in sources {
        let Some(name) = file.strip_suffix(".comp") else {
            continue;
        };
        let text = expanded(file, text, sources)?;
        shaders.push(Shader {
            name: name.to_owned(),
            text,
        });
    }
    Ok(shaders)
}

#[cfg(feature = "shader-compiler")]
fn expanded(file: &str, text: &str, sources: &[(String, String)]) -> Result<String, Failure> {
    let mut out = String::new();
    for line in text.lines() {
        let included = line
            .strip_prefix("#include \"")
            .and_then(|rest| rest.strip_suffix('"'));
        match included {
            None if line.contains("GL_GOOGLE_include_directive") => {}
            None => out += line,
            Some(name) => {
                let found = sources.iter().find(|(other, _)| other == name);
                let (_, inner) = found.ok_or_else(|| {
                    Failure::check(format!("{file}: there is no {name} to include"))
                })?;
                out += &expanded(name, inner, sources)?;
            }
        }
        out.push('\n');
    }
    Ok(out)
}
