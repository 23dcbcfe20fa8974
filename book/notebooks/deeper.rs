// SETUP
use std::error::Error;

use hammerhead::learner::metrics::item_mean;
use hammerhead::nn::models::simple_net;
use hammerhead::tensor::random::TorchGenerator;

// LISTING loss:digits

// LISTING loss:init_params

// LISTING loss:mnist_loss

// LISTING loss:loader

type Batches = DataLoader<(Tensor, Tensor)>;

// LISTING loss:validate_epoch

// LISTING linear:learner
// CELL deeper:simple_net
let digits = Digits::load()?;
{
    let mut torch = TorchGenerator::new(42);
    // LISTING
}
// CELL deeper:sequential
{
    // LISTING
}
// CELL deeper:fit
let learn = {
    let digits = &digits;
    // The draws go on where those of the linear model ended.
    let mut torch = TorchGenerator::new(42);
    with_generator(&mut torch, || Linear::new(28 * 28, 1));
    // LISTING
    learn
};
// CELL deeper:recorder
{
    // LISTING
}
