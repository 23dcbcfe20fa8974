//! What layers promise beyond the golden values: printouts, modes, trees, summaries.

use std::cell::RefCell;
use std::rc::Rc;

use hammerhead_autograd::Autograd;
use hammerhead_nn::models::{ResNetArgs, mnist_cnn, resnet18, resnet34};
use hammerhead_nn::*;
use hammerhead_tensor::{DType, Tensor, manual_seed, no_grad, tensor, with_autocast};
use proptest::prelude::*;

#[test]
fn layers_print_as_pytorch_prints_them() {
    let shown: [(String, &str); 14] = [
        (
            Conv2d::builder(4, 8, (3, 5))
                .stride(2)
                .padding((1, 2))
                .dilation((1, 2))
                .groups(4)
                .bias(false)
                .build()
                .repr(),
            "Conv2d(4, 8, kernel_size=(3, 5), stride=(2, 2), padding=(1, 2), dilation=(1, 2), groups=4, bias=False)",
        ),
        (
            Conv1d::new(3, 4, 3).repr(),
            "Conv1d(3, 4, kernel_size=(3,), stride=(1,))",
        ),
        (
            ConvTranspose2d::builder(3, 4, 3)
                .stride(2)
                .padding(1)
                .output_padding(1)
                .build()
                .repr(),
            "ConvTranspose2d(3, 4, kernel_size=(3, 3), stride=(2, 2), padding=(1, 1), output_padding=(1, 1))",
        ),
        (
            LayerNorm::new(&[4, 5]).repr(),
            "LayerNorm((4, 5), eps=1e-05, elementwise_affine=True)",
        ),
        (
            GroupNorm::new(2, 4).repr(),
            "GroupNorm(2, 4, eps=1e-05, affine=True)",
        ),
        (
            MaxPool2d::new(3).stride(2).padding(1).repr(),
            "MaxPool2d(kernel_size=3, stride=2, padding=1, dilation=1, ceil_mode=False)",
        ),
        (
            AvgPool2d::new(2).repr(),
            "AvgPool2d(kernel_size=2, stride=2, padding=0)",
        ),
        (
            AdaptiveAvgPool2d::new(1).repr(),
            "AdaptiveAvgPool2d(output_size=1)",
        ),
        (
            Flatten::default().repr(),
            "Flatten(start_dim=1, end_dim=-1)",
        ),
        (Dropout::new(0.5).repr(), "Dropout(p=0.5, inplace=False)"),
        (
            Embedding::with_padding(10, 3, 0).repr(),
            "Embedding(10, 3, padding_idx=0)",
        ),
        (
            LeakyReLU::new(0.01).repr(),
            "LeakyReLU(negative_slope=0.01)",
        ),
        (GELU::new().repr(), "GELU(approximate='none')"),
        (Softmax::new(1).repr(), "Softmax(dim=1)"),
    ];
    for (found, expected) in shown {
        assert_eq!(found, expected);
    }
}

#[test]
fn dropout_keeps_the_mean_in_training_and_does_nothing_in_evaluation() {
    manual_seed(3);
    let x = Tensor::ones([100, 100]);
    let y = Dropout::new(0.3).forward(x.clone(), Mode::Train);
    assert!((y.mean().item() - 1.0).abs() < 0.03);
    let zeros = y.eq(0.0).sum().to_scalar::<i64>();
    assert!((2700..3300).contains(&zeros), "{zeros}");
    assert!(Dropout::new(0.3).forward(x.clone(), Mode::Eval).is_same(&x));
}

#[test]
fn batch_norm_learns_running_statistics_and_uses_them() {
    manual_seed(4);
    let layer = BatchNorm1d::new(3);
    let x = Tensor::randn([64, 3]) * 2.0 + 5.0;
    for _ in 0..200 {
        layer.forward(x.clone(), Mode::Train);
    }
    assert_eq!(layer.num_batches_tracked.as_ref().unwrap().item(), 200.0);
    let expected = x.mean_dim(0).to_vec::<f32>();
    for (found, expected) in layer
        .running_mean
        .as_ref()
        .unwrap()
        .to_vec::<f32>()
        .iter()
        .zip(expected)
    {
        assert!((found - expected).abs() < 1e-4);
    }
    let y = layer.forward(x, Mode::Eval);
    assert!(y.mean().item().abs() < 1e-2);
}

