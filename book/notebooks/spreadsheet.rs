// SETUP
use std::error::Error;

use hammerhead::datasets::Table;
use hammerhead::tensor::linalg;
use hammerhead::tensor::random::CounterGenerator;
// CELL spreadsheet:table
let table = {
    let passengers = "../crates/datasets/tests/data/titanic.csv";
    // LISTING
    table
};
// CELL spreadsheet:features
let (features, survived) = {
    // LISTING
    (features, survived)
};
// CELL spreadsheet:linear
{
    let (features, survived) = (&features, &survived);
    // LISTING
}
// CELL spreadsheet:two_relus
{
    let (features, survived) = (&features, &survived);
    // LISTING
}
// CELL spreadsheet:products
{
    let features = &features;
    // LISTING
}
