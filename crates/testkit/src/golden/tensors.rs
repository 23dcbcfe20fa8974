//! Tensors of a golden `.safetensors` file.

use std::fs;
use std::path::{Path, PathBuf};

use hammerhead_tensor::device::DeviceRef;
use hammerhead_tensor::{Cpu, DType, Tensor, default_device, with_device};
use safetensors::{Dtype, SafeTensors};

use super::GoldenError;

/// A file of named tensors, read whole.
pub(super) struct Tensors {
    path: PathBuf,
    bytes: Vec<u8>,
}

impl Tensors {
    pub(super) fn read(path: &Path) -> Result<Self, GoldenError> {
        let bytes = fs::read(path).map_err(|source| GoldenError::Read {
            path: path.to_path_buf(),
            source,
        })?;
        let tensors = Self {
            path: path.to_path_buf(),
            bytes,
        };
        tensors.parse()?;
        Ok(tensors)
    }

    fn parse(&self) -> Result<SafeTensors<'_>, GoldenError> {
        SafeTensors::deserialize(&self.bytes).map_err(|error| GoldenError::Format {
            path: self.path.clone(),
            reason: error.to_string(),
        })
    }

    /// The tensors by name.
    pub(super) fn index(&self) -> Result<Index<'_>, GoldenError> {
        self.parse().map(Index)
    }
}

/// Access by name.
pub(super) struct Index<'a>(SafeTensors<'a>);

impl Index<'_> {
    /// A tensor by its name, on a device.
    pub(super) fn tensor(&self, name: &str, device: &DeviceRef) -> Result<Tensor, String> {
        let view = self
            .0
            .tensor(name)
            .map_err(|error| format!("tensor {name}: {error}"))?;
        let dtype = match view.dtype() {
            Dtype::F32 => DType::F32,
            Dtype::F64 => DType::F64,
            Dtype::F16 => DType::F16,
            Dtype::BF16 => DType::BF16,
            Dtype::I64 => DType::I64,
            Dtype::U8 => DType::U8,
            Dtype::BOOL => DType::Bool,
            other => return Err(format!("tensor {name}: dtype {other:?}")),
        };
        Tensor::from_bytes(dtype, view.shape(), view.data(), device)
            .map_err(|error| format!("tensor {name}: {error}"))
    }

    /// The expected value: the `f64` one where it is stored, which is for all floats.
    pub(super) fn expected(&self, name: &str) -> Result<Expected, String> {
        let cpu = hammerhead_tensor::Cpu::device();
        let precise = format!("{name}.f64");
        let name = if self.0.tensor(&precise).is_ok() {
            &precise
        } else {
            name
        };
        let tensor = self.tensor(name, &cpu)?;
        Ok(Expected {
            shape: tensor.shape().to_vec(),
            dtype: tensor.dtype(),
            values: tensor.to_vec::<f64>(),
        })
    }
}

/// A value to be compared with.
pub(super) struct Expected {
    pub(super) shape: Vec<usize>,
    pub(super) dtype: DType,
    pub(super) values: Vec<f64>,
}

impl Expected {
    /// The largest finite element's size.
    pub(super) fn magnitude(&self) -> f64 {
        self.values
            .iter()
            .map(|value| value.abs())
            .filter(|value| value.is_finite())
            .fold(0.0, f64::max)
    }

    /// Holds when shapes and kinds are equal and every element lies within `tolerance`; NaN, infinite
    /// and whole numbers must be equal.
    pub(super) fn compare(&self, ours: &Tensor, tolerance: f64) -> Result<(), String> {
        if ours.shape() != self.shape {
            return Err(format!("shape {:?} against {:?}", ours.shape(), self.shape));
        }
        let kind_fits = match self.dtype {
            DType::U8 | DType::Bool => matches!(ours.dtype(), DType::U8 | DType::Bool),
            DType::I64 => ours.dtype() == DType::I64,
            DType::F32 | DType::F64 | DType::F16 | DType::BF16 => ours.dtype().is_float(),
        };
        if !kind_fits {
            return Err(format!("dtype {} against {}", ours.dtype(), self.dtype));
        }
        let tolerance = if self.dtype.is_float() {
            tolerance
        } else {
            0.0
        };
        let ours = ours.to_vec::<f64>();
        let distance = |ours: f64, theirs: f64| match (ours - theirs).abs() {
            _ if ours == theirs || (ours.is_nan() && theirs.is_nan()) => 0.0,
            distance if distance.is_nan() => f64::INFINITY,
            distance => distance,
        };
        let worst = (0..ours.len()).max_by(|&i, &j| {
            distance(ours[i], self.values[i]).total_cmp(&distance(ours[j], self.values[j]))
        });
        let Some(worst) = worst else { return Ok(()) };
        let (mine, theirs) = (ours[worst], self.values[worst]);
        let distance = distance(mine, theirs);
        if distance <= tolerance {
            return Ok(());
        }
        Err(format!(
            "element {worst} is {mine:e} against {theirs:e}: {distance:.2e} apart, {tolerance:.2e} allowed"
        ))
    }
}

/// A file's numbers in a dtype, on the current device, which need not hold `f64`.
pub(super) fn converted(values: &[f64], shape: &[usize], dtype: DType) -> Tensor {
    let host = with_device(&Cpu::device(), || {
        Tensor::from_slice(values, shape).to_dtype(dtype)
    });
    host.to(&default_device())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected(dtype: DType, values: &[f64]) -> Expected {
        Expected {
            shape: vec![values.len()],
            dtype,
            values: values.to_vec(),
        }
    }

    #[test]
    fn special_values_and_integers_must_be_equal() {
        let special = expected(DType::F64, &[f64::NAN, f64::INFINITY, 1.0]);
        let ours = |values: [f64; 3]| Tensor::from_slice(&values, [3]);
        special
            .compare(&ours([f64::NAN, f64::INFINITY, 1.1]), 0.2)
            .unwrap();
        special
            .compare(&ours([0.0, f64::INFINITY, 1.0]), 0.2)
            .unwrap_err();
        special
            .compare(&ours([f64::NAN, f64::NEG_INFINITY, 1.0]), 0.2)
            .unwrap_err();
        special
            .compare(&ours([f64::NAN, 1e300, 1.0]), 0.2)
            .unwrap_err();
        special
            .compare(&ours([f64::NAN, f64::INFINITY, 1.3]), 0.2)
            .unwrap_err();
        let positions = expected(DType::I64, &[3.0]);
        positions
            .compare(&Tensor::from_slice(&[3i64], [1]), 0.0)
            .unwrap();
        positions
            .compare(&Tensor::from_slice(&[4i64], [1]), 9.0)
            .unwrap_err();
        positions
            .compare(&Tensor::from_slice(&[3f32], [1]), 0.0)
            .unwrap_err();
        positions
            .compare(&Tensor::from_slice(&[3i64], [1, 1]), 0.0)
            .unwrap_err();
    }
}
