//! Gradients against finite differences: what a gradient is, made a test.

use hammerhead_tensor::layout::contiguous_strides;
use hammerhead_tensor::random::{CounterGenerator, Generator};
use hammerhead_tensor::{DType, Error, Tensor, cat, no_grad};

use crate::backward::{GradOptions, of_inputs};
use crate::methods::Autograd;

/// How [`gradcheck`] looks.
#[derive(Clone, Copy, Debug)]
pub struct GradCheck {
    /// Where it looks.
    pub probe: Probe,
    /// How far an input is moved to either side.
    pub step: f64,
    /// Difference allowed, as a share of the larger value.
    pub relative: f64,
    /// Difference allowed besides.
    pub absolute: f64,
    /// Of the random directions and of the weights that make one number of the output.
    pub seed: u64,
}

/// Where [`gradcheck`] compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probe {
    /// Along this many random directions through all inputs at once: quick, and a wrong element
    /// shows in any of them.
    Directions(usize),
    /// At every element of every input: slow, and tells which is wrong.
    Elements,
}

impl Default for GradCheck {
    /// Two directions, steps of 1e-5, differences up to 1e-6 and a share of 1e-5.
    fn default() -> Self {
        Self {
            probe: Probe::Directions(2),
            step: 1e-5,
            relative: 1e-5,
            absolute: 1e-6,
            seed: 0,
        }
    }
}

/// Why a gradient did not pass.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum GradCheckError {
    /// The derivative along a direction is another one.
    #[error(
        "gradcheck: along random direction {direction} the gradient says {analytic:.9e}, finite differences {numeric:.9e} \
         (difference {:.3e}); Probe::Elements tells where", (analytic - numeric).abs()
    )]
    Direction {
        /// Which of the directions.
        direction: usize,
        /// From backward.
        analytic: f64,
        /// From finite differences.
        numeric: f64,
    },
    /// The derivative for an element is another one.
    #[error(
        "gradcheck: for element {index:?} of input {input} the gradient says {analytic:.9e}, finite differences \
         {numeric:.9e} (difference {:.3e})", (analytic - numeric).abs()
    )]
    Element {
        /// Which input.
        input: usize,
        /// Which of its elements.
        index: Vec<usize>,
        /// From backward.
        analytic: f64,
        /// From finite differences.
        numeric: f64,
    },
    /// Finite differences drown in the rounding of shorter floats.
    #[error(
        "gradcheck: {role} is {dtype}; finite differences need float64, convert with to_dtype(DType::F64)"
    )]
    DType {
        /// Which tensor.
        role: String,
        /// What it is.
        dtype: DType,
    },
    /// Backward failed.
    #[error(transparent)]
    Backward(#[from] Error),
}

/// Compares the gradients of `f` at `inputs` with central differences.
///
/// The output, of any shape, is made one number by random weights, so that one backward tells the
/// whole Jacobian's transpose apart from a wrong one. `f` should be smooth around the inputs.
///
/// ```
/// use hammerhead_autograd::{GradCheck, gradcheck};
/// use hammerhead_tensor::{DType, Tensor, tensor};
///
/// let x = tensor([0.5, -1.2, 2.0]).to_dtype(DType::F64);
/// gradcheck(|x| x[0].sin() * &x[0], &[x], GradCheck::default()).unwrap();
/// ```
///
/// # Errors
/// When they differ, showing both, when an input or the output is not `F64`, or when backward fails.
pub fn gradcheck(
    f: impl Fn(&[Tensor]) -> Tensor,
    inputs: &[Tensor],
    options: GradCheck,
) -> Result<(), GradCheckError> {
    check(|inputs| Ok(f(inputs)), inputs, options)
}

/// Compares the second derivatives of `f` with central differences of its gradients, with respect to
/// the inputs and to the gradient that backward starts from.
///
/// ```
/// use hammerhead_autograd::{GradCheck, gradgradcheck};
/// use hammerhead_tensor::{DType, tensor};
///
/// let x = tensor([0.5, -1.2]).to_dtype(DType::F64);
/// gradgradcheck(|x| x[0].exp(), &[x], GradCheck::default()).unwrap();
/// ```
///
/// # Errors
/// As [`gradcheck`], and when a rule has no second derivative.
pub fn gradgradcheck(
    f: impl Fn(&[Tensor]) -> Tensor,
    inputs: &[Tensor],
    options: GradCheck,
) -> Result<(), GradCheckError> {
    let mut random = CounterGenerator::new(options.seed ^ 0x5eed);
    let output = no_grad(|| f(inputs));
    let mut with_seed = inputs.to_vec();
    with_seed.push(normal(&output, &mut random));
    let gradients = |inputs: &[Tensor]| {
        let (seed, inputs) = inputs.split_last().expect("the seed is among them");
        let targets: Vec<&Tensor> = inputs.iter().collect();
        let options = GradOptions {
            grad: Some(seed),
            create_graph: true,
            allow_unused: true,
            ..Default::default()
        };
        let found = of_inputs(&f(inputs), &targets, options)?;
        let flat: Vec<Tensor> = found
            .into_iter()
            .zip(inputs)
            .map(|(grad, input)| grad.unwrap_or_else(|| input.zeros_like()).flat())
            .collect();
        Ok(cat(&flat, 0))
    };
    check(gradients, &with_seed, options)
}

