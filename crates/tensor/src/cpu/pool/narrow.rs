//! Max pooling of 16-bit planes.
#![allow(unsafe_code)] // Tasks write planes of a shared output.

use half::bf16;

use super::super::instruction_set::{HotLoop, fastest};
use super::super::split::ranges;
use super::super::workspace::{Shared, Workspace};
use super::Planes;
use super::search::{Maxima, Search};
use crate::prim::Windows;

/// The maxima of planes of 16 bits, which are f32 only while they are in cache; none is rounded, since each was in x.
pub(super) fn forward(planes: Planes, windows: &Windows, x: &[bf16], y: &mut [bf16]) {
    let search = Search::new(planes, windows);
    let count = y.len() / planes.output().max(1);
    let y = Shared::new(y);
    ranges(count, planes.input() + planes.output(), |range| {
        let mut line = Workspace::new(planes.w, 0.0f32);
        let mut wide = Workspace::new(planes.input(), 0.0f32);
        let mut best = Workspace::new(planes.output(), 0.0f32);
        for index in range {
            let x = &x[index * planes.input()..][..planes.input()];
            // SAFETY: every plane is written by one task.
            let y = unsafe { y.part(index * planes.output(), planes.output()) };
            fastest(NarrowMaxima {
                search: &search,
                x,
                wide: &mut wide,
                best: &mut best,
                line: &mut line,
                y,
            });
        }
    });
}

/// The maxima of one plane of 16 bits, with working memory for it, its maxima and one line.
struct NarrowMaxima<'a> {
    search: &'a Search,
    x: &'a [bf16],
    wide: &'a mut [f32],
    best: &'a mut [f32],
    line: &'a mut [f32],
    y: &'a mut [bf16],
}

impl HotLoop for NarrowMaxima<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (wide, x) in self.wide.iter_mut().zip(self.x) {
            *wide = f32::from_bits(u32::from(x.to_bits()) << 16);
        }
        Maxima {
            search: self.search,
            x: self.wide,
            best: &mut *self.best,
            line: self.line,
        }
        .run();
        for (y, best) in self.y.iter_mut().zip(self.best.iter()) {
            *y = bf16::from_bits((best.to_bits() >> 16) as u16);
        }
    }
}
