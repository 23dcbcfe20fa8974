//! Choosing devices, memory, faults, threads.

use std::borrow::Cow;
use std::env::current_exe;
use std::ffi::OsStr;
use std::fs;
use std::panic::catch_unwind;
use std::path::Path;
use std::process::{Command, Output};
use std::thread;

use hammerhead_gpu::{Vulkan, devices};
use hammerhead_tensor::prim::{PoolKind, Prim, Reduce, Windows};
use hammerhead_tensor::{DType, ErrorKind, Scalar, Tensor, tensor};

fn text(panic: Box<dyn std::any::Any + Send>) -> String {
    *panic.downcast::<String>().expect("a message")
}

#[test]
fn devices_are_chosen_by_number_and_name() {
    let all = devices().unwrap();
    let first = &all[0];
    assert_eq!(Vulkan::named("0").unwrap().info(), first);
    let part = first.name[..4].to_uppercase();
    assert_eq!(Vulkan::named(&part).unwrap().info(), first);
    for wish in ["77", "no such device"] {
        let error = Vulkan::named(wish).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Device);
        assert!(error.to_string().contains(wish) && error.to_string().contains(&first.name));
    }
}

#[test]
fn two_devices_work_side_by_side_and_do_not_mix() {
    let (one, two) = (Vulkan::new().unwrap(), Vulkan::new().unwrap());
    let (a, b) = (Tensor::ones([3]).to(&one), Tensor::ones([3]).to(&two));
    assert_eq!((&a + 1).to(&two).to_vec::<f32>(), (&b + 1).to_vec::<f32>());
    assert!(catch_unwind(|| &a + &b).is_err());
}

/// Runs one of these tests in a process of its own.
fn alone(test: &str, variable: &str, value: Option<&OsStr>) -> Output {
    let mut command = Command::new(current_exe().unwrap());
    command.args(["--exact", test, "--nocapture"]);
    match value {
        Some(value) => command.env(variable, value),
        None => command.env_remove(variable),
    };
    let output = command.output().unwrap();
    // Where a validation layer may have written.
    print!("{}", String::from_utf8_lossy(&output.stdout));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    output
}

#[test]
fn pipelines_are_kept_in_a_file_that_may_be_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let run = |value: &OsStr| {
        let test = "a_tensor_outlives_the_handle_of_its_device";
        alone(test, "HAMMERHEAD_CACHE", Some(value));
    };
    run(folder.path().as_os_str());
    let files: Vec<_> = fs::read_dir(&folder).unwrap().collect();
    assert_eq!(files.len(), 1);
    let path = files[0].as_ref().unwrap().path();
    let whole = fs::read(&path).unwrap();
    for damaged in [&whole[..whole.len() - 7], b"no cache", b""] {
        fs::write(&path, damaged).unwrap();
        run(folder.path().as_os_str());
        assert_ne!(fs::read(&path).unwrap(), damaged, "it was replaced");
    }
    // Neither a folder that can't be made nor the switch is an error.
    run(path.join("below a file").as_os_str());
    fs::remove_file(&path).unwrap();
    run(OsStr::new("off"));
    assert!(!path.exists() && !Path::new("off").exists());
}

#[test]
fn a_driver_in_software_that_nobody_asked_for_is_named_once() {
    let test = "two_devices_work_side_by_side_and_do_not_mix";
    let output = alone(test, "HAMMERHEAD_DEVICE", None);
    let stderr = String::from_utf8_lossy(&output.stderr);
    let software = devices()
        .unwrap()
        .iter()
        .all(|device| device.kind == "software");
    let said = stderr.matches("using the software driver").count();
    assert_eq!(said, usize::from(software), "{stderr}");
}

#[test]
fn a_tensor_outlives_the_handle_of_its_device() {
    let x = {
        let gpu = Vulkan::new().unwrap();
        Tensor::ones([1000]).to(&gpu)
    };
    assert_eq!(x.sum().item(), 1000.0);
}

#[test]
fn memory_stays_flat_over_ten_thousand_operations_without_a_read() {
    let gpu = Vulkan::new().unwrap();
    let mut x = Tensor::ones([512]).to(&gpu);
    for _ in 0..100 {
        x = (&x * 0.5 + 0.5).exp().log();
    }
    let warm = gpu.stats().memory;
    for _ in 0..2_500 {
        x = (&x * 0.5 + 0.5).exp().log();
    }
    let after = gpu.stats().memory;
    assert_eq!(
        (after.reserved, after.driver_allocations),
        (warm.reserved, warm.driver_allocations)
    );
    assert_eq!(gpu.stats().queue.reads, 0);
    assert!((x.mean().item() - 1.0).abs() < 1e-3);
}

#[test]
fn running_out_of_memory_is_an_error_and_the_device_goes_on() {
    let gpu = Vulkan::new().unwrap();
    let held = Tensor::ones([1 << 20]).to(&gpu);
    gpu.limit_memory(Some(gpu.stats().memory.reserved));
    let huge = Tensor::zeros([64 << 20]);
    let error = huge.try_to(&gpu).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Memory);
    let message = error.to_string();
    for part in ["asked for", "free", "largest"] {
        assert!(message.contains(part), "{message}");
    }
    gpu.limit_memory(None);
    assert_eq!(held.sum().item(), (1 << 20) as f64);
}

