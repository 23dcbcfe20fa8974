//! What kernels made of a memory's numbers to use it again: packed and transformed weights.
//!
//! It lives and dies with the memory, whose pool counts it, and a write to the memory ends it. Weights in training
//! change after each use, so nothing is kept before the same is asked for a second time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use crate::pool::HostMemory;

/// What was made: by which kernel, of which sizes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) kernel: &'static str,
    pub(crate) sizes: [usize; 8],
}

/// What was asked for, in memory once it was asked for twice.
#[derive(Debug)]
struct Entry {
    key: Key,
    kept: Option<Arc<HostMemory>>,
}

/// All that was made of one memory.
#[derive(Debug, Default)]
pub(crate) struct Prepared {
    entries: Mutex<Vec<Entry>>,
    /// Whether there may be any: of most memories nothing is ever made.
    any: AtomicBool,
}

impl Prepared {
    /// What was kept, or `bytes` bytes that `make` writes now.
    pub(crate) fn get(
        &self,
        key: Key,
        bytes: usize,
        make: impl FnOnce(&HostMemory),
    ) -> Arc<HostMemory> {
        let asked = self.asked(key);
        if let Some(Some(kept)) = asked {
            return kept;
        }
        // Unlocked meanwhile: another thread that asks makes its own, of the same bits.
        let memory = Arc::new(HostMemory::new(bytes));
        make(&memory);
        if asked.is_some() {
            let mut entries = self.lock();
            if let Some(entry) = entries.iter_mut().find(|entry| entry.key == key) {
                entry.kept = Some(memory.clone());
            }
        }
        memory
    }

    /// Whether this was asked for before, and what was kept of it; from now on it was.
    fn asked(&self, key: Key) -> Option<Option<Arc<HostMemory>>> {
        let mut entries = self.lock();
        let found = entries.iter().find(|entry| entry.key == key);
        let kept = found.map(|entry| entry.kept.clone());
        if kept.is_none() {
            self.any.store(true, Ordering::Relaxed);
            entries.push(Entry { key, kept: None });
        }
        kept
    }

    /// To be called before the memory is written.
    pub(crate) fn forget(&self) {
        // Whoever asks held the buffer's lock, and so does whoever writes, unless nobody else can see it.
        if self.any.load(Ordering::Relaxed) {
            self.lock().clear();
            self.any.store(false, Ordering::Relaxed);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.entries
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// [`Prepared::get`] where there may be nothing to keep it with.
pub(crate) fn prepare(
    prepared: Option<&Prepared>,
    key: Key,
    bytes: usize,
    make: impl FnOnce(&HostMemory),
) -> Arc<HostMemory> {
    match prepared {
        Some(prepared) => prepared.get(key, bytes, make),
        None => {
            let memory = Arc::new(HostMemory::new(bytes));
            make(&memory);
            memory
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prim::{Activation, Conv2d};
    use crate::{DType, Tensor, cat, no_grad};

    #[test]
    fn the_second_use_is_kept_until_a_write() {
        let prepared = Prepared::default();
        let key = |size: usize| Key {
            kernel: "test",
            sizes: [size; 8],
        };
        let made = std::cell::Cell::new(0);
        let get = |size: usize| prepared.get(key(size), 64, |_| made.set(made.get() + 1));
        get(1);
        let second = get(1);
        assert_eq!(get(1).as_ptr(), second.as_ptr());
        assert_eq!(made.get(), 2);
        get(2);
        assert_eq!(made.get(), 3);
        prepared.forget();
        get(1);
        assert_eq!(made.get(), 4);
    }

    #[test]
    fn a_weight_changed_in_place_is_prepared_anew() {
        let padded = Conv2d {
            padding: [1, 1],
            ..Conv2d::default()
        };
        let halving = Conv2d {
            stride: [2, 2],
            ..padded
        };
        for conv in [padded, halving] {
            let x = Tensor::randn([2, 16, 14, 14]);
            let weight = Tensor::randn([16, 16, 3, 3]);
            let narrow = x.to_dtype(DType::BF16);
            let (mean, variance) = (Tensor::zeros([16]), Tensor::ones([16]));
            let used = || {
                let wide = x.conv2d(&weight, None, conv);
                let none = Activation::None;
                let narrow =
                    narrow.conv2d_norm_eval(&weight, conv, &mean, &variance, None, None, 0.0, none);
                assert_eq!(narrow.dtype(), DType::BF16);
                cat(&[wide, narrow.to_dtype(DType::F32)], 0)
            };
            let before = [used(), used(), used()].map(|y| y.to_vec::<f32>());
            assert!(before[0] == before[1] && before[0] == before[2]);
            no_grad(|| weight.mul_(2.0));
            let doubled: Vec<f32> = before[0].iter().map(|y| 2.0 * y).collect();
            assert_eq!(
                [used(), used()].map(|y| y.to_vec::<f32>()),
                [doubled.clone(), doubled]
            );
        }
    }

    /// Large images are convolved in taller tiles, whose transformed filters differ.
    #[test]
    fn one_weight_serves_images_of_any_size() {
        let padded = Conv2d {
            padding: [1, 1],
            ..Conv2d::default()
        };
        let weight = Tensor::randn([16, 16, 3, 3]);
        let images = [14, 6].map(|size| Tensor::randn([8, 16, size, size]));
        for _ in 0..3 {
            for x in &images {
                let fresh = weight.to_vec::<f32>();
                let fresh = Tensor::from_vec(fresh, [16, 16, 3, 3]);
                let [ours, theirs] =
                    [&weight, &fresh].map(|weight| x.conv2d(weight, None, padded).to_vec::<f32>());
                assert!(ours == theirs);
            }
        }
    }

    #[test]
    fn what_is_kept_is_counted_and_given_back() {
        let weight = Tensor::randn([256, 256, 3, 3]);
        let x = Tensor::randn([4, 256, 14, 14]);
        let conv = Conv2d {
            padding: [1, 1],
            ..Conv2d::default()
        };
        let kept = |weight: &Tensor| {
            let host = weight.0.buffer.memory().downcast_ref::<HostMemory>();
            let entries = host.expect("on the CPU").prepared().lock();
            entries.iter().filter(|entry| entry.kept.is_some()).count()
        };
        for expected in [0, 1, 1] {
            drop(x.conv2d(&weight, None, conv));
            assert_eq!(kept(&weight), expected);
        }
        no_grad(|| weight.add_(1.0));
        assert_eq!(kept(&weight), 0);
    }
}