#[test]
fn the_padding_row_of_an_embedding_is_never_learnt() {
    let table = Embedding::with_padding(5, 2, 1);
    table
        .forward(tensor([[0, 1], [1, 3]]), Mode::Train)
        .sum()
        .backward();
    let grad = table.weight.grad().unwrap();
    assert_eq!(
        grad.to_vec::<f32>(),
        [1., 1., 0., 0., 0., 0., 1., 1., 0., 0.]
    );
}

#[test]
fn a_summary_counts_as_the_literature_does() {
    let mut model = resnet18(Default::default());
    let before = model.get_parameter("fc.weight").unwrap().to_vec::<f32>();
    let summary = model.summary([1, 3, 224, 224]);
    assert_eq!(summary.parameters, 11_689_512);
    assert_eq!(summary.multiply_adds, 1_814_073_344);
    assert_eq!(summary.rows.last().unwrap().output, [1, 1000]);
    let text = summary.to_string();
    assert!(
        text.contains("layer1.0.conv1 (Conv2d)") && text.ends_with("1,814,073,344"),
        "{text}"
    );
    assert_eq!(
        model.get_parameter("fc.weight").unwrap().to_vec::<f32>(),
        before
    );
    assert_eq!(resnet34(Default::default()).num_parameters(), 21_797_672);
}

#[test]
fn a_model_moves_to_another_dtype_whole() {
    let mut model = mnist_cnn(10);
    model.to_dtype(DType::F64);
    let y = model.forward(Tensor::zeros_with([2, 1, 28, 28], DType::F64), Mode::Eval);
    assert_eq!((y.shape(), y.dtype()), (&[2, 10][..], DType::F64));
    assert!(
        model
            .parameters()
            .iter()
            .all(|parameter| parameter.requires_grad())
    );
}

proptest! {
    #[test]
    fn law_fan_in_bounds_hold_for_any_layer(input in 1usize..40, output in 1usize..40, seed in 0u64..100) {
        manual_seed(seed);
        let layer = Linear::new(input, output);
        let bound = 1.0 / (input as f64).sqrt() + 1e-6;
        for parameter in layer.parameters() {
            prop_assert!(parameter.detach().abs().max().item() <= bound);
        }
    }

    #[test]
    fn law_truncated_normals_stay_within_their_limits(mean in -1.0f64..1.0, std in 0.1f64..2.0, seed in 0u64..100) {
        manual_seed(seed);
        let x = Tensor::zeros([64]);
        init::trunc_normal_(&x, mean, std, mean - std, mean + 2.0 * std);
        let values = x.to_vec::<f32>();
        prop_assert!(values.iter().all(|&v| f64::from(v) >= mean - std - 1e-5 && f64::from(v) <= mean + 2.0 * std + 1e-5));
    }

    #[test]
    fn law_a_state_dict_makes_two_models_one(widths in prop::collection::vec(1usize..12, 2..5), seed in 0u64..50) {
        manual_seed(seed);
        let (a, b) = (models::mlp(&widths), models::mlp(&widths));
        b.load_state_dict(&a.state_dict(), Strictness::Strict).unwrap();
        let x = Tensor::randn([3, widths[0]]);
        let same = a.forward(x.clone(), Mode::Eval).eq(b.forward(x, Mode::Eval)).all();
        prop_assert!(same.to_scalar::<bool>());
    }
}

#[test]
fn a_tied_weight_is_one_parameter_with_two_names() {
    let first = Linear::new(3, 3);
    let mut second = Linear::new(3, 3);
    second.weight = first.weight.clone();
    let mut net = Sequential::new().push(first).push(second);
    let names = |net: &Sequential| -> Vec<String> {
        let parameters = net.named_parameters();
        parameters.into_iter().map(|(name, _)| name).collect()
    };
    // As PyTorch's: named_parameters leaves out what it already gave, state_dict does not.
    assert_eq!(names(&net), ["0.weight", "0.bias", "1.bias"]);
    assert_eq!(net.num_parameters(), 9 + 3 + 3);
    assert_eq!(net.state_dict().len(), 4);
    net.to_dtype(DType::F64);
    assert_eq!(names(&net).len(), 3, "a conversion keeps the tie");
    assert_eq!(net.get_parameter("1.weight").unwrap().dtype(), DType::F64);
}

