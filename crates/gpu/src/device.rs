//! The device: tensor's instructions on a GPU.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};

use hammerhead_tensor::device::{Device, DeviceRef, Memory, Operand};
use hammerhead_tensor::layout::Layout;
use hammerhead_tensor::prim::Prim;
use hammerhead_tensor::{Cpu, DType, Error, ErrorKind, Result};

use crate::kernels::{Constants, Kernels, Shader};
use crate::memory::{Heap, MemoryStats, Piece};
use crate::ops;
use crate::planted::Planted;
use crate::queue::{Queue, QueueStats};
use crate::select::{DeviceInfo, choose, cooperate, no_matrices};
use crate::vk::{Logical, Matrices};

/// A Vulkan device. It stands wherever a device is asked for, and drops back to it with `&*`.
///
/// ```no_run
/// use hammerhead_gpu::Vulkan;
/// use hammerhead_tensor::Tensor;
///
/// let gpu = Vulkan::new()?;
/// let x = Tensor::ones([2, 3]).to(&gpu);
/// assert_eq!((&x + &x).sum().item(), 12.0);
/// # Ok::<(), hammerhead_tensor::Error>(())
/// ```
#[derive(Clone)]
pub struct Vulkan {
    device: DeviceRef,
    state: Arc<State>,
    info: DeviceInfo,
}

/// What a device has done and holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Its memory.
    pub memory: MemoryStats,
    /// Its work.
    pub queue: QueueStats,
}

impl Vulkan {
    /// The device that `HAMMERHEAD_DEVICE` names by number or name; without it the best one. A
    /// driver in software is chosen only if there is nothing else, and a line on stderr says so once.
    ///
    /// Products of `f16` use the device's cooperative matrices, except in software, where they are slow;
    /// `HAMMERHEAD_COOPERATIVE=1` insists on them, `0` does without.
    ///
    /// # Errors
    /// Without a loader, a driver or a fitting device; the text lists what there is or says what to
    /// install.
    pub fn new() -> Result<Self> {
        let wish = std::env::var("HAMMERHEAD_DEVICE").unwrap_or_default();
        Self::named(&wish).map_err(|why| match wish.as_str() {
            "" => why,
            _ => Error::new(why.kind(), format!("{why} (HAMMERHEAD_DEVICE is `{wish}`)")),
        })
    }

    /// The device with a number, or whose name contains the text (in any case); the best one for `""`.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn named(wish: &str) -> Result<Self> {
        let cooperate = cooperate()?;
        Self::open(wish, |gpu| {
            let lanes = gpu.software_lanes();
            let matrices = match cooperate {
                Some(true) => Some(gpu.matrices.ok_or_else(no_matrices)?),
                Some(false) => None,
                // Software only pretends to have them.
                None => gpu.matrices.filter(|_| lanes.is_none()),
            };
            Ok(Means {
                lanes,
                passing_lanes: gpu.passing_lanes(),
                matrices,
            })
        })
    }

    /// The best device, treated as a GPU even if it is software, whose subgroups can do nothing.
    #[cfg(test)]
    pub(crate) fn as_gpu() -> Result<Self> {
        Self::open("", |_| Ok(Means::default()))
    }

    /// The best device without cooperative matrices.
    #[cfg(test)]
    pub(crate) fn without_matrices() -> Result<Self> {
        Self::open("", |gpu| {
            Ok(Means {
                lanes: gpu.software_lanes(),
                passing_lanes: gpu.passing_lanes(),
                matrices: None,
            })
        })
    }

    fn open(wish: &str, means: impl Fn(&Logical) -> Result<Means>) -> Result<Self> {
        let (adapter, info) = choose(wish)?;
        if wish.is_empty() && info.kind == "software" {
            static SAID: Once = Once::new();
            SAID.call_once(|| {
                eprintln!(
                    "vulkan: no GPU found, using the software driver {}",
                    info.name
                );
            });
        }
        let gpu = Arc::new(Logical::open(&adapter)?);
        let means = means(&gpu)?;
        let state = Arc::new(State::new(gpu, means)?);
        let device: DeviceRef = Arc::new(Interpreter {
            name: format!("vulkan:{}", info.index),
            state: state.clone(),
        });
        Ok(Self {
            device,
            state,
            info,
        })
    }

    /// Which device it is.
    pub fn info(&self) -> &DeviceInfo {
        &self.info
    }

    /// Memory and work so far.
    pub fn stats(&self) -> Stats {
        Stats {
            memory: self.state.heap.stats(),
            queue: self.state.work().queue.stats,
        }
    }

    /// Lets the device have no more than so many bytes from the driver, as if its memory ended there.
    pub fn limit_memory(&self, bytes: Option<u64>) {
        self.state.heap.set_limit(bytes);
    }

    /// Lets the driver give no more than so many bytes at a time.
    #[doc(hidden)]
    pub fn limit_piece(&self, bytes: u64) {
        self.state.heap.set_largest(bytes);
    }

    /// Lets something go wrong.
    #[doc(hidden)]
    pub fn plant(&self, fault: Planted) {
        self.state.gpu.planted.plant(fault);
    }
}

