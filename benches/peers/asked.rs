//! What the peers written in Rust share, as `asked.py` does for the others: a request a line on the standard input,
//! seconds a line on the standard output.
//!
//! Arguments: seconds of a round, threads (which the peer has been told already), `processor` to count the
//! processor's time instead of the clock's.

use std::any::Any;
use std::fs;
use std::io::{self, BufRead, Write};
use std::panic::{self, AssertUnwindSafe};
use std::time::Instant;

use serde_json::{Value, json};

/// What is run again and again; an error says what the peer cannot do.
pub type Run = Box<dyn FnMut() -> Result<(), String>>;

/// What can be done in several ways, by their names.
pub type Ways = Vec<(&'static str, Run)>;

/// Answers until told to end. `make` gives the ways of doing what a request asks for.
pub fn answer_all(name: &str, arguments: &[String], make: impl Fn(&Value) -> Result<Ways, String>) {
    let patience = arguments
        .first()
        .and_then(|text| text.parse().ok())
        .unwrap_or(0.1);
    let threads = arguments.get(1).map_or("1", String::as_str);
    let clock = Clock::new(arguments.iter().any(|word| word == "processor"));
    // What fails is told in the answer.
    panic::set_hook(Box::new(|_| {}));
    say(&json!({ "name": format!("{name} on {threads} threads") }));
    let mut made: Option<Made> = None;
    for line in io::stdin().lock().lines().map_while(Result::ok) {
        let Ok(request) = serde_json::from_str::<Value>(&line) else {
            continue;
        };
        if request.get("end").is_some() {
            return;
        }
        let answer = caught(|| {
            if made.as_ref().is_none_or(|made| made.request != request) {
                made = None;
                let (way, run) = fastest(make(&request)?, &clock, patience)?;
                let request = request.clone();
                made = Some(Made { request, way, run });
            }
            let made = made.as_mut().expect("it was just made");
            let seconds = seconds(&mut made.run, &clock, patience)?;
            Ok(json!({ "seconds": seconds, "way": made.way }))
        });
        say(&answer.unwrap_or_else(|why| {
            made = None;
            json!({ "missing": why })
        }));
    }
}

/// What the last request asked for.
struct Made {
    request: Value,
    way: &'static str,
    run: Run,
}

/// Of ways to do the same, the one that takes the least time; those that fail are left out.
fn fastest(ways: Ways, clock: &Clock, patience: f64) -> Result<(&'static str, Run), String> {
    let mut best: Option<(f64, &'static str, Run)> = None;
    let mut why = "no way to do it".to_owned();
    for (way, mut run) in ways {
        let tried = caught(|| {
            run()?;
            let mut least = f64::INFINITY;
            for _ in 0..3 {
                least = least.min(seconds(&mut run, clock, patience / 3.0)?);
            }
            Ok(least)
        });
        match tried {
            Ok(taken) if best.as_ref().is_none_or(|best| taken < best.0) => {
                best = Some((taken, way, run));
            }
            Ok(_) => {}
            Err(error) => why = error,
        }
    }
    best.map(|(_, way, run)| (way, run)).ok_or(why)
}

/// Of one run of what has been run before, over so many that they take as long as asked.
fn seconds(run: &mut Run, clock: &Clock, patience: f64) -> Result<f64, String> {
    let start = clock.seconds();
    run()?;
    let once = (clock.seconds() - start).max(1e-9);
    // By parts, so that it ends in time if others meanwhile take the machine.
    let part = (patience / once / 8.0).round().clamp(1.0, 2000.0) as usize;
    let (start, mut times) = (clock.seconds(), 0);
    loop {
        for _ in 0..part {
            run()?;
        }
        times += part;
        let taken = clock.seconds() - start;
        if taken >= patience {
            return Ok(taken / times as f64);
        }
    }
}

/// A panic's message is an error's.
fn caught<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| Err(message(&*payload)))
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| payload.downcast_ref::<&str>().copied())
        .unwrap_or("it panicked")
        .to_owned()
}

fn say(answer: &Value) {
    let mut out = io::stdout().lock();
    // Who no longer listens needs no answer.
    let _ = writeln!(out, "{answer}").and_then(|()| out.flush());
}

/// A number of a request.
pub fn number(request: &Value, key: &str) -> Result<usize, String> {
    let number = request[key]
        .as_u64()
        .ok_or(format!("no {key} in the request"))?;
    Ok(number as usize)
}

/// A word of a request.
pub fn word<'a>(request: &'a Value, key: &str) -> &'a str {
    request[key].as_str().unwrap_or_default()
}

/// What time is told by.
struct Clock {
    start: Instant,
    of_processor: bool,
}

impl Clock {
    fn new(of_processor: bool) -> Self {
        Self {
            start: Instant::now(),
            of_processor,
        }
    }

    /// Seconds since some moment.
    fn seconds(&self) -> f64 {
        match self.of_processor {
            true => on_processor(),
            false => self.start.elapsed().as_secs_f64(),
        }
    }
}

/// Seconds that all threads have had so far; Linux counts in nanoseconds.
fn on_processor() -> f64 {
    let tasks = fs::read_dir("/proc/self/task")
        .into_iter()
        .flatten()
        .flatten();
    let nanoseconds = |path: std::path::PathBuf| -> Option<f64> {
        let stat = fs::read_to_string(path.join("schedstat")).ok()?;
        stat.split_whitespace().next()?.parse().ok()
    };
    tasks
        .filter_map(|task| nanoseconds(task.path()))
        .sum::<f64>()
        / 1e9
}
