//! resnet18 on threes and sevens: rows N7 to N10.

use std::time::Instant;

use hammerhead::datasets::{Colour, ImageFolder, LastBatch, cache_folder};
use hammerhead::nn::models::{ResNetArgs, resnet18, vision_net};
use hammerhead::optim::schedule::{OneCycle, Schedule};
use hammerhead::prelude::*;

use crate::chapters::prelude::*;
use crate::stage::ProgressBar;

/// The chapter.
pub const CHAPTER: Chapter = Chapter {
    name: "resnet",
    title: "resnet18 on threes and sevens",
    run,
};

fn run(course: &mut Course<'_>) -> Result<(), Box<dyn Error>> {
    let dls = from_folder(course)?;
    network(course);
    one_cycle(course);
    if !course.quick() {
        fit(course, dls)?;
    }
    Ok(())
}

fn from_folder(course: &mut Course<'_>) -> Result<DataLoaders, Box<dyn Error>> {
    let dls = course.listing("from_folder", || {
        // ANCHOR: from_folder
        let path = MnistSample::unpack(cache_folder()?)?;
        let (train, valid) = ImageFolder::open_split(&path, Colour::Rgb)?;
        println!(
            "{} to train, {} to validate, in {:?}",
            train.len(),
            valid.len(),
            train.classes()
        );
        let scaled = |(picture, label): (Tensor, i64)| (picture.float() / 255.0, label);
        let dls = DataLoaders::new(
            DataLoader::new(train.map(scaled))
                .batch_size(64)
                .shuffle(Shuffle::Seeded(42))
                .last(LastBatch::Drop),
            DataLoader::new(valid.map(scaled)).batch_size(64),
        );
        // ANCHOR_END: from_folder
        Ok::<_, Box<dyn Error>>(dls)
    })?;
    let printed = r#"12396 to train, 2038 to validate, in ["3", "7"]"#;
    course.row("N7", equal(course.line(0), printed));
    let (x, y) = dls.train.epoch(0).next().ok_or("no batch")??;
    let shapes = format!(
        "{} batches of {:?} and {:?}",
        dls.train.len(),
        x.shape(),
        y.shape()
    );
    course.row(
        "N7",
        equal(shapes, "193 batches of [64, 3, 28, 28] and [64]"),
    );
    Ok(dls)
}

fn network(course: &mut Course<'_>) {
    course.listing("network", || {
        // ANCHOR: network
        let body = resnet18(ResNetArgs {
            zero_init_last: false,
            ..Default::default()
        });
        let model = vision_net(body, 2);
        println!("{} parameters", model.num_parameters());
        println!("{}", model.get_submodule("head").unwrap());
        // ANCHOR_END: network
    });
    course.row("N8", equal(course.line(0), "11704896 parameters"));
    let head = course.text();
    let layers = [
        "(1): Flatten(",
        "(2): BatchNorm1d(1024,",
        "(3): Dropout(p=0.25,",
        "(4): Linear(in_features=1024, out_features=512, bias=False)",
        "(5): ReLU(inplace=True)",
        "(6): BatchNorm1d(512,",
        "(7): Dropout(p=0.5,",
        "(8): Linear(in_features=512, out_features=2, bias=False)",
    ];
    let all = layers.iter().all(|layer| head.contains(layer));
    course.row(
        "N8",
        holds(
            "fastai's head",
            all && head.contains("AdaptiveConcatPool2d("),
        ),
    );
}

fn one_cycle(course: &mut Course<'_>) {
    course.listing("one_cycle", || {
        // ANCHOR: one_cycle
        let cycle = OneCycle::fastai(0.1, 100);
        let (rate, momentum) = (cycle.rate(), cycle.momentum());
        for step in [0, 25, 100] {
            println!(
                "step {step:3}: lr {:.6}, momentum {:.2}",
                rate.at(step),
                momentum.at(step)
            );
        }
        let steps =
            |schedule: &dyn Schedule| (0..=100).map(|step| schedule.at(step)).collect::<Vec<_>>();
        Figure::grid(
            2,
            [
                Figure::new()
                    .curve(steps(&rate))
                    .title("learning rate")
                    .x_label("step"),
                Figure::new()
                    .curve(steps(&momentum))
                    .title("momentum")
                    .x_label("step"),
            ],
        )
        .show();
        // ANCHOR_END: one_cycle
    });
    let printed = [
        "step   0: lr 0.004000, momentum 0.95",
        "step  25: lr 0.100000, momentum 0.85",
        "step 100: lr 0.000001, momentum 0.95",
    ];
    course.row("N9", equal(course.text(), printed.join("\n")));
}

fn fit(course: &mut Course<'_>, dls: DataLoaders) -> Result<(), Box<dyn Error>> {
    let begun = Instant::now();
    let accuracy = course.listing("fit", || {
        // ANCHOR: fit
        manual_seed(3);
        let body = resnet18(ResNetArgs {
            zero_init_last: false,
            ..Default::default()
        });
        let model = vision_net(body, 2);
        // fastai's Adam, which lets no weight of a norm decay.
        let adam = Adam::adamw(0.1)
            .betas(0.9, 0.99)
            .epsilon(1e-5)
            .weight_decay(0.01);
        let mut opt = Optimizer::new(model.named_parameters(), adam);
        for norms in ["*bn?.*", "*downsample.1.*", "head.2.*", "head.6.*"] {
            opt = opt.group(norms, |adam| adam.weight_decay(0.0));
        }
        let mut learn = Learner::new(dls, model, opt, loss::cross_entropy)
            .metric(Accuracy::new())
            .callback(ProgressBar::new());
        learn.fit_one_cycle(1, 0.1)?;
        let accuracy = learn.recorder.metric("accuracy").expect("it is measured")[0];
        // ANCHOR_END: fit
        Ok::<_, Box<dyn Error>>(accuracy)
    })?;
    let seconds = begun.elapsed().as_secs_f64();
    course.row(
        "N10",
        at_least(accuracy, 0.995).provided(at_most(seconds, 120.0)),
    );
    Ok(())
}
