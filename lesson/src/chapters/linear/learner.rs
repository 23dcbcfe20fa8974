//! The Learner, its table, and the two ways to average an accuracy.

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;
use std::time::Duration;

use hammerhead::learner::metrics::{batch_mean, item_mean};
use hammerhead::prelude::*;
use hammerhead::tensor::random::TorchGenerator;

use crate::chapters::loss::{Digits, batch_accuracy, loader, mnist_loss};
use crate::chapters::prelude::*;
use crate::stage::ProgressBar;

// ANCHOR: learner
pub fn learner(digits: &Digits, model: impl Module, lr: f64) -> Learner {
    let dls = DataLoaders::new(
        loader(&digits.train_x, &digits.train_y),
        loader(&digits.valid_x, &digits.valid_y),
    );
    let opt = Optimizer::new(model.named_parameters(), Sgd::new(lr));
    Learner::new(dls, model, opt, mnist_loss)
        .metric(item_mean("batch_accuracy", batch_accuracy))
        .callback(ProgressBar::new())
}
// ANCHOR_END: learner

/// A number as fastai's tables round it.
fn six(value: f64) -> String {
    ((value * 1e6).round() / 1e6).to_string()
}

/// The learner's table with the times, which the listings leave out.
#[derive(Clone, Default)]
struct Table(Rc<RefCell<Vec<u8>>>);

impl Write for Table {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Table {
    /// Whether it has this many lines under its header, each with minutes and seconds at its end.
    fn is_timed(&self, epochs: usize) -> bool {
        let text = String::from_utf8_lossy(&self.0.borrow()).into_owned();
        let lines: Vec<&str> = text.lines().skip(1).collect();
        let timed = |line: &str| {
            let time = line.rsplit_once(" | ").map_or("", |(_, time)| time);
            let fits = |(at, letter): (usize, char)| match at {
                2 => letter == ':',
                _ => letter.is_ascii_digit(),
            };
            time.len() == 5 && time.chars().enumerate().all(fits)
        };
        lines.len() == epochs && lines.into_iter().all(timed)
    }
}

pub fn run(course: &mut Course<'_>, digits: &Digits) -> Result<(), Box<dyn Error>> {
    let learn = course.listing("fit", || {
        // ANCHOR: fit
        let mut torch = TorchGenerator::new(42);
        let model = with_generator(&mut torch, || Linear::new(28 * 28, 1));
        let mut learn = learner(digits, model, 1.0);
        learn.fit(10, 1.0)?;
        // ANCHOR_END: fit
        Ok::<_, Box<dyn Error>>(learn)
    })?;
    let header = "epoch | train_loss | valid_loss | batch_accuracy";
    course.row("L24", equal(course.line(0), header));
    course.row("L24", equal(course.text().lines().count(), 11));
    let rows = &learn.recorder.epochs;
    course.row("L24", equal(six(rows[0].metrics[0]), 0.495584));
    course.row(
        "L24",
        within(six(rows[9].metrics[0]).parse()?, 0.967615, 0.003),
    );
    course.row(
        "L24",
        within(
            six(rows[9].valid_loss.unwrap_or(f64::NAN)).parse()?,
            0.038573,
            0.003,
        )
        .provided(within(rows[9].train_loss, 0.017402, 0.003)),
    );
    let timed = rows
        .iter()
        .all(|row| Duration::from_secs_f64(row.seconds) > Duration::ZERO);
    let timed = timed && rows.len() == 10;

    let table = Table::default();
    let mut learn = learn.callback(hammerhead::learner::ProgressBar::to(table.clone()));
    course.listing("fit_more", || {
        // ANCHOR: fit_more
        learn.fit(10, 1.0)?;
        // ANCHOR_END: fit_more
        Ok::<_, Box<dyn Error>>(())
    })?;
    course.row(
        "L25",
        holds(
            "a line an epoch, with its time",
            timed && table.is_timed(10),
        ),
    );
    let accuracies: Vec<String> = learn
        .recorder
        .epochs
        .iter()
        .map(|row| six(row.metrics[0]))
        .collect();
    let expected = "0.495584 0.663886 0.854269 0.916094 0.936212 0.949951 0.95633 0.963199 0.966143 \
                    0.967125 0.970069 0.972031 0.973503 0.974975 0.975957 0.976938 0.977429 0.97792 \
                    0.97792 0.97841";
    course.row("L23", equal(accuracies.join(" "), expected));
    averages(course, digits)
}

fn averages(course: &mut Course<'_>, digits: &Digits) -> Result<(), Box<dyn Error>> {
    course.listing("averages", || {
        // ANCHOR: averages
        let mut by_items = item_mean("accuracy", batch_accuracy);
        let mut by_batches = batch_mean("accuracy", batch_accuracy);
        for batch in loader(&digits.valid_x, &digits.valid_y).epoch(0) {
            let (x, y) = batch?;
            let all_threes = Tensor::ones([x.size(0), 1]);
            metrics::Metric::update(&mut by_items, &all_threes, &y);
            metrics::Metric::update(&mut by_batches, &all_threes, &y);
        }
        println!("by items   {:.6}", metrics::Metric::value(&by_items));
        println!("by batches {:.4}", metrics::Metric::value(&by_batches));
        // ANCHOR_END: averages
        Ok::<_, Box<dyn Error>>(())
    })?;
    course.row("L22", equal(course.line(0), "by items   0.495584"));
    course.row("L22", equal(course.line(1), "by batches 0.4932"));
    Ok(())
}
