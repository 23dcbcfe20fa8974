//! The CPU against the oracle: every instruction, every dtype, operands lying in memory in every way.

use hammerhead_tensor::device::DeviceRef;
use hammerhead_tensor::prim::{Prim, View};
use hammerhead_tensor::{Cpu, DType, Oracle, Tensor, Tensors, stack, with_device};
use hammerhead_testkit::samples::{self, Sample};

/// How an operand lies in memory; the values are the same.
#[derive(Clone, Copy, Debug)]
enum Lie {
    /// Row-major without gaps.
    Plain,
    /// The last dim first.
    Transposed,
    /// Every second element.
    Spaced,
    /// From the end to the start.
    Backwards,
    /// Behind other elements.
    Shifted,
}

impl Lie {
    const ALL: [Lie; 5] = [
        Lie::Plain,
        Lie::Transposed,
        Lie::Spaced,
        Lie::Backwards,
        Lie::Shifted,
    ];

    fn of(self, x: Tensor) -> Tensor {
        let rank = x.rank() as isize;
        match self {
            Lie::Plain => x,
            _ if rank == 0 => x,
            Lie::Transposed => {
                let dims: Vec<isize> = (0..rank).rev().collect();
                x.permute(dims.clone()).copy().permute(dims)
            }
            Lie::Spaced => stack(&[&x, &x], -1).select(-1, 0),
            Lie::Backwards => {
                let dims: Vec<isize> = (0..rank).collect();
                x.flip(dims.clone()).copy().flip(dims)
            }
            Lie::Shifted => stack(&[&x, &x], 0).select(0, 1),
        }
    }
}

/// How far a result may be from the oracle's, relative to the largest element: a few roundings of the
/// dtype.
fn tolerance(dtype: DType) -> f64 {
    match dtype {
        DType::F64 => 1e-12,
        DType::F32 => 4e-6,
        DType::F16 => 1e-3,
        DType::BF16 => 8e-3,
        DType::I64 | DType::U8 | DType::Bool => 0.0,
    }
}

fn run(sample: &Sample, dtype: DType, device: &DeviceRef, lie: Lie) -> Tensors {
    with_device(device, || {
        let make =
            |(stream, input): (usize, &samples::Input)| input.tensor(stream as u64, dtype, device);
        let inputs: Vec<Tensor> = sample
            .inputs
            .iter()
            .enumerate()
            .map(make)
            .map(|x| lie.of(x))
            .collect();
        if let Prim::Update(update) = sample.prim {
            let targets: Tensors = sample
                .targets
                .iter()
                .enumerate()
                .map(|(i, x)| make((i + 9, x)).copy())
                .collect();
            let states: Vec<&Tensor> = targets[1..].iter().collect();
            targets[0].update_(update, &inputs[0], &states).unwrap();
            return targets;
        }
        let inputs: Vec<&Tensor> = inputs.iter().collect();
        Tensor::try_apply(sample.prim.clone(), &inputs).unwrap()
    })
}

fn compare(
    sample: &Sample,
    dtype: DType,
    lie: Lie,
    cpu: &Tensors,
    oracle: &Tensors,
) -> Result<(), String> {
    for (output, (cpu, oracle)) in cpu.iter().zip(oracle).enumerate() {
        assert_eq!((cpu.shape(), cpu.dtype()), (oracle.shape(), oracle.dtype()));
        let (ours, right) = (cpu.to_vec::<f64>(), oracle.to_vec::<f64>());
        let magnitude = right
            .iter()
            .filter(|x| x.is_finite())
            .fold(0.0, |most: f64, x| most.max(x.abs()));
        let allowed = tolerance(cpu.dtype()) * magnitude;
        let close =
            |a: f64, b: f64| a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= allowed;
        if let Some(i) = (0..ours.len()).find(|&i| !close(ours[i], right[i])) {
            let shapes: Vec<_> = sample.inputs.iter().map(|input| &input.shape).collect();
            return Err(format!(
                "{:?} of {dtype} on {shapes:?}, {lie:?}: output {output}, element {i} is {:e}, not {:e} ({allowed:.1e} allowed)",
                sample.prim, ours[i], right[i]
            ));
        }
    }
    Ok(())
}

/// Compares every sample of a dtype; with operands in every lie, or in one that changes from sample to
/// sample.
fn parity(dtype: DType, every_lie: bool) {
    let mut misses = Vec::new();
    for (index, sample) in samples::all(dtype).iter().enumerate() {
        let oracle = run(sample, dtype, &Oracle::device(), Lie::Plain);
        // Another shape of the same memory is for rows without gaps.
        let lies = if matches!(sample.prim, Prim::View(View::Reshape(_))) {
            &Lie::ALL[..1]
        } else if every_lie {
            &Lie::ALL[..]
        } else {
            &Lie::ALL[index % Lie::ALL.len()..][..1]
        };
        for &lie in lies {
            let cpu = run(sample, dtype, &Cpu::device(), lie);
            misses.extend(compare(sample, dtype, lie, &cpu, &oracle).err());
        }
    }
    assert!(
        misses.is_empty(),
        "{} misses:\n{}",
        misses.len(),
        misses.join("\n")
    );
}

#[test]
fn single_precision() {
    parity(DType::F32, true);
}

#[test]
fn double_precision() {
    parity(DType::F64, false);
}

#[test]
fn half_precision() {
    parity(DType::F16, false);
    parity(DType::BF16, false);
}

#[test]
fn integers() {
    parity(DType::I64, false);
    parity(DType::U8, false);
}

/// Pointwise instructions may write through a view: what lies between its elements stays.
#[test]
fn strided_targets() {
    for dtype in [DType::F32, DType::F64, DType::BF16] {
        let run = |device: &DeviceRef| {
            let make = |stream, shape: &[usize]| {
                let input = samples::Input {
                    shape: shape.into(),
                    values: samples::Values::Between(-2.0, 2.0),
                };
                input.tensor(stream, dtype, device)
            };
            let base = make(0, &[9, 12, 2]).copy();
            let columns = base.select(2, 1);
            columns.add_(make(1, &[9, 12]));
            columns.slice(0, 1, 8, 3).mul_(0.5);
            columns.t().copy_(&make(2, &[12, 9]));
            columns.flip([0, 1]).sub_(make(3, &[12]));
            base.narrow(1, 3, 4).fill_(3.0);
            base.to_vec::<f64>()
        };
        let (cpu, oracle) = (run(&Cpu::device()), run(&Oracle::device()));
        let close = |(a, b): (&f64, &f64)| (a - b).abs() <= 4.0 * tolerance(dtype);
        assert!(cpu.iter().zip(&oracle).all(close), "{dtype}");
    }
}
