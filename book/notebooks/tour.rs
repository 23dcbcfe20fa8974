// SETUP
use std::time::Instant;

use hammerhead::nn::models::{ModelArgs, ResNetArgs, create_model, is_model, list_models, resnet18};
use hammerhead::nn::{load_file, save_file};
use hammerhead::plot::Model;
// CELL tour:list_models
{
    // LISTING
}
// CELL tour:create_model
let model = {
    // LISTING
    model
};
// CELL tour:get_submodule
// A second model: its weights are drawn after those of a first one.
manual_seed(42);
create_model("resnet18", ModelArgs::default())?;
let model = resnet18(ResNetArgs::default());
{
    // LISTING
}
// CELL tour:weight
{
    // LISTING
}
// CELL tour:start
{
    // LISTING
}
// CELL tour:save_load_predict
let digits = Mnist::load()?;
{
    let folder = std::env::temp_dir();
    // LISTING
}
// CELL tour:chart
{
    let digits = &digits;
    // LISTING
}
