//! A device opened for compute.

use std::sync::{Arc, Mutex, PoisonError};

use hammerhead_tensor::Result;
use vulkano::Version;
use vulkano::command_buffer::allocator::StandardCommandBufferAllocator;
use vulkano::device::physical::{PhysicalDeviceType, SubgroupFeatures};
use vulkano::device::{
    Device, DeviceCreateInfo, DeviceExtensions, DeviceFeatures, Queue, QueueCreateInfo, QueueFlags,
};
use vulkano::pipeline::cache::{PipelineCache, PipelineCacheCreateInfo};
use vulkano::pipeline::layout::{PipelineLayout, PipelineLayoutCreateInfo, PushConstantRange};
use vulkano::shader::ShaderStages;

use super::{Adapter, Matrices, Pushed, failure};
use crate::cache::{Owner, Store};
use crate::planted::{Planted, Waiting};

/// An open device, its queue and what all its pipelines share.
pub(crate) struct Logical {
    pub(crate) device: Arc<Device>,
    pub(crate) queue: Arc<Queue>,
    pub(crate) commands: Arc<StandardCommandBufferAllocator>,
    pub(crate) layout: Arc<PipelineLayout>,
    pub(crate) cache: Arc<PipelineCache>,
    /// Its cooperative matrices, if it has any that the shaders can use.
    pub(crate) matrices: Option<Matrices>,
    /// Where the cache is kept, if anywhere.
    store: Option<Mutex<Store>>,
    /// What a test has planted.
    pub(crate) planted: Waiting,
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
        let mut enabled_features = DeviceFeatures {
            buffer_device_address: true,
            timeline_semaphore: true,
            shader_float64: supported.shader_float64,
            subgroup_size_control: supported.subgroup_size_control
                && physical.api_version() >= Version::V1_3,
            ..DeviceFeatures::empty()
        };
        let mut enabled_extensions = DeviceExtensions {
            khr_portability_subset: physical.supported_extensions().khr_portability_subset,
            ..DeviceExtensions::empty()
        };
        let matrices = Matrices::of(physical);
        if matrices.is_some() {
            enabled_features |= Matrices::features();
            enabled_extensions |= Matrices::extensions();
        }
        let info = DeviceCreateInfo {
            enabled_extensions,
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
                push_constant_ranges: vec![PushConstantRange {
                    stages: ShaderStages::COMPUTE,
                    offset: 0,
                    size: size_of::<Pushed>() as u32,
                }],
                ..Default::default()
            },
        )
        .map_err(|why| failure("pipeline layout", why))?;
        let (cache, store) = pipelines(&device)?;
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
            matrices,
            store,
            planted: Waiting::default(),
        })
    }

    /// Whether shaders can compute with doubles.
    pub(crate) fn computes_doubles(&self) -> bool {
        self.device.enabled_features().shader_float64
    }

    /// Keeps the pipelines made so far for the next process.
    pub(crate) fn keep_pipelines(&self) {
        let Some(store) = &self.store else { return };
        if let Ok(data) = self.cache.get_data() {
            store
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .write(&data);
        }
    }

    /// Whether a test wants the device lost at this moment. Nothing runs on a lost device, so what it was
    /// given before is done first.
    pub(crate) fn is_lost(&self, moment: Planted) -> bool {
        let lost = self.planted.happens(moment);
        if lost {
            self.finish();
        }
        lost
    }

    /// Waits until the device does nothing more.
    pub(crate) fn finish(&self) {
        // SAFETY: no other thread uses the queue, which is locked with what is recorded for it.
        // An error means that the device is lost and does nothing either.
        let _ = unsafe { self.device.wait_idle() };
    }

    /// The most bytes that one allocation and the buffer over it may have.
    pub(crate) fn largest_block(&self) -> u64 {
        let facts = self.device.physical_device().properties();
        let limits = [facts.max_memory_allocation_size, facts.max_buffer_size];
        limits.into_iter().flatten().min().unwrap_or(1 << 30)
    }

    /// The size of subgroups whose lanes can take values from one another, if it can be insisted on.
    pub(crate) fn passing_lanes(&self) -> Option<u32> {
        let facts = self.device.physical_device().properties();
        let computes = |stages: Option<ShaderStages>| {
            stages.is_some_and(|stages| stages.intersects(ShaderStages::COMPUTE))
        };
        let shuffles = facts
            .subgroup_supported_operations
            .is_some_and(|operations| operations.intersects(SubgroupFeatures::SHUFFLE));
        let insists = !self.sizes_of_subgroups_differ()
            || (self.device.enabled_features().subgroup_size_control
                && computes(facts.required_subgroup_size_stages));
        facts.subgroup_size.filter(|lanes| {
            shuffles
                && insists
                && computes(facts.subgroup_supported_stages)
                && (4..=64).contains(lanes)
        })
    }

    /// Whether a pipeline may have subgroups of another size than the next.
    pub(crate) fn sizes_of_subgroups_differ(&self) -> bool {
        let facts = self.device.physical_device().properties();
        facts.min_subgroup_size.is_none() || facts.min_subgroup_size != facts.max_subgroup_size
    }

    /// Whether the device is the processor.
    pub(crate) fn is_software(&self) -> bool {
        self.device.physical_device().properties().device_type == PhysicalDeviceType::Cpu
    }

    /// The size of subgroups, if the driver is software whose subgroups can pass values on. All of its
    /// subgroups are full: it has no reason for others.
    pub(crate) fn software_lanes(&self) -> Option<usize> {
        let facts = self.device.physical_device().properties();
        let passes = facts
            .subgroup_supported_operations
            .is_some_and(|operations| operations.intersects(SubgroupFeatures::SHUFFLE));
        let computes = facts
            .subgroup_supported_stages
            .is_some_and(|stages| stages.intersects(ShaderStages::COMPUTE));
        let lanes = facts.subgroup_size? as usize;
        (self.is_software() && passes && computes && [4, 8, 16].contains(&lanes)).then_some(lanes)
    }
}

/// The cache of pipelines, with what an earlier process kept of it.
fn pipelines(device: &Arc<Device>) -> Result<(Arc<PipelineCache>, Option<Mutex<Store>>)> {
    let facts = device.physical_device().properties();
    let mut store = Store::of(Owner {
        vendor: facts.vendor_id,
        device: facts.device_id,
        driver: facts.driver_version,
        uuid: facts.pipeline_cache_uuid,
    });
    let make = |initial_data| {
        let info = PipelineCacheCreateInfo {
            initial_data,
            ..Default::default()
        };
        // SAFETY: the data is what this device's driver gave, unharmed.
        unsafe { PipelineCache::new(device.clone(), info) }
    };
    let kept = store.as_mut().map(Store::read).unwrap_or_default();
    let cache = make(kept)
        .or_else(|_| make(Vec::new()))
        .map_err(|why| failure("pipeline cache", why))?;
    Ok((cache, store.map(Mutex::new)))
}
