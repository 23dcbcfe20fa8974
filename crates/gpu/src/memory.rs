//! Device memory for tensors: blocks from the driver, cut into pieces of a few sizes that are used
//! again and again.
//!
//! A freed piece is ready at once for what is recorded next: the queue runs in the order of recording,
//! with a barrier wherever a piece is written again. So a training loop takes nothing from the driver
//! once it is warm.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hammerhead_tensor::{Error, ErrorKind, Result};

use crate::planted::Planted;
use crate::vk::{Block, Logical, Place};

/// Pieces from here on are blocks of their own.
const LARGE: u64 = 16 << 20;
/// What smaller pieces are cut from.
const BLOCK: u64 = 32 << 20;
/// Every address is a multiple of it: enough for any vector, and a cache line.
const ALIGNMENT: u64 = 256;

/// Where a piece lies.
#[derive(Clone)]
struct Spot {
    block: Arc<Block>,
    offset: u64,
}

/// What the heap has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemoryStats {
    /// Bytes that tensors hold, rounded up to the sizes of pieces.
    pub live: u64,
    /// The most there has been of them.
    pub peak: u64,
    /// Bytes taken from the driver and not given back.
    pub reserved: u64,
    /// Those of them through which the host and the device exchange values and parameters.
    pub staging: u64,
    /// How often the driver was asked.
    pub driver_allocations: u64,
}

/// All the memory of one device.
pub(crate) struct Heap {
    gpu: Arc<Logical>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Pieces that nobody holds, by size.
    free: BTreeMap<u64, Vec<Spot>>,
    /// The block that is being cut, and how much of it is.
    cutting: Option<(Arc<Block>, u64)>,
    stats: MemoryStats,
    /// Pretend that the driver has no more than this, for tests.
    limit: Option<u64>,
    /// The most that the driver gives at a time.
    largest: u64,
}

/// A piece of memory; back in the heap when dropped.
pub(crate) struct Piece {
    spot: Spot,
    size: u64,
    heap: Arc<Heap>,
}

impl Heap {
    pub(crate) fn new(gpu: Arc<Logical>) -> Arc<Self> {
        let largest = gpu.largest_block();
        Arc::new(Self {
            gpu,
            state: Mutex::new(State {
                largest: largest - largest % ALIGNMENT,
                ..State::default()
            }),
        })
    }

    /// Memory for `bytes`, uninitialised.
    pub(crate) fn take(self: &Arc<Self>, bytes: u64) -> Result<Piece> {
        let mut state = self.state();
        if bytes > state.largest {
            return Err(Error::new(
                ErrorKind::Memory,
                format!(
                    "vulkan: a tensor of {bytes} bytes; this device holds at most {} in one piece; \
                     split the tensor or keep it on the CPU",
                    state.largest
                ),
            ));
        }
        let size = size_class(bytes).min(state.largest);
        let spot = match state.free.get_mut(&size).and_then(Vec::pop) {
            Some(spot) => spot,
            None => state.cut(&self.gpu, size)?,
        };
        let spot = if self.gpu.planted.happens(Planted::Overhang) {
            spot.overhanging(size)
        } else {
            spot
        };
        state.stats.live += size;
        state.stats.peak = state.stats.peak.max(state.stats.live);
        Ok(Piece {
            spot,
            size,
            heap: self.clone(),
        })
    }

    /// Memory through which the host and the device exchange bytes.
    pub(crate) fn stage(&self, size: u64, place: Place) -> Result<Block> {
        let mut state = self.state();
        let block = state.block(&self.gpu, size, place)?;
        state.stats.staging += size;
        Ok(block)
    }

    /// Counts such memory as given back to the driver.
    pub(crate) fn unstage(&self, block: Block) {
        let mut state = self.state();
        state.stats.reserved -= block.size;
        state.stats.staging -= block.size;
    }

    /// Gives blocks of which nobody holds a piece back to the driver; whether there were any. The device
    /// must be done with them.
    pub(crate) fn trim(&self) -> bool {
        let mut state = self.state();
        let unheld = state.unheld();
        let kept = |block: &Arc<Block>| !unheld.contains_key(&Arc::as_ptr(block));
        for spots in state.free.values_mut() {
            spots.retain(|spot| kept(&spot.block));
        }
        state.cutting.take_if(|(block, _)| !kept(block));
        let bytes: u64 = unheld.values().sum();
        state.stats.reserved -= bytes;
        bytes > 0
    }

