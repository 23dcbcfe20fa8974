//! Looking for the layer that first produced a NaN or an infinity.

use std::cell::RefCell;
use std::rc::Rc;

use hammerhead_nn::{Mode, listen};
use hammerhead_tensor::{Tensor, no_grad};

use crate::Learner;

impl Learner {
    /// Runs a batch once more and gives the dotted name of the first call whose output is not finite. Calls
    /// end inside out, so that of a layer and the module around it the layer is named.
    pub(crate) fn first_layer_not_finite(&self, x: Tensor) -> Option<String> {
        let found = Rc::new(RefCell::new(None));
        let first = found.clone();
        let listening = listen(move |call| {
            let mut first = first.borrow_mut();
            if first.is_none() && !call.output.detach().is_finite().all().to_scalar::<bool>() {
                *first = Some(call.path.to_owned());
            }
        });
        no_grad(|| self.forward(x, Mode::Train));
        drop(listening);
        found.take()
    }
}
