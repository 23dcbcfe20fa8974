//! Dependencies between the workspace's crates point down only.

use std::collections::BTreeMap;
use std::path::Path;

use toml::{Spanned, Table, Value};

use super::Finding;
use super::tree::{File, Tree};

/// What each crate in `crates/` may depend on, by folder name, below it in the architecture's drawing.
///
/// `optim` updates tensors that have a gradient, so it may know `autograd`, but never a module.
const ARROWS: [(&str, &[&str]); 10] = [
    ("tensor", &[]),
    ("mnist", &[]),
    ("gpu", &["tensor"]),
    ("plot", &["tensor"]),
    ("autograd", &["tensor"]),
    ("nn", &["autograd", "tensor"]),
    ("optim", &["autograd", "tensor"]),
    ("datasets", &["tensor", "mnist"]),
    (
        "learner",
        &["nn", "optim", "datasets", "autograd", "tensor"],
    ),
    (
        "hammerhead",
        &[
            "learner", "nn", "optim", "datasets", "mnist", "gpu", "plot", "autograd", "tensor",
        ],
    ),
];

/// The crate of test tools: the product never contains it, and it may look at all of the product.
const TESTKIT: &str = "testkit";

/// Normal and build dependencies against the table; tests may depend on anything.
pub fn check(tree: &Tree) -> Vec<Finding> {
    let renames = tree
        .file("Cargo.toml")
        .map(workspace_names)
        .unwrap_or_default();
    let mut findings = Vec::new();
    for file in &tree.files {
        if let Some(folder) = crate_folder(&file.path) {
            findings.extend(check_crate(folder, file, &renames));
        }
    }
    findings
}

/// The folder name of the crate whose manifest this is.
fn crate_folder(path: &Path) -> Option<&str> {
    let parts: Vec<&str> = path.iter().filter_map(|part| part.to_str()).collect();
    match parts[..] {
        ["crates", folder, "Cargo.toml"] if folder != TESTKIT => Some(folder),
        _ => None,
    }
}

fn check_crate(folder: &str, file: &File, renames: &BTreeMap<String, String>) -> Vec<Finding> {
    let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == folder) else {
        let message =
            format!("crate `{folder}` has no row in the table of arrows: say what it may know");
        return vec![Finding::new(&file.path, 1, message)];
    };
    let manifest: Manifest = match toml::from_str(&file.text) {
        Ok(manifest) => manifest,
        Err(e) => {
            let line = e.span().map_or(1, |span| file.line_at(span.start));
            return vec![Finding::new(
                &file.path,
                line,
                format!("cannot be read: {}", e.message()),
            )];
        }
    };
    let mut findings = Vec::new();
    for (key, value) in manifest.dependencies() {
        let package = package(key.get_ref(), value, renames);
        let Some(target) = internal(&package) else {
            continue;
        };
        if !allowed.contains(&target) {
            let allowed = match allowed {
                [] => "none of ours".to_owned(),
                names => names.join(", "),
            };
            let message =
                format!("`{folder}` may not depend on `{target}` (it may know: {allowed})");
            findings.push(Finding::new(
                &file.path,
                file.line_at(key.span().start),
                message,
            ));
        }
    }
    findings
}

/// The folder name behind one of our package names.
fn internal(package: &str) -> Option<&str> {
    match package {
        "hammerhead" => Some(package),
        _ => package.strip_prefix("hammerhead-"),
    }
}

/// The package a dependency line means: its own rename, the workspace table's, or its key.
fn package(key: &str, value: &Value, renames: &BTreeMap<String, String>) -> String {
    let own = value.get("package").and_then(Value::as_str);
    own.or_else(|| renames.get(key).map(String::as_str))
        .unwrap_or(key)
        .to_owned()
}

/// Keys of the workspace's dependency table that stand for another package name.
fn workspace_names(root: &File) -> BTreeMap<String, String> {
    let manifest: Table = root.text.parse().unwrap_or_default();
    let table = manifest
        .get("workspace")
        .and_then(|table| table.get("dependencies"));
    let entries = table.and_then(Value::as_table).into_iter().flatten();
    entries
        .filter_map(|(key, value)| Some((key.clone(), value.get("package")?.as_str()?.to_owned())))
        .collect()
}

type Dependencies = BTreeMap<Spanned<String>, Value>;

/// The tables of a manifest that decide what the product links.
#[derive(serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Manifest {
    #[serde(default)]
    dependencies: Dependencies,
    #[serde(default)]
    build_dependencies: Dependencies,
    #[serde(default)]
    target: BTreeMap<String, Target>,
}

/// The same tables for one platform.
#[derive(serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Target {
    #[serde(default)]
    dependencies: Dependencies,
    #[serde(default)]
    build_dependencies: Dependencies,
}

impl Manifest {
    fn dependencies(&self) -> impl Iterator<Item = (&Spanned<String>, &Value)> {
        let targets = self.target.values();
        let targets = targets.flat_map(|target| [&target.dependencies, &target.build_dependencies]);
        [&self.dependencies, &self.build_dependencies]
            .into_iter()
            .chain(targets)
            .flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tree::planted;
    use super::*;

    fn findings(files: &[(&str, &str)]) -> Vec<String> {
        check(&planted::tree(files))
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn an_arrow_upwards_is_named_with_file_and_line() {
        let manifest = "[package]\nname = \"hammerhead-tensor\"\n\n[dependencies]\nrayon = \"1\"\n\
                        hammerhead-nn.workspace = true\n";
        assert_eq!(
            findings(&[("crates/tensor/Cargo.toml", manifest)]),
            [
                "crates/tensor/Cargo.toml:6: `tensor` may not depend on `nn` (it may know: none of ours)"
            ]
        );
    }

    #[test]
    fn arrows_downwards_and_test_tools_are_fine() {
        let manifest = "[dependencies]\nhammerhead-tensor = { path = \"../tensor\" }\n\
                        [dev-dependencies]\nhammerhead-testkit.workspace = true\nhammerhead-nn = \"1\"\n";
        assert_eq!(
            findings(&[("crates/autograd/Cargo.toml", manifest)]),
            [""; 0]
        );
        let testkit = "[dependencies]\nhammerhead-nn.workspace = true\n";
        assert_eq!(findings(&[("crates/testkit/Cargo.toml", testkit)]), [""; 0]);
    }

    #[test]
    fn renames_targets_and_build_scripts_hide_nothing() {
        let root = "[workspace.dependencies]\nnet = { package = \"hammerhead-nn\", path = \"crates/nn\" }\n";
        let manifest = "[dependencies]\nnet.workspace = true\n\
                        [build-dependencies]\nx = { package = \"hammerhead-optim\", path = \"../optim\" }\n\
                        [target.'cfg(unix)'.dependencies]\nhammerhead-testkit.workspace = true\n";
        let found = findings(&[
            ("Cargo.toml", root),
            ("crates/datasets/Cargo.toml", manifest),
        ]);
        let lines: Vec<&str> = found
            .iter()
            .map(|text| text.split(' ').next().unwrap())
            .collect();
        assert_eq!(
            lines,
            [
                "crates/datasets/Cargo.toml:2:",
                "crates/datasets/Cargo.toml:4:",
                "crates/datasets/Cargo.toml:6:"
            ]
        );
    }

    #[test]
    fn a_crate_without_a_row_is_named() {
        let found = findings(&[("crates/extra/Cargo.toml", "[package]\nname = \"x\"\n")]);
        assert!(found[0].contains("`extra` has no row"), "{found:?}");
    }
}
