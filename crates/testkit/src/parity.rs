//! A device against the oracle: every instruction, every dtype, operands lying in memory in every way.

use hammerhead_tensor::device::DeviceRef;
use hammerhead_tensor::prim::{Prim, View};
use hammerhead_tensor::{DType, Oracle, Result, Tensor, Tensors, stack, with_device};

use crate::samples::{self, Sample};

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
pub fn tolerance(dtype: DType) -> f64 {
    match dtype {
        DType::F64 => 1e-12,
        DType::F32 => 4e-6,
        DType::F16 => 1e-3,
        DType::BF16 => 8e-3,
        DType::I64 | DType::U8 | DType::Bool => 0.0,
    }
}

/// Runs a sample; its operands are at hand when `ready` is called.
fn run(
    sample: &Sample,
    dtype: DType,
    device: &DeviceRef,
    lie: Lie,
    ready: impl FnOnce(),
) -> Result<Tensors> {
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
            ready();
            match inputs.as_slice() {
                [grad, go, step] => targets[0].update_if_(go, step, update, grad, &states)?,
                _ => targets[0].update_(update, &inputs[0], &states)?,
            }
            return Ok(targets);
        }
        let inputs: Vec<&Tensor> = inputs.iter().collect();
        ready();
        Tensor::try_apply(sample.prim.clone(), &inputs)
    })
}

fn compare(
    sample: &Sample,
    dtype: DType,
    lie: Lie,
    cpu: &Tensors,
    oracle: &Tensors,
    factor: f64,
) -> Result<(), String> {
    for (output, (cpu, oracle)) in cpu.iter().zip(oracle).enumerate() {
        assert_eq!((cpu.shape(), cpu.dtype()), (oracle.shape(), oracle.dtype()));
        let (ours, right) = (cpu.to_vec::<f64>(), oracle.to_vec::<f64>());
        let magnitude = right
            .iter()
            .filter(|x| x.is_finite())
            .fold(0.0, |most: f64, x| most.max(x.abs()));
        let allowed = factor * tolerance(cpu.dtype()) * magnitude;
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

/// What a sample gives on a device.
///
/// # Errors
/// When the device refuses the instruction or a dtype.
pub fn results(sample: &Sample, dtype: DType, device: &DeviceRef) -> Result<Tensors> {
    run(sample, dtype, device, Lie::Plain, || ())
}

/// Compares every sample of a dtype, with operands in every lie, or in one that changes from sample to
/// sample; differences up to `factor` times the [`tolerance`] pass. Returns one line per miss.
pub fn misses(device: &DeviceRef, dtype: DType, every_lie: bool, factor: f64) -> Vec<String> {
    misses_watched(device, dtype, every_lie, factor, |_, _| Ok(()))
}

/// As [`misses`]; `watch` sees each sample when its operands are at hand, then with what came out before
/// any of it is read, and may find a miss of its own.
pub fn misses_watched(
    device: &DeviceRef,
    dtype: DType,
    every_lie: bool,
    factor: f64,
    mut watch: impl FnMut(&Sample, Option<&Tensors>) -> Result<(), String>,
) -> Vec<String> {
    let mut misses = Vec::new();
    for (index, sample) in samples::all(dtype).iter().enumerate() {
        let oracle = run(sample, dtype, &Oracle::device(), Lie::Plain, || ())
            .expect("the oracle runs everything");
        // Another shape of the same memory is for rows without gaps.
        let lies = if matches!(sample.prim, Prim::View(View::Reshape(_))) {
            &Lie::ALL[..1]
        } else if every_lie {
            &Lie::ALL[..]
        } else {
            &Lie::ALL[index % Lie::ALL.len()..][..1]
        };
        for &lie in lies {
            let ready = || watch(sample, None).expect("nothing has come out yet");
            match run(sample, dtype, device, lie, ready) {
                Ok(ours) => {
                    let watched = watch(sample, Some(&ours));
                    misses.extend(watched.err());
                    misses.extend(compare(sample, dtype, lie, &ours, &oracle, factor).err())
                }
                Err(why) => misses.push(format!("{:?} of {dtype}: {why}", sample.prim)),
            }
        }
    }
    misses
}

/// Pointwise instructions that write through views, on a device and on the oracle: what lies between a
/// view's elements stays. Returns both values of the whole tensor.
pub fn strided_targets(device: &DeviceRef, dtype: DType) -> [Vec<f64>; 2] {
    [device, &Oracle::device()].map(|device| {
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
        columns.slice(0, 1, 8, 3).mul_(2);
        columns.t().copy_(&make(2, &[12, 9]));
        columns.flip([0, 1]).sub_(make(3, &[12]));
        base.narrow(1, 3, 4).fill_(3.0);
        base.to_vec::<f64>()
    })
}
