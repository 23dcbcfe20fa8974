//! The summary table: every layer's output shape, parameters and multiply-adds, found by running the
//! model on the meta device, where nothing is computed.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

use hammerhead_tensor::device::DeviceRef;
use hammerhead_tensor::{DType, IntoShape, Meta, Tensor, no_grad, with_device};

use crate::{Entry, Mode, Module, ModuleExt, Tree, listen};

/// One call of a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SummaryRow {
    /// The dotted name.
    pub path: String,
    /// The layer's type.
    pub kind: &'static str,
    /// The shape of what it gave.
    pub output: Vec<usize>,
    /// Its own learnt values.
    pub parameters: usize,
    /// Multiplications with an addition that a product or convolution makes for the whole batch.
    pub multiply_adds: u64,
}

/// A model's layers for one input shape; prints as a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The model's type.
    pub kind: &'static str,
    /// The input's shape.
    pub input: Vec<usize>,
    /// The layers in the order of their calls.
    pub rows: Vec<SummaryRow>,
    /// All learnt values of the model.
    pub parameters: usize,
    /// Multiply-adds of all layers.
    pub multiply_adds: u64,
}

/// Summaries of all modules.
pub trait Summarize: ModuleExt + Sized {
    /// The table of a model for inputs of this shape. The model is moved to the meta device and back,
    /// its values untouched.
    ///
    /// ```
    /// use hammerhead_nn::{Linear, ReLU, Sequential, Summarize};
    /// let mut net = Sequential::new().push(Linear::new(784, 30)).push(ReLU::new()).push(Linear::new(30, 1));
    /// let summary = net.summary([64, 784]);
    /// assert_eq!((summary.parameters, summary.multiply_adds), (23_581, 64 * (784 * 30 + 30)));
    /// ```
    ///
    /// # Panics
    /// If the model does not take such an input.
    #[track_caller]
    fn summary(&mut self, input: impl IntoShape) -> Summary
    where
        Self: Module,
    {
        let input = input.into_shape();
        // An input of the model's own dtype, which is that of its parameters.
        let dtypes = self.parameters().into_iter().map(|p| p.dtype());
        let dtype = dtypes.into_iter().next().unwrap_or(DType::F32);
        let held = take_tensors(self, &Meta::device());
        let rows = Rc::new(RefCell::new(Vec::new()));
        let log = rows.clone();
        let listening = listen(move |call| {
            let parameters = own_parameters(call.module);
            let multiply_adds = multiply_adds(call.module, call.output.shape());
            let row = SummaryRow {
                path: call.path.to_owned(),
                kind: call.module.kind(),
                output: call.output.shape().to_vec(),
                parameters,
                multiply_adds,
            };
            if !has_children(call.module) {
                log.borrow_mut().push(row);
            }
        });
        let run = || self.forward(Tensor::zeros_with(&input, dtype), Mode::Eval);
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            with_device(&Meta::device(), || no_grad(run))
        }));
        drop(listening);
        put_tensors(self, held);
        if let Err(panic) = outcome {
            std::panic::resume_unwind(panic);
        }
        let rows = rows.take();
        Summary {
            kind: self.kind(),
            input: input.to_vec(),
            multiply_adds: rows.iter().map(|row| row.multiply_adds).sum(),
            rows,
            parameters: self.num_parameters(),
        }
    }
}

impl<M: ModuleExt> Summarize for M {}

/// Replaces all tensors by meta ones, and gives the real ones in order.
fn take_tensors(module: &mut (impl Tree + ?Sized), meta: &DeviceRef) -> Vec<Held> {
    let mut held = Vec::new();
    visit_mut(module.as_module_mut(), &mut |entry| match entry {
        crate::EntryMut::Parameter(parameter) => {
            let empty = with_device(meta, || {
                Tensor::zeros_with(parameter.shape(), parameter.dtype())
            });
            held.push(Held::Parameter(std::mem::replace(
                parameter,
                crate::Parameter::new(empty),
            )));
        }
        crate::EntryMut::Buffer(buffer) => {
            let empty = with_device(meta, || Tensor::zeros_with(buffer.shape(), buffer.dtype()));
            held.push(Held::Buffer(std::mem::replace(buffer, empty)));
        }
        crate::EntryMut::Module(_) => {}
    });
    held
}

enum Held {
    Parameter(crate::Parameter),
    Buffer(Tensor),
}

fn put_tensors(module: &mut (impl Tree + ?Sized), held: Vec<Held>) {
    let mut held = held.into_iter();
    visit_mut(module.as_module_mut(), &mut |entry| match entry {
        crate::EntryMut::Parameter(parameter) => {
            if let Some(Held::Parameter(real)) = held.next() {
                *parameter = real;
            }
        }
        crate::EntryMut::Buffer(buffer) => {
            if let Some(Held::Buffer(real)) = held.next() {
                *buffer = real;
            }
        }
        crate::EntryMut::Module(_) => {}
    });
}

fn visit_mut(module: &mut dyn Module, visit: &mut dyn FnMut(crate::EntryMut<'_>)) {
    module.entries_mut(&mut |_, entry| match entry {
        crate::EntryMut::Module(child) => visit_mut(child, visit),
        leaf => visit(leaf),
    });
}

fn own_parameters(module: &dyn Module) -> usize {
    let mut count = 0;
    module.entries(&mut |_, entry| {
        if let Entry::Parameter(parameter) = entry {
            count += parameter.numel();
        }
    });
    count
}

fn has_children(module: &dyn Module) -> bool {
    let mut children = false;
    module.entries(&mut |_, entry| children |= matches!(entry, Entry::Module(_)));
    children
}

/// A weight of rank 2 or more meets every output position once: products per output element are the
/// weight's values per output feature.
fn multiply_adds(module: &dyn Module, output: &[usize]) -> u64 {
    let mut total = 0;
    module.entries(&mut |name, entry| {
        if let Entry::Parameter(weight) = entry
            && name == "weight"
            && weight.rank() >= 2
            && module.kind() != "Embedding"
        {
            let per_output = weight.shape()[1..].iter().product::<usize>() as u64;
            total += output.iter().product::<usize>() as u64 * per_output;
        }
    });
    total
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} (input {:?})", self.kind, self.input)?;
        let name = |row: &SummaryRow| format!("{} ({})", row.path, row.kind);
        let first = self
            .rows
            .iter()
            .map(|row| name(row).len())
            .max()
            .unwrap_or(0)
            .max(5);
        let shape = self
            .rows
            .iter()
            .map(|row| format!("{:?}", row.output).len())
            .max()
            .unwrap_or(0)
            .max(12);
        writeln!(
            f,
            "{:first$}  {:shape$}  {:>12}  {:>14}",
            "layer", "output shape", "parameters", "multiply-adds"
        )?;
        for row in &self.rows {
            let output = format!("{:?}", row.output);
            writeln!(
                f,
                "{:first$}  {output:shape$}  {:>12}  {:>14}",
                name(row),
                grouped(row.parameters as u64),
                grouped(row.multiply_adds)
            )?;
        }
        let (parameters, multiply_adds) =
            (grouped(self.parameters as u64), grouped(self.multiply_adds));
        write!(
            f,
            "{:first$}  {:shape$}  {parameters:>12}  {multiply_adds:>14}",
            "total", ""
        )
    }
}

/// Digits in groups of three.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|group| std::str::from_utf8(group).unwrap_or(""))
        .collect();
    groups.join(",")
}
