//! What evaluation does to each channel, for kernels that do it to their own results.

use smallvec::SmallVec;

use super::super::host;
use super::super::instruction_set::{HotLoop, fastest};
use super::forward;
use super::moments::Moments;
use crate::Result;
use crate::device::Operand;

/// Mean, scale and bias of every channel, as evaluation applies them, of the mean, the variance and perhaps weight
/// and bias.
pub(in crate::cpu) fn lines(epsilon: f64, vectors: &[Operand<'_>]) -> Result<[Vec<f32>; 3]> {
    let vectors: SmallVec<[Vec<f32>; 4]> =
        vectors.iter().map(host::numbers).collect::<Result<_>>()?;
    let channels = vectors[0].len();
    let mut lines = [0; 3].map(|_| vec![0.0; channels]);
    let affine = match &vectors[2..] {
        [weight, bias] => Some([&weight[..channels], &bias[..channels]]),
        _ => None,
    };
    fastest(Lines {
        mean: &vectors[0],
        variance: &vectors[1][..channels],
        affine,
        epsilon,
        lines: lines.each_mut().map(Vec::as_mut_slice),
    });
    Ok(lines)
}

struct Lines<'a> {
    mean: &'a [f32],
    variance: &'a [f32],
    affine: Option<[&'a [f32]; 2]>,
    epsilon: f64,
    lines: [&'a mut [f32]; 3],
}

impl HotLoop for Lines<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        match self.affine {
            Some([weight, bias]) => {
                self.each(|channel| Some([weight[channel], bias[channel]].map(f64::from)));
            }
            None => self.each(|_| None),
        }
    }
}

impl Lines<'_> {
    #[inline(always)]
    fn each(self, affine: impl Fn(usize) -> Option<[f64; 2]>) {
        let [mean, scale, bias] = self.lines;
        let (scale, bias) = (&mut scale[..mean.len()], &mut bias[..mean.len()]);
        for channel in 0..mean.len() {
            let moments = Moments {
                mean: f64::from(self.mean[channel]),
                variance: f64::from(self.variance[channel]),
            };
            [mean[channel], scale[channel], bias[channel]] =
                forward::line::<f32>(moments, self.epsilon, affine(channel));
        }
    }
}
