//! The compatibility generators against PyTorch's and numpy's own draws, taken in sequence.

use hammerhead_tensor::random::{self, Generator, NumpyGenerator, TorchGenerator};
use serde_json::Value;

/// Normals may differ by the last bits of the other library's logarithm and cosine.
const NORMAL_TOLERANCE: f64 = 1e-6;

fn fixture(name: &str) -> Value {
    let path = format!("{}/../testkit/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn floats(draw: &Value) -> Vec<f64> {
    let values = draw["values"].as_array().unwrap();
    values.iter().map(|value| value.as_f64().unwrap()).collect()
}

fn integers(draw: &Value) -> Vec<i64> {
    let values = draw["values"].as_array().unwrap();
    values.iter().map(|value| value.as_i64().unwrap()).collect()
}

fn draw_f32(n: usize, fill: impl FnOnce(&mut [f32])) -> Vec<f64> {
    let mut out = vec![0.0; n];
    fill(&mut out);
    out.into_iter().map(f64::from).collect()
}

fn draw_f64(n: usize, fill: impl FnOnce(&mut [f64])) -> Vec<f64> {
    let mut out = vec![0.0; n];
    fill(&mut out);
    out
}

fn draw_between(generator: &mut dyn Generator, draw: &Value, n: usize) -> Vec<i64> {
    let mut out = vec![0; n];
    let bound = |name: &str| draw[name].as_i64().unwrap();
    generator.integers(bound("low"), bound("high"), &mut out);
    out
}

fn assert_close(actual: &[f64], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(actual.len(), expected.len(), "{what}");
    for (index, (a, e)) in actual.iter().zip(expected).enumerate() {
        assert!(
            (a - e).abs() <= tolerance,
            "{what}: element {index} is {a}, not {e}"
        );
    }
}

/// Runs one case of either library, going through a saved state between all draws.
fn replay<G: Generator>(
    case: &Value,
    mut generator: G,
    check: impl Fn(&mut G, &Value, &str),
) -> usize {
    let sequence = case["sequence"].as_array().unwrap();
    for (index, draw) in sequence.iter().enumerate() {
        let saved = generator.state();
        let bits = random::from_state(&saved).unwrap().next_u64();
        assert_eq!(bits, generator.next_u64());
        generator.restore(&saved).unwrap();
        let what = format!("seed {}, draw {index}: {}", case["seed"], draw["kind"]);
        check(&mut generator, draw, &what);
    }
    sequence.len()
}

fn check_torch(generator: &mut TorchGenerator, draw: &Value, what: &str) {
    let n = draw["values"].as_array().unwrap().len();
    match draw["kind"].as_str().unwrap() {
        "rand" => assert_eq!(
            draw_f32(n, |out| generator.uniform_f32(out)),
            floats(draw),
            "{what}"
        ),
        "rand_f64" => assert_eq!(
            draw_f64(n, |out| generator.uniform_f64(out)),
            floats(draw),
            "{what}"
        ),
        "randn" => {
            let values = draw_f32(n, |out| generator.normal_f32(out));
            assert_close(&values, &floats(draw), NORMAL_TOLERANCE, what);
        }
        "randn_f64" => {
            let values = draw_f64(n, |out| generator.normal_f64(out));
            assert_close(&values, &floats(draw), 1e-14, what);
        }
        "randperm" => assert_eq!(generator.permutation(n), integers(draw), "{what}"),
        "random_i64" => assert_eq!(vec![generator.random_i64()], integers(draw), "{what}"),
        "randint" => assert_eq!(draw_between(generator, draw, n), integers(draw), "{what}"),
        kind => panic!("{what}: unknown kind {kind}"),
    }
}

fn check_numpy(generator: &mut NumpyGenerator, draw: &Value, what: &str) {
    let n = draw["values"].as_array().unwrap().len();
    match draw["kind"].as_str().unwrap() {
        "normal" => assert_close(&generator.normal(0.0, 1.0, n), &floats(draw), 1e-14, what),
        "uniform" => assert_eq!(generator.uniform(0.0, 1.0, n), floats(draw), "{what}"),
        "random" => assert_eq!(
            draw_f64(n, |out| generator.uniform_f64(out)),
            floats(draw),
            "{what}"
        ),
        "permutation" => assert_eq!(generator.permutation(n), integers(draw), "{what}"),
        "randint" => assert_eq!(draw_between(generator, draw, n), integers(draw), "{what}"),
        kind => panic!("{what}: unknown kind {kind}"),
    }
}

fn replay_file(name: &str) -> (usize, usize) {
    let fixture = fixture(name);
    let seed = |case: &Value| case["seed"].as_u64().unwrap();
    let torch = fixture["torch_cases"].as_array().unwrap().iter();
    let numpy = fixture["numpy_cases"].as_array().unwrap().iter();
    (
        torch
            .map(|case| replay(case, TorchGenerator::new(seed(case)), check_torch))
            .sum(),
        numpy
            .map(|case| {
                let seed = u32::try_from(seed(case)).unwrap();
                replay(case, NumpyGenerator::new(seed), check_numpy)
            })
            .sum(),
    )
}

#[test]
fn the_whole_of_rng_json() {
    assert_eq!(replay_file("rng.json"), (36, 15));
}

#[test]
fn double_precision_integers_and_base_seeds() {
    assert_eq!(replay_file("rng_more.json"), (30, 30));
}

#[test]
fn the_books_parameters_with_seed_42() {
    let mut generator = TorchGenerator::new(42);
    draw_f32(20, |out| generator.normal_f32(out));
    let params = draw_f32(3, |out| generator.normal_f32(out));
    let printed: Vec<String> = params.iter().map(|value| format!("{value:.4}")).collect();
    assert_eq!(printed, ["-0.7658", "-0.7506", "1.3525"]);
}
