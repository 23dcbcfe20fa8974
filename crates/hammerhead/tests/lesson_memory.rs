//! The lesson's row P22. The pool's counters are the whole process's, so the test has one of its own.

use hammerhead::prelude::*;
use hammerhead::tensor::pool;

#[test]
fn row_p22_broadcasting_allocates_the_output_alone() {
    let a = Tensor::ones([64, 256, 256]);
    let b = Tensor::ones([256, 256]);
    pool::reset_peak();
    let before = pool::stats().live;
    let difference = &a - &b;
    let grown = pool::stats().peak - before;
    assert_eq!(difference.shape(), [64, 256, 256]);
    let output = 64 * 256 * 256 * 4;
    assert!(
        (output..output + output / 4 + 4096).contains(&grown),
        "{grown} bytes for an output of {output}"
    );
}
