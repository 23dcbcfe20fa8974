//! What is ambient, per thread: the gradient mode, the current generator, the default device, the dtype of
//! mixed precision and the names of the modules being run. Nothing else is global but the memory pool and the threads.

use std::cell::{Cell, RefCell};

use crate::DType;
use crate::cpu::Cpu;
use crate::device::DeviceRef;
use crate::random::{CounterGenerator, Generator, from_state};

struct Context {
    grad_enabled: Cell<bool>,
    autocast: Cell<Option<DType>>,
    generator: RefCell<Box<dyn Generator>>,
    device: RefCell<Option<DeviceRef>>,
    scope: RefCell<Vec<String>>,
}

thread_local! {
    static CONTEXT: Context = Context {
        grad_enabled: Cell::new(true),
        autocast: Cell::new(None),
        generator: RefCell::new(Box::new(CounterGenerator::new(0))),
        device: RefCell::new(None),
        scope: RefCell::new(Vec::new()),
    };
}

/// Undoes a change of the context when a scope ends, also by a panic.
struct Restore<F: FnMut()>(F);

impl<F: FnMut()> Drop for Restore<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// True if operations record gradient history (PyTorch's `torch.is_grad_enabled`).
///
/// ```
/// use hammerhead_tensor::{grad_enabled, no_grad};
/// assert!(grad_enabled() && !no_grad(grad_enabled));
/// ```
pub fn grad_enabled() -> bool {
    CONTEXT.with(|context| context.grad_enabled.get())
}

/// Runs `f` with the gradient mode set, and restores it after (PyTorch's `torch.set_grad_enabled`).
///
/// ```
/// use hammerhead_tensor::{grad_enabled, no_grad, with_grad};
/// assert!(no_grad(|| with_grad(true, grad_enabled)));
/// ```
pub fn with_grad<T>(enabled: bool, f: impl FnOnce() -> T) -> T {
    let before = CONTEXT.with(|context| context.grad_enabled.replace(enabled));
    let _restore = Restore(|| CONTEXT.with(|context| context.grad_enabled.set(before)));
    f()
}

/// Runs `f` without recording gradient history (PyTorch's `torch.no_grad()`).
///
/// ```
/// use hammerhead_tensor::{grad_enabled, no_grad};
/// assert!(!no_grad(grad_enabled));
/// ```
pub fn no_grad<T>(f: impl FnOnce() -> T) -> T {
    with_grad(false, f)
}

/// The 16-bit dtype that [`with_autocast`] chose, if any.
///
/// ```
/// use hammerhead_tensor::{DType, autocast, with_autocast};
/// assert_eq!(with_autocast(DType::BF16, autocast), Some(DType::BF16));
/// assert_eq!(autocast(), None);
/// ```
pub fn autocast() -> Option<DType> {
    CONTEXT.with(|context| context.autocast.get())
}

/// Runs `f` in mixed precision (PyTorch's `torch.autocast`): products and convolutions take their operands in
/// a 16-bit dtype; sums, means, exponentials, logarithms, powers, batch norm and cross-entropy take 16-bit
/// operands in `F32`; everything else takes what it is given, and two dtypes meet in the wider one. `None` switches it
/// off inside.
///
/// Parameters stay in `F32`, and so do their gradients: what is converted is each use. Doubles and integers
/// are left alone, and so are changes in place. Call `backward` outside, where gradients have the dtypes of
/// their values either way.
///
/// ```
/// use hammerhead_tensor::{DType, Tensor, with_autocast};
/// let (x, w) = (Tensor::ones([2, 3]), Tensor::ones([3, 4]));
/// let y = with_autocast(DType::F16, || x.matmul(&w));
/// assert_eq!((y.dtype(), w.dtype()), (DType::F16, DType::F32));
/// assert_eq!(with_autocast(DType::F16, || y.softmax(1)).dtype(), DType::F32);
/// ```
///
/// # Panics
/// If the dtype is neither `F16` nor `BF16`.
#[track_caller]
pub fn with_autocast<T>(dtype: impl Into<Option<DType>>, f: impl FnOnce() -> T) -> T {
    let dtype = dtype.into();
    assert!(
        matches!(dtype, None | Some(DType::F16 | DType::BF16)),
        "with_autocast: computes in float16 or bfloat16, not {}",
        dtype.map_or_else(String::new, |dtype| dtype.to_string())
    );
    let before = CONTEXT.with(|context| context.autocast.replace(dtype));
    let _restore = Restore(|| CONTEXT.with(|context| context.autocast.set(before)));
    f()
}

