//! Softmax: the greatest, the powers, their sum and the shares, one after the other.

use hammerhead_tensor::device::Operand;
use hammerhead_tensor::prim::{Axes, Binary, Reduce, Unary};
use hammerhead_tensor::{DType, Result};

use super::own::Own;
use super::{pointwise, reduce};
use crate::device::State;

pub(super) fn run(state: &State, x: &Operand<'_>, y: &Operand<'_>) -> Result<()> {
    let mut kept = x.layout.shape().to_vec();
    let (Some(length), false) = (kept.last_mut(), y.layout.numel() == 0) else {
        return Ok(());
    };
    *length = 1;
    let axes = Axes {
        dims: [kept.len() - 1].as_slice().into(),
        keepdim: true,
    };
    // Powers of narrow numbers and their sums are wide, as everywhere.
    let dtype = match y.dtype {
        DType::F64 => DType::F64,
        _ => DType::F32,
    };
    let wide = match x.dtype == dtype {
        true => None,
        false => Some(Own::cast(state, x, dtype)?),
    };
    let x = wide.as_ref().map_or(*x, Own::operand);
    let column = Own::room(state, &kept, dtype)?;
    let powers = Own::room(state, x.layout.shape(), dtype)?;
    let (column, powers) = (column.operand(), powers.operand());
    reduce::run(state, Reduce::Max, &axes, &x, &column)?;
    pointwise::binary(state, Binary::Sub, &[x, column], &powers)?;
    pointwise::unary(state, Unary::Exp, &[powers], &powers)?;
    reduce::run(state, Reduce::Sum, &axes, &powers, &column)?;
    if y.dtype == dtype {
        return pointwise::binary(state, Binary::Div, &[powers, column], y);
    }
    pointwise::binary(state, Binary::Div, &[powers, column], &powers)?;
    pointwise::cast(state, &powers, y)
}
