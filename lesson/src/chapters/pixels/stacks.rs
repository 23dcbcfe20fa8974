//! All pictures in one tensor, and their mean.

use std::path::PathBuf;

use hammerhead::datasets::{Colour, Picture};
use hammerhead::prelude::*;

use crate::chapters::prelude::*;

// ANCHOR: open_all
fn open_all(files: &[PathBuf]) -> Result<Vec<Tensor>, Box<dyn Error>> {
    let open = |file| {
        let picture = Picture::open(file, Colour::Grey)?;
        let shape = [picture.height, picture.width];
        Ok(Tensor::from_vec(picture.pixels, shape))
    };
    files.iter().map(open).collect()
}
// ANCHOR_END: open_all

/// The stacked threes and sevens, from 0 to 1.
pub fn run(
    course: &mut Course<'_>,
    threes: &[PathBuf],
    sevens: &[PathBuf],
) -> Result<(Tensor, Tensor), Box<dyn Error>> {
    let (three_tensors, seven_tensors) = course.listing("tensors", || {
        // ANCHOR: tensors
        let three_tensors = open_all(threes)?;
        let seven_tensors = open_all(sevens)?;
        println!("({}, {})", three_tensors.len(), seven_tensors.len());
        // ANCHOR_END: tensors
        Ok::<_, Box<dyn Error>>((three_tensors, seven_tensors))
    })?;
    course.row("P7", equal(course.line(0), "(6131, 6265)"));

    course.listing("show_image", || {
        // ANCHOR: show_image
        show_image(&three_tensors[1]).title("a three").show();
        // ANCHOR_END: show_image
    });
    let svg = course.picture().svg();
    let grey = svg.contains("<image") && svg.contains(">a three<");
    course.row("P8", holds("a picture with a title", grey));

    let (stacked_threes, stacked_sevens) = course.listing("stack", || {
        // ANCHOR: stack
        let stacked_threes = stack(&three_tensors, 0).float() / 255.0;
        let stacked_sevens = stack(&seven_tensors, 0).float() / 255.0;
        println!("{:?}", stacked_threes.shape());
        println!("cat: {:?}", cat(&three_tensors, 0).shape());
        // ANCHOR_END: stack
        (stacked_threes, stacked_sevens)
    });
    course.row("P9", equal(course.line(0), "[6131, 28, 28]"));
    course.row("P9", equal(course.line(1), "cat: [171668, 28]"));
    // The sample made from the digits is the sample read from the files.
    let same = MnistSample::load()?.train.threes().float() / 255.0;
    let same = same.eq(&stacked_threes).all().to_scalar::<bool>();
    course.row("P9", holds("the same as MnistSample's", same));

    course.listing("rank", || {
        // ANCHOR: rank
        println!("{}", stacked_threes.shape().len());
        println!("{}", stacked_threes.rank());
        // ANCHOR_END: rank
    });
    course.row("P10", equal(course.text(), "3\n3"));

    course.listing("means", || {
        // ANCHOR: means
        let mean3 = stacked_threes.mean_dim(0);
        let mean7 = stacked_sevens.mean_dim(0);
        println!("{:?} {:?}", mean3.shape(), mean7.shape());
        show_images(&[mean3, mean7], ["the mean three", "the mean seven"]).show();
        // ANCHOR_END: means
    });
    course.row("P11", equal(course.line(0), "[28, 28] [28, 28]"));
    let pictures = course.picture().svg().matches("<image").count();
    course.row("P11", equal(pictures, 2));
    distances(course, &stacked_threes, &stacked_sevens);
    Ok((stacked_threes, stacked_sevens))
}

fn distances(course: &mut Course<'_>, threes: &Tensor, sevens: &Tensor) {
    let (mean3, mean7) = (threes.mean_dim(0), sevens.mean_dim(0));
    course.listing("distances", || {
        // ANCHOR: distances
        let a_3 = threes.i(1);
        let l1 = |mean: &Tensor| (&a_3 - mean).abs().mean();
        let rmse = |mean: &Tensor| (&a_3 - mean).pow(2).mean().sqrt();
        println!("to the mean three: {} {}", l1(&mean3), rmse(&mean3));
        println!("to the mean seven: {} {}", l1(&mean7), rmse(&mean7));
        // ANCHOR_END: distances
    });
    let to3 = "to the mean three: tensor(0.1114) tensor(0.2021)";
    let to7 = "to the mean seven: tensor(0.1586) tensor(0.3021)";
    course.row("P12", equal(course.line(0), to3));
    course.row("P12", equal(course.line(1), to7));

    course.listing("built_in", || {
        let a_3 = threes.i(1);
        // ANCHOR: built_in
        println!("{}", loss::l1_loss(&a_3, &mean7));
        println!("{}", loss::mse_loss(&a_3, &mean7).sqrt());
        // ANCHOR_END: built_in
    });
    course.row(
        "P13",
        equal(course.text(), "tensor(0.1586)\ntensor(0.3021)"),
    );
}
