//! The loader's promises: every item once an epoch, one order whatever the workers, resumable
//! anywhere, and errors instead of panics and hangs.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hammerhead_datasets::{
    DataLoader, Dataset, Error, LastBatch, Position, Result, Shuffle, TensorDataset,
};
use hammerhead_tensor::random::{Generator, TorchGenerator};
use hammerhead_tensor::{DType, Tensor};
use proptest::prelude::*;

/// Items `0..len` as texts, which need no tensor to become a batch.
fn names(len: usize) -> Vec<String> {
    (0..len).map(|index| index.to_string()).collect()
}

fn indices(batches: &[Vec<String>]) -> Vec<usize> {
    batches
        .iter()
        .flatten()
        .map(|name| name.parse().expect("a number"))
        .collect()
}

fn epoch(loader: &DataLoader<Vec<String>>, epoch: u64) -> Vec<Vec<String>> {
    loader
        .epoch(epoch)
        .collect::<Result<_>>()
        .expect("items in memory")
}

proptest! {
    #[test]
    fn law_an_epoch_is_a_permutation(len in 0usize..60, size in 1usize..20, seed: u64, number: u64) {
        let loader = DataLoader::new(names(len)).batch_size(size).shuffle(Shuffle::Seeded(seed));
        let batches = epoch(&loader, number);
        prop_assert_eq!(batches.len(), loader.len());
        prop_assert!(batches.iter().rev().skip(1).all(|batch| batch.len() == size));
        let mut seen = indices(&batches);
        prop_assert_eq!(&seen, &loader.order(number));
        seen.sort_unstable();
        prop_assert_eq!(seen, (0..len).collect::<Vec<_>>());
    }

    #[test]
    fn law_the_order_is_the_same_for_any_number_of_workers(
        len in 0usize..60, size in 1usize..12, seed: u64, number in 0u64..5, prefetch in 0usize..4,
    ) {
        let build = |workers| {
            DataLoader::new(names(len)).batch_size(size).shuffle(Shuffle::Seeded(seed)).prefetch(prefetch).workers(workers)
        };
        let alone = epoch(&build(0), number);
        for workers in 1..5 {
            prop_assert_eq!(&epoch(&build(workers), number), &alone, "{} workers", workers);
        }
    }

    #[test]
    fn law_a_resumed_epoch_goes_on_with_the_same_batches(
        len in 1usize..60, size in 1usize..12, seed: u64, number: u64, taken in 0usize..60, workers in 0usize..3,
    ) {
        let number = number % (u64::MAX - 1);
        let build = || DataLoader::new(names(len)).batch_size(size).shuffle(Shuffle::Seeded(seed)).workers(workers);
        let loader = build();
        let taken = taken % loader.len();
        let mut whole = loader.epoch(number);
        for batch in whole.by_ref().take(taken) {
            batch.expect("items in memory");
        }
        let position = whole.position();
        prop_assert_eq!(position, Position { epoch: number, batch: taken });
        let rest: Vec<_> = whole.collect::<Result<_>>().expect("items in memory");
        let resumed: Vec<_> = build().resume(position).collect::<Result<_>>().expect("items in memory");
        prop_assert_eq!(resumed, rest);
    }

    #[test]
    fn law_dropping_the_last_batch_leaves_full_ones(len in 0usize..60, size in 1usize..12, seed: u64) {
        let build = || DataLoader::new(names(len)).batch_size(size).shuffle(Shuffle::Seeded(seed));
        let full = epoch(&build().last(LastBatch::Drop), 0);
        prop_assert_eq!(full.len(), len / size);
        prop_assert!(full.iter().all(|batch| batch.len() == size));
        prop_assert_eq!(&full[..], &epoch(&build(), 0)[..full.len()]);
    }

    #[test]
    fn law_adaptors_do_what_vectors_do(
        values in prop::collection::vec(any::<i64>(), 1..30),
        picks in prop::collection::vec(0usize..100, 0..30),
        count in 0usize..40,
    ) {
        let picks: Vec<usize> = picks.into_iter().map(|pick| pick % values.len()).collect();
        let collect = |dataset: &dyn Dataset<Item = (i64, i64)>| {
            (0..dataset.len()).map(|index| dataset.get(index)).collect::<Result<Vec<_>>>().expect("numbers")
        };
        let twice = values.clone().map(|value| value.wrapping_mul(2));
        let dataset = values.clone().zip(twice).subset(picks.clone()).take(count);
        let expected: Vec<_> =
            picks.iter().take(count).map(|&pick| (values[pick], values[pick].wrapping_mul(2))).collect();
        prop_assert_eq!(collect(&dataset), expected);
    }

    #[test]
    fn law_a_batch_of_rows_is_the_rows(
        rows in 1usize..10, width in 0usize..5, picks in prop::collection::vec(0usize..100, 0..20),
    ) {
        let picks: Vec<usize> = picks.into_iter().map(|pick| pick % rows).collect();
        let inputs: Vec<f32> = (0..rows * width).map(|value| value as f32).collect();
        let targets: Vec<i64> = (0..rows as i64).collect();
        let pairs = TensorDataset::new(Tensor::from_vec(inputs, [rows, width]), Tensor::from_vec(targets, [rows, 1]));
        let (x, y) = pairs.batch(&picks).expect("rows in memory");
        prop_assert_eq!(x.shape(), [picks.len(), width]);
        let expected: Vec<f32> =
            picks.iter().flat_map(|&pick| pairs.get(pick).expect("a row").0.to_vec::<f32>()).collect();
        prop_assert_eq!(x.to_vec::<f32>(), expected);
        prop_assert_eq!(y.to_vec::<i64>(), picks.iter().map(|&pick| pick as i64).collect::<Vec<_>>());
    }
}

