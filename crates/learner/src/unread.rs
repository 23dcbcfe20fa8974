//! Numbers that a device has yet to compute.

use hammerhead_tensor::{DType, Tensor, no_grad, with_device};

use crate::{Error, Result};

/// How many numbers a deferred device is let to owe.
const ROOM: usize = 64;

/// Single numbers of a device, read together: each read waits for all that the device was asked before. A
/// device that runs at once owes none for long.
#[derive(Debug, Default)]
pub(crate) struct Unread {
    numbers: Option<Tensor>,
    count: usize,
}

impl Unread {
    /// Takes one more; nothing waits.
    ///
    /// # Panics
    /// If the tensor does not have exactly one element.
    #[track_caller]
    pub(crate) fn push(&mut self, number: &Tensor) {
        assert_eq!(
            number.numel(),
            1,
            "item: a tensor of shape {:?} has more or less than one element",
            number.shape()
        );
        let numbers = self.numbers.get_or_insert_with(|| room(number));
        no_grad(|| {
            let place = numbers.narrow(0, self.count as isize, 1);
            place.copy_(&number.detach().reshape([1]));
        });
        self.count += 1;
    }

    /// Whether they are to be taken before the next one comes.
    pub(crate) fn is_full(&self) -> bool {
        let room = self.numbers.as_ref().map(Tensor::numel);
        room == Some(self.count)
    }

    /// The numbers in their order; waits for the device.
    ///
    /// # Errors
    /// If the device is lost.
    pub(crate) fn values(&self) -> Result<Vec<f64>> {
        let numbers = self.numbers.as_ref();
        let numbers = numbers.map(|numbers| numbers.narrow(0, 0, self.count).try_to_vec());
        numbers.unwrap_or(Ok(Vec::new())).map_err(Error::Device)
    }

    /// [`Unread::values`], which are owed no longer.
    ///
    /// # Errors
    /// As [`Unread::values`].
    pub(crate) fn take(&mut self) -> Result<Vec<f64>> {
        std::mem::take(self).values()
    }
}

/// Room beside the first number, exact for every dtype of its kind.
fn room(number: &Tensor) -> Tensor {
    let device = number.device();
    let room = if device.is_deferred() { ROOM } else { 1 };
    let dtype = match number.dtype() {
        DType::F32 | DType::F16 | DType::BF16 => DType::F32,
        DType::F64 => DType::F64,
        DType::I64 | DType::U8 | DType::Bool => DType::I64,
    };
    with_device(device, || Tensor::zeros_with([room], dtype))
}
