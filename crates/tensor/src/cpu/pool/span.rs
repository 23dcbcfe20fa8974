//! Where the windows lie along one axis.

use super::super::workspace::Workspace;
use crate::prim::Windows;

/// The places that one output's window covers along one axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    /// The first one inside the plane.
    pub(super) first: usize,
    /// How many inside the plane.
    pub(super) count: usize,
    /// From one to the next.
    pub(super) step: usize,
    /// How many inside the plane or its padding, for the divisor of a mean.
    pub(super) padded: usize,
}

/// The spans of all `out` windows along an axis (0 vertical, 1 horizontal) of `size` places.
pub(super) fn spans(windows: &Windows, axis: usize, size: usize, out: usize) -> Workspace<Span> {
    let mut spans = Workspace::new(
        out,
        Span {
            first: 0,
            count: 0,
            step: 1,
            padded: 0,
        },
    );
    for (index, span) in spans.iter_mut().enumerate() {
        *span = match *windows {
            Windows::Adaptive { .. } => {
                let (first, end) = (index * size / out, ((index + 1) * size).div_ceil(out));
                Span {
                    first,
                    count: end - first,
                    step: 1,
                    padded: end - first,
                }
            }
            Windows::Fixed {
                kernel,
                stride,
                padding,
                dilation,
                ..
            } => {
                let (kernel, step, padding) = (kernel[axis], dilation[axis], padding[axis]);
                // Counted from the left end of the padding, where nothing is negative.
                let start = index * stride[axis];
                let taps_below = |end: usize| end.saturating_sub(start).div_ceil(step).min(kernel);
                let skipped = taps_below(padding);
                let inside = taps_below(padding + size) - skipped;
                let first = if inside == 0 {
                    0
                } else {
                    start + skipped * step - padding
                };
                Span {
                    first,
                    count: inside,
                    step,
                    padded: taps_below(padding + size + padding),
                }
            }
        };
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_cuts_the_first_window_and_rounding_up_the_last() {
        let windows = Windows::Fixed {
            kernel: [3, 3],
            stride: [2, 2],
            padding: [1, 1],
            dilation: [1, 1],
            ceil: true,
        };
        let spans = spans(&windows, 0, 6, 4);
        let of = |span: &Span| (span.first, span.count, span.padded);
        assert_eq!(
            spans.iter().map(of).collect::<Vec<_>>(),
            [(0, 2, 3), (1, 3, 3), (3, 3, 3), (5, 1, 2)]
        );
    }

    #[test]
    fn adaptive_windows_cover_the_axis() {
        let spans = spans(&Windows::Adaptive { out: [5, 5] }, 0, 3, 5);
        let of = |span: &Span| (span.first, span.count);
        assert_eq!(
            spans.iter().map(of).collect::<Vec<_>>(),
            [(0, 1), (0, 2), (1, 1), (1, 2), (2, 1)]
        );
    }
}
