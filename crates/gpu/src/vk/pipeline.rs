//! A shader made ready for the device.

use std::sync::Arc;

use foldhash::{HashMap, HashMapExt};
use hammerhead_tensor::Result;
use vulkano::pipeline::PipelineShaderStageCreateInfo;
use vulkano::pipeline::compute::{ComputePipeline, ComputePipelineCreateInfo};
use vulkano::shader::{ShaderModule, ShaderModuleCreateInfo, SpecializationConstant};

use super::special::preserved;
use super::{Logical, failure};

/// The number of the constant that holds the lanes of a subgroup.
const LANES: u32 = 31;

/// A compute pipeline.
#[derive(Clone)]
pub(crate) struct Pipeline(pub(super) Arc<ComputePipeline>);

/// A shader as the device knows it.
pub(crate) struct Module(Arc<ShaderModule>);

impl Module {
    /// Hands SPIR-V to the device.
    pub(crate) fn new(gpu: &Logical, words: &[u32]) -> Result<Self> {
        let words = preserved(words, &gpu.device);
        // SAFETY: the words are what the shader compiler made, and a mode that the device has.
        let module =
            unsafe { ShaderModule::new(gpu.device.clone(), ShaderModuleCreateInfo::new(&words)) };
        Ok(Self(module.map_err(|why| failure("shader", why))?))
    }

    /// Fills in its constants; those without a value keep their default. Its subgroups have so many
    /// lanes, if it matters, and are told so by the last constant.
    pub(crate) fn pipeline(
        &self,
        gpu: &Logical,
        name: &str,
        constants: &[u32],
        lanes: Option<u32>,
    ) -> Result<Pipeline> {
        let mut values = HashMap::new();
        for (id, &value) in constants.iter().enumerate() {
            values.insert(id as u32, SpecializationConstant::U32(value));
        }
        if let Some(lanes) = lanes {
            values.insert(LANES, SpecializationConstant::U32(lanes));
        }
        let module = self
            .0
            .specialize(values)
            .map_err(|why| failure(name, why))?;
        let entry = module
            .entry_point("main")
            .ok_or_else(|| failure(name, "no entry point"))?;
        let stage = PipelineShaderStageCreateInfo {
            required_subgroup_size: lanes.filter(|_| gpu.sizes_of_subgroups_differ()),
            ..PipelineShaderStageCreateInfo::new(entry)
        };
        let info = ComputePipelineCreateInfo::stage_layout(stage, gpu.layout.clone());
        ComputePipeline::new(gpu.device.clone(), Some(gpu.cache.clone()), info)
            .map(Pipeline)
            .map_err(|why| failure(name, why))
    }
}
