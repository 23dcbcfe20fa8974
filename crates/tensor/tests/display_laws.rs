//! Laws of printing: it never panics, never looks at what is not seen, and keeps every element.

use std::cell::RefCell;
use std::collections::HashSet;

use half::{bf16, f16};
use hammerhead_tensor::display::{Gradient, PrintOptions, Printable};
use hammerhead_tensor::{DType, Scalar};
use proptest::prelude::*;

fn dtypes() -> impl Strategy<Value = DType> {
    prop::sample::select(DType::ALL.to_vec())
}

/// A value of the dtype from any 64 bits, so that every float, NaN and subnormal may come.
fn scalar(bits: u64, dtype: DType) -> Scalar {
    match dtype {
        DType::F32 => Scalar::Float(f64::from(f32::from_bits(bits as u32))),
        DType::F64 => Scalar::Float(f64::from_bits(bits)),
        DType::F16 => Scalar::Float(f16::from_bits(bits as u16).to_f64()),
        DType::BF16 => Scalar::Float(bf16::from_bits(bits as u16).to_f64()),
        DType::I64 => Scalar::Int(bits as i64),
        DType::U8 => Scalar::Int(i64::from(bits as u8)),
        DType::Bool => Scalar::Bool(bits & 1 == 1),
    }
}

fn options() -> impl Strategy<Value = PrintOptions> {
    let counts = (0usize..12, 0usize..4, 0usize..100);
    (0u16..20, counts, any::<Option<bool>>()).prop_map(|(precision, counts, scientific)| {
        PrintOptions {
            precision,
            threshold: counts.0,
            edge_items: counts.1,
            line_width: counts.2,
            scientific,
        }
    })
}

fn all_texts(tensor: &Printable<'_>, options: &PrintOptions) -> [String; 4] {
    [
        tensor.torch(options),
        tensor.torch_parameter(options),
        tensor.numpy_repr(options),
        tensor.numpy_str(options),
    ]
}

fn element_of<'a>(
    shape: &'a [usize],
    values: &'a [u64],
    dtype: DType,
) -> impl Fn(&[usize]) -> Scalar + 'a {
    move |index| {
        assert!(
            index
                .iter()
                .zip(shape)
                .all(|(position, extent)| position < extent)
        );
        let flat = index.iter().zip(shape).fold(0, |flat, (i, n)| flat * n + i);
        scalar(values[flat % values.len()], dtype)
    }
}

proptest! {
    #[test]
    fn printing_never_panics(
        shape in prop::collection::vec(0usize..6, 0..6),
        values in prop::collection::vec(any::<u64>(), 1..50),
        dtype in dtypes(),
        options in options(),
        function in prop::option::of("[A-Za-z]{0,90}"),
    ) {
        let element = element_of(&shape, &values, dtype);
        let gradient = function.as_deref().map_or(Gradient::Required, Gradient::Function);
        let tensor = Printable::new(&shape, dtype, &element).with_gradient(gradient);
        for text in all_texts(&tensor, &options) {
            let opened = text.matches('[').count();
            prop_assert_eq!(opened, text.matches(']').count());
        }
        all_texts(&Printable::without_elements(&shape, dtype).on_device("meta"), &options);
    }

    #[test]
    fn huge_tensors_cost_their_edges(
        shape in prop::collection::vec(7usize..1 << 40, 1..5),
        edge_items in 1usize..4,
        dtype in dtypes(),
    ) {
        prop_assume!(shape.iter().map(|n| *n as f64).product::<f64>() > 1000.0);
        let asked = RefCell::new(HashSet::new());
        let element = |index: &[usize]| {
            assert!(asked.borrow_mut().insert(index.to_vec()), "an element was asked for twice");
            scalar(0, dtype)
        };
        let tensor = Printable::new(&shape, dtype, &element);
        tensor.torch(&PrintOptions { edge_items, ..PrintOptions::torch() });
        prop_assert_eq!(asked.borrow().len(), (2 * edge_items).pow(shape.len() as u32));
    }

    #[test]
    fn numpys_floats_read_back_exactly_when_the_precision_allows(
        bits: u64, dtype in dtypes().prop_filter("floats", |dtype| dtype.is_float()),
    ) {
        let values = [bits];
        let element = element_of(&[], &values, dtype);
        let Scalar::Float(value) = element(&[]) else { unreachable!() };
        prop_assume!(value.is_finite());
        let text = Printable::new(&[], dtype, &element).numpy_str(&PrintOptions::numpy());
        let read: f64 = text.parse().unwrap();
        let rounded = match dtype {
            DType::F32 => f64::from(read as f32),
            DType::F16 => f16::from_f64(read).to_f64(),
            DType::BF16 => bf16::from_f64(read).to_f64(),
            _ => read,
        };
        prop_assert_eq!(rounded.to_bits(), value.to_bits());
    }

    #[test]
    fn torchs_integers_read_back(
        rows in 1usize..9, values in prop::collection::vec(any::<i64>(), 1..20),
    ) {
        let shape = [rows, values.len()];
        let element = |index: &[usize]| Scalar::Int(values[index[1]]);
        let text = Printable::new(&shape, DType::I64, &element).torch(&PrintOptions::torch());
        let read: Vec<i64> = text
            .split(|c: char| c != '-' && !c.is_ascii_digit())
            .filter(|word| !word.is_empty())
            .map(|word| word.parse().unwrap())
            .collect();
        prop_assert_eq!(read, values.repeat(rows));
    }

    #[test]
    fn no_line_is_longer_than_asked_unless_one_element_is(
        values in prop::collection::vec(-1e5f64..1e5, 1..200), line_width in 30usize..120,
    ) {
        let shape = [values.len()];
        let element = |index: &[usize]| Scalar::Float(values[index[0]]);
        let tensor = Printable::new(&shape, DType::F64, &element);
        let torch = tensor.torch(&PrintOptions { line_width, ..PrintOptions::torch() });
        let numpy = tensor.numpy_repr(&PrintOptions { line_width, ..PrintOptions::numpy() });
        // PyTorch does not count the brackets and the parenthesis that end its last line.
        prop_assert!(torch.lines().all(|line| line.len() <= line_width + 3), "{}", torch);
        prop_assert!(numpy.lines().all(|line| line.len() <= line_width), "{}", numpy);
    }
}
