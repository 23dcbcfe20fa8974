//! A block of device memory with one buffer over all of it.

use std::sync::Arc;

use ash::vk;
use hammerhead_tensor::{Error, ErrorKind, Result};
use vulkano::VulkanObject;
use vulkano::buffer::sys::RawBuffer;
use vulkano::buffer::{Buffer, BufferCreateInfo, BufferUsage};
use vulkano::memory::{
    DeviceMemory, MemoryAllocateFlags, MemoryAllocateInfo, MemoryMapInfo, MemoryPropertyFlags,
    ResourceMemory,
};

use super::{Logical, failure, reason};

/// Who reaches the memory besides shaders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Nobody: the fastest for the device.
    Device,
    /// The host writes it, the device reads it.
    Upload,
    /// The device writes it, the host reads it.
    Download,
}

/// Memory from the driver.
pub(crate) struct Block {
    buffer: Arc<Buffer>,
    /// Where shaders find it.
    pub(crate) address: u64,
    pub(crate) size: u64,
    /// Where the host finds it, if it may.
    mapped: Option<*mut u8>,
}

// SAFETY: the mapping stays valid as long as the block; the queue decides who may touch which bytes.
unsafe impl Send for Block {}
// SAFETY: as above.
unsafe impl Sync for Block {}

impl Block {
    /// Takes `size` bytes from the driver.
    pub(crate) fn new(gpu: &Logical, size: u64, place: Place) -> Result<Self> {
        let usage = BufferUsage::STORAGE_BUFFER
            | BufferUsage::SHADER_DEVICE_ADDRESS
            | BufferUsage::TRANSFER_SRC
            | BufferUsage::TRANSFER_DST;
        let info = BufferCreateInfo {
            size,
            usage,
            ..Default::default()
        };
        let raw = RawBuffer::new(gpu.device.clone(), info).map_err(|why| failure("buffer", why))?;
        let needs = *raw.memory_requirements();
        let mut memory = allocate(gpu, needs.layout.size(), needs.memory_type_bits, place)?;
        let mapped = if place == Place::Device {
            None
        } else {
            let size = memory.allocation_size();
            let range = MemoryMapInfo {
                size,
                ..Default::default()
            };
            memory
                .map(range)
                .map_err(|why| failure("mapping memory", why))?;
            memory
                .mapping_state()
                .map(|state| state.ptr().as_ptr().cast())
        };
        let buffer = raw
            .bind_memory(ResourceMemory::new_dedicated(memory))
            .map_err(|(why, ..)| failure("binding memory", why))?;
        let address = buffer
            .device_address()
            .map_err(|why| failure("buffer address", why))?;
        Ok(Self {
            buffer: Arc::new(buffer),
            address: address.get(),
            size,
            mapped,
        })
    }

    pub(crate) fn handle(&self) -> vk::Buffer {
        self.buffer.handle()
    }

    /// Copies host bytes into the block.
    ///
    /// # Panics
    /// When the range is outside the block, or the host can't reach it.
    pub(crate) fn write(&self, at: u64, bytes: &[u8]) {
        let to = self.host_range(at, bytes.len());
        // SAFETY: the range is inside the mapping, and the queue is done with it.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), to, bytes.len()) };
    }

    /// Copies bytes of the block to the host.
    ///
    /// # Panics
    /// As [`write`](Self::write).
    pub(crate) fn read(&self, at: u64, bytes: &mut [u8]) {
        let from = self.host_range(at, bytes.len());
        // SAFETY: the range is inside the mapping, and the queue is done with it.
        unsafe { std::ptr::copy_nonoverlapping(from, bytes.as_mut_ptr(), bytes.len()) };
    }

    fn host_range(&self, at: u64, len: usize) -> *mut u8 {
        assert!(at + len as u64 <= self.size, "a range outside of its block");
        self.mapped
            .expect("the host can reach the block")
            .wrapping_add(at as usize)
    }
}

/// Memory of the best kind there is room in. Tensors live in the best kind alone: a device whose memory is full
/// says so, and does not become slow.
fn allocate(gpu: &Logical, bytes: u64, allowed: u32, place: Place) -> Result<DeviceMemory> {
    let mut failed = failure("memory", "no kind of it is fit for tensors");
    for memory_type_index in memory_types(gpu, allowed, place) {
        let info = MemoryAllocateInfo {
            allocation_size: bytes,
            memory_type_index,
            flags: MemoryAllocateFlags::DEVICE_ADDRESS,
            ..Default::default()
        };
        match DeviceMemory::allocate(gpu.device.clone(), info) {
            Ok(memory) => return Ok(memory),
            Err(why) => failed = Error::new(ErrorKind::Memory, reason(&why)),
        }
        if place == Place::Device {
            break;
        }
    }
    Err(failed)
}

/// The memory types with what is needed, the wished-for first.
fn memory_types(gpu: &Logical, allowed: u32, place: Place) -> impl Iterator<Item = u32> + '_ {
    use MemoryPropertyFlags as Flags;
    let host = Flags::HOST_VISIBLE | Flags::HOST_COHERENT;
    let wishes = match place {
        Place::Device => [Flags::DEVICE_LOCAL, Flags::empty()],
        // Parameters are read by every dispatch: best where the device has them at hand, which may be little.
        Place::Upload => [host | Flags::DEVICE_LOCAL, host],
        Place::Download => [host | Flags::HOST_CACHED, host],
    };
    let types = &gpu
        .device
        .physical_device()
        .memory_properties()
        .memory_types;
    wishes.into_iter().flat_map(move |wish| {
        (0..types.len() as u32).filter(move |&i| {
            allowed & (1 << i) != 0 && types[i as usize].property_flags.contains(wish)
        })
    })
}
