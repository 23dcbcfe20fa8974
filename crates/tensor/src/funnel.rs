//! The one way through which every operation goes: infer shapes, place the outputs, run on the
//! device, link history.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{Ordering, fence};

use smallvec::SmallVec;

use crate::autocast;
use crate::buffer::{Buffer, Guards};
use crate::context;
use crate::device::{DeviceRef, Operand};
use crate::infer::{Spec, Specs, checked_view_shape, infer, view_layout};
use crate::layout::Layout;
use crate::prim::{Prim, View};
use crate::{DType, Error, ErrorKind, Result, Tensor};

/// The outputs of an operation.
pub type Tensors = SmallVec<[Tensor; 2]>;

/// An operand: borrowed, or owned and perhaps dying, so that its buffer may become the output's.
pub(crate) type Input<'a> = Cow<'a, Tensor>;

impl Tensor {
    /// Runs one instruction: the fallible door to everything that the methods do.
    ///
    /// ```
    /// use hammerhead_tensor::{Tensor, prim::{Epilogue, Prim, Transposed}};
    /// let (a, b) = (Tensor::ones([2, 3]), Tensor::ones([4, 5]));
    /// let product = Prim::Matmul(Transposed::default(), Epilogue::default());
    /// let error = Tensor::try_apply(product, &[&a, &b]).unwrap_err();
    /// assert!(error.to_string().contains("[2, 3] and [4, 5]"));
    /// ```
    ///
    /// # Errors
    /// When the inputs don't fit, live on different devices, or the device refuses; also for an
    /// `Update`, which has no outputs of its own to give.
    pub fn try_apply(prim: Prim, inputs: &[&Tensor]) -> Result<Tensors> {
        Tensor::try_apply_owned(prim, inputs.iter().map(|&input| Cow::Borrowed(input)))
    }

    /// As [`Tensor::try_apply`], on operands of which some may be owned: the output can take the
    /// buffer of one that nobody else holds.
    ///
    /// # Errors
    /// As [`Tensor::try_apply`].
    pub fn try_apply_owned<'a>(
        prim: Prim,
        inputs: impl IntoIterator<Item = Cow<'a, Tensor>>,
    ) -> Result<Tensors> {
        if let Prim::Update(_) = &prim {
            return Err(Error::new(
                ErrorKind::Shape,
                format!(
                    "{}: changes a parameter and its state in place, which this call does not have; use update_",
                    prim.name()
                ),
            ));
        }
        run(prim, list(inputs))
    }
}

