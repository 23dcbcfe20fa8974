// SETUP
use std::error::Error;
use std::fmt::{self, Display};
use std::path::{Path, PathBuf};
use std::time::Instant;

use hammerhead::datasets::{Colour, Picture, cache_folder};
// CELL pixels:unpack
// How a folder is listed comes below.
// LISTING pixels:list

// LISTING pixels:ls

// LISTING
// CELL pixels:lists
{
    // LISTING
}
// CELL pixels:open
let im3 = {
    // LISTING
    im3
};
// CELL pixels:tensors
let (three_tensors, seven_tensors) = {
    let (threes, sevens) = (&threes, &sevens);
    // LISTING
    (three_tensors, seven_tensors)
};
// CELL pixels:means
{
    // LISTING
}
// CELL pixels:distances
let (mean3, mean7) = (stacked_threes.mean_dim(0), stacked_sevens.mean_dim(0));
let a_3 = stacked_threes.i(1);
{
    let threes = &stacked_threes;
    // LISTING
}
// CELL pixels:loop_or_call
{
    let (valid_3, mean3) = (&valid_3, &mean3);
    // LISTING
}
// CELL pixels:is_3
{
    // LISTING
}
