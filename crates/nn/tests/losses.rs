//! Losses at the edges, where PyTorch's values are not those of the bare formula.

use hammerhead_autograd::{Autograd, GradOptions, grad_options};
use hammerhead_nn::loss::{
    CrossEntropyOptions, Reduction, bce_loss, bce_loss_with, cross_entropy, cross_entropy_with,
    nll_loss, weighted_cross_entropy,
};
use hammerhead_tensor::{DType, Tensor, tensor, with_autocast};

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

#[test]
fn ignored_rows_do_not_count_in_a_mean() {
    let x = tensor([[1.0, 3.0], [2.0, 0.0], [5.0, 5.0]]).requires_grad_();
    let expected = cross_entropy(&x.narrow(0, 0, 1), &tensor([1])).item();
    let target = tensor([1, -100, -100]);
    for loss in [
        cross_entropy(&x, &target),
        nll_loss(&x.log_softmax(1), &target, Default::default()),
    ] {
        assert!((loss.item() - expected).abs() < 1e-6, "{loss}");
        x.zero_grad();
        loss.backward();
        close(&x.grad().unwrap(), &[0.1192, -0.1192, 0.0, 0.0, 0.0, 0.0]);
    }
}

#[test]
fn the_mean_of_no_rows_is_nan_and_has_no_gradient() {
    let x = tensor([[1.0, 3.0]]).requires_grad_();
    let options = CrossEntropyOptions {
        ignore_index: 1,
        ..Default::default()
    };
    let loss = cross_entropy_with(&x, &tensor([1]), options);
    assert!(loss.item().is_nan());
    loss.backward();
    assert_eq!(x.grad().unwrap().to_vec::<f32>(), [0.0; 2]);
}

#[test]
fn the_mean_of_many_16_bit_rows_neither_overflows_nor_loses_a_row() {
    for (dtype, rows, ln_10) in [
        (DType::F16, 30_000, 2.302734375),
        (DType::BF16, 257, 2.296875),
    ] {
        let logits = Tensor::zeros([rows, 10]).to_dtype(dtype);
        let target = Tensor::zeros([rows]).to_dtype(DType::I64);
        let log_probabilities = logits.log_softmax(1);
        let weight = Tensor::ones([10]).to_dtype(dtype);
        for loss in [
            cross_entropy(&logits, &target),
            nll_loss(&log_probabilities, &target, Default::default()),
            weighted_cross_entropy(&logits, &target, &weight, Default::default()),
        ] {
            assert_eq!((loss.item(), loss.dtype()), (ln_10, dtype));
        }
        // In mixed precision a mean stays in `F32`.
        let mixed = || nll_loss(&log_probabilities, &target, Default::default());
        let loss = with_autocast(dtype, mixed);
        assert_eq!((loss.item(), loss.dtype()), (ln_10, DType::F32));
    }
}

#[track_caller]
fn close(found: &Tensor, expected: &[f32]) {
    for (found, expected) in found.to_vec::<f32>().iter().zip(expected) {
        assert!((found - expected).abs() < 1e-4, "{found} {expected}");
    }
}
