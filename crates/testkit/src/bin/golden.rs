//! Compares with the golden values of a folder and prints `N of M cases` per file: exits with 1 on a miss
//! and with 2 when the folder can't be used.

use std::path::PathBuf;
use std::process::ExitCode;

use hammerhead_testkit::golden::CHECKS;

fn main() -> ExitCode {
    match std::env::args_os().nth(1).map(PathBuf::from) {
        Some(folder) => check(&folder).unwrap_or_else(|message| {
            eprintln!("error: {message}");
            ExitCode::from(2)
        }),
        None => {
            eprintln!("error: takes the folder of golden values");
            ExitCode::from(2)
        }
    }
}

fn check(folder: &std::path::Path) -> Result<ExitCode, String> {
    let (mut total, mut missed) = (0, 0);
    for check in CHECKS {
        if !folder.join(check.file).is_file() {
            println!("{}: not in this folder", check.title);
            continue;
        }
        let report = check.run(folder).map_err(|error| error.to_string())?;
        for miss in &report.misses {
            println!("{}: {miss}", check.title);
        }
        println!("{report}");
        total += report.total();
        missed += report.misses.len();
    }
    if total == 0 {
        return Err(format!("{}: holds no golden case", folder.display()));
    }
    if missed > 0 {
        eprintln!("error: {missed} of {total} golden cases missed");
        return Ok(ExitCode::from(1));
    }
    Ok(ExitCode::SUCCESS)
}
