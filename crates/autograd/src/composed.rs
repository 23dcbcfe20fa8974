//! Gradients of fused instructions that are to be differentiated again: the instruction is run once
//! more as a composition of steps that all have second derivatives, and that is what is
//! differentiated.

use hammerhead_tensor::prim::View;
use hammerhead_tensor::{Result, Tensor, with_grad};

use crate::instructions::view;
use crate::node::Edge;
use crate::rules::Grads;
use crate::variable::Variable;
use crate::walk::{Goal, Mode, walk};

/// The gradients of `compose(inputs)` for the inputs that need one, given that of its output; with
/// histories of their own if they are to be `differentiable`.
pub(crate) fn gradient_by(
    compose: impl FnOnce(&[Tensor]) -> Result<Tensor>,
    inputs: &[&Tensor],
    needs: &[bool],
    grad: Tensor,
    differentiable: bool,
) -> Result<Grads> {
    // Aliases keep the walk within the composition, also where one input was computed from another.
    let alias = |(input, needed): (&&Tensor, &bool)| {
        if differentiable {
            return view(input, View::Alias);
        }
        let alias = input.detach();
        if *needed {
            alias.set_history(Some(Variable::leaf(&alias)));
        }
        Ok(alias)
    };
    let aliases: Vec<Tensor> = inputs.iter().zip(needs).map(alias).collect::<Result<_>>()?;
    let edges: Vec<Option<Edge>> = aliases
        .iter()
        .zip(needs)
        .map(|(alias, needed)| if *needed { Variable::edge(alias) } else { None })
        .collect();
    let output = with_grad(true, || compose(&aliases))?;
    let root = Variable::edge(&output).expect("an input that needs a gradient has a history");
    let targets: Vec<Edge> = edges.iter().flatten().cloned().collect();
    // A recorded gradient leads back through the composition, which must then keep what it saved.
    let mode = Mode {
        retain: differentiable,
        create: differentiable,
    };
    let mut found = walk(&root, grad, Goal::Of(&targets), mode)?.into_iter();
    Ok(edges
        .into_iter()
        .map(|edge| edge.and_then(|_| found.next().flatten()))
        .collect())
}