#[test]
fn epochs_differ_and_depend_on_nothing_but_seed_and_number() {
    let build = |seed| {
        DataLoader::new(names(100))
            .batch_size(7)
            .shuffle(Shuffle::Seeded(seed))
    };
    let (loader, other) = (build(1), build(2));
    assert_ne!(loader.order(0), loader.order(1));
    assert_ne!(loader.order(0), other.order(0));
    let third = loader.order(3);
    assert_eq!(build(1).order(3), third);
    // Iterating is the same as naming the epochs.
    for number in 0..3 {
        let batches: Vec<_> = loader
            .iter()
            .collect::<Result<_>>()
            .expect("items in memory");
        assert_eq!(indices(&batches), loader.order(number));
    }
    let batches: Vec<_> = (&loader)
        .into_iter()
        .collect::<Result<_>>()
        .expect("items in memory");
    assert_eq!(indices(&batches), third);
}

#[test]
fn at_the_end_of_an_epoch_the_position_is_the_next_one() {
    let loader = DataLoader::new(names(10)).batch_size(4);
    let mut batches = loader.epoch(5);
    while let Some(batch) = batches.next() {
        batch.expect("items in memory");
        assert_eq!(
            batches.len(),
            3 - if batches.position().epoch == 5 {
                batches.position().batch
            } else {
                3
            }
        );
    }
    assert_eq!(batches.position(), Position { epoch: 6, batch: 0 });
    assert!(batches.next().is_none());
    // A position from a longer dataset is past the end, not a panic.
    assert!(
        loader
            .resume(Position {
                epoch: 0,
                batch: 99
            })
            .next()
            .is_none()
    );
}

/// Fails at one item, in one of two ways.
struct Faulty {
    len: usize,
    bad: usize,
    panics: bool,
    alive: Arc<()>,
    read: Arc<AtomicUsize>,
}

impl Faulty {
    fn new(len: usize, bad: usize, panics: bool) -> Faulty {
        Faulty {
            len,
            bad,
            panics,
            alive: Arc::new(()),
            read: Arc::new(AtomicUsize::new(0)),
        }
    }
}

impl Dataset for Faulty {
    type Item = String;

    fn len(&self) -> usize {
        self.len
    }

    fn get(&self, index: usize) -> Result<String> {
        self.read.fetch_add(1, Ordering::Relaxed);
        match (index == self.bad, self.panics) {
            (true, true) => panic!("the lamp went out"),
            (true, false) => Err(Error::custom("the lamp went out")),
            (false, _) => Ok(index.to_string()),
        }
    }
}

#[test]
fn errors_and_panics_name_the_item_and_end_the_epoch() {
    for workers in 0..4 {
        for (panics, expected) in [
            (false, "item 17: the lamp went out"),
            (true, "item 17: panicked: the lamp went out"),
        ] {
            let faulty = Faulty::new(1000, 17, panics);
            let alive = faulty.alive.clone();
            let loader = DataLoader::new(faulty).batch_size(5).workers(workers);
            let mut batches = loader.epoch(0);
            for _ in 0..3 {
                batches.next().expect("a batch").expect("good items");
            }
            let error = batches.next().expect("a batch").expect_err("a bad item");
            assert_eq!(error.to_string(), expected, "{workers} workers");
            assert!(batches.next().is_none());
            assert_eq!(batches.position(), Position { epoch: 0, batch: 3 });
            drop(loader);
            drop(batches);
            assert_eq!(
                Arc::strong_count(&alive),
                1,
                "{workers} workers are gone with their dataset"
            );
        }
    }
}

#[test]
fn errors_inside_a_subset_name_the_item_of_the_whole() {
    let loader = DataLoader::new(Faulty::new(50, 17, false).subset(vec![3, 17, 5])).batch_size(3);
    let error = loader
        .epoch(0)
        .next()
        .expect("a batch")
        .expect_err("a bad item");
    assert_eq!(error.to_string(), "item 17: the lamp went out");
}

