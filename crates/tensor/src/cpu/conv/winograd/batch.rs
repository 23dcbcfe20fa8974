//! Forward direction and source gradient of many small images.
//!
//! As in `correlate`, but a register of tiles is one tile of as many images. A task takes such a register of images
//! from transposing their pixels to writing their results.
#![allow(unsafe_code)] // Raw views into tensors and packed panels.

use super::correlate::{Job, ROW_PANELS, filters};
use super::images::{ImageSums, ImageTiles};
use super::point;
use super::products::Products;
use super::transforms::Height;
use crate::cpu::gemm::blocked::Blocking;
use crate::cpu::gemm::pairs::ImageKernels;
use crate::cpu::gemm::sides::Shared;
use crate::cpu::scratch::Scratch;
use crate::cpu::tasks::{Parallel, run};

/// Most tiles in a row: a quarter of the widest registers.
const MAX_ACROSS: usize = 4;

/// Fewest images.
const MIN_IMAGES: usize = 32;

/// Tasks that work should be cut into at least, for several threads.
const MIN_TASKS: usize = 4;

/// Whether images are so small and so many that registers are better filled across images.
pub(super) fn pays(images: usize, out: [usize; 2]) -> bool {
    images >= MIN_IMAGES && out.iter().all(|&size| size.div_ceil(2) <= MAX_ACROSS)
}

/// # Safety
///
/// As for the `correlate` of all images.
pub(super) unsafe fn correlate(of_images: &ImageKernels<f32>, job: &Job, parallel: Parallel) {
    debug_assert_eq!(job.height, Height::Two, "images are too small for others");
    let kernels = of_images.products;
    let lanes = kernels.lanes;
    let blocking = Blocking::with(kernels, job.rows, job.channels, 1);
    let across = job.out[1].div_ceil(2);
    let tiles = job.out[0].div_ceil(job.height.results()) * across;
    let (transforms, points) = (&kernels.winograd_images, job.height.points());
    let (plane, out_plane) = (job.size[0] * job.size[1], job.out[0] * job.out[1]);
    let groups = job.n.div_ceil(lanes);
    let panels = tiles.div_ceil(kernels.vectors);
    let row_parts = MIN_TASKS
        .div_ceil(groups)
        .clamp(1, blocking.row_panels.div_ceil(ROW_PANELS));
    let parallel = parallel.if_worth(2 * points * groups * lanes * tiles * job.rows * job.channels);

    let width = kernels.width();
    let most_rows = blocking.rows(run(blocking.row_panels, row_parts, 0)).len();
    let left_len = point(blocking.left_len());
    let lens = [
        job.channels * plane * lanes,
        points * point(job.channels * width),
        points * point(ROW_PANELS * kernels.rows() * width),
        most_rows * out_plane * lanes,
    ];
    let slot_len: usize = lens.iter().sum();
    let scratch = Scratch::<f32>::take(parallel.slots() * slot_len);
    let slots = Shared(scratch.as_ptr());
    // SAFETY: the scratch block holds the memory of every slot; images and rows are disjoint; the rest is the caller's
    // contract.
    unsafe {
        let filters = filters(of_images, job, &blocking, left_len, parallel);
        let filters = Shared(filters.as_ptr().cast());
        parallel.for_each(groups * row_parts, |task, slot| {
            let first = task / row_parts * lanes;
            let images = (job.n - first).min(lanes);
            let row_panels = run(blocking.row_panels, row_parts, task % row_parts);
            let all_rows = blocking.rows(row_panels.clone());
            let pixels = slots.get().add(slot * slot_len);
            let source = pixels.add(lens[0]);
            let sums = source.add(lens[1]);
            let results = sums.add(lens[2]);
            let values = job.channels * plane;
            if images < lanes {
                pixels.write_bytes(0, lens[0]);
            }
            let src = job.src.add(first * values);
            kernels.transpose(src, values, images, values, pixels, lanes);
            for panel in 0..panels {
                let numbers = run(tiles, panels, panel);
                let width = numbers.len() * lanes;
                (transforms.source)(&ImageTiles {
                    src: pixels,
                    channels: job.channels,
                    size: job.size,
                    padding: job.padding,
                    numbers: numbers.clone(),
                    across,
                    dst: source,
                    point: point(job.channels * width),
                });
                let products = Products {
                    blocking: &blocking,
                    filters: filters.get(),
                    left_len,
                    source,
                    depth: job.channels,
                    width,
                    columns: width,
                    sums,
                    points,
                };
                for first in row_panels.clone().step_by(ROW_PANELS) {
                    let row_panels = first..row_panels.end.min(first + ROW_PANELS);
                    let rows = blocking.rows(row_panels.clone());
                    let sums_point = products.multiply(row_panels);
                    (transforms.sums)(&ImageSums {
                        sums,
                        point: sums_point,
                        channels: rows.len(),
                        numbers: numbers.clone(),
                        across,
                        bias: match job.bias.is_null() {
                            true => job.bias,
                            false => job.bias.add(rows.start),
                        },
                        activation: job.activation,
                        dst: results.add((rows.start - all_rows.start) * out_plane * lanes),
                        size: job.out,
                    });
                }
            }
            let values = all_rows.len() * out_plane;
            let dst = job.dst.add((first * job.rows + all_rows.start) * out_plane);
            kernels.transpose(results, lanes, values, images, dst, job.rows * out_plane);
        });
    }
}
