//! The walk back through the graph: from the deepest node up, each visited once, when all of its
//! gradient has arrived.

use std::cell::Cell;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use hammerhead_tensor::prim::Prim;
use hammerhead_tensor::{Error, ErrorKind, Result, Tensor, with_autocast, with_grad};
use smallvec::{SmallVec, smallvec};

use crate::hooks;
use crate::instructions::{add, contiguous};
use crate::node::{Edge, Node, Operation};
use crate::rules::{self, Call, Grads};
use crate::saved::Operands;
use crate::variable::spec;

/// What becomes of the gradients.
pub(crate) enum Goal<'a> {
    /// They are added to the leaves' `grad`.
    Leaves,
    /// Those of just these tensors are given back.
    Of(&'a [Edge]),
}

/// How a walk treats the graph.
#[derive(Clone, Copy)]
pub(crate) struct Mode {
    /// Leave what the nodes saved for another walk.
    pub retain: bool,
    /// Record the gradients' own history.
    pub create: bool,
}

/// Sends `seed` back from `root`; the gradients asked for by the goal, in its order.
pub(crate) fn walk(
    root: &Edge,
    seed: Tensor,
    goal: Goal<'_>,
    mode: Mode,
) -> Result<Vec<Option<Tensor>>> {
    let (targets, on_path) = match goal {
        Goal::Leaves => (None, None),
        Goal::Of(targets) => (Some(targets), Some(nodes_towards(root, targets))),
    };
    let mut walk = Walk {
        mode,
        targets,
        on_path,
        queue: Queue::default(),
        found: vec![None; targets.map_or(0, <[Edge]>::len)],
    };
    with_gradients(mode.create, || {
        let walked = walk.run(root, seed);
        walk.queue.put_back();
        walked?;
        walk.found
            .into_iter()
            .map(|found| found.map(own).transpose())
            .collect()
    })
}

/// Where gradients are computed: in the dtypes of their values, also if backward is called in mixed precision.
fn with_gradients<T>(record: bool, f: impl FnOnce() -> T) -> T {
    with_autocast(None, || with_grad(record, f))
}

struct Walk<'a> {
    mode: Mode,
    targets: Option<&'a [Edge]>,
    /// The nodes from which a target can be reached; `None` if all are wanted.
    on_path: Option<HashSet<*const Node>>,
    queue: Queue,
    found: Vec<Option<Tensor>>,
}

impl Walk<'_> {
    fn wants(&self, edge: &Edge) -> bool {
        self.on_path
            .as_ref()
            .is_none_or(|nodes| nodes.contains(&Arc::as_ptr(&edge.node)))
    }

    fn run(&mut self, root: &Edge, seed: Tensor) -> Result<()> {
        self.send(root, seed)?;
        while let Some(arrived) = self.queue.pop() {
            self.visit(arrived)?;
        }
        Ok(())
    }

    fn send(&mut self, edge: &Edge, grad: Tensor) -> Result<()> {
        if self.wants(edge) {
            self.queue.push(edge, grad)
        } else {
            Ok(())
        }
    }

    fn visit(&mut self, Arrived { node, mut grads }: Arrived) -> Result<()> {
        for (output, grad) in grads.iter_mut().enumerate() {
            if self.targets.is_none() && !node.state().slots[output].is_watched() {
                continue;
            }
            if let Some(arrived) = grad.take() {
                let arrived = hooks::run(&node, output, arrived)?;
                self.deliver(&node, output, &arrived)?;
                *grad = Some(arrived);
            }
        }
        if node.is_leaf() {
            let grad = grads.pop().flatten();
            return match (grad, self.targets) {
                (Some(grad), None) => accumulate(&node, grad, self.mode),
                _ => Ok(()),
            };
        }
        let wanted = |edge: &Option<Edge>| edge.as_ref().is_some_and(|edge| self.wants(edge));
        let mut needs: SmallVec<[bool; 4]> = SmallVec::new();
        node.inputs
            .iter()
            .for_each(|input| needs.push(wanted(&input.edge)));
        if !needs.contains(&true) {
            return Ok(());
        }
        let gradients = differentiate(&node, &needs, grads, self.mode)?;
        for ((input, grad), needed) in node.inputs.iter().zip(gradients).zip(needs) {
            if let (Some(edge), Some(grad), true) = (&input.edge, grad, needed) {
                self.send(edge, grad)?;
            }
        }
        Ok(())
    }

    /// Hands a gradient to those who asked for it by its tensor.
    fn deliver(&mut self, node: &Arc<Node>, output: usize, grad: &Tensor) -> Result<()> {
        let Some(targets) = self.targets else {
            let retains = !node.is_leaf() && node.state().slots[output].retains_grad;
            return if retains {
                accumulate_at(node, output, grad.clone(), self.mode)
            } else {
                Ok(())
            };
        };
        let here = Edge {
            node: node.clone(),
            output,
        };
        for (target, found) in targets.iter().zip(&mut self.found) {
            if target.is(&here) {
                *found = Some(grad.clone());
            }
        }
        Ok(())
    }
}

