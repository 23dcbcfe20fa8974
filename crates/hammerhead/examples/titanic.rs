//! Who survives? A linear model and two ReLUs on a table of passengers.
//! `cargo run --release --example titanic [FILE.csv]`

use hammerhead::datasets::Table;
use hammerhead::prelude::*;

/// The passengers in this repository.
const PASSENGERS: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../datasets/tests/data/titanic.csv"
);

/// Ten numbers of each passenger, and a column of who survived.
fn load(file: &str) -> hammerhead::datasets::Result<(Tensor, Tensor)> {
    let table = Table::read(file)?.drop_missing(&["Age", "Embarked"])?;
    let numbers = |name| Ok(tensor(table.values::<f64>(name)?));
    let is = |name, wanted: &str| {
        let values = table.values::<String>(name)?;
        let ones: Vec<f64> = values
            .iter()
            .map(|value| f64::from(value == wanted))
            .collect();
        Ok(tensor(ones))
    };
    let age = numbers("Age")?;
    let columns = [
        numbers("SibSp")?,
        numbers("Parch")?,
        &age / age.max(),
        (numbers("Fare")? + 1).log() / 10f64.ln(),
        is("Pclass", "1")?,
        is("Pclass", "2")?,
        is("Embarked", "S")?,
        is("Embarked", "C")?,
        is("Sex", "male")?,
        Tensor::ones([table.len()]),
    ];
    Ok((stack(&columns, 1), numbers("Survived")?.unsqueeze(1)))
}

/// Descends from `params`, and gives the loss at the end.
fn descend(params: &Tensor, lr: f64, loss: impl Fn(&Tensor) -> Tensor) -> f64 {
    let mut optimizer = Optimizer::new([("params", params.clone())], Sgd::new(lr).momentum(0.9));
    for _ in 0..5000 {
        optimizer.zero_grad();
        loss(params).backward();
        optimizer.step();
    }
    no_grad(|| loss(params).item())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args()
        .nth(1)
        .unwrap_or_else(|| PASSENGERS.to_owned());
    let (x, y) = load(&file)?;
    println!("{} passengers of {} numbers", x.size(0), x.size(1));

    let linear = |params: &Tensor| (x.matmul(params) - &y).pow(2).mean();
    let params = Tensor::zeros([10, 1]).requires_grad_();
    println!("linear:         loss {:.5}", descend(&params, 0.1, linear));

    let relus = |params: &Tensor| {
        let sum = x.matmul(params).relu().sum_dim(1).unsqueeze(1);
        (sum - &y).pow(2).mean()
    };
    for seed in 0..10 {
        manual_seed(seed);
        let params = (Tensor::rand([10, 2]) - 0.5).requires_grad_();
        println!(
            "2 ReLUs, seed {seed}: loss {:.5}",
            descend(&params, 0.02, relus)
        );
    }
    Ok(())
}
