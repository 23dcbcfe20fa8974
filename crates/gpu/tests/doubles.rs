//! Doubles on devices that compute with them: functions at a million points and at special ones against
//! the standard library, conversions, draws. Other devices refuse them by name.

use hammerhead_gpu::Vulkan;
use hammerhead_tensor::device::DeviceRef;
use hammerhead_tensor::prim::{Binary, Compare, Prim, Unary};
use hammerhead_tensor::random::{CounterGenerator, Generator};
use hammerhead_tensor::{Cpu, DType, Tensor, bf16, f16, with_device, with_generator};

/// The device, if it computes with doubles; else it is seen to refuse them.
fn device() -> Option<Vulkan> {
    let gpu = Vulkan::new().unwrap();
    if gpu.info().features.contains(&"f64 arithmetic") {
        return Some(gpu);
    }
    let refused = Tensor::from_vec(vec![1.0f64], [1]).try_to(&gpu);
    let error = refused.unwrap_err().to_string();
    assert!(error.contains("f64 tensors are not supported"), "{error}");
    None
}

fn run(prim: Prim, inputs: &[&Tensor]) -> Tensor {
    Tensor::try_apply(prim, inputs).unwrap().remove(0)
}

/// The standard library's function of two numbers.
type OfTwo = fn(f64, f64) -> f64;

const POINTS: usize = 1 << 20;

fn uniform(seed: u64) -> Vec<f64> {
    let mut out = vec![0.0; POINTS];
    CounterGenerator::new(seed).uniform_f64(&mut out);
    out
}

/// Half of the points evenly between two bounds, half over magnitudes from one to another, of both signs.
fn points(seed: u64, [low, high]: [f64; 2], [least, most]: [f64; 2]) -> Vec<f64> {
    let (from, to) = (least.log2(), most.log2());
    let point = |(i, (u, sign)): (usize, (f64, f64))| match i % 2 {
        0 => low + (high - low) * u,
        _ => (from + (to - from) * u).exp2().copysign(sign - 0.5),
    };
    let draws = uniform(seed).into_iter().zip(uniform(seed + 1));
    draws.enumerate().map(point).collect()
}

/// How many steps from one double to the next lie between two; 0 if both are NaN, and more than any bound
/// if one is.
fn steps(a: f64, b: f64) -> u64 {
    let place = |x: f64| match x.to_bits().cast_signed() {
        bits if bits < 0 => i64::MIN - bits,
        bits => bits,
    };
    match (a.is_nan(), b.is_nan()) {
        (true, true) => 0,
        (false, false) => place(a).abs_diff(place(b)),
        _ => u64::MAX,
    }
}

/// Whether a result is 0 in the place of a number below the normal ones, which a device may lose.
fn flushed(ours: f64, theirs: f64) -> bool {
    ours == 0.0 && theirs.abs() < f64::MIN_POSITIVE
}

#[track_caller]
fn assert_near(name: &str, most: u64, at: &[&[f64]], ours: &[f64], theirs: &[f64]) {
    let apart = |i: &usize| match (ours[*i], theirs[*i]) {
        (ours, theirs) if flushed(ours, theirs) => 0,
        (ours, theirs) => steps(ours, theirs),
    };
    let worst = (0..ours.len()).max_by_key(apart).expect("there are points");
    assert!(
        apart(&worst) <= most,
        "{name} of {:?}: {:e}, not {:e}: {} steps apart",
        at.iter().map(|x| x[worst]).collect::<Vec<f64>>(),
        ours[worst],
        theirs[worst],
        apart(&worst),
    );
}

/// A function of one operand, the standard library's, bounds of half of the points, magnitudes of the
/// other half, and how many steps apart results may be.
type One = (Unary, fn(f64) -> f64, [f64; 2], [f64; 2], u64);

const WIDE: [f64; 2] = [1e-300, 1e300];

const ONE: [One; 13] = [
    (Unary::Exp, f64::exp, [-708.0, 709.0], [1e-30, 700.0], 1),
    (Unary::Expm1, f64::exp_m1, [-40.0, 709.0], [1e-30, 40.0], 2),
    (Unary::Log, f64::ln, [0.0, 3.0], WIDE, 1),
    (Unary::Log2, f64::log2, [0.0, 3.0], WIDE, 1),
    (Unary::Log10, f64::log10, [0.0, 3.0], WIDE, 2),
    (Unary::Log1p, f64::ln_1p, [-1.0, 3.0], WIDE, 2),
    (Unary::Sin, f64::sin, [-20.0, 20.0], WIDE, 1),
    (Unary::Cos, f64::cos, [-20.0, 20.0], WIDE, 1),
    (Unary::Tan, f64::tan, [-20.0, 20.0], WIDE, 3),
    (Unary::Atan, f64::atan, [-3.0, 3.0], WIDE, 2),
    (Unary::Tanh, f64::tanh, [-20.0, 20.0], [1e-300, 1e3], 4),
    (Unary::Sqrt, f64::sqrt, [0.0, 3.0], WIDE, 0),
    (Unary::Sigmoid, sigmoid, [-20.0, 20.0], [1e-300, 700.0], 4),
];