/// As [`Tensor::try_apply`], panicking with its text.
#[track_caller]
pub(crate) fn apply<const N: usize>(prim: Prim, inputs: [Input<'_>; N]) -> Tensors {
    match run(prim, list(inputs)) {
        Ok(outputs) => outputs,
        Err(error) => refuse(&error),
    }
}

/// [`apply`] for the many instructions with one output.
#[track_caller]
pub(crate) fn apply_one<const N: usize>(prim: Prim, inputs: [Input<'_>; N]) -> Tensor {
    apply(prim, inputs)
        .pop()
        .expect("the instruction has an output")
}

/// [`apply_one`] on borrowed operands.
#[track_caller]
pub(crate) fn apply_ref<const N: usize>(prim: Prim, inputs: [&Tensor; N]) -> Tensor {
    apply_one(prim, inputs.map(Cow::Borrowed))
}

/// Runs on a given number of inputs known only at run time.
#[track_caller]
pub(crate) fn apply_many(prim: Prim, inputs: &[&Tensor]) -> Tensors {
    match Tensor::try_apply(prim, inputs) {
        Ok(outputs) => outputs,
        Err(error) => refuse(&error),
    }
}

/// Panics with an error's text, and the module in which it happened.
#[track_caller]
fn refuse(error: &Error) -> ! {
    match context::scope().as_str() {
        "" => panic!("{error}"),
        module => panic!("{error}\n  in module {module}"),
    }
}

fn run(prim: Prim, mut inputs: SmallVec<[Input<'_>; 4]>) -> Result<Tensors> {
    autocast::convert(&prim, &mut inputs)?;
    if let (Prim::View(view), [input]) = (&prim, inputs.as_slice()) {
        return run_view(&prim, view, input);
    }
    let output_specs = outputs_of(&prim, &inputs)?;
    let device = common_device(&prim, &inputs)?;
    let recorded = is_recorded(inputs.iter().map(|input| &**input));
    let donor = donor(&prim, &inputs, &output_specs, recorded);
    let outputs = place(
        &device,
        &output_specs,
        donor.map(|index| inputs[index].0.buffer.clone()),
    )?;
    if donor.is_some() {
        // Whoever shared the donated buffer until just now is done with it.
        fence(Ordering::Acquire);
    }
    // Nobody else can see the outputs.
    let guards = Guards::lock(buffers(&inputs), std::iter::empty());
    execute(&device, &prim, &inputs, &outputs, guards)?;
    if recorded {
        link(&prim, &inputs, &outputs);
    }
    Ok(outputs)
}

fn run_view(prim: &Prim, view: &View, input: &Input<'_>) -> Result<Tensors> {
    let shape = checked_view_shape(prim, view, input.shape())?;
    let Some(layout) = view_layout(view, input.layout(), &shape) else {
        return Err(Error::new(
            ErrorKind::Shape,
            format!(
                "view: strides {:?} of shape {:?} can't be seen as {:?} without a copy; use reshape(..) or contiguous()",
                input.strides(),
                input.shape(),
                shape
            ),
        ));
    };
    let output = Tensor::from_parts(layout, input.dtype(), input.0.buffer.clone(), true);
    let outputs: Tensors = list([output]);
    if is_recorded([&**input]) {
        link(prim, std::slice::from_ref(input), &outputs);
    }
    Ok(outputs)
}

/// Changes `target` in place: the instruction's first input is the target itself.
#[track_caller]
pub(crate) fn apply_in_place(prim: Prim, target: &Tensor, others: &[&Tensor]) {
    if let Err(error) = run_in_place(prim, target, others) {
        refuse(&error);
    }
}

fn run_in_place(prim: Prim, target: &Tensor, others: &[&Tensor]) -> Result<()> {
    let name = format!("{}_", prim.name());
    // The value before the change keeps the history before the change.
    let before = target.detach();
    before.set_history(target.history());
    let mut inputs: SmallVec<[Input<'_>; 4]> = SmallVec::from_iter([Cow::Owned(before)]);
    inputs.extend(others.iter().map(|&other| Cow::Borrowed(other)));
    write(&name, prim, inputs, target)
}

/// Writes an instruction's output into `target`'s elements, whatever they were.
#[track_caller]
pub(crate) fn apply_into(name: &str, prim: Prim, target: &Tensor, inputs: &[&Tensor]) {
    let inputs = inputs.iter().map(|&input| Cow::Borrowed(input)).collect();
    if let Err(error) = write(name, prim, inputs, target) {
        refuse(&error);
    }
}

fn write(name: &str, prim: Prim, inputs: SmallVec<[Input<'_>; 4]>, target: &Tensor) -> Result<()> {
    let output = outputs_of(&prim, &inputs)?.swap_remove(0);
    if output != target.spec() {
        return Err(Error::new(
            ErrorKind::Shape,
            format!(
                "{name}: the result is {:?} {}, the tensor changed in place is {:?} {}; an in-place change can't \
                 change shape or dtype",
                output.shape,
                output.dtype,
                target.shape(),
                target.dtype()
            ),
        ));
    }
    check_writable(name, target)?;
    // Without inputs, as in fill_, the target alone says where.
    let device = target.device();
    if !inputs.is_empty() {
        same_device(name, &*common_device(&prim, &inputs)?, target)?;
    }
    let recorded = is_recorded(inputs.iter().map(|input| &**input).chain([target]));
    if recorded {
        check_in_place(name, target)?;
    }
    let inputs = separate(inputs, target)?;
    let outputs = std::slice::from_ref(target);
    let guards = Guards::lock(buffers(&inputs), std::iter::once(&*target.0.buffer));
    execute(device, &prim, &inputs, outputs, guards)?;
    target.0.buffer.bump_version();
    if recorded {
        link(&prim, &inputs, outputs);
    }
    Ok(())
}

/// Runs an optimiser's update, which changes all its outputs; the first input is the gradient.
///
/// # Errors
/// When the operands don't fit or the device refuses.
pub(crate) fn run_update(prim: Prim, inputs: &[&Tensor], outputs: &[&Tensor]) -> Result<()> {
    let name = prim.name();
    let inputs: SmallVec<[Input<'_>; 4]> = list(inputs.iter().map(|&input| Cow::Borrowed(input)));
    let specs = outputs_of(&prim, &inputs)?;
    let device = common_device(&prim, &inputs)?;
    if specs.len() != outputs.len() {
        let message = format!(
            "{name}: changes {} tensors, got {}",
            specs.len(),
            outputs.len()
        );
        return Err(Error::new(ErrorKind::Shape, message));
    }
    for (spec, output) in specs.iter().zip(outputs) {
        if *spec != output.spec() {
            let message = format!(
                "{name}: the gradient is {:?} {}, the parameter or its state {:?} {}; they must be equal",
                spec.shape,
                spec.dtype,
                output.shape(),
                output.dtype()
            );
            return Err(Error::new(ErrorKind::Shape, message));
        }
        same_device(name, &device, output)?;
        check_writable(name, output)?;
    }
    let outputs: Tensors = list(outputs.iter().map(|&output| output.clone()));
    let changed = outputs.iter().map(|output| &*output.0.buffer);
    let guards = Guards::lock(buffers(&inputs), changed);
    execute(&device, &prim, &inputs, &outputs, guards)?;
    outputs
        .iter()
        .for_each(|output| output.0.buffer.bump_version());
    Ok(())
}

fn check_writable(name: &str, target: &Tensor) -> Result<()> {
    if target.layout().overlaps() {
        let message = format!(
            "{name}: several elements of this expanded {:?} view are one in memory; write to a copy() instead",
            target.shape()
        );
        return Err(Error::new(ErrorKind::Shape, message));
    }
    Ok(())
}

fn check_in_place(name: &str, target: &Tensor) -> Result<()> {
    match target.history() {
        Some(history) => history.check_in_place(name, target.0.is_view),
        None if target.0.is_view => Err(Error::new(
            ErrorKind::Gradient,
            format!(
                "{name}: this view of a tensor without gradients can't take on a history; build the value with cat, \
                 where or scatter_add instead, or wrap the change in no_grad(..)"
            ),
        )),
        None => Ok(()),
    }
}

/// Copies an input that overlaps the target without lying exactly on it, which no kernel could read
/// while writing.
fn separate<'a>(
    inputs: SmallVec<[Input<'a>; 4]>,
    target: &Tensor,
) -> Result<SmallVec<[Input<'a>; 4]>> {
    let clash = |input: &Tensor| input.shares_memory(target) && input.layout() != target.layout();
    inputs
        .into_iter()
        .map(|input| {
            if !clash(&input) {
                return Ok(input);
            }
            let copy = run(
                Prim::Cast(input.dtype()),
                SmallVec::from_iter([Cow::Owned(input.detach())]),
            )?
            .swap_remove(0);
            copy.set_history(input.history());
            Ok(Cow::Owned(copy))
        })
        .collect()
}

/// Where the inputs are; if there are none, where new tensors are made.
fn common_device<'a>(prim: &Prim, inputs: &'a [Input<'_>]) -> Result<Cow<'a, DeviceRef>> {
    let Some((first, rest)) = inputs.split_first() else {
        return Ok(Cow::Owned(context::device()));
    };
    for input in rest {
        same_device(prim.name(), first.device(), input)?;
    }
    Ok(Cow::Borrowed(first.device()))
}

fn same_device(name: &str, device: &DeviceRef, tensor: &Tensor) -> Result<()> {
    if device.is_same(&**tensor.device()) {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Device,
        format!(
            "{name}: tensors on {} and on {}; move one with to(&device)",
            device.name(),
            tensor.device().name()
        ),
    ))
}

/// Whether an operation on these will have a history: gradients are on, and one of them has one.
pub(crate) fn is_recorded<'a>(operands: impl IntoIterator<Item = &'a Tensor>) -> bool {
    context::grad_enabled() && operands.into_iter().any(Tensor::requires_grad)
}

/// Gives the outputs of a recorded operation their histories, which that of any operand can make.
fn link(prim: &Prim, inputs: &[Input<'_>], outputs: &[Tensor]) {
    let operands: SmallVec<[&Tensor; 4]> = list(inputs.iter().map(|input| &**input));
    let mut known = operands.iter().copied().chain(outputs);
    if let Some(recorder) = known.find_map(Tensor::history) {
        let histories = recorder.record(prim, &operands, outputs);
        for (output, history) in outputs.iter().zip(histories) {
            output.set_history(history);
        }
    }
}

/// The input whose buffer the first output may take: an owned tensor that nobody else can see, of the
/// output's size, and that the gradient will not ask for.
fn donor(prim: &Prim, inputs: &[Input<'_>], outputs: &Specs, recorded: bool) -> Option<usize> {
    if !prim.is_pointwise() {
        return None;
    }
    let saved = if recorded { prim.saved().inputs } else { 0 };
    inputs.iter().enumerate().position(|(index, input)| {
        let Cow::Owned(tensor) = input else {
            return false;
        };
        tensor.dtype().size() == outputs[0].dtype.size()
            && tensor.dtype() == outputs[0].dtype
            && tensor.shape() == outputs[0].shape.as_slice()
            && tensor.is_contiguous()
            && !tensor.0.is_view
            && saved & (1 << index) == 0
            && Arc::strong_count(&tensor.0) == 1
            && Arc::strong_count(&tensor.0.buffer) == 1
    })
}

/// Only here is decided where an output lives.
fn place(device: &DeviceRef, specs: &Specs, donated: Option<Arc<Buffer>>) -> Result<Tensors> {
    let mut donated = donated;
    let mut outputs = Tensors::new();
    for spec in specs {
        let layout = Layout::contiguous(&spec.shape);
        let buffer = match donated.take() {
            Some(buffer) => buffer,
            None => Buffer::alloc(device, spec.dtype, layout.numel())?,
        };
        outputs.push(Tensor::from_parts(layout, spec.dtype, buffer, false));
    }
    Ok(outputs)
}

/// What the outputs will be.
fn outputs_of(prim: &Prim, inputs: &[Input<'_>]) -> Result<Specs> {
    // In place: a list of so many bytes that a function returns is copied.
    let mut specs: SmallVec<[Spec; 4]> = SmallVec::new();
    for input in inputs {
        specs.push(input.spec());
    }
    infer(prim, &specs)
}

/// Collects a few items, one by one: `collect` prepares for many, in a call of its own.
#[inline(always)]
fn list<A: smallvec::Array>(items: impl IntoIterator<Item = A::Item>) -> SmallVec<A> {
    let mut list = SmallVec::new();
    for item in items {
        list.push(item);
    }
    list
}

fn buffers<'a>(inputs: &'a [Input<'_>]) -> impl Iterator<Item = &'a Buffer> {
    inputs.iter().map(|input| &*input.0.buffer)
}

/// The only caller of [`Device::run`](crate::device::Device::run), while the operands are guarded.
fn execute(
    device: &DeviceRef,
    prim: &Prim,
    inputs: &[Input<'_>],
    outputs: &[Tensor],
    _guards: Guards<'_>,
) -> Result<()> {
    let (left, right);
    // Filled in place, as in `outputs_of`.
    let mut read: SmallVec<[Operand<'_>; 4]> = SmallVec::new();
    for input in inputs {
        read.push(input.operand());
    }
    if let Prim::Matmul(transposed, _) = prim {
        if transposed.left {
            left = inputs[0].layout().transposed();
            read[0].layout = &left;
        }
        if transposed.right {
            right = inputs[1].layout().transposed();
            read[1].layout = &right;
        }
    }
    let mut written: SmallVec<[Operand<'_>; 2]> = SmallVec::new();
    for output in outputs {
        written.push(output.operand());
    }
    device.run(prim, &read, &written)
}

/// Reads a tensor's elements, in row-major order, as `dtype`.
pub(crate) fn download(tensor: &Tensor, dtype: DType, bytes: &mut [u8]) -> Result<()> {
    let _guards = Guards::lock(std::iter::once(&*tensor.0.buffer), std::iter::empty());
    tensor.device().download(tensor.operand(), dtype, bytes)
}
