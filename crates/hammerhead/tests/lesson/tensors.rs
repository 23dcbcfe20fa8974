//! The lesson's functions and tensors: rows F1, F4 to F10, F15 and P5 to P27 (P22 is in `lesson_memory.rs`).

use hammerhead::nn::loss;
use hammerhead::prelude::*;
use hammerhead::tensor::random::NumpyGenerator;

/// `3x^2 + 2x + 1`, with the number on the left.
fn f(x: &Tensor) -> Tensor {
    3 * x.pow(2) + 2 * x + 1
}

fn quad(a: f64, b: f64, c: f64, x: f64) -> f64 {
    a * x.powi(2) + b * x + c
}

fn mk_quad(a: f64, b: f64, c: f64) -> impl Fn(f64) -> f64 {
    move |x| quad(a, b, c, x)
}

fn noise(generator: &mut NumpyGenerator, x: &Tensor, scale: f64) -> Tensor {
    Tensor::from_vec(generator.normal(0.0, scale, x.numel()), x.shape())
}

fn add_noise(generator: &mut NumpyGenerator, x: &Tensor, mult: f64, add: f64) -> Tensor {
    let scaled = x * (1.0 + noise(generator, x, mult));
    scaled + noise(generator, x, add)
}

#[test]
fn row_f1_a_function_of_numbers_and_tensors() {
    assert_eq!(f(&tensor(1.5)).item(), 10.75);
    assert_eq!(f(&tensor([0.0, 1.0])).to_vec::<f32>(), [1.0, 6.0]);
}

#[test]
fn rows_f4_and_f5_partial_application() {
    assert_eq!(quad(3.0, 2.0, 1.0, 1.5), 10.75);
    assert_eq!(mk_quad(3.0, 2.0, 1.0)(1.5), 10.75);
}

#[test]
fn row_f6_numpys_draws_after_seed_42() {
    let draws = NumpyGenerator::new(42).normal(0.0, 0.3, 10);
    // numpy's first standard normals after seed 42, times the scale.
    let expected = [0.49671415, -0.1382643, 0.64768854, 1.52302986, -0.23415337];
    for (draw, expected) in draws.iter().zip(expected) {
        assert!((draw - 0.3 * expected).abs() < 1e-8);
    }
    let mut generator = NumpyGenerator::new(42);
    assert!(
        generator
            .uniform(0.0, 1.0, 1000)
            .iter()
            .all(|x| (0.0..1.0).contains(x))
    );
}

#[test]
fn row_f7_multiplicative_noise_is_drawn_first() {
    let x = tensor([1.0, 2.0, 4.0]).double();
    let noisy = add_noise(&mut NumpyGenerator::new(3), &x, 0.5, 2.0).to_vec::<f64>();
    let mut again = NumpyGenerator::new(3);
    let (mult, add) = (again.normal(0.0, 0.5, 3), again.normal(0.0, 2.0, 3));
    let expected: Vec<f64> = (0..3)
        .map(|i| [1.0, 2.0, 4.0][i] * (1.0 + mult[i]) + add[i])
        .collect();
    assert_eq!(noisy, expected);
}

#[test]
fn row_f8_linspace() {
    let x = Tensor::linspace(-2.0, 2.0, 20);
    assert_eq!(x.shape(), [20]);
    let text = x.to_string();
    assert!(
        text.starts_with("tensor([-2.0000, -1.7895, -1.5789, -1.3684, -1.1579, -0.9474,"),
        "{text}"
    );
}

#[test]
fn row_f9_a_new_axis_is_a_view_and_losses_refuse_the_trap() {
    let x = Tensor::linspace(-2.0, 2.0, 20);
    let column = x.i((.., NewAxis));
    assert_eq!(column.shape(), [20, 1]);
    assert!(column.shares_memory(&x));
    assert_eq!((&x - &column).shape(), [20, 20]);
    let panic = std::panic::catch_unwind(|| loss::mse_loss(&x, &column)).unwrap_err();
    let text = panic.downcast_ref::<String>().expect("a message");
    assert!(
        text.contains("[20]") && text.contains("[20, 1]") && text.contains("unsqueeze(1)"),
        "{text}"
    );
}

