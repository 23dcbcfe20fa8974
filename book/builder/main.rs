//! Builds the book, as `cargo xtask book` does.

use std::path::PathBuf;

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

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let site = hammerhead_book::build(&args.root, &args.out, &args.beside)?;
    println!("{}: {} pages", site.first.display(), site.pages.len());
    Ok(())
}
