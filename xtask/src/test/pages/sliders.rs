//! The sliders: dragged, moved by keys, fitted, and compared with what Rust computes.

use std::path::Path;

use hammerhead::nn::loss;
use hammerhead::prelude::*;
use hammerhead_lesson::sliders::{Lesson, lesson};

use crate::browser::{Browser, file_address, keys};
use crate::sliders;

type Check = Result<(), String>;

/// Everything that a person can do on the page.
pub fn check(browser: &Browser, folder: &Path) -> Check {
    let sheet = Sheet::write(browser, folder)?;
    sheet.every_slider_is_the_lessons()?;
    sheet.keys_move_the_quadratic()?;
    sheet.a_slider_can_be_dragged()?;
    sheet.every_parameter_is_bound()?;
    sheet.the_other_starts()?;
    sheet.the_network_descends()?;
    sheet.it_fits_a_phone()
}

/// The first model, moved by keys and by the mouse.
pub fn smoke(browser: &Browser, folder: &Path) -> Check {
    let sheet = Sheet::write(browser, folder)?;
    sheet.keys_move_the_quadratic()?;
    sheet.a_slider_can_be_dragged()
}

struct Sheet<'a> {
    browser: &'a Browser,
    address: String,
    lesson: Lesson,
}

impl<'a> Sheet<'a> {
    fn write(browser: &'a Browser, folder: &Path) -> Result<Self, String> {
        let page = folder.join("sliders.html");
        sliders::write(&page).map_err(|e| e.to_string())?;
        Ok(Self {
            browser,
            address: file_address(&page),
            lesson: lesson(),
        })
    }

    fn open(&self, model: &str) -> Check {
        // Another page in between, so that the address alone does not keep the state.
        self.browser.open("about:blank")?;
        self.browser.open(&format!("{}#{model}", self.address))
    }

    fn slider(&self, name: &str) -> Result<f64, String> {
        self.browser
            .number(&format!("document.getElementById('p-{name}').value"))
    }

    /// The page's losses against those of Rust, and the text against the numbers.
    fn compare(&self, place: &str, data: usize, predict: impl Fn(&Tensor) -> Tensor) -> Check {
        let x = Tensor::from_slice(&self.lesson.x, [20]);
        let y = Tensor::from_slice(&self.lesson.y[data], [20]);
        let prediction = predict(&x);
        let expected = [
            ("mae", loss::l1_loss(&prediction, &y)),
            ("mse", loss::mse_loss(&prediction, &y)),
        ];
        let shown = self
            .browser
            .text("document.getElementById('loss').textContent")?;
        for (name, value) in expected {
            let (value, found) = (
                value.item(),
                self.browser
                    .number(&format!("document.getElementById('loss').dataset.{name}"))?,
            );
            if (found - value).abs() > 1e-8 * value.abs().max(1.0) {
                return Err(format!(
                    "{place}: the page's {name} is {found}, Rust's {value}"
                ));
            }
            let text = format!("{}: {value:.2}", name.to_uppercase());
            if !shown.contains(&text) {
                return Err(format!("{place}: `{shown}` lacks `{text}`"));
            }
        }
        Ok(())
    }

    /// Start, step and range of every slider, as the page has them.
    fn every_slider_is_the_lessons(&self) -> Check {
        for model in &self.lesson.models {
            self.open(model.id)?;
            for wanted in &model.starts[0].parameters {
                let found = ["value", "min", "max", "step"].map(|property| {
                    self.browser.number(&format!(
                        "document.getElementById('p-{}').{property}",
                        wanted.name
                    ))
                });
                let [value, min, max, step] = found;
                let found = [value?, min?, max?, step?];
                if found != [wanted.start, wanted.min, wanted.max, wanted.step] {
                    return Err(format!(
                        "{} {}: {found:?} instead of {wanted:?}",
                        model.id, wanted.name
                    ));
                }
                let label = self.browser.number(&format!(
                    "document.getElementById('p-{}').labels.length",
                    wanted.name
                ))?;
                if label != 1.0 {
                    return Err(format!("{} {}: {label} labels", model.id, wanted.name));
                }
            }
        }
        Ok(())
    }

