//! `cargo xtask bench growth`: what an operation costs as batches, pictures and layers grow.
//!
//! | file | has |
//! |---|---|
//! | `networks` | networks of any width, and the count of their operations |
//! | `judged` | where the cost is flat and where it is not |
//! | `picture` | the same drawn |

mod judged;
mod networks;
mod picture;

use std::path::PathBuf;

use hammerhead::tensor::with_threads;
use serde_json::{Value, json};

use self::judged::{Judged, Point};
use self::networks::{Kind, Network};
use super::case::{Beside, Case, Rounds, Work};
use super::clock::Clock;
use super::report::Report;
use crate::failure::Failure;
use crate::say::say;

/// Measure the cost of an operation from small to large: batch 1 to 1024, pictures of 28 to 448, widths of 1 to 4.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The number of threads
    #[arg(long, value_name = "N", default_value_t = 2)]
    threads: usize,
    /// Tiny sizes, once each, to see that everything works
    #[arg(long)]
    quick: bool,
    /// Draw the costs into a file (.svg, .png or .html)
    #[arg(long, value_name = "FILE")]
    picture: Option<PathBuf>,
    /// Only what has this text in its name (`batch`, `resnet18`)
    filter: Option<String>,
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask bench growth                               all, some minutes
  cargo xtask bench growth batch                         only growing batches
  cargo xtask bench growth --picture docs/growth.svg     drawn as well

Counted are the operations of products and convolutions, each as if done directly. The cost of one is flat if, from the
first size on that comes to 75 % of the best rate, none falls below it again.";

/// What grows, in one kind of work.
struct Series {
    grows: &'static str,
    training: bool,
    sizes: Vec<(usize, Network)>,
}

/// Measures, prints and draws.
pub fn run(args: &Args) -> Result<(), Failure> {
    let rounds = Rounds {
        count: if args.quick { 1 } else { 5 },
        patience: if args.quick { 0.0 } else { 0.1 },
        clock: Clock::Wall,
    };
    if args.threads == 0 {
        return Err(Failure::input("--threads: a kernel needs at least 1"));
    }
    let judged = with_threads(args.threads, || {
        let device = json!({ "name": "cpu", "threads": args.threads });
        let title = format!("cpu, {} threads", args.threads);
        let mut report = Report::open(device, &title, []);
        let wanted = |series: &Series| {
            let text = args.filter.as_deref();
            text.is_none_or(|text| series.name().contains(text))
        };
        let all = series(args.quick).into_iter().filter(wanted);
        all.map(|series| measure(series, rounds, &mut report))
            .collect::<Vec<_>>()
    });
    say("");
    for series in &judged {
        say(series);
    }
    match &args.picture {
        Some(file) => {
            picture::of(&judged).save(file).map_err(Failure::input)?;
            say(format_args!("drawn to {}", file.display()));
            Ok(())
        }
        None => Ok(()),
    }
}

impl Series {
    fn name(&self) -> String {
        let what = if self.training {
            "training"
        } else {
            "inference"
        };
        let kind = self.sizes[0].1.kind;
        format!("{} of {what} {kind}", self.grows)
    }
}

/// All that grows.
fn series(quick: bool) -> Vec<Series> {
    let digits = |kind, batch, width| Network {
        kind,
        width,
        shape: [batch, 1, 28, 28],
    };
    let doubled = |from: usize, to: usize| {
        let sizes = std::iter::successors(Some(from), |size| Some(2 * size));
        sizes.take_while(move |size| *size <= to)
    };
    let (most, largest, widest) = if quick { (2, 56, 2) } else { (1024, 448, 4) };
    let one = |grows, training, sizes| Series {
        grows,
        training,
        sizes,
    };
    let mut all = Vec::new();
    for (kind, training) in [
        (Kind::Mlp, true),
        (Kind::Cnn, true),
        (Kind::Cnn, false),
        (Kind::ResNet18, true),
    ] {
        // Its last planes are of one pixel, which a single picture's batch norm cannot do with.
        let least = if kind == Kind::ResNet18 { 2 } else { 1 };
        let sizes = doubled(least, most).map(|batch| (batch, digits(kind, batch, 1)));
        all.push(one("batch", training, sizes.collect()));
    }
    for (batch, training) in [(4, true), (1, false)] {
        let picture = |size| Network {
            kind: Kind::ResNet18,
            width: 1,
            shape: [batch, 3, size, size],
        };
        let sizes = doubled(28, largest).map(|size| (size, picture(size)));
        all.push(one("picture", training, sizes.collect()));
    }
    for kind in [Kind::Mlp, Kind::Cnn, Kind::ResNet18] {
        let batch = if quick { 2 } else { 64 };
        let sizes = (1..=widest).map(|width| (width, digits(kind, batch, width)));
        all.push(one("width", true, sizes.collect()));
    }
    all
}

fn measure(series: Series, rounds: Rounds, report: &mut Report) -> Judged {
    let (name, training) = (series.name(), series.training);
    let points = series.sizes.into_iter().map(|(size, network)| {
        let flops = network.flops(training);
        let case = Case::new(
            format!("{name}, {size}"),
            Work::Flops(flops),
            Value::Null,
            move || {
                let mut step = network.step(training);
                move || step()
            },
        );
        let alone = Beside {
            peers: &mut [],
            finish: &|| {},
            limit: &|_| None,
        };
        let measured = case.measure(rounds, alone);
        let point = Point {
            size,
            rate: flops / measured.seconds,
        };
        report.add(measured);
        point
    });
    let points = points.collect();
    Judged::new(series.grows, name, points)
}
