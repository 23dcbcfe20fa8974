//! One training step of 784-30-10 on a batch of 64 with candle, as a user's first program has it.

use candle_core::{DType, Device, Module, Result, Tensor};
use candle_nn::{Optimizer, SGD, VarBuilder, VarMap, linear, loss};

fn main() -> Result<()> {
    let variables = VarMap::new();
    let names = VarBuilder::from_varmap(&variables, DType::F32, &Device::Cpu);
    let first = linear(784, 30, names.pp("first"))?;
    let second = linear(30, 10, names.pp("second"))?;
    let mut rule = SGD::new(variables.all_vars(), 0.1)?;
    let x = Tensor::rand(0f32, 1.0, (64, 784), &Device::Cpu)?;
    let target = Tensor::from_vec((0..64u32).map(|i| i % 10).collect(), 64, &Device::Cpu)?;
    let scores = second.forward(&first.forward(&x)?.relu()?)?;
    let loss = loss::cross_entropy(&scores, &target)?;
    rule.backward_step(&loss)?;
    println!("{}", loss.to_scalar::<f32>()?);
    Ok(())
}
