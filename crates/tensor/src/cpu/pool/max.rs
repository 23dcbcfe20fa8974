//! Max pooling. The first maximum of a window in row-major order is its position, and a NaN beats
//! every number, as in PyTorch. The gradient finds the positions again instead of having saved them.
#![allow(unsafe_code)] // Tasks write their planes of shared outputs.

use super::super::float::Float;
use super::super::instruction_set::fastest;
use super::super::split::{chunks, ranges};
use super::super::workspace::{Shared, Workspace};
use super::search::{Maxima, NOWHERE, Places, Search};
use super::{Planes, pairs, phases};
use crate::prim::Windows;

pub(super) fn forward<T: Float>(
    planes: Planes,
    windows: &Windows,
    x: &[T],
    y: &mut [T],
    positions: Option<&mut [i64]>,
) {
    let cost = planes.input() + planes.output();
    if positions.is_none() && pairs::fits(planes, windows) {
        return chunks(y, planes.output(), cost, |index, y| {
            let x = &x[index * planes.input()..][..planes.input()];
            fastest(pairs::Forward { planes, x, y });
        });
    }
    let count = y.len() / planes.output().max(1);
    let (y, positions) = (Shared::new(y), positions.map(Shared::new));
    if positions.is_none() && phases::fits_forward(planes, windows) {
        return ranges(count, cost, |range| {
            let mut memory = Workspace::new(phases::memory_len(planes), T::default());
            for index in range {
                fastest(phases::Forward {
                    planes,
                    x: &x[index * planes.input()..][..planes.input()],
                    // SAFETY: every plane is written by one task.
                    y: unsafe { y.part(index * planes.output(), planes.output()) },
                    memory: &mut memory,
                });
            }
        });
    }
    let search = Search::new(planes, windows);
    ranges(count, cost, |range| {
        let mut lines = Workspace::new(search.lines_len(), T::default());
        let mut place = Workspace::new(positions.map_or(0, |_| planes.output()), 0u32);
        for index in range {
            let x = &x[index * planes.input()..][..planes.input()];
            // SAFETY: every plane of the outputs is written by one task.
            let best = unsafe { y.part(index * planes.output(), planes.output()) };
            match positions {
                None => fastest(Maxima {
                    search: &search,
                    x,
                    best,
                    lines: &mut lines,
                }),
                Some(positions) => {
                    fastest(Places {
                        search: &search,
                        x,
                        best,
                        place: &mut place,
                    });
                    // SAFETY: as above.
                    let out = unsafe { positions.part(index * planes.output(), planes.output()) };
                    for (to, &from) in out.iter_mut().zip(place.iter()) {
                        *to = if from == NOWHERE { -1 } else { from.into() };
                    }
                }
            }
        }
    });
}

pub(super) fn backward<T: Float>(
    planes: Planes,
    windows: &Windows,
    grad: &[T],
    x: &[T],
    gx: &mut [T],
) {
    let cost = 2 * planes.input() + planes.output();
    let plane = |index: usize| {
        let x = &x[index * planes.input()..][..planes.input()];
        (x, &grad[index * planes.output()..][..planes.output()])
    };
    if pairs::fits(planes, windows) {
        return chunks(gx, planes.input(), cost, |index, gx| {
            let (x, grad) = plane(index);
            fastest(pairs::Backward {
                planes,
                x,
                grad,
                gx,
            });
        });
    }
    let count = gx.len() / planes.input().max(1);
    let gx = Shared::new(gx);
    if phases::fits(planes, windows) {
        return ranges(count, cost, |range| {
            let mut memory = Workspace::new(phases::memory_len(planes), T::default());
            let mut places = Workspace::new(phases::places_len(planes), 0u32);
            for index in range {
                let (x, grad) = plane(index);
                fastest(phases::Backward {
                    planes,
                    x,
                    grad,
                    // SAFETY: every plane is written by one task.
                    gx: unsafe { gx.part(index * planes.input(), planes.input()) },
                    memory: &mut memory,
                    places: &mut places,
                });
            }
        });
    }
    let search = Search::new(planes, windows);
    ranges(count, cost, |range| {
        let mut best = Workspace::new(planes.output(), T::default());
        let mut place = Workspace::new(planes.output(), 0u32);
        for index in range {
            let (x, grad) = plane(index);
            // SAFETY: every plane is written by one task.
            let gx = unsafe { gx.part(index * planes.input(), planes.input()) };
            fastest(Places {
                search: &search,
                x,
                best: &mut best,
                place: &mut place,
            });
            gx.fill(T::default());
            for (&place, &grad) in place.iter().zip(grad) {
                if let Some(gx) = gx.get_mut(place as usize) {
                    *gx += grad;
                }
            }
        }
    });
}
