//! Mixed precision: which instructions take their operands in which dtype.

use std::panic::catch_unwind;

use hammerhead_tensor::prim::{Activation, Conv2d};
use hammerhead_tensor::{DType, Tensor, autocast, cat, with_autocast, with_threads};

fn ones(shape: &[usize], dtype: DType) -> Tensor {
    Tensor::ones_with(shape, dtype)
}

#[test]
fn products_are_narrow_and_what_grows_is_wide() {
    for narrow in [DType::F16, DType::BF16] {
        let dtype = |f: &dyn Fn() -> Tensor| with_autocast(narrow, f).dtype();
        let (x, half) = (ones(&[2, 3], DType::F32), ones(&[2, 3], narrow));
        let (weight, bias) = (ones(&[4, 3], DType::F32), ones(&[4], DType::F32));
        let image = ones(&[1, 2, 5, 5], DType::F32);
        let kernel = ones(&[2, 2, 3, 3], DType::F32);
        assert_eq!(dtype(&|| x.matmul(&weight.t())), narrow);
        assert_eq!(dtype(&|| half.matmul(&weight.t())), narrow);
        assert_eq!(dtype(&|| x.linear(&weight, Some(&bias))), narrow);
        assert_eq!(
            dtype(&|| image.conv2d(&kernel, None, Conv2d::default())),
            narrow
        );
        let transposed = || image.conv_transpose2d(&kernel, None, Conv2d::default(), [0, 0]);
        assert_eq!(dtype(&transposed), narrow);

        assert_eq!(dtype(&|| half.sum()), DType::F32);
        assert_eq!(dtype(&|| half.exp()), DType::F32);
        assert_eq!(dtype(&|| half.log_softmax(1)), DType::F32);
        assert_eq!(dtype(&|| half.pow(3)), DType::F32);
        assert_eq!(dtype(&|| half.norm()), DType::F32);
        assert_eq!(half.softmax(1).dtype(), narrow);
        let norm = || half.batch_norm_train(None, None, 1e-5, Activation::None);
        let (y, mean, variance) = with_autocast(narrow, norm);
        assert_eq!([y.dtype(), mean.dtype(), variance.dtype()], [DType::F32; 3]);

        assert_eq!(dtype(&|| &half + &half), narrow);
        assert_eq!(dtype(&|| half.relu()), narrow);
        assert_eq!(dtype(&|| x.relu()), DType::F32);
        assert_eq!(dtype(&|| &half + &x), DType::F32);
        assert_eq!(dtype(&|| cat(&[&half, &half], 0)), narrow);
    }
}

#[test]
fn doubles_integers_and_changes_in_place_are_left_alone() {
    with_autocast(DType::F16, || {
        for dtype in [DType::F64, DType::I64] {
            let x = ones(&[2, 2], dtype);
            assert_eq!(x.matmul(&x).dtype(), dtype);
            assert_eq!(x.sum().dtype(), dtype);
        }
        let half = ones(&[3], DType::F16);
        assert_eq!(half.exp_().dtype(), DType::F16);
    });
}

#[test]
fn numbers_beyond_16_bits_stay_finite_where_they_are_wide() {
    let x = Tensor::full_with([4], 300.0, DType::F16);
    assert!(x.square().sum().item().is_infinite());
    let wide = with_autocast(DType::F16, || x.square().sum());
    assert_eq!(wide.item(), 360_000.0);
}

#[test]
fn it_ends_with_its_scope_and_goes_along_to_other_threads() {
    let before = autocast();
    with_autocast(DType::BF16, || {
        with_threads(2, || assert_eq!(autocast(), Some(DType::BF16)));
        with_autocast(None, || assert_eq!(autocast(), None));
        assert!(catch_unwind(|| with_autocast(DType::F16, || panic!("out"))).is_err());
        assert_eq!(autocast(), Some(DType::BF16));
    });
    assert_eq!(autocast(), before);
    let text = catch_unwind(|| with_autocast(DType::F64, || ())).unwrap_err();
    assert_eq!(
        *text.downcast::<String>().unwrap(),
        "with_autocast: computes in float16 or bfloat16, not float64"
    );
}
