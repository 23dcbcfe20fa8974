//! Values at the edges, as PyTorch gives them: large and small numbers, NaN, nothing at all.

use std::borrow::Cow;

use hammerhead_tensor::prim::{CrossEntropy, Prim, Windows};
use hammerhead_tensor::{
    Cpu, DType, Interpolation, Oracle, Tensor, cat, one_hot, tensor, with_device,
};

/// Runs a check on both devices.
fn on_both(check: impl Fn()) {
    for device in [Cpu::device(), Oracle::device()] {
        with_device(&device, &check);
    }
}

#[test]
fn sixteen_bits_are_rounded_once() {
    let half = |x: Tensor| x.to_dtype(DType::F16);
    assert_eq!(half(Tensor::ones([70_000])).mean().item(), 1.0);
    assert_eq!(half(Tensor::full([100], 300.0)).norm().item(), 3000.0);
    let std = half(tensor([0.0, 1000.0])).std();
    assert_eq!((std.item(), std.dtype()), (707.0, DType::F16));
    assert_eq!(half(tensor([0.0, 1000.0])).logsumexp().item(), 1000.0);
}

#[test]
fn large_logits_keep_their_digits() {
    on_both(|| {
        let x = tensor([1e7, 1e7]).log_softmax(0).to_vec::<f32>();
        assert_eq!(x, [-std::f32::consts::LN_2; 2]);
    });
    let logits = tensor([[1e7, 1e7 + 1.0, 1e7]]);
    let target = tensor([0]);
    let entropy = CrossEntropy {
        label_smoothing: 0.0,
        ignore_index: -100,
    };
    let grad = Tensor::try_apply(
        Prim::CrossEntropyGrad(entropy),
        &[&Tensor::ones([1]), &logits, &target],
    )
    .unwrap();
    let expected = logits.softmax(1) - tensor([[1.0, 0.0, 0.0]]);
    let worst = (&grad[0] - expected).abs().max().item();
    assert!(worst < 1e-6, "{worst}");
}

#[test]
fn a_choice_gives_each_side_its_own_gradient() {
    let dtypes = [DType::F16, DType::BF16, DType::F32, DType::F64, DType::I64];
    for dtype in dtypes {
        on_both(|| {
            let chosen = tensor([true, false, true]);
            let grad = || tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]).to_dtype(dtype);
            // Given away, so that one of the results may take its place; kept; and a view that repeats itself.
            for grad in [Cow::Owned(grad()), Cow::Borrowed(&grad())] {
                let operands = [Cow::Borrowed(&chosen), grad];
                let sides = Tensor::try_apply_owned(Prim::SelectGrad, operands).unwrap();
                let [a, b] = [&sides[0], &sides[1]].map(|side| side.to_vec::<f64>());
                assert_eq!(a, [1.0, 0.0, 3.0, 4.0, 0.0, 6.0], "{dtype}");
                assert_eq!(b, [0.0, 2.0, 0.0, 0.0, 5.0, 0.0], "{dtype}");
            }
            let repeated = tensor(7.0).to_dtype(dtype).expand([3]);
            let sides = Tensor::try_apply(Prim::SelectGrad, &[&chosen, &repeated]).unwrap();
            assert_eq!(sides[0].to_vec::<f64>(), [7.0, 0.0, 7.0], "{dtype}");
            assert_eq!(sides[1].to_vec::<f64>(), [0.0, 7.0, 0.0], "{dtype}");
        });
    }
    // What is not chosen plays no part, whatever it is.
    let nan = tensor([f64::NAN, 1.0]);
    let sides = Tensor::try_apply(Prim::SelectGrad, &[&tensor([true, false]), &nan]).unwrap();
    assert_eq!(sides[1].to_vec::<f32>(), [0.0, 1.0]);
}

#[test]
fn nearest_pixels_are_picked() {
    on_both(|| {
        let x = tensor([[[[1.0, f64::INFINITY], [f64::NAN, 4.0]]]]);
        let y = x
            .interpolate([4, 4], Interpolation::Nearest)
            .to_vec::<f32>();
        assert_eq!(&y[..4], [1.0, 1.0, f32::INFINITY, f32::INFINITY]);
        assert!(y[8].is_nan() && y[15] == 4.0);
    });
    // F.interpolate(torch.arange(3.).view(1, 1, 1, 3), size=(1, 123))[..., 41] is 0.
    let x = tensor([[[[0.0, 1.0, 2.0]]]]).interpolate([1, 123], Interpolation::Nearest);
    assert_eq!(x.to_vec::<f32>()[40..43], NEAREST_3_TO_123);
}

