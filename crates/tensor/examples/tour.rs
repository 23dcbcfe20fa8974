//! Tensors alone: broadcasting, views, indexing, linear algebra. `cargo run --example tour`

use hammerhead_tensor::{NewAxis, Tensor, linalg, manual_seed, tensor};

fn main() -> Result<(), hammerhead_tensor::Error> {
    let x = tensor([[1, 2, 3], [4, 5, 6]]);
    println!("{}", &x * 1.5);
    println!("{}", x.i((1, 1..3)));
    println!("{:?}", x.i((.., NewAxis)).shape());

    manual_seed(42);
    let a = Tensor::randn([3, 3]);
    let b = Tensor::ones([3, 1]);
    let solution = linalg::solve(&a, &b)?;
    println!(
        "residual {:.1e}",
        (a.matmul(&solution) - b).abs().max().item()
    );
    Ok(())
}
