//! The order of work: operations are recorded, batches of them submitted, and nothing waits but
//! who reads.
#![allow(unsafe_code)] // Recorded commands reach memory by address.

use std::collections::VecDeque;
use std::sync::Arc;

use foldhash::{HashSet, HashSetExt};
use hammerhead_tensor::{Error, ErrorKind, Result};

use crate::memory::{Heap, Piece};
use crate::planted::Planted;
use crate::vk::{Block, Commands, Logical, Pipeline, Place, Pushed, Submitted, Timeline};

/// Dispatches in a batch; the first one after a wait is smaller, so that the device starts early.
const BATCH: usize = 64;
const FIRST_BATCH: usize = 8;
/// Batches that the device may have at a time.
const IN_FLIGHT: usize = 3;
/// Bytes of a page of parameters or of staging; larger uploads are cut.
const PAGE: u64 = 4 << 20;
/// Pages in a batch, which bounds the staging memory.
const PAGES: usize = 4;
/// The most bytes that one read brings; longer ones wait more than once.
const LANDING: u64 = 16 << 20;

/// What the queue has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueStats {
    /// Shaders run.
    pub dispatches: u64,
    /// Those of them that multiplied cooperative matrices.
    pub cooperative: u64,
    /// Batches handed to the device.
    pub submits: u64,
    /// Barriers between operations that touch the same memory.
    pub barriers: u64,
    /// Times that the host waited for the device.
    pub waits: u64,
    /// Times that recording went on only after the device had caught up.
    pub stalls: u64,
    /// Times that a tensor's values were read.
    pub reads: u64,
    /// Times that the host gave a tensor its values.
    pub uploads: u64,
}

/// A page that the host writes and the device reads.
struct Page {
    block: Arc<Block>,
    used: u64,
}

/// The recording end of a device's queue.
pub(crate) struct Queue {
    gpu: Arc<Logical>,
    heap: Arc<Heap>,
    timeline: Timeline,
    recording: Option<Commands>,
    recorded: usize,
    /// Pieces read and written since the last barrier.
    read: HashSet<u64>,
    written: HashSet<u64>,
    /// The page being filled, and full ones of the batch being recorded.
    page: Option<Page>,
    full: Vec<Arc<Block>>,
    in_flight: VecDeque<(Submitted, Vec<Arc<Block>>)>,
    free_pages: Vec<Arc<Block>>,
    /// Where reads arrive.
    landing: Option<Block>,
    submitted: u64,
    idle: bool,
    lost: Option<Error>,
    pub(crate) stats: QueueStats,
}

impl Queue {
    pub(crate) fn new(gpu: Arc<Logical>, heap: Arc<Heap>) -> Result<Self> {
        Ok(Self {
            timeline: Timeline::new(&gpu)?,
            gpu,
            heap,
            recording: None,
            recorded: 0,
            read: HashSet::new(),
            written: HashSet::new(),
            page: None,
            full: Vec::new(),
            in_flight: VecDeque::new(),
            free_pages: Vec::new(),
            landing: None,
            submitted: 0,
            idle: true,
            lost: None,
            stats: QueueStats::default(),
        })
    }

    /// Records a dispatch that reads and writes the given pieces. Its shader must stay within them: the
    /// ops see to that, as the kernels of the CPU do.
    pub(crate) fn dispatch(
        &mut self,
        pipeline: &Pipeline,
        params: &[u32],
        groups: [u32; 3],
        reads: &[&Piece],
        writes: &[&Piece],
    ) -> Result<()> {
        let mut pushed = Pushed::default();
        let (first, others) = params.split_at(params.len().min(pushed.words.len()));
        pushed.words[..first.len()].copy_from_slice(first);
        if !others.is_empty() {
            let bytes = bytemuck::cast_slice(others);
            let (block, at) = self.page(bytes.len() as u64)?;
            block.write(at, bytes);
            pushed.others = block.address + at;
        }
        self.guard(reads, writes)?;
        let commands = self.recording.as_mut().expect("recording has begun");
        // SAFETY: the page and the pieces' blocks live until the batch is done; hazards are guarded.
        unsafe { commands.dispatch(pipeline, &pushed, groups) };
        self.stats.dispatches += 1;
        self.recorded += 1;
        self.submit_if_full()
    }

