//! Whoever upgrades reads the changelog first, so it must know the version.

use super::Finding;
use super::tree::Tree;

const FILE: &str = "CHANGELOG.md";

/// An `Unreleased` section, or one of the workspace's version, with at least one entry.
pub fn check(tree: &Tree) -> Vec<Finding> {
    let Some(changelog) = tree.file(FILE) else {
        return vec![Finding::new(FILE, 1, "missing")];
    };
    let version = tree
        .file("Cargo.toml")
        .and_then(|file| version(&file.text))
        .unwrap_or_default();
    let heads = ["## [Unreleased]".to_owned(), format!("## [{version}]")];
    let mut lines = changelog.text.lines().enumerate();
    let Some((line, _)) = lines.find(|(_, line)| heads.iter().any(|head| line.starts_with(head)))
    else {
        let message = format!("neither an [Unreleased] section nor one for [{version}]");
        return vec![Finding::new(FILE, 1, message)];
    };
    let mut section = lines.take_while(|(_, line)| !line.starts_with("## "));
    if section.any(|(_, line)| line.starts_with("- ")) {
        return Vec::new();
    }
    vec![Finding::new(FILE, line + 1, "the section has no entry")]
}

fn version(manifest: &str) -> Option<String> {
    let manifest: toml::Table = manifest.parse().ok()?;
    let package = manifest.get("workspace")?.get("package")?;
    Some(package.get("version")?.as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::tree::planted;
    use super::*;

    const MANIFEST: &str = "[workspace.package]\nversion = \"1.2.0\"\n";

    fn findings(changelog: &str) -> Vec<Finding> {
        check(&planted::tree(&[
            ("CHANGELOG.md", changelog),
            ("Cargo.toml", MANIFEST),
        ]))
    }

    #[test]
    fn a_section_with_an_entry_is_enough() {
        assert_eq!(findings("# Log\n\n## [Unreleased]\n\n- new\n"), []);
        assert_eq!(
            findings("# Log\n\n## [1.2.0] - 2026-11-21\n\n### Added\n- new\n"),
            []
        );
    }

    #[test]
    fn an_old_or_empty_section_is_not() {
        assert_eq!(
            findings("## [1.1.0]\n- old\n"),
            [Finding::new(
                FILE,
                1,
                "neither an [Unreleased] section nor one for [1.2.0]"
            )]
        );
        assert_eq!(
            findings("# Log\n## [Unreleased]\n\n## [1.1.0]\n- old\n"),
            [Finding::new(FILE, 2, "the section has no entry")]
        );
        assert_eq!(
            check(&planted::tree(&[])),
            [Finding::new(FILE, 1, "missing")]
        );
    }
}
