//! Pictures in folders, a folder a class.

use std::path::Path;

use hammerhead::datasets::{Colour, ImageFolder};
use hammerhead::prelude::*;
use hammerhead::tensor::Interpolation;

use crate::chapters::prelude::*;
use crate::stage::ProgressBar;

// ANCHOR: prepared
/// Any picture as the net wants it: 32 by 32, its bytes spread around 0.
fn prepared((picture, label): (Tensor, i64)) -> (Tensor, i64) {
    let smooth = Interpolation::Bilinear {
        align_corners: false,
    };
    let picture = (picture.float() / 255.0).unsqueeze(0);
    let small = picture.interpolate([32, 32], smooth).squeeze(0);
    ((small - 0.5) / 0.5, label)
}
// ANCHOR_END: prepared

/// Drawings of rising and of falling points, as somebody's own pictures.
fn draw(folder: &Path) -> Result<(), Box<dyn Error>> {
    manual_seed(7);
    for (part, count) in [("train", 24), ("valid", 8)] {
        for (class, slope) in [("falling", -1.0), ("rising", 1.0)] {
            let folder = folder.join(part).join(class);
            std::fs::create_dir_all(&folder)?;
            for number in 0..count {
                let x = Tensor::linspace(-1.0, 1.0, 12);
                let y = slope * &x + Tensor::randn([12]) * 0.2;
                let figure = Figure::new().scatter(&x, &y).y_lim(-1.5, 1.5);
                figure
                    .figsize(1.6, 1.6)
                    .save(folder.join(format!("{number}.png")))?;
            }
        }
    }
    Ok(())
}

pub fn run(course: &mut Course<'_>, folder: &Path) -> Result<(), Box<dyn Error>> {
    let pictures = folder.join("pictures");
    draw(&pictures)?;
    let (train, valid) = course.listing("open", || -> Result<_, Box<dyn Error>> {
        // ANCHOR: open
        let (train, valid) = ImageFolder::open_split(&pictures, Colour::Rgb)?;
        println!("{:?}", train.classes());
        println!(
            "{} to learn from, {} to test with",
            train.len(),
            valid.len()
        );
        let (picture, label) = train.get(0)?;
        println!(
            "{:?} of {}, label {label}",
            picture.shape(),
            picture.dtype()
        );
        // ANCHOR_END: open
        Ok((train, valid))
    })?;

    course.listing("show", || -> Result<_, Box<dyn Error>> {
        // ANCHOR: show
        let some = [0, 1, 24, 25].map(|index| prepared(train.get(index).unwrap()).0);
        show_images(&some, ["falling", "falling", "rising", "rising"]).show();
        // ANCHOR_END: show
        Ok(())
    })?;

    let data = course.listing("loaders", || -> Result<_, Box<dyn Error>> {
        let (train, valid) = (train.clone(), valid.clone());
        // ANCHOR: loaders
        let data = DataLoaders::new(
            DataLoader::new(train.map(prepared))
                .batch_size(8)
                .shuffle(Shuffle::Seeded(42))
                .workers(2),
            DataLoader::new(valid.map(prepared)).batch_size(16),
        );
        let (pictures, labels) = data.train.epoch(0).next().unwrap()?;
        println!("{:?} {:?}", pictures.shape(), labels.shape());
        // ANCHOR_END: loaders
        Ok(data)
    })?;

    course.listing("train", || -> Result<_, Box<dyn Error>> {
        // ANCHOR: train
        manual_seed(42);
        let model = Sequential::new()
            .push(Conv2d::builder(3, 8, 3).stride(2).padding(1).build())
            .push(ReLU::new())
            .push(Conv2d::builder(8, 16, 3).stride(2).padding(1).build())
            .push(ReLU::new())
            .push(Flatten::default())
            .push(Linear::new(16 * 8 * 8, 2));
        let optimizer = Optimizer::new(model.named_parameters(), Adam::new(1e-3));
        let mut learner = Learner::new(data, model, optimizer, loss::cross_entropy)
            .metric(Accuracy::new())
            .callback(ProgressBar::new());
        learner.fit_one_cycle(4, 5e-3)?;
        // ANCHOR_END: train
        Ok(())
    })?;

    course.listing("damaged", || -> Result<_, Box<dyn Error>> {
        let folder = &pictures;
        // ANCHOR: damaged
        std::fs::write(folder.join("valid/rising/0.png"), "not a picture")?;
        let (_, valid) = ImageFolder::open_split(folder, Colour::Rgb)?;
        let error = valid.get(8).unwrap_err().to_string();
        // ANCHOR_END: damaged
        println!(
            "{}",
            error.replace(&folder.display().to_string(), "pictures")
        );
        Ok(())
    })
}
