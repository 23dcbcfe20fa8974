//! Instructions on 16-bit floats: computed in f32 and rounded once. The pointwise kernels do this
//! themselves, piece by piece, and convolutions and small linear layers of bf16 have their own; for
//! everything else whole operands are converted here.

use crate::device::{Device, Operand};
use crate::layout::Layout;
use crate::pool::HostMemory;
use crate::prim::Prim;
use crate::{DType, Result};

use super::host;
use super::prepared::Key;
use super::{Cpu, convolve, narrow_linear, pointwise, pool};

fn is_half(operand: &Operand<'_>) -> bool {
    matches!(operand.dtype, DType::F16 | DType::BF16)
}

/// Elements from which on a strided conversion is kept for the next time.
const LARGE: usize = 1 << 14;

/// Whether a conversion may be of a weight: of a matrix that lies transposed, as that of a product with `weight.t()` does,
/// which mixed precision converts at every use. Reading it across its rows takes longer than multiplying with it.
pub(super) fn is_of_weight(dtype: DType, x: &Operand<'_>, y: &Operand<'_>) -> bool {
    let turned = x.layout.rank() == 2 && x.layout.strides()[0] == 1 && !x.layout.is_contiguous();
    let narrows = x.dtype == DType::F32 && matches!(dtype, DType::F16 | DType::BF16);
    turned && narrows && y.layout.is_contiguous() && y.layout.numel() >= LARGE
}

/// Converts a weight, or copies what was kept of the conversion before.
pub(super) fn convert_weight(x: &Operand<'_>, y: &Operand<'_>) -> Result<()> {
    let (shape, stride) = (x.layout.shape(), x.layout.strides()[1]);
    let key = Key {
        kernel: "cast",
        sizes: [
            x.layout.offset(),
            shape[0],
            shape[1],
            stride as usize,
            usize::from(y.dtype == DType::F16),
            0,
            0,
            0,
        ],
    };
    let flat = Layout::contiguous(y.layout.shape());
    let mut outcome = Ok(());
    let bytes = flat.numel() * y.dtype.size();
    let narrow = host::memory(x).prepared().get(key, bytes, |memory| {
        let target = Operand {
            memory,
            layout: &flat,
            dtype: y.dtype,
        };
        outcome = pointwise::run(&Prim::Cast(y.dtype), &[*x], &[target]);
    });
    outcome?;
    let narrow = Operand {
        memory: &*narrow,
        layout: &flat,
        dtype: y.dtype,
    };
    pointwise::run(&Prim::Cast(y.dtype), &[narrow], &[*y])
}

/// True if the instruction is to be run by way of f32.
pub(super) fn concerns(prim: &Prim, inputs: &[Operand<'_>], outputs: &[Operand<'_>]) -> bool {
    !matches!(prim, Prim::Fill(..) | Prim::Custom(_))
        && !prim.is_pointwise()
        && !convolve::is_narrow(prim, inputs, outputs)
        && !narrow_linear::concerns(prim, inputs, &outputs[0])
        && !matches!(prim, Prim::Pool { kind, .. } if pool::is_narrow(*kind, &inputs[0], outputs))
        && (inputs.iter().any(is_half) || outputs.iter().any(is_half))
}

/// Widens the operands, runs, and narrows what came out.
pub(super) fn run(prim: &Prim, inputs: &[Operand<'_>], outputs: &[Operand<'_>]) -> Result<()> {
    let wide_inputs = inputs.iter().map(Wide::new).collect::<Result<Vec<_>>>()?;
    let wide_outputs = outputs.iter().map(Wide::new).collect::<Result<Vec<_>>>()?;
    let mut wide_prim = prim.clone();
    if let Prim::Random(_, dtype, _) = &mut wide_prim {
        *dtype = DType::F32;
    }
    let views: Vec<_> = wide_inputs
        .iter()
        .zip(inputs)
        .map(|(wide, narrow)| wide.operand(narrow))
        .collect();
    let targets: Vec<_> = wide_outputs
        .iter()
        .zip(outputs)
        .map(|(wide, narrow)| wide.operand(narrow))
        .collect();
    Cpu.run(&wide_prim, &views, &targets)?;
    for (target, output) in targets.iter().zip(outputs) {
        if is_half(output) {
            Cpu.run(&Prim::Cast(output.dtype), &[*target], &[*output])?;
        }
    }
    Ok(())
}

/// A dense layout of the same shape, transposed where that one is, as the weight of a linear layer: converting it then goes
/// along memory on both sides.
fn in_its_order(layout: &Layout) -> Layout {
    if layout.rank() < 2 || layout.is_contiguous() {
        return Layout::contiguous(layout.shape());
    }
    let turned = layout.transposed();
    match turned.is_contiguous() {
        true => Layout::contiguous(turned.shape()).transposed(),
        false => Layout::contiguous(layout.shape()),
    }
}

/// A 16-bit operand's stand-in in f32, or nothing for an operand that is used as it is.
struct Wide(Option<(HostMemory, Layout)>);

impl Wide {
    /// Also copies what an output holds: an update reads it.
    fn new(operand: &Operand<'_>) -> Result<Self> {
        if !is_half(operand) {
            return Ok(Wide(None));
        }
        let layout = in_its_order(operand.layout);
        let memory = HostMemory::try_new(layout.numel() * DType::F32.size())?;
        let target = Operand {
            memory: &memory,
            layout: &layout,
            dtype: DType::F32,
        };
        Cpu.run(&Prim::Cast(DType::F32), &[*operand], &[target])?;
        Ok(Wide(Some((memory, layout))))
    }

    fn operand<'a>(&'a self, narrow: &Operand<'a>) -> Operand<'a> {
        match &self.0 {
            Some((memory, layout)) => Operand {
                memory,
                layout,
                dtype: DType::F32,
            },
            None => *narrow,
        }
    }
}