    /// The book's loss at the start, then nine presses of an arrow.
    fn keys_move_the_quadratic(&self) -> Check {
        self.open("quad")?;
        let start = self
            .browser
            .number("document.getElementById('loss').dataset.mae")?;
        if format!("{start:.4}") != "2.4219" {
            return Err(format!(
                "quad: the loss at the start is {start:.4}, the book's 2.4219"
            ));
        }
        let quadratic = |a: f64, b: f64, c: f64| move |x: &Tensor| a * x.pow(2) + b * x + c;
        self.compare("quad at its start", 0, quadratic(1.1, 1.1, 1.1))?;
        self.browser.press("#p-a", &keys::RIGHT.repeat(9))?;
        self.compare("quad, a moved by keys", 0, quadratic(2.0, 1.1, 1.1))?;
        // The next sliders are where the focus goes.
        self.browser.press_keys(keys::TAB)?;
        self.browser.press_keys(&keys::LEFT.repeat(3))?;
        self.compare("quad, b moved by keys", 0, quadratic(2.0, 0.8, 1.1))?;
        let title = self.browser.text("document.title")?;
        if !title.starts_with("MAE: ") {
            return Err(format!("the title is `{title}`, without the loss"));
        }
        self.browser.click("#reset")?;
        self.compare("quad after a reset", 0, quadratic(1.1, 1.1, 1.1))
    }

    /// Drags the thumb of `c` from where it is to the right end.
    fn a_slider_can_be_dragged(&self) -> Check {
        self.open("quad")?;
        let place = |property: &str| {
            let rect = format!("document.getElementById('p-c').getBoundingClientRect().{property}");
            self.browser.number(&rect)
        };
        let (left, top, width, height) = (
            place("left")?,
            place("top")?,
            place("width")?,
            place("height")?,
        );
        let middle = top + height / 2.0;
        // Half of the thumb, which does not leave the track.
        let thumb = 8.0;
        let share = (1.1 + 1.1) / 4.4;
        let from = left + thumb + share * (width - 2.0 * thumb);
        self.browser.drag(&[
            (from, middle),
            (from + 30.0, middle),
            (left + width - 1.0, middle),
        ])?;
        let c = self.slider("c")?;
        if c != 3.3 {
            return Err(format!(
                "quad: c is {c} after a drag to the right end, which is 3.3"
            ));
        }
        self.compare("quad, c dragged", 0, move |x| 1.1 * x.pow(2) + 1.1 * x + c)
    }

    /// One key on each slider of the ReLUs changes the picture's curve and the loss as Rust says.
    fn every_parameter_is_bound(&self) -> Check {
        for (model, names) in [
            ("relu", &["m", "b"][..]),
            ("double_relu", &["m1", "b1", "m2", "b2"]),
            ("triple_relu", &["m1", "b1", "m2", "b2", "m3", "b3"]),
        ] {
            self.open(model)?;
            for name in names {
                let curve = "document.querySelector('.curve').getAttribute('points')";
                let before = self.browser.text(curve)?;
                let key = if *name == "m3" {
                    keys::LEFT
                } else {
                    keys::RIGHT
                };
                self.browser.press(&format!("#p-{name}"), &key.repeat(4))?;
                if self.browser.text(curve)? == before {
                    return Err(format!("{model}: {name} does not move the curve"));
                }
                let values: Result<Vec<f64>, String> =
                    names.iter().map(|name| self.slider(name)).collect();
                let values = values?;
                self.compare(&format!("{model} after {name}"), 0, |x| {
                    let hinges = values
                        .as_chunks::<2>()
                        .0
                        .iter()
                        .map(|[m, b]| (*m * x + *b).relu());
                    hinges
                        .reduce(|sum, hinge| sum + hinge)
                        .expect("there is at least one")
                })?;
            }
        }
        Ok(())
    }

