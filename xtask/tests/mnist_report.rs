//! `report.html`: it is whole, asks for nothing, and says the same numbers as `history.json`.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use roxmltree::{Document, Node, ParsingOptions};
use serde_json::Value;

fn mnist(out: &Path, more: &[&str]) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.arg("mnist").args(more).arg("--out").arg(out);
    assert!(command.stdout(Stdio::null()).status().unwrap().success());
}

/// The page, which is well-formed to an XML reader too, and the history beside it.
struct Report {
    text: String,
    history: Value,
}

impl Report {
    fn read(out: &Path) -> Self {
        let history = fs::read_to_string(out.join("history.json")).unwrap();
        Self {
            text: fs::read_to_string(out.join("report.html")).unwrap(),
            history: serde_json::from_str(&history).unwrap(),
        }
    }

    fn page(&self) -> Document<'_> {
        let options = ParsingOptions {
            allow_dtd: true,
            ..ParsingOptions::default()
        };
        Document::parse_with_options(&self.text, options).unwrap()
    }
}

fn by_id<'a, 'i>(page: &'a Document<'i>, id: &str) -> Node<'a, 'i> {
    let found = page
        .descendants()
        .find(|node| node.attribute("id") == Some(id));
    found.unwrap_or_else(|| panic!("there is no #{id}"))
}

/// The exact numbers inside a node.
fn numbers(node: Node<'_, '_>) -> Vec<f64> {
    let data = node.descendants().filter(|node| node.has_tag_name("data"));
    data.map(|data| data.attribute("value").unwrap().parse().unwrap())
        .collect()
}

fn text(node: Node<'_, '_>) -> String {
    node.descendants()
        .filter_map(|node| node.text().filter(|_| node.is_text()))
        .collect()
}

fn count(node: Node<'_, '_>, tag: &str) -> usize {
    node.descendants()
        .filter(|node| node.tag_name().name() == tag)
        .count()
}

const RUN: [&str; 8] = [
    "--model", "mlp", "--epochs", "2", "--limit", "1280", "--seed", "7",
];

#[test]
fn the_report_says_what_the_history_says() {
    let folder = tempfile::tempdir().unwrap();
    mnist(folder.path(), &RUN);
    let report = Report::read(folder.path());
    let (page, history) = (report.page(), &report.history);

    let rows: Vec<Vec<f64>> = by_id(&page, "epochs")
        .descendants()
        .filter(|node| node.has_tag_name("tr") && count(*node, "data") > 0)
        .map(numbers)
        .collect();
    let fields = [
        "epoch",
        "train_loss",
        "valid_loss",
        "accuracy",
        "seconds",
        "images_per_second",
    ];
    let expected: Vec<Vec<f64>> = history["epochs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            fields
                .iter()
                .map(|field| row[field].as_f64().unwrap())
                .collect()
        })
        .collect();
    assert_eq!(rows, expected);
    assert_eq!(rows.len(), 2);

    let facts: HashMap<String, Vec<f64>> = page
        .descendants()
        .filter(|node| node.has_tag_name("dt"))
        .map(|name| (text(name), numbers(name.next_sibling_element().unwrap())))
        .collect();
    let last = &history["final"];
    for (name, values) in [
        (
            "test digits right",
            vec![&last["right"], &last["test_images"]],
        ),
        ("time", vec![&last["seconds"]]),
        ("seed", vec![&history["seed"]]),
        ("batch size", vec![&history["batch_size"]]),
        ("peak learning rate", vec![&history["lr"]]),
        ("threads", vec![&history["threads"]]),
        ("training digits", vec![&history["limit"]]),
    ] {
        let values: Vec<f64> = values
            .into_iter()
            .map(|value| value.as_f64().unwrap())
            .collect();
        assert_eq!(facts[name], values, "{name}");
    }
    assert_eq!(facts["parameters"], [203_530.0]);
    assert!(
        report
            .text
            .contains(&format!("hammerhead {}", env!("CARGO_PKG_VERSION")))
    );

    // The matrix holds every test digit, its diagonal those that are right.
    let matrix = by_id(&page, "confusion")
        .descendants()
        .find(|node| node.has_tag_name("table"))
        .unwrap();
    let cells: Vec<u64> = matrix
        .descendants()
        .filter(|node| node.has_tag_name("td") && node.attribute("style").is_some())
        .map(|cell| text(cell).replace('·', "0").parse().unwrap())
        .collect();
    assert_eq!(cells.len(), 100);
    assert_eq!(Some(cells.iter().sum()), last["test_images"].as_u64());
    assert_eq!(
        Some((0..10).map(|i| cells[11 * i]).sum()),
        last["right"].as_u64()
    );

    // The worst: each with its picture in either theme, wrongly taken, the greatest loss first.
    let worst = by_id(&page, "worst");
    let items: Vec<Node<'_, '_>> = worst
        .children()
        .filter(|node| node.has_tag_name("li"))
        .collect();
    assert_eq!(items.len(), 12);
    let losses: Vec<f64> = items.iter().map(|item| numbers(*item)[2]).collect();
    assert!(losses.is_sorted_by(|a, b| a >= b), "{losses:?}");
    for item in items {
        let values = numbers(item);
        assert!(text(item).contains(" taken for ") && values[0] != values[1]);
        assert_eq!(count(item, "image"), 2);
    }

    let printout = text(by_id(&page, "printout"));
    assert!(
        printout.starts_with("Mlp(\n  (hidden): ModuleList("),
        "{printout}"
    );
    let layers = numbers(by_id(&page, "layers"));
    assert_eq!(layers[layers.len() - 2], 203_530.0);
    assert_eq!(count(by_id(&page, "curves"), "svg"), 8);
}

