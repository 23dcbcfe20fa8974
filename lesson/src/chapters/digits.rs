//! All ten digits, and a learner of our own: rows N13 and N14.

use hammerhead::learner::metrics::ConfusionMatrix;
use hammerhead::prelude::*;

use crate::chapters::prelude::*;
use crate::stage::ProgressBar;

/// The chapter.
pub const CHAPTER: Chapter = Chapter {
    name: "digits",
    title: "All ten digits",
    run,
};

// ANCHOR: own_learner
/// Model, data, loss and optimiser, and the loop over them.
struct OwnLearner<M, F> {
    model: M,
    opt: Optimizer<Sgd>,
    loss: F,
    train: DataLoader<(Tensor, Tensor)>,
    valid: DataLoader<(Tensor, Tensor)>,
}

impl<M: Module, F: Fn(&Tensor, &Tensor) -> Tensor> OwnLearner<M, F> {
    /// The accuracy after each epoch.
    fn fit(&mut self, epochs: u64) -> Result<Vec<f64>, Box<dyn Error>> {
        let mut accuracies = Vec::new();
        for epoch in 0..epochs {
            for batch in self.train.epoch(epoch) {
                let (x, y) = batch?;
                (self.loss)(&self.model.forward(x, Mode::Train), &y).backward();
                self.opt.step();
                self.opt.zero_grad();
            }
            accuracies.push(self.validate()?);
        }
        Ok(accuracies)
    }

    fn validate(&self) -> Result<f64, Box<dyn Error>> {
        let (mut right, mut all) = (0.0, 0);
        for batch in self.valid.epoch(0) {
            let (x, y) = batch?;
            let scores = no_grad(|| self.model.forward(x, Mode::Eval));
            right += scores.argmax_dim(-1).eq(&y).float().sum().item();
            all += y.numel();
        }
        Ok(right / all as f64)
    }
}
// ANCHOR_END: own_learner

// ANCHOR: loaders
fn loaders(digits: &Mnist) -> DataLoaders {
    let rows = |images: Tensor| images.view([-1, 28 * 28]).float() / 255.0;
    let train = TensorDataset::new(rows(digits.train.images()), digits.train.labels());
    let valid = TensorDataset::new(rows(digits.test.images()), digits.test.labels());
    DataLoaders::new(
        DataLoader::new(train)
            .batch_size(256)
            .shuffle(Shuffle::Seeded(42)),
        DataLoader::new(valid).batch_size(1000),
    )
}
// ANCHOR_END: loaders

fn run(course: &mut Course<'_>) -> Result<(), Box<dyn Error>> {
    let digits = Mnist::load()?;
    own(course, &digits)?;
    course.listing("one_hot", || {
        // ANCHOR: one_hot
        println!("{}", one_hot(&tensor([3, 7]), 10));
        let scores = tensor([[0.1, 2.0, 0.3], [1.5, 0.2, 0.1]]);
        println!("{}", scores.argmax_dim(-1));
        let (wanted, log) = (one_hot(&tensor([1, 2]), 3), scores.log_softmax(-1));
        println!("{}", -(wanted * log).sum_dim(-1).mean());
        println!("{}", loss::cross_entropy(&scores, &tensor([1, 2])));
        // ANCHOR_END: one_hot
    });
    let rows = "tensor([[0, 0, 0, 1, 0, 0, 0, 0, 0, 0],\n        [0, 0, 0, 0, 0, 0, 0, 1, 0, 0]])";
    course.row(
        "N14",
        holds("one-hot rows", course.text().starts_with(rows)),
    );
    course.row("N14", equal(course.line(2), "tensor([1, 0])"));
    course.row("N14", equal(course.line(4), course.line(3)));
    ten(course, &digits)
}

fn own(course: &mut Course<'_>, digits: &Mnist) -> Result<(), Box<dyn Error>> {
    let DataLoaders { train, valid } = loaders(digits);
    let valid = valid.ok_or("no digits to validate on")?;
    let accuracies = course.listing("own_fit", || {
        // ANCHOR: own_fit
        manual_seed(42);
        let model = Linear::new(28 * 28, 10);
        let opt = Optimizer::new(model.named_parameters(), Sgd::new(0.5));
        let mut learn = OwnLearner {
            model,
            opt,
            loss: loss::cross_entropy,
            train,
            valid,
        };
        let accuracies = learn.fit(2)?;
        println!("{accuracies:?}");
        // ANCHOR_END: own_fit
        Ok::<_, Box<dyn Error>>(accuracies)
    })?;
    course.row("N13", at_least(accuracies[1], 0.9));

    // The library's learner takes the same steps.
    manual_seed(42);
    let model = Linear::new(28 * 28, 10);
    let opt = Optimizer::new(model.named_parameters(), Sgd::new(0.5));
    let mut learn =
        Learner::new(loaders(digits), model, opt, loss::cross_entropy).metric(Accuracy::new());
    learn.fit(2, 0.5)?;
    let same = learn.recorder.metric("accuracy") == Some(accuracies);
    course.row("N13", holds("the library's accuracies", same));
    Ok(())
}

fn ten(course: &mut Course<'_>, digits: &Mnist) -> Result<(), Box<dyn Error>> {
    let learn = course.listing("ten", || {
        // ANCHOR: ten
        manual_seed(42);
        let model = Linear::new(28 * 28, 10);
        let opt = Optimizer::new(model.named_parameters(), Adam::new(1e-3));
        let mut learn = Learner::new(loaders(digits), model, opt, loss::cross_entropy)
            .metric(Accuracy::new())
            .callback(ProgressBar::new());
        learn.fit(3, 4e-3)?;
        // ANCHOR_END: ten
        Ok::<_, Box<dyn Error>>(learn)
    })?;
    let accuracy = learn.recorder.epochs[2].metrics[0];
    course.row("N14", at_least(accuracy, 0.92));

    let (matrix, worst) = course.listing("interpretation", || {
        // ANCHOR: interpretation
        let valid = learn.data.valid.as_ref().expect("digits to validate on");
        let (scores, labels) = learn.predict(valid)?;
        let mut matrix = ConfusionMatrix::new(10);
        matrix.add(&scores, &labels);
        let counts: Vec<u64> = (0..100).map(|i| matrix.count(i / 10, i % 10)).collect();
        confusion_matrix(&counts, 0..10).show();
        for (digit, taken_for, times) in matrix.most_confused().into_iter().take(3) {
            println!("{digit} was taken for {taken_for} {times} times");
        }

        let own = scores.log_softmax(-1).gather(1, &labels.unsqueeze(1));
        let losses = -own.flat();
        let (predictions, labels) = (
            scores.argmax_dim(-1).to_vec::<i64>(),
            labels.to_vec::<i64>(),
        );
        let images = digits.test.images();
        let pictures: Vec<Tensor> = (0..images.size(0)).map(|i| images.i(i)).collect();
        top_losses(&pictures, &labels, &predictions, &losses, 20).show();
        // ANCHOR_END: interpretation
        Ok::<_, Box<dyn Error>>((counts, losses.max().item()))
    })?;
    let right: u64 = (0..10).map(|digit| matrix[11 * digit]).sum();
    course.row("N14", equal(right as f64 / 10_000.0, accuracy));
    let svg = course.picture().svg();
    let shown = svg.matches("<image").count() == 20 && svg.contains(&format!("loss {worst:.2}"));
    course.row(
        "N14",
        holds(
            "20 pictures with label, prediction and loss, the worst first",
            shown,
        ),
    );
    Ok(())
}
