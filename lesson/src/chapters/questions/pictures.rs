//! Questions 1 to 11: pictures, tensors, and how to tell a three from a seven by their pixels.

use hammerhead::datasets::ThreesAndSevens;
use hammerhead::prelude::*;

use crate::chapters::prelude::*;

pub fn run(course: &mut Course<'_>) -> Result<(), Box<dyn Error>> {
    let sample = MnistSample::load()?;
    course.listing("q1", || {
        // ANCHOR: q1
        let grey = sample.train.threes().i(0);
        println!(
            "{:?} of {}, from {} to {}",
            grey.shape(),
            grey.dtype(),
            grey.min().item(),
            grey.max().item()
        );
        let colours = Tensor::zeros_with([3, 28, 28], DType::U8); // red, green, blue
        println!("{:?}", colours.shape());
        // ANCHOR_END: q1
    });
    course.listing("q2", || {
        // ANCHOR: q2
        let (train, valid) = (&sample.train, &sample.valid);
        println!(
            "train/3/{}  train/7/{}",
            train.three_names()[0],
            train.seven_names()[0]
        );
        println!(
            "valid/3/{}  valid/7/{}",
            valid.three_names()[0],
            valid.seven_names()[0]
        );
        println!("{} and {}", train.len(), valid.len());
        // ANCHOR_END: q2
    });
    course.listing("q3", || {
        // ANCHOR: q3
        let mean = |digits: Tensor| (digits.float() / 255.0).mean_dim(0);
        let (mean3, mean7) = (mean(sample.train.threes()), mean(sample.train.sevens()));
        let picture = sample.valid.threes().i(0).float() / 255.0;
        let distance = |mean: &Tensor| (&picture - mean).abs().mean().item();
        println!(
            "to the mean three {:.4}, to the mean seven {:.4}",
            distance(&mean3),
            distance(&mean7)
        );
        // ANCHOR_END: q3
    });
    course.listing("q4", || {
        // ANCHOR: q4
        let numbers = [1, 2, 3, 4, 5];
        let doubled: Vec<i32> = numbers
            .iter()
            .filter(|n| *n % 2 == 1)
            .map(|n| n * 2)
            .collect();
        println!("{doubled:?}");
        // ANCHOR_END: q4
    });
    course.listing("q5", || {
        // ANCHOR: q5
        let pictures = sample.train.threes();
        println!("rank {}: {:?}", pictures.rank(), pictures.shape());
        println!("one number of it: {}", pictures.i((0, 14, 14)).item());
        // ANCHOR_END: q5
    });
    course.listing("q6", || {
        // ANCHOR: q6
        let x = Tensor::zeros([2, 3, 4]);
        println!(
            "shape {:?}, rank {} = {}",
            x.shape(),
            x.rank(),
            x.shape().len()
        );
        // ANCHOR_END: q6
    });
    course.listing("q7", || {
        // ANCHOR: q7
        let (a, b) = (tensor([1.0, 2.0, 3.0]), tensor([1.0, 0.0, 7.0]));
        let l1 = (&a - &b).abs().mean();
        let rmse = (&a - &b).pow(2).mean().sqrt();
        println!("L1 {:.4}, RMSE {:.4}", l1.item(), rmse.item());
        // ANCHOR_END: q7
    });
    course.listing("q8", || {
        // ANCHOR: q8
        let pictures = sample.valid.threes().float() / 255.0;
        let mean = pictures.mean_dim(0);
        let distances = (&pictures - &mean).abs().mean_dim([-1, -2]);
        println!(
            "{} subtractions, {} distances, one line",
            pictures.numel(),
            distances.numel()
        );
        // ANCHOR_END: q8
    });
    course.listing("q9", || {
        // ANCHOR: q9
        let x = Tensor::arange_step(1.0, 10.0, 1.0).view([3, 3]);
        println!("{}", (&x * 2).i((1.., 1..)));
        // ANCHOR_END: q9
    });
    course.listing("q10", || {
        // ANCHOR: q10
        let (column, row) = (tensor([[10], [20]]), tensor([1, 2, 3]));
        println!("{}", &column + &row);
        println!("{}", row.expand([2, 3]).shares_memory(&row));
        // ANCHOR_END: q10
    });
    course.listing("q11", || {
        // ANCHOR: q11
        let pictures = |digits: Tensor| digits.i(..100).float() / 255.0;
        let both = |of: &ThreesAndSevens| {
            cat(&[pictures(of.threes()), pictures(of.sevens())], 0).view([200, 784])
        };
        let (seen, unseen) = (both(&sample.train), both(&sample.valid));
        // A model that learns by heart: the label of the most similar picture that it has seen.
        let accuracy = |asked: &Tensor| {
            let distances = (asked.unsqueeze(1) - seen.unsqueeze(0)).abs().mean_dim(2);
            let says_three = distances.argmin_dim(1).lt(100).long();
            let is_three = Tensor::arange(200).lt(100).long();
            says_three.eq(&is_three).float().mean().item()
        };
        println!("what it has seen: {:.3}", accuracy(&seen));
        println!("what it has not:  {:.3}", accuracy(&unseen));
        // ANCHOR_END: q11
    });
    Ok(())
}
