// SETUP
use std::error::Error;

use hammerhead::learner::metrics::item_mean;
use hammerhead::learner::Flow;
use hammerhead::tensor::random::TorchGenerator;

// LISTING loss:digits

// LISTING loss:mnist_loss

// LISTING loss:loader

type Batches = DataLoader<(Tensor, Tensor)>;

// LISTING loss:validate_epoch

// LISTING linear:train_model
// CELL linear:with_sgd
let digits = Digits::load()?;
{
    let dl = &loader(&digits.train_x, &digits.train_y);
    let valid_dl = &loader(&digits.valid_x, &digits.valid_y);
    // LISTING
}
// CELL linear:fit
let mut learn = {
    let digits = &digits;
    // LISTING
    learn
};
// CELL linear:fit_more
// LISTING

// The table of both runs.
learn.recorder
// CELL practice:cut
use hammerhead::learner;

// LISTING
