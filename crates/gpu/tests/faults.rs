//! What goes wrong with a device while it works: it is lost, or its memory ends.

use std::panic::{AssertUnwindSafe, catch_unwind};

use hammerhead_autograd::Autograd;
use hammerhead_gpu::{Planted, Vulkan};
use hammerhead_nn::{BatchNorm1d, Mode, Module, ModuleExt};
use hammerhead_tensor::prim::{Axes, Conv2d, Prim, Reduce};
use hammerhead_tensor::{Error, ErrorKind, Tensor};

#[track_caller]
fn says_lost(error: &Error) {
    assert_eq!(error.kind(), ErrorKind::Device);
    let text = error.to_string();
    for part in ["lost", "open the device anew"] {
        assert!(text.contains(part), "{text}");
    }
}

/// Everything says that the device is lost, nothing hangs, and another one can be opened.
fn is_lost(gpu: Vulkan, x: Tensor) {
    for _ in 0..2 {
        says_lost(&x.try_to_vec::<f32>().unwrap_err());
        says_lost(&Tensor::ones([5]).try_to(&gpu).unwrap_err());
    }
    let panic = catch_unwind(|| &x + 1.0).unwrap_err();
    let text = panic.downcast_ref::<String>().expect("a message");
    assert!(text.contains("lost"), "{text}");
    gpu.sync();
    drop(gpu);
    drop(x);
    let again = Vulkan::new().unwrap();
    let y = Tensor::ones([1000]).to(&again);
    assert_eq!((&y + 1.0).sum().item(), 2000.0);
}

#[test]
fn a_device_lost_when_work_is_handed_over() {
    let gpu = Vulkan::new().unwrap();
    let mut x = Tensor::ones([1000]).to(&gpu);
    for _ in 0..100 {
        x = &x + 1.0;
    }
    gpu.plant(Planted::LostAtSubmit);
    says_lost(&x.try_to_vec::<f32>().unwrap_err());
    is_lost(gpu, x);
}

#[test]
fn a_device_lost_when_it_is_waited_for() {
    let gpu = Vulkan::new().unwrap();
    let x = &Tensor::ones([1000]).to(&gpu) + 1.0;
    gpu.plant(Planted::LostAtWait);
    says_lost(&x.try_to_vec::<f32>().unwrap_err());
    is_lost(gpu, x);
}

#[test]
fn a_device_lost_while_recording_says_so_at_the_next_operation() {
    let gpu = Vulkan::new().unwrap();
    let mut x = Tensor::ones([1000]).to(&gpu);
    gpu.plant(Planted::LostAtSubmit);
    let panic = catch_unwind(move || {
        for _ in 0..100 {
            x = &x + 1.0;
        }
    });
    let panic = panic.unwrap_err();
    let text = panic.downcast_ref::<String>().expect("a message");
    assert!(text.contains("lost"), "{text}");
    let y = Tensor::ones([3]);
    says_lost(&y.try_to(&gpu).unwrap_err());
    is_lost_at_once(&gpu);
}

/// A device that is lost before anything is read leaves the host free to go on.
fn is_lost_at_once(gpu: &Vulkan) {
    let before = gpu.stats();
    assert!(Tensor::zeros([8]).try_to(gpu).is_err());
    assert_eq!(gpu.stats().queue, before.queue);
    assert_eq!(gpu.stats().memory.live, before.memory.live);
}

#[test]
fn unused_memory_goes_back_to_the_driver_before_it_is_said_to_end() {
    let gpu = Vulkan::new().unwrap();
    let size = 24 << 20;
    let first = Tensor::zeros([size / 4]).to(&gpu);
    gpu.limit_memory(Some(gpu.stats().memory.reserved));
    drop(first);
    // Another size, which the free piece does not fit.
    let second = Tensor::ones([size / 5]).to(&gpu);
    assert_eq!(second.sum().item(), (size / 5) as f64);
    let error = Tensor::zeros([size / 4]).try_to(&gpu).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Memory);
}

#[test]
fn blocks_of_small_tensors_go_back_as_well_once_the_last_of_them_is_gone() {
    let gpu = Vulkan::new().unwrap();
    let mut small: Vec<Tensor> = (0..96).map(|_| Tensor::ones([1 << 18]).to(&gpu)).collect();
    let reserved = gpu.stats().memory.reserved;
    gpu.limit_memory(Some(reserved));
    let large = || Tensor::ones([20 << 18]).try_to(&gpu);
    // Of every block, the last one too, a tensor is still there.
    small = small.into_iter().rev().step_by(8).collect();
    assert_eq!(large().unwrap_err().kind(), ErrorKind::Memory);
    let kept = small.remove(0);
    drop(small);
    let large = large().unwrap();
    assert_eq!(large.sum().item(), f64::from(20 << 18));
    assert_eq!(kept.sum().item(), f64::from(1 << 18));
    assert!(gpu.stats().memory.reserved <= reserved);
}

