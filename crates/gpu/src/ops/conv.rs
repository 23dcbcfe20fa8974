//! The three directions of a convolution as products with an image's patches, which are never written out:
//! one shader, told where the pixels, the other operand and the output lie.

mod neighbours;

use hammerhead_tensor::Result;
use hammerhead_tensor::device::Operand;
use hammerhead_tensor::prim::{Activation, Conv2d, Epilogue};

use super::product::{Per, Product, word};
use super::winograd::{self, Direction};
use crate::device::State;
use crate::kernels::Shader;

/// The shader's parameters. The columns and the positions along the sum are triples: outer, vertical,
/// horizontal; a pixel's place is the sum of what both say, times their steps.
struct Patches {
    /// Strides of the image by the outer place along the sum, and among the columns.
    outer: [isize; 2],
    /// Strides of its rows and columns, and its size.
    strides: [isize; 2],
    size: [usize; 2],
    /// Pixels per step along the sum, and among the columns.
    deep_step: [isize; 2],
    across_step: [isize; 2],
    /// Strides of the left operand by row, then along the sum.
    left: [isize; 4],
    /// Strides of the output by row, then among the columns.
    output: [isize; 4],
    /// What a group adds to the starts of left, image, output and bias.
    group: [isize; 4],
    phases: Vec<Phase>,
}

/// Columns with their own taps.
struct Phase {
    /// Sizes of the triples.
    columns: [usize; 3],
    depth: [usize; 3],
    /// The first column's pixel at the start of the sum.
    origin: [isize; 2],
    /// Where left operand and output start.
    starts: [isize; 2],
}

impl Phase {
    fn words(&self) -> impl Iterator<Item = u32> {
        let sizes = [&self.columns, &self.depth].map(|triple| triple.iter().product::<usize>());
        let divisors = [
            self.depth[1],
            self.depth[2],
            self.columns[1],
            self.columns[2],
        ];
        sizes
            .map(|size| size as u32)
            .into_iter()
            .chain(divisors.into_iter().flat_map(divisor))
            .chain(self.origin.map(word))
            .chain(self.starts.map(word))
            .chain([0; 2])
    }
}

/// A divisor with what to multiply by and to shift by instead: exact below 2^31.
pub(super) fn divisor(size: usize) -> [u32; 3] {
    let size = size.max(1) as u64;
    let shift = size.next_power_of_two().trailing_zeros();
    [
        size as u32,
        (1u64 << (31 + shift)).div_ceil(size) as u32,
        shift,
    ]
}

impl Patches {
    fn words(&self, rows: usize) -> Vec<u32> {
        let mut words = vec![rows as u32, word(self.outer[0])];
        words.extend(self.strides.map(word));
        words.push(word(self.outer[1]));
        words.extend(self.size.map(|size| size as u32));
        words.extend(self.deep_step.map(word));
        words.extend(self.across_step.map(word));
        words.extend(self.left.map(word));
        words.extend(self.output.map(word));
        words.push(self.phases.len() as u32);
        words.extend(self.group.map(word));
        words.extend(self.phases.iter().flat_map(Phase::words));
        words
    }

    /// The product of all groups and phases, without a bias.
    fn product<'a>(
        &self,
        rows: usize,
        groups: usize,
        right_deep: bool,
        [left, right]: [&'a Operand<'a>; 2],
        output: &'a Operand<'a>,
    ) -> Product<'a> {
        let most = |of: fn(&Phase) -> [usize; 3]| {
            let sizes = self.phases.iter().map(|phase| of(phase).iter().product());
            sizes.max().unwrap_or(0)
        };
        let even = |columns: &[usize; 3]| (columns[1] * columns[2]).is_multiple_of(2);
        // A weight of 1 x 1 can lie either way.
        let deep = [self.left[0] != 1, right_deep];
        Product {
            shaders: [Shader::Conv, Shader::ConvLanes, Shader::ConvCoop],
            batch: groups * self.phases.len(),
            rows,
            columns: most(|phase| phase.columns),
            depth: most(|phase| phase.depth),
            left,
            right,
            output,
            bias: None,
            relu: false,
            deep,
            wide: [
                self.left_is_wide(rows, groups, left),
                self.right_is_wide(groups, deep[1], right),
            ],
            // Within a plane columns follow one another if there is one phase.
            pairs: self.phases.len() == 1 && even(&self.phases[0].columns),
            front: self.words(rows),
        }
    }
}

