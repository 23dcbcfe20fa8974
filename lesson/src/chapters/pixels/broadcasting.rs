//! Small shapes beside large ones.

use hammerhead::prelude::*;
use hammerhead::tensor::pool;

use crate::chapters::prelude::*;

pub fn run(course: &mut Course<'_>, threes: &Tensor, valid_3: &Tensor) {
    let mean3 = threes.mean_dim(0);
    course.listing("broadcast", || {
        // ANCHOR: broadcast
        println!("{}", tensor([1, 2, 3]) + tensor(1));
        println!("{:?}", (valid_3 - &mean3).shape());
        // ANCHOR_END: broadcast
    });
    course.row("P21", equal(course.line(0), "tensor([2, 3, 4])"));
    course.row("P21", equal(course.line(1), "[1010, 28, 28]"));

    let (grown, output) = course.listing("allocated", || {
        // ANCHOR: allocated
        pool::reset_peak();
        let before = pool::stats().live;
        let difference = valid_3 - &mean3;
        let grown = pool::stats().peak - before;
        let output = difference.numel() * 4;
        println!("an output of {output} bytes");
        // ANCHOR_END: allocated
        (grown, output)
    });
    let room = output..output + output / 4 + 4096;
    course.row(
        "P22",
        holds("no more than the output", room.contains(&grown)),
    );

    course.listing("no_broadcast", || {
        // ANCHOR: no_broadcast
        println!("{}", refused(|| Tensor::zeros([2, 3]) + Tensor::zeros([4])));
        // ANCHOR_END: no_broadcast
    });
    course.row("P23", names(&course.text(), &["[2, 3]", "[4]", "dim -1"]));
}
