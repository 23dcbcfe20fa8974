//! The history of a tensor: which output of which node it is.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use hammerhead_tensor::history::{Histories, History};
use hammerhead_tensor::infer::Spec;
use hammerhead_tensor::prim::Prim;
use hammerhead_tensor::{Error, ErrorKind, Result, Tensor};
use smallvec::{SmallVec, smallvec};

use crate::node::{Edge, Input, Node, Operation};
use crate::saved::{Saved, Wanted};

/// The history of a tensor.
pub(crate) struct Variable {
    pub edge: Edge,
    /// For a view: the tensor it was taken of.
    base: Option<Edge>,
}

impl Variable {
    /// A leaf of this shape and dtype.
    pub fn leaf(tensor: &Tensor) -> Arc<dyn History> {
        let node = Node::new(
            Operation::Leaf,
            SmallVec::new(),
            smallvec![spec(tensor)],
            Saved::Nothing,
        );
        Variable::shared(Edge { node, output: 0 })
    }

    pub fn shared(edge: Edge) -> Arc<dyn History> {
        Arc::new(Variable { edge, base: None })
    }

    /// Calls `f` with the tensor's history, if it has one.
    pub fn of<T>(tensor: &Tensor, f: impl FnOnce(&Variable) -> T) -> Option<T> {
        let known = |history: &dyn History| history.as_any().downcast_ref().map(f);
        tensor.with_history(known).flatten()
    }

    /// A view shows what was written to its base, but its history does not know of it.
    fn refuse_if_stale(&self, operation: &str, shape: &[usize]) {
        if let Some(base) = &self.base {
            assert!(
                !base.node.state().slots[base.output].overwritten,
                "{operation}: an input is a view ({shape:?}) of a tensor that was changed in place after the view was \
                 taken, so the view's gradient would be that of the value before; take the view again after the change"
            );
        }
    }

    /// Where the gradient of a tensor goes.
    pub fn edge(tensor: &Tensor) -> Option<Edge> {
        Variable::of(tensor, |variable| variable.edge.clone())
    }
}

pub(crate) fn spec(tensor: &Tensor) -> Spec {
    Spec::new(tensor.shape(), tensor.dtype())
}

/// Operands as a node remembers them.
///
/// # Panics
/// If one is a view that does not show what its history says.
pub(crate) fn inputs_of(operation: &str, inputs: &[&Tensor]) -> SmallVec<[Input; 3]> {
    let mut operands = SmallVec::new();
    for &tensor in inputs {
        let current = |variable: &Variable| {
            variable.refuse_if_stale(operation, tensor.shape());
            variable.edge.clone()
        };
        operands.push(Input {
            edge: Variable::of(tensor, current),
            spec: spec(tensor),
            transposed: transposed(tensor),
        });
    }
    operands
}

fn transposed(tensor: &Tensor) -> bool {
    let (shape, strides) = (tensor.shape(), tensor.strides());
    match tensor.rank().checked_sub(2) {
        Some(row) => strides[row] == 1 && strides[row + 1] >= shape[row] as isize && shape[row] > 1,
        None => false,
    }
}

/// The histories of a new node's outputs.
pub(crate) fn histories(node: &Arc<Node>, carries: impl Fn(usize) -> bool) -> Histories {
    let mut histories = Histories::new();
    for output in 0..node.outputs.len() {
        histories.push(carries(output).then(|| {
            Variable::shared(Edge {
                node: node.clone(),
                output,
            })
        }));
    }
    histories
}