    /// Records a copy of host bytes into a piece.
    pub(crate) fn upload(&mut self, bytes: &[u8], piece: &Piece) -> Result<()> {
        let (to, offset) = piece.block();
        for (part, bytes) in bytes.chunks(PAGE as usize).enumerate() {
            let (block, at) = self.page(bytes.len() as u64)?;
            block.write(at, bytes);
            if part == 0 || self.recording.is_none() {
                self.guard(&[], &[piece])?;
            }
            let offset = offset + part as u64 * PAGE;
            let commands = self.recording.as_mut().expect("recording has begun");
            // SAFETY: the staged bytes fit the piece, and both blocks live until the batch is done.
            unsafe {
                commands.copy((&block, at), (to, offset), bytes.len() as u64);
            }
            self.recorded += 1;
            self.submit_if_full()?;
        }
        self.stats.uploads += 1;
        Ok(())
    }

    /// Copies the first bytes of pieces to the host, waiting for all that was recorded before.
    pub(crate) fn download<const N: usize>(
        &mut self,
        wanted: [(&Piece, &mut [u8]); N],
    ) -> Result<()> {
        let mut parts = Vec::with_capacity(N);
        let mut size = 0;
        for (piece, bytes) in wanted {
            for (part, bytes) in bytes.chunks_mut(LANDING as usize).enumerate() {
                if size + bytes.len() as u64 > LANDING {
                    self.land(std::mem::take(&mut parts), size)?;
                    size = 0;
                }
                size += bytes.len() as u64;
                parts.push((piece, part as u64 * LANDING, bytes));
            }
        }
        self.land(parts, size)?;
        self.stats.reads += 1;
        Ok(())
    }

    /// Copies bytes of pieces to the host, as many as one landing holds.
    fn land(&mut self, parts: Vec<(&Piece, u64, &mut [u8])>, size: u64) -> Result<()> {
        self.alive()?;
        if self.landing.as_ref().is_none_or(|block| block.size < size) {
            if let Some(small) = self.landing.take() {
                self.heap.unstage(small);
            }
            let room = size.max(PAGE).next_power_of_two();
            self.landing = Some(self.heap.stage(room, Place::Download)?);
        }
        self.begin()?;
        let landing = self.landing.as_ref().expect("just made");
        let commands = self.recording.as_mut().expect("recording has begun");
        // Whatever is read may have been written, faults by any dispatch.
        commands.barrier();
        let mut at = 0;
        for (piece, start, bytes) in &parts {
            let len = bytes.len() as u64;
            let (from, offset) = piece.block();
            // SAFETY: the landing block is large enough, and this call waits for the copy.
            unsafe {
                commands.copy((from, offset + start), (landing, at), len);
            }
            at += len;
        }
        commands.barrier();
        self.recorded += 1;
        self.wait()?;
        let landing = self.landing.as_ref().expect("still there");
        let mut at = 0;
        for (_, _, bytes) in parts {
            landing.read(at, bytes);
            at += bytes.len() as u64;
        }
        Ok(())
    }

    /// Hands over what is recorded and waits until all is done.
    pub(crate) fn wait(&mut self) -> Result<()> {
        self.alive()?;
        self.submit()?;
        if !self.idle {
            self.timeline
                .wait(&self.gpu, self.submitted)
                .map_err(|why| self.lose(why))?;
            self.stats.waits += 1;
        }
        self.retire(self.submitted);
        self.idle = true;
        Ok(())
    }

    /// Hands over what is recorded.
    pub(crate) fn submit(&mut self) -> Result<()> {
        let Some(commands) = self.recording.take() else {
            return Ok(());
        };
        self.submitted += 1;
        let submitted = commands
            .submit(&self.gpu, &self.timeline, self.submitted)
            .map_err(|why| self.lose(why))?;
        self.stats.submits += 1;
        self.idle = false;
        self.recorded = 0;
        let mut pages = std::mem::take(&mut self.full);
        pages.extend(self.page.take().map(|page| page.block));
        self.in_flight.push_back((submitted, pages));
        if self.in_flight.len() > IN_FLIGHT {
            let oldest = self.in_flight[0].0.value;
            self.timeline
                .wait(&self.gpu, oldest)
                .map_err(|why| self.lose(why))?;
            self.stats.stalls += 1;
        }
        let reached = self.timeline.reached().map_err(|why| self.lose(why))?;
        self.retire(reached);
        Ok(())
    }

