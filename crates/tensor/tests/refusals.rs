//! What is refused, by name, rather than computed wrongly.

use std::panic::{AssertUnwindSafe, catch_unwind};

use hammerhead_tensor::prim::{Activation, Axes, Conv2d, Prim, Reduce, Update, View};
use hammerhead_tensor::{Cpu, DType, ErrorKind, Oracle, Scalar, Tensor, tensor, with_device};
use smallvec::smallvec;

/// The text of the panic that `f` must end in.
#[track_caller]
fn refusal<T>(f: impl FnOnce() -> T) -> String {
    let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(f()))) else {
        panic!("nothing was refused")
    };
    match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(payload) => (*payload.downcast::<&str>().expect("a text")).to_owned(),
    }
}

#[test]
fn a_bias_or_residual_has_the_dtype_of_the_input() {
    let bias = Tensor::zeros_with([4], DType::F64);
    let (x, weight) = (Tensor::zeros([1, 4]), Tensor::zeros([4, 4]));
    assert_eq!(
        refusal(|| x.linear(&weight, Some(&bias))),
        "matmul: the input is float32, the bias float64; they must be equal, convert one with to_dtype(..)"
    );
    let (image, kernel) = (Tensor::zeros([1, 4, 2, 2]), Tensor::zeros([4, 4, 1, 1]));
    let byte = Tensor::zeros_with([4], DType::U8);
    assert_eq!(
        refusal(|| image.conv2d(&kernel, Some(&byte), Conv2d::default())),
        "conv2d: the input is float32, the bias uint8; they must be equal, convert one with to_dtype(..)"
    );
    let residual = Tensor::zeros_with([1, 4, 2, 2], DType::F64);
    assert_eq!(
        refusal(|| image.batch_norm_train(None, Some(&residual), 1e-5, Activation::None)),
        "batch_norm: the input is float32, the residual float64; they must be equal, convert one with to_dtype(..)"
    );
}

#[test]
fn a_product_of_integers_has_its_bias_and_activation() {
    let (x, eye) = (tensor([[1, 2], [3, 4]]), tensor([[1, 0], [0, 1]]));
    let y = x.linear(&eye, Some(&tensor([10, 20])));
    assert_eq!(y.to_vec::<i64>(), [11, 22, 13, 24]);
    let y = x.linear_act(&eye, Some(&tensor([-2, -3])), Activation::Relu);
    assert_eq!(y.to_vec::<i64>(), [0, 0, 1, 1]);
}

/// One tensor would need more bytes than an address can name.
#[test]
fn sizes_that_overflow_are_refused() {
    let huge = 1usize << 32;
    let texts = [
        refusal(|| Tensor::zeros([1usize << 62])),
        refusal(|| Tensor::zeros([huge, huge])),
        refusal(|| Tensor::zeros([0, huge, huge])),
        refusal(|| Tensor::ones([1]).expand([huge, huge])),
        refusal(|| Tensor::ones([1]).repeat([huge, huge])),
        refusal(|| Tensor::ones([1, 1]).pad(&[isize::MAX, isize::MAX], 0.0)),
        refusal(|| Tensor::eye(huge)),
    ];
    for text in texts {
        assert!(
            text.ends_with("has more elements than memory can hold"),
            "{text}"
        );
    }
    assert_eq!(
        refusal(|| Tensor::zeros([0]).reshape([huge, huge])),
        "reshape: [0] has 0 elements, which do not fit into [4294967296, 4294967296]; one size may be -1 to be inferred"
    );
    assert_eq!(
        refusal(|| Tensor::ones([4]).narrow(0, 1, usize::MAX)),
        format!(
            "narrow: {} indices from 1 reach past dim 0 of [4], which has 4",
            usize::MAX
        )
    );
    let error = Tensor::from_bytes(DType::F32, [1usize << 62], &[], &Cpu::device()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "from_bytes: shape [4611686018427387904] of float32 takes more than memory can hold bytes, got 0"
    );
}

#[test]
fn too_large_for_the_machine_is_an_error() {
    for device in [Cpu::device(), Oracle::device()] {
        for size in [1usize << 45, 1 << 58] {
            let fill = Prim::Fill(smallvec![size], DType::F32, Scalar::Float(1.0));
            let error = with_device(&device, || Tensor::try_apply(fill, &[])).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Memory, "{error}");
        }
    }
}

#[test]
fn instructions_with_parameters_out_of_range_are_errors() {
    let x = Tensor::ones([4]);
    let matrix = Tensor::ones([2, 3]);
    let slice = |start, step, length| {
        Prim::View(View::Slice {
            dim: 0,
            start,
            step,
            length,
        })
    };
    let diagonal = |dims| Prim::View(View::Diagonal { offset: 0, dims });
    let axes = |dims: &[usize]| Axes {
        dims: dims.into(),
        keepdim: false,
    };
    let update = Update::Adagrad {
        lr: 0.1,
        lr_decay: 0.0,
        epsilon: 0.0,
        weight_decay: 0.0,
        step: 1,
    };
    let wrong = [
        (slice(100_000_000, 1, 1), &x),
        (slice(1, 2, 3), &x),
        (slice(0, -1, 2), &x),
        (slice(3, isize::MAX, usize::MAX), &x),
        (
            Prim::View(View::Slice {
                dim: 1,
                start: 0,
                step: 1,
                length: 1,
            }),
            &x,
        ),
        (Prim::View(View::Permute(smallvec![0, 0])), &matrix),
        (Prim::View(View::Permute(smallvec![1])), &matrix),
        (Prim::View(View::Expand(smallvec![5])), &x),
        (Prim::View(View::Reshape(smallvec![5])), &x),
        (diagonal([0, 0]), &matrix),
        (diagonal([0, 2]), &matrix),
        (Prim::Reduce(Reduce::Sum, axes(&[2])), &matrix),
        (Prim::Reduce(Reduce::Sum, axes(&[1, 0])), &matrix),
        (Prim::CumSum { dim: 1 }, &x),
        (
            Prim::Sort {
                dim: 1,
                descending: false,
            },
            &x,
        ),
        (Prim::Cat { dim: 1 }, &x),
        (
            Prim::Pad {
                widths: smallvec![],
                value: 0.0,
            },
            &x,
        ),
        (Prim::Update(update), &x),
    ];
    for (prim, x) in wrong {
        let error = Tensor::try_apply(prim.clone(), &[x]).expect_err(prim.name());
        assert_eq!(error.kind(), ErrorKind::Shape, "{error}");
        assert!(error.to_string().starts_with(prim.name()), "{error}");
    }
    let whole = Tensor::try_apply(slice(3, -1, 4), &[&x]).unwrap();
    assert_eq!(whole[0].shape(), [4]);
    let none = Prim::View(View::Diagonal {
        offset: isize::MIN,
        dims: [0, 1],
    });
    assert_eq!(Tensor::try_apply(none, &[&matrix]).unwrap()[0].shape(), [0]);
}
