//! Two faults that the validation layers must see: writes to the same memory without a barrier between them,
//! and a shader that reaches past the end of its memory. Their messages are the proof that silence about
//! everything else means something.

use hammerhead_gpu::{Planted, Vulkan};
use hammerhead_tensor::{Result, Tensor, with_device};

fn main() -> Result<()> {
    let gpu = Vulkan::new()?;
    let host = Tensor::ones([64]);
    let first = host.to(&gpu);
    drop(first);
    // The second copy goes where the first one went.
    gpu.plant(Planted::Race);
    let second = host.to(&gpu);
    gpu.sync();
    drop(second);
    gpu.plant(Planted::Overhang);
    let past_the_end = with_device(&gpu, || Tensor::zeros([64]));
    gpu.sync();
    drop(past_the_end);
    Ok(())
}