#[test]
fn row_f10_the_noisy_data() {
    let x = Tensor::linspace(-2.0, 2.0, 20).i((.., NewAxis));
    let y = add_noise(&mut NumpyGenerator::new(42), &f(&x), 0.15, 1.5);
    assert_eq!(y.dtype(), DType::F64);
    let first: Vec<String> = y
        .flat()
        .i(..5)
        .to_vec::<f64>()
        .iter()
        .map(|y| format!("{y:.4}"))
        .collect();
    assert_eq!(first, ["11.8690", "6.5433", "5.9396", "2.6304", "1.7947"]);
}

#[test]
fn row_f15_mae_and_mse() {
    let (predictions, actual) = (tensor([1.0, 2.0, 4.0]), tensor([1.0, 4.0, 1.0]));
    assert!((loss::l1_loss(&predictions, &actual).item() - 5.0 / 3.0).abs() < 1e-6);
    assert!((loss::mse_loss(&predictions, &actual).item() - 13.0 / 3.0).abs() < 1e-6);
}

#[test]
fn row_p5_the_pixels_of_the_first_three() {
    let digits = MnistSample::load().unwrap();
    let three = digits.train.threes().i(1);
    let block = three.i((4..10, 4..10));
    assert_eq!(block.dtype(), DType::U8);
    let torch = "tensor([[  0,   0,   0,   0,   0,   0],\n        [  0,   0,   0,   0,   0,  29],\n        [  0,   0,   0,  48, 166, 224],\n        [  0,  93, 244, 249, 253, 187],\n        [  0, 107, 253, 253, 230,  48],\n        [  0,   3,  20,  20,  15,   0]], dtype=torch.uint8)";
    assert_eq!(block.to_string(), torch);
    let numpy = "array([[  0,   0,   0,   0,   0,   0],\n       [  0,   0,   0,   0,   0,  29],\n       [  0,   0,   0,  48, 166, 224],\n       [  0,  93, 244, 249, 253, 187],\n       [  0, 107, 253, 253, 230,  48],\n       [  0,   3,  20,  20,  15,   0]], dtype=uint8)";
    assert_eq!(block.numpy_repr(), numpy);
}

/// The book's stacked digits, divided by 255.
fn stacked() -> (Tensor, Tensor) {
    let digits = MnistSample::load().unwrap();
    (
        digits.train.threes().float() / 255.0,
        digits.train.sevens().float() / 255.0,
    )
}

#[test]
fn rows_p9_to_p13_means_and_distances() {
    let (threes, sevens) = stacked();
    assert_eq!(
        (threes.shape(), sevens.shape()),
        (&[6131, 28, 28][..], &[6265, 28, 28][..])
    );
    assert_eq!(threes.rank(), 3);
    let (mean3, mean7) = (threes.mean_dim(0), sevens.mean_dim(0));
    assert_eq!(mean3.shape(), [28, 28]);
    let a_3 = threes.i(1);
    let distances = |mean: &Tensor| {
        let l1 = (&a_3 - mean).abs().mean().item();
        let l2 = (&a_3 - mean).square().mean().sqrt().item();
        (format!("{l1:.4}"), format!("{l2:.4}"))
    };
    assert_eq!(distances(&mean3), ("0.1114".into(), "0.2021".into()));
    assert_eq!(distances(&mean7), ("0.1586".into(), "0.3021".into()));
    assert_eq!(
        format!("{:.4}", loss::l1_loss(&a_3, &mean7).item()),
        "0.1586"
    );
    assert_eq!(
        format!("{:.4}", loss::mse_loss(&a_3, &mean7).sqrt().item()),
        "0.3021"
    );
}

#[test]
fn row_p14_printing_as_numpy_and_as_torch() {
    let x = tensor([[1, 2, 3], [4, 5, 6]]);
    assert_eq!(x.numpy_repr(), "array([[1, 2, 3],\n       [4, 5, 6]])");
    assert_eq!(x.to_string(), "tensor([[1, 2, 3],\n        [4, 5, 6]])");
}

