//! What goes wrong with a device while it works: it is lost, or its memory ends.

use std::panic::catch_unwind;

use hammerhead_gpu::{Planted, Vulkan};
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
    let stats = gpu.stats();
    drop(gpu);
    drop(x);
    assert!(stats.memory.live > 0);
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
