//! What a person sees while training.

use std::io::{IsTerminal, Write, stdout};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar as Bar, ProgressDrawTarget, ProgressStyle};

use crate::{Callback, Flow, Learner, Result, table};

/// A bar per epoch in a terminal, and everywhere fastai's table: `epoch | train_loss | valid_loss |
/// metrics | time`, one line an epoch.
///
/// ```
/// # use hammerhead_datasets::{DataLoader, TensorDataset};
/// # use hammerhead_nn::{Linear, ModuleExt, loss};
/// # use hammerhead_optim::{Optimizer, Sgd};
/// # use hammerhead_tensor::{Tensor, manual_seed};
/// use hammerhead_learner::{DataLoaders, Learner, ProgressBar};
/// # manual_seed(1);
/// # let x = Tensor::randn([64, 2]);
/// # let y = &x * 3.0 - 1.0;
/// # let data = || DataLoader::new(TensorDataset::new(x.clone(), y.clone())).batch_size(16);
/// # let data = DataLoaders::new(data(), data());
/// # let model = Linear::new(2, 2);
/// # let optimizer = Optimizer::new(model.named_parameters(), Sgd::new(0.1));
/// let mut learner = Learner::new(data, model, optimizer, |p, t| loss::mse_loss(p, t)).callback(ProgressBar::new());
/// learner.fit(2, 0.1)?;
/// # Ok::<(), hammerhead_learner::Error>(())
/// ```
#[derive(Default)]
pub struct ProgressBar {
    /// Where the table goes, if not to the standard output.
    out: Option<Box<dyn Write>>,
    bar: Option<Bar>,
    header: bool,
    shown: Option<Instant>,
}

/// How old the loss beside the bar may be: to show it waits for the device.
const REFRESH: Duration = Duration::from_millis(250);

impl ProgressBar {
    /// Writes to the standard output; the bar, if that is a terminal, to the standard error.
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes the table elsewhere, such as to a file, and draws no bar.
    ///
    /// ```
    /// let progress = hammerhead_learner::ProgressBar::to(std::io::stderr());
    /// ```
    pub fn to(out: impl Write + 'static) -> Self {
        Self {
            out: Some(Box::new(out)),
            ..Self::default()
        }
    }

    /// Writes a line; a reader that went away is no reason to stop training.
    fn print(&mut self, text: &str) {
        let write = |out: &mut dyn Write| writeln!(out, "{text}").and_then(|()| out.flush());
        let _ = match &mut self.out {
            Some(out) => write(out),
            None => write(&mut stdout().lock()),
        };
    }
}

impl Callback for ProgressBar {
    fn order(&self) -> i32 {
        50
    }

    fn name(&self) -> &'static str {
        "progress"
    }

    fn before_epoch(&mut self, learner: &mut Learner) -> Result<()> {
        if !self.header {
            self.print(&table::line(&table::headings(&learner.recorder.names)));
            self.header = true;
        }
        if self.out.is_none() && stdout().is_terminal() {
            let bar = Bar::with_draw_target(
                Some(learner.data.train.len() as u64),
                ProgressDrawTarget::stderr(),
            );
            let template = "epoch {prefix} {bar:40} {pos}/{len} {elapsed_precise} loss {msg}";
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style);
            }
            bar.set_prefix(format!("{}/{}", learner.epoch() + 1, learner.epochs()));
            bar.set_position(learner.batch() as u64);
            self.bar = Some(bar);
        }
        Ok(())
    }

    fn after_batch(&mut self, learner: &mut Learner) -> Result<Flow> {
        if let Some(bar) = &self.bar {
            bar.set_position(learner.batch() as u64);
            if self.shown.is_none_or(|shown| shown.elapsed() > REFRESH) {
                bar.set_message(format!("{:.4}", learner.train_loss()));
                self.shown = Some(Instant::now());
            }
        }
        Ok(Flow::Continue)
    }

    fn after_epoch(&mut self, learner: &mut Learner) -> Result<Flow> {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        if let Some(row) = learner.recorder.epochs.last() {
            self.print(&table::line(&table::cells(row)));
        }
        Ok(Flow::Continue)
    }
}