/// The device of tensors made without naming one; the CPU unless [`with_device`] says otherwise (PyTorch's
/// `torch.get_default_device`).
///
/// ```
/// use hammerhead_tensor::{Meta, default_device, with_device};
/// assert_eq!(default_device().name(), "cpu");
/// assert_eq!(with_device(&Meta::device(), || default_device().name().to_owned()), "meta");
/// ```
pub fn device() -> DeviceRef {
    CONTEXT
        .with(|context| context.device.borrow().clone())
        .unwrap_or_else(Cpu::device)
}

/// Runs `f` with another default device.
///
/// ```
/// use hammerhead_tensor::{Meta, Tensor, with_device};
/// let x = with_device(&Meta::device(), || Tensor::zeros([1_000_000, 1_000_000]));
/// assert_eq!(x.device().name(), "meta");
/// ```
pub fn with_device<T>(device: &DeviceRef, f: impl FnOnce() -> T) -> T {
    let before = CONTEXT.with(|context| context.device.replace(Some(device.clone())));
    let _restore =
        Restore(|| CONTEXT.with(|context| *context.device.borrow_mut() = before.clone()));
    f()
}

/// Starts this thread's generator anew from a seed (PyTorch's `torch.manual_seed`).
///
/// ```
/// use hammerhead_tensor::{Tensor, manual_seed};
/// manual_seed(42);
/// let x = Tensor::rand([3]).to_vec::<f32>();
/// manual_seed(42);
/// assert_eq!(Tensor::rand([3]).to_vec::<f32>(), x);
/// ```
pub fn manual_seed(seed: u64) {
    set_generator(Box::new(CounterGenerator::new(seed)));
}

/// Replaces this thread's generator.
///
/// ```
/// use hammerhead_tensor::{Tensor, random::TorchGenerator, set_generator};
/// set_generator(Box::new(TorchGenerator::new(42)));
/// assert_eq!(Tensor::randn([3]).to_string(), "tensor([0.3367, 0.1288, 0.2345])");
/// ```
pub fn set_generator(generator: Box<dyn Generator>) {
    CONTEXT.with(|context| *context.generator.borrow_mut() = generator);
}

/// Runs `f` with `generator` as the current one; it goes on after with what `f` drew taken out.
///
/// ```
/// use hammerhead_tensor::{Tensor, random::TorchGenerator, with_generator};
/// // torch.manual_seed(42); torch.randn(3)
/// let mut torch = TorchGenerator::new(42);
/// let x = with_generator(&mut torch, || Tensor::randn([3]));
/// assert_eq!(x.to_string(), "tensor([0.3367, 0.1288, 0.2345])");
/// ```
pub fn with_generator<T>(generator: &mut dyn Generator, f: impl FnOnce() -> T) -> T {
    let current = from_state(&generator.state()).expect("a generator's own state can be restored");
    let before = CONTEXT.with(|context| context.generator.replace(current));
    let mut before = Some(before);
    let _restore = Restore(|| {
        let before = before.take().expect("restored once");
        let after = CONTEXT.with(|context| context.generator.replace(before));
        generator
            .restore(&after.state())
            .expect("a generator's own state can be restored");
    });
    f()
}

/// Gives `f` this thread's current generator.
///
/// ```
/// use hammerhead_tensor::with_current_generator;
/// let order = with_current_generator(|generator| generator.permutation(3));
/// assert_eq!(order.len(), 3);
/// ```
///
/// # Panics
/// If `f` draws through the context while it holds the generator.
pub fn with_current_generator<T>(f: impl FnOnce(&mut dyn Generator) -> T) -> T {
    CONTEXT.with(|context| f(&mut **context.generator.borrow_mut()))
}

/// Runs `f` inside a module of this name; the dotted path of open names tells where an operation
/// happens.
///
/// ```
/// use hammerhead_tensor::{scope, with_scope};
/// let path = with_scope("layer1", || with_scope("conv", scope));
/// assert_eq!(path, "layer1.conv");
/// ```
pub fn with_scope<T>(name: &str, f: impl FnOnce() -> T) -> T {
    CONTEXT.with(|context| context.scope.borrow_mut().push(name.to_owned()));
    let _restore = Restore(|| {
        CONTEXT.with(|context| context.scope.borrow_mut().pop());
    });
    f()
}

/// The dotted path of the modules being run, such as `layer1.0.conv2`; empty outside of any.
///
/// ```
/// use hammerhead_tensor::{scope, with_scope};
/// assert_eq!(with_scope("fc", scope), "fc");
/// assert_eq!(scope(), "");
/// ```
pub fn scope() -> String {
    CONTEXT.with(|context| context.scope.borrow().join("."))
}
