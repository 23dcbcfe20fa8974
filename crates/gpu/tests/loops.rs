//! Loops that are longer than a driver in software goes through at once.

use std::panic::catch_unwind;

use hammerhead_gpu::Vulkan;
use hammerhead_tensor::prim::Windows;
use hammerhead_tensor::{DType, Tensor};

#[test]
fn lines_of_any_length_are_gone_through_to_their_end() {
    let gpu = Vulkan::new().unwrap();
    // Drivers in software end the loops of an invocation after 65,535 rounds.
    const LONG: usize = 5 << 20;
    let whole = Tensor::arange(LONG as i64);
    let ones = Tensor::ones([2, LONG]).to(&gpu);
    for (at, sum) in [(70_000, 70_001), (LONG - 1, LONG)] {
        let sums = ones.cumsum(1).select(1, at as isize).to_vec::<f32>();
        assert_eq!(sums, [sum as f32; 2], "the sum up to {at}");
    }
    let sums = whole.to(&gpu).cumsum(0);
    let last = sums.select(0, -1).to_scalar::<i64>();
    assert_eq!(last, (LONG * (LONG - 1) / 2) as i64);

    let index = whole.remainder(&Tensor::full_with((), 7.0, DType::I64));
    let counts = |x: &Tensor, index: &Tensor| {
        let zeros = Tensor::zeros_with([7], DType::I64).to(x.device());
        let ones = Tensor::ones_with([LONG], DType::I64).to(x.device());
        zeros.scatter_add(0, index, &ones).to_vec::<i64>()
    };
    let expected: Vec<i64> = (0..7).map(|i| (LONG as i64 - i + 6) / 7).collect();
    assert_eq!(counts(&index.to(&gpu), &index.to(&gpu)), expected);

    // The first of equals, and the last of all.
    let tops = index.to(&gpu);
    assert_eq!(tops.argmax_dim(0).to_scalar::<i64>(), 6);
    let rising = whole.to(&gpu);
    assert_eq!(rising.argmax_dim(0).to_scalar::<i64>(), LONG as i64 - 1);
    assert_eq!(rising.argmin_dim(0).to_scalar::<i64>(), 0);

    for dtype in [DType::I64, DType::U8] {
        let x = Tensor::ones_with([1, 300_001], dtype).to(&gpu);
        let product = x.matmul(&x.transpose(0, 1));
        let expected = if dtype == DType::U8 {
            300_001 % 256
        } else {
            300_001
        };
        assert_eq!(
            product.to_dtype(DType::I64).to_vec::<i64>(),
            [expected],
            "{dtype:?}"
        );
    }
    let x = Tensor::ones([32, 300_000]).to(&gpu);
    let product = x.matmul(&x.transpose(0, 1)).to_vec::<f32>();
    assert_eq!(product, vec![300_000.0; 32 * 32]);
}

#[test]
fn windows_longer_than_the_driver_loops_are_refused_by_name() {
    let gpu = Vulkan::new().unwrap();
    let whole = Windows::Adaptive { out: [1, 1] };
    let mean = |side: usize| {
        let x = Tensor::ones([1, 1, side, side]).to(&gpu);
        catch_unwind(|| x.avg_pool2d(whole, true).item())
    };
    assert_eq!(mean(200).unwrap(), 1.0);
    let software = gpu.info().kind == "software";
    match mean(300) {
        Ok(mean) => assert!(!software && mean == 1.0),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().expect("a message");
            assert!(software && text.contains("pooling in windows of"), "{text}");
        }
    }
}
