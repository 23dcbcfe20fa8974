//! The page to draw on: drawn on with the mouse, a finger and keys, its answers compared with what Rust computes.

use std::path::Path;

use hammerhead::datasets::mnist_digit;

use crate::browser::{Browser, keys};
use crate::demo::drawing::Drawing;
use crate::demo::{self, Running, drawn};
use crate::mnist::network::Network;

type Check = Result<(), String>;

/// Of one drawing of each digit, how many a network must get right that has learnt for a moment.
const RIGHT: usize = 8;

/// Everything that a person can do on the page.
pub fn check(browser: &Browser, shots: &Path) -> Check {
    let demo = demo::start(&demo::Args {
        model: None,
        port: 0,
        network: Some(Network::Cnn),
        epochs: Some(1),
        limit: Some(6000),
        device: None,
        drawn: false,
    });
    let demo = demo.map_err(|e| e.to_string())?;
    browser.screen((1280, 900), false)?;
    browser.open(&format!("http://{}/", demo.address))?;
    let page = Page { browser, demo };
    page.it_trains()?;
    page.keys_draw()?;
    page.the_mouse_draws_every_digit()?;
    page.what_was_drawn_is_explained()?;
    super::pictures(browser, shots, "demo")?;
    page.what_was_drawn_is_taken_back()?;
    page.a_finger_draws()?;
    browser.quiet()?;
    // Away from the page before its server ends.
    browser.open("about:blank")
}

struct Page<'a> {
    browser: &'a Browser,
    demo: Running,
}

