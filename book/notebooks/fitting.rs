// SETUP
use hammerhead::autograd::GradCheck;
use hammerhead::plot::FunctionPlot;
use hammerhead::tensor::display::torch_size;
use hammerhead::tensor::random::NumpyGenerator;

// FILE refused.rs
// CELL fitting:f_of_numbers
// LISTING

// The value of a cell's last line is shown, too.
f(&tensor([0.0, 1.0, 2.0]))
// CELL fitting:quad_at
{
    // LISTING
}
// CELL fitting:new_axis
{
    let x = &x;
    // LISTING
}
// CELL fitting:refused_shapes
{
    let x = &x;
    // LISTING
}
// CELL fitting:plot_quad
// The error and the quadratic come below.
// LISTING fitting:errors

// LISTING fitting:quadratic

// LISTING
// CELL fitting:plot_quad_at
{
    let (x, y) = (&x, &y);
    // LISTING
}
// CELL fitting:quad_mae
{
    let (x, y) = (&x, &y);
    // LISTING
}
// CELL fitting:nudge
{
    // LISTING
}
// CELL fitting:gradient
{
    let (x, y) = (&x, &y);
    let quad_mae = |params: &Tensor| mae(&quadratic(params, x), y);
    // LISTING
}
// CELL fitting:adding_up
{
    let (x, y) = (&x, &y);
    // LISTING
}
// CELL fitting:zeroing
{
    let (x, y) = (&x, &y);
    // LISTING
}
// CELL fitting:rising
{
    let (x, y) = (&x, &y);
    // LISTING
}
// CELL fitting:triple_relu
{
    let (x, y) = (&x, &y);
    // LISTING
}
// CELL fitting:more_relus
{
    let x = &x;
    // LISTING
}
