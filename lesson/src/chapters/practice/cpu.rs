//! What keeps the cores busy.

use hammerhead::prelude::*;
use hammerhead::tensor::pool;
use hammerhead::tensor::with_threads;

use crate::chapters::prelude::*;

pub fn run(course: &mut Course<'_>) -> Result<(), Box<dyn Error>> {
    course.listing("threads", || {
        // ANCHOR: threads
        manual_seed(42);
        let (a, b) = (Tensor::randn([200, 300]), Tensor::randn([300, 100]));
        let bits = |threads| {
            let product = with_threads(threads, || a.matmul(&b));
            product
                .to_vec::<f32>()
                .into_iter()
                .map(f32::to_bits)
                .collect::<Vec<_>>()
        };
        println!(
            "the same bits: {}",
            bits(1) == bits(2) && bits(2) == bits(3)
        );
        // ANCHOR_END: threads
    });
    course.listing("views", || {
        // ANCHOR: views
        let x = Tensor::zeros([1000, 1000]);
        println!("transposed: {}", x.t().shares_memory(&x));
        println!("a column:   {}", x.i((.., 7)).shares_memory(&x));
        println!(
            "expanded:   {}",
            x.i(0).expand([500, 1000]).shares_memory(&x)
        );
        // ANCHOR_END: views
    });
    course.listing("memory", || {
        // ANCHOR: memory
        manual_seed(42);
        let model = models::simple_net(784, 30, 1);
        let mut optimizer = Optimizer::new(model.named_parameters(), Sgd::new(0.1));
        let (x, y) = (Tensor::rand([256, 784]), Tensor::zeros([256, 1]));
        let mut step = || {
            loss::mse_loss(&model.forward(x.clone(), Mode::Train), &y).backward();
            optimizer.step();
            optimizer.zero_grad();
        };
        step(); // the first step asks the system for memory
        step();
        let before = pool::stats().misses;
        for _ in 0..100 {
            step();
        }
        println!(
            "asked the system for memory {} times",
            pool::stats().misses - before
        );
        // ANCHOR_END: memory
    });
    course.listing("workers", || -> Result<_, Box<dyn Error>> {
        // ANCHOR: workers
        let digits = Mnist::load()?.train.limit(1000);
        let first = |workers| {
            let loader = DataLoader::new(digits.clone())
                .batch_size(64)
                .shuffle(Shuffle::Seeded(42))
                .workers(workers);
            let batches: Result<Vec<_>, _> = loader.epoch(0).collect();
            batches.map(|batches| batches[3].1.to_vec::<i64>())
        };
        println!("the same batches: {}", first(0)? == first(2)?);
        // ANCHOR_END: workers
        Ok(())
    })
}
