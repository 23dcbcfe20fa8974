//! From a table of passengers to numbers.

use std::path::Path;

use hammerhead::datasets::Table;
use hammerhead::prelude::*;

use crate::chapters::prelude::*;

/// The passengers, as the data sets' tests have them.
fn passengers() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/datasets/tests/data/titanic.csv")
}

/// Ten numbers of each passenger, and whether they survived: `[712, 10]`, `[712, 1]`.
pub fn run(course: &mut Course<'_>) -> Result<(Tensor, Tensor), Box<dyn Error>> {
    let passengers = passengers();
    let table = course.listing("table", || {
        // ANCHOR: table
        let table = Table::read(&passengers)?;
        println!("{} passengers: {}", table.len(), table.headers().join(" "));
        let table = table.drop_missing(&["Age", "Embarked"])?;
        println!("{} without blanks", table.len());
        // ANCHOR_END: table
        Ok::<_, Box<dyn Error>>(table)
    })?;
    let printed =
        "891 passengers: Survived Pclass Sex Age SibSp Parch Fare Embarked\n712 without blanks";
    course.row("T1", equal(course.text(), printed));

    let (features, survived) = course.listing("features", || {
        // ANCHOR: features
        let numbers = |name: &str| Ok::<_, Box<dyn Error>>(tensor(table.values::<f64>(name)?));
        let is = |name: &str, wanted: &str| {
            let values = table.values::<String>(name)?;
            let ones: Vec<f64> = values
                .iter()
                .map(|value| f64::from(value == wanted))
                .collect();
            Ok::<_, Box<dyn Error>>(tensor(ones))
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
        let features = stack(&columns, 1);
        let survived = numbers("Survived")?.unsqueeze(1);
        println!("{:?} {:?}", features.shape(), survived.shape());
        println!("{}", features.i(0));
        // ANCHOR_END: features
        Ok::<_, Box<dyn Error>>((features, survived))
    })?;
    course.row("T2", equal(course.line(0), "[712, 10] [712, 1]"));
    // The first passenger: 22 of at most 80 years, a fare of 7.25, third class, from Southampton, a man.
    let first = "tensor([1.0000, 0.0000, 0.2750, 0.9165, 0.0000, 0.0000, 1.0000, 0.0000, 1.0000,\n        1.0000])";
    let printed = course
        .text()
        .split_once('\n')
        .map(|(_, rest)| rest.to_owned());
    course.row("T2", equal(printed.unwrap_or_default(), first));
    Ok((features, survived))
}