impl Deref for Vulkan {
    type Target = DeviceRef;

    fn deref(&self) -> &DeviceRef {
        &self.device
    }
}

impl fmt::Debug for Vulkan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vulkan({}: {})", self.info.index, self.info.name)
    }
}

/// What a device is made of.
pub(crate) struct State {
    /// First, because it is dropped first: it waits for work that uses the memory below.
    work: Mutex<Work>,
    gpu: Arc<Logical>,
    pub(crate) heap: Arc<Heap>,
    /// Where shaders note what went wrong with values: a word, 0 if nothing did.
    faults: Piece,
    means: Means,
}

/// What kernels can use besides shared memory.
#[derive(Clone, Copy, Default)]
struct Means {
    /// Lanes of a subgroup of a driver in software.
    lanes: Option<usize>,
    /// Lanes of a subgroup that can take values from one another.
    passing_lanes: Option<u32>,
    /// Cooperative matrices.
    matrices: Option<Matrices>,
}

impl Drop for State {
    fn drop(&mut self) {
        self.work().kernels.keep();
    }
}

/// What only one thread at a time may use.
pub(crate) struct Work {
    queue: Queue,
    kernels: Kernels,
}

/// One dispatch, described.
pub(crate) struct Call<'a> {
    pub(crate) shader: Shader,
    pub(crate) constants: Constants,
    pub(crate) params: &'a [u32],
    pub(crate) groups: [u32; 3],
    pub(crate) reads: &'a [&'a Piece],
    pub(crate) writes: &'a [&'a Piece],
}

impl State {
    fn new(gpu: Arc<Logical>, means: Means) -> Result<Self> {
        let heap = Heap::new(gpu.clone());
        let mut queue = Queue::new(gpu.clone(), heap.clone())?;
        let faults = heap.take(4)?;
        queue.upload(&[0; 4], &faults)?;
        Ok(Self {
            heap,
            faults,
            means,
            work: Mutex::new(Work {
                queue,
                kernels: Kernels::new(gpu.clone(), means.passing_lanes),
            }),
            gpu,
        })
    }

    fn work(&self) -> MutexGuard<'_, Work> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Memory of so many bytes. If there is none, what lies unused is given back to the driver first.
    pub(crate) fn take(&self, bytes: u64) -> Result<Piece> {
        self.heap.take(bytes).or_else(|why| {
            // While it is held, no other thread records work on what is given back.
            let mut work = self.work();
            work.queue.wait()?;
            if self.heap.trim() {
                self.heap.take(bytes)
            } else {
                Err(why)
            }
        })
    }

    /// How many rounds of loops an invocation can make.
    pub(crate) fn rounds(&self) -> usize {
        // Drivers in software end all loops of an invocation after as many, without a word.
        if self.gpu.is_software() {
            65_535
        } else {
            usize::MAX
        }
    }

    /// Records a dispatch.
    pub(crate) fn call(&self, call: Call<'_>) -> Result<()> {
        let mut work = self.work();
        let Work { queue, kernels } = &mut *work;
        let pipeline = kernels.get(call.shader, &call.constants)?;
        queue.stats.cooperative += u64::from(call.shader.cooperates());
        queue.dispatch(&pipeline, call.params, call.groups, call.reads, call.writes)
    }

