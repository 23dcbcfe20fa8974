//! The page about a run: one file that needs nothing beside it, in light and dark.
//!
//! Every number in a table stands in a `data` element whose value is the number as `history.json` has it.

use std::fmt::{Display, Write};

use hammerhead::plot::{Color, Figure, Theme, confusion_matrix, curves, show_image};
use hammerhead::tensor::num_threads;
use serde_json::Value;

use super::judged::{Item, Judged};
use super::portrait::Portrait;
use crate::mnist::settings::Settings;
use crate::mnist::train::Outcome;

/// Points of a line over all steps; more could not be told apart.
const POINTS: usize = 400;

/// The whole page.
pub fn page(settings: &Settings, outcome: &Outcome) -> String {
    let total = &outcome.total;
    let title = format!(
        "{} on MNIST: {:.2} % of the test digits right",
        settings.model.name(),
        100.0 * total.accuracy()
    );
    let parts = [
        ("title", escaped(&title)),
        ("facts", facts(settings, outcome)),
        ("epochs", epochs(outcome)),
        ("curves", figures(outcome)),
        ("confusion", confusion(&outcome.judged)),
        ("worst", worst(&outcome.judged)),
        ("printout", escaped(&outcome.portrait.printout)),
        ("layers", layers(&outcome.portrait)),
    ];
    filled(include_str!("page.html"), &parts)
}

/// A template with its `{{names}}` filled in. What fills them is not looked at again: it may hold braces of its own.
fn filled(template: &str, parts: &[(&str, String)]) -> String {
    let mut pieces = template.split("{{");
    let mut page = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (name, rest) = piece.split_once("}}").unwrap_or(("", piece));
        let part = parts.iter().find(|(part, _)| *part == name);
        page += &part.expect("the template names the parts that there are").1;
        page += rest;
    }
    page
}

/// What was asked for, and on what it ran.
fn facts(settings: &Settings, outcome: &Outcome) -> String {
    let total = &outcome.total;
    let images = settings.digits.as_ref().map(|digits| digits.images);
    let parameters = outcome.portrait.summary.parameters;
    let precision = serde_json::to_value(settings.precision).unwrap_or_default();
    let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
    let facts = [
        (
            "test digits right",
            format!("{} of {}", grouped(total.right), grouped(total.seen)),
        ),
        (
            "training digits",
            images
                .map(|images| grouped(images as u64))
                .unwrap_or_default(),
        ),
        ("parameters", grouped(parameters as u64)),
        ("epochs", data(total.epochs)),
        ("batch size", data(settings.batch_size)),
        ("peak learning rate", data(settings.lr)),
        ("seed", data(settings.seed)),
        ("time", format!("{} s", number(total.seconds, 1))),
        ("threads", data(num_threads())),
        ("device", escaped(&settings.device)),
        ("precision", escaped(precision.as_str().unwrap_or_default())),
        (
            "version",
            format!("hammerhead {}, {os} {arch}", env!("CARGO_PKG_VERSION")),
        ),
    ];
    let mut out = String::new();
    for (name, value) in facts {
        line(
            &mut out,
            format_args!("<div><dt>{name}</dt><dd>{value}</dd></div>"),
        );
    }
    out
}

fn epochs(outcome: &Outcome) -> String {
    let accuracies = outcome.recorder.metric("accuracy").unwrap_or_default();
    let mut out = String::new();
    for (epoch, row) in outcome.recorder.epochs.iter().enumerate() {
        let valid = row.valid_loss.map(|loss| number(loss, 6));
        let accuracy = accuracies.get(epoch).map(|part| number(*part, 4));
        let cells = [
            data(row.epoch),
            number(row.train_loss, 6),
            valid.unwrap_or_default(),
            accuracy.unwrap_or_default(),
            number(row.seconds, 1),
            number(row.items_per_second, 0),
        ];
        line(
            &mut out,
            format_args!("<tr><td>{}</td></tr>", cells.join("</td><td>")),
        );
    }
    out
}

