//! Laws every generator keeps, and the moments of what it draws.

use hammerhead_tensor::random::{
    self, CounterGenerator, Generator, GeneratorState, NumpyGenerator, StateError, TorchGenerator,
};
use hammerhead_tensor::with_threads;
use proptest::prelude::*;

fn generators(seed: u32) -> [Box<dyn Generator>; 3] {
    [
        Box::new(CounterGenerator::new(u64::from(seed))),
        Box::new(TorchGenerator::new(u64::from(seed))),
        Box::new(NumpyGenerator::new(seed)),
    ]
}

/// One draw of every kind, as bits, so that streams can be compared exactly.
fn draw_everything(generator: &mut dyn Generator, n: usize) -> Vec<u64> {
    let (mut single, mut double, mut whole) = (vec![0.0f32; n], vec![0.0f64; n], vec![0; n]);
    let mut bits = vec![generator.next_u64()];
    generator.uniform_f32(&mut single);
    bits.extend(single.iter().map(|value| u64::from(value.to_bits())));
    generator.normal_f32(&mut single);
    bits.extend(single.iter().map(|value| u64::from(value.to_bits())));
    generator.uniform_f64(&mut double);
    bits.extend(double.iter().map(|value| value.to_bits()));
    generator.normal_f64(&mut double);
    bits.extend(double.iter().map(|value| value.to_bits()));
    generator.integers(-3, 40, &mut whole);
    bits.extend(whole.iter().map(|value| *value as u64));
    bits.extend(generator.permutation(n).iter().map(|value| *value as u64));
    bits
}

