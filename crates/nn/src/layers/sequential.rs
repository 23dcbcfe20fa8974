//! Modules in a row.

use hammerhead_tensor::{Tensor, with_scope};

use crate::module::is_listened;
use crate::{Entry, EntryMut, Mode, Module, Tree, call_named};

/// Runs modules one after the other (PyTorch's `nn.Sequential`); their names are their positions.
///
/// A ReLU after a linear layer, a convolution or a batch norm runs in the same pass, unless somebody
/// [listens](crate::listen) to what is between.
///
/// Shape: what the first module takes to what the last one gives.
///
/// ```
/// use hammerhead_nn::{Linear, Mode, Module, ReLU, Sequential};
/// use hammerhead_tensor::Tensor;
/// let net = Sequential::new().push(Linear::new(784, 30)).push(ReLU::new()).push(Linear::new(30, 1));
/// assert_eq!(net.forward(Tensor::zeros([2, 784]), Mode::Eval).shape(), [2, 1]);
/// ```
#[derive(Default)]
pub struct Sequential {
    items: Vec<(String, Box<dyn Module>)>,
}

impl Sequential {
    /// An empty row.
    pub fn new() -> Self {
        Self::default()
    }

    /// The row with one more module at the end.
    pub fn push(mut self, module: impl Module) -> Self {
        self.items
            .push((self.items.len().to_string(), Box::new(module)));
        self
    }

    /// How many modules there are.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The modules in order.
    pub fn iter(&self) -> impl Iterator<Item = &dyn Module> {
        self.items.iter().map(|(_, module)| module.as_module())
    }
}

impl Tree for Sequential {
    fn kind(&self) -> &'static str {
        "Sequential"
    }

    fn entries<'a>(&'a self, visit: &mut dyn FnMut(&str, Entry<'a>)) {
        for (name, module) in &self.items {
            visit(name, Entry::Module(module.as_module()));
        }
    }

    fn entries_mut<'a>(&'a mut self, visit: &mut dyn FnMut(&str, EntryMut<'a>)) {
        for (name, module) in &mut self.items {
            visit(name, EntryMut::Module(module.as_module_mut()));
        }
    }

    fn as_module(&self) -> &dyn Module {
        self
    }

    fn as_module_mut(&mut self) -> &mut dyn Module {
        self
    }
}

crate::display!(Sequential);

impl Module for Sequential {
    #[track_caller]
    fn forward(&self, mut x: Tensor, mode: Mode) -> Tensor {
        let mut items = self.items.iter().peekable();
        while let Some((name, module)) = items.next() {
            let next = items.peek().and_then(|(_, next)| next.as_activation());
            if let Some(activation) = next.filter(|_| !is_listened()) {
                match with_scope(name, || module.forward_with(x, activation, mode)) {
                    Ok(y) => {
                        items.next();
                        x = y;
                        continue;
                    }
                    Err(back) => x = back,
                }
            }
            x = call_named(name, module, |module| module.forward(x, mode));
        }
        x
    }
}
