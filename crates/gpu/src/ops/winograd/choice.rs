//! Whether a convolution is faster by way of points: a function of its sizes and of the kind of device.

use hammerhead_tensor::DType;
use hammerhead_tensor::device::Operand;
use hammerhead_tensor::prim::Conv2d;

use super::{CONVOLUTION, WEIGHT_GRAD, points};
use crate::device::State;

/// What is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ops) enum Direction {
    Forward,
    InputGrad,
    WeightGrad,
}

impl Direction {
    fn side(self) -> usize {
        match self {
            Self::Forward | Self::InputGrad => CONVOLUTION,
            Self::WeightGrad => WEIGHT_GRAD,
        }
    }
}

/// In how many multiplications' time a value is made, written and read again: one of a plane, of filters, and
/// a sum.
struct Costs {
    plane: usize,
    filters: usize,
    sum: usize,
}

/// As measured on Mesa's driver in software.
const SOFTWARE: Costs = Costs {
    plane: 20,
    filters: 20,
    sum: 50,
};
/// As GPUs' rates of memory and of arithmetic stand to each other.
const GPU: Costs = Costs {
    plane: 50,
    filters: 50,
    sum: 50,
};

/// More values of filters than this would take too much memory.
const MOST_FILTERS: usize = 1 << 26;

/// A convolution's sizes: images, rows and columns of the outputs, or of the input for its gradient; groups, and
/// of each the outputs and the inputs.
#[derive(Clone, Copy, Debug)]
struct Sizes {
    images: usize,
    plane: [usize; 2],
    groups: usize,
    out: usize,
    deep: usize,
}

impl Costs {
    fn worth(&self, direction: Direction, sizes: Sizes) -> bool {
        let Sizes {
            images,
            plane: [h, w],
            groups,
            out,
            deep,
        } = sizes;
        let side = direction.side();
        let squares = images * h.div_ceil(side) * w.div_ceil(side);
        let filters = out * deep;
        let values = match direction {
            Direction::Forward => {
                squares * (deep * self.plane + out * self.sum) + filters * self.filters
            }
            Direction::InputGrad => {
                squares * (out * self.plane + deep * self.sum) + filters * self.filters
            }
            Direction::WeightGrad => squares * (out + deep) * self.plane + filters * self.sum,
        };
        let by_points = points(side) * (squares * filters + values);
        by_points < 9 * images * h * w * filters && points(side) * groups * filters <= MOST_FILTERS
    }
}

/// Whether it is faster than a product with patches; `plane` is the output, or the gradient of it for that of
/// the weight.
pub(in crate::ops) fn pays(
    state: &State,
    direction: Direction,
    conv: &Conv2d,
    weight: &Operand<'_>,
    plane: &Operand<'_>,
) -> bool {
    let (&[out, deep, kh, kw], &[images, _, h, w]) = (weight.layout.shape(), plane.layout.shape())
    else {
        unreachable!("a convolution has two spatial dims");
    };
    // Cooperative matrices multiply faster than all else moves values.
    let cooperate = state.matrices().is_some() && weight.dtype == DType::F16;
    // The values are floats, which have not the digits that doubles are for.
    let doubles = weight.dtype == DType::F64;
    if [kh, kw] != [3, 3] || conv.stride != [1, 1] || conv.dilation != [1, 1] {
        return false;
    }
    if cooperate || doubles {
        return false;
    }
    let costs = match state.lanes() {
        Some(_) => &SOFTWARE,
        None => &GPU,
    };
    let sizes = Sizes {
        images,
        plane: [h, w],
        groups: conv.groups,
        out: out / conv.groups,
        deep,
    };
    costs.worth(direction, sizes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// For each direction, in software and on GPUs.
    fn choices(images: usize, plane: usize, out: usize, deep: usize) -> [[bool; 2]; 3] {
        let sizes = Sizes {
            images,
            plane: [plane; 2],
            groups: 1,
            out,
            deep,
        };
        [
            Direction::Forward,
            Direction::InputGrad,
            Direction::WeightGrad,
        ]
        .map(|direction| [&SOFTWARE, &GPU].map(|costs| costs.worth(direction, sizes)))
    }

    #[test]
    fn the_choice_follows_the_sizes() {
        const YES: [bool; 2] = [true; 2];
        const NO: [bool; 2] = [false; 2];
        const SOFTWARE: [bool; 2] = [true, false];
        // A single image.
        assert_eq!(choices(1, 56, 64, 64), [SOFTWARE, SOFTWARE, YES]);
        assert_eq!(choices(1, 28, 128, 128), [YES; 3]);
        assert_eq!(choices(1, 14, 256, 256), [SOFTWARE, SOFTWARE, NO]);
        assert_eq!(choices(1, 7, 512, 512), [NO; 3]);
        // A batch: more squares per filter.
        assert_eq!(choices(64, 56, 64, 64), [SOFTWARE, SOFTWARE, YES]);
        assert_eq!(choices(64, 14, 256, 256), [YES; 3]);
        assert_eq!(choices(64, 7, 512, 512), [YES; 3]);
        // Few channels, and more on one side.
        assert_eq!(choices(64, 224, 64, 3), [NO; 3]);
        assert_eq!(choices(64, 28, 8, 8), [NO; 3]);
        assert_eq!(choices(64, 28, 32, 32), [NO, NO, SOFTWARE]);
        assert_eq!(choices(64, 56, 32, 128), [SOFTWARE, NO, YES]);
        // Planes smaller than a square, and none.
        assert_eq!(choices(64, 1, 512, 512), [NO; 3]);
        assert_eq!(choices(0, 56, 64, 64), [NO; 3]);
        // Filters that would fill the memory.
        assert_eq!(choices(64, 56, 4096, 4096), [NO; 3]);
    }
}
