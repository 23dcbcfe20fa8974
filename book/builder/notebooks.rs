//! Writes the lesson's notebooks and judges executed ones, as `cargo xtask notebooks` does.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::{Parser, Subcommand};
use hammerhead_book::listings::PRINTED;
use hammerhead_book::notebook::file::{self, Outputs};
use hammerhead_book::notebook::judge::Judge;
use hammerhead_book::notebook::{Notebook, notebooks};
use hammerhead_book::problem;
use hammerhead_lesson::printed::printed_elsewhere;

/// Write the notebooks, or judge executed ones.
#[derive(Parser)]
#[command(name = "hammerhead-notebooks")]
struct Args {
    /// The workspace
    #[arg(long, value_name = "DIR", default_value = ".")]
    root: PathBuf,
    /// One notebook, by its page's name or its number
    #[arg(long, value_name = "NAME|N")]
    chapter: Option<String>,
    #[command(subcommand)]
    work: Work,
}

#[derive(Subcommand)]
enum Work {
    /// Write them from the book's pages, with the outputs that are still theirs, and print their files
    Write,
    /// Compare the outputs of executed ones with what the listings printed
    Judge {
        /// The folder of the executed notebooks
        executed: PathBuf,
        /// They ran on this machine, so their digits count only if the listings ran on such a processor too
        #[arg(long)]
        here: bool,
        /// Keep the outputs of those that are right
        #[arg(long)]
        keep: bool,
    },
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Does the work. A chapter that there is not is an argument's fault, not the notebooks'.
fn run(args: &Args) -> Result<ExitCode> {
    let mut all = match notebooks(&args.root) {
        Ok(all) => all,
        Err(problems) => return problem::none(&problems).map(|()| ExitCode::SUCCESS),
    };
    if let Some(chapter) = &args.chapter
        && let Err(why) = choose(&mut all, chapter)
    {
        eprintln!("error: {why}");
        return Ok(ExitCode::from(2));
    }
    let committed = |notebook: &Notebook| {
        args.root
            .join("notebooks")
            .join(format!("{}.ipynb", notebook.name))
    };
    match &args.work {
        Work::Write => {
            for notebook in &all {
                let path = committed(notebook);
                let outputs = file::outputs_of(notebook, &path).unwrap_or_default();
                write(&path, notebook, &outputs)?;
                println!("{}", path.display());
            }
        }
        Work::Judge {
            executed,
            here,
            keep,
        } => {
            let mut judge = Judge::new(&args.root);
            let elsewhere = printed_elsewhere(&args.root.join(PRINTED))?.filter(|_| *here);
            if let Some(kind) = &elsewhere {
                println!("the book's digits come from `{kind}`: not compared, and nothing is kept");
                judge = judge.without_digits();
            }
            let keep = *keep && elsewhere.is_none();
            let mut wrong = Vec::new();
            for notebook in &all {
                let path = executed.join(format!("{}.ipynb", notebook.name));
                let outputs = file::outputs(&path).map_err(anyhow::Error::msg)?;
                let problems = judge.problems(notebook, &outputs);
                if keep && problems.is_empty() {
                    write(&committed(notebook), notebook, &outputs)?;
                }
                wrong.extend(problems);
            }
            if !wrong.is_empty() {
                bail!("{}", wrong.join("\n"));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Keeps the notebook of a page.
fn choose(all: &mut Vec<Notebook>, chapter: &str) -> Result<()> {
    let parts = |notebook: &Notebook| {
        let (number, page) = notebook.name.split_once('-').unwrap_or_default();
        (number.parse::<usize>().ok(), page.to_owned())
    };
    let names: Vec<String> = all.iter().map(|notebook| parts(notebook).1).collect();
    all.retain(|notebook| {
        let (number, page) = parts(notebook);
        page == chapter || (number.is_some() && number == chapter.parse().ok())
    });
    if all.is_empty() {
        bail!(
            "there is no notebook `{chapter}`; there are {}",
            names.join(", ")
        );
    }
    Ok(())
}

fn write(path: &Path, notebook: &Notebook, outputs: &Outputs) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, file::text(notebook, outputs)).with_context(|| path.display().to_string())
}
