// SETUP
use hammerhead::tensor::random::TorchGenerator;

// FILE refused.rs
// CELL descent:number
{
    // LISTING
}
// CELL descent:adding_up
{
    // LISTING
}
// CELL descent:rates
{
    // LISTING
}
// CELL descent:params
// LISTING
let orig_params = params.copy();
// CELL descent:predict
{
    let (time, speed, params) = (&time, &speed, &params);
    // LISTING
}
// CELL descent:first_step
{
    let (time, speed, params) = (&time, &speed, &params);
    // LISTING
}
// CELL descent:ten_steps
{
    let (time, speed, params) = (&time, &speed, &params);
    // LISTING
}
// CELL descent:start_over
{
    let (time, speed) = (&time, &speed);
    // LISTING
}