#[test]
fn faults_in_values_show_where_they_are_read() {
    let gpu = Vulkan::new().unwrap();
    let x = Tensor::from_vec(vec![1i64, 2, 3], [3]).to(&gpu);
    let zero = Tensor::from_vec(vec![1i64, 0, 1], [3]).to(&gpu);
    let divided = x.floor_divide(&zero);
    let panic = catch_unwind(|| divided.to_vec::<i64>()).unwrap_err();
    assert!(text(panic).contains("division by zero"));
    // The device goes on.
    assert_eq!((&x + 1).to_vec::<i64>(), [2, 3, 4]);
    let index = Tensor::from_vec(vec![0i64, 7], [2]).to(&gpu);
    let picked = x.gather(0, &index);
    assert!(text(catch_unwind(|| picked.to_vec::<i64>()).unwrap_err()).contains("out of range"));
    assert_eq!(x.to_vec::<i64>(), [1, 2, 3]);
}

#[test]
fn two_threads_share_a_device() {
    let gpu = Vulkan::new().unwrap();
    let work = |start: f32| {
        let mut x = Tensor::from_vec(vec![start; 1000], [1000]).to(&gpu);
        for _ in 0..200 {
            x = &x + 1.0;
        }
        x.to_vec::<f32>()
    };
    let [one, two] = thread::scope(|scope| {
        let handles = [scope.spawn(|| work(0.0)), scope.spawn(|| work(1000.0))];
        handles.map(|handle| handle.join().unwrap())
    });
    assert!(one.iter().all(|&x| x == 200.0) && two.iter().all(|&x| x == 1200.0));
}

#[test]
fn more_elements_than_a_row_of_workgroups() {
    let gpu = Vulkan::new().unwrap();
    let count = 65_536 * 1024 + 3;
    let x = Tensor::try_apply(
        Prim::Fill([count].as_slice().into(), DType::U8, Scalar::Int(1)),
        &[],
    );
    let x = x.unwrap()[0].to(&gpu);
    let sum = x.ne(0).to_dtype(DType::I64).sum();
    assert_eq!(sum.to_scalar::<i64>(), count as i64);
}

#[test]
fn windows_that_adapt_to_an_axis_too_long_for_32_bits_of_product() {
    let gpu = Vulkan::new().unwrap();
    // Products of positions and sizes reach 2^32.3.
    for (size, out) in [(90_001, 60_013), (60_013, 90_001)] {
        let x = Tensor::arange(size as i64)
            .to_dtype(DType::F32)
            .reshape([1, 1, 1, size as isize]);
        let windows = Windows::Adaptive { out: [1, out] };
        let means = |x: &Tensor| x.avg_pool2d(windows, true).to_vec::<f32>();
        assert!(means(&x.to(&gpu)) == means(&x), "{size} into {out}");
        let gradient = |x: &Tensor| {
            let kind = PoolKind::Mean {
                count_padding: true,
            };
            let prim = Prim::PoolGrad {
                kind,
                windows,
                size: [1, size],
            };
            let gradient = Tensor::arange(out as i64)
                .to_dtype(DType::F32)
                .reshape([1, 1, 1, out as isize])
                .to(x.device());
            Tensor::try_apply(prim, &[&gradient]).unwrap()[0].to_vec::<f32>()
        };
        let (there, here) = (gradient(&x.to(&gpu)), gradient(&x));
        let close = |(a, b): (&f32, &f32)| (a - b).abs() <= 1e-6 * b.abs();
        assert!(
            there.iter().zip(&here).all(close),
            "the gradient of {size} into {out}"
        );
    }
}

#[test]
fn a_gradient_given_away_may_be_where_its_own_share_is_written() {
    let device = Vulkan::new().unwrap();
    let chosen = tensor([true, false, true]).to(&device);
    let grad = tensor([1.0, 2.0, 3.0]).to(&device);
    let operands = [Cow::Borrowed(&chosen), Cow::Owned(grad)];
    let sides = Tensor::try_apply_owned(Prim::SelectGrad, operands).unwrap();
    assert_eq!(sides[0].to_vec::<f32>(), [1.0, 0.0, 3.0]);
    assert_eq!(sides[1].to_vec::<f32>(), [0.0, 2.0, 0.0]);
}

#[test]
fn folds_of_any_length_are_the_same_every_time() {
    let gpu = Vulkan::new().unwrap();
    for shape in [[3, 70_001], [70_001, 3], [1, 200_000], [513, 257]] {
        let x = Tensor::rand(shape).to(&gpu);
        for axis in [0, 1] {
            let axes = || hammerhead_tensor::prim::Axes {
                dims: [axis].as_slice().into(),
                keepdim: false,
            };
            let run = || {
                Tensor::try_apply(Prim::Reduce(Reduce::Sum, axes()), &[&x]).unwrap()[0]
                    .to_vec::<f32>()
            };
            let (one, two) = (run(), run());
            assert_eq!(one, two);
            let right = x
                .to(&hammerhead_tensor::Cpu::device())
                .sum_dim(axis as isize);
            let close = |(a, b): (&f32, f32)| (a - b).abs() <= 1e-5 * b.abs();
            assert!(
                one.iter().zip(right.to_vec::<f32>()).all(close),
                "{shape:?} {axis}"
            );
        }
    }
}
