//! A warmed-up loader takes no memory from the system: batches are written into recycled buffers.
#![allow(unsafe_code)] // A counting allocator can't be written without.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use hammerhead_datasets::{DataLoader, ImageSet, Shuffle, TensorDataset};
use hammerhead_tensor::{Tensor, pool};

/// A page: from here on an allocation may cost faults.
const LARGE: usize = 4096;

struct Counting;

static LARGE_ONES: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call is handed on unchanged to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.size() >= LARGE {
            LARGE_ONES.fetch_add(1, Ordering::Relaxed);
        }
        // SAFETY: the caller's promise is System's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is System's.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Large allocations and pool misses of the second epoch, once its order is drawn.
fn taken(loader: &DataLoader<(Tensor, Tensor)>) -> (usize, usize) {
    loader
        .epoch(0)
        .for_each(|batch| drop(batch.expect("rows in memory")));
    let batches = loader.epoch(1);
    assert_eq!(batches.len(), 16);
    let before = (LARGE_ONES.load(Ordering::Relaxed), pool::stats().misses);
    batches.for_each(|batch| drop(batch.expect("rows in memory")));
    (
        LARGE_ONES.load(Ordering::Relaxed) - before.0,
        pool::stats().misses - before.1,
    )
}

#[test]
fn a_warm_loader_takes_no_memory_from_the_system() {
    let set = ImageSet::new(28, 28, vec![7; 1000 * 784], vec![3; 1000]);
    let loader = DataLoader::new(set)
        .batch_size(64)
        .shuffle(Shuffle::Seeded(1));
    assert_eq!(taken(&loader), (0, 0));

    let inputs = Tensor::from_vec(vec![0.5f32; 1000 * 784], [1000, 784]);
    let targets = Tensor::from_vec(vec![1i64; 1000], [1000, 1]);
    let loader = DataLoader::new(TensorDataset::new(inputs, targets)).batch_size(64);
    assert_eq!(taken(&loader), (0, 0));
}
