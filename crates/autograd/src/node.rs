//! The nodes of the graph: one per recorded operation, one per leaf.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

use hammerhead_tensor::infer::Spec;
use hammerhead_tensor::prim::Prim;
use hammerhead_tensor::{Result, Tensor};
use smallvec::SmallVec;

use crate::hooks::Hook;
use crate::names::grad_fn_name;
use crate::saved::Saved;

/// What a node's gradient is computed by.
pub(crate) enum Operation {
    /// A tensor whose `requires_grad` the user set: gradients end here.
    Leaf,
    /// An instruction; its rule is in [`rules`](crate::rules).
    Prim(Prim),
    /// A function whose gradient its author wrote.
    Function(Box<dyn Function>),
}

/// The gradient of a function from outside.
pub(crate) trait Function: Send + Sync {
    fn name(&self) -> &str;

    fn backward(
        &self,
        inputs: &[Tensor],
        outputs: &[Tensor],
        grads: &[Tensor],
    ) -> Result<Vec<Option<Tensor>>>;
}

/// One output of a node: where the gradient of a tensor goes.
#[derive(Clone)]
pub(crate) struct Edge {
    pub node: Arc<Node>,
    pub output: usize,
}

impl Edge {
    pub fn is(&self, other: &Edge) -> bool {
        Arc::ptr_eq(&self.node, &other.node) && self.output == other.output
    }
}

/// An operand as the rules need to know it.
pub(crate) struct Input {
    /// Where its gradient goes; `None` if it needs none.
    pub edge: Option<Edge>,
    pub spec: Spec,
    /// The last two dims lie in memory in the other order, as those of `weight.t()`.
    pub transposed: bool,
}

pub(crate) struct Node {
    /// 0 for a leaf, else one more than the greatest of the inputs: decreasing depth is an order in
    /// which every node comes after all that use it, and needs no counter shared by threads.
    pub depth: u64,
    pub operation: Operation,
    pub inputs: SmallVec<[Input; 3]>,
    pub outputs: SmallVec<[Spec; 1]>,
    state: Mutex<State>,
}

/// What changes after a node is made.
#[derive(Default)]
pub(crate) struct State {
    /// The public method that made it, if it is the last step of a composition.
    pub name: Option<&'static str>,
    pub saved: Saved,
    pub slots: SmallVec<[Slot; 1]>,
}

/// What belongs to one output.
#[derive(Default)]
pub(crate) struct Slot {
    pub grad: Option<Tensor>,
    /// Whether `grad` is wanted for an output that is no leaf.
    pub retains_grad: bool,
    /// The value was changed in place, so views taken before show what no node describes.
    pub overwritten: bool,
    pub hooks: Vec<Hook>,
}

impl Slot {
    /// Whether a backward that passes here has more to do than to pass.
    pub fn is_watched(&self) -> bool {
        self.retains_grad || !self.hooks.is_empty()
    }
}

impl Node {
    pub fn new(
        operation: Operation,
        inputs: SmallVec<[Input; 3]>,
        outputs: SmallVec<[Spec; 1]>,
        saved: Saved,
    ) -> Arc<Self> {
        let depth = match operation {
            Operation::Leaf => 0,
            _ => {
                1 + inputs
                    .iter()
                    .flat_map(|input| &input.edge)
                    .map(|edge| edge.node.depth)
                    .max()
                    .unwrap_or(0)
            }
        };
        let mut slots = SmallVec::new();
        slots.resize_with(outputs.len(), Slot::default);
        let state = Mutex::new(State {
            name: None,
            saved,
            slots,
        });
        Arc::new(Node {
            depth,
            operation,
            inputs,
            outputs,
            state,
        })
    }

    /// The changing part; a panic while it was held (in a hook, say) leaves nothing half done.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn take_edges(&mut self) -> impl Iterator<Item = Edge> {
        self.inputs.iter_mut().filter_map(|input| input.edge.take())
    }

    pub fn is_leaf(&self) -> bool {
        matches!(self.operation, Operation::Leaf)
    }

    /// What messages call the operation.
    pub fn operation_name(&self) -> String {
        match &self.operation {
            Operation::Leaf => "leaf".to_owned(),
            Operation::Prim(prim) => prim.name().to_owned(),
            Operation::Function(function) => function.name().to_owned(),
        }
    }

    /// What `grad_fn` shows; empty for a leaf.
    pub fn grad_fn_name(&self) -> String {
        if let Some(name) = self.state().name {
            return name.to_owned();
        }
        match &self.operation {
            Operation::Leaf => String::new(),
            Operation::Prim(prim) => grad_fn_name(prim, &self.inputs),
            Operation::Function(function) => format!("{}Backward", function.name()),
        }
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at depth {}", self.operation_name(), self.depth)
    }
}

impl Drop for Node {
    /// Takes a chain of nodes apart in a loop: as nested drops, a long one would overflow the stack.
    fn drop(&mut self) {
        let mut edges: SmallVec<[Edge; 4]> = SmallVec::new();
        edges.extend(self.take_edges());
        while let Some(mut edge) = edges.pop() {
            if let Some(node) = Arc::get_mut(&mut edge.node) {
                edges.extend(node.take_edges());
            } else if let Some(mut node) = Arc::into_inner(edge.node) {
                // The last one all the same: a hook's handle knows of it, or another thread let go just now.
                edges.extend(node.take_edges());
            }
        }
    }
}
