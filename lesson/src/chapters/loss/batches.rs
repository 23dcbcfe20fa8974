//! Mini-batches.

use hammerhead::prelude::*;

use super::Digits;
use crate::chapters::prelude::*;

// ANCHOR: loader
pub fn loader(x: &Tensor, y: &Tensor) -> DataLoader<(Tensor, Tensor)> {
    DataLoader::new(TensorDataset::new(x.clone(), y.clone())).batch_size(256)
}
// ANCHOR_END: loader

pub fn run(course: &mut Course<'_>, digits: &Digits) -> Result<(), Box<dyn Error>> {
    let batches = course.listing("numbers", || {
        // ANCHOR: numbers
        let numbers: Vec<i64> = (0..15).collect();
        let dl = DataLoader::new(numbers)
            .batch_size(5)
            .shuffle(Shuffle::Seeded(42));
        let mut batches = Vec::new();
        for batch in &dl {
            let batch = batch?;
            println!("{batch}");
            batches.push(batch);
        }
        // ANCHOR_END: numbers
        Ok::<_, Box<dyn Error>>(batches)
    })?;
    let sizes: Vec<usize> = batches.iter().map(|batch| batch.size(0)).collect();
    course.row("L12", equal(format!("{sizes:?}"), "[5, 5, 5]"));
    let mut all = cat(&batches, 0).to_vec::<i64>();
    let shuffled = !all.is_sorted();
    all.sort_unstable();
    let permutation = shuffled && all.iter().copied().eq(0..15);
    course.row("L12", holds("a permutation of 0 to 14", permutation));

    course.listing("letters", || {
        // ANCHOR: letters
        let letters: Vec<(i64, char)> = (0..).zip('a'..='z').collect();
        let dl = DataLoader::new(letters).batch_size(6);
        for batch in &dl {
            let (numbers, letters) = batch?;
            println!("{numbers} {letters:?}");
        }
        // ANCHOR_END: letters
        Ok::<_, Box<dyn Error>>(())
    })?;
    course.row("L13", equal(course.text().lines().count(), 5));
    course.row("L13", equal(course.line(4), "tensor([24, 25]) ['y', 'z']"));

    course.listing("first_batch", || {
        // ANCHOR: first_batch
        let dl = loader(&digits.train_x, &digits.train_y);
        let (xb, yb) = dl.epoch(0).next().expect("a first batch")?;
        println!("{:?} {:?}", xb.shape(), yb.shape());
        println!("{} batches", dl.len());
        // ANCHOR_END: first_batch
        Ok::<_, Box<dyn Error>>(())
    })?;
    course.row("L14", equal(course.line(0), "[256, 784] [256, 1]"));
    course.row("L14", equal(course.line(1), "49 batches"));
    Ok(())
}
