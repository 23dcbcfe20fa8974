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
    // LISTING
}
// CELL deeper:sequential
{
    // LISTING
}
// CELL deeper:fit
let learn = {
    let digits = &digits;
    // LISTING
    learn
};
// CELL deeper:recorder
{
    // LISTING
}
