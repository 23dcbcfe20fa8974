//! Tensors as they are printed from memory: views, summaries and every dtype.

use hammerhead_tensor::display::{PrintOptions, Printable};
use hammerhead_tensor::{
    Category, DType, Element, Meta, Scalar, Tensor, for_dtype, tensor, with_device,
};
use proptest::prelude::*;

#[test]
fn the_books_tables() {
    let table = tensor([[1, 2, 3], [4, 5, 6]]);
    assert_eq!(table.to_string(), "tensor([[1, 2, 3],\n        [4, 5, 6]])");
    assert_eq!(table.numpy_repr(), "array([[1, 2, 3],\n       [4, 5, 6]])");
    let scaled = &table * 1.5;
    assert_eq!(
        scaled.to_string(),
        "tensor([[1.5000, 3.0000, 4.5000],\n        [6.0000, 7.5000, 9.0000]])"
    );
    assert_eq!(
        format!("{scaled:.1}"),
        "tensor([[1.5, 3.0, 4.5],\n        [6.0, 7.5, 9.0]])"
    );
    assert_eq!(tensor([true, false]).to_string(), "tensor([ True, False])");
    let loss = Tensor::from_vec(vec![2.421875f64], ());
    assert_eq!(loss.to_string(), "tensor(2.4219, dtype=torch.float64)");
}

#[test]
fn integers_too_large_for_a_float_keep_their_digits() {
    let values = vec![i64::MAX, 1, i64::MIN, (1 << 53) + 1];
    let table = Tensor::from_vec(values, [2, 2]).t();
    assert_eq!(
        table.to_string(),
        "tensor([[ 9223372036854775807, -9223372036854775808],\n        \
         [                   1,     9007199254740993]])"
    );
}

#[test]
fn pixels_as_both_libraries_print_them() {
    let block = Tensor::from_vec(vec![0u8, 0, 29, 48, 166, 224, 93, 244, 249], [3, 3]);
    assert_eq!(
        block.to_string(),
        "tensor([[  0,   0,  29],\n        [ 48, 166, 224],\n        [ 93, 244, 249]], dtype=torch.uint8)"
    );
    assert_eq!(
        block.numpy_repr(),
        "array([[  0,   0,  29],\n       [ 48, 166, 224],\n       [ 93, 244, 249]], dtype=uint8)"
    );
}

#[test]
fn without_values_the_shape_is_printed() {
    let model = with_device(&Meta::device(), || Tensor::zeros([64, 3, 7, 7]));
    assert_eq!(
        model.to_string(),
        "tensor(..., device='meta', size=(64, 3, 7, 7))"
    );
}

#[test]
fn summaries_show_the_corners() {
    let wide = Tensor::arange(1001);
    assert_eq!(
        wide.to_string(),
        "tensor([   0,    1,    2,  ...,  998,  999, 1000])"
    );
    let edges = PrintOptions {
        threshold: 5,
        edge_items: 1,
        ..PrintOptions::torch()
    };
    let table = Tensor::arange(12).reshape([3, 4]).t();
    assert_eq!(
        table.text(&edges),
        "tensor([[ 0,  ...,  8],\n        ...,\n        [ 3,  ..., 11]])"
    );
}

proptest! {
    /// Fetching corners through views gives what fetching element by element gives.
    #[test]
    fn corners_are_the_elements_they_stand_for(
        shape in prop::collection::vec(1usize..7, 0..5),
        threshold in 0usize..40,
        edge_items in 0usize..4,
        dtype in prop::sample::select(DType::ALL.to_vec()),
        flipped: bool,
    ) {
        let count = shape.iter().product::<usize>();
        let mut tensor = for_dtype!(dtype, T => {
            let values = (0..count).map(|value| <T as Element>::from_f64(value as f64)).collect();
            Tensor::from_vec::<T>(values, shape.as_slice())
        });
        if flipped && shape.len() > 1 {
            tensor = tensor.transpose(0, -1);
        }
        let shape = tensor.shape().to_vec();
        let values: Vec<f64> = tensor.to_vec();
        let element = |index: &[usize]| {
            let flat = index.iter().zip(&shape).fold(0, |flat, (i, n)| flat * n + i);
            match dtype.category() {
                Category::Float => Scalar::Float(values[flat]),
                Category::Int => Scalar::Int(values[flat] as i64),
                Category::Bool => Scalar::Bool(values[flat] != 0.0),
            }
        };
        let options = PrintOptions { threshold, edge_items, ..PrintOptions::torch() };
        let expected = Printable::new(&shape, dtype, &element).torch(&options);
        prop_assert_eq!(tensor.text(&options), expected);
    }
}
