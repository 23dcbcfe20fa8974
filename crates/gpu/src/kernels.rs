//! The shaders, compiled ahead of time, and the pipelines made of them.

use std::sync::Arc;

use std::collections::hash_map::Entry;

use foldhash::{HashMap, HashMapExt};
use hammerhead_tensor::{DType, Result};
use smallvec::SmallVec;

use crate::vk::{Logical, Module, Pipeline};

/// Values of a shader's constants, by their number.
pub(crate) type Constants = SmallVec<[u32; 20]>;

macro_rules! shaders {
    ($($Name:ident $($Double:ident)? $file:literal),+ $(,)?) => {
        /// A shader.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(crate) enum Shader { $( $Name, $( $Double, )? )+ }

        impl Shader {
            #[cfg(test)]
            const ALL: &'static [Self] = &[ $( Self::$Name, $( Self::$Double, )? )+ ];

            fn file(self) -> &'static str {
                match self { $(
                    Self::$Name => $file,
                    $( Self::$Double => concat!($file, "_f64"), )?
                )+ }
            }

            fn bytes(self) -> &'static [u8] {
                match self { $(
                    Self::$Name => include_bytes!(concat!("../shaders/spv/", $file, ".spv")),
                    $( Self::$Double => include_bytes!(concat!("../shaders/spv/", $file, "_f64.spv")), )?
                )+ }
            }

            /// The one that computes with a dtype: another one for doubles, if it computes with floats at all.
            pub(crate) fn of(self, dtype: DType) -> Self {
                match self {
                    $( $( Self::$Name if dtype == DType::F64 => Self::$Double, )? )+
                    other => other,
                }
            }

            /// Whether it computes with doubles.
            pub(crate) fn is_double(self) -> bool {
                match self {
                    $( $( Self::$Double => true, )? )+
                    _ => false,
                }
            }
        }
    };
}

shaders! {
    Arg "arg",
    Cast "cast",
    Compare "compare",
    Conv ConvF64 "conv",
    ConvCoop "conv_coop",
    ConvLanes ConvLanesF64 "conv_lanes",
    CrossEntropy CrossEntropyF64 "cross_entropy",
    Fill "fill",
    Gather "gather",
    Integer "integer",
    Matmul MatmulF64 "matmul",
    MatmulCoop "matmul_coop",
    MatmulInteger "matmul_integer",
    MatmulLanes MatmulLanesF64 "matmul_lanes",
    Norm NormF64 "norm",
    NormSubgroups "norm_subgroups",
    Pointwise PointwiseF64 "pointwise",
    Pool PoolF64 "pool",
    ProductSum ProductSumF64 "product_sum",
    Random RandomF64 "random",
    Reduce ReduceF64 "reduce",
    ReduceInteger "reduce_integer",
    ReduceSubgroups "reduce_subgroups",
    Scan ScanF64 "scan",
    ScatterAdd ScatterAddF64 "scatter_add",
    Select "select",
    Sort "sort",
    Update UpdateF64 "update",
    WinogradSquares "winograd_squares",
    WinogradValues "winograd_values",
}

impl Shader {
    /// Whether it multiplies cooperative matrices.
    pub(crate) fn cooperates(self) -> bool {
        matches!(self, Self::ConvCoop | Self::MatmulCoop)
    }

    /// The same for devices whose subgroups can pass values on; its results are the same bits.
    fn in_subgroups(self) -> Option<Self> {
        match self {
            Self::Norm => Some(Self::NormSubgroups),
            Self::Reduce => Some(Self::ReduceSubgroups),
            _ => None,
        }
    }

    /// Its SPIR-V. The pointwise table is many programs in one file: how many, then number, start and
    /// length of each.
    fn words(self, function: u32) -> Vec<u32> {
        let (words, _) = self.bytes().as_chunks::<4>();
        let word = |i: usize| u32::from_le_bytes(words[i]);
        let range = match self {
            Self::Pointwise | Self::PointwiseF64 => {
                let count = word(0) as usize;
                let entry = (0..count)
                    .map(|i| 1 + 3 * i)
                    .find(|&at| word(at) == function);
                let at = entry.expect("every function of the table has a program");
                word(at + 1) as usize..(word(at + 1) + word(at + 2)) as usize
            }
            _ => 0..words.len(),
        };
        range.map(word).collect()
    }
}

/// Pipelines are made when they are first needed and kept.
pub(crate) struct Kernels {
    gpu: Arc<Logical>,
    /// The size of subgroups whose lanes can take values from one another.
    passing_lanes: Option<u32>,
    /// By shader, and by function for the pointwise table.
    modules: HashMap<(Shader, u32), Module>,
    pipelines: HashMap<(Shader, Constants), Pipeline>,
    /// How many are on disk, and how many there were when values were last read.
    kept: usize,
    seen: usize,
}

impl Kernels {
    pub(crate) fn new(gpu: Arc<Logical>, passing_lanes: Option<u32>) -> Self {
        Self {
            gpu,
            passing_lanes,
            modules: HashMap::new(),
            pipelines: HashMap::new(),
            kept: 0,
            seen: 0,
        }
    }

    /// Keeps new pipelines on disk, once a while has passed without more of them.
    pub(crate) fn settle(&mut self) {
        let made = self.pipelines.len();
        if made == self.seen && made > self.kept {
            self.keep();
        }
        self.seen = made;
    }

    /// Keeps new pipelines on disk.
    pub(crate) fn keep(&mut self) {
        if self.pipelines.len() > self.kept {
            self.gpu.keep_pipelines();
            self.kept = self.pipelines.len();
        }
    }

    /// The pipeline of a shader with its constants.
    pub(crate) fn get(&mut self, shader: Shader, constants: &Constants) -> Result<Pipeline> {
        let key = (shader, constants.clone());
        if let Some(pipeline) = self.pipelines.get(&key) {
            return Ok(pipeline.clone());
        }
        let (shader, lanes) = match (shader.in_subgroups(), self.passing_lanes) {
            (Some(other), Some(lanes)) => (other, Some(lanes)),
            _ => {
                let matrices = self.gpu.matrices.filter(|_| shader.cooperates());
                (shader, matrices.map(|matrices| matrices.lanes as u32))
            }
        };
        let function = match shader {
            Shader::Pointwise | Shader::PointwiseF64 => constants[0],
            _ => 0,
        };
        let module = match self.modules.entry((shader, function)) {
            Entry::Occupied(module) => module.into_mut(),
            Entry::Vacant(free) => free.insert(Module::new(&self.gpu, &shader.words(function))?),
        };
        let pipeline = module.pipeline(&self.gpu, shader.file(), constants, lanes)?;
        self.pipelines.insert(key, pipeline.clone());
        Ok(pipeline)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vk::has_doubles;

    #[test]
    fn only_shaders_of_doubles_ask_for_them() {
        for &shader in Shader::ALL {
            let file = shader.bytes().as_chunks::<4>().0;
            let word = |i: usize| u32::from_le_bytes(file[i]);
            let functions: Vec<u32> = match shader {
                Shader::Pointwise | Shader::PointwiseF64 => {
                    (0..word(0) as usize).map(|i| word(1 + 3 * i)).collect()
                }
                _ => vec![0],
            };
            for function in functions {
                let declared = has_doubles(&shader.words(function));
                assert_eq!(declared, shader.is_double(), "{shader:?} {function}");
            }
        }
    }
}
