//! What the facade brings along: pictures only for those who ask for them.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// The crates that a package is built of, by name and version.
fn crates(arguments: &[&str]) -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--offline",
            "--edges",
            "normal",
            "--prefix",
            "none",
            "--format",
            "{p}",
        ])
        .args(arguments)
        .current_dir(root)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).unwrap();
    let name = |line: &str| line.split(" (").next().unwrap_or_default().to_owned();
    text.lines()
        .map(name)
        .filter(|name| !name.is_empty())
        .collect()
}

#[test]
fn the_facade_without_plots_has_none_of_their_crates() {
    let facade = crates(&["-p", "hammerhead"]);
    let plots = crates(&["-p", "hammerhead-plot"]);
    for name in [
        "plotters",
        "tiny-skia",
        "ttf-parser",
        "png",
        "hammerhead-plot",
    ] {
        let is = |line: &&String| line.split(' ').next() == Some(name);
        assert!(
            plots.iter().any(|line| is(&line)),
            "{name} is no part of the plots any more"
        );
        assert!(
            !facade.iter().any(|line| is(&line)),
            "the facade needs {name}"
        );
    }
    assert!(facade.len() <= 107, "{} crates: {facade:#?}", facade.len());
}

#[test]
fn plots_stay_small() {
    let tensors = crates(&["-p", "hammerhead-tensor", "--no-default-features"]);
    let plots = crates(&["-p", "hammerhead-plot"]);
    let own: Vec<&String> = plots.difference(&tensors).collect();
    assert!(
        own.len() <= 22,
        "{} crates beside the tensors': {own:#?}",
        own.len()
    );
}
