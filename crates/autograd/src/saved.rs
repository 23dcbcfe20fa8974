//! What a node keeps of its operands for its gradient, and the check that nobody changed it since.

use hammerhead_tensor::prim::{Prim, Side};
use hammerhead_tensor::{Error, ErrorKind, Result, Tensor};
use smallvec::SmallVec;

use crate::node::{Edge, Node};
use crate::variable::Variable;

/// The saved operands of a node.
#[derive(Default)]
pub(crate) enum Saved {
    /// The gradient reads none.
    #[default]
    Nothing,
    /// These.
    Kept(Kept),
    /// They were, until a backward without `retain_graph` came by.
    Freed,
}

/// One place per operand, empty where the gradient does not read it.
#[derive(Clone)]
pub(crate) struct Kept {
    inputs: SmallVec<[Option<Version>; 3]>,
    outputs: SmallVec<[Option<Version>; 1]>,
}

/// A tensor and the version at which it was used. It is held without its history, which the node's
/// edges have already: an output's would be a reference cycle.
#[derive(Clone)]
struct Version {
    tensor: Tensor,
    version: u64,
}

/// Saved operands as a rule sees them.
#[derive(Default)]
pub(crate) struct Operands {
    pub inputs: SmallVec<[Option<Tensor>; 3]>,
    pub outputs: SmallVec<[Option<Tensor>; 1]>,
}

/// Which operands a node saves; one bit per operand, the lowest first.
pub(crate) struct Wanted {
    pub inputs: u32,
    pub outputs: u32,
}

impl Wanted {
    pub const ALL: Wanted = Wanted {
        inputs: u32::MAX,
        outputs: u32::MAX,
    };

    /// What the gradients of just the inputs with `needs` read: less than the instruction's
    /// [`saved`](Prim::saved) where those of one side read only the other.
    pub fn by(prim: &Prim, needs: &[bool]) -> Self {
        let all = prim.saved();
        let mut inputs = all.inputs;
        match prim {
            Prim::Binary(binary) => {
                inputs = 0;
                for (side, needed) in [Side::Left, Side::Right].into_iter().zip(needs) {
                    if *needed {
                        let uses = binary.uses(side);
                        inputs |= uses.left as u32 | (uses.right as u32) << 1;
                    }
                }
            }
            Prim::Matmul(..)
            | Prim::Conv2d(..)
            | Prim::Conv2dInputGrad(..)
            | Prim::Conv2dWeightGrad(..) => {
                inputs &= (needs[1] as u32) | (needs[0] as u32) << 1;
            }
            // The gradient of every side reads the same operands.
            Prim::Unary(_)
            | Prim::UnaryGrad(_)
            | Prim::BinaryGrad(..)
            | Prim::Compare(_)
            | Prim::Logical(_)
            | Prim::Not
            | Prim::Select
            | Prim::SelectGrad
            | Prim::Cast(_)
            | Prim::Reduce(..)
            | Prim::ArgReduce { .. }
            | Prim::CumSum { .. }
            | Prim::Softmax
            | Prim::Sort { .. }
            | Prim::View(_)
            | Prim::Cat { .. }
            | Prim::Pad { .. }
            | Prim::Pool { .. }
            | Prim::PoolGrad { .. }
            | Prim::Conv2dNorm(..)
            | Prim::BatchNorm(_)
            | Prim::BatchNormGrad(_)
            | Prim::CrossEntropy(_)
            | Prim::CrossEntropyGrad(_)
            | Prim::Gather { .. }
            | Prim::ScatterAdd { .. }
            | Prim::Fill(..)
            | Prim::Random(..)
            | Prim::Update(_)
            | Prim::Custom(_) => {}
        }
        Wanted {
            inputs,
            outputs: all.outputs,
        }
    }
}

fn bit(bits: u32, index: usize) -> bool {
    // Instructions with more operands than bits (cat, custom ones) save none or all of them.
    bits >> index.min(31) & 1 == 1
}

