//! A layer of one's own.

use hammerhead::nn::Parameter;
use hammerhead::prelude::*;

use crate::chapters::prelude::*;

// ANCHOR: scale
/// Multiplies every feature by a number that is learnt.
pub struct Scale {
    weight: Parameter,
    features: usize,
}

module!(Scale { parameters: weight; settings: features });

impl Scale {
    pub fn new(features: usize) -> Self {
        let weight = Parameter::new(Tensor::ones([features]));
        Self { weight, features }
    }
}

impl Module for Scale {
    fn forward(&self, x: Tensor, _: Mode) -> Tensor {
        x * self.weight.tensor()
    }

    fn extra_repr(&self) -> String {
        format!("{}", self.features)
    }
}
// ANCHOR_END: scale

// ANCHOR: block
/// Two linear layers with a way around them.
pub struct Block {
    hidden: Linear,
    out: Linear,
    scale: Scale,
}

module!(Block {
    modules: hidden,
    out,
    scale
});

impl Block {
    pub fn new(features: usize) -> Self {
        Self {
            hidden: Linear::new(features, 4 * features),
            out: Linear::new(4 * features, features),
            scale: Scale::new(features),
        }
    }
}

impl Module for Block {
    fn forward(&self, x: Tensor, mode: Mode) -> Tensor {
        let hidden = call!(self.hidden.forward(x.clone(), mode)).relu();
        let out = call!(self.out.forward(hidden, mode));
        x + call!(self.scale.forward(out, mode))
    }
}
// ANCHOR_END: block

pub fn run(course: &mut Course<'_>) {
    course.listing("print", || {
        // ANCHOR: print
        let block = Block::new(8);
        println!("{block}");
        for (name, parameter) in block.named_parameters() {
            println!("{name:<14} {:?}", parameter.tensor().shape());
        }
        // ANCHOR_END: print
    });
    course.listing("summary", || {
        // ANCHOR: summary
        let mut net = Sequential::new()
            .push(Linear::new(784, 32))
            .push(Block::new(32))
            .push(Linear::new(32, 10));
        println!("{}", net.summary([64, 784]));
        // ANCHOR_END: summary
    });
    course.listing("learn", || {
        // ANCHOR: learn
        manual_seed(42);
        let x = Tensor::randn([128, 8]);
        let y = x.pow(2);
        let block = Block::new(8);
        let mut optimizer = Optimizer::new(block.named_parameters(), Adam::new(0.01));
        for step in 0..=200 {
            let loss = loss::mse_loss(&block.forward(x.clone(), Mode::Train), &y);
            loss.backward();
            optimizer.step();
            optimizer.zero_grad();
            if step % 100 == 0 {
                println!("step {step:>3}: loss {:.2}", loss.item());
            }
        }
        // ANCHOR_END: learn
    });
}
