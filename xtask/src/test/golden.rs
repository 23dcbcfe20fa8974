//! `cargo xtask test golden`: the golden values on their own, from any folder of their format.

use std::path::PathBuf;

use hammerhead_testkit::golden::CHECKS;

use crate::failure::Failure;
use crate::{fixtures, root};

/// Compare with the golden values and print `N of M cases` per file.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Folder with ops.json, optimizers.json and the others [default: the committed one]
    #[arg(long, value_name = "DIR")]
    fixtures: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask test golden
  cargo xtask test golden --fixtures ../other-fixtures

Cases, attributes, shapes and targets are read from the files. An unknown operation or attribute is a
failure, not a skip. Exits with 1 on a miss and with 2 when the folder cannot be used.";

/// Runs the golden comparison over the chosen folder.
pub fn run(args: &Args) -> Result<(), Failure> {
    let folder = match &args.fixtures {
        Some(folder) => folder.clone(),
        None => root::workspace()?.join(fixtures::FOLDER),
    };
    if !folder.is_dir() {
        return Err(Failure::input(format!(
            "--fixtures {}: no such folder",
            folder.display()
        )));
    }
    let mut total = 0;
    let mut missed = 0;
    for check in CHECKS {
        if !folder.join(check.file).is_file() {
            println!("{}: not in this folder", check.title);
            continue;
        }
        let report = check.run(&folder).map_err(Failure::input)?;
        for miss in &report.misses {
            println!("{}: {miss}", check.title);
        }
        println!("{report}");
        total += report.total();
        missed += report.misses.len();
    }
    match (total, missed) {
        (0, _) => Err(Failure::input(format!(
            "{}: holds no golden case",
            folder.display()
        ))),
        (_, 0) => Ok(()),
        _ => Err(Failure::check(format!(
            "{missed} of {total} golden cases missed"
        ))),
    }
}