pub(super) fn four<T: Copy>(of: &[T]) -> [T; 4] {
    [of[0], of[1], of[2], of[3]]
}

pub(super) fn signed<const N: usize>(of: [usize; N]) -> [isize; N] {
    of.map(|number| number as isize)
}

pub(super) fn forward(
    state: &State,
    conv: &Conv2d,
    epilogue: &Epilogue,
    inputs: &[Operand<'_>],
    y: &Operand<'_>,
) -> Result<()> {
    if y.layout.numel() == 0 {
        return Ok(());
    }
    if winograd::pays(state, Direction::Forward, conv, &inputs[1], y) {
        return winograd::forward(state, conv, epilogue, inputs, y);
    }
    let (x, weight) = (&inputs[0], &inputs[1]);
    let [n, oc, oh, ow] = four(y.layout.shape());
    let [_, per_group, kh, kw] = four(weight.layout.shape());
    let (xs, ws) = (four(x.layout.strides()), four(weight.layout.strides()));
    let rows = oc / conv.groups;
    let [planes, plane, line] = signed([oc * oh * ow, oh * ow, ow]);
    let bias = epilogue.bias.then(|| (&inputs[2], Per::Row));
    let bias_stride = bias.map_or(0, |(bias, _)| bias.layout.strides()[0]);
    let patches = Patches {
        outer: [xs[1], xs[0]],
        strides: [xs[2], xs[3]],
        size: [x.layout.shape()[2], x.layout.shape()[3]],
        deep_step: signed(conv.dilation),
        across_step: signed(conv.stride),
        left: ws,
        output: [plane, planes, line, 1],
        group: [
            rows as isize * ws[0],
            per_group as isize * xs[1],
            rows as isize * plane,
            rows as isize * bias_stride,
        ],
        phases: vec![Phase {
            columns: [n, oh, ow],
            depth: [per_group, kh, kw],
            origin: signed(conv.padding).map(|padding| -padding),
            starts: [0, 0],
        }],
    };
    let product = Product {
        bias,
        relu: epilogue.activation == Activation::Relu,
        ..patches.product(rows, conv.groups, false, [weight, x], y)
    };
    product.run(state)
}

/// The taps that reach a row of the input, or a column: those of one phase of the stride.
struct Taps {
    first: usize,
    count: usize,
    /// The gradient's place that the first tap of the phase's first row takes.
    origin: isize,
}

fn taps(phase: usize, stride: usize, padding: usize, dilation: usize, kernel: usize) -> Taps {
    let step = tap_step(stride, dilation);
    let place = |tap: usize| (phase + padding) as isize - (tap * dilation) as isize;
    let reaches = |&tap: &usize| place(tap) % stride as isize == 0;
    match (0..step.min(kernel)).find(reaches) {
        Some(first) => Taps {
            first,
            count: (kernel - first).div_ceil(step),
            origin: place(first) / stride as isize,
        },
        None => Taps {
            first: 0,
            count: 0,
            origin: 0,
        },
    }
}

/// Taps from one that reaches a row to the next.
fn tap_step(stride: usize, dilation: usize) -> usize {
    stride / common(stride, dilation)
}

/// The greatest common divisor.
fn common(a: usize, b: usize) -> usize {
    if b == 0 { a } else { common(b, a % b) }
}

/// The rows of the input that are `stride` apart have the same taps, and no other ones are looked at.
pub(super) fn input_grad(
    state: &State,
    conv: &Conv2d,
    inputs: &[Operand<'_>],
    dx: &Operand<'_>,
) -> Result<()> {
    if dx.layout.numel() == 0 {
        return Ok(());
    }
    if winograd::pays(state, Direction::InputGrad, conv, &inputs[1], dx) {
        return winograd::input_grad(state, conv, inputs, dx);
    }
    let (grad, weight) = (&inputs[0], &inputs[1]);
    let [n, c, h, w] = four(dx.layout.shape());
    let [oc, _, kh, kw] = four(weight.layout.shape());
    let (gs, ws) = (four(grad.layout.strides()), four(weight.layout.strides()));
    let (rows, deep) = (c / conv.groups, oc / conv.groups);
    let (stride, padding, dilation) = (conv.stride, conv.padding, conv.dilation);
    let steps = [0, 1].map(|i| tap_step(stride[i], dilation[i]) as isize);
    let mut phases = Vec::new();
    for py in 0..stride[0].min(h) {
        let down = taps(py, stride[0], padding[0], dilation[0], kh);
        for px in 0..stride[1].min(w) {
            let along = taps(px, stride[1], padding[1], dilation[1], kw);
            phases.push(Phase {
                columns: [
                    n,
                    (h - py).div_ceil(stride[0]),
                    (w - px).div_ceil(stride[1]),
                ],
                depth: [deep, down.count, along.count],
                origin: [down.origin, along.origin],
                starts: [
                    down.first as isize * ws[2] + along.first as isize * ws[3],
                    (py * w + px) as isize,
                ],
            });
        }
    }
    let [planes, plane, line, along] = signed([c * h * w, h * w, stride[0] * w, stride[1]]);
    let patches = Patches {
        outer: [gs[1], gs[0]],
        strides: [gs[2], gs[3]],
        size: [grad.layout.shape()[2], grad.layout.shape()[3]],
        deep_step: [0, 1].map(|i| -((dilation[i] / common(stride[i], dilation[i])) as isize)),
        across_step: [1, 1],
        left: [ws[1], ws[0], steps[0] * ws[2], steps[1] * ws[3]],
        output: [plane, planes, line, along],
        group: [
            deep as isize * ws[0],
            deep as isize * gs[1],
            rows as isize * plane,
            0,
        ],
        phases,
    };
    let product = patches.product(rows, conv.groups, false, [weight, grad], dx);
    product.run(state)
}

/// The sum goes over the pixels of all images; the columns are the weight's.
pub(super) fn weight_grad(
    state: &State,
    conv: &Conv2d,
    inputs: &[Operand<'_>],
    dw: &Operand<'_>,
) -> Result<()> {
    if dw.layout.numel() == 0 {
        return Ok(());
    }
    if winograd::pays(state, Direction::WeightGrad, conv, dw, &inputs[0]) {
        return winograd::weight_grad(state, conv, inputs, dw);
    }
    let (grad, x) = (&inputs[0], &inputs[1]);
    let [oc, per_group, kh, kw] = four(dw.layout.shape());
    let [n, _, oh, ow] = four(grad.layout.shape());
    let (gs, xs) = (four(grad.layout.strides()), four(x.layout.strides()));
    let rows = oc / conv.groups;
    let [filter, plane, line] = signed([per_group * kh * kw, kh * kw, kw]);
    let patches = Patches {
        outer: [xs[0], xs[1]],
        strides: [xs[2], xs[3]],
        size: [x.layout.shape()[2], x.layout.shape()[3]],
        deep_step: signed(conv.stride),
        across_step: signed(conv.dilation),
        left: [gs[1], gs[0], gs[2], gs[3]],
        output: [filter, plane, line, 1],
        group: [
            rows as isize * gs[1],
            per_group as isize * xs[1],
            rows as isize * filter,
            0,
        ],
        phases: vec![Phase {
            columns: [per_group, kh, kw],
            depth: [n, oh, ow],
            origin: signed(conv.padding).map(|padding| -padding),
            starts: [0, 0],
        }],
    };
    let product = Product {
        pairs: (per_group * kh * kw).is_multiple_of(2),
        ..patches.product(rows, conv.groups, true, [grad, x], dw)
    };
    product.run(state)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn multiplying_divides() {
        for size in (1..300).chain([1023, 65_537, 0x7fff_ffff]) {
            let [_, factor, shift] = divisor(size);
            for x in [0, 1, size - 1, size, 7 * size, 7 * size - 1, 0x7fff_ffff] {
                let x = x.min(0x7fff_ffff);
                let quotient = (x as u64 * u64::from(factor)) >> 31 >> shift;
                assert_eq!(quotient, (x / size) as u64, "{x} / {size}");
            }
        }
    }

    #[test]
    fn every_tap_has_one_phase() {
        for (stride, dilation, kernel) in [(1, 1, 3), (2, 1, 3), (2, 2, 3), (3, 2, 4), (4, 6, 5)] {
            let step = tap_step(stride, dilation);
            for padding in 0..4 {
                for row in 0..12 {
                    let taps = taps(row % stride, stride, padding, dilation, kernel);
                    let ours: Vec<usize> = (0..taps.count).map(|i| taps.first + i * step).collect();
                    let place = |tap: usize| (row + padding) as isize - (tap * dilation) as isize;
                    let all: Vec<usize> = (0..kernel)
                        .filter(|&tap| place(tap) % stride as isize == 0)
                        .collect();
                    assert_eq!(ours, all);
                }
            }
        }
    }
}
