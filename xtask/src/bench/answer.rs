//! `cargo xtask bench answer`: ourselves in the part of a peer, for whoever wants us measured in a process apart: as
//! built with other flags, or from the first page of memory to the last.

// The same as of the peers written in Rust, which ask more of it.
#[allow(dead_code)]
#[path = "../../../benches/peers/asked.rs"]
mod asked;

use hammerhead::tensor::with_threads;
use serde_json::Value;

use self::asked::{Run, Ways, answer_all};
use super::case::Case;
use super::cpu;
use crate::failure::Failure;

/// Answer requests for times on the standard input, as the programs in `benches/peers` do.
#[derive(clap::Args)]
pub struct Args {
    /// Seconds of a round, threads, and `wall` or `processor`
    words: Vec<String>,
}

pub fn run(args: &Args) -> Result<(), Failure> {
    let threads = args.words.get(1).map_or(Ok(1), |text| text.parse());
    let threads = threads.map_err(|why| Failure::input(format!("threads: {why}")))?;
    with_threads(threads, || answer_all("hammerhead", &args.words, make));
    Ok(())
}

/// The case that asks a peer for the same.
fn make(request: &Value) -> Result<Ways, String> {
    let mut request = request.clone();
    if let Some(fields) = request.as_object_mut() {
        // We have but one.
        fields.remove("way");
    }
    let mut cases = [false, true].into_iter().flat_map(cpu::cases);
    let case = cases.find(|case| *case.request() == request);
    let mut once = case.map(Case::into_run).ok_or("no case is like that")?;
    let run: Run = Box::new(move || {
        once();
        Ok(())
    });
    Ok(vec![("", run)])
}
