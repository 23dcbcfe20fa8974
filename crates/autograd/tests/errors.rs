//! Every refusal, to the letter.

mod panics;

use hammerhead_autograd::{
    Autograd, BackwardOptions, GradCheck, GradOptions, custom_function, grad, grad_options,
    gradcheck,
};
use hammerhead_tensor::{DType, Tensor, no_grad, tensor};
use panics::panic_text;

fn leaf() -> Tensor {
    tensor([1.0, 2.0, 3.0]).requires_grad_()
}

#[track_caller]
fn assert_panics(f: impl FnOnce(), expected: &str) {
    assert_eq!(panic_text(f), expected);
}

#[test]
fn requires_grad_on_integers() {
    assert_panics(
        || drop(tensor([1, 2]).requires_grad_()),
        "requires_grad_: a tensor of int64 can't have a gradient, only floating ones change \
         smoothly; convert it first, as in x.to_dtype(DType::F32).requires_grad_()",
    );
}

#[test]
fn taking_the_gradient_from_a_result() {
    assert_panics(
        || drop((leaf() * 2.0).requires_grad_set(false)),
        "requires_grad_set: gradients flow through this tensor to what it was computed from \
         (MulBackward0), so only a leaf can be set to require none; detach() gives the same values \
         without history",
    );
}

#[test]
fn backward_from_several_elements() {
    assert_panics(
        || (leaf() * 2.0).backward(),
        "backward: only a tensor of one element has a gradient of 1 to start from, this one is \
         [3]; reduce it first with .sum() or .mean(), or give its gradient with \
         backward_with(&grad)",
    );
}

#[test]
fn backward_without_history() {
    assert_panics(
        || tensor([1.0, 2.0]).sum().backward(),
        "backward: this tensor ([] float32) has no gradient history: nothing that it was computed \
         from requires grad, or it was computed under no_grad(|| ..) or detached; call \
         requires_grad_() on the parameters first",
    );
}

#[test]
fn backward_twice() {
    let loss = leaf().pow(2).sum();
    loss.backward();
    assert_panics(
        || loss.backward(),
        "backward: what pow saved for its gradient was freed by an earlier backward through it; \
         for a second one give the first backward_options(BackwardOptions { retain_graph: true, \
         .. }), or compute the loss again",
    );
}

#[test]
fn backward_with_a_gradient_that_does_not_fit() {
    let y = leaf() * 2.0;
    assert_panics(
        || y.backward_with(&tensor([1.0, 2.0])),
        "backward: the gradient is [2] float32, the tensor [3] float32; they must be equal",
    );
    let doubles = tensor([1.0, 2.0, 3.0]).to_dtype(DType::F64);
    assert_panics(
        || y.backward_with(&doubles),
        "backward: the gradient is [3] float64, the tensor [3] float32; they must be equal",
    );
}

#[test]
fn an_operand_changed_before_its_gradient() {
    let factor = tensor([1.0, 2.0, 3.0]);
    let loss = (leaf() * &factor).sum();
    factor.add_(1.0);
    factor.add_(1.0);
    assert_panics(
        || loss.backward(),
        "backward: the gradient of mul reads its input 1 ([3] float32), which was changed in place \
         since: it was at version 0, now at 2; change a copy() instead, or make the change after \
         backward",
    );
}

#[test]
fn a_result_changed_before_its_gradient() {
    let y = leaf().exp();
    let loss = y.sum();
    y.detach().zero_();
    assert_panics(
        || loss.backward(),
        "backward: the gradient of exp reads its output 0 ([3] float32), which was changed in place \
         since: it was at version 0, now at 1; change a copy() instead, or make the change after \
         backward",
    );
}

#[test]
fn a_change_in_place_that_overwrites_what_its_own_gradient_reads() {
    let y = leaf() * 1.0;
    y.mul_(leaf());
    assert_panics(
        || y.sum().backward(),
        "backward: the gradient of mul reads its input 0 ([3] float32), which was changed in place \
         since: it was at version 0, now at 1; change a copy() instead, or make the change after \
         backward",
    );
}

#[test]
fn changing_a_leaf() {
    assert_panics(
        || drop(leaf().add_(1.0).clone()),
        "add_: this is a leaf that requires grad, and changing it in place would leave its gradient \
         to a value that is gone; wrap the change in no_grad(|| ..), or change a copy()",
    );
}

#[test]
fn changing_a_view_of_a_leaf() {
    assert_panics(
        || drop(leaf().i(0).mul_(1.5).clone()),
        "mul_: this is a view of a leaf that requires grad, and changing it in place would change \
         the leaf; wrap the change in no_grad(|| ..), or change a copy()",
    );
}

#[test]
fn changing_a_view_of_a_result() {
    let y = leaf() * 2.0;
    assert_panics(
        || drop(y.i(0).zero_().clone()),
        "fill_: this is a view of a result that gradients flow through, and the change would have \
         to be known to all of its views; build the value with cat, select_from or scatter_add \
         instead, or change a copy()",
    );
}

#[test]
fn using_a_view_that_a_change_went_past() {
    let y = leaf() * 2.0;
    let first = y.i(..1);
    y.exp_();
    assert_panics(
        || drop(&first + 1.0),
        "add: an input is a view ([1]) of a tensor that was changed in place after the view was \
         taken, so the view's gradient would be that of the value before; take the view again after \
         the change",
    );
    let doubled = || {
        custom_function(
            "double",
            &[&first],
            |inputs| vec![inputs[0] * 2.0],
            |_, _, grads| Ok(vec![Some(&grads[0] * 2.0)]),
        )
    };
    assert_panics(
        || drop(doubled()),
        "double: an input is a view ([1]) of a tensor that was changed in place after the view was \
         taken, so the view's gradient would be that of the value before; take the view again after \
         the change",
    );
    assert_eq!(no_grad(doubled).len(), 1);
}

