//! The shaders, compiled ahead of time, and the pipelines made of them.

use std::sync::Arc;

use foldhash::{HashMap, HashMapExt};
use hammerhead_tensor::Result;
use smallvec::SmallVec;

use crate::vk::{Logical, Module, Pipeline};

/// Values of a shader's constants, by their number.
pub(crate) type Constants = SmallVec<[u32; 12]>;

macro_rules! shaders {
    ($($Name:ident $file:literal),+ $(,)?) => {
        /// A shader.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(crate) enum Shader { $( $Name ),+ }

        impl Shader {
            fn file(self) -> &'static str {
                match self { $( Self::$Name => $file ),+ }
            }

            fn bytes(self) -> &'static [u8] {
                match self { $( Self::$Name => include_bytes!(concat!("../shaders/spv/", $file, ".spv")) ),+ }
            }
        }
    };
}

shaders! {
    Cast "cast",
    Compare "compare",
    Conv "conv",
    ConvLanes "conv_lanes",
    Fill "fill",
    Integer "integer",
    Matmul "matmul",
    MatmulInteger "matmul_integer",
    MatmulLanes "matmul_lanes",
    Pointwise "pointwise",
    ProductSum "product_sum",
    Select "select",
}

/// Pipelines are made when they are first needed and kept.
pub(crate) struct Kernels {
    gpu: Arc<Logical>,
    modules: HashMap<Shader, Module>,
    pipelines: HashMap<(Shader, Constants), Pipeline>,
}

impl Kernels {
    pub(crate) fn new(gpu: Arc<Logical>) -> Self {
        Self {
            gpu,
            modules: HashMap::new(),
            pipelines: HashMap::new(),
        }
    }

    /// The pipeline of a shader with its constants.
    pub(crate) fn get(&mut self, shader: Shader, constants: &Constants) -> Result<Pipeline> {
        let key = (shader, constants.clone());
        if let Some(pipeline) = self.pipelines.get(&key) {
            return Ok(pipeline.clone());
        }
        if !self.modules.contains_key(&shader) {
            let (words, _) = shader.bytes().as_chunks::<4>();
            let words: Vec<u32> = words.iter().map(|&word| u32::from_le_bytes(word)).collect();
            self.modules.insert(shader, Module::new(&self.gpu, &words)?);
        }
        let pipeline = self.modules[&shader].pipeline(&self.gpu, shader.file(), constants)?;
        self.pipelines.insert(key, pipeline.clone());
        Ok(pipeline)
    }
}
