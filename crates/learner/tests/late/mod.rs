//! The CPU as a device that works behind the caller, and counts how often its values are read.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use hammerhead_tensor::device::{Device, DeviceRef, Memory, Operand};
use hammerhead_tensor::prim::Prim;
use hammerhead_tensor::{Cpu, DType, Error, ErrorKind, Result};

#[derive(Debug, Default)]
pub struct Late {
    reads: AtomicUsize,
    lost: AtomicBool,
}

impl Late {
    pub fn device() -> (Arc<Late>, DeviceRef) {
        let late = Arc::new(Late::default());
        (late.clone(), late)
    }

    /// From now on nothing can be read.
    #[allow(dead_code)]
    pub fn lose(&self) {
        self.lost.store(true, Ordering::Relaxed);
    }

    pub fn reads(&self) -> usize {
        self.reads.load(Ordering::Relaxed)
    }
}

impl Device for Late {
    fn name(&self) -> &str {
        "late"
    }

    fn alloc(&self, dtype: DType, len: usize) -> Result<Memory> {
        Cpu.alloc(dtype, len)
    }

    fn run(&self, prim: &Prim, inputs: &[Operand<'_>], outputs: &[Operand<'_>]) -> Result<()> {
        Cpu.run(prim, inputs, outputs)
    }

    fn upload(&self, dtype: DType, bytes: &[u8]) -> Result<Memory> {
        Cpu.upload(dtype, bytes)
    }

    fn download(&self, operand: Operand<'_>, dtype: DType, bytes: &mut [u8]) -> Result<()> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        if self.lost.load(Ordering::Relaxed) {
            return Err(Error::new(ErrorKind::Device, "the device is lost"));
        }
        Cpu.download(operand, dtype, bytes)
    }

    fn is_deferred(&self) -> bool {
        true
    }
}