#[test]
fn an_input_that_plays_no_part() {
    let (x, other) = (leaf(), leaf());
    assert_panics(
        || drop(grad(&x.sum(), &[&x, &other])),
        "grad: the output does not depend on input 1 ([3] float32), so it has no gradient; was a \
         copy or another view of it used instead? grad_options(.., GradOptions { allow_unused: \
         true, .. }) gives None",
    );
    let options = GradOptions {
        allow_unused: true,
        ..GradOptions::default()
    };
    assert!(grad_options(&x.sum(), &[&x, &other], options)[1].is_none());
}

#[test]
fn an_input_without_history() {
    assert_panics(
        || drop(grad(&leaf().sum(), &[&tensor(1.0)])),
        "grad: this tensor ([] float32) has no gradient history: nothing that it was computed from \
         requires grad, or it was computed under no_grad(|| ..) or detached; call requires_grad_() \
         on the parameters first",
    );
}

#[test]
fn an_operation_without_a_gradient() {
    let y = leaf().floor_divide(&tensor([2.0, 2.0, 2.0]));
    assert_panics(
        || y.sum().backward(),
        "floor_divide backward: the operation has no gradient; detach() its input, or compute it \
         under no_grad(|| ..)",
    );
}

#[test]
fn a_fused_gradient_without_a_second_derivative() {
    use hammerhead_tensor::prim::{Prim, Unary};
    let (g, y) = (leaf(), leaf());
    let fused = Tensor::try_apply(Prim::UnaryGrad(Unary::Exp), &[&g, &y])
        .unwrap()
        .swap_remove(0);
    assert_panics(
        || fused.sum().backward(),
        "exp backward: has no second derivative; for one, run the operation itself and \
         differentiate it with create_graph, which takes a gradient apart into differentiable steps",
    );
}

#[test]
fn a_hook_that_changes_the_shape() {
    let x = leaf();
    let handle = x.register_hook(|grad| Some(grad.sum()));
    assert_panics(
        || x.sum().backward(),
        "backward: a hook replaced a gradient [3] float32 by [] float32; shape and dtype must stay",
    );
    handle.remove();
    x.sum().backward();
}

#[test]
fn a_hook_on_a_tensor_without_history() {
    assert_panics(
        || drop(tensor(1.0).register_hook(|_| None)),
        "register_hook: this tensor ([] float32) has no gradient history: nothing that it was \
         computed from requires grad, or it was computed under no_grad(|| ..) or detached; call \
         requires_grad_() on the parameters first",
    );
}

#[test]
fn a_gradient_set_that_does_not_fit() {
    assert_panics(
        || leaf().set_grad(Some(tensor(1.0))),
        "set_grad: the gradient is [] float32, the tensor [3] float32; they must be equal",
    );
}

#[test]
fn custom_gradients_that_do_not_fit() {
    let run = |grads: Vec<Option<Tensor>>| {
        let double = |inputs: &[&Tensor]| vec![inputs[0] * 2.0];
        let outputs = custom_function("Double", &[&leaf()], double, move |_, _, _| {
            Ok(grads.clone())
        });
        outputs[0].sum().backward();
    };
    assert_panics(
        || run(vec![]),
        "Double backward: gave 0 gradients for 1 inputs",
    );
    assert_panics(
        || run(vec![Some(tensor(1.0))]),
        "Double backward: the gradient of input 0 is [] float32, the input [3] float32; they must \
         be equal",
    );
}

#[test]
fn gradcheck_shows_both_numbers() {
    // Its author thinks that the derivative of x² is x.
    let wrong = |inputs: &[Tensor]| {
        let square = |inputs: &[&Tensor]| vec![inputs[0] * inputs[0]];
        custom_function("WrongSquare", &[&inputs[0]], square, |inputs, _, grads| {
            Ok(vec![Some(&grads[0] * &inputs[0])])
        })
        .swap_remove(0)
    };
    let x = tensor([0.5, 2.0]).to_dtype(DType::F64);
    let elements = GradCheck {
        probe: hammerhead_autograd::Probe::Elements,
        ..GradCheck::default()
    };
    let text = gradcheck(wrong, &[x.detach()], elements)
        .unwrap_err()
        .to_string();
    assert!(
        text.starts_with("gradcheck: for element [0] of input 0 the gradient says "),
        "{text}"
    );
    assert!(text.contains("finite differences"), "{text}");
    let text = gradcheck(wrong, &[x], GradCheck::default())
        .unwrap_err()
        .to_string();
    assert!(
        text.starts_with("gradcheck: along random direction 0 the gradient says "),
        "{text}"
    );
    let text = gradcheck(|x| x[0].exp(), &[tensor([1.0])], GradCheck::default()).unwrap_err();
    assert_eq!(
        text.to_string(),
        "gradcheck: input 0 is float32; finite differences need float64, convert with \
         to_dtype(DType::F64)"
    );
}

#[test]
fn the_panic_points_at_the_caller() {
    use std::sync::{Arc, Mutex};
    let place = Arc::new(Mutex::new(None));
    let seen = place.clone();
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let location = info.location().unwrap();
        // Tests on other threads panic too.
        if std::thread::current().name() == Some("the_panic_points_at_the_caller") {
            *seen.lock().unwrap() = Some((location.file().to_owned(), location.line()));
        }
    }));
    let line = line!() + 1;
    panic_text(|| leaf().backward_options(BackwardOptions::default()));
    std::panic::set_hook(before);
    let (file, at) = place.lock().unwrap().take().unwrap();
    assert!(file.ends_with("errors.rs"), "{file}");
    assert_eq!(at, line);
}