#[test]
fn more_than_the_driver_gives_at_a_time_is_refused_with_both_numbers() {
    let gpu = Vulkan::new().unwrap();
    gpu.limit_piece(1 << 20);
    let fits = Tensor::ones([1 << 18]).to(&gpu);
    let error = Tensor::ones([(1 << 18) + 1]).try_to(&gpu).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Memory);
    let text = error.to_string();
    for part in ["1048580 bytes", "at most 1048576"] {
        assert!(text.contains(part), "{text}");
    }
    let panic = catch_unwind(|| fits.repeat([2])).unwrap_err();
    let text = panic.downcast_ref::<String>().expect("a message");
    assert!(text.contains("at most 1048576"), "{text}");
    assert_eq!(fits.sum().item(), (1 << 18) as f64);
}

#[test]
fn long_transfers_are_cut_and_staged_in_little_memory() {
    let gpu = Vulkan::new().unwrap();
    // More than a landing, and no multiple of a page.
    let count = (40 << 20) / 4 + 77;
    let values: Vec<f32> = (0..count).map(|i| (i % 8_388_593) as f32).collect();
    let x = Tensor::from_slice(&values, [count]);
    let there = x.to(&gpu);
    let once = gpu.stats().memory;
    assert!(there.to_vec::<f32>() == values, "values changed on the way");
    for _ in 0..5 {
        assert!(
            x.to(&gpu).to_vec::<f32>() == values,
            "values changed on the way"
        );
    }
    let after = gpu.stats().memory;
    assert!(
        after.staging <= 96 << 20,
        "{} bytes of staging",
        after.staging
    );
    assert!(
        once.staging <= 80 << 20,
        "{} bytes of staging",
        once.staging
    );
}

#[test]
fn what_shaders_can_not_count_is_refused_by_name() {
    let gpu = Vulkan::new().unwrap();
    let wide = Tensor::ones([1]).to(&gpu).expand([1 << 17, 1 << 17]);
    let axes = Axes {
        dims: [0, 1].as_slice().into(),
        keepdim: false,
    };
    let error = Tensor::try_apply(Prim::Reduce(Reduce::Sum, axes), &[&wide]).unwrap_err();
    assert!(
        error.to_string().contains("17179869184 elements"),
        "{error}"
    );
    // One set of taps per place within the stride, which are more parameters than a page has room for.
    let conv = Conv2d {
        stride: [230, 230],
        ..Conv2d::default()
    };
    let (grad, weight) = (
        Tensor::ones([1, 1, 2, 2]).to(&gpu),
        Tensor::ones([1, 1, 1, 1]).to(&gpu),
    );
    let prim = Prim::Conv2dInputGrad(conv, [240, 240]);
    let error = Tensor::try_apply(prim, &[&grad, &weight]).unwrap_err();
    assert!(error.to_string().contains("smaller stride"), "{error}");
    // The device goes on.
    assert_eq!((&grad + 1).to_vec::<f32>(), [2.0; 4]);
}

#[test]
fn a_fault_is_noted_again_right_after_the_last_was_read() {
    let gpu = Vulkan::new().unwrap();
    let x = Tensor::from_vec(vec![1i64, 2, 3], [3]).to(&gpu);
    let zero = Tensor::from_vec(vec![0i64, 1, 1], [3]).to(&gpu);
    for _ in 0..3 {
        let barriers = gpu.stats().queue.barriers;
        let divided = x.floor_divide(&zero);
        let again = x.floor_divide(&zero);
        // The second may note a fault where the first did.
        assert!(gpu.stats().queue.barriers > barriers);
        assert!(catch_unwind(AssertUnwindSafe(|| divided.to_vec::<i64>())).is_err());
        assert_eq!(again.to_vec::<i64>()[1..], [2, 3]);
    }
}

#[test]
fn a_norm_at_rest_passes_gradients_beside_infinities() {
    let gpu = Vulkan::new().unwrap();
    let mut norm = BatchNorm1d::new(1);
    norm.to(&gpu).unwrap();
    let x = Tensor::from_vec(vec![f32::INFINITY, 1.0, 2.0, 3.0], [4, 1])
        .to(&gpu)
        .requires_grad_();
    norm.forward(x.clone(), Mode::Eval).sum().backward();
    let grad = x.grad().unwrap().to_vec::<f32>();
    assert!(grad.iter().all(|g| (g - 1.0).abs() < 1e-4), "{grad:?}");
}
