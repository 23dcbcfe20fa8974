//! A device is an interpreter of [`Prim`].

use std::any::Any;
use std::fmt::Debug;
use std::sync::Arc;

use crate::infer::Spec;
use crate::layout::Layout;
use crate::prim::Prim;
use crate::{DType, Result};

/// Memory as a device hands it out; only that device looks inside.
pub type Memory = Box<dyn Any + Send + Sync>;

/// A shared handle to a device; `is_same` tells whether two are of one.
pub type DeviceRef = Arc<dyn Device>;

/// One operand of an instruction.
#[derive(Clone, Copy)]
pub struct Operand<'a> {
    /// The buffer's memory.
    pub memory: &'a (dyn Any + Send + Sync),
    /// Where the elements lie in it.
    pub layout: &'a Layout,
    /// Their type.
    pub dtype: DType,
}

impl Operand<'_> {
    /// Shape and dtype.
    pub fn spec(&self) -> Spec {
        Spec::new(self.layout.shape(), self.dtype)
    }
}

/// Runs instructions on memory of its own.
///
/// The funnel has already checked shapes and placed the outputs when [`run`](Device::run) is called:
/// outputs are contiguous, except that pointwise instructions, `Fill`, `Cast` and `Update` may
/// write through a view. The first output may share all its positions with an input of the same shape
/// (donation, in-place forms) in pointwise instructions, so a device writes it after the others; otherwise none overlap.
pub trait Device: Any + Debug + Send + Sync {
    /// What messages call it: `cpu`, `oracle`, `meta`, ...
    fn name(&self) -> &str;

    /// Uninitialised memory for `len` elements.
    ///
    /// # Errors
    /// When there is no room, or the device can't hold the dtype.
    fn alloc(&self, dtype: DType, len: usize) -> Result<Memory>;

    /// Runs one instruction.
    ///
    /// # Errors
    /// When the device can't run it; the operands' contents decide nothing but values, except for
    /// indices out of range.
    fn run(&self, prim: &Prim, inputs: &[Operand<'_>], outputs: &[Operand<'_>]) -> Result<()>;

    /// Copies row-major host bytes of `dtype` into new memory.
    ///
    /// # Errors
    /// As [`alloc`](Device::alloc).
    fn upload(&self, dtype: DType, bytes: &[u8]) -> Result<Memory>;

    /// Copies the operand's elements, in row-major order, to host bytes of `dtype` (`F64` is always
    /// possible: a device may hold more precision than the tensor's own dtype says).
    ///
    /// # Errors
    /// When the device holds no values.
    fn download(&self, operand: Operand<'_>, dtype: DType, bytes: &mut [u8]) -> Result<()>;

    /// Whether work is only begun when [`run`](Device::run) returns, so that whoever reads a value waits for
    /// all that was asked before. Values that decide nothing at once are better read many at a time there.
    fn is_deferred(&self) -> bool {
        false
    }

    /// Waits until everything submitted has run.
    fn sync(&self) {}
}

impl dyn Device {
    /// Whether this and another are one device: the same object, or two of a type without data, such as the CPU.
    ///
    /// A program has one such object of each type. A notebook's cells, each linked to the library by itself, have one each.
    ///
    /// ```
    /// use hammerhead_tensor::{Cpu, Meta};
    /// assert!(Cpu::device().is_same(&*Cpu::device()));
    /// assert!(!Cpu::device().is_same(&*Meta::device()));
    /// ```
    pub fn is_same(&self, other: &dyn Device) -> bool {
        let nothing_inside = size_of_val(self) == 0;
        std::ptr::addr_eq(self, other) || (nothing_inside && self.type_id() == other.type_id())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::oracle::Oracle;
    use crate::{Cpu, tensor};

    /// A device as another copy of the library has it.
    fn of_another_copy() -> DeviceRef {
        Arc::new(Cpu)
    }

    #[test]
    fn tensors_of_two_copies_of_the_library_meet() {
        let x = tensor([1.0, 2.0]);
        let y = tensor([3.0, 4.0]);
        assert!(of_another_copy().is_same(&**x.device()));
        assert!(!Oracle::device().is_same(&**x.device()));
        let moved = y.to(&of_another_copy());
        assert!(moved.shares_memory(&y));
        assert_eq!((x + moved).to_vec::<f32>(), [4.0, 6.0]);
    }
}
