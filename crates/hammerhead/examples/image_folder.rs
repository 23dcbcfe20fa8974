//! A net on pictures in folders, one sub-folder a class: `FOLDER/train/CLASS/*.png` and `FOLDER/valid/CLASS/*.png`.
//! `cargo run --release --features image --example image_folder [FOLDER]`
//!
//! Without a folder it unpacks the threes and sevens of MNIST into a temporary one.

use hammerhead::datasets::{Colour, ImageFolder};
use hammerhead::prelude::*;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    manual_seed(42);
    let folder = match std::env::args().nth(1) {
        Some(folder) => folder.into(),
        None => MnistSample::unpack(std::env::temp_dir().join("hammerhead"))?,
    };
    let (train, valid) = ImageFolder::open_split(&folder, Colour::Grey)?;
    println!(
        "{} pictures of {:?}",
        train.len() + valid.len(),
        train.classes()
    );
    let (classes, picture) = (train.classes().len(), train.picture(0)?);

    let scaled = |(picture, label): (Tensor, i64)| (picture.float() / 255.0, label);
    let data = DataLoaders::new(
        DataLoader::new(train.map(scaled))
            .batch_size(64)
            .shuffle(Shuffle::Seeded(42))
            .workers(2),
        DataLoader::new(valid.map(scaled)).batch_size(64).workers(2),
    );
    let model = Sequential::new()
        .push(Flatten::default())
        .push(Linear::new(picture.width * picture.height, 64))
        .push(ReLU::new())
        .push(Linear::new(64, classes));
    let optimizer = Optimizer::new(model.named_parameters(), Adam::new(1e-3));
    let mut learner = Learner::new(data, model, optimizer, loss::cross_entropy)
        .metric(Accuracy::new())
        .callback(ProgressBar::new());
    learner.fit_one_cycle(2, 3e-3)?;
    Ok(())
}