#[test]
fn a_panic_in_collate_names_the_batch() {
    for workers in 0..3 {
        let collate = |items: Vec<String>| match &items[..] {
            [first, ..] if first == "4" => panic!("cannot count to {first}"),
            _ => Ok(items),
        };
        let loader = DataLoader::with_collate(names(8), collate)
            .batch_size(2)
            .workers(workers);
        let result: Result<Vec<_>> = loader.epoch(1).collect();
        assert_eq!(
            result.expect_err("a panic").to_string(),
            "batch 2 of epoch 1, items [4, 5]: panicked: cannot count to 4"
        );
    }
}

#[test]
fn dropping_an_epoch_ends_its_workers_soon() {
    for workers in 1..4 {
        let faulty = Faulty::new(1_000_000, usize::MAX, false);
        let (alive, read) = (faulty.alive.clone(), faulty.read.clone());
        let loader = DataLoader::new(faulty)
            .batch_size(10)
            .workers(workers)
            .prefetch(2);
        let mut batches = loader.epoch(0);
        batches.next().expect("a batch").expect("good items");
        drop(batches);
        drop(loader);
        // Joined, not just told: nobody holds the dataset any more.
        assert_eq!(Arc::strong_count(&alive), 1);
        // One batch taken, two ready and one in hand for each worker at most.
        let bound = 10 * (1 + workers * 4);
        assert!(
            read.load(Ordering::Relaxed) <= bound,
            "{} items read",
            read.load(Ordering::Relaxed)
        );
    }
}

#[test]
#[should_panic(expected = "zip: 3 items beside 2; help: use `take` or `subset` to make them equal")]
fn a_label_without_its_image_is_refused() {
    let _ = names(3).zip(names(2));
}

#[test]
#[should_panic(expected = "subset: index 3 in a dataset of 3 items; help: indices count from 0")]
fn a_subset_of_more_than_there_is_is_refused() {
    let _ = names(3).subset(vec![0, 3]);
}

#[test]
#[should_panic(expected = "DataLoader: batch size 0; help: a batch holds at least one item")]
fn a_batch_of_nothing_is_refused() {
    let _ = DataLoader::new(names(3)).batch_size(0);
}

#[test]
fn a_generator_draws_as_pytorch_does_the_base_seed_first() {
    let mut generator = TorchGenerator::new(42);
    let mut expected = generator.clone();
    let loader = DataLoader::new(names(15))
        .batch_size(5)
        .shuffle(Shuffle::Seeded(0))
        .workers(1);
    for _ in 0..2 {
        let batches: Vec<_> = loader
            .iter_with(&mut generator)
            .collect::<Result<_>>()
            .expect("items");
        expected.random_i64();
        let order: Vec<usize> = expected
            .permutation(15)
            .into_iter()
            .map(|index| index as usize)
            .collect();
        assert_eq!(indices(&batches), order);
    }
    // Not shuffled, an iteration takes the base seed all the same.
    let plain = DataLoader::new(names(15)).batch_size(5);
    let batches: Vec<_> = plain
        .iter_with(&mut generator)
        .collect::<Result<_>>()
        .expect("items");
    assert_eq!(indices(&batches), (0..15).collect::<Vec<_>>());
    expected.random_i64();
    assert_eq!(generator.state(), expected.state());
}

/// `DataLoader(range(15), batch_size=5, shuffle=True)`: three tensors of 5, together a permutation.
#[test]
fn row_l12() {
    let loader = DataLoader::new((0..15).collect::<Vec<i64>>())
        .batch_size(5)
        .shuffle(Shuffle::Seeded(42));
    let batches: Vec<Tensor> = loader.iter().collect::<Result<_>>().expect("numbers");
    assert_eq!(batches.len(), 3);
    assert!(
        batches
            .iter()
            .all(|batch| batch.shape() == [5] && batch.dtype() == DType::I64)
    );
    let mut all: Vec<i64> = batches.iter().flat_map(Tensor::to_vec::<i64>).collect();
    assert_ne!(all, (0..15).collect::<Vec<_>>());
    all.sort_unstable();
    assert_eq!(all, (0..15).collect::<Vec<_>>());
}

/// A loader over the enumerated alphabet: pairs of a tensor and letters, the last batch of 2 kept.
#[test]
fn row_l13() {
    let letters: Vec<(usize, char)> = ('a'..='z').enumerate().collect();
    let loader = DataLoader::new(letters)
        .batch_size(6)
        .shuffle(Shuffle::Seeded(42));
    let batches: Vec<(Tensor, Vec<char>)> = loader.iter().collect::<Result<_>>().expect("letters");
    let sizes: Vec<usize> = batches.iter().map(|(numbers, _)| numbers.numel()).collect();
    assert_eq!(sizes, [6, 6, 6, 6, 2]);
    for (numbers, letters) in &batches {
        let spelled: Vec<char> = numbers
            .to_vec::<i64>()
            .iter()
            .map(|&number| (b'a' + number as u8) as char)
            .collect();
        assert_eq!(&spelled, letters);
    }
    let mut all: Vec<char> = batches
        .into_iter()
        .flat_map(|(_, letters)| letters)
        .collect();
    all.sort_unstable();
    assert_eq!(all, ('a'..='z').collect::<Vec<_>>());
}
