//! The operations as one custom instruction, run matrix by matrix.

use super::gradient;
use super::lu::Lu;
use super::matrix::Entry;
use super::qr::{least_squares, qr};
use super::spectral::{eigh, svd};
use super::subject::Subject;
use crate::cpu::split::chunks;
use crate::custom::CustomOp;
use crate::device::{DeviceRef, Operand};
use crate::funnel::Tensors;
use crate::infer::{Spec, dtype_error, shape_error};
use crate::layout::Layout;
use crate::prim::{CustomPrim, Prim};
use crate::{DType, Element, ErrorKind, Result, Tensor};

/// What is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Solve,
    LeastSquares,
    Inverse,
    Det,
    SlogDet,
    Qr,
    Svd,
    Eigh,
}

impl Kind {
    /// PyTorch's name, which errors show.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Kind::Solve => "linalg.solve",
            Kind::LeastSquares => "linalg.least_squares",
            Kind::Inverse => "linalg.inverse",
            Kind::Det => "linalg.det",
            Kind::SlogDet => "linalg.slogdet",
            Kind::Qr => "linalg.qr",
            Kind::Svd => "linalg.svd",
            Kind::Eigh => "linalg.eigh",
        }
    }

    const fn takes_square(self) -> bool {
        match self {
            Kind::Solve | Kind::Inverse | Kind::Det | Kind::SlogDet | Kind::Eigh => true,
            Kind::LeastSquares | Kind::Qr | Kind::Svd => false,
        }
    }

    /// Shapes of the results for one `m` by `n` matrix and a right side of `columns`.
    fn results(self, m: usize, n: usize, columns: usize) -> Vec<Vec<usize>> {
        let k = m.min(n);
        match self {
            Kind::Solve | Kind::LeastSquares => vec![vec![n, columns]],
            Kind::Inverse => vec![vec![n, n]],
            Kind::Det => vec![vec![]],
            Kind::SlogDet => vec![vec![], vec![]],
            Kind::Qr => vec![vec![m, k], vec![k, n]],
            Kind::Svd => vec![vec![m, k], vec![k], vec![k, n]],
            Kind::Eigh => vec![vec![n], vec![n, n]],
        }
    }

    /// The results for one matrix, in the order of [`results`](Self::results).
    fn compute<T: Entry>(
        self,
        subject: Subject,
        inputs: &[&[T]],
        [m, n, columns]: [usize; 3],
    ) -> Result<Vec<Vec<T>>> {
        let a = inputs[0];
        Ok(match self {
            Kind::Solve => vec![Lu::new(subject, a, n)?.solve(inputs[1], columns)?],
            Kind::LeastSquares => vec![least_squares(subject, a, inputs[1], [m, n, columns])?],
            Kind::Inverse => vec![Lu::new(subject, a, n)?.inverse()?],
            Kind::Det => vec![vec![Lu::new(subject, a, n)?.det()]],
            Kind::SlogDet => {
                let log = Lu::new(subject, a, n)?.slogdet();
                let result = |value| vec![<T as Element>::from_f64(value)];
                vec![result(log.sign), result(log.log_magnitude)]
            }
            Kind::Qr => {
                let factors = qr(subject, a, m, n)?;
                vec![factors.q, factors.r]
            }
            Kind::Svd => {
                let factors = svd(subject, a, m, n)?;
                vec![factors.u, factors.s, factors.vh]
            }
            Kind::Eigh => {
                let result = eigh(subject, a, n)?;
                vec![result.values, result.vectors]
            }
        })
    }
}

/// One call; it knows its device, through which it reads and writes elements.
#[derive(Debug)]
struct Operation {
    kind: Kind,
    device: DeviceRef,
}

/// Runs `kind` on inputs of equal batch dims.
///
/// # Errors
/// When a matrix has no answer, or the device fails.
///
/// # Panics
/// When shapes or dtypes don't fit.
#[track_caller]
pub(super) fn apply(kind: Kind, inputs: &[&Tensor]) -> Result<Tensors> {
    let operation = Operation {
        kind,
        device: inputs[0].device().clone(),
    };
    let prim = Prim::Custom(CustomPrim(std::sync::Arc::new(operation)));
    let result = Tensor::try_apply(prim, inputs);
    match result {
        Err(error) if matches!(error.kind(), ErrorKind::Shape | ErrorKind::DType) => {
            panic!("{error}")
        }
        result => result,
    }
}

/// The extents that all inputs share, and those of one problem.
struct Problem<'a> {
    batch: &'a [usize],
    extents: [usize; 3],
}

impl<'a> Problem<'a> {
    /// Reads the extents off inputs that have passed `infer`.
    fn of(shapes: &[&'a [usize]]) -> Self {
        let (batch, matrix) = shapes[0].split_at(shapes[0].len() - 2);
        let columns = shapes.get(1).and_then(|shape| shape.last());
        Self {
            batch,
            extents: [matrix[0], matrix[1], columns.copied().unwrap_or(0)],
        }
    }
}

impl CustomOp for Operation {
    fn name(&self) -> &str {
        self.kind.name()
    }

