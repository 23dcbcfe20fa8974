// SETUP
use hammerhead::tensor::pool;

// FILE refused.rs
// CELL pixels:small
// LISTING

// The value of a cell's last line is shown, too.
tns
// CELL pixels:rank
// All threes to train on, as the next chapter makes them.
let stacked_threes = MnistSample::load()?.train.threes().float() / 255.0;
// LISTING
// CELL pixels:broadcast
let mean3 = stacked_threes.mean_dim(0);
let valid_3 = MnistSample::load()?.valid.threes().float() / 255.0;
{
    let valid_3 = &valid_3;
    // LISTING
}
// CELL pixels:allocated
{
    let valid_3 = &valid_3;
    // LISTING
}
