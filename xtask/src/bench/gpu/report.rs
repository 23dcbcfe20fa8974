//! What was measured, as lines for people and as JSON for programs.

use std::fs;
use std::path::Path;

use hammerhead::gpu::DeviceInfo;
use serde_json::{Map, Value, json};

use super::case::Measured;
use super::peer::Peer;
use super::recording::Fact;
use crate::failure::Failure;
use crate::say::say;

/// All that was measured on one device.
pub struct Report {
    device: DeviceInfo,
    rows: Vec<Measured>,
    facts: Vec<Fact>,
}

impl Report {
    pub fn new(device: &DeviceInfo) -> Self {
        Self {
            device: device.clone(),
            rows: Vec::new(),
            facts: Vec::new(),
        }
    }

    /// Says what is measured, and beside whom.
    pub fn open(&self, peers: [&Peer; 2]) {
        say(format_args!(
            "vulkan:{}  {} ({}), {}",
            self.device.index, self.device.name, self.device.kind, self.device.driver
        ));
        for peer in peers {
            say(peer.describe());
        }
        say(format_args!(
            "\n{:<44} {:>10} {:>18} {:>12}",
            "", "time", "rate", "of the peer"
        ));
    }

    /// Adds and prints a line.
    pub fn add(&mut self, row: Measured) {
        let (rate, unit) = row.work.rate(row.seconds);
        let ratio = match row.peer_seconds {
            Some(theirs) => format!("{:.2} times", theirs / row.seconds),
            None => String::new(),
        };
        say(format_args!(
            "{:<44} {:>10} {:>8} {unit:<9} {ratio:>12}",
            row.name,
            duration(row.seconds),
            digits(rate)
        ));
        self.rows.push(row);
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

    /// Writes a file.
    pub fn save(&self, file: &Path) -> Result<(), Failure> {
        let rows: Vec<Value> = self.rows.iter().map(row).collect();
        let facts: Map<String, Value> = self
            .facts
            .iter()
            .map(|fact| (format!("{}, {}", fact.name, fact.unit), json!(fact.value)))
            .collect();
        let device = json!({
            "name": self.device.name,
            "kind": self.device.kind,
            "driver": self.device.driver,
        });
        let all = json!({ "device": device, "measured": rows, "recording": facts });
        fs::write(file, format!("{all:#}\n"))
            .map_err(|why| Failure::check(format!("{}: {why}", file.display())))
    }
}

fn row(row: &Measured) -> Value {
    let (rate, unit) = row.work.rate(row.seconds);
    json!({
        "name": row.name,
        "seconds": row.seconds,
        "rate": rate,
        "unit": unit,
        "peer_seconds": row.peer_seconds,
    })
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
