//! The training set: pixels in rows, and a column of targets.

use hammerhead::prelude::*;

use crate::chapters::prelude::*;

// ANCHOR: digits
/// Pixels and labels of the threes and sevens, to train on and to validate on.
pub struct Digits {
    /// `[12396, 784]`, from 0 to 1.
    pub train_x: Tensor,
    /// `[12396, 1]`, 1 for a three.
    pub train_y: Tensor,
    /// `[2038, 784]`.
    pub valid_x: Tensor,
    /// `[2038, 1]`.
    pub valid_y: Tensor,
}

impl Digits {
    /// All of them, by the library's own way.
    pub fn load() -> Result<Self, Box<dyn Error>> {
        let sample = MnistSample::load()?;
        Ok(Self {
            train_x: sample.train.inputs(),
            train_y: sample.train.targets(),
            valid_x: sample.valid.inputs(),
            valid_y: sample.valid.targets(),
        })
    }
}
// ANCHOR_END: digits

pub fn run(course: &mut Course<'_>) -> Result<Digits, Box<dyn Error>> {
    let (train_x, train_y) = course.listing("training_set", || {
        // ANCHOR: training_set
        let train = MnistSample::load()?.train;
        let threes = train.threes().float() / 255.0;
        let sevens = train.sevens().float() / 255.0;
        let train_x = cat(&[&threes, &sevens], 0).view([-1, 28 * 28]);
        let labels = [vec![1; threes.size(0)], vec![0; sevens.size(0)]].concat();
        let train_y = tensor(labels).unsqueeze(1);
        println!("{:?} {:?}", train_x.shape(), train_y.shape());
        // ANCHOR_END: training_set
        Ok::<_, Box<dyn Error>>((train_x, train_y))
    })?;
    course.row("L1", equal(course.line(0), "[12396, 784] [12396, 1]"));
    course.row(
        "L2",
        equal(train_y.i(6130..6132), "tensor([[1],\n        [0]])"),
    );

    course.listing("view", || {
        // ANCHOR: view
        let x = Tensor::zeros([2, 3, 4]);
        println!("{}", x.view([-1, 12]).shares_memory(&x));
        println!("{}", refused(|| x.transpose(1, 2).view([-1, 12])));
        // ANCHOR_END: view
    });
    course.row("L1", equal(course.line(0), "true"));
    course.row("L1", names(&course.line(1), &["reshape"]));

    course.listing("dataset", || {
        // ANCHOR: dataset
        let dset = TensorDataset::new(train_x.clone(), train_y.clone());
        let (x, y) = dset.get(0)?;
        println!("{} items of {:?} and {y}", dset.len(), x.shape());
        // ANCHOR_END: dataset
        Ok::<_, Box<dyn Error>>(())
    })?;
    course.row(
        "L3",
        equal(course.line(0), "12396 items of [784] and tensor([1])"),
    );

    let digits = Digits::load()?;
    let same = |a: &Tensor, b: &Tensor| a.eq(b).all().to_scalar::<bool>();
    let both = same(&train_x, &digits.train_x) && same(&train_y, &digits.train_y);
    course.row("L3", holds("the same as MnistSample's", both));
    Ok(digits)
}