#[test]
fn row_p15_ragged_rows_are_named() {
    let error = Tensor::from_nested(vec![vec![1, 2, 3], vec![4, 5]])
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("row [1] has 2") && error.contains('3'),
        "{error}"
    );
}

#[test]
fn rows_p16_to_p18_indexing_and_promotion() {
    let tns = tensor([[1, 2, 3], [4, 5, 6]]);
    assert_eq!(tns.i(1).to_string(), "tensor([4, 5, 6])");
    assert_eq!(tns.i((.., 1)).to_string(), "tensor([2, 5])");
    assert_eq!(tns.i((1, 1..3)).to_string(), "tensor([5, 6])");
    assert_eq!(
        (&tns + 1).to_string(),
        "tensor([[2, 3, 4],\n        [5, 6, 7]])"
    );
    assert_eq!(
        (&tns * 1.5).to_string(),
        "tensor([[1.5000, 3.0000, 4.5000],\n        [6.0000, 7.5000, 9.0000]])"
    );
    assert_eq!(tns.dtype(), DType::I64);
}

#[test]
fn rows_p19_to_p21_distances_of_a_whole_stack() {
    let (threes, _) = stacked();
    let mean3 = threes.mean_dim(0);
    let digits = MnistSample::load().unwrap();
    let (valid_3, valid_7) = (
        digits.valid.threes().float() / 255.0,
        digits.valid.sevens().float() / 255.0,
    );
    assert_eq!(
        (valid_3.shape(), valid_7.shape()),
        (&[1010, 28, 28][..], &[1028, 28, 28][..])
    );
    let distance = |a: &Tensor, b: &Tensor| (a - b).abs().mean_dim([-1, -2]);
    assert_eq!(
        format!("{:.4}", distance(&threes.i(1), &mean3).item()),
        "0.1114"
    );
    assert_eq!(distance(&valid_3, &mean3).shape(), [1010]);
    assert_eq!(
        (tensor([1, 2, 3]) + tensor(1)).to_string(),
        "tensor([2, 3, 4])"
    );
    assert_eq!((&valid_3 - &mean3).shape(), [1010, 28, 28]);
}

#[test]
fn row_p23_shapes_that_do_not_broadcast_are_both_shown() {
    let panic =
        std::panic::catch_unwind(|| Tensor::zeros([2, 3]) + Tensor::zeros([4])).unwrap_err();
    let text = panic.downcast_ref::<String>().expect("a message");
    assert!(
        text.contains("[2, 3]") && text.contains("[4]") && text.contains("dim -1"),
        "{text}"
    );
}

#[test]
fn rows_p24_and_p25_pixel_similarity() {
    let (threes, sevens) = stacked();
    let (mean3, mean7) = (threes.mean_dim(0), sevens.mean_dim(0));
    let distance = |a: &Tensor, b: &Tensor| (a - b).abs().mean_dim([-1, -2]);
    let is_3 = |x: &Tensor| distance(x, &mean3).lt(distance(x, &mean7));
    let one = is_3(&threes.i(1));
    assert_eq!(
        (one.to_string(), one.float().to_string()),
        ("tensor(True)".into(), "tensor(1.)".into())
    );
    let digits = MnistSample::load().unwrap();
    let (valid_3, valid_7) = (
        digits.valid.threes().float() / 255.0,
        digits.valid.sevens().float() / 255.0,
    );
    let accuracy_3 = is_3(&valid_3).float().mean().item();
    let accuracy_7 = (1.0 - is_3(&valid_7).float()).mean().item();
    assert_eq!(format!("{accuracy_3:.4} {accuracy_7:.4}"), "0.9168 0.9854");
    assert_eq!(format!("{:.4}", (accuracy_3 + accuracy_7) / 2.0), "0.9511");
}

#[test]
fn row_p27_the_exercise() {
    let x = Tensor::arange(10).i(1..).reshape([3, 3]) * 2;
    assert_eq!(
        x.to_string(),
        "tensor([[ 2,  4,  6],\n        [ 8, 10, 12],\n        [14, 16, 18]])"
    );
    assert_eq!(
        x.i((1.., 1..)).to_string(),
        "tensor([[10, 12],\n        [16, 18]])"
    );
}
