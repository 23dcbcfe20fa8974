// SETUP
use std::error::Error;

use hammerhead::learner::metrics::ConfusionMatrix;
// CELL digits:own_fit
// The loaders come below.
// LISTING digits:loaders

let digits = Mnist::load()?;
{
    let DataLoaders { train, valid } = loaders(&digits);
    let valid = valid.expect("digits to validate on");
    // LISTING
}
// CELL digits:ten
let learn = {
    let digits = &digits;
    // LISTING
    learn
};
// CELL digits:interpretation
{
    // LISTING
}
