//! By how much more threads are faster.

use crate::bench::case::Measured;
use crate::bench::report::Report;
use crate::say::say;

/// Prints for each row that was measured on both how many times faster it is on the second's threads, and each
/// peer's own gain.
pub fn print(few: (usize, &Report), many: (usize, &Report)) {
    say(format_args!(
        "from {} to {} threads, times faster",
        few.0, many.0
    ));
    for row in few.1.rows() {
        let same = |other: &&Measured| other.name == row.name;
        let Some(other) = many.1.rows().iter().find(same) else {
            continue;
        };
        let line = format!("{:<44} {}", row.name, gains(row, other).join("  "));
        say(line);
    }
    say("");
}

/// Ours and the peers', in their order.
fn gains(few: &Measured, many: &Measured) -> Vec<String> {
    let ours = format!("{:>6.2}", few.seconds / many.seconds);
    let theirs = few.theirs.iter().zip(&many.theirs).map(|both| {
        let (few, many) = (both.0.seconds(), both.1.seconds());
        match (few, many) {
            (Some(few), Some(many)) => format!("({:.2})", few / many),
            _ => "(-)".to_owned(),
        }
    });
    [ours].into_iter().chain(theirs).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::case::{Theirs, Work};

    #[test]
    fn gains_are_ours_and_in_parentheses_the_peers() {
        let row = |seconds, peer| Measured {
            name: "training".to_owned(),
            work: Work::Samples(1.0),
            seconds,
            theirs: vec![
                Theirs::Took {
                    seconds: peer,
                    way: None,
                },
                Theirs::Absent,
            ],
            of_limit: None,
            disturbed: false,
        };
        let gains = gains(&row(1.9, 3.0), &row(1.0, 2.0));
        assert_eq!(gains, ["  1.90", "(1.50)", "(-)"]);
    }
}