    fn submit_if_full(&mut self) -> Result<()> {
        let enough = if self.idle { FIRST_BATCH } else { BATCH };
        if self.recorded >= enough || self.full.len() >= PAGES {
            self.submit()
        } else {
            Ok(())
        }
    }

    /// Takes back what finished batches held.
    fn retire(&mut self, reached: u64) {
        while self
            .in_flight
            .front()
            .is_some_and(|(batch, _)| batch.value <= reached)
        {
            let (_, pages) = self.in_flight.pop_front().expect("looked at");
            self.free_pages.extend(pages);
        }
    }

    /// Room for `size` bytes that the device can read, at most a page.
    fn page(&mut self, size: u64) -> Result<(Arc<Block>, u64)> {
        self.alive()?;
        if size > PAGE {
            let message = format!(
                "vulkan: an operation with {size} bytes of parameters; there may be {PAGE}; a convolution's gradient \
                 has fewer with a smaller stride"
            );
            return Err(Error::new(ErrorKind::Device, message));
        }
        let fits = self
            .page
            .as_ref()
            .is_some_and(|page| page.used + size <= PAGE);
        if !fits {
            let block = match self.free_pages.pop() {
                Some(block) => block,
                None => self.new_page()?,
            };
            let filled = self.page.replace(Page { block, used: 0 });
            self.full.extend(filled.map(|page| page.block));
        }
        let page = self.page.as_mut().expect("there is one now");
        let at = page.used;
        page.used = (at + size).next_multiple_of(16);
        Ok((page.block.clone(), at))
    }

    /// A page from the driver; if it has no memory, one of those that batches hold, or what lies unused.
    fn new_page(&mut self) -> Result<Arc<Block>> {
        self.heap
            .stage(PAGE, Place::Upload)
            .map(Arc::new)
            .or_else(|why| {
                self.wait()?;
                match self.free_pages.pop() {
                    Some(block) => Ok(block),
                    None if self.heap.trim() => self.heap.stage(PAGE, Place::Upload).map(Arc::new),
                    None => Err(why),
                }
            })
    }

    /// The error that ended the device, if one did.
    fn alive(&self) -> Result<()> {
        self.lost.clone().map_or(Ok(()), Err)
    }

    /// Begins recording if need be.
    fn begin(&mut self) -> Result<()> {
        self.alive()?;
        if self.recording.is_none() {
            let mut commands = Commands::begin(&self.gpu)?;
            // Batches follow one another; what the last one wrote may be read.
            commands.barrier();
            self.recording = Some(commands);
            self.read.clear();
            self.written.clear();
        }
        Ok(())
    }

    /// Begins recording if need be, and puts a barrier where the next command would meet an earlier
    /// one over the same memory.
    fn guard(&mut self, reads: &[&Piece], writes: &[&Piece]) -> Result<()> {
        self.begin()?;
        let clash = reads
            .iter()
            .any(|piece| self.written.contains(&piece.address()))
            || writes.iter().any(|piece| {
                let address = piece.address();
                self.written.contains(&address) || self.read.contains(&address)
            });
        if clash && !self.gpu.planted.happens(Planted::Race) {
            self.recording
                .as_mut()
                .expect("recording has begun")
                .barrier();
            self.stats.barriers += 1;
            self.read.clear();
            self.written.clear();
        }
        self.read.extend(reads.iter().map(|piece| piece.address()));
        self.written
            .extend(writes.iter().map(|piece| piece.address()));
        Ok(())
    }

    /// Remembers that the device is gone, so that all later calls say so.
    fn lose(&mut self, why: Error) -> Error {
        let message =
            format!("{why}; its tensors are lost, open the device anew and load a checkpoint");
        let error = Error::new(ErrorKind::Device, message);
        self.lost = Some(error.clone());
        error
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        // Memory must outlive the work on it; a lost device soon has none.
        if self.wait().is_err() {
            self.gpu.finish();
        }
    }
}

#[cfg(test)]
mod tests;
