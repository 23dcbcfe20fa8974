//! Samples of pointwise instructions.

use hammerhead_tensor::DType;
use hammerhead_tensor::prim::{Binary, Compare, Logical, Prim, Side, Unary};

use super::{Input, Numbers, Sample};

/// A few elements, several vectors with a ragged end, and enough for several threads.
const SHAPES: [&[usize]; 3] = [&[3], &[5, 37], &[3, 1, 70_001]];
/// Pairs that broadcast in every way.
const PAIRS: [(&[usize], &[usize]); 6] = [
    (&[5, 37], &[5, 37]),
    (&[37], &[5, 37]),
    (&[5, 1], &[1, 37]),
    (&[], &[2, 3, 4]),
    (&[2, 3, 4, 5], &[3, 1, 1]),
    (&[301, 257], &[301, 1]),
];

/// Where a function of one operand is smooth: away from poles, and for inverses of powers from 0.
fn domain(unary: Unary, shape: &[usize]) -> Input {
    match unary {
        Unary::Sqrt | Unary::Rsqrt | Unary::Log | Unary::Log2 | Unary::Log10 | Unary::Log1p => {
            Input::positive(shape)
        }
        Unary::Reciprocal | Unary::PowScalar { .. } | Unary::RdivScalar { .. } => {
            Input::positive(shape)
        }
        Unary::Tan => Input::between(shape, -1.2, 1.2),
        _ => Input::between(shape, -4.0, 4.0),
    }
}

/// Integers take what has an integer for its result.
pub(super) fn numbers(binary: Binary) -> Numbers {
    match binary {
        Binary::Add | Binary::Sub | Binary::Mul | Binary::Maximum | Binary::Minimum => Numbers::All,
        _ => Numbers::Floats,
    }
}

pub(super) fn samples() -> Vec<Sample> {
    let mut samples = Vec::new();
    for unary in Unary::samples() {
        for shape in SHAPES {
            samples.push(Sample::new(Prim::Unary(unary), vec![domain(unary, shape)]));
            let uses = unary.uses();
            let mut inputs = vec![Input::any(shape)];
            inputs.extend(uses.input.then(|| domain(unary, shape)));
            inputs.extend(uses.output.then(|| Input::positive(shape)));
            samples.push(Sample::new(Prim::UnaryGrad(unary), inputs));
        }
    }
    for (a, b) in PAIRS {
        for binary in Binary::samples() {
            let operands = [Input::positive(a), Input::positive(b)];
            samples.push(Sample::new(Prim::Binary(binary), operands.to_vec()));
            if binary.differentiable() {
                // The gradient comes at the shape that the operands broadcast to.
                let shape: Vec<usize> = broadcast(a, b);
                for side in [Side::Left, Side::Right] {
                    let mut inputs = vec![Input::any(&shape)];
                    inputs.extend(operands.clone());
                    samples.push(Sample::new(Prim::BinaryGrad(binary, side), inputs));
                }
            }
        }
        for compare in Compare::ALL {
            samples.push(Sample::new(
                Prim::Compare(compare),
                vec![Input::any(a), Input::any(b)],
            ));
        }
        for logical in Logical::ALL {
            samples.push(Sample::new(
                Prim::Logical(logical),
                vec![Input::truth(a), Input::truth(b)],
            ));
        }
        samples.push(Sample::new(
            Prim::Select,
            vec![Input::truth(a), Input::any(b), Input::any(a)],
        ));
        samples.push(Sample::new(
            Prim::SelectGrad,
            vec![Input::truth(b), Input::any(&broadcast(a, b))],
        ));
    }
    for shape in SHAPES {
        samples.push(Sample::new(Prim::Not, vec![Input::truth(shape)]));
        for dtype in DType::ALL {
            samples.push(Sample::new(
                Prim::Cast(dtype),
                vec![Input::between(shape, 0.0, 9.0)],
            ));
        }
    }
    samples
}

fn broadcast(a: &[usize], b: &[usize]) -> Vec<usize> {
    hammerhead_tensor::layout::broadcast_shapes("samples", a, b)
        .expect("the pairs broadcast")
        .to_vec()
}