proptest! {
    #[test]
    fn a_permutation_is_a_permutation(seed: u32, n in 0usize..400) {
        for mut generator in generators(seed) {
            let mut order = generator.permutation(n);
            order.sort_unstable();
            prop_assert_eq!(order, (0..n as i64).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_restored_state_continues_the_same_stream(seed: u32, before in 0usize..60, n in 0usize..60) {
        for mut generator in generators(seed) {
            draw_everything(&mut *generator, before);
            let bytes = generator.state().to_bytes();
            let expected = draw_everything(&mut *generator, n);
            let state = GeneratorState::from_bytes(&bytes).unwrap();
            let mut resumed = random::from_state(&state).unwrap();
            prop_assert_eq!(&draw_everything(&mut *resumed, n), &expected);
            generator.restore(&state).unwrap();
            prop_assert_eq!(&draw_everything(&mut *generator, n), &expected);
        }
    }

    #[test]
    fn damaged_state_bytes_never_panic(
        seed: u32, keep in 0usize..2700, at in 0usize..2700, value: u8,
    ) {
        for generator in generators(seed) {
            let mut bytes = generator.state().to_bytes();
            let place = at % bytes.len();
            bytes[place] = value;
            bytes.truncate(keep);
            if let Ok(state) = GeneratorState::from_bytes(&bytes)
                && let Ok(mut resumed) = random::from_state(&state)
            {
                draw_everything(&mut *resumed, 3);
            }
        }
    }

    #[test]
    fn counter_fills_do_not_depend_on_how_they_are_cut(
        seed: u64, stream: u64, cuts in prop::collection::vec(0usize..40_000, 0..5),
    ) {
        const LENGTH: usize = 40_000;
        let mut edges = cuts;
        edges.extend([0, LENGTH]);
        edges.sort_unstable();
        let fresh = || CounterGenerator::with_stream(seed, stream);

        let (mut whole, mut parts) = (vec![0.0f32; LENGTH], vec![0.0f32; LENGTH]);
        fresh().normal_f32(&mut whole);
        let mut generator = fresh();
        for pair in edges.windows(2) {
            generator.normal_f32(&mut parts[pair[0]..pair[1]]);
        }
        prop_assert_eq!(whole, parts);

        let (mut whole, mut parts) = (vec![0.0f64; LENGTH], vec![0.0f64; LENGTH]);
        fresh().uniform_f64(&mut whole);
        let mut generator = fresh();
        for pair in edges.windows(2) {
            generator.uniform_f64(&mut parts[pair[0]..pair[1]]);
        }
        prop_assert_eq!(whole, parts);
    }

    #[test]
    fn seeking_reaches_the_draw_it_names(seed: u64, position in 0u64..5_000) {
        let mut values = vec![0.0f32; 5_001];
        CounterGenerator::new(seed).uniform_f32(&mut values);
        let mut generator = CounterGenerator::new(seed);
        generator.seek(position);
        let mut value = [0.0f32];
        generator.uniform_f32(&mut value);
        prop_assert_eq!(value[0], values[position as usize]);
        prop_assert_eq!(generator.position(), position + 1);
    }

    #[test]
    fn draws_stay_in_their_ranges(seed: u32, low in -1_000_000i64..1_000_000, span in 1i64..1 << 50) {
        for mut generator in generators(seed) {
            let (mut single, mut double, mut whole) = ([0.0f32; 200], [0.0f64; 200], [0; 200]);
            generator.uniform_f32(&mut single);
            generator.uniform_f64(&mut double);
            generator.integers(low, low + span, &mut whole);
            prop_assert!(single.iter().all(|value| (0.0..1.0).contains(value)));
            prop_assert!(double.iter().all(|value| (0.0..1.0).contains(value)));
            prop_assert!(whole.iter().all(|value| (low..low + span).contains(value)));
        }
    }
}

#[test]
fn one_and_two_threads_draw_the_same() {
    let draw = |count| {
        let mut generator = CounterGenerator::new(9);
        let (mut single, mut double) = (vec![0.0f32; 100_001], vec![0.0f64; 70_003]);
        with_threads(count, || {
            generator.uniform_f32(&mut single);
            generator.normal_f64(&mut double);
        });
        (single, double, generator.position())
    };
    assert_eq!(draw(1), draw(2));
}

/// Mean, variance, skewness and excess kurtosis.
fn moments(values: &[f64]) -> [f64; 4] {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let central = |power| values.iter().map(|v| (v - mean).powi(power)).sum::<f64>() / n;
    let variance = central(2);
    [
        mean,
        variance,
        central(3) / variance.powf(1.5),
        central(4) / variance.powi(2) - 3.0,
    ]
}

#[test]
fn moments_are_those_of_the_distribution() {
    // Five standard errors of each moment at this many draws.
    const COUNT: usize = 200_000;
    let error = |spread: f64| 5.0 * (spread / COUNT as f64).sqrt();
    let check = |values: &[f64], expected: [f64; 4], spreads: [f64; 4], what: &str| {
        let actual = moments(values);
        for moment in 0..4 {
            let distance = (actual[moment] - expected[moment]).abs();
            assert!(
                distance < error(spreads[moment]),
                "{what}: moments {actual:?}"
            );
        }
    };
    for mut generator in generators(2026) {
        let name = generator.algorithm();
        let (mut single, mut double) = (vec![0.0f32; COUNT], vec![0.0f64; COUNT]);
        let widen = |values: &[f32]| values.iter().map(|v| f64::from(*v)).collect::<Vec<_>>();
        let normal = ([0.0, 1.0, 0.0, 0.0], [1.0, 2.0, 6.0, 24.0]);
        let uniform = (
            [0.5, 1.0 / 12.0, 0.0, -1.2],
            [1.0 / 12.0, 1.0 / 180.0, 2.1, 2.1],
        );
        generator.normal_f32(&mut single);
        check(
            &widen(&single),
            normal.0,
            normal.1,
            &format!("{name} normal_f32"),
        );
        generator.normal_f64(&mut double);
        check(&double, normal.0, normal.1, &format!("{name} normal_f64"));
        generator.uniform_f32(&mut single);
        check(
            &widen(&single),
            uniform.0,
            uniform.1,
            &format!("{name} uniform_f32"),
        );
        generator.uniform_f64(&mut double);
        check(
            &double,
            uniform.0,
            uniform.1,
            &format!("{name} uniform_f64"),
        );
    }
}

#[test]
fn every_order_of_four_is_equally_likely() {
    const ROUNDS: usize = 24_000;
    for mut generator in generators(5) {
        let mut counts = std::collections::HashMap::new();
        for _ in 0..ROUNDS {
            *counts.entry(generator.permutation(4)).or_insert(0usize) += 1;
        }
        assert_eq!(counts.len(), 24);
        let expected = ROUNDS as f64 / 24.0;
        let chi_squared: f64 = counts
            .values()
            .map(|count| (*count as f64 - expected).powi(2) / expected)
            .sum();
        // The 99.99 % point of chi-squared with 23 degrees of freedom.
        assert!(
            chi_squared < 58.6,
            "{}: chi-squared {chi_squared}",
            generator.algorithm()
        );
    }
}

#[test]
fn streams_and_seeds_differ() {
    let first = |seed, stream| CounterGenerator::with_stream(seed, stream).next_u64();
    let draws = [
        first(0, 0),
        first(0, 1),
        first(1, 0),
        first(1, 1),
        first(1 << 63, 0),
    ];
    for (index, draw) in draws.iter().enumerate() {
        assert!(!draws[..index].contains(draw));
    }
}

#[test]
fn a_state_of_another_generator_is_refused_by_name() {
    let mut generator = CounterGenerator::new(1);
    let before = generator.state();
    let error = generator
        .restore(&TorchGenerator::new(1).state())
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "generator state: saved by `torch.mt19937`, but this generator is `hammerhead.chacha8`"
    );
    assert_eq!(generator.state(), before);
    let unknown = GeneratorState::new("xorshift", vec![]);
    assert_eq!(
        random::from_state(&unknown).err(),
        Some(StateError::UnknownAlgorithm("xorshift".to_owned()))
    );
    let short = GeneratorState::new(before.algorithm(), vec![1]);
    assert_eq!(
        generator.restore(&short).unwrap_err().to_string(),
        "generator state: `hammerhead.chacha8` saves 3 words, not 1; the state is truncated or damaged"
    );
}