/// Loss and accuracy by epoch, loss and learning rate by step.
fn figures(outcome: &Outcome) -> String {
    let recorder = &outcome.recorder;
    let train: Vec<f64> = recorder.epochs.iter().map(|row| row.train_loss).collect();
    let valid: Vec<f64> = recorder
        .epochs
        .iter()
        .filter_map(|row| row.valid_loss)
        .collect();
    let accuracy = recorder.metric("accuracy").unwrap_or_default();
    let each = recorder.losses.len().div_ceil(POINTS).max(1);
    let of_steps = if each == 1 {
        "Training loss of each step".to_owned()
    } else {
        format!("Training loss, mean of each {each} steps")
    };
    let steps = |values: &[f64]| {
        let means = values
            .chunks(each)
            .map(|chunk| chunk.iter().sum::<f64>() / chunk.len() as f64);
        let middles = (0..).map(|i| (i * each) as f64 + each as f64 / 2.0);
        let (x, y): (Vec<f64>, Vec<f64>) = middles.zip(means).unzip();
        Figure::new().line(x, y).x_label("step")
    };
    let losses = [("training", train), ("validation", valid)];
    let known = losses.into_iter().filter(|(_, values)| !values.is_empty());
    let accuracies = (!accuracy.is_empty()).then(|| {
        let curve = Figure::new().curve(accuracy).color(Color::Green);
        curve.title("Accuracy").x_label("epoch")
    });
    let figures = [
        Some(curves(known).title("Loss").x_label("epoch")),
        accuracies,
        Some(steps(&recorder.losses).title(of_steps)),
        Some(
            steps(&recorder.lrs)
                .color(Color::Purple)
                .title("Learning rate"),
        ),
    ];
    let sized = figures
        .into_iter()
        .flatten()
        .map(|figure| figure.figsize(4.2, 3.0));
    sized.map(|figure| both(&figure)).collect()
}

fn confusion(judged: &Judged) -> String {
    let pairs = (0..10).flat_map(|row| (0..10).map(move |column| (row, column)));
    let counts = pairs.map(|(row, column)| judged.confusion.count(row, column) as f64);
    both(&confusion_matrix(counts.collect::<Vec<f64>>(), 0..10))
}

fn worst(judged: &Judged) -> String {
    let mut out = String::new();
    for item in &judged.worst {
        let Item {
            index,
            label,
            prediction,
            loss,
            picture,
        } = item;
        let verdict = if label == prediction {
            format!("{}, rightly", data(label))
        } else {
            format!("{} taken for {}", data(label), data(prediction))
        };
        let image = show_image(picture).figsize(1.4, 1.4);
        line(
            &mut out,
            format_args!(
                "<li>{}<p>{verdict}<br/>loss {}<br/>test digit {}</p></li>",
                both(&image),
                number(*loss, 2),
                data(index)
            ),
        );
    }
    out
}

fn layers(portrait: &Portrait) -> String {
    let summary = &portrait.summary;
    let mut out = String::new();
    for row in &summary.rows {
        let cells = [
            format!("{} ({})", escaped(&row.path), row.kind),
            format!("{:?}", row.output),
            grouped(row.parameters as u64),
            grouped(row.multiply_adds),
        ];
        line(
            &mut out,
            format_args!("<tr><td>{}</td></tr>", cells.join("</td><td>")),
        );
    }
    let totals = [summary.parameters as u64, summary.multiply_adds].map(grouped);
    line(
        &mut out,
        format_args!(
            "<tr><td>total</td><td></td><td>{}</td></tr>",
            totals.join("</td><td>")
        ),
    );
    out
}

/// A figure for either theme, of which the page shows one.
fn both(figure: &Figure) -> String {
    let themes = [(Theme::Light, "light"), (Theme::Dark, "dark")];
    let drawn = themes.map(|(theme, class)| {
        let html = figure.clone().theme(theme).html();
        format!("<div class=\"{class}\">{html}</div>")
    });
    format!("<div>{}</div>\n", drawn.concat())
}

/// A number as it is.
fn data(value: impl Display) -> String {
    format!("<data value=\"{value}\">{value}</data>")
}

/// A number of which some digits are shown, and all kept.
fn number(value: f64, digits: usize) -> String {
    format!(
        "<data value=\"{}\">{value:.digits$}</data>",
        Value::from(value)
    )
}

/// A number in groups of three digits.
fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    format!("<data value=\"{value}\">{text}</data>")
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    writeln!(out, "{text}").expect("text grows");
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    text.replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fills_a_template_is_not_filled_in_turn() {
        let parts = [("a", "{{b}} {{".to_owned()), ("b", "2".to_owned())];
        assert_eq!(filled("<{{a}}> {{b}}.", &parts), "<{{b}} {{> 2.");
    }

    #[test]
    fn numbers_keep_every_digit_and_show_some() {
        assert_eq!(number(0.98765, 2), "<data value=\"0.98765\">0.99</data>");
        assert_eq!(
            grouped(1_199_882),
            "<data value=\"1199882\">1,199,882</data>"
        );
        assert_eq!(grouped(82), "<data value=\"82\">82</data>");
    }
}
