//! resnet18 with a head for two classes, from scratch by one epoch of the one-cycle policy; about a minute on two
//! cores. `cargo run --release --example resnet18_threes_and_sevens`

use hammerhead::nn::models::{ResNetArgs, resnet18, vision_net};
use hammerhead::prelude::*;

/// Pictures `[n, 1, 28, 28]` with class 0 for a three and 1 for a seven.
fn pictures(part: &hammerhead::datasets::ThreesAndSevens) -> TensorDataset {
    let images = cat(&[part.threes(), part.sevens()], 0).unsqueeze(1);
    let classes = 1 - part.targets().flat();
    TensorDataset::new(images.float() / 255.0, classes)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    manual_seed(42);
    let sample = MnistSample::load()?;
    let data = DataLoaders::new(
        DataLoader::new(pictures(&sample.train))
            .batch_size(64)
            .shuffle(Shuffle::Seeded(42)),
        DataLoader::new(pictures(&sample.valid)).batch_size(64),
    );
    let body = resnet18(ResNetArgs {
        in_chans: 1,
        zero_init_last: false,
        ..Default::default()
    });
    let model = vision_net(body, 2);
    println!("{} parameters", model.num_parameters());
    // fastai's Adam, which lets no weight of a norm decay.
    let adam = Adam::adamw(0.1)
        .betas(0.9, 0.99)
        .epsilon(1e-5)
        .weight_decay(0.01);
    let mut optimizer = Optimizer::new(model.named_parameters(), adam);
    for norms in ["*bn?.*", "*downsample.1.*", "head.2.*", "head.6.*"] {
        optimizer = optimizer.group(norms, |adam| adam.weight_decay(0.0));
    }
    let mut learner = Learner::new(data, model, optimizer, loss::cross_entropy)
        .metric(Accuracy::new())
        .callback(ProgressBar::new());
    learner.fit_one_cycle(1, 0.1)?;
    Ok(())
}
