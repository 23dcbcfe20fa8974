//! The cooperative matrices of a device: how large they are, and what using them takes.

use ash::vk;
use vulkano::Version;
use vulkano::VulkanObject;
use vulkano::device::physical::PhysicalDevice;
use vulkano::device::{DeviceExtensions, DeviceFeatures};
use vulkano::shader::ShaderStages;

/// Matrices that the lanes of a subgroup multiply together: half precision, summed in single precision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Matrices {
    /// Rows of the left one and of the sums.
    pub(crate) m: usize,
    /// Columns of the right one and of the sums.
    pub(crate) n: usize,
    /// Columns of the left one and rows of the right one.
    pub(crate) k: usize,
    /// Lanes of the subgroups that do it.
    pub(crate) lanes: usize,
    /// Bytes of memory that a workgroup may share.
    pub(crate) shared: usize,
    /// Invocations that a workgroup may have.
    pub(crate) threads: usize,
}

impl Matrices {
    /// What the kernels can use of what a device has: the largest shape with sides of 8 or 16.
    ///
    /// Subgroups are the smallest there are: Intel's matrices fit no others, AMD's are as fast with them,
    /// and elsewhere there is one size.
    pub(crate) fn of(physical: &PhysicalDevice) -> Option<Self> {
        let has = physical.supported_features();
        let facts = physical.properties();
        let computes = |stages: Option<ShaderStages>| {
            stages.is_some_and(|stages| stages.intersects(ShaderStages::COMPUTE))
        };
        if physical.api_version() < Version::V1_3
            || !physical
                .supported_extensions()
                .contains(&Self::extensions())
            || !has.contains(&Self::features())
            || !computes(facts.cooperative_matrix_supported_stages)
        {
            return None;
        }
        let lanes = match (facts.min_subgroup_size, facts.max_subgroup_size) {
            (Some(least), Some(most)) if least == most => least,
            (Some(least), _)
                if has.subgroup_size_control && computes(facts.required_subgroup_size_stages) =>
            {
                least
            }
            _ => return None,
        };
        let fits = |side: u32| side == 8 || side == 16;
        let shape = shapes(physical)
            .into_iter()
            .filter(|of| {
                of.a_type == vk::ComponentTypeKHR::FLOAT16
                    && of.b_type == vk::ComponentTypeKHR::FLOAT16
                    && of.c_type == vk::ComponentTypeKHR::FLOAT32
                    && of.result_type == vk::ComponentTypeKHR::FLOAT32
                    && of.scope == vk::ScopeKHR::SUBGROUP
                    && of.saturating_accumulation == vk::FALSE
            })
            .map(|of| [of.m_size, of.n_size, of.k_size])
            .filter(|shape| shape.iter().all(|&side| fits(side)))
            .max_by_key(|[m, n, k]| m * n * k)?;
        let [m, n, k] = shape.map(|side| side as usize);
        Some(Self {
            m,
            n,
            k,
            lanes: lanes as usize,
            shared: facts.max_compute_shared_memory_size as usize,
            threads: facts.max_compute_work_group_invocations as usize,
        })
    }

    /// The extensions that a device must be opened with.
    pub(super) fn extensions() -> DeviceExtensions {
        DeviceExtensions {
            khr_cooperative_matrix: true,
            ..DeviceExtensions::empty()
        }
    }

    /// The features that a device must be opened with.
    pub(super) fn features() -> DeviceFeatures {
        DeviceFeatures {
            cooperative_matrix: true,
            vulkan_memory_model: true,
            // What atomics of the other shaders need as soon as there is the memory model.
            vulkan_memory_model_device_scope: true,
            shader_float16: true,
            storage_buffer16_bit_access: true,
            ..DeviceFeatures::empty()
        }
    }
}

/// All shapes that a device with the extension offers.
fn shapes(physical: &PhysicalDevice) -> Vec<vk::CooperativeMatrixPropertiesKHR<'static>> {
    let ask = physical
        .instance()
        .fns()
        .khr_cooperative_matrix
        .get_physical_device_cooperative_matrix_properties_khr;
    let mut count = 0;
    // SAFETY: without an array the driver writes the count alone.
    let counted = unsafe { ask(physical.handle(), &mut count, std::ptr::null_mut()) };
    if counted != vk::Result::SUCCESS {
        return Vec::new();
    }
    let mut shapes = vec![vk::CooperativeMatrixPropertiesKHR::default(); count as usize];
    // SAFETY: the array has room for as many as the driver said it writes.
    let listed = unsafe { ask(physical.handle(), &mut count, shapes.as_mut_ptr()) };
    if listed != vk::Result::SUCCESS {
        return Vec::new();
    }
    shapes.truncate(count as usize);
    shapes
}
