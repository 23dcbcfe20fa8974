//! Sizes of two axes.

/// `[vertical, horizontal]`, from one number for both or from two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair(pub [usize; 2]);

impl From<usize> for Pair {
    fn from(both: usize) -> Self {
        Pair([both, both])
    }
}

impl From<[usize; 2]> for Pair {
    fn from(each: [usize; 2]) -> Self {
        Pair(each)
    }
}

impl From<(usize, usize)> for Pair {
    fn from((vertical, horizontal): (usize, usize)) -> Self {
        Pair([vertical, horizontal])
    }
}
