use hammerhead_gpu::Vulkan;
use hammerhead_tensor::Tensor;
use std::time::Instant;
fn main() {
    let gpu = Vulkan::new().unwrap();
    let x = Tensor::ones([100]).to(&gpu);
    for i in 0..3 {
        let t = Instant::now();
        let y = x.exp();
        let a = t.elapsed();
        let t = Instant::now();
        y.to_vec::<f32>();
        println!("{i} exp: record {a:?}, read {:?}", t.elapsed());
    }
    let t = Instant::now();
    let _ = x.sin();
    println!("sin: record {:?}", t.elapsed());
    let t = Instant::now();
    let _ = x.gt(0.5);
    println!("gt: record {:?}", t.elapsed());
}
