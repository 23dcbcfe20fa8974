// SETUP
use std::error::Error;

use hammerhead::plot::FunctionPlot;
use hammerhead::tensor::random::TorchGenerator;

// LISTING loss:digits
// CELL loss:first_prediction
let (mut torch, weights, bias) = {
    // LISTING
    (torch, weights, bias)
};
// CELL loss:linear1
{
    let (train_x, train_y) = (&train_x, &train_y);
    // LISTING
}
// CELL loss:distance
{
    // LISTING
}
// CELL loss:sigmoid
{
    // LISTING
}
// CELL loss:numbers
{
    // LISTING
}
// CELL loss:letters
{
    // LISTING
}
// CELL loss:first_batch
let digits = Digits::load()?;
{
    // LISTING
}
// CELL loss:small_batch
let (weights, bias) = {
    // LISTING
    (weights, bias)
};
// CELL loss:one_epoch
{
    let linear1 = |xb: &Tensor| xb.matmul(&weights) + &bias;
    // LISTING
}
