//! Networks, to train and to look through.

use std::collections::HashMap;

use candle_core::{DType, Device, Result, Tensor};
use candle_nn::{
    BatchNorm, Conv2d, Conv2dConfig, Module, ModuleT, Optimizer, SGD, VarBuilder, VarMap,
    batch_norm, conv2d, conv2d_no_bias, func, linear, loss,
};
use serde_json::Value;

use crate::asked::{Ways, number, word};
use crate::{run, said};

pub fn network(request: &Value) -> std::result::Result<Ways, String> {
    let [channels, size, batch, classes] =
        ["channels", "size", "batch", "classes"].map(|key| number(request, key));
    let (channels, size, batch, classes) = (channels?, size?, batch?, classes?);
    let name = word(request, "network");
    let made = || -> Result<Ways> {
        let x = Tensor::randn(0f32, 1.0, (batch, channels, size, size), &Device::Cpu)?;
        let x = if matches!(name, "simple" | "mlp") {
            x.flatten_from(1)?
        } else {
            x
        };
        let variables = VarMap::new();
        let builder = VarBuilder::from_varmap(&variables, DType::F32, &Device::Cpu);
        let model = build(name, channels, classes, builder)?;
        if request["training"] != true {
            let model = build(name, channels, classes, without_gradients(&variables))?;
            return Ok(vec![("", run(move || model.forward_t(&x, false)))]);
        }
        let sides = (0..batch as u32).map(|i| i % 2).collect::<Vec<_>>();
        let sides = Tensor::from_vec(sides, (batch, 1), &Device::Cpu)?;
        let target = (0..batch as u32)
            .map(|i| i % classes as u32)
            .collect::<Vec<_>>();
        let target = Tensor::from_vec(target, batch, &Device::Cpu)?;
        let simple = name == "simple";
        let mut rule = SGD::new(variables.all_vars(), 0.01)?;
        let step = move || {
            let predictions = model.forward_t(&x, true)?;
            let loss = match simple {
                true => distance(&predictions, &sides)?,
                false => loss::cross_entropy(&predictions, &target)?,
            };
            rule.backward_step(&loss)
        };
        let without = request["momentum"]
            .as_f64()
            .is_some_and(|momentum| momentum > 0.0);
        // It has no other rule of this kind.
        let way = if without { "without momentum" } else { "" };
        Ok(vec![(way, run(step))])
    };
    made().map_err(said)
}

/// The same numbers as constants, of which no history is kept.
fn without_gradients(variables: &VarMap) -> VarBuilder<'static> {
    let data = variables.data().lock().expect("nobody else has them");
    let constants = data
        .iter()
        .map(|(name, variable)| (name.clone(), variable.as_detached_tensor()));
    let constants: HashMap<String, Tensor> = constants.collect();
    VarBuilder::from_tensors(constants, DType::F32, &Device::Cpu)
}

/// How far predictions between 0 and 1 are from the one of the two sides that is right.
fn distance(predictions: &Tensor, sides: &Tensor) -> Result<Tensor> {
    let predictions = candle_nn::ops::sigmoid(predictions)?;
    sides
        .where_cond(&(1.0 - &predictions)?, &predictions)?
        .mean_all()
}

/// Layers one after another.
struct Chain(Vec<Box<dyn ModuleT>>);

impl Chain {
    fn add(mut self, layer: impl ModuleT + 'static) -> Self {
        self.0.push(Box::new(layer));
        self
    }

    fn relu(self) -> Self {
        self.add(func(|x| x.relu()))
    }
}

impl ModuleT for Chain {
    fn forward_t(&self, x: &Tensor, training: bool) -> Result<Tensor> {
        let layers = self.0.iter();
        layers.fold(Ok(x.clone()), |x, layer| layer.forward_t(&x?, training))
    }
}

fn build(name: &str, channels: usize, classes: usize, names: VarBuilder) -> Result<Chain> {
    let chain = Chain(Vec::new());
    let fc = |at: &str, inputs, outputs| linear(inputs, outputs, names.pp(at));
    Ok(match name {
        "simple" => chain.add(fc("1", 784, 30)?).relu().add(fc("2", 30, 1)?),
        "mlp" => chain
            .add(fc("1", 784, 256)?)
            .relu()
            .add(fc("2", 256, classes)?),
        "cnn" => {
            let conv = |at: &str, inputs, outputs| {
                conv2d(inputs, outputs, 3, Conv2dConfig::default(), names.pp(at))
            };
            chain
                .add(conv("1", channels, 32)?)
                .relu()
                .add(conv("2", 32, 64)?)
                .relu()
                .add(func(|x| x.max_pool2d(2)?.flatten_from(1)))
                .add(fc("3", 9216, 128)?)
                .relu()
                .add(fc("4", 128, classes)?)
        }
        "resnet18" => {
            let mut chain = chain
                .add(Normed::new(channels, 64, 7, 2, names.pp("stem"))?)
                .relu();
            // Its max pooling does not pad; after relu nothing is below what the edge repeats.
            chain = chain.add(func(|x| {
                x.pad_with_same(2, 1, 1)?
                    .pad_with_same(3, 1, 1)?
                    .max_pool2d_with_stride(3, 2)
            }));
            let mut inputs = 64;
            for (outputs, stride) in [(64, 1), (128, 2), (256, 2), (512, 2)] {
                let at = |part| names.pp(format!("{outputs}.{part}"));
                chain = chain.add(Block::new(inputs, outputs, stride, at(0))?);
                chain = chain.add(Block::new(outputs, outputs, 1, at(1))?);
                inputs = outputs;
            }
            chain
                .add(func(|x| x.mean((2, 3))))
                .add(fc("fc", 512, classes)?)
        }
        other => candle_core::bail!("it does not know {other}"),
    })
}

/// A convolution and its batch norm.
struct Normed(Conv2d, BatchNorm);

impl Normed {
    fn new(
        inputs: usize,
        outputs: usize,
        kernel: usize,
        stride: usize,
        names: VarBuilder,
    ) -> Result<Self> {
        let config = Conv2dConfig {
            stride,
            padding: kernel / 2,
            ..Conv2dConfig::default()
        };
        let conv = conv2d_no_bias(inputs, outputs, kernel, config, names.pp("conv"))?;
        Ok(Self(conv, batch_norm(outputs, 1e-5, names.pp("norm"))?))
    }
}

impl ModuleT for Normed {
    fn forward_t(&self, x: &Tensor, training: bool) -> Result<Tensor> {
        self.1.forward_t(&self.0.forward(x)?, training)
    }
}

struct Block {
    first: Normed,
    second: Normed,
    beside: Option<Normed>,
}

impl Block {
    fn new(inputs: usize, outputs: usize, stride: usize, names: VarBuilder) -> Result<Self> {
        let beside = || Normed::new(inputs, outputs, 1, stride, names.pp("beside"));
        Ok(Self {
            first: Normed::new(inputs, outputs, 3, stride, names.pp("1"))?,
            second: Normed::new(outputs, outputs, 3, 1, names.pp("2"))?,
            beside: (stride != 1).then(beside).transpose()?,
        })
    }
}

impl ModuleT for Block {
    fn forward_t(&self, x: &Tensor, training: bool) -> Result<Tensor> {
        let y = self.first.forward_t(x, training)?.relu()?;
        let y = self.second.forward_t(&y, training)?;
        match &self.beside {
            Some(beside) => (y + beside.forward_t(x, training)?)?.relu(),
            None => (y + x)?.relu(),
        }
    }
}