#[test]
fn a_summary_takes_the_dtype_of_the_model() {
    let mut net = Sequential::new().push(Linear::new(4, 2));
    let expected = net.summary([3, 4]);
    net.to_dtype(DType::F16);
    assert_eq!(net.summary([3, 4]), expected);
}

#[test]
fn every_registered_model_takes_the_channels_asked_for() {
    use hammerhead_nn::models::{ModelArgs, create_model, list_models};
    let args = ModelArgs {
        in_chans: Some(3),
        num_classes: Some(7),
    };
    for name in list_models("*") {
        let model = create_model(name, args).unwrap();
        let out = model.forward(Tensor::zeros([2, 3, 28, 28]), Mode::Eval);
        assert_eq!(out.shape(), [2, 7], "{name}");
    }
}

#[test]
fn nobody_notices_that_a_convolution_and_its_norm_are_one_pass() {
    manual_seed(3);
    let model = resnet18(ResNetArgs {
        num_classes: 10,
        zero_init_last: false,
        ..Default::default()
    });
    // Statistics other than those that a norm starts with.
    model.forward(Tensor::randn([4, 3, 64, 64]), Mode::Train);
    let heard = Rc::new(RefCell::new(Vec::new()));
    let listened = |look: &dyn Fn() -> Tensor| {
        let log = heard.clone();
        let listening = listen(move |call| log.borrow_mut().push(call.path.to_owned()));
        let y = look();
        drop(listening);
        y
    };
    for shape in [[1, 3, 64, 64], [3, 3, 112, 96]] {
        let x = Tensor::randn(shape);
        let look = || no_grad(|| model.forward(x.clone(), Mode::Eval));
        let bits = |y: Tensor| y.to_vec::<f32>();
        let quiet = bits(look());
        assert_eq!(bits(model.forward(x.clone(), Mode::Eval)), quiet);
        assert_eq!(bits(listened(&look)), quiet);
        for name in ["conv1", "layer1.0.conv2", "layer2.0.downsample.1"] {
            assert!(heard.borrow().iter().any(|path| path == name), "{name}");
        }
        let narrow = || with_autocast(DType::BF16, look);
        let (alone, beside) = (narrow(), listened(&narrow));
        assert_eq!(alone.dtype(), beside.dtype());
        let far = (alone.float() - tensor_of(&quiet)).abs().max().item();
        let largest = tensor_of(&quiet).abs().max().item();
        assert!(far < 0.05 * largest, "{far} of {largest}");
    }
}

#[test]
fn a_relu_in_the_pass_before_it_changes_no_bit_and_is_heard() {
    manual_seed(7);
    let net = Sequential::new()
        .push(ReLU::new())
        .push(Conv2d::new(2, 5, 3))
        .push(ReLU::inplace())
        .push(BatchNorm2d::new(5))
        .push(ReLU::new())
        .push(Flatten::new(1, -1))
        .push(ReLU::new())
        .push(Linear::new(5 * 4 * 4, 3))
        .push(ReLU::new())
        .push(ReLU::new());
    let x = Tensor::randn([4, 2, 6, 6]);
    let bits = |mode| {
        net.zero_grad();
        let y = net.forward(x.clone(), mode);
        y.square().sum().backward();
        let grads = net.named_parameters().into_iter().map(|(_, parameter)| {
            let grad = parameter.grad().expect("every parameter plays a part");
            grad.to_vec::<f32>()
        });
        [y.to_vec::<f32>()]
            .into_iter()
            .chain(grads)
            .map(|values| values.into_iter().map(f32::to_bits).collect::<Vec<_>>())
            .collect::<Vec<_>>()
    };
    for mode in [Mode::Train, Mode::Eval] {
        let quiet = bits(mode);
        let heard = Rc::new(RefCell::new(Vec::new()));
        let log = heard.clone();
        let listening = listen(move |call| log.borrow_mut().push(call.path.to_owned()));
        assert_eq!(bits(mode), quiet, "{mode:?}");
        drop(listening);
        let names: Vec<String> = (0..net.len()).map(|index| index.to_string()).collect();
        assert_eq!(*heard.borrow(), names);
    }
}

fn tensor_of(values: &[f32]) -> Tensor {
    Tensor::from_slice(values, [values.len() / 10, 10])
}
