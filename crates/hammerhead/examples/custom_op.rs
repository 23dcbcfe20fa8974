//! An operation with a gradient of one's own, checked and trained through. `cargo run --release --example custom_op`

use hammerhead::autograd::{GradCheck, custom_function};
use hammerhead::prelude::*;

/// `x * sigmoid(x)`, with its gradient worked out by hand: one tensor is kept where the library would keep two.
fn swish(x: &Tensor) -> Tensor {
    let outputs = custom_function(
        "Swish",
        &[x],
        |inputs| vec![inputs[0] * inputs[0].sigmoid()],
        |inputs, _outputs, grads| {
            let share = inputs[0].sigmoid();
            let slope = &share * (1 + &inputs[0] * (1 - &share));
            Ok(vec![Some(&grads[0] * slope)])
        },
    );
    outputs[0].clone()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    manual_seed(42);
    let x = Tensor::randn([4, 3]);
    println!("{}", swish(&x.requires_grad_()));
    gradcheck(
        |x| swish(&x[0]),
        &[x.detach().double()],
        GradCheck::default(),
    )?;
    println!("its gradient is right");

    // Two swishes fit a sine.
    let x = Tensor::linspace(-3.0, 3.0, 100).unsqueeze(1);
    let y = x.sin();
    let (inner, outer) = (Linear::new(1, 16), Linear::new(16, 1));
    let params = [inner.named_parameters(), outer.named_parameters()].concat();
    let names = (0..).map(|i: usize| i.to_string());
    let params = names.zip(params.into_iter().map(|(_, parameter)| parameter));
    let mut optimizer = Optimizer::new(params, Adam::new(0.01));
    for step in 0..=1000 {
        let hidden = swish(&inner.forward(x.clone(), Mode::Train));
        let loss = loss::mse_loss(&outer.forward(hidden, Mode::Train), &y);
        loss.backward();
        optimizer.step();
        optimizer.zero_grad();
        if step % 250 == 0 {
            println!("step {step:4}: loss {:.6}", loss.item());
        }
    }
    Ok(())
}
