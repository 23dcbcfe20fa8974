//! Printed tensors against the text PyTorch and numpy print for the same values, byte for byte.

use hammerhead_tensor::display::{Gradient, PrintOptions, Printable};
use hammerhead_tensor::{DType, Scalar};
use serde_json::Value;

fn dtype(case: &Value) -> DType {
    let name = case["dtype"].as_str().unwrap();
    DType::ALL
        .into_iter()
        .find(|dtype| dtype.name() == name)
        .unwrap_or_else(|| panic!("unknown dtype {name}"))
}

fn scalar(value: &Value, dtype: DType) -> Scalar {
    if dtype == DType::Bool {
        return Scalar::Bool(value.as_bool().unwrap());
    }
    if !dtype.is_float() {
        return Scalar::Int(value.as_i64().unwrap());
    }
    let text = value.as_str();
    Scalar::Float(match text {
        Some(special) => special.parse().unwrap(),
        None => value.as_f64().unwrap(),
    })
}

fn options(case: &Value, defaults: PrintOptions) -> PrintOptions {
    let mut options = defaults;
    let given = case["options"].as_object().into_iter().flatten();
    for (name, value) in given {
        let number = || value.as_u64().unwrap() as usize;
        match name.as_str() {
            "precision" => options.precision = number() as u16,
            "threshold" => options.threshold = number(),
            "edgeitems" => options.edge_items = number(),
            "linewidth" => options.line_width = number(),
            "sci_mode" => options.scientific = value.as_bool(),
            other => panic!("unknown option {other}"),
        }
    }
    options
}

fn compare(actual: &str, case: &Value, field: &str, misses: &mut Vec<String>) {
    let expected = case[field].as_str().unwrap();
    if actual != expected {
        let (shape, dtype, given) = (&case["shape"], &case["dtype"], &case["options"]);
        misses.push(format!(
            "{field} of {dtype} {shape} {given}\nexpected:\n{expected}\nactual:\n{actual}\n"
        ));
    }
}

#[test]
fn every_text_is_byte_equal() {
    let path = format!(
        "{}/../testkit/fixtures/printing.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let fixture: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let (mut misses, mut compared) = (Vec::new(), 0);
    for case in fixture["cases"].as_array().unwrap() {
        let dtype = dtype(case);
        let extents = case["shape"].as_array().unwrap().iter();
        let shape: Vec<usize> = extents.map(|n| n.as_u64().unwrap() as usize).collect();
        let element = |index: &[usize]| {
            let flat = index
                .iter()
                .zip(&shape)
                .fold(0, |flat, (i, n)| flat * n + i);
            // Only the elements that may be seen are on file, so asking for another fails here.
            let value = match &case["edges"] {
                Value::Null => &case["values"][flat],
                edges => &edges[flat.to_string()],
            };
            scalar(value, dtype)
        };
        let mut tensor = match case["device"].as_str() {
            Some(device) => Printable::without_elements(&shape, dtype).on_device(device),
            None => Printable::new(&shape, dtype, &element),
        };
        let mut parameter = false;
        match case["gradient"].as_str() {
            None => {}
            Some("requires_grad") => tensor = tensor.with_gradient(Gradient::Required),
            Some("parameter") => {
                parameter = true;
                tensor = tensor.with_gradient(Gradient::Required);
            }
            Some(function) => tensor = tensor.with_gradient(Gradient::Function(function)),
        }
        let torch = options(case, PrintOptions::torch());
        let text = if parameter {
            tensor.torch_parameter(&torch)
        } else {
            tensor.torch(&torch)
        };
        compare(&text, case, "torch", &mut misses);
        compared += 1;
        if case["numpy_repr"].is_string() {
            let numpy = options(case, PrintOptions::numpy());
            compare(&tensor.numpy_repr(&numpy), case, "numpy_repr", &mut misses);
            compare(&tensor.numpy_str(&numpy), case, "numpy_str", &mut misses);
            compared += 2;
        }
    }
    assert!(
        misses.is_empty(),
        "{} of {compared} texts differ\n\n{}",
        misses.len(),
        misses
            .iter()
            .take(12)
            .cloned()
            .collect::<Vec<_>>()
            .join("\n")
    );
    assert!(compared > 1000, "only {compared} texts on file");
}