fn check(
    f: impl Fn(&[Tensor]) -> Result<Tensor, GradCheckError>,
    inputs: &[Tensor],
    options: GradCheck,
) -> Result<(), GradCheckError> {
    for (index, input) in inputs.iter().enumerate() {
        expect_f64(|| format!("input {index}"), input)?;
    }
    let mut random = CounterGenerator::new(options.seed);
    let leaves = leaves(inputs);
    let output = f(&leaves)?;
    expect_f64(|| "the output".to_owned(), &output)?;
    let weights = normal(&output, &mut random);
    let analytic = analytic(&output, &leaves, &weights)?;

    let values: Vec<Vec<f64>> = inputs.iter().map(Tensor::to_vec).collect();
    let weighted = |moved: &[Vec<f64>]| -> Result<f64, GradCheckError> {
        let moved: Vec<Tensor> = moved
            .iter()
            .zip(inputs)
            .map(|(values, like)| Tensor::from_slice(values, like.shape()).to(like.device()))
            .collect();
        let output: Vec<f64> = f(&self::leaves(&moved))?.to_vec();
        Ok(dot(&output, &weights.to_vec()))
    };
    // The derivative along a direction, given as a function of input and element.
    let numeric = |direction: &dyn Fn(usize, usize) -> f64| -> Result<f64, GradCheckError> {
        let side = |sign: f64| -> Vec<Vec<f64>> {
            let moved = |input: usize| {
                move |(element, value): (usize, &f64)| {
                    value + sign * options.step * direction(input, element)
                }
            };
            values
                .iter()
                .enumerate()
                .map(|(input, values)| values.iter().enumerate().map(moved(input)).collect())
                .collect()
        };
        Ok((weighted(&side(1.0))? - weighted(&side(-1.0))?) / (2.0 * options.step))
    };
    let agree = |a: f64, n: f64| {
        (a - n).abs() <= options.absolute + options.relative * a.abs().max(n.abs())
    };

    match options.probe {
        Probe::Directions(count) => {
            for direction in 0..count {
                let along: Vec<Vec<f64>> = inputs
                    .iter()
                    .map(|input| normal(input, &mut random).to_vec())
                    .collect();
                let analytic = analytic
                    .iter()
                    .zip(&along)
                    .map(|(grad, along)| dot(grad, along))
                    .sum();
                let numeric = numeric(&|input, element| along[input][element])?;
                if !agree(analytic, numeric) {
                    return Err(GradCheckError::Direction {
                        direction,
                        analytic,
                        numeric,
                    });
                }
            }
        }
        Probe::Elements => {
            for (input, grads) in analytic.iter().enumerate() {
                for (element, &analytic) in grads.iter().enumerate() {
                    let numeric = numeric(&|i, e| f64::from(i == input && e == element))?;
                    if !agree(analytic, numeric) {
                        let index = index_of(element, inputs[input].shape());
                        return Err(GradCheckError::Element {
                            input,
                            index,
                            analytic,
                            numeric,
                        });
                    }
                }
            }
        }
    }
    Ok(())
}

/// Copies that a function may differentiate.
fn leaves(inputs: &[Tensor]) -> Vec<Tensor> {
    inputs
        .iter()
        .map(|input| input.detach().requires_grad_())
        .collect()
}

/// The gradients from backward; zeros where the output does not depend on an input.
fn analytic(
    output: &Tensor,
    leaves: &[Tensor],
    weights: &Tensor,
) -> Result<Vec<Vec<f64>>, GradCheckError> {
    let zeros = |leaf: &Tensor| vec![0.0; leaf.numel()];
    if !output.requires_grad() {
        return Ok(leaves.iter().map(zeros).collect());
    }
    let targets: Vec<&Tensor> = leaves.iter().collect();
    let options = GradOptions {
        grad: Some(weights),
        allow_unused: true,
        ..Default::default()
    };
    let found = of_inputs(output, &targets, options)?;
    Ok(found
        .into_iter()
        .zip(leaves)
        .map(|(grad, leaf)| grad.map_or_else(|| zeros(leaf), |grad| grad.to_vec()))
        .collect())
}

fn expect_f64(role: impl Fn() -> String, tensor: &Tensor) -> Result<(), GradCheckError> {
    match tensor.dtype() {
        DType::F64 => Ok(()),
        dtype => Err(GradCheckError::DType {
            role: role(),
            dtype,
        }),
    }
}

/// Normal draws of a tensor's shape, dtype and device.
fn normal(like: &Tensor, random: &mut CounterGenerator) -> Tensor {
    let mut draws = vec![0.0; like.numel()];
    random.normal_f64(&mut draws);
    Tensor::from_vec(draws, like.shape()).to(like.device())
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn index_of(element: usize, shape: &[usize]) -> Vec<usize> {
    let strides = contiguous_strides(shape);
    shape
        .iter()
        .zip(&strides)
        .map(|(&size, &stride)| element / stride as usize % size)
        .collect()
}
