//! A buffer: memory on a device, with the version that counts its writes and the lock that orders
//! them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use smallvec::SmallVec;

use crate::device::{DeviceRef, Memory};
use crate::{DType, Result};

/// Memory shared by a tensor and its views.
#[derive(Debug)]
pub(crate) struct Buffer {
    device: DeviceRef,
    memory: Memory,
    len: usize,
    version: AtomicU64,
    access: RwLock<()>,
}

// A panic in a kernel leaves elements undefined, as any failed write does, but no invariant broken.
impl std::panic::UnwindSafe for Buffer {}
impl std::panic::RefUnwindSafe for Buffer {}

impl Buffer {
    pub(crate) fn new(device: DeviceRef, memory: Memory, len: usize) -> Arc<Self> {
        Arc::new(Self {
            device,
            memory,
            len,
            version: AtomicU64::new(0),
            access: RwLock::new(()),
        })
    }

    pub(crate) fn alloc(device: &DeviceRef, dtype: DType, len: usize) -> Result<Arc<Self>> {
        Ok(Self::new(device.clone(), device.alloc(dtype, len)?, len))
    }

    pub(crate) fn device(&self) -> &DeviceRef {
        &self.device
    }

    /// Elements that there is room for.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn memory(&self) -> &(dyn std::any::Any + Send + Sync) {
        &*self.memory
    }

    /// How often the buffer has been changed in place.
    pub(crate) fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    pub(crate) fn bump_version(&self) {
        self.version.fetch_add(1, Ordering::AcqRel);
    }
}

/// Access to the buffers of one instruction, held while it runs: two threads that use one buffer
/// take turns unless both read.
pub(crate) struct Guards<'a> {
    _held: SmallVec<[Guard<'a>; 4]>,
}

enum Guard<'a> {
    Read(#[allow(dead_code)] RwLockReadGuard<'a, ()>),
    Write(#[allow(dead_code)] RwLockWriteGuard<'a, ()>),
}

impl<'a> Guards<'a> {
    /// Locks in the order of addresses, so that no two threads wait for each other.
    pub(crate) fn lock(
        reads: impl Iterator<Item = &'a Buffer>,
        writes: impl Iterator<Item = &'a Buffer>,
    ) -> Self {
        let mut wanted: SmallVec<[(&Buffer, bool); 4]> = SmallVec::new();
        writes.for_each(|buffer| wanted.push((buffer, true)));
        reads.for_each(|buffer| wanted.push((buffer, false)));
        // Of what is both, the write comes first, and stays.
        wanted.sort_by_key(|&(buffer, _)| std::ptr::from_ref(buffer));
        wanted.dedup_by_key(|&mut (buffer, _)| std::ptr::from_ref(buffer));
        let mut held = SmallVec::new();
        for (buffer, write) in wanted {
            // A panic inside a kernel leaves values undefined but no invariant broken.
            held.push(match write {
                true => Guard::Write(
                    buffer
                        .access
                        .write()
                        .unwrap_or_else(PoisonError::into_inner),
                ),
                false => Guard::Read(buffer.access.read().unwrap_or_else(PoisonError::into_inner)),
            });
        }
        Self { _held: held }
    }
}
