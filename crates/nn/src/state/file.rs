//! Safetensors files.

use std::collections::HashMap;
use std::fs;
use std::io::Write;
use std::path::Path;

use hammerhead_tensor::{DType, Tensor, default_device};
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};

use super::{StateDict, StateDictError, replace_file};

/// Writes tensors, and text notes about them, to a safetensors file (PyTorch's `torch.save`); an existing file is
/// replaced as a whole or not at all.
///
/// ```
/// use hammerhead_nn::{Linear, ModuleState, load_file, save_file};
/// let path = std::env::temp_dir().join(format!("hammerhead-save-{}.safetensors", std::process::id()));
/// save_file(&path, &Linear::new(3, 2).state_dict(), &[("epochs".into(), "5".into())])?;
/// let (state, notes) = load_file(&path)?;
/// assert_eq!((state.len(), notes["epochs"].as_str()), (2, "5"));
/// # std::fs::remove_file(path).unwrap();
/// # Ok::<(), hammerhead_nn::StateDictError>(())
/// ```
///
/// # Errors
/// When the file can't be written or a device can't give a tensor.
pub fn save_file(
    path: impl AsRef<Path>,
    state: &[(String, Tensor)],
    notes: &[(String, String)],
) -> Result<(), StateDictError> {
    let path = path.as_ref();
    let io = |source| StateDictError::Io {
        path: path.display().to_string(),
        source,
    };
    let contents = state
        .iter()
        .map(|(_, tensor)| tensor.try_to_bytes())
        .collect::<Result<Vec<_>, _>>()?;
    let mut views = Vec::with_capacity(state.len());
    for ((name, tensor), bytes) in state.iter().zip(&contents) {
        let view = TensorView::new(
            to_safetensors(tensor.dtype()),
            tensor.shape().to_vec(),
            bytes,
        );
        let view = view.map_err(|error| StateDictError::Format {
            path: path.display().to_string(),
            reason: format!("{name}: {error}"),
        })?;
        views.push((name.as_str(), view));
    }
    let notes: HashMap<String, String> = notes.iter().cloned().collect();
    let notes = (!notes.is_empty()).then_some(notes);
    let bytes = safetensors::serialize(views, notes).map_err(|error| StateDictError::Format {
        path: path.display().to_string(),
        reason: error.to_string(),
    })?;
    replace_file(path, |file| file.write_all(&bytes)).map_err(io)
}

/// Reads all tensors, in the order in which they lie in the file, and its text notes.
///
/// PyTorch's `torch.load`, for safetensors files.
///
/// ```
/// use hammerhead_nn::{Linear, ModuleState, Strictness, load_file, save_file};
/// let path = std::env::temp_dir().join(format!("hammerhead-load-{}.safetensors", std::process::id()));
/// let (from, to) = (Linear::new(3, 2), Linear::new(3, 2));
/// save_file(&path, &from.state_dict(), &[])?;
/// to.load_state_dict(&load_file(&path)?.0, Strictness::Strict)?;
/// assert_eq!(from.weight.to_vec::<f32>(), to.weight.to_vec::<f32>());
/// # std::fs::remove_file(path).unwrap();
/// # Ok::<(), hammerhead_nn::StateDictError>(())
/// ```
///
/// # Errors
/// When the file can't be read, is truncated or damaged, or holds a dtype without counterpart.
pub fn load_file(
    path: impl AsRef<Path>,
) -> Result<(StateDict, HashMap<String, String>), StateDictError> {
    let path = path.as_ref();
    let shown = || path.display().to_string();
    let format = |error: safetensors::SafeTensorError| StateDictError::Format {
        path: shown(),
        reason: error.to_string(),
    };
    let bytes = fs::read(path).map_err(|source| StateDictError::Io {
        path: shown(),
        source,
    })?;
    let (_, header) = SafeTensors::read_metadata(&bytes).map_err(format)?;
    let notes = header.metadata().clone().unwrap_or_default();
    let file = SafeTensors::deserialize(&bytes).map_err(format)?;
    let mut state = StateDict::new();
    // The file's own order: the map of names has another one in every process.
    for name in header.offset_keys() {
        let view = file.tensor(&name).map_err(format)?;
        let Some(dtype) = from_safetensors(view.dtype()) else {
            let dtype = format!("{:?}", view.dtype());
            return Err(StateDictError::DType {
                path: shown(),
                name,
                dtype,
            });
        };
        let tensor = Tensor::from_bytes(dtype, view.shape(), view.data(), &default_device())?;
        state.push((name, tensor));
    }
    Ok((state, notes))
}

fn to_safetensors(dtype: DType) -> Dtype {
    match dtype {
        DType::F32 => Dtype::F32,
        DType::F64 => Dtype::F64,
        DType::F16 => Dtype::F16,
        DType::BF16 => Dtype::BF16,
        DType::I64 => Dtype::I64,
        DType::U8 => Dtype::U8,
        DType::Bool => Dtype::BOOL,
    }
}

fn from_safetensors(dtype: Dtype) -> Option<DType> {
    Some(match dtype {
        Dtype::F32 => DType::F32,
        Dtype::F64 => DType::F64,
        Dtype::F16 => DType::F16,
        Dtype::BF16 => DType::BF16,
        Dtype::I64 => DType::I64,
        Dtype::U8 => DType::U8,
        Dtype::BOOL => DType::Bool,
        _ => return None,
    })
}