/// The gradients of a node's inputs.
fn differentiate(
    node: &Arc<Node>,
    needs: &[bool],
    grads: SmallVec<[Option<Tensor>; 1]>,
    mode: Mode,
) -> Result<Grads> {
    let operands = Node::operands(node, mode.retain, mode.create)?;
    match &node.operation {
        Operation::Leaf => unreachable!("a leaf has no inputs"),
        Operation::Prim(Prim::Custom(custom)) => {
            let op = &custom.0;
            from_outside(node, operands, grads, |inputs, outputs, grads| {
                op.backward(inputs, outputs, grads)
            })
        }
        Operation::Function(function) => {
            from_outside(node, operands, grads, |inputs, outputs, grads| {
                function.backward(inputs, outputs, grads)
            })
        }
        Operation::Prim(prim) => {
            let call = Call {
                prim,
                inputs: &node.inputs,
                needs,
                saved: operands,
                differentiable: mode.create,
            };
            // Of instructions with several outputs that carry a gradient only those from outside have a rule.
            let grad = grads
                .into_iter()
                .flatten()
                .next()
                .expect("a visited node has a gradient");
            rules::gradients(call, grad)
        }
    }
}

/// Runs a gradient that its author wrote, and checks what it gives.
fn from_outside(
    node: &Node,
    operands: Operands,
    grads: SmallVec<[Option<Tensor>; 1]>,
    backward: impl FnOnce(&[Tensor], &[Tensor], &[Tensor]) -> Result<Vec<Option<Tensor>>>,
) -> Result<Grads> {
    let inputs: Vec<Tensor> = operands.inputs.into_iter().flatten().collect();
    let outputs: Vec<Tensor> = operands.outputs.into_iter().flatten().collect();
    let grads: Vec<Tensor> = grads
        .into_iter()
        .zip(&outputs)
        .map(|(grad, output)| grad.unwrap_or_else(|| output.zeros_like()))
        .collect();
    let gradients = backward(&inputs, &outputs, &grads)?;
    let name = node.operation_name();
    if gradients.len() != inputs.len() {
        let message = format!(
            "{name} backward: gave {} gradients for {} inputs",
            gradients.len(),
            inputs.len()
        );
        return Err(Error::new(ErrorKind::Gradient, message));
    }
    for (index, (gradient, input)) in gradients.iter().zip(&node.inputs).enumerate() {
        if let Some(gradient) = gradient
            && spec(gradient) != input.spec
        {
            let message = format!(
                "{name} backward: the gradient of input {index} is {:?} {}, the input {:?} {}; they must be equal",
                gradient.shape(),
                gradient.dtype(),
                input.spec.shape,
                input.spec.dtype
            );
            return Err(Error::new(ErrorKind::Gradient, message));
        }
    }
    Ok(gradients.into())
}

fn accumulate(leaf: &Node, grad: Tensor, mode: Mode) -> Result<()> {
    accumulate_at(leaf, 0, grad, mode)
}

/// Adds to the `grad` of an output: in place, so that who holds it sees the sum, unless its history
/// is recorded.
fn accumulate_at(node: &Node, output: usize, grad: Tensor, mode: Mode) -> Result<()> {
    let held = node.state().slots[output].grad.clone();
    let sum = match held {
        None => own(grad)?,
        Some(held) if mode.create => add(held, grad)?,
        Some(held) => {
            held.add_(&grad);
            return Ok(());
        }
    };
    node.state().slots[output].grad = Some(sum);
    Ok(())
}