    /// The size of subgroups, if the driver is software whose subgroups can pass values on.
    pub(crate) fn lanes(&self) -> Option<usize> {
        self.means.lanes
    }

    /// The device's cooperative matrices, if its shaders are to use them.
    pub(crate) fn matrices(&self) -> Option<Matrices> {
        self.means.matrices
    }

    /// Where shaders note faults. Who may note one writes it.
    pub(crate) fn faults(&self) -> &Piece {
        &self.faults
    }

    /// Reads a piece's first bytes, and fails if a shader noted a fault since the last read.
    fn read(&self, piece: &Piece, bytes: &mut [u8]) -> Result<()> {
        let Work { queue, kernels } = &mut *self.work();
        let mut noted = [0; 4];
        queue.download([(piece, bytes), (&self.faults, &mut noted)])?;
        kernels.settle();
        match u32::from_le_bytes(noted) {
            0 => Ok(()),
            code => {
                queue.upload(&[0; 4], &self.faults)?;
                Err(ops::fault(code))
            }
        }
    }
}

/// The device as tensor sees it.
struct Interpreter {
    name: String,
    state: Arc<State>,
}

impl fmt::Debug for Interpreter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl Device for Interpreter {
    fn name(&self) -> &str {
        &self.name
    }

    fn alloc(&self, dtype: DType, len: usize) -> Result<Memory> {
        let bytes = self.bytes_of(dtype, len)?;
        Ok(Box::new(self.state.take(bytes)?))
    }

    fn run(&self, prim: &Prim, inputs: &[Operand<'_>], outputs: &[Operand<'_>]) -> Result<()> {
        ops::run(&self.state, prim, inputs, outputs)
    }

    fn upload(&self, dtype: DType, bytes: &[u8]) -> Result<Memory> {
        let piece = self
            .state
            .take(self.bytes_of(dtype, bytes.len() / dtype.size())?)?;
        self.state.work().queue.upload(bytes, &piece)?;
        Ok(Box::new(piece))
    }

    fn download(&self, operand: Operand<'_>, dtype: DType, bytes: &mut [u8]) -> Result<()> {
        let numel = operand.layout.numel();
        if numel == 0 {
            return Ok(());
        }
        let dense = Layout::contiguous(operand.layout.shape());
        let copy;
        let mut piece = ops::piece(&operand);
        if *operand.layout != dense {
            copy = self.state.take(self.bytes_of(operand.dtype, numel)?)?;
            ops::copy_to(&self.state, &operand, &copy, &dense)?;
            piece = &copy;
        }
        if operand.dtype == dtype {
            return self.state.read(piece, bytes);
        }
        let mut values = vec![0; numel * operand.dtype.size()];
        self.state.read(piece, &mut values)?;
        let cpu = Cpu::device();
        let memory = cpu.upload(operand.dtype, &values)?;
        let host = Operand {
            memory: &*memory,
            layout: &dense,
            dtype: operand.dtype,
        };
        cpu.download(host, dtype, bytes)
    }

    fn is_deferred(&self) -> bool {
        true
    }

    fn sync(&self) {
        // An error shows where values are read.
        let _ = self.state.work().queue.wait();
    }
}

impl Interpreter {
    /// The bytes of a tensor, if the device computes with its dtype and shaders can index it.
    fn bytes_of(&self, dtype: DType, len: usize) -> Result<u64> {
        if dtype == DType::F64 && !self.state.gpu.computes_doubles() {
            let message = "vulkan: f64 tensors are not supported on this device, which has no f64 arithmetic; \
                use f32, or keep them on the CPU";
            return Err(Error::new(ErrorKind::DType, message));
        }
        if len > i32::MAX as usize {
            let message = format!(
                "vulkan: {len} elements; a tensor has at most {} here",
                i32::MAX
            );
            return Err(Error::new(ErrorKind::Memory, message));
        }
        Ok((len * dtype.size()) as u64)
    }
}