const NEAREST_3_TO_123: [f32; 3] = [0.0, 0.0, 1.0];

#[test]
fn large_integers_stay_exact() {
    let big = (1i64 << 53) + 1;
    let x = tensor([0, 1]);
    assert_eq!((&x + big).to_vec::<i64>(), [big, big + 1]);
    assert_eq!((&x - big).to_vec::<i64>(), [-big, 1 - big]);
    assert_eq!((&x * big).to_vec::<i64>(), [0, big]);
    assert_eq!((big - &x).to_vec::<i64>(), [big, big - 1]);
    let y = x.copy();
    y.add_(big).mul_(big);
    assert_eq!(
        y.to_vec::<i64>(),
        [big.wrapping_mul(big), (big + 1).wrapping_mul(big)]
    );
}

#[test]
fn pools_with_windows_beyond_the_plane() {
    on_both(|| {
        let pooled = |h: usize, w: usize, kernel, padding, dilation| {
            let windows = Windows::Fixed {
                kernel,
                stride: [1, 1],
                padding,
                dilation,
                ceil: false,
            };
            let y = Tensor::ones([1, 1, h, w]).max_pool2d(windows);
            (y.shape()[2..].to_vec(), y.min().item())
        };
        assert_eq!(pooled(1, 1, [6, 6], [3, 3], [1, 1]), (vec![2, 2], 1.0));
        assert_eq!(pooled(2, 2, [10, 10], [5, 5], [1, 1]), (vec![3, 3], 1.0));
        assert_eq!(pooled(1, 9, [1, 5], [0, 2], [1, 3]), (vec![1, 1], 1.0));
    });
}

#[test]
fn a_single_class_too_many_is_refused() {
    for wrong in [5, -1] {
        let text = std::panic::catch_unwind(|| one_hot(&tensor([0, wrong]), 3)).unwrap_err();
        assert_eq!(
            *text.downcast::<String>().unwrap(),
            format!("one_hot: index {wrong} is no class, of which there are 3, from 0 on")
        );
    }
}

#[test]
fn sums_and_products_of_truth_values_are_truth_values() {
    let (a, b) = (
        tensor([false, false, true, true]),
        tensor([false, true, false, true]),
    );
    for device in [Cpu::device(), Oracle::device()] {
        let (a, b) = (a.to(&device), b.to(&device));
        assert_eq!((&a + &b).dtype(), DType::Bool);
        assert_eq!((&a + &b).to_vec::<bool>(), [false, true, true, true]);
        assert_eq!((&a * &b).dtype(), DType::Bool);
        assert_eq!((&a * &b).to_vec::<bool>(), [false, false, false, true]);
        assert_eq!((&a - &b).to_vec::<i64>(), [0, -1, 1, 0]);
        assert_eq!((&a + 1).dtype(), DType::I64);
        let sum = a.copy();
        sum.add_(&b);
        assert_eq!(sum.to_vec::<bool>(), [false, true, true, true]);
    }
}

#[test]
fn indices_count_from_both_ends() {
    let x = tensor([[1, 2], [3, 4]]);
    assert_eq!(x.i(0..usize::MAX).to_vec::<i64>(), [1, 2, 3, 4]);
    assert_eq!(x.i(&tensor([-1, 0])).to_vec::<i64>(), [3, 4, 1, 2]);
}

#[test]
fn nothing_and_single_numbers_have_results() {
    assert_eq!(Tensor::zeros([0, 3]).softmax(0).shape(), [0, 3]);
    assert_eq!(Tensor::zeros([2, 0]).log_softmax(-1).shape(), [2, 0]);
    assert_eq!(
        Tensor::zeros([2, 0]).logsumexp_dim(1).to_vec::<f32>(),
        [f32::NEG_INFINITY; 2]
    );
    let number = tensor(3.0);
    assert_eq!(number.sum_dim(0).item(), 3.0);
    assert_eq!(number.mean_dim(-1).item(), 3.0);
    assert_eq!(number.softmax(0).item(), 1.0);
    assert_eq!(number.cumsum(0).item(), 3.0);
    assert_eq!(number.argmax_dim(-1).item(), 0.0);
    assert_eq!(number.squeeze(0).item(), 3.0);
    assert_eq!(number.flip(0).item(), 3.0);
    let joined = cat(&[Tensor::zeros([0]), Tensor::ones([2, 3])], 0);
    assert_eq!(joined.shape(), [2, 3]);
}
