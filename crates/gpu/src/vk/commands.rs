//! Recording commands, handing them to the device, and knowing when they are done.

use ash::vk;
use hammerhead_tensor::Result;
use vulkano::buffer::BufferContents;
use vulkano::command_buffer::{
    CommandBuffer, CommandBufferBeginInfo, CommandBufferLevel, CommandBufferUsage,
    RecordingCommandBuffer,
};
use vulkano::device::DeviceOwned;
use vulkano::pipeline::Pipeline as _;
use vulkano::sync::semaphore::{Semaphore, SemaphoreCreateInfo, SemaphoreType, SemaphoreWaitInfo};
use vulkano::sync::{AccessFlags, DependencyInfo, MemoryBarrier, PipelineStages};
use vulkano::{VulkanError, VulkanObject};

use super::{Block, Logical, Pipeline, failure};
use crate::planted::Planted;

/// What a dispatch is given: where its later parameters lie, and the first ones themselves. As large as
/// every driver allows.
#[derive(BufferContents, Clone, Copy, Default)]
#[repr(C)]
pub(crate) struct Pushed {
    pub(crate) others: u64,
    pub(crate) words: [u32; 30],
}

/// Commands being recorded.
pub(crate) struct Commands {
    inner: RecordingCommandBuffer,
    /// The pipeline bound last.
    bound: vk::Pipeline,
}

// SAFETY: the pool behind the buffer is used by one thread at a time, because commands are begun, recorded,
// submitted and dropped by the queue alone, which its device keeps behind a lock.
unsafe impl Send for Commands {}

impl Commands {
    pub(crate) fn begin(gpu: &Logical) -> Result<Self> {
        let info = CommandBufferBeginInfo {
            usage: CommandBufferUsage::OneTimeSubmit,
            ..Default::default()
        };
        let family = gpu.queue.queue_family_index();
        let allocator = gpu.commands.clone();
        let inner =
            RecordingCommandBuffer::new(allocator, family, CommandBufferLevel::Primary, info)
                .map_err(|why| failure("recording", why))?;
        Ok(Self {
            inner,
            bound: vk::Pipeline::null(),
        })
    }

    /// Lets everything recorded from here on see what was written before.
    pub(crate) fn barrier(&mut self) {
        let stages =
            PipelineStages::COMPUTE_SHADER | PipelineStages::ALL_TRANSFER | PipelineStages::HOST;
        let reads = AccessFlags::SHADER_READ | AccessFlags::TRANSFER_READ | AccessFlags::HOST_READ;
        let writes = AccessFlags::SHADER_WRITE | AccessFlags::TRANSFER_WRITE;
        let barrier = MemoryBarrier {
            src_stages: stages,
            src_access: writes | AccessFlags::HOST_WRITE,
            dst_stages: stages,
            dst_access: reads | writes,
            ..Default::default()
        };
        let info = DependencyInfo {
            memory_barriers: [barrier].into_iter().collect(),
            ..Default::default()
        };
        // SAFETY: a global barrier is valid anywhere outside a render pass.
        unsafe { self.inner.pipeline_barrier_unchecked(&info) };
    }

    /// Runs a pipeline with these parameters.
    ///
    /// # Safety
    /// Every address in the parameters points to memory that lives until the commands are done and
    /// is as large as the shader expects, and a barrier stands between conflicting uses of it.
    pub(crate) unsafe fn dispatch(
        &mut self,
        pipeline: &Pipeline,
        pushed: &Pushed,
        groups: [u32; 3],
    ) {
        let handle = pipeline.0.handle();
        // SAFETY: the layout has room for what is pushed; the rest by the contract above.
        unsafe {
            if self.bound != handle {
                self.inner.bind_pipeline_compute_unchecked(&pipeline.0);
                self.bound = handle;
            }
            self.inner
                .push_constants_unchecked(pipeline.0.layout(), 0, pushed);
            self.inner.dispatch_unchecked(groups);
        }
    }

    /// Copies bytes between blocks.
    ///
    /// # Safety
    /// Both ranges lie within their blocks, which live until the commands are done, and a barrier
    /// stands between conflicting uses.
    pub(crate) unsafe fn copy(&mut self, from: (&Block, u64), to: (&Block, u64), size: u64) {
        let region = vk::BufferCopy {
            src_offset: from.1,
            dst_offset: to.1,
            size,
        };
        let fns = self.inner.device().fns();
        // SAFETY: by the contract above.
        unsafe {
            (fns.v1_0.cmd_copy_buffer)(
                self.inner.handle(),
                from.0.handle(),
                to.0.handle(),
                1,
                &region,
            );
        }
    }

    /// Ends the recording and hands it to the device, which will set the timeline to `value`.
    pub(crate) fn submit(
        self,
        gpu: &Logical,
        timeline: &Timeline,
        value: u64,
    ) -> Result<Submitted> {
        // SAFETY: the commands are complete.
        let commands = unsafe { self.inner.end() }.map_err(|why| failure("recording", why))?;
        let signal = [timeline.0.handle()];
        let values = [value];
        let mut timeline_info =
            vk::TimelineSemaphoreSubmitInfo::default().signal_semaphore_values(&values);
        let buffers = [commands.handle()];
        let info = vk::SubmitInfo::default()
            .command_buffers(&buffers)
            .signal_semaphores(&signal)
            .push_next(&mut timeline_info);
        let fns = gpu.device.fns();
        let result = if gpu.is_lost(Planted::LostAtSubmit) {
            vk::Result::ERROR_DEVICE_LOST
        } else {
            // SAFETY: the commands were recorded for this queue's family and are kept until done.
            gpu.queue.with(|_guard| unsafe {
                (fns.v1_0.queue_submit)(gpu.queue.handle(), 1, &info, vk::Fence::null())
            })
        };
        result
            .result()
            .map_err(|why| failure("the device refused work", why))?;
        Ok(Submitted {
            _commands: commands,
            value,
        })
    }
}

/// Commands that the device has, kept until it is done with them.
pub(crate) struct Submitted {
    _commands: CommandBuffer,
    /// What the timeline says when it is done.
    pub(crate) value: u64,
}

/// A counter that the device raises as it finishes submissions.
pub(crate) struct Timeline(Semaphore);

impl Timeline {
    pub(crate) fn new(gpu: &Logical) -> Result<Self> {
        let info = SemaphoreCreateInfo {
            semaphore_type: SemaphoreType::Timeline,
            initial_value: 0,
            ..Default::default()
        };
        Semaphore::new(gpu.device.clone(), info)
            .map(Self)
            .map_err(|why| failure("timeline semaphore", why))
    }

    /// How far the device has come.
    pub(crate) fn reached(&self) -> Result<u64> {
        self.0
            .counter_value()
            .map_err(|why| failure("the device is lost", why))
    }

    /// Waits until the device has come so far.
    pub(crate) fn wait(&self, gpu: &Logical, value: u64) -> Result<()> {
        if gpu.is_lost(Planted::LostAtWait) {
            return Err(failure("the device is lost", VulkanError::DeviceLost));
        }
        let info = SemaphoreWaitInfo {
            value,
            ..Default::default()
        };
        self.0
            .wait(info, None)
            .map_err(|why| failure("the device is lost", why))
    }
}
