//! Questions 34 to 37: the non-linearity.

use hammerhead::prelude::*;

use crate::chapters::prelude::*;

pub fn run(course: &mut Course<'_>) {
    course.listing("q34", || {
        // ANCHOR: q34
        plot_function(Tensor::relu, ("x", "relu(x)")).show();
        println!("{}", tensor([-2.0, -0.5, 0.0, 0.5, 2.0]).relu());
        // ANCHOR_END: q34
    });
    course.listing("q35", || {
        // ANCHOR: q35
        let x = tensor([-1.0, 0.0, 1.0]);
        println!("relu    {}", x.relu());
        println!("sigmoid {}", x.sigmoid());
        println!("tanh    {}", x.tanh());
        // Without one between them, two linear layers are one.
        let (a, b) = (tensor([[2.0, 1.0], [0.0, 1.0]]), tensor([[1.0], [3.0]]));
        let x = tensor([[5.0, 7.0]]);
        println!(
            "{} = {}",
            x.matmul(&a).matmul(&b).item(),
            x.matmul(&a.matmul(&b)).item()
        );
        // ANCHOR_END: q35
    });
    course.listing("q36", || {
        // ANCHOR: q36
        let x = tensor([[-1.0, 2.0]]);
        println!("{}", x.relu()); // a function
        let net = Sequential::new().push(ReLU::new()); // a module, which has its place in a net
        println!("{}", net.forward(x, Mode::Eval));
        println!("{net}");
        // ANCHOR_END: q36
    });
    course.listing("q37", || {
        // ANCHOR: q37
        let wide = models::mlp(&[784, 1000, 10]);
        let deep = models::mlp(&[784, 100, 100, 100, 10]);
        for (name, net) in [("wide", &wide), ("deep", &deep)] {
            println!("{name}: {} parameters", net.num_parameters());
        }
        // ANCHOR_END: q37
    });
}