    pub(crate) fn stats(&self) -> MemoryStats {
        self.state().stats
    }

    /// Lets the driver have no more than `bytes` from now on.
    pub(crate) fn set_limit(&self, bytes: Option<u64>) {
        self.state().limit = bytes;
    }

    /// Lets the driver give no more than `bytes` at a time from now on.
    pub(crate) fn set_largest(&self, bytes: u64) {
        self.state().largest = bytes - bytes % ALIGNMENT;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Spot {
    /// The last bytes of the block and a word behind them.
    fn overhanging(self, size: u64) -> Self {
        Self {
            offset: self.block.size - size + 4,
            ..self
        }
    }
}

impl State {
    fn cut(&mut self, gpu: &Logical, size: u64) -> Result<Spot> {
        if size >= LARGE {
            let block = Arc::new(self.block(gpu, size, Place::Device)?);
            return Ok(Spot { block, offset: 0 });
        }
        if let Some((block, used)) = &mut self.cutting
            && *used + size <= block.size
        {
            let spot = Spot {
                block: block.clone(),
                offset: *used,
            };
            *used += size;
            return Ok(spot);
        }
        let block = Arc::new(self.block(gpu, BLOCK.min(self.largest), Place::Device)?);
        self.cutting = Some((block.clone(), size));
        Ok(Spot { block, offset: 0 })
    }

    /// The blocks of which nobody holds a piece, and their sizes.
    fn unheld(&self) -> HashMap<*const Block, u64> {
        let free = self.free.values().flatten().map(|spot| &spot.block);
        let cutting = self.cutting.iter().map(|(block, _)| block);
        // A piece that is held is a count more than the heap's own.
        let mut held: HashMap<*const Block, (usize, u64)> = HashMap::new();
        for block in free.chain(cutting) {
            let fresh = || (Arc::strong_count(block), block.size);
            held.entry(Arc::as_ptr(block)).or_insert_with(fresh).0 -= 1;
        }
        held.retain(|_, (count, _)| *count == 0);
        held.into_iter()
            .map(|(block, (_, size))| (block, size))
            .collect()
    }

    fn block(&mut self, gpu: &Logical, size: u64, place: Place) -> Result<Block> {
        let room = self
            .limit
            .is_none_or(|limit| self.stats.reserved + size <= limit);
        let block = if room {
            Block::new(gpu, size, place)
        } else {
            Err(Error::new(ErrorKind::Memory, "the limit is reached"))
        };
        let block = block.map_err(|why| {
            let free = self.free.iter().map(|(size, spots)| size * spots.len() as u64).sum::<u64>();
            let largest = self.free.iter().rev().find(|(_, spots)| !spots.is_empty());
            let message = format!(
                "vulkan: out of memory: asked for {size} bytes; {free} are free in pieces, the largest of them {}; \
                 {} are in tensors ({why}); use smaller batches or drop tensors",
                largest.map_or(0, |(size, _)| *size),
                self.stats.live
            );
            Error::new(ErrorKind::Memory, message)
        })?;
        self.stats.reserved += size;
        self.stats.driver_allocations += 1;
        Ok(block)
    }
}

/// Eight sizes per power of two, so that at most an eighth is wasted.
fn size_class(bytes: u64) -> u64 {
    let bytes = bytes.max(ALIGNMENT);
    let step = (bytes.next_power_of_two() / 16).max(ALIGNMENT);
    bytes.next_multiple_of(step)
}

impl Piece {
    pub(crate) fn address(&self) -> u64 {
        self.spot.block.address + self.spot.offset
    }

    /// The block and where in it the piece starts.
    pub(crate) fn block(&self) -> (&Arc<Block>, u64) {
        (&self.spot.block, self.spot.offset)
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        let mut state = self.heap.state();
        state.stats.live -= self.size;
        state
            .free
            .entry(self.size)
            .or_default()
            .push(self.spot.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_waste_at_most_an_eighth() {
        for bytes in (1..200_000).step_by(37) {
            let class = size_class(bytes);
            assert!(class >= bytes && class.is_multiple_of(ALIGNMENT));
            assert!(class <= bytes + bytes / 8 + ALIGNMENT, "{bytes} in {class}");
            assert_eq!(size_class(class), class);
        }
    }
}