    fn infer(&self, inputs: &[Spec]) -> Result<Vec<Spec>> {
        let name = self.name();
        let a = &inputs[0];
        for input in inputs {
            if !matches!(input.dtype, DType::F32 | DType::F64) {
                return Err(dtype_error(format!(
                    "{name}: takes float32 or float64, not {}; convert with float() or double()",
                    input.dtype
                )));
            }
            if input.dtype != a.dtype {
                return Err(dtype_error(format!(
                    "{name}: takes one dtype, got {} and {}; convert one with to_dtype(..)",
                    a.dtype, input.dtype
                )));
            }
            if input.shape.len() < 2 {
                return Err(shape_error(format!(
                    "{name}: takes matrices, in the last two dims, got shape {:?}",
                    input.shape
                )));
            }
        }
        let shapes: Vec<&[usize]> = inputs.iter().map(|input| input.shape.as_slice()).collect();
        let problem = Problem::of(&shapes);
        let [m, n, columns] = problem.extents;
        if self.kind.takes_square() && m != n {
            return Err(shape_error(format!(
                "{name}: takes square matrices, got {m} by {n} in shape {:?}",
                a.shape
            )));
        }
        if let Some(b) = shapes.get(1) {
            let (batch, matrix) = b.split_at(b.len() - 2);
            if matrix[0] != m || batch != problem.batch {
                return Err(shape_error(format!(
                    "{name}: the right side has shape {b:?}, the matrix {:?}; their rows must be \
                     equally many",
                    a.shape
                )));
            }
        }
        let results = self.kind.results(m, n, columns).into_iter();
        Ok(results
            .map(|result| Spec::new(&[problem.batch, &result].concat(), a.dtype))
            .collect())
    }

    fn run(&self, inputs: &[Operand<'_>], outputs: &[Operand<'_>]) -> Result<()> {
        // The oracle holds more precision than its tensors' dtypes say.
        if inputs[0].dtype == DType::F64 || self.device.name() == "oracle" {
            self.run_as::<f64>(inputs, outputs)
        } else {
            self.run_as::<f32>(inputs, outputs)
        }
    }

    fn backward(
        &self,
        inputs: &[Tensor],
        outputs: &[Tensor],
        grads: &[Tensor],
    ) -> Result<Vec<Option<Tensor>>> {
        let gradients = gradient::backward(self.kind, inputs, outputs, grads)?;
        Ok(gradients.into_iter().map(Some).collect())
    }
}

impl Operation {
    fn run_as<T: Entry + bytemuck::Pod>(
        &self,
        inputs: &[Operand<'_>],
        outputs: &[Operand<'_>],
    ) -> Result<()> {
        let shapes: Vec<&[usize]> = inputs.iter().map(|input| input.layout.shape()).collect();
        let problem = Problem::of(&shapes);
        let count: usize = problem.batch.iter().product();
        let mut values = Vec::with_capacity(inputs.len());
        for input in inputs {
            let mut elements = vec![T::default(); input.layout.numel()];
            let bytes = bytemuck::cast_slice_mut(&mut elements);
            self.device.download(*input, T::DTYPE, bytes)?;
            values.push(elements);
        }
        let compute = |place: usize| {
            let own: Vec<&[T]> = values.iter().map(|all| part(all, place, count)).collect();
            let subject = Subject {
                operation: self.kind.name(),
                matrix: (!problem.batch.is_empty()).then_some(place),
            };
            self.kind.compute(subject, &own, problem.extents)
        };
        let mut answers: Vec<Option<Result<Vec<Vec<T>>>>> = (0..count).map(|_| None).collect();
        let [m, n, _] = problem.extents;
        chunks(&mut answers, 1, m * n * m.min(n), |place, answer| {
            answer[0] = Some(compute(place));
        });
        // Looked through in order, so that of several errors the first is reported.
        let answers = answers.into_iter().flatten().collect::<Result<Vec<_>>>()?;
        for (number, output) in outputs.iter().enumerate() {
            let elements: Vec<T> = answers
                .iter()
                .flat_map(|answer| answer[number].iter().copied())
                .collect();
            self.write(&elements, output)?;
        }
        Ok(())
    }

    /// Writes elements into memory that only the device can look into.
    fn write<T: Entry + bytemuck::Pod>(&self, elements: &[T], output: &Operand<'_>) -> Result<()> {
        let memory = self
            .device
            .upload(T::DTYPE, bytemuck::cast_slice(elements))?;
        let layout = Layout::contiguous(output.layout.shape());
        let source = Operand {
            memory: &*memory,
            layout: &layout,
            dtype: T::DTYPE,
        };
        self.device
            .run(&Prim::Cast(output.dtype), &[source], &[*output])
    }
}

/// The `place`th of `count` equal parts.
fn part<T>(all: &[T], place: usize, count: usize) -> &[T] {
    let size = all.len() / count;
    &all[place * size..(place + 1) * size]
}
