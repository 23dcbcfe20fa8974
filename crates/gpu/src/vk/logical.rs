//! A device opened for compute.

use std::sync::Arc;

use hammerhead_tensor::Result;
use vulkano::command_buffer::allocator::StandardCommandBufferAllocator;
use vulkano::device::physical::{PhysicalDeviceType, SubgroupFeatures};
use vulkano::device::{
    Device, DeviceCreateInfo, DeviceExtensions, DeviceFeatures, Queue, QueueCreateInfo, QueueFlags,
};
use vulkano::pipeline::cache::{PipelineCache, PipelineCacheCreateInfo};
use vulkano::pipeline::layout::{PipelineLayout, PipelineLayoutCreateInfo, PushConstantRange};
use vulkano::shader::ShaderStages;

use super::{Adapter, failure};

/// An open device, its queue and what all its pipelines share.
pub(crate) struct Logical {
    pub(crate) device: Arc<Device>,
    pub(crate) queue: Arc<Queue>,
    pub(crate) commands: Arc<StandardCommandBufferAllocator>,
    pub(crate) layout: Arc<PipelineLayout>,
    pub(crate) cache: Arc<PipelineCache>,
}

impl Logical {
    /// Opens a device with one compute queue.
    pub(crate) fn open(adapter: &Adapter) -> Result<Self> {
        let physical = &adapter.physical;
        let families = physical.queue_family_properties().iter();
        let family = families
            .enumerate()
            .filter(|(_, family)| family.queue_flags.intersects(QueueFlags::COMPUTE))
            // A family without graphics runs beside a desktop.
            .min_by_key(|(_, family)| family.queue_flags.intersects(QueueFlags::GRAPHICS))
            .ok_or_else(|| failure(adapter.name(), "no queue for compute"))?
            .0;
        let supported = physical.supported_features();
        let enabled_features = DeviceFeatures {
            buffer_device_address: true,
            timeline_semaphore: true,
            shader_float64: supported.shader_float64,
            subgroup_broadcast_dynamic_id: supported.subgroup_broadcast_dynamic_id,
            ..DeviceFeatures::empty()
        };
        let info = DeviceCreateInfo {
            enabled_extensions: DeviceExtensions {
                khr_portability_subset: physical.supported_extensions().khr_portability_subset,
                ..DeviceExtensions::empty()
            },
            enabled_features,
            queue_create_infos: vec![QueueCreateInfo {
                queue_family_index: family as u32,
                ..Default::default()
            }],
            ..Default::default()
        };
        let (device, mut queues) = Device::new(physical.clone(), info)
            .map_err(|why| failure(&format!("{} can't be opened", adapter.name()), why))?;
        let queue = queues.next().expect("one queue was asked for");
        let layout = PipelineLayout::new(
            device.clone(),
            PipelineLayoutCreateInfo {
                // Where a dispatch's parameters lie.
                push_constant_ranges: vec![PushConstantRange {
                    stages: ShaderStages::COMPUTE,
                    offset: 0,
                    size: 8,
                }],
                ..Default::default()
            },
        )
        .map_err(|why| failure("pipeline layout", why))?;
        // SAFETY: no initial data is given.
        let cache =
            unsafe { PipelineCache::new(device.clone(), PipelineCacheCreateInfo::default()) }
                .map_err(|why| failure("pipeline cache", why))?;
        let commands = Arc::new(StandardCommandBufferAllocator::new(
            device.clone(),
            Default::default(),
        ));
        Ok(Self {
            device,
            queue,
            commands,
            layout,
            cache,
        })
    }

    /// Whether shaders can compute with doubles.
    pub(crate) fn computes_doubles(&self) -> bool {
        self.device.enabled_features().shader_float64
    }

    /// The size of subgroups, if the driver is software whose subgroups can pass values on. All of its
    /// subgroups are full: it has no reason for others.
    pub(crate) fn software_lanes(&self) -> Option<usize> {
        let facts = self.device.physical_device().properties();
        let passes = self.device.enabled_features().subgroup_broadcast_dynamic_id
            && facts
                .subgroup_supported_operations
                .is_some_and(|operations| operations.intersects(SubgroupFeatures::BALLOT));
        let computes = facts
            .subgroup_supported_stages
            .is_some_and(|stages| stages.intersects(ShaderStages::COMPUTE));
        let software = facts.device_type == PhysicalDeviceType::Cpu;
        let lanes = facts.subgroup_size? as usize;
        (software && passes && computes && [4, 8, 16].contains(&lanes)).then_some(lanes)
    }
}
