//! Where tensors live and who computes.

use hammerhead::gpu::{DeviceInfo, devices};
use hammerhead::prelude::*;
use hammerhead::tensor::device::DeviceRef;
use hammerhead::tensor::{Cpu, Oracle, with_device};

use crate::chapters::prelude::*;

// ANCHOR: best
/// A GPU if there is one; a driver in software is slower than the CPU.
fn best() -> DeviceRef {
    let real = |device: &DeviceInfo| device.missing.is_none() && device.kind != "software";
    if devices().is_ok_and(|all| all.iter().any(real))
        && let Ok(gpu) = Vulkan::new()
    {
        return DeviceRef::clone(&gpu);
    }
    Cpu::device()
}
// ANCHOR_END: best

pub fn run(course: &mut Course<'_>) -> Result<(), Box<dyn Error>> {
    course.listing("to", || -> Result<_, Box<dyn Error>> {
        // ANCHOR: to
        let device = best();
        let mut model = Linear::new(3, 2);
        model.to(&device)?; // then make the optimiser
        let x = Tensor::ones([4, 3]).to(&device);
        let y = model.forward(x, Mode::Eval);
        println!("{:?}", y.to(&Cpu::device()).shape());
        // ANCHOR_END: to
        Ok(())
    })?;

    course.listing("two_devices", || {
        // ANCHOR: two_devices
        let here = Tensor::ones([2]);
        let there = with_device(&Oracle::device(), || Tensor::ones([2]));
        println!("{}", refused(|| &here + &there));
        println!("{}", here + there.to(&Cpu::device()));
        // ANCHOR_END: two_devices
    });

    course.listing("dtypes", || {
        // ANCHOR: dtypes
        let x = tensor([1.0, 2.0, 3.0]);
        println!("{} {}", x.dtype(), x.double().dtype());
        println!("{}", x.to_dtype(DType::BF16));
        println!(
            "{}",
            with_autocast(DType::BF16, || x.unsqueeze(0).matmul(&x.unsqueeze(1)))
        );
        // ANCHOR_END: dtypes
    });
    Ok(())
}