impl Saved {
    pub fn keep(wanted: &Wanted, inputs: &[&Tensor], outputs: &[Tensor], overwrites: bool) -> Self {
        if wanted.inputs == 0 && wanted.outputs == 0 {
            return Saved::Nothing;
        }
        let keep = |bits, index, tensor: &Tensor, version| {
            bit(bits, index).then(|| Version {
                tensor: tensor.detach(),
                version,
            })
        };
        let mut kept = Kept {
            inputs: SmallVec::new(),
            outputs: SmallVec::new(),
        };
        for (index, &tensor) in inputs.iter().enumerate() {
            // An in-place form is recorded after it ran: what it overwrote was one version back.
            let gone = overwrites && outputs.iter().any(|output| output.shares_memory(tensor));
            let version = tensor.version().wrapping_sub(gone as u64);
            kept.inputs
                .push(keep(wanted.inputs, index, tensor, version));
        }
        for (index, tensor) in outputs.iter().enumerate() {
            let version = tensor.version();
            kept.outputs
                .push(keep(wanted.outputs, index, tensor, version));
        }
        Saved::Kept(kept)
    }
}

impl Node {
    /// The operands that the gradient reads, with their histories if it will be differentiated again.
    ///
    /// # Errors
    /// When they are gone, or were changed in place.
    pub fn operands(
        node: &std::sync::Arc<Node>,
        retain: bool,
        differentiable: bool,
    ) -> Result<Operands> {
        let kept = {
            let state = &mut *node.state();
            match &state.saved {
                Saved::Nothing => return Ok(Operands::default()),
                Saved::Freed => return Err(freed(node)),
                Saved::Kept(kept) if retain => kept.clone(),
                Saved::Kept(_) => match std::mem::replace(&mut state.saved, Saved::Freed) {
                    Saved::Kept(kept) => kept,
                    Saved::Nothing | Saved::Freed => unreachable!("matched above"),
                },
            }
        };
        let restore =
            |saved: Option<Version>, role: &str, index: usize, edge: &dyn Fn() -> Option<Edge>| {
                let Some(Version { tensor, version }) = saved else {
                    return Ok(None);
                };
                if tensor.version() != version {
                    return Err(changed(node, role, index, &tensor, version));
                }
                if differentiable && let Some(edge) = edge() {
                    let tensor = tensor.detach();
                    tensor.set_history(Some(Variable::shared(edge)));
                    return Ok(Some(tensor));
                }
                Ok(Some(tensor))
            };
        let mut operands = Operands::default();
        for (index, saved) in kept.inputs.into_iter().enumerate() {
            let edge = || node.inputs[index].edge.clone();
            let input = restore(saved, "input", index, &edge)?;
            operands.inputs.push(input);
        }
        for (output, saved) in kept.outputs.into_iter().enumerate() {
            let float = node.outputs[output].dtype.is_float();
            let edge = || {
                float.then(|| Edge {
                    node: node.clone(),
                    output,
                })
            };
            let output = restore(saved, "output", output, &edge)?;
            operands.outputs.push(output);
        }
        Ok(operands)
    }
}

fn freed(node: &Node) -> Error {
    Error::new(
        ErrorKind::Gradient,
        format!(
            "backward: what {} saved for its gradient was freed by an earlier backward through it; for a second one \
             give the first backward_options(BackwardOptions {{ retain_graph: true, .. }}), or compute the loss again",
            node.operation_name()
        ),
    )
}

fn changed(node: &Node, role: &str, index: usize, tensor: &Tensor, version: u64) -> Error {
    Error::new(
        ErrorKind::Gradient,
        format!(
            "backward: the gradient of {} reads its {role} {index} ({:?} {}), which was changed in place since: it was \
             at version {version}, now at {}; change a copy() instead, or make the change after backward",
            node.operation_name(),
            tensor.shape(),
            tensor.dtype(),
            tensor.version()
        ),
    )
}
