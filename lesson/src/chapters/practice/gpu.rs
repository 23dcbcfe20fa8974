//! One instruction set, many interpreters.

use hammerhead::prelude::*;
use hammerhead::tensor::prim::{Epilogue, Prim, Transposed, Unary};
use hammerhead::tensor::{Meta, Oracle, with_device};

use crate::chapters::prelude::*;

pub fn run(course: &mut Course<'_>) -> Result<(), Box<dyn Error>> {
    course.listing("instruction", || -> Result<_, Box<dyn Error>> {
        // ANCHOR: instruction
        let x = tensor([[1.0, 2.0], [3.0, 4.0]]);
        let y = Tensor::try_apply(Prim::Unary(Unary::Sigmoid), &[&x])?;
        println!("{}", y[0]);
        let wrong = Tensor::try_apply(
            Prim::Matmul(Transposed::default(), Epilogue::default()),
            &[&x, &Tensor::ones([3, 2])],
        );
        println!("{}", wrong.unwrap_err());
        // ANCHOR_END: instruction
        Ok(())
    })?;
    course.listing("interpreters", || {
        // ANCHOR: interpreters
        let third = || Tensor::ones([1]) / 3.0;
        println!("cpu    {:?}", third().to_vec::<f64>());
        println!(
            "oracle {:?}",
            with_device(&Oracle::device(), third).to_vec::<f64>()
        );
        println!("meta   {:?}", with_device(&Meta::device(), third).shape());
        // ANCHOR_END: interpreters
    });
    course.listing("precision", || {
        // ANCHOR: precision
        manual_seed(42);
        let model = models::simple_net(784, 30, 1);
        let (x, y) = (Tensor::rand([64, 784]), Tensor::zeros([64, 1]));
        let mut optimizer = Optimizer::new(model.named_parameters(), Sgd::new(0.1));
        let mut scaler = GradScaler::new();
        let prediction = with_autocast(DType::F16, || model.forward(x, Mode::Train));
        println!("computed in {}", prediction.dtype());
        let loss = loss::mse_loss(&prediction.float(), &y);
        scaler.scale(&loss).backward();
        scaler.step(&mut optimizer);
        scaler.update();
        println!("kept in {}", model.parameters()[0].tensor().dtype());
        // ANCHOR_END: precision
    });
    Ok(())
}
