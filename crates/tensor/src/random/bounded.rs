//! Unbiased integers below a bound, from a source of 64 random bits.

/// The number of integers from `low` to `high`, `high` not included.
#[track_caller]
pub(super) fn span(low: i64, high: i64) -> u64 {
    assert!(
        low < high,
        "integers: the range {low}..{high} is empty; help: `low` is included and `high` is not, \
         so `high` must be at least {}",
        low.saturating_add(1)
    );
    high.wrapping_sub(low) as u64
}

/// A uniform integer in `0..bound` by multiplication with rejection (Lemire 2019).
pub(super) fn below(bound: u64, mut next: impl FnMut() -> u64) -> u64 {
    debug_assert!(bound > 0, "below: the bound is 0");
    // Products whose low half falls under 2^64 mod bound belong to the over-long intervals.
    let threshold = bound.wrapping_neg() % bound;
    loop {
        let product = u128::from(next()) * u128::from(bound);
        if product as u64 >= threshold {
            return (product >> 64) as u64;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejects_only_the_over_long_intervals() {
        // 2^64 mod 3 = 1, so exactly the product 0 has to be drawn again.
        let mut draws = [0, u64::MAX].into_iter();
        assert_eq!(below(3, || draws.next().unwrap()), 2);
        assert_eq!(draws.next(), None);
        assert_eq!(below(1 << 63, || u64::MAX), (1 << 63) - 1);
    }

    #[test]
    #[should_panic(expected = "the range 3..3 is empty")]
    fn an_empty_range_is_refused() {
        span(3, 3);
    }

    #[test]
    fn the_widest_range_has_its_span() {
        assert_eq!(span(i64::MIN, i64::MAX), u64::MAX);
    }
}
