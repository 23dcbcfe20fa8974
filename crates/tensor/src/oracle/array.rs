//! Whole arrays, and how they come from operands and go back.

use std::sync::Mutex;

use half::{bf16, f16};

use crate::device::Operand;
use crate::dtype::Element;
use crate::layout::{Dims, Layout};
use crate::{DType, Error, ErrorKind, Result};

/// A row-major array of numbers.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Array {
    pub(super) shape: Dims,
    pub(super) values: Vec<f64>,
}

impl Array {
    pub(super) fn full(shape: &[usize], value: f64) -> Self {
        Self {
            shape: shape.into(),
            values: vec![value; shape.iter().product()],
        }
    }

    pub(super) fn zeros(shape: &[usize]) -> Self {
        Self::full(shape, 0.0)
    }

    /// The array whose element at each index is `value(index)`.
    pub(super) fn from_fn(shape: &[usize], mut value: impl FnMut(&[usize]) -> f64) -> Self {
        let mut array = Self::zeros(shape);
        let mut index: Dims = shape.iter().map(|_| 0).collect();
        for slot in &mut array.values {
            *slot = value(&index);
            advance(&mut index, shape);
        }
        array
    }

    fn place(&self, index: &[usize]) -> usize {
        debug_assert_eq!(index.len(), self.shape.len());
        index.iter().zip(&self.shape).fold(0, |place, (&i, &size)| {
            debug_assert!(i < size, "index {index:?} of shape {:?}", self.shape);
            place * size + i
        })
    }

    /// The element at an index.
    pub(super) fn at(&self, index: &[usize]) -> f64 {
        self.values[self.place(index)]
    }

    /// The element at an index, to change it.
    pub(super) fn at_mut(&mut self, index: &[usize]) -> &mut f64 {
        let place = self.place(index);
        &mut self.values[place]
    }

    /// The array broadcast to a shape.
    pub(super) fn broadcast(&self, shape: &[usize]) -> Array {
        let layout = Layout::contiguous(&self.shape).expand(shape);
        Array {
            shape: shape.into(),
            values: layout.positions().map(|place| self.values[place]).collect(),
        }
    }

    pub(super) fn map(&self, f: impl Fn(f64) -> f64) -> Array {
        Array {
            shape: self.shape.clone(),
            values: self.values.iter().map(|&value| f(value)).collect(),
        }
    }

    /// The elements as bytes of a dtype, rounded to it.
    pub(super) fn to_bytes(&self, dtype: DType, bytes: &mut [u8]) {
        debug_assert_eq!(bytes.len(), self.values.len() * dtype.size());
        for (slot, &value) in bytes.chunks_exact_mut(dtype.size()).zip(&self.values) {
            match dtype {
                DType::F32 => slot.copy_from_slice(&(value as f32).to_ne_bytes()),
                DType::F64 => slot.copy_from_slice(&value.to_ne_bytes()),
                DType::F16 => slot.copy_from_slice(&f16::from_f64(value).to_ne_bytes()),
                DType::BF16 => slot.copy_from_slice(&bf16::from_f64(value).to_ne_bytes()),
                DType::I64 => slot.copy_from_slice(&i64::from_f64(value).to_ne_bytes()),
                DType::U8 => slot.copy_from_slice(&u8::from_f64(value).to_ne_bytes()),
                DType::Bool => slot[0] = bool::from_f64(value).into(),
            }
        }
    }
}

/// The index after `index` in row-major order, the first one again after the last.
fn advance(index: &mut [usize], shape: &[usize]) {
    for (i, &size) in index.iter_mut().zip(shape).rev() {
        *i += 1;
        if *i < size {
            return;
        }
        *i = 0;
    }
}

/// A buffer's elements. The funnel orders those who use a buffer, so that the lock is never waited
/// for; it stands here because memory is shared between tensors and views.
#[derive(Debug)]
pub(super) struct Values(Mutex<Vec<f64>>);

impl Values {
    /// Elements that no instruction has written yet: NaN shows where one is read.
    pub(super) fn unwritten(len: usize) -> Result<Self> {
        let mut values = Vec::new();
        values.try_reserve_exact(len).map_err(|_| {
            Error::new(
                ErrorKind::Memory,
                format!("out of memory: no room for {len} numbers"),
            )
        })?;
        values.resize(len, f64::NAN);
        Ok(Self(Mutex::new(values)))
    }

    pub(super) fn from_bytes(dtype: DType, bytes: &[u8]) -> Self {
        Self(Mutex::new(
            bytes
                .chunks_exact(dtype.size())
                .map(|bytes| number(dtype, bytes))
                .collect(),
        ))
    }

    fn of<'a>(operand: &Operand<'a>) -> &'a Mutex<Vec<f64>> {
        let values: &Values = operand
            .memory
            .downcast_ref()
            .expect("the operand is in the oracle's memory");
        &values.0
    }
}

fn number(dtype: DType, bytes: &[u8]) -> f64 {
    fn exactly<const N: usize>(bytes: &[u8]) -> [u8; N] {
        bytes.try_into().expect("as many bytes as the dtype has")
    }
    match dtype {
        DType::F32 => f32::from_ne_bytes(exactly(bytes)).to_f64(),
        DType::F64 => f64::from_ne_bytes(exactly(bytes)),
        DType::F16 => f16::from_ne_bytes(exactly(bytes)).to_f64(),
        DType::BF16 => bf16::from_ne_bytes(exactly(bytes)).to_f64(),
        DType::I64 => i64::from_ne_bytes(exactly(bytes)).to_f64(),
        DType::U8 => bytes[0].to_f64(),
        DType::Bool => (bytes[0] != 0).to_f64(),
    }
}

/// An operand's elements, row-major.
pub(super) fn read(operand: &Operand<'_>) -> Array {
    let values = Values::of(operand)
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    Array {
        shape: operand.layout.shape().into(),
        values: operand
            .layout
            .positions()
            .map(|position| values[position])
            .collect(),
    }
}

/// Writes a result to where an operand's elements lie, as numbers that its dtype has.
pub(super) fn write(operand: &Operand<'_>, result: &Array) {
    debug_assert_eq!(operand.layout.shape(), result.shape.as_slice());
    let mut values = Values::of(operand)
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    for (position, &value) in operand.layout.positions().zip(&result.values) {
        values[position] = represent(value, operand.dtype);
    }
}

/// The number that stands for `value` in a dtype; floats are not rounded.
fn represent(value: f64, dtype: DType) -> f64 {
    match dtype {
        DType::F32 | DType::F64 | DType::F16 | DType::BF16 => value,
        DType::I64 => i64::from_f64(value).to_f64(),
        DType::U8 => u8::from_f64(value).to_f64(),
        DType::Bool => bool::from_f64(value).to_f64(),
    }
}
