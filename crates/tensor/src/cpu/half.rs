//! Instructions on 16-bit floats: computed in f32 and rounded once. The pointwise kernels do this
//! themselves, piece by piece; for everything else whole operands are converted here.

use crate::device::{Device, Operand};
use crate::layout::Layout;
use crate::pool::HostMemory;
use crate::prim::Prim;
use crate::{DType, Result};

use super::Cpu;

fn is_half(operand: &Operand<'_>) -> bool {
    matches!(operand.dtype, DType::F16 | DType::BF16)
}

/// True if the instruction is to be run by way of f32.
pub(super) fn concerns(prim: &Prim, inputs: &[Operand<'_>], outputs: &[Operand<'_>]) -> bool {
    !matches!(prim, Prim::Fill(..) | Prim::Custom(_))
        && !prim.is_pointwise()
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

/// A 16-bit operand's stand-in in f32, or nothing for an operand that is used as it is.
struct Wide(Option<(HostMemory, Layout)>);

impl Wide {
    /// Also copies what an output holds: an update reads it.
    fn new(operand: &Operand<'_>) -> Result<Self> {
        if !is_half(operand) {
            return Ok(Wide(None));
        }
        let layout = Layout::contiguous(operand.layout.shape());
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
