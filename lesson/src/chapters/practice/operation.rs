//! Operations of one's own: made of others, with a gradient of one's own, on memory.

use hammerhead::autograd::{GradCheck, custom_function};
use hammerhead::prelude::*;

use crate::chapters::prelude::*;

// ANCHOR: composed
/// Mish, x tanh(softplus(x)): made of operations that exist, so its gradient is there already.
fn mish(x: &Tensor) -> Tensor {
    x * x.softplus().tanh()
}
// ANCHOR_END: composed

// ANCHOR: function
/// Rounds, and lets the gradient through as if it had not.
fn round_through(x: &Tensor) -> Tensor {
    let outputs = custom_function(
        "round_through",
        &[x],
        |inputs| vec![inputs[0].round()],
        |_inputs, _outputs, grads| Ok(vec![Some(grads[0].clone())]),
    );
    outputs.into_iter().next().expect("one output")
}
// ANCHOR_END: function

// ANCHOR: cube
/// x³, with the gradient written down.
fn cube(x: &Tensor, factor: f64) -> Tensor {
    let outputs = custom_function(
        "cube",
        &[x],
        |inputs| vec![inputs[0].pow(3)],
        move |inputs, _outputs, grads| Ok(vec![Some(factor * inputs[0].pow(2) * &grads[0])]),
    );
    outputs.into_iter().next().expect("one output")
}
// ANCHOR_END: cube

pub fn run(course: &mut Course<'_>) -> Result<(), Box<dyn Error>> {
    course.listing("composed_grad", || {
        // ANCHOR: composed_grad
        let x = tensor([-1.0, 0.0, 2.0]).requires_grad_();
        mish(&x).sum().backward();
        println!("{}", x.grad().unwrap());
        // ANCHOR_END: composed_grad
    });
    course.listing("function_grad", || {
        // ANCHOR: function_grad
        let x = tensor([0.4, 1.6]).requires_grad_();
        let y = round_through(&x);
        y.sum().backward();
        println!("{y}");
        println!("{}", x.grad().unwrap());
        // ANCHOR_END: function_grad
    });
    course.listing("check", || {
        // ANCHOR: check
        let x = [tensor([0.5, -1.2, 2.0]).double()];
        let right = gradcheck(|x| cube(&x[0], 3.0), &x, GradCheck::default());
        println!("{right:?}");
        let wrong = gradcheck(|x| cube(&x[0], 2.0), &x, GradCheck::default());
        println!("{}", wrong.unwrap_err());
        // ANCHOR_END: check
    });
    memory::run(course)
}

mod memory {
    use std::result::Result as StdResult;
    use std::sync::Arc;

    use hammerhead::prelude::*;
    use hammerhead::tensor::custom::CustomOp;
    use hammerhead::tensor::device::{DeviceRef, Operand};
    use hammerhead::tensor::infer::Spec;
    use hammerhead::tensor::layout::Layout;
    use hammerhead::tensor::prim::{CustomPrim, Prim};
    use hammerhead::tensor::{Error, ErrorKind, Result};

    use crate::chapters::prelude::{Course, Error as AnyError};

    // ANCHOR: custom_op
    /// How often each byte occurs: no formula of tensors, but a loop over memory.
    #[derive(Debug)]
    struct Histogram {
        device: DeviceRef,
    }

    impl CustomOp for Histogram {
        fn name(&self) -> &str {
            "histogram"
        }

        fn infer(&self, inputs: &[Spec]) -> Result<Vec<Spec>> {
            match inputs {
                [x] if x.dtype == DType::U8 => Ok(vec![Spec {
                    shape: [256].as_slice().into(),
                    dtype: DType::I64,
                }]),
                [x] => Err(Error::new(
                    ErrorKind::DType,
                    format!(
                        "histogram: takes bytes, not {}; convert with to_dtype(DType::U8)",
                        x.dtype
                    ),
                )),
                _ => Err(Error::new(
                    ErrorKind::Shape,
                    format!("histogram: takes one tensor, not {}", inputs.len()),
                )),
            }
        }

        fn run(&self, inputs: &[Operand<'_>], outputs: &[Operand<'_>]) -> Result<()> {
            let mut bytes = vec![0; inputs[0].layout.numel()];
            self.device.download(inputs[0], DType::U8, &mut bytes)?;
            let mut counts = [0i64; 256];
            for byte in bytes {
                counts[usize::from(byte)] += 1;
            }
            let counts: Vec<u8> = counts.into_iter().flat_map(i64::to_ne_bytes).collect();
            let memory = self.device.upload(DType::I64, &counts)?;
            let counted = Operand {
                memory: &*memory,
                layout: &Layout::contiguous(&[256]),
                dtype: DType::I64,
            };
            self.device
                .run(&Prim::Cast(DType::I64), &[counted], outputs)
        }
    }

    fn histogram(x: &Tensor) -> Result<Tensor> {
        let operation = Histogram {
            device: x.device().clone(),
        };
        let prim = Prim::Custom(CustomPrim(Arc::new(operation)));
        Ok(Tensor::try_apply(prim, &[x])?.remove(0))
    }
    // ANCHOR_END: custom_op

    pub fn run(course: &mut Course<'_>) -> StdResult<(), Box<dyn AnyError>> {
        course.listing("custom_op_run", || -> StdResult<_, Box<dyn AnyError>> {
            // ANCHOR: custom_op_run
            let digits = Mnist::load()?.test.images();
            let counts = histogram(&digits)?;
            println!("{} of {} pixels are 0", counts.i(0).item(), digits.numel());
            println!("{}", histogram(&digits.float()).unwrap_err());
            // ANCHOR_END: custom_op_run
            Ok(())
        })
    }
}
