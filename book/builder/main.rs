//! Builds the book, as `cargo xtask book` does.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

/// Build the book.
#[derive(Parser)]
#[command(name = "hammerhead-book")]
struct Args {
    /// The workspace
    #[arg(long, value_name = "DIR", default_value = ".")]
    root: PathBuf,
    /// The folder to write to
    #[arg(long, value_name = "DIR", default_value = "target/book")]
    out: PathBuf,
    /// A page made elsewhere that the book's pages link to
    #[arg(long, value_name = "FILE")]
    beside: Vec<PathBuf>,
}

fn main() -> ExitCode {
    let args = Args::parse();
    match hammerhead_book::build(&args.root, &args.out, &args.beside) {
        Ok(site) => {
            println!("{}: {} pages", site.first.display(), site.pages.len());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: the book cannot be built\n{error:#}");
            ExitCode::FAILURE
        }
    }
}