    fn the_other_starts(&self) -> Check {
        self.open("quad")?;
        for (i, data, [a, b, c], max) in
            [(1, 1, [1.5, 1.5, 1.5], 4.5), (2, 0, [1.5, 1.5, 1.0], 3.0)]
        {
            self.browser.run(&format!(
                "document.querySelectorAll('#starts input')[{i}].click()"
            ))?;
            let end = self.browser.number("document.getElementById('p-a').max")?;
            if end != max {
                return Err(format!("quad, start {i}: a reaches {end} instead of {max}"));
            }
            self.compare(&format!("quad, start {i}"), data, |x| {
                a * x.pow(2) + b * x + c
            })?;
        }
        Ok(())
    }

    /// Steps of the page's own gradient descent against those of autograd, then a run until the fit is good.
    fn the_network_descends(&self) -> Check {
        self.open("network")?;
        for (units, rate, steps) in [(6, 0.01, 40), (50, 0.01, 15)] {
            if units == 50 {
                self.browser.press("#p-n", &keys::RIGHT.repeat(44))?;
            }
            let mut network = Network::new(&self.lesson, units);
            self.compare(&format!("{units} ReLUs at their start"), 0, |x| {
                network.predict(x)
            })?;
            for _ in 0..steps {
                self.browser.click("#step")?;
                network.step(&self.lesson, rate);
            }
            self.compare(&format!("{units} ReLUs after {steps} steps"), 0, |x| {
                network.predict(x)
            })?;
        }
        self.a_run_is_many_steps()
    }

    /// Lets the page run for a while and makes as many steps here.
    fn a_run_is_many_steps(&self) -> Check {
        self.open("network")?;
        let steps = "document.getElementById('loss').textContent.match(/step (\\d+)/)[1]";
        let start = self
            .browser
            .number("document.getElementById('loss').dataset.mse")?;
        self.browser.click("#run")?;
        self.browser.wait_for(&format!("{steps} >= 100"))?;
        self.browser.click("#run")?;
        let made = self.browser.number(steps)? as usize;
        let mut network = Network::new(&self.lesson, 6);
        (0..made).for_each(|_| network.step(&self.lesson, 0.01));
        self.compare(&format!("a run of {made} steps"), 0, |x| network.predict(x))?;
        let end = self
            .browser
            .number("document.getElementById('loss').dataset.mse")?;
        if end > start / 4.0 {
            return Err(format!(
                "a run of {made} steps brings the loss from {start} to {end} only"
            ));
        }
        Ok(())
    }

    /// Nothing is wider than a phone.
    fn it_fits_a_phone(&self) -> Check {
        self.browser.screen((390, 844), true)?;
        for model in &self.lesson.models {
            self.open(model.id)?;
            let wide = self
                .browser
                .number("document.documentElement.scrollWidth")?;
            if wide > 390.0 {
                return Err(format!(
                    "{}: {wide} pixels wide on a phone of 390",
                    model.id
                ));
            }
        }
        self.browser.screen((1280, 900), false)
    }
}

/// The page's network in tensors, with autograd's gradients.
struct Network {
    weight: Tensor,
    slope: Tensor,
    offset: Tensor,
    constant: Tensor,
}

impl Network {
    fn new(lesson: &Lesson, units: usize) -> Self {
        let column = |i: usize| {
            let values: Vec<f64> = lesson.units[..units].iter().map(|unit| unit[i]).collect();
            Tensor::from_vec(values, [units]).requires_grad_()
        };
        Self {
            weight: column(0),
            slope: column(1),
            offset: column(2),
            constant: Tensor::from_vec(vec![0.0f64], [1]).requires_grad_(),
        }
    }

    fn predict(&self, x: &Tensor) -> Tensor {
        let inside = x.unsqueeze(1) * &self.slope + &self.offset;
        (inside.relu() * &self.weight).sum_dim(1) + &self.constant
    }

    fn step(&mut self, lesson: &Lesson, rate: f64) {
        let x = Tensor::from_slice(&lesson.x, [20]);
        let y = Tensor::from_slice(&lesson.y[0], [20]);
        loss::mse_loss(&self.predict(&x), &y).backward();
        for parameter in [&self.weight, &self.slope, &self.offset, &self.constant] {
            let gradient = parameter
                .grad()
                .expect("the loss depends on every parameter");
            no_grad(|| parameter.sub_(&(gradient * rate)));
            parameter.zero_grad();
        }
    }
}
