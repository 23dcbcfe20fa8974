//! Which sources the committed SPIR-V was made of.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::{COMPILED, SOURCES, lanes, table};
use crate::failure::Failure;

const FILE: &str = "MANIFEST";

/// Notes the sources and what they were compiled to.
#[cfg(feature = "shader-compiler")]
pub fn write(workspace: &Path, sources: &[(String, String)]) -> Result<(), Failure> {
    let mut text = String::new();
    for (name, hash) in current(workspace, sources)? {
        text += &format!("{hash}  {name}\n");
    }
    let file = workspace.join(COMPILED).join(FILE);
    fs::write(&file, text).map_err(|e| Failure::check(format!("{}: {e}", file.display())))
}

/// What differs from the manifest, one line per file.
pub fn differences(workspace: &Path, sources: &[(String, String)]) -> Result<Vec<String>, Failure> {
    let file = workspace.join(COMPILED).join(FILE);
    let noted = fs::read_to_string(&file)
        .map_err(|e| Failure::check(format!("{}: {e}", file.display())))?;
    let noted: BTreeMap<&str, &str> = noted
        .lines()
        .filter_map(|line| line.split_once("  "))
        .map(|(hash, name)| (name, hash))
        .collect();
    let current = current(workspace, sources)?;
    let mut problems = Vec::new();
    for (name, hash) in &current {
        match noted.get(name.as_str()) {
            Some(&before) if before == hash => {}
            Some(_) => problems.push(format!(
                "{}: changed since the shaders were built",
                place(name)
            )),
            None => problems.push(format!("{}: not in {COMPILED}/{FILE}", place(name))),
        }
    }
    for name in noted.keys().filter(|&&name| !current.contains_key(name)) {
        problems.push(format!("{}: gone", place(name)));
    }
    Ok(problems)
}

fn current(
    workspace: &Path,
    sources: &[(String, String)],
) -> Result<BTreeMap<String, String>, Failure> {
    let mut hashes: BTreeMap<String, String> = sources
        .iter()
        .map(|(name, text)| (name.clone(), hash(text.as_bytes())))
        .collect();
    let folder = workspace.join(COMPILED);
    let problem = |e: std::io::Error| Failure::check(format!("{COMPILED}: {e}"));
    for entry in fs::read_dir(&folder).map_err(problem)? {
        let path = entry.map_err(problem)?.path();
        if path.extension().is_some_and(|e| e == "spv") {
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            hashes.insert(name, hash(&fs::read(&path).map_err(problem)?));
        }
    }
    Ok(hashes)
}

/// A source's path from the workspace; for the generated one, where its formulas stand.
fn place(name: &str) -> String {
    match name {
        lanes::NAME => "crates/tensor/src/pointwise/math.rs".into(),
        _ if table::NAMES.iter().any(|(table, _)| *table == name) => {
            "crates/tensor/src/pointwise/{unary,binary}.rs".into()
        }
        _ if name.ends_with(".spv") => format!("{COMPILED}/{name}"),
        _ => format!("{SOURCES}/{name}"),
    }
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
