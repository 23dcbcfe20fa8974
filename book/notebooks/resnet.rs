// SETUP
use hammerhead::datasets::{Colour, ImageFolder, LastBatch, cache_folder};
use hammerhead::nn::models::{ResNetArgs, resnet18, vision_net};
use hammerhead::optim::schedule::{OneCycle, Schedule};
// CELL resnet:from_folder
let dls = {
    // LISTING
    dls
};
// CELL resnet:network
{
    // LISTING
}
// CELL resnet:one_cycle
{
    // LISTING
}
// CELL resnet:fit
{
    // LISTING
}