impl Page<'_> {
    /// Where points of the sheet are in the window.
    fn places(&self, points: &[[f32; 2]]) -> Result<Vec<(f64, f64)>, String> {
        let side = |name: &str| {
            let rectangle = "document.getElementById('sheet').getBoundingClientRect()";
            self.browser.number(&format!("{rectangle}.{name}"))
        };
        let (left, top, width) = (side("left")?, side("top")?, side("width")?);
        let place = |[x, y]: &[f32; 2]| (left + f64::from(*x) * width, top + f64::from(*y) * width);
        Ok(points.iter().map(place).collect())
    }

    /// Waits until the answer on the page is that to a drawing of as many points.
    fn answered(&self, points: usize) -> Check {
        self.browser.wait_for(&format!(
            "document.getElementById('guess').dataset.points === '{points}'"
        ))
    }

    fn shown(&self, id: &str) -> Result<String, String> {
        self.browser
            .text(&format!("document.getElementById('{id}').textContent"))
    }

    /// The run that began with the demo is watched, stopped, and begun anew to its end.
    fn it_trains(&self) -> Check {
        let step = "Number(document.getElementById('progress').dataset.step)";
        self.browser.wait_for(&format!("{step} > 0"))?;
        self.browser.click("#stop")?;
        self.browser
            .wait_for("!document.getElementById('start').disabled")?;
        self.browser.click("#start")?;
        self.browser
            .wait_for("document.getElementById('start').disabled")?;
        self.browser.wait_for(&format!(
            "{step} === 94 && !document.getElementById('start').disabled"
        ))?;
        let progress = self.shown("progress")?;
        if !progress.starts_with("done · step 94 of 94") || !progress.contains("digits right") {
            return Err(format!("demo: after the run the page says `{progress}`"));
        }
        let points = "document.querySelector('#curve polyline').getAttribute('points').split(' ')";
        let points = self.browser.number(&format!("{points}.length"))?;
        if points != 94.0 {
            return Err(format!(
                "demo: the curve has {points} points after 94 steps"
            ));
        }
        Ok(())
    }

    /// A one by keys alone, whose points are known exactly.
    fn keys_draw(&self) -> Check {
        self.browser
            .run("document.getElementById('sheet').focus()")?;
        self.browser.press_keys(&keys::UP.repeat(7))?;
        self.browser.press_keys(" ")?;
        self.browser.press_keys(&keys::DOWN.repeat(14))?;
        self.browser.press_keys(" ")?;
        self.answered(15)?;
        let points = (0..15).map(|i| [0.5, ((22 + 4 * i) as f32) / 100.0]);
        let drawing = Drawing {
            strokes: vec![points.collect()],
            pen: 0.075,
        };
        let net = self.demo.net().ok_or("demo: it has trained nothing")?;
        let shares = net.probabilities(&mnist_digit(&drawing.ink()));
        let shown = self.browser.run(
            "return [...document.querySelectorAll('#bars .percent')].map((one) => parseFloat(one.textContent))",
        )?;
        let shown: Vec<f64> = serde_json::from_value(shown).map_err(|e| e.to_string())?;
        let near = |(page, own): (&f64, &f64)| (page - 100.0 * own).abs() < 0.06;
        if shown.len() != 10 || !shown.iter().zip(&shares).all(near) {
            return Err(format!("demo: the page says {shown:?}, Rust {shares:?}"));
        }
        let said = self.shown("pen")?;
        if said != "The pen is up." {
            return Err(format!("demo: `{said}` is said of the pen"));
        }
        self.browser.press_keys(keys::DELETE)?;
        self.answered(0)
    }

    /// Draws a drawing and gives the digit that the page says.
    fn draw(&self, drawing: &Drawing, finger: bool) -> Result<String, String> {
        for stroke in &drawing.strokes {
            // Every third point draws the same, and sooner.
            let last = stroke.len() - 1;
            let some = (0..=last).filter(|i| i % 3 == 0 || *i == last);
            let some: Vec<[f32; 2]> = some.map(|i| stroke[i]).collect();
            let places = self.places(&some)?;
            if finger {
                self.browser.stroke(&places)?;
            } else {
                self.browser.drag(&places)?;
            }
        }
        self.browser.wait_for(
            "Number(document.getElementById('guess').dataset.points) > 0 && !document.getElementById('more').hidden",
        )?;
        // The last answer is in once none is asked for.
        let mut before = String::new();
        loop {
            std::thread::sleep(std::time::Duration::from_millis(300));
            let now = self
                .browser
                .text("document.getElementById('guess').dataset.points")?;
            if now == before {
                return self.shown("digit");
            }
            before = now;
        }
    }

    fn the_mouse_draws_every_digit(&self) -> Check {
        let drawings = drawn::all();
        let mut wrong = Vec::new();
        for digit in 0..10u8 {
            let own = drawings.iter().filter(|(label, _)| *label == digit);
            let largest = own.max_by(|a, b| height(&a.1).total_cmp(&height(&b.1)));
            let (_, drawing) = largest.ok_or("demo: a digit without a drawing")?;
            let guess = self.draw(drawing, false)?;
            if guess != digit.to_string() {
                wrong.push(format!("{digit} taken for {guess}"));
            }
            if digit < 9 {
                self.browser.click("#clear")?;
                self.answered(0)?;
            }
        }
        if 10 - wrong.len() < RIGHT {
            return Err(format!("demo: {}", wrong.join(", ")));
        }
        Ok(())
    }

    /// What is shown beside the answer, with something in every picture.
    fn what_was_drawn_is_explained(&self) -> Check {
        for (selector, wanted) in [
            ("#nearest canvas", 8),
            ("#layers .layer", 5),
            // 16 maps of each convolution and of the pooling, and one picture of each linear layer.
            ("#layers canvas", 3 * 16 + 2),
            ("#weights canvas", 32),
            ("#small", 1),
        ] {
            let found = self
                .browser
                .number(&format!("document.querySelectorAll('{selector}').length"))?;
            if found != f64::from(wanted) {
                return Err(format!("demo: {found} of {selector} instead of {wanted}"));
            }
        }
        let bare = self.browser.number(
            "[...document.querySelectorAll('#nearest canvas, #weights canvas, #small')].filter((canvas) => { \
             const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height); \
             return data.every((byte, i) => byte === data[i % 4]); }).length",
        )?;
        if bare > 0.0 {
            return Err(format!("demo: {bare} pictures show nothing"));
        }
        let unnamed = self.browser.number(
            "[...document.querySelectorAll('button, #sheet, #small, #curve')]\
             .filter((one) => !one.textContent.trim() && !one.getAttribute('aria-label')).length",
        )?;
        if unnamed > 0.0 {
            return Err(format!("demo: {unnamed} controls have no name"));
        }
        Ok(())
    }

    fn what_was_drawn_is_taken_back(&self) -> Check {
        self.browser.click("#clear")?;
        self.answered(0)?;
        self.browser
            .drag(&self.places(&[[0.3, 0.3], [0.7, 0.3]])?)?;
        self.browser
            .drag(&self.places(&[[0.5, 0.3], [0.5, 0.8]])?)?;
        let points = "Number(document.getElementById('guess').dataset.points)";
        self.browser.wait_for(&format!("{points} >= 4"))?;
        self.browser.click("#undo")?;
        self.browser
            .wait_for(&format!("{points} > 0 && {points} < 4"))?;
        self.browser.press("#sheet", keys::BACKSPACE)?;
        self.answered(0)?;
        let digit = self.shown("digit")?;
        if digit != "?" {
            return Err(format!("demo: an empty sheet is taken for {digit}"));
        }
        Ok(())
    }

    /// On a phone, where a finger on the sheet must not move the page.
    fn a_finger_draws(&self) -> Check {
        self.browser.screen((390, 844), true)?;
        self.browser.run("scrollTo(0, 0)")?;
        let drawings = drawn::all();
        let (_, zero) = drawings.first().ok_or("demo: no drawings")?;
        let guess = self.draw(zero, true)?;
        if guess != "0" {
            return Err(format!(
                "demo: a zero drawn with a finger is taken for {guess}"
            ));
        }
        let scrolled = self.browser.number("scrollY")?;
        if scrolled != 0.0 {
            return Err(format!("demo: drawing scrolls the page by {scrolled}"));
        }
        self.browser.screen((1280, 900), false)
    }
}

/// From the highest point to the lowest.
fn height(drawing: &Drawing) -> f32 {
    let y = drawing.strokes.iter().flatten().map(|point| point[1]);
    let (low, high) = y.fold((1.0f32, 0.0f32), |(low, high), y| (low.min(y), high.max(y)));
    high - low
}
