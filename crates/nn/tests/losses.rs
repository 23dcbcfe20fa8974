//! Losses at the edges, where PyTorch's values are not those of the bare formula.

use hammerhead_autograd::{Autograd, GradOptions, grad_options};
use hammerhead_nn::loss::{Reduction, bce_loss, bce_loss_with};
use hammerhead_tensor::{Tensor, tensor};

#[test]
fn bce_of_certain_probabilities_has_pytorchs_gradients() {
    let p = tensor([0.0, 1.0, 0.0, 1.0, 0.25]).requires_grad_();
    let y = tensor([0.0, 1.0, 1.0, 0.0, 1.0]);
    let loss = bce_loss_with(&p, &y, Reduction::Sum);
    assert_eq!(loss.item() as f32, 201.386_29);
    loss.backward();
    assert_eq!(
        p.grad().unwrap().to_vec::<f32>(),
        [0.0, 0.0, -1e12, 1e12, -4.0]
    );
}

#[test]
fn bce_has_pytorchs_second_gradients_and_those_of_targets() {
    let p = tensor([0.3, 0.6]).requires_grad_();
    let y = tensor([0.2, 1.0]).requires_grad_();
    let loss = bce_loss_with(&p, &y, Reduction::Sum);
    let options = GradOptions {
        create_graph: true,
        ..Default::default()
    };
    let first = grad_options(&loss, &[&p, &y], options);
    let first: Vec<Tensor> = first.into_iter().map(Option::unwrap).collect();
    close(&first[0], &[0.4762, -1.6667]);
    close(&first[1], &[0.8473, -0.4055]);
    first[0].square().sum().backward();
    close(&p.grad().unwrap(), &[3.6713, -9.2593]);
    close(&y.grad().unwrap(), &[-4.5351, 13.8889]);
}

#[test]
fn bce_broadcasts_as_the_other_losses() {
    let p = tensor([[0.3], [0.6]]).requires_grad_();
    bce_loss(&p, &tensor([1])).backward();
    close(&p.grad().unwrap(), &[-0.5 / 0.3, -0.5 / 0.6]);
}

#[track_caller]
fn close(found: &Tensor, expected: &[f32]) {
    for (found, expected) in found.to_vec::<f32>().iter().zip(expected) {
        assert!((found - expected).abs() < 1e-4, "{found} {expected}");
    }
}