/// The gradient as a tensor of its own: contiguous, and sharing memory with nothing that anyone
/// can see.
fn own(grad: Tensor) -> Result<Tensor> {
    grad.into_whole().or_else(|shared| contiguous(&shared))
}

/// The nodes on the way from `root` to a target.
fn nodes_towards(root: &Edge, targets: &[Edge]) -> HashSet<*const Node> {
    let mut nodes: Vec<&Arc<Node>> = vec![&root.node];
    let mut seen = HashSet::from([Arc::as_ptr(&root.node)]);
    let mut next = 0;
    while next < nodes.len() {
        for edge in nodes[next].inputs.iter().flat_map(|input| &input.edge) {
            if seen.insert(Arc::as_ptr(&edge.node)) {
                nodes.push(&edge.node);
            }
        }
        next += 1;
    }
    nodes.sort_by_key(|node| node.depth);
    let mut on_path: HashSet<*const Node> = targets
        .iter()
        .map(|target| Arc::as_ptr(&target.node))
        .collect();
    for node in nodes {
        let leads = |edge: &Edge| on_path.contains(&Arc::as_ptr(&edge.node));
        if node.inputs.iter().flat_map(|input| &input.edge).any(leads) {
            on_path.insert(Arc::as_ptr(node));
        }
    }
    on_path
}

/// A node whose turn has come, and the gradients of its outputs.
struct Arrived {
    node: Arc<Node>,
    grads: SmallVec<[Option<Tensor>; 1]>,
}

/// The nodes that wait for their turn. Among nodes of equal depth the one met first goes first, so
/// that the order of additions depends on nothing but the graph.
struct Queue {
    order: BinaryHeap<(u64, Reverse<u64>, *const Node)>,
    waiting: HashMap<*const Node, Arrived, BuildHasherDefault<AddressHasher>>,
    met: u64,
}

/// Of addresses, which nobody chooses to collide: a step of a small network looks up a hundred of them.
#[derive(Default)]
struct AddressHasher(u64);

impl Hasher for AddressHasher {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.write_usize(byte.into()));
    }

    fn write_usize(&mut self, part: usize) {
        // The golden ratio's digits carry every bit upwards; the lowest, which are poor, go to the middle.
        self.0 = (self.0 ^ part as u64)
            .wrapping_mul(0x9E37_79B9_7F4A_7C15)
            .rotate_left(32);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

thread_local! {
    /// The room of the last walk: the leaves of a deep network all wait to the end, and every step
    /// would ask the system for as much again.
    static ROOM: Cell<Option<Queue>> = const { Cell::new(None) };
}

impl Default for Queue {
    fn default() -> Self {
        let fresh = || Queue {
            order: BinaryHeap::new(),
            waiting: HashMap::default(),
            met: 0,
        };
        ROOM.take().unwrap_or_else(fresh)
    }
}

impl Queue {
    /// Leaves the room for the next walk, emptied of what an error left behind.
    fn put_back(mut self) {
        self.order.clear();
        self.waiting.clear();
        self.met = 0;
        ROOM.set(Some(self));
    }

    /// Moves the first gradient of an output in, and adds later ones.
    fn push(&mut self, edge: &Edge, grad: Tensor) -> Result<()> {
        let key = Arc::as_ptr(&edge.node);
        let arrived = self.waiting.entry(key).or_insert_with(|| {
            self.met += 1;
            self.order.push((edge.node.depth, Reverse(self.met), key));
            Arrived {
                node: edge.node.clone(),
                grads: smallvec![None; edge.node.outputs.len()],
            }
        });
        let slot = &mut arrived.grads[edge.output];
        *slot = Some(match slot.take() {
            None => grad,
            Some(sum) => add(sum, grad)?,
        });
        Ok(())
    }

    fn pop(&mut self) -> Option<Arrived> {
        let (_, _, key) = self.order.pop()?;
        self.waiting.remove(&key)
    }
}
