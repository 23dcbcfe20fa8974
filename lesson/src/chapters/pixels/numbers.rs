//! Small tensors: printing, indexing, arithmetic.

use hammerhead::prelude::*;

use crate::chapters::prelude::*;

pub fn run(course: &mut Course<'_>) {
    let tns = course.listing("small", || {
        // ANCHOR: small
        let tns = tensor([[1, 2, 3], [4, 5, 6]]);
        println!("{}", tns.numpy_repr());
        println!("{tns}");
        // ANCHOR_END: small
        tns
    });
    let numpy = "array([[1, 2, 3],\n       [4, 5, 6]])";
    let torch = "tensor([[1, 2, 3],\n        [4, 5, 6]])";
    course.row("P14", equal(course.text(), format!("{numpy}\n{torch}")));

    course.listing("ragged", || {
        // ANCHOR: ragged
        let error = Tensor::from_nested(vec![vec![1, 2, 3], vec![4, 5]]).unwrap_err();
        println!("{error}");
        // ANCHOR_END: ragged
    });
    let message = "row [1] has 2 elements where the first row of its depth has 3";
    course.row("P15", names(&course.text(), &[message]));

    course.listing("indexing", || {
        // ANCHOR: indexing
        println!("{}", tns.i(1));
        println!("{}", tns.i((.., 1)));
        println!("{}", tns.i((1, 1..3)));
        // ANCHOR_END: indexing
    });
    let parts = "tensor([4, 5, 6])\ntensor([2, 5])\ntensor([5, 6])";
    course.row("P16", equal(course.text(), parts));

    course.listing("arithmetic", || {
        // ANCHOR: arithmetic
        println!("{}", &tns + 1);
        println!("{:?}", tns.dtype());
        println!("{}", &tns * 1.5);
        // ANCHOR_END: arithmetic
    });
    let plus = "tensor([[2, 3, 4],\n        [5, 6, 7]])";
    let times = "tensor([[1.5000, 3.0000, 4.5000],\n        [6.0000, 7.5000, 9.0000]])";
    course.row("P17", equal(course.text(), format!("{plus}\nI64\n{times}")));
    course.row("P18", equal(course.line(2), "I64"));

    course.listing("exercise", || {
        // ANCHOR: exercise
        let x = Tensor::arange(10).i(1..).reshape([3, 3]) * 2;
        println!("{x}");
        println!("{}", x.i((1.., 1..)));
        // ANCHOR_END: exercise
    });
    let doubled = "tensor([[ 2,  4,  6],\n        [ 8, 10, 12],\n        [14, 16, 18]])";
    let corner = "tensor([[10, 12],\n        [16, 18]])";
    course.row("P27", equal(course.text(), format!("{doubled}\n{corner}")));
}
