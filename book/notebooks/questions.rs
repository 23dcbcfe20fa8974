// SETUP
use hammerhead::datasets::ThreesAndSevens;
use hammerhead::plot::FunctionPlot;

// LISTING questions:batches
// OTHERS
{
    // LISTING
}
// CELL questions:q1
let sample = MnistSample::load()?;
{
    // LISTING
}
// CELL questions:q25
{
    let loader = batches();
    // LISTING
}
