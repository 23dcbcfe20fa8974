//! What stands in for what can't be had here: nets of our own, trained, saved, loaded and compared.

use std::time::Instant;

use hammerhead::nn::models::{ModelArgs, create_model};
use hammerhead::nn::{load_file, save_file};
use hammerhead::plot::Model;
use hammerhead::prelude::*;

use crate::chapters::prelude::*;

// ANCHOR: digits_learner
/// A learner for a model, on 6,000 digits.
fn digits_learner(digits: &Mnist, model: Box<dyn Module>) -> Learner {
    let pixels = |images: Tensor| images.unsqueeze(1).float() / 255.0;
    let train = TensorDataset::new(
        pixels(digits.train.images().i(..6000)),
        digits.train.labels().i(..6000),
    );
    let valid = TensorDataset::new(
        pixels(digits.test.images().i(..2000)),
        digits.test.labels().i(..2000),
    );
    let dls = DataLoaders::new(
        DataLoader::new(train)
            .batch_size(64)
            .shuffle(Shuffle::Seeded(42)),
        DataLoader::new(valid).batch_size(500),
    );
    let opt = Optimizer::new(model.named_parameters(), Adam::new(1e-3));
    Learner::new(dls, model, opt, loss::cross_entropy).metric(Accuracy::new())
}
// ANCHOR_END: digits_learner

pub fn run(course: &mut Course<'_>) -> Result<(), Box<dyn Error>> {
    let digits = Mnist::load()?;
    let resnet34 = create_model("resnet34", ModelArgs::default())?;
    course.row("M11", equal(resnet34.num_parameters(), 21_797_672));
    drop(resnet34);

    let folder = tempfile::tempdir()?;
    let (before, after, fine) = course.listing("save_load_predict", || {
        let folder = folder.path();
        // ANCHOR: save_load_predict
        manual_seed(42);
        let args = ModelArgs {
            num_classes: Some(10),
            ..Default::default()
        };
        let mut learn = digits_learner(&digits, create_model("mlp", args)?);
        learn.fit(1, 1e-3)?;
        let file = folder.join("model.safetensors");
        save_file(&file, &learn.model.state_dict(), &[])?;

        let loaded = create_model("mlp", args)?;
        loaded.load_state_dict(&load_file(&file)?.0, Strictness::Strict)?;
        let digit = digits.test.images().i(..1).unsqueeze(1).float() / 255.0;
        let ask =
            |model: &dyn Module| no_grad(|| model.forward(digit.clone(), Mode::Eval)).softmax(-1);
        let (before, after) = (ask(&*learn.model), ask(&*loaded));
        println!(
            "a {}, with a probability of {:.4}",
            after.argmax(),
            after.max().item()
        );

        let mut tuned = digits_learner(&digits, loaded).precision(Precision::F16);
        tuned.fit_one_cycle(3, 3e-3)?;
        let accuracy = tuned.recorder.metric("accuracy").expect("it is measured");
        println!("after three more epochs in 16 bits: {:.3}", accuracy[2]);
        // ANCHOR_END: save_load_predict
        Ok::<_, Box<dyn Error>>((before, after, accuracy[2]))
    })?;
    let same = before.to_vec::<f32>() == after.to_vec::<f32>();
    course.row(
        "M11",
        holds("the loaded net answers as the saved one", same),
    );
    course.row(
        "M11",
        holds(
            "the first test digit is a 7",
            after.argmax().to_scalar::<i64>() == 7,
        ),
    );
    course.row("M11", at_least(fine, 0.9));
    if course.quick() {
        return Ok(());
    }
    chart(course, &digits)
}

fn chart(course: &mut Course<'_>, digits: &Mnist) -> Result<(), Box<dyn Error>> {
    let models = course.measured("chart", || {
        // ANCHOR: chart
        let nets = [
            ("mlp", "mlp", 3),
            ("mnist_cnn", "cnn", 1),
            ("resnet18", "resnet", 1),
            ("resnet34", "resnet", 1),
        ];
        let mut models = Vec::new();
        for (name, family, epochs) in nets {
            manual_seed(42);
            let args = ModelArgs {
                in_chans: Some(1),
                num_classes: Some(10),
            };
            let mut learn = digits_learner(digits, create_model(name, args)?);
            learn.fit_one_cycle(epochs, 3e-3)?;
            let start = Instant::now();
            let (_, metrics) = learn.validate()?;
            let speed = 2000.0 / start.elapsed().as_secs_f64();
            println!(
                "{name:<9}: {:.1} % right, {speed:.0} pictures a second",
                100.0 * metrics[0]
            );
            models.push(Model::new(name, family, speed, metrics[0]));
        }
        speed_accuracy(&models).x_label("pictures a second").show();
        // ANCHOR_END: chart
        Ok::<_, Box<dyn Error>>(models)
    })?;
    let svg = course.picture().svg();
    let shown = models.iter().all(|model| svg.contains(&model.name));
    course.row(
        "M12",
        holds("four nets of three families", shown && models.len() == 4),
    );
    let least = models
        .iter()
        .map(|model| model.accuracy)
        .fold(1.0, f64::min);
    course.row("M12", holds("each right nine times in ten", least >= 0.9));
    Ok(())
}
