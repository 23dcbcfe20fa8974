//! `cargo xtask notebooks`: the lesson as notebooks, made of the book's pages and executed by their kernel.

mod jupyter;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::failure::Failure;
use crate::step::cargo;
use crate::{root, test};
use jupyter::Jupyter;

/// Write the lesson's notebooks from the book's pages, and execute them.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// One notebook, by its page's name or its number
    #[arg(long, value_name = "NAME|N")]
    chapter: Option<String>,
    /// Run each from its first cell to its last, compare what it prints with the book, and keep the outputs
    #[arg(long)]
    execute: bool,
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask notebooks                              writes notebooks/*.ipynb with the outputs that are still theirs
  cargo xtask notebooks --execute                    and executes them; the first time it installs the kernel
  cargo xtask notebooks --execute --chapter fitting  one of them

Executing needs Python 3 with venv, and the network the first time: evcxr_jupyter is compiled and nbclient
installed below target/notebooks. Exit code 1 if a cell prints something else than the book shows.";

/// Writes, executes, and keeps the outputs of the notebooks that are right.
pub fn run(args: &Args) -> Result<(), Failure> {
    let workspace = root::workspace()?;
    let chapter = args.chapter.as_deref();
    let files = write(&workspace, chapter)?;
    if args.execute {
        let jupyter = Jupyter::ready(&workspace).map_err(Failure::check)?;
        execute(&workspace, &jupyter, &files, true)?;
    }
    Ok(())
}

/// Why the committed notebooks can't be executed here, or what went wrong when they were.
pub enum Trouble {
    /// A tool is missing.
    Missing(String),
    /// A cell is wrong, and the output says which.
    Wrong(String),
}

/// Judges the outputs of the committed notebooks, then executes these and judges again; they stay as they are.
pub fn check(workspace: &Path) -> Result<(), Trouble> {
    if !judged(workspace, None, &workspace.join("notebooks"), &[]) {
        let why = "the committed outputs are not what the book shows; see above";
        return Err(Trouble::Wrong(why.to_owned()));
    }
    let jupyter = Jupyter::ready(workspace).map_err(Trouble::Missing)?;
    let files = committed(workspace).map_err(|why| Trouble::Wrong(why.to_string()))?;
    execute(workspace, &jupyter, &files, false).map_err(|why| Trouble::Wrong(why.to_string()))
}

fn committed(workspace: &Path) -> Result<Vec<PathBuf>, Failure> {
    let folder = workspace.join("notebooks");
    let entries =
        fs::read_dir(&folder).map_err(|e| Failure::input(format!("{}: {e}", folder.display())))?;
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let ending = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "ipynb");
    let mut files: Vec<PathBuf> = paths.filter(ending).collect();
    files.sort();
    Ok(files)
}

/// Writes notebooks and gives their files.
fn write(workspace: &Path, chapter: Option<&str>) -> Result<Vec<PathBuf>, Failure> {
    let output = tool(workspace, chapter)
        .arg("write")
        .stderr(Stdio::inherit())
        .output()
        .map_err(|e| Failure::input(format!("cargo cannot be started: {e}")))?;
    match output.status.code() {
        Some(0) => {}
        Some(2) => return Err(Failure::Unusable),
        _ => return Err(Failure::Reported),
    }
    let files = String::from_utf8_lossy(&output.stdout);
    print!("{files}");
    Ok(files.lines().map(PathBuf::from).collect())
}

/// Executes notebooks one after the other and judges each; one that is wrong does not stop the others.
fn execute(
    workspace: &Path,
    jupyter: &Jupyter,
    files: &[PathBuf],
    keep: bool,
) -> Result<(), Failure> {
    let executed = workspace.join("target/notebooks/executed");
    fs::create_dir_all(&executed)
        .map_err(|e| Failure::input(format!("{}: {e}", executed.display())))?;
    let mut wrong = Vec::new();
    for file in files {
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        println!("-- {name}");
        jupyter.execute(file, &executed).map_err(Failure::check)?;
        let number = name.split('-').next().unwrap_or_default();
        let how: &[&str] = if keep {
            &["--here", "--keep"]
        } else {
            &["--here"]
        };
        if !judged(workspace, Some(number), &executed, how) {
            wrong.push(name.into_owned());
        }
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(Failure::check(format!(
            "not what the book shows: {}; see above",
            wrong.join(", ")
        )))
    }
}

/// Whether what notebooks in a folder printed is right; `how` is what else the judge is told.
fn judged(workspace: &Path, chapter: Option<&str>, folder: &Path, how: &[&str]) -> bool {
    let mut judge = tool(workspace, chapter);
    judge.arg("judge").arg(folder).args(how);
    judge.status().is_ok_and(|status| status.success())
}

/// The program that knows pages and notebooks, built with the features that the tests are built with.
fn tool(workspace: &Path, chapter: Option<&str>) -> Command {
    let mut command = cargo();
    command
        .current_dir(workspace)
        .args(["run", "--quiet", "--release", "--features", test::FEATURES])
        .args(["--bin", "hammerhead-notebooks", "--", "--root"])
        .arg(workspace);
    if let Some(chapter) = chapter {
        command.args(["--chapter", chapter]);
    }
    command
}
