// SETUP
use std::error::Error;

use hammerhead::plot::FunctionPlot;
use hammerhead::tensor::random::TorchGenerator;

// LISTING loss:digits
// CELL loss:first_prediction
// The draws go on where those of the roller coaster ended.
let mut torch = TorchGenerator::new(42);
with_generator(&mut torch, || (Tensor::randn([20]), Tensor::randn([3])));
let (weights, bias) = {
    let torch = &mut torch;
    // LISTING
    (weights, bias)
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
// PyTorch's loaders draw a seed each time that somebody goes through one; above it was two.
for numbers in [0..15, 0..26] {
    let numbers: Vec<i64> = numbers.collect();
    DataLoader::new(numbers).batch_size(5).iter_with(&mut torch);
}
let weights = init_params(&mut torch, &[28 * 28, 1], 1.0);
let bias = init_params(&mut torch, &[1], 1.0);
{
    let (batch, targets) = (digits.train_x.i(..4), digits.train_y.i(..4));
    let linear1 = |xb: &Tensor| xb.matmul(&weights) + &bias;
    // LISTING
}
// CELL loss:one_epoch
{
    let linear1 = |xb: &Tensor| xb.matmul(&weights) + &bias;
    // LISTING
}