#[test]
fn the_report_needs_nothing_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    mnist(folder.path(), &RUN);
    let report = Report::read(folder.path());
    let page = report.page();
    assert!(report.text.contains("default-src 'none'"));
    assert!(report.text.contains("prefers-color-scheme: dark"));
    assert!(report.text.contains("width=device-width"));
    assert!(!report.text.contains("{{"), "a part is missing");
    for node in page.descendants().filter(Node::is_element) {
        for attribute in node.attributes() {
            let outside = ["src", "href", "action", "data", "srcset"].contains(&attribute.name());
            let inside = attribute.value().starts_with("data:");
            assert!(
                !outside || inside,
                "{} {}",
                node.tag_name().name(),
                attribute.value()
            );
        }
        assert!(!["script", "iframe", "object", "embed"].contains(&node.tag_name().name()));
    }
    let addresses = report.text.matches("://").count();
    assert_eq!(
        addresses,
        report.text.matches("http://www.w3.org/2000/svg").count()
    );
    assert!(!report.text.contains("@import") && !report.text.contains("url("));
}

#[test]
fn a_resumed_run_reports_its_earlier_epochs() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, out) = (folder.path().join("whole"), folder.path().join("stopped"));
    let run = [
        "--model", "mlp", "--epochs", "3", "--limit", "20000", "--seed", "7",
    ];
    mnist(&whole, &run);
    let mut child = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .arg("mnist")
        .args(run)
        .arg("--out")
        .arg(&out)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let checkpoint = out.join("checkpoint.safetensors");
    let epoch =
        || hammerhead::learner::RunState::read(&checkpoint).map_or(0, |state| state.position().0);
    while epoch() == 0 {
        assert!(child.try_wait().unwrap().is_none(), "it ended unexpectedly");
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(
        !out.join("report.html").exists(),
        "a run that was stopped has no report"
    );
    mnist(&out, &["--resume", out.to_str().unwrap()]);

    // The same but for what a clock says.
    let figures = |out: &Path| {
        let report = Report::read(out);
        let page = report.page();
        let rows: Vec<Vec<f64>> = by_id(&page, "epochs")
            .descendants()
            .filter(|node| node.has_tag_name("tr") && count(*node, "data") > 0)
            .map(|row| numbers(row)[..4].to_vec())
            .collect();
        let (start, end) = ("id=\"curves\"", "<h2>Confusion matrix");
        let curves = report.text.split(start).nth(1).unwrap().split(end).next();
        (
            rows,
            curves.unwrap().to_owned(),
            numbers(by_id(&page, "worst")),
        )
    };
    let (expected, found) = (figures(&whole), figures(&out));
    assert_eq!(found.0.len(), 3);
    assert!(found == expected, "{:?} {:?}", found.0, expected.0);

    // A report that is lost is written again from the finished run.
    fs::remove_file(out.join("report.html")).unwrap();
    mnist(&out, &["--resume", out.to_str().unwrap()]);
    assert!(figures(&out) == expected);
    let names = fs::read_dir(&out)
        .unwrap()
        .map(|entry| entry.unwrap().file_name());
    let reports = names.filter(|name| name.to_string_lossy().starts_with("report"));
    assert_eq!(reports.count(), 1);
}

#[test]
fn a_network_that_is_tested_once_has_its_accuracy_at_the_end() {
    let folder = tempfile::tempdir().unwrap();
    mnist(folder.path(), &["--model", "small", "--limit", "1280"]);
    let report = Report::read(folder.path());
    let (page, history) = (report.page(), &report.history);
    let epochs = history["epochs"].as_array().unwrap();
    assert_eq!(epochs.len(), 2);
    assert!(epochs.iter().all(|row| row["accuracy"].is_null()));
    assert!(history["final"]["accuracy"].as_f64().unwrap() > 0.5);
    let rows = by_id(&page, "epochs")
        .descendants()
        .filter(|node| node.has_tag_name("tr") && count(*node, "data") > 0);
    assert_eq!(
        rows.map(numbers).map(|row| row.len()).collect::<Vec<_>>(),
        [4, 4]
    );
}
