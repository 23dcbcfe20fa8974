//! The meta device: shapes without values, for checking a model or counting its operations.

use std::sync::{Arc, LazyLock};

use crate::device::{Device, DeviceRef, Memory, Operand};
use crate::prim::Prim;
use crate::{DType, Error, ErrorKind, Result};

/// Tensors on this device have shape and dtype but no elements: operations check and infer, cost
/// nothing and need no memory.
#[derive(Debug)]
pub struct Meta;

impl Meta {
    /// The device.
    pub fn device() -> DeviceRef {
        static DEVICE: LazyLock<DeviceRef> = LazyLock::new(|| Arc::new(Meta));
        DEVICE.clone()
    }
}

impl Device for Meta {
    fn name(&self) -> &str {
        "meta"
    }

    fn alloc(&self, _dtype: DType, _len: usize) -> Result<Memory> {
        Ok(Box::new(()))
    }

    fn run(&self, _prim: &Prim, _inputs: &[Operand<'_>], _outputs: &[Operand<'_>]) -> Result<()> {
        Ok(())
    }

    fn upload(&self, _dtype: DType, _bytes: &[u8]) -> Result<Memory> {
        Ok(Box::new(()))
    }

    fn download(&self, operand: Operand<'_>, _dtype: DType, _bytes: &mut [u8]) -> Result<()> {
        let shape = operand.layout.shape();
        Err(Error::new(
            ErrorKind::Device,
            format!("meta: a tensor of shape {shape:?} on the meta device has no values to read"),
        ))
    }
}
