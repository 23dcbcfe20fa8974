// SETUP
use std::error::Error;

use hammerhead::learner::metrics::{batch_mean, item_mean};
use hammerhead::tensor::random::TorchGenerator;

// LISTING loss:digits

// LISTING loss:init_params

// LISTING loss:mnist_loss

// LISTING loss:loader

// LISTING loss:calc_grad

// LISTING loss:train_epoch

// LISTING loss:validate_epoch
// CELL linear:linear1
let digits = Digits::load()?;
{
    let dl = &loader(&digits.train_x, &digits.train_y);
    let valid_dl = &loader(&digits.valid_x, &digits.valid_y);
    // LISTING
}
// CELL linear:linear_model
{
    // LISTING
}
// CELL linear:with_basic_optim
{
    let dl = &loader(&digits.train_x, &digits.train_y);
    let valid_dl = &loader(&digits.valid_x, &digits.valid_y);
    // LISTING
}
// CELL linear:averages
{
    // LISTING
}
// CELL linear:batch_sizes
{
    // LISTING
}
