//! One thing to measure, and how it is timed.

use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;

use super::clock::Clock;
use super::disturbance::Watch;
use super::peer::{Answer, Peer};

/// How often and how long something is measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rounds {
    /// Times that we and a peer take turns.
    pub count: usize,
    /// Seconds that a round should last at least.
    pub patience: f64,
    pub clock: Clock,
}

/// What one run of a case amounts to.
#[derive(Clone, Copy, Debug)]
pub enum Work {
    Flops(f64),
    Bytes(f64),
    Samples(f64),
}

impl Work {
    /// The rate that so many seconds make, and its unit.
    pub fn rate(self, seconds: f64) -> (f64, &'static str) {
        match self {
            Self::Flops(count) => (count / seconds / 1e9, "GFLOP/s"),
            Self::Bytes(count) => (count / seconds / 1e9, "GB/s"),
            Self::Samples(count) => (count / seconds, "samples/s"),
        }
    }
}

/// What is run again and again.
pub type Run = Box<dyn FnMut()>;

/// Something to measure.
pub struct Case {
    pub name: String,
    work: Work,
    /// The same, for a peer.
    request: Value,
    /// Makes the operands; not before it is this case's turn, because they are large.
    make: Box<dyn FnOnce() -> Run>,
}

/// A case measured.
pub struct Measured {
    pub name: String,
    pub work: Work,
    pub seconds: f64,
    /// What those beside us answered, in their order.
    pub theirs: Vec<Theirs>,
    /// The part reached of the rate that the machine has at most.
    pub of_limit: Option<f64>,
    /// Whether other programs took part of the processor.
    pub disturbed: bool,
}

/// What a peer did.
#[derive(Clone, Debug)]
pub enum Theirs {
    /// Nothing: it is not there.
    Absent,
    /// It can't do it, and why.
    Refused(String),
    /// It took so long, and in which of its ways, if it has several.
    Took { seconds: f64, way: Option<String> },
}

impl Theirs {
    /// How long it took.
    pub fn seconds(&self) -> Option<f64> {
        match self {
            Self::Took { seconds, .. } => Some(*seconds),
            Self::Absent | Self::Refused(_) => None,
        }
    }
}

/// What a case is compared with in each of its rounds.
pub struct Beside<'a> {
    pub peers: &'a mut [Peer],
    /// Waits until the work is done that was asked for.
    pub finish: &'a dyn Fn(),
    /// The rate that the machine has at most at this kind of work, in the work's unit.
    pub limit: &'a dyn Fn(Work) -> Option<f64>,
}

impl Case {
    pub fn new<R: FnMut() + 'static>(
        name: String,
        work: Work,
        request: Value,
        make: impl FnOnce() -> R + 'static,
    ) -> Self {
        Self {
            name,
            work,
            request,
            make: Box::new(move || Box::new(make())),
        }
    }

    /// What a peer is asked for.
    pub fn request(&self) -> &Value {
        &self.request
    }

    /// The operands made, and what is run on them.
    pub fn into_run(self) -> Run {
        (self.make)()
    }

    /// Medians of rounds, in turn with peers.
    pub fn measure(self, rounds: Rounds, beside: Beside) -> Measured {
        let mut run = (self.make)();
        let mut time = |times: usize| {
            let start = rounds.clock.seconds();
            for _ in 0..times {
                run();
            }
            (beside.finish)();
            (rounds.clock.seconds() - start) / times as f64
        };
        // Pipelines are made in the first run, and only later ones tell how long one takes. Few may take less than
        // the clock's steps.
        time(1);
        let (mut times, mut taken) = (1, time(1));
        while taken < rounds.patience / 4.0 && times < MOST_TIMES {
            times *= 4;
            taken = time(times) * times as f64;
        }
        let wanted = times as f64 * rounds.patience / taken.max(f64::MIN_POSITIVE);
        let times = wanted.ceil().clamp(1.0, MOST_TIMES as f64) as usize;
        let turn = |peer: &mut Peer| {
            let answer = peer.ask(&self.request);
            sleep(LOOKOUT);
            answer
        };
        if rounds.count > 1 {
            // In its first answer a peer tries its ways.
            for peer in &mut *beside.peers {
                turn(peer);
            }
        }
        let mut taken: Vec<Round> = Vec::new();
        let quiet = |taken: &[Round]| taken.iter().filter(|round| round.quiet()).count();
        while quiet(&taken) < rounds.count && taken.len() < rounds.count * PERSISTENCE {
            let watch = Watch::start(beside.peers.iter().filter_map(Peer::process));
            // As peers do: what lay idle during the others' turns has to come back first.
            time(1);
            let ours = time(times);
            let peers = beside.peers.iter_mut();
            let theirs = peers.map(turn).collect();
            let others = match rounds.clock {
                Clock::Wall => watch.cores().unwrap_or(0.0),
                Clock::Thread => 0.0,
            };
            taken.push(Round {
                ours,
                theirs,
                limit: (beside.limit)(self.work),
                others,
            });
        }
        // Of those that others disturbed, as many as are missing and were disturbed least.
        taken.sort_by(|a, b| a.others.total_cmp(&b.others));
        let all_quiet = quiet(&taken) >= rounds.count;
        taken.truncate(rounds.count);
        let middle = |of: &dyn Fn(&Round) -> Option<f64>| {
            median(&mut taken.iter().filter_map(of).collect::<Vec<_>>())
        };
        let seconds = middle(&|round| Some(round.ours)).expect("there is a round");
        let limit = middle(&|round| round.limit);
        let theirs = (0..beside.peers.len()).map(|at| {
            let answer = |round: &Round| Some(round.theirs[at].as_ref()?.as_ref().ok()?.seconds);
            match (middle(&answer), taken[0].theirs[at].clone()) {
                (Some(seconds), Some(Ok(Answer { way, .. }))) => Theirs::Took { seconds, way },
                (_, Some(Err(why))) => Theirs::Refused(why),
                _ => Theirs::Absent,
            }
        });
        Measured {
            name: self.name,
            work: self.work,
            seconds,
            theirs: theirs.collect(),
            of_limit: limit.map(|limit| self.work.rate(seconds).0 / limit),
            disturbed: !all_quiet,
        }
    }
}

/// Runs that are timed together at most.
const MOST_TIMES: usize = 100_000;

/// How long to wait after a peer's turn: its threads look out for more work for up to 20 milliseconds, and would take a part
/// of the next turn.
const LOOKOUT: Duration = Duration::from_millis(30);

/// Times as many rounds as are wanted may be taken until enough of them were quiet.
const PERSISTENCE: usize = 3;

/// What was measured in turn.
struct Round {
    ours: f64,
    theirs: Vec<Option<Result<Answer, String>>>,
    limit: Option<f64>,
    /// Cores that other programs took meanwhile.
    others: f64,
}

impl Round {
    fn quiet(&self) -> bool {
        self.others < 0.15
    }
}

/// The middle one of some numbers.
pub fn median(numbers: &mut [f64]) -> Option<f64> {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied()
}
