use std::cell::RefCell;
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::select::choose;

/// The layers that watch for hazards do not see memory that shaders reach by address, so barriers are
/// compared with the definition.
#[test]
fn a_barrier_stands_between_two_accesses_that_clash_and_nowhere_else() {
    let (adapter, _) = choose("").unwrap();
    let gpu = Arc::new(Logical::open(&adapter).unwrap());
    let heap = Heap::new(gpu.clone());
    let pieces: Vec<Piece> = (0..5).map(|_| heap.take(64).unwrap()).collect();
    let queue = RefCell::new(Queue::new(gpu, heap).unwrap());
    let accesses = prop::collection::vec([0..32usize, 0..32usize], 1..40);
    proptest!(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }, |(accesses in accesses)| {
        let some = |bits: usize| -> Vec<&Piece> {
            (0..5).filter(|i| bits >> i & 1 == 1).map(|i| &pieces[i]).collect()
        };
        let mut queue = queue.borrow_mut();
        // What was touched since the last barrier; a batch begins with one.
        let mut since: Vec<[usize; 2]> = Vec::new();
        for [reads, writes] in accesses {
            let before = queue.stats.barriers;
            queue.guard(&some(reads), &some(writes)).unwrap();
            let clash = since.iter().any(|[earlier_reads, earlier_writes]| {
                earlier_writes & (reads | writes) != 0 || earlier_reads & writes != 0
            });
            prop_assert_eq!(queue.stats.barriers - before, u64::from(clash));
            if clash {
                since.clear();
            }
            since.push([reads, writes]);
        }
        queue.wait().unwrap();
    });
}
