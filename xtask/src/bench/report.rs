//! What was measured, as lines for people and as JSON for programs.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::case::{Measured, Theirs};
use super::peer::Peer;
use crate::failure::Failure;
use crate::say::say;

/// A number with a name.
pub struct Fact {
    pub name: String,
    pub value: f64,
    pub unit: &'static str,
}

/// All that was measured on one device.
pub struct Report {
    device: Value,
    /// The peers' short names.
    peers: Vec<String>,
    rows: Vec<Measured>,
    facts: Vec<Fact>,
}

impl Report {
    /// Says what is measured, and beside whom; `device` is the same for programs.
    pub fn open<'a>(device: Value, title: &str, peers: impl IntoIterator<Item = &'a Peer>) -> Self {
        say(title);
        let mut names = Vec::new();
        for peer in peers {
            say(peer.describe());
            names.push(peer.short().to_owned());
        }
        let of: Vec<String> = names.iter().map(|name| format!("of {name}")).collect();
        say(format_args!(
            "\n{:<44} {:>10} {:>18} {:>13}{}",
            "",
            "time",
            "rate",
            "of the limit",
            columns(&of)
        ));
        Self {
            device,
            peers: names,
            rows: Vec::new(),
            facts: Vec::new(),
        }
    }

    /// Adds and prints a line.
    pub fn add(&mut self, row: Measured) {
        let (rate, unit) = row.work.rate(row.seconds);
        let limit = match row.of_limit {
            Some(part) => format!("{:.0} %", 100.0 * part),
            None => String::new(),
        };
        let ratios = row.theirs.iter().map(|theirs| match theirs {
            Theirs::Took { seconds, .. } => format!("{:.2} times", seconds / row.seconds),
            Theirs::Refused(_) => "refuses".to_owned(),
            Theirs::Absent => String::new(),
        });
        let mark = if row.disturbed { "~" } else { " " };
        let line = format!(
            "{:<44}{mark}{:>10} {:>8} {unit:<9} {limit:>13}{} {}",
            row.name,
            duration(row.seconds),
            digits(rate),
            columns(&ratios.collect::<Vec<_>>()),
            self.remarks(&row).join("; ")
        );
        say(line.trim_end());
        self.rows.push(row);
    }

    /// In which ways the peers went, and why they refused.
    fn remarks(&self, row: &Measured) -> Vec<String> {
        let named = |name: &String, text: &str| match self.peers.len() {
            1 => text.to_owned(),
            _ => format!("{name}: {text}"),
        };
        let of_each = self.peers.iter().zip(&row.theirs);
        let remark = of_each.filter_map(|(name, theirs)| match theirs {
            Theirs::Took { way, .. } => way.as_deref().map(|way| named(name, way)),
            Theirs::Refused(why) => Some(named(name, why)),
            Theirs::Absent => None,
        });
        remark.collect()
    }

    /// Adds and prints what is not a time of a case.
    pub fn facts(&mut self, facts: Vec<Fact>) {
        for fact in &facts {
            say(format_args!(
                "{:<44} {:>10} {}",
                fact.name,
                digits(fact.value),
                fact.unit
            ));
        }
        self.facts.extend(facts);
    }

    /// What was measured so far.
    pub fn rows(&self) -> &[Measured] {
        &self.rows
    }

    /// All of it, for programs.
    pub fn to_json(&self) -> Value {
        let rows: Vec<Value> = self
            .rows
            .iter()
            .map(|each| row(each, &self.peers))
            .collect();
        let facts: Map<String, Value> = self
            .facts
            .iter()
            .map(|fact| (format!("{}, {}", fact.name, fact.unit), json!(fact.value)))
            .collect();
        json!({ "device": self.device, "measured": rows, "facts": facts })
    }
}

/// Writes a file.
pub fn save(file: &Path, numbers: &Value) -> Result<(), Failure> {
    fs::write(file, format!("{numbers:#}\n"))
        .map_err(|why| Failure::check(format!("{}: {why}", file.display())))?;
    say(format_args!("written to {}", file.display()));
    Ok(())
}

fn row(row: &Measured, peers: &[String]) -> Value {
    let (rate, unit) = row.work.rate(row.seconds);
    let answers = peers.iter().zip(&row.theirs).filter_map(|(peer, theirs)| {
        let answer = match theirs {
            Theirs::Took { seconds, way } => json!({ "seconds": seconds, "way": way }),
            Theirs::Refused(why) => json!({ "refused": why }),
            Theirs::Absent => return None,
        };
        Some((peer.clone(), answer))
    });
    json!({
        "name": row.name,
        "seconds": row.seconds,
        "rate": rate,
        "unit": unit,
        "of_limit": row.of_limit,
        "peers": answers.collect::<Map<_, _>>(),
        "disturbed": row.disturbed,
    })
}

/// Texts below one another's ends.
fn columns(texts: &[String]) -> String {
    texts.iter().map(|text| format!(" {text:>13}")).collect()
}

/// A time with three digits.
fn duration(seconds: f64) -> String {
    let (factor, unit) = match seconds {
        s if s >= 1.0 => (1.0, "s"),
        s if s >= 1e-3 => (1e3, "ms"),
        s if s >= 1e-6 => (1e6, "us"),
        _ => (1e9, "ns"),
    };
    format!("{} {unit}", digits(seconds * factor))
}

/// A number with three digits, or all of those before the point.
fn digits(number: f64) -> String {
    let places = match number.abs() {
        x if x >= 100.0 => 0,
        x if x >= 10.0 => 1,
        x if x >= 1.0 => 2,
        _ => 3,
    };
    format!("{number:.places$}")
}