/// Whether gradients flow back from an output of an instruction.
fn carries_gradient(prim: &Prim, output: usize, spec: &Spec) -> bool {
    match prim {
        Prim::Compare(_)
        | Prim::Logical(_)
        | Prim::Not
        | Prim::ArgReduce { .. }
        | Prim::Fill(..)
        | Prim::Random(..)
        | Prim::Update(_) => false,
        // The statistics are for the running averages, the rows that count for the mean.
        Prim::BatchNorm(_) | Prim::CrossEntropy(_) => output == 0,
        Prim::Unary(_)
        | Prim::UnaryGrad(_)
        | Prim::Binary(_)
        | Prim::BinaryGrad(..)
        | Prim::Select
        | Prim::SelectGrad
        | Prim::Cast(_)
        | Prim::Reduce(..)
        | Prim::CumSum { .. }
        | Prim::Softmax
        | Prim::Sort { .. }
        | Prim::View(_)
        | Prim::Cat { .. }
        | Prim::Pad { .. }
        | Prim::Matmul(..)
        | Prim::Conv2d(..)
        | Prim::Conv2dNorm(..)
        | Prim::Conv2dInputGrad(..)
        | Prim::Conv2dWeightGrad(..)
        | Prim::Pool { .. }
        | Prim::PoolGrad { .. }
        | Prim::BatchNormGrad(_)
        | Prim::CrossEntropyGrad(_)
        | Prim::Gather { .. }
        | Prim::ScatterAdd { .. }
        | Prim::Custom(_) => spec.dtype.is_float(),
    }
}

impl History for Variable {
    fn record(&self, prim: &Prim, inputs: &[&Tensor], outputs: &[Tensor]) -> Histories {
        // An output that has a history already is one that was changed in place.
        for edge in outputs.iter().filter_map(Variable::edge) {
            edge.node.state().slots[edge.output].overwritten = true;
        }

        let mut specs: SmallVec<[Spec; 1]> = SmallVec::new();
        outputs.iter().for_each(|output| specs.push(spec(output)));
        let mut carries: SmallVec<[bool; 4]> = SmallVec::new();
        for (output, spec) in specs.iter().enumerate() {
            carries.push(carries_gradient(prim, output, spec));
        }
        let operands = inputs_of(prim.name(), inputs);
        let mut needs: SmallVec<[bool; 4]> = SmallVec::new();
        operands
            .iter()
            .for_each(|input| needs.push(input.edge.is_some()));
        if !carries.contains(&true) || !needs.contains(&true) {
            return outputs.iter().map(|_| None).collect();
        }
        let overwrites = !matches!(prim, Prim::View(_));
        let saved = Saved::keep(&Wanted::by(prim, &needs), inputs, outputs, overwrites);
        let node = Node::new(Operation::Prim(prim.clone()), operands, specs, saved);
        if !matches!(prim, Prim::View(_)) {
            return histories(&node, |output| carries[output]);
        }
        let base = Variable::of(inputs[0], |variable| {
            variable
                .base
                .clone()
                .unwrap_or_else(|| variable.edge.clone())
        });
        let edge = Edge { node, output: 0 };
        let view: Arc<dyn History> = Arc::new(Variable { edge, base });
        smallvec![Some(view)]
    }

    fn check_in_place(&self, operation: &str, is_view: bool) -> Result<()> {
        let whole = if is_view { self.base.as_ref() } else { None };
        let leaf = whole.unwrap_or(&self.edge).node.is_leaf();
        let message = match (whole.is_some(), leaf) {
            (false, true) => format!(
                "{operation}: this is a leaf that requires grad, and changing it in place would leave its gradient to a \
                 value that is gone; wrap the change in no_grad(|| ..), or change a copy()"
            ),
            (true, true) => format!(
                "{operation}: this is a view of a leaf that requires grad, and changing it in place would change the \
                 leaf; wrap the change in no_grad(|| ..), or change a copy()"
            ),
            (true, false) => format!(
                "{operation}: this is a view of a result that gradients flow through, and the change would have to be \
                 known to all of its views; build the value with cat, select_from or scatter_add instead, or change a \
                 copy()"
            ),
            (false, false) => return Ok(()),
        };
        Err(Error::new(ErrorKind::Gradient, message))
    }

    fn is_leaf(&self) -> bool {
        self.edge.node.is_leaf()
    }

    fn name(&self) -> String {
        self.edge.node.grad_fn_name()
    }

    fn rename(&self, name: &'static str) {
        self.edge.node.state().name = Some(name);
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl fmt::Debug for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "output {} of {:?}", self.edge.output, self.edge.node)
    }
}