fn sigmoid(x: f64) -> f64 {
    let e = (-x.abs()).exp();
    (if x < 0.0 { e } else { 1.0 }) / (1.0 + e)
}

fn remainder(a: f64, b: f64) -> f64 {
    let rest = a % b;
    let differ = rest != 0.0 && (rest < 0.0) != (b < 0.0);
    if differ { rest + b } else { rest }
}

#[test]
fn functions_of_one_are_near_the_standard_librarys_at_a_million_points() {
    let Some(gpu) = device() else { return };
    for (seed, (op, theirs, bounds, magnitudes, most)) in ONE.into_iter().enumerate() {
        let x = points(2 * seed as u64, bounds, magnitudes);
        let on = Tensor::from_slice(&x, [POINTS]).to(&gpu);
        let ours = run(Prim::Unary(op), &[&on]).to_vec::<f64>();
        let theirs: Vec<f64> = x.iter().map(|&x| theirs(x)).collect();
        assert_near(op.name(), most, &[&x], &ours, &theirs);
    }
}

#[test]
fn functions_of_two_are_near_the_standard_librarys_at_a_million_points() {
    let Some(gpu) = device() else { return };
    let check = |op: Binary, most, theirs: fn(f64, f64) -> f64, a: &[f64], b: &[f64]| {
        let [left, right] = [a, b].map(|x| Tensor::from_slice(x, [POINTS]).to(&gpu));
        let ours = run(Prim::Binary(op), &[&left, &right]).to_vec::<f64>();
        let theirs: Vec<f64> = a.iter().zip(b).map(|(&a, &b)| theirs(a, b)).collect();
        assert_near(op.name(), most, &[a, b], &ours, &theirs);
    };
    let any = |seed| points(seed, [-100.0, 100.0], [1e-20, 1e20]);
    let wide = |seed| points(seed, [-1.0, 1.0], [1e-250, 1e250]);
    check(Binary::Atan2, 2, f64::atan2, &any(1), &any(3));
    check(Binary::Atan2, 2, f64::atan2, &wide(5), &wide(7));
    check(Binary::Remainder, 0, remainder, &any(9), &any(11));
    let bases: Vec<f64> = points(13, [0.0, 3.0], WIDE)
        .into_iter()
        .map(f64::abs)
        .collect();
    // Exponents that reach from one end of the doubles to the other.
    let reach = |(x, u): (&f64, f64)| (2.0 * u - 1.0) * 1020.0 / x.log2();
    let exponents: Vec<f64> = bases.iter().zip(uniform(15)).map(reach).collect();
    check(Binary::Pow, 1, f64::powf, &bases, &exponents);
    let whole: Vec<f64> = uniform(16)
        .into_iter()
        .map(|u| (40.0 * u - 20.0).round())
        .collect();
    check(Binary::Pow, 1, f64::powf, &any(17), &whole);
}

#[test]
fn the_error_function_and_the_normal_distribution_are_accurate() {
    let Some(gpu) = device() else { return };
    // By arithmetic with 50 digits.
    for (op, x, right) in [
        (Unary::Erf, 0.25, 0.27632639016823696),
        (Unary::Erf, 1.0, 0.8427007929497149),
        (Unary::Erf, 1.9, 0.9927904292352575),
        (Unary::Erf, 3.0, 0.9999779095030014),
        (Unary::Ndtr, 0.3, 0.6179114221889527),
        (Unary::Ndtr, -1.25, 0.10564977366685525),
        (Unary::Ndtr, -10.0, 7.619853024160525e-24),
        (Unary::Ndtr, -37.5, 4.605353009581955e-308),
    ] {
        let on = Tensor::from_slice(&[x], [1]).to(&gpu);
        let ours = run(Prim::Unary(op), &[&on]).to_vec::<f64>()[0];
        assert!(
            steps(ours, right) <= 6,
            "{op:?} of {x}: {ours:e}, not {right:e}"
        );
    }
    let x = points(1, [-6.0, 6.0], [1e-300, 6.0]);
    let host = Tensor::from_slice(&x, [POINTS]);
    let on = host.to(&gpu);
    // The CPU takes the exponential of a rounded square, and the middle of the distribution from 1/2.
    for (op, relative, least) in [(Unary::Erf, 4e-15, 0.0), (Unary::Ndtr, 2e-14, 1e-15)] {
        let [ours, theirs] = [&on, &host].map(|x| run(Prim::Unary(op), &[x]).to_vec::<f64>());
        for ((ours, theirs), x) in ours.iter().zip(&theirs).zip(&x) {
            assert!(
                (ours - theirs).abs() <= f64::max(relative * theirs.abs(), least),
                "{op:?} of {x:e}: {ours:e}, not {theirs:e}"
            );
        }
    }
}

