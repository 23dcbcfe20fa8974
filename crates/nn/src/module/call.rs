//! The one place that every call of a child passes.

use std::cell::RefCell;
use std::rc::Rc;

use hammerhead_tensor::{Tensor, scope, with_scope};

use super::{Module, ModuleField};

/// A finished call, as listeners see it.
pub struct Call<'a> {
    /// The dotted name, such as `layer1.0.conv2`.
    pub path: &'a str,
    /// The module called.
    pub module: &'a dyn Module,
    /// What it gave.
    pub output: &'a Tensor,
}

type Listener = Rc<RefCell<dyn FnMut(&Call<'_>)>>;

thread_local! {
    static LISTENERS: RefCell<Vec<Listener>> = const { RefCell::new(Vec::new()) };
}

/// Ends a listener when dropped.
pub struct Listening(Listener);

impl Drop for Listening {
    fn drop(&mut self) {
        LISTENERS.with(|listeners| {
            listeners
                .borrow_mut()
                .retain(|other| !Rc::ptr_eq(other, &self.0))
        });
    }
}

/// Has a closure see every call of a child module on this thread, after it has run, until the guard is
/// dropped: forward hooks, summaries, profilers and checks for NaN are listeners.
///
/// ```
/// use hammerhead_nn::{Linear, Mode, Module, Sequential, listen};
/// use hammerhead_tensor::Tensor;
/// use std::{cell::RefCell, rc::Rc};
///
/// let net = Sequential::new().push(Linear::new(3, 2)).push(Linear::new(2, 1));
/// let seen = Rc::new(RefCell::new(Vec::new()));
/// let log = seen.clone();
/// let listening = listen(move |call| log.borrow_mut().push(format!("{} {:?}", call.path, call.output.shape())));
/// net.forward(Tensor::zeros([4, 3]), Mode::Eval);
/// drop(listening);
/// assert_eq!(*seen.borrow(), ["0 [4, 2]", "1 [4, 1]"]);
/// ```
#[must_use = "the listener ends when the guard is dropped"]
pub fn listen(listener: impl FnMut(&Call<'_>) + 'static) -> Listening {
    let listener: Listener = Rc::new(RefCell::new(listener));
    LISTENERS.with(|listeners| listeners.borrow_mut().push(listener.clone()));
    Listening(listener)
}

/// Whether anybody listens to calls on this thread.
pub(crate) fn is_listened() -> bool {
    LISTENERS.with(|listeners| !listeners.borrow().is_empty())
}

/// Runs a child under its name; what [`call!`](crate::call!) expands to.
///
/// ```
/// use hammerhead_nn::{Identity, Mode, Module, call_named};
/// use hammerhead_tensor::{scope, tensor};
/// call_named("inner", &Identity, |inner| {
///     assert_eq!(scope(), "inner");
///     inner.forward(tensor([1.0]), Mode::Eval)
/// });
/// ```
///
/// # Panics
/// As the call itself does.
#[track_caller]
pub fn call_named<M: ModuleField>(name: &str, child: &M, run: impl FnOnce(&M) -> Tensor) -> Tensor {
    with_scope(name, || {
        let output = run(child);
        let listeners = LISTENERS.with(|listeners| listeners.borrow().clone());
        if let (false, Some(module)) = (listeners.is_empty(), child.module()) {
            let path = scope();
            for listener in listeners {
                (listener.borrow_mut())(&Call {
                    path: &path,
                    module,
                    output: &output,
                });
            }
        }
        output
    })
}
