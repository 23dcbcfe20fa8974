//! Questions 25 to 33: the loop.

use hammerhead::prelude::*;

use crate::chapters::prelude::*;

/// A batch of 64 points and the sum of each.
fn batches() -> DataLoader<(Tensor, Tensor)> {
    manual_seed(42);
    let x = Tensor::randn([256, 4]);
    let y = x.sum_keepdim(1);
    DataLoader::new(TensorDataset::new(x, y)).batch_size(64)
}

pub fn run(course: &mut Course<'_>) -> Result<(), Box<dyn Error>> {
    course.listing("q25", || -> Result<_, Box<dyn Error>> {
        let loader = batches();
        // ANCHOR: q25
        let model = Linear::new(4, 1);
        let mut optimizer = Optimizer::new(model.named_parameters(), Sgd::new(0.3));
        for epoch in 0..3 {
            let mut last = 0.0;
            for batch in loader.epoch(epoch) {
                let (x, y) = batch?;
                let prediction = model.forward(x, Mode::Train);
                let loss = loss::mse_loss(&prediction, &y);
                loss.backward();
                optimizer.step();
                optimizer.zero_grad();
                last = loss.item();
            }
            println!("epoch {epoch}: {last:.4}");
        }
        // ANCHOR_END: q25
        Ok(())
    })?;
    course.listing("q26", || {
        // ANCHOR: q26
        fn pairs<A, B>(
            a: impl IntoIterator<Item = A>,
            b: impl IntoIterator<Item = B>,
        ) -> Vec<(A, B)> {
            a.into_iter().zip(b).collect()
        }
        println!("{:?}", pairs([1, 2, 3, 4], "abcd".chars()));
        // ANCHOR_END: q26
    });
    course.listing("q27", || {
        // ANCHOR: q27
        let pictures = Tensor::zeros([10, 28, 28]);
        let rows = pictures.view([-1, 28 * 28]);
        println!(
            "{:?}, the same memory: {}",
            rows.shape(),
            rows.shares_memory(&pictures)
        );
        // ANCHOR_END: q27
    });
    course.listing("q28", || {
        // ANCHOR: q28
        let black = Tensor::zeros([1, 784]);
        let without = Linear::without_bias(784, 1).forward(black.clone(), Mode::Eval);
        let layer = Linear::new(784, 1);
        let with = layer.forward(black, Mode::Eval);
        println!("without a bias: {}", without.item());
        println!(
            "with one it is the bias: {}",
            with.item() == layer.bias.as_ref().unwrap().tensor().item()
        );
        // ANCHOR_END: q28
    });
    course.listing("q29", || {
        // ANCHOR: q29
        let a = tensor([[1, 2, 3], [4, 5, 6]]).float();
        let b = tensor([[1, 3], [2, 4], [0, 1]]).float();
        println!("{}", a.matmul(&b));
        println!("{}", (a.i(0) * b.i((.., 0))).sum().item());
        // ANCHOR_END: q29
    });
    course.listing("q30", || {
        // ANCHOR: q30
        let w = tensor([1.0, 2.0]).requires_grad_();
        let loss = w.pow(2).sum();
        println!("{}", w.grad().is_none());
        loss.backward();
        println!("{}", w.grad().unwrap());
        // ANCHOR_END: q30
    });
    course.listing("q31", || {
        // ANCHOR: q31
        let w = tensor([1.0, 2.0]).requires_grad_();
        for _ in 0..3 {
            w.pow(2).sum().backward();
            println!("{}", w.grad().unwrap());
        }
        w.zero_grad();
        w.pow(2).sum().backward();
        println!("{}", w.grad().unwrap());
        // ANCHOR_END: q31
    });
    course.listing("q32", || -> Result<_, Box<dyn Error>> {
        // ANCHOR: q32
        let data = DataLoaders::new(batches(), batches());
        let model = Linear::new(4, 1);
        let optimizer = Optimizer::new(model.named_parameters(), Sgd::new(0.3));
        let mut learner = Learner::new(data, model, optimizer, loss::mse_loss);
        learner.fit(1, 0.3)?;
        println!("{:.4}", learner.recorder.epochs[0].valid_loss.unwrap());
        // ANCHOR_END: q32
        Ok(())
    })?;
    course.listing("q33", || -> Result<_, Box<dyn Error>> {
        // ANCHOR: q33
        fn train_epoch(
            loader: &DataLoader<(Tensor, Tensor)>,
            model: &dyn Module,
            optimizer: &mut dyn Step,
        ) -> Result<f64, hammerhead::datasets::Error> {
            let mut losses = Vec::new();
            for batch in loader.iter() {
                let (x, y) = batch?;
                let loss = loss::mse_loss(&model.forward(x, Mode::Train), &y);
                loss.backward();
                optimizer.step();
                optimizer.zero_grad();
                losses.push(loss.item());
            }
            Ok(losses.iter().sum::<f64>() / losses.len() as f64)
        }
        let (loader, model) = (batches(), Linear::new(4, 1));
        let mut optimizer = Optimizer::new(model.named_parameters(), Sgd::new(0.3));
        for _ in 0..3 {
            println!("{:.4}", train_epoch(&loader, &model, &mut optimizer)?);
        }
        // ANCHOR_END: q33
        Ok(())
    })
}