/// Zeros, infinities, NaN, the bounds of normal numbers, and what functions treat in a way of its own.
fn special() -> Vec<f64> {
    let sizes = [
        0.0,
        f64::INFINITY,
        f64::MAX,
        f64::MIN_POSITIVE,
        1.0,
        0.5,
        2.0,
        3.0,
        1.5,
        1e-17,
        1e17,
        9_007_199_254_740_993.0,
        710.0,
        745.2,
    ];
    let both = sizes.into_iter().flat_map(|x| [x, -x]);
    std::iter::once(f64::NAN).chain(both).collect()
}

/// A few steps apart, and zeros of one sign.
fn agree(ours: f64, theirs: f64) -> bool {
    let signs = ours.is_sign_negative() == theirs.is_sign_negative();
    (theirs != 0.0 && flushed(ours, theirs)) || (steps(ours, theirs) <= 4 && (signs || ours != 0.0))
}

#[test]
fn special_values_are_the_standard_librarys() {
    let Some(gpu) = device() else { return };
    let values = special();
    let count = values.len();
    let x = Tensor::from_slice(&values, [count]).to(&gpu);
    for (op, theirs, ..) in ONE {
        let ours = run(Prim::Unary(op), &[&x]).to_vec::<f64>();
        for (&x, ours) in values.iter().zip(ours) {
            let theirs = theirs(x);
            assert!(
                agree(ours, theirs),
                "{op:?} of {x:e}: {ours:e}, not {theirs:e}"
            );
        }
    }
    let (down, across) = (x.reshape([count, 1]), x.reshape([1, count]));
    let two: [(Binary, OfTwo); 3] = [
        (Binary::Pow, f64::powf),
        (Binary::Atan2, f64::atan2),
        (Binary::Remainder, remainder),
    ];
    for (op, theirs) in two {
        let ours = run(Prim::Binary(op), &[&down, &across]).to_vec::<f64>();
        for (i, ours) in ours.into_iter().enumerate() {
            let (a, b) = (values[i / count], values[i % count]);
            let theirs = theirs(a, b);
            assert!(
                agree(ours, theirs),
                "{op:?} of {a:e}, {b:e}: {ours:e}, not {theirs:e}"
            );
        }
    }
    for (op, wins) in [(Binary::Maximum, 1.0), (Binary::Minimum, -1.0)] {
        let ours = run(Prim::Binary(op), &[&down, &across]).to_vec::<f64>();
        for (i, ours) in ours.into_iter().enumerate() {
            let (a, b) = (values[i / count], values[i % count]);
            let right = match wins * a > wins * b {
                _ if a.is_nan() || b.is_nan() => f64::NAN,
                true => a,
                false => b,
            };
            assert!(
                ours == right || (ours.is_nan() && right.is_nan()),
                "{op:?} of {a:e}, {b:e}: {ours:e}"
            );
        }
    }
}

/// Numbers of every exponent, ties of every narrower dtype, and special ones.
fn to_convert() -> Vec<f64> {
    let mut values = special();
    values.extend([
        5e-324, -1e-310, 1e-45, 7e-46, 7.1e-46, 65_519.99, 65_520.0, 3.5e38,
    ]);
    let cut = |u: f64, digits: i32| 1.0 + (u * 2f64.powi(digits)).round() / 2f64.powi(digits);
    for (i, u) in uniform(3).into_iter().take(20_000).enumerate() {
        let power = |of: usize| f64::from((i % of) as i32 - of as i32 / 2).exp2();
        values.push((1.0 + u) * power(2200));
        values.push(cut(u, 25) * power(330));
        values.push(-cut(u, 12) * power(60));
    }
    values
}

/// A double as a `bf16`, by a float that keeps in its last digit that some were lost.
fn brain(x: f64) -> bf16 {
    let single = x as f32;
    let wide = f64::from(single);
    if wide == x || !single.is_finite() {
        return bf16::from_f32(single);
    }
    let towards_zero = single.to_bits() - u32::from(wide.abs() > x.abs());
    bf16::from_f32(f32::from_bits(towards_zero | 1))
}

