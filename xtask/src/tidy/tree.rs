//! The files of a workspace as text, read once for all rules.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

/// A workspace: its folder and its text files.
pub struct Tree {
    /// The workspace's folder.
    pub root: PathBuf,
    /// Text files by path, sorted.
    pub files: Vec<File>,
}

/// One text file.
pub struct File {
    /// Path relative to the workspace.
    pub path: PathBuf,
    /// Its content.
    pub text: String,
}

/// Build products, runs and history, never sources; a linked worktree's `.git` is a file.
const SKIPPED: [&str; 4] = ["target", "runs", ".git", "node_modules"];

impl Tree {
    /// Reads every UTF-8 file below `root`.
    pub fn read(root: &Path) -> io::Result<Self> {
        let mut files = Vec::new();
        let walk = WalkDir::new(root)
            .sort_by_file_name()
            .into_iter()
            .filter_entry(|entry| {
                entry.depth() == 0
                    || !SKIPPED
                        .iter()
                        .any(|name| entry.file_name() == OsStr::new(name))
            });
        for entry in walk {
            let entry = entry?;
            if !entry.file_type().is_file() {
                continue;
            }
            // Binary files have no lines to judge.
            if let Ok(text) = String::from_utf8(fs::read(entry.path())?) {
                let path = entry
                    .path()
                    .strip_prefix(root)
                    .unwrap_or(entry.path())
                    .to_path_buf();
                files.push(File { path, text });
            }
        }
        Ok(Self {
            root: root.to_path_buf(),
            files,
        })
    }

    /// The Rust sources.
    pub fn rust(&self) -> impl Iterator<Item = &File> {
        self.files
            .iter()
            .filter(|file| file.path.extension() == Some(OsStr::new("rs")))
    }

    /// The file at `path`, relative to the workspace.
    pub fn file(&self, path: impl AsRef<Path>) -> Option<&File> {
        self.files.iter().find(|file| file.path == path.as_ref())
    }
}

impl File {
    /// The 1-based line that holds the byte at `offset`.
    pub fn line_at(&self, offset: usize) -> usize {
        1 + self.text[..offset].matches('\n').count()
    }
}

#[cfg(test)]
pub mod planted {
    //! Trees that exist in memory only, for the rules' tests.

    use super::{File, Tree};

    /// A tree of `(path, text)` files without a folder behind it.
    pub fn tree(files: &[(&str, &str)]) -> Tree {
        let files = files.iter().map(|(path, text)| File {
            path: path.into(),
            text: (*text).into(),
        });
        Tree {
            root: "planted".into(),
            files: files.collect(),
        }
    }
}