#[test]
fn conversions_are_exact() {
    let Some(gpu) = device() else { return };
    let values = to_convert();
    let x = Tensor::from_slice(&values, [values.len()]).to(&gpu);
    let bits = |values: Vec<f64>| -> Vec<u64> {
        let canonical = |x: f64| if x.is_nan() { f64::NAN } else { x };
        values.into_iter().map(|x| canonical(x).to_bits()).collect()
    };
    let check = |dtype: DType, right: fn(f64) -> f64| {
        let narrow = x.to_dtype(dtype);
        let right = bits(values.iter().map(|&x| right(x)).collect());
        // Read as they are, and made doubles again by the device.
        let back = narrow.to_dtype(DType::F64);
        for (name, ours) in [("as", narrow.to_vec::<f64>()), ("by", back.to_vec())] {
            let differs = bits(ours).iter().zip(&right).position(|(a, b)| a != b);
            let at = differs.map(|i| values[i]);
            assert_eq!(at, None, "{name} {dtype}");
        }
    };
    check(DType::F32, |x| f64::from(x as f32));
    check(DType::F16, |x| f16::from_f64(x).to_f64());
    check(DType::BF16, |x| brain(x).to_f64());
    check(DType::I64, |x| (x as i64) as f64);
    check(DType::Bool, |x| f64::from(u8::from(x != 0.0)));
    let whole = x.to_dtype(DType::I64).to_vec::<i64>();
    assert!(whole.iter().zip(&values).all(|(&n, &x)| n == x as i64));

    let most = i64::MAX;
    let mut whole = vec![0, 1, -1, most, i64::MIN, most - 511, most - 512, most - 513];
    for (i, u) in uniform(5).into_iter().take(50_000).enumerate() {
        let bits = (u * 2f64.powi(53)) as i64;
        whole.push(((bits << 11) | (bits >> 42)) >> (i % 63));
        whole.push((1 << (i % 62)) + (i as i64 % 7) - 3);
    }
    let doubles = Tensor::from_slice(&whole, [whole.len()])
        .to(&gpu)
        .to_dtype(DType::F64)
        .to_vec::<f64>();
    let differs = whole.iter().zip(doubles).find(|&(&n, x)| x != n as f64);
    assert_eq!(differs, None);
}

#[test]
fn comparisons_and_order_see_every_bit() {
    let Some(gpu) = device() else { return };
    let mut values = special();
    values.extend([1.0 + f64::EPSILON, 1.0 - f64::EPSILON, 5e-324, -5e-324]);
    let count = values.len();
    let host = Tensor::from_slice(&values, [count]);
    let x = host.to(&gpu);
    let compared = |x: &Tensor| {
        let (down, across) = (x.reshape([count, 1]), x.reshape([1, count]));
        Compare::ALL.map(|op| run(Prim::Compare(op), &[&down, &across]).to_vec::<bool>())
    };
    assert_eq!(compared(&x), compared(&host));
    let sorted = |x: &Tensor, descending| {
        let (values, places) = x.sort(0, descending);
        let bits = values.to_vec::<f64>().into_iter().map(f64::to_bits);
        (bits.collect::<Vec<u64>>(), places.to_vec::<i64>())
    };
    for descending in [false, true] {
        assert_eq!(sorted(&x, descending), sorted(&host, descending));
    }
    // With the NaN in front and without it.
    for from in [0, 1] {
        let [ours, theirs] = [&x, &host].map(|x| {
            let part = x.narrow(0, from, count - from as usize);
            [part.argmax(), part.argmin()].map(|place| place.to_scalar::<i64>())
        });
        assert_eq!(ours, theirs);
    }
}

#[test]
fn draws_are_the_cpus_bit_for_bit() {
    let Some(gpu) = device() else { return };
    let draw = |device: &DeviceRef, skipped: usize, count: usize| {
        let mut generator = CounterGenerator::new(11);
        with_device(device, || {
            with_generator(&mut generator, || {
                // So many words are gone before.
                let _ = Tensor::rand([skipped]);
                let uniform = Tensor::uniform([count], -1.5, 3.0, DType::F64);
                let normal = Tensor::normal([count], 1.0, 2.0, DType::F64);
                [uniform, normal].map(|x| {
                    let bits = x.to_vec::<f64>().into_iter().map(f64::to_bits);
                    bits.collect::<Vec<u64>>()
                })
            })
        })
    };
    for (skipped, count) in [
        (0, 1),
        (1, 7),
        (1, 8),
        (2, 9),
        (15, 100),
        (16, 1),
        (3, 300_001),
    ] {
        let (ours, theirs) = (
            draw(&gpu, skipped, count),
            draw(&Cpu::device(), skipped, count),
        );
        for (kind, (ours, theirs)) in ["uniform", "normal"].iter().zip(ours.iter().zip(&theirs)) {
            let differ = ours.iter().zip(theirs).filter(|(a, b)| a != b).count();
            assert_eq!(differ, 0, "{kind}: of {count} after {skipped} words");
        }
    }
}
