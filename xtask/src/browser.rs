//! A real browser without a window, driven by ChromeDriver over WebDriver: it opens pages, moves the mouse, presses
//! keys, and tells what the page logged and asked of the network.
//!
//! Every address is on this machine: the driver listens on the loopback, and the browser is told to ask nothing of
//! its maker.

pub mod keys;
mod quiet;
mod screenshots;

use std::fmt::Display;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::drivers::debian;
pub use screenshots::screenshots;

/// Names of the browser, and its driver.
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];
const DRIVER: &str = "chromedriver";
/// Where WebDriver puts an element's name.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
/// How long a page gets for what it is to do.
const PATIENCE: Duration = Duration::from_secs(60);

/// Whether pages can be tested here; if not, what to install.
pub fn ready() -> Result<(), String> {
    if found() || (debian::install(&["chromium", "chromium-driver"]) && found()) {
        return Ok(());
    }
    Err("no Chromium with ChromeDriver: install both (Debian: chromium, chromium-driver)".into())
}

fn found() -> bool {
    answers(DRIVER) && BROWSERS.iter().any(|name| answers(name))
}

fn answers(program: &str) -> bool {
    let mut command = Command::new(program);
    command
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// A file's address.
pub fn file_address(path: &Path) -> String {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let mut address = String::from("file://");
    for byte in whole.to_string_lossy().bytes() {
        match byte {
            b'/' | b'-' | b'_' | b'.' | b'~' => address.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => address.push(char::from(byte)),
            _ => address += &format!("%{byte:02X}"),
        }
    }
    address
}

/// A browser with one window, closed when dropped.
pub struct Browser {
    driver: Child,
    agent: ureq::Agent,
    session: String,
    _profile: TempDir,
}

type Outcome<T> = Result<T, String>;

fn failed(what: &str) -> impl Fn(&dyn Display) -> String {
    let what = what.to_owned();
    move |why| format!("{what}: {why}")
}

impl Browser {
    /// Starts the driver and a browser with an empty profile.
    pub fn start() -> Outcome<Self> {
        let profile = tempfile::tempdir().map_err(|e| failed("no folder for a profile")(&e))?;
        let mut driver = Command::new(DRIVER)
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|e| failed("chromedriver cannot be started")(&e))?;
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(60)))
            .build()
            .into();
        let port = port(&mut driver);
        let mut browser = Self {
            driver,
            agent,
            session: format!("http://127.0.0.1:{}", port?),
            _profile: profile,
        };
        let folder = browser._profile.path().display();
        let mut arguments = vec![
            "--headless".to_owned(),
            "--disable-gpu".into(),
            "--disable-quic".into(),
            "--disable-dev-shm-usage".into(),
            "--no-first-run".into(),
            "--disable-background-networking".into(),
            "--disable-component-update".into(),
            "--disable-sync".into(),
            "--window-size=1280,900".into(),
            format!("--user-data-dir={folder}"),
        ];
        // The browser's own sandbox refuses the superuser.
        if Command::new("id")
            .arg("-u")
            .output()
            .is_ok_and(|id| id.stdout == b"0\n")
        {
            arguments.push("--no-sandbox".into());
        }
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
            "goog:chromeOptions": {"args": arguments},
        }}});
        let session = browser.call("session", Some(wanted))?;
        let id = session["sessionId"]
            .as_str()
            .ok_or("a session without a name")?;
        browser.session += &format!("/session/{id}");
        // What the browser's own first page asked for is nobody's business.
        browser.open("about:blank")?;
        browser.requests()?;
        browser.complaints()?;
        Ok(browser)
    }

    /// One call of the driver, a question without `body`.
    fn call(&self, path: &str, body: Option<Value>) -> Outcome<Value> {
        let address = format!("{}/{path}", self.session);
        let response = match body {
            Some(body) => {
                let request = self
                    .agent
                    .post(&address)
                    .header("content-type", "application/json");
                request.send(body.to_string())
            }
            None => self.agent.get(&address).call(),
        };
        let mut response = response.map_err(|e| failed(path)(&e))?;
        let text = response
            .body_mut()
            .with_config()
            .limit(64 << 20)
            .read_to_string();
        let text = text.map_err(|e| failed(path)(&e))?;
        let answer: Value = serde_json::from_str(&text).map_err(|e| failed(path)(&e))?;
        let value = answer["value"].clone();
        if response.status().is_success() {
            return Ok(value);
        }
        let message = value["message"].as_str().unwrap_or_default();
        Err(format!(
            "{path}: {}",
            message.lines().next().unwrap_or_default()
        ))
    }

    /// Opens an address and waits until the page is loaded.
    pub fn open(&self, address: &str) -> Outcome<()> {
        self.call("url", Some(json!({"url": address}))).map(drop)
    }

    /// Runs a function's body in the page and returns what it returns.
    pub fn run(&self, script: &str) -> Outcome<Value> {
        self.call("execute/sync", Some(json!({"script": script, "args": []})))
    }

    /// A number that an expression in the page has.
    pub fn number(&self, expression: &str) -> Outcome<f64> {
        let value = self.run(&format!("return Number({expression})"))?;
        value
            .as_f64()
            .ok_or_else(|| format!("{expression}: expected a number, found {value}"))
    }

    /// The text that an expression in the page has.
    pub fn text(&self, expression: &str) -> Outcome<String> {
        let value = self.run(&format!("return String({expression})"))?;
        Ok(value.as_str().unwrap_or_default().to_owned())
    }

    /// Waits until an expression in the page is true.
    pub fn wait_for(&self, expression: &str) -> Outcome<()> {
        let start = Instant::now();
        while self.run(&format!("return Boolean({expression})"))? != Value::Bool(true) {
            if start.elapsed() > PATIENCE {
                return Err(format!(
                    "{expression}: not true within {} s",
                    PATIENCE.as_secs()
                ));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    fn element(&self, selector: &str) -> Outcome<String> {
        let found = self.call(
            "element",
            Some(json!({"using": "css selector", "value": selector})),
        )?;
        let id = found[ELEMENT].as_str();
        id.map(str::to_owned)
            .ok_or_else(|| format!("{selector}: no such element"))
    }

    /// Clicks on the element of a CSS selector.
    pub fn click(&self, selector: &str) -> Outcome<()> {
        let id = self.element(selector)?;
        self.call(&format!("element/{id}/click"), Some(json!({})))
            .map(drop)
    }

    /// Presses keys in the element of a CSS selector.
    pub fn press(&self, selector: &str, keys: &str) -> Outcome<()> {
        let id = self.element(selector)?;
        self.call(&format!("element/{id}/value"), Some(json!({"text": keys})))
            .map(drop)
    }

    /// Presses keys wherever the focus is.
    pub fn press_keys(&self, keys: &str) -> Outcome<()> {
        let strokes: Vec<Value> = keys
            .chars()
            .flat_map(|key| ["keyDown", "keyUp"].map(|kind| json!({"type": kind, "value": key})))
            .collect();
        let actions = json!({"actions": [{"type": "key", "id": "keyboard", "actions": strokes}]});
        self.call("actions", Some(actions)).map(drop)
    }

    /// Moves the mouse through points of the window with its button held down.
    pub fn drag(&self, points: &[(f64, f64)]) -> Outcome<()> {
        self.pointer("mouse", points)
    }

    /// Moves a finger over points of the window.
    pub fn stroke(&self, points: &[(f64, f64)]) -> Outcome<()> {
        self.pointer("touch", points)
    }

    fn pointer(&self, kind: &str, points: &[(f64, f64)]) -> Outcome<()> {
        let moves = points.iter().map(|(x, y)| {
            json!({"type": "pointerMove", "duration": 20, "origin": "viewport", "x": x.round(), "y": y.round()})
        });
        let mut steps: Vec<Value> = moves.collect();
        steps.insert(
            1.min(steps.len()),
            json!({"type": "pointerDown", "button": 0}),
        );
        steps.push(json!({"type": "pointerUp", "button": 0}));
        let actions = json!({"actions": [{
            "type": "pointer", "id": kind, "parameters": {"pointerType": kind}, "actions": steps,
        }]});
        self.call("actions", Some(actions)).map(drop)
    }

    /// What the page complained of since the last call: its warnings and errors.
    pub fn complaints(&self) -> Outcome<Vec<String>> {
        let entries = self.log("browser")?;
        let severe = entries
            .iter()
            .filter(|entry| entry["level"] == "SEVERE" || entry["level"] == "WARNING");
        Ok(severe
            .map(|entry| entry["message"].as_str().unwrap_or_default().to_owned())
            .collect())
    }

    /// The addresses that the page asked for since the last call.
    pub fn requests(&self) -> Outcome<Vec<String>> {
        let mut addresses = Vec::new();
        for entry in self.log("performance")? {
            let text = entry["message"].as_str().unwrap_or_default();
            let event: Value =
                serde_json::from_str(text).map_err(|e| failed("performance log")(&e))?;
            let event = &event["message"];
            let asked = match event["method"].as_str() {
                Some("Network.requestWillBeSent") => &event["params"]["request"]["url"],
                Some("Network.webSocketCreated") => &event["params"]["url"],
                _ => continue,
            };
            addresses.extend(asked.as_str().map(str::to_owned));
        }
        Ok(addresses)
    }

    fn log(&self, kind: &str) -> Outcome<Vec<Value>> {
        let entries = self.call("se/log", Some(json!({"type": kind})))?;
        Ok(entries.as_array().cloned().unwrap_or_default())
    }

    /// A command of the browser's own protocol.
    fn command(&self, name: &str, parameters: Value) -> Outcome<Value> {
        self.call(
            "goog/cdp/execute",
            Some(json!({"cmd": name, "params": parameters})),
        )
    }

    /// Shows pages as on a screen of this many pixels; on a phone a finger stands for the mouse.
    pub fn screen(&self, (width, height): (u32, u32), phone: bool) -> Outcome<()> {
        let size = json!({"width": width, "height": height, "deviceScaleFactor": if phone { 2 } else { 1 }, "mobile": phone});
        self.command("Emulation.setDeviceMetricsOverride", size)
            .map(drop)
    }

    /// Shows pages to someone who prefers dark ones, or light ones.
    pub fn dark(&self, dark: bool) -> Outcome<()> {
        let value = if dark { "dark" } else { "light" };
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": value}]});
        self.command("Emulation.setEmulatedMedia", features)
            .map(drop)
    }

    /// The whole page as a PNG file's bytes.
    pub fn screenshot(&self) -> Outcome<Vec<u8>> {
        let metrics = self.command("Page.getLayoutMetrics", json!({}))?;
        let size = &metrics["cssContentSize"];
        let clip =
            json!({"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1});
        let shot = self.command(
            "Page.captureScreenshot",
            json!({"captureBeyondViewport": true, "clip": clip}),
        )?;
        let text = shot["data"].as_str().unwrap_or_default();
        STANDARD
            .decode(text)
            .map_err(|e| failed("a screenshot")(&e))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The browser ends with its session, the driver by itself never.
        let _ = self.agent.delete(&self.session).call();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// The port that the driver says it listens on.
fn port(driver: &mut Child) -> Outcome<u16> {
    let output = driver.stdout.take().ok_or("chromedriver without output")?;
    let mut lines = BufReader::new(output).lines().map_while(Result::ok);
    let line = lines.find(|line| line.contains("started successfully on port"));
    let port = line.as_deref().and_then(|line| {
        let digits = line.rsplit("port").next()?.trim().trim_end_matches('.');
        digits.parse().ok()
    });
    let Some(port) = port else {
        let _ = driver.kill();
        let _ = driver.wait();
        return Err("chromedriver did not say its port".into());
    };
    // It must be able to go on writing.
    std::thread::spawn(move || lines.for_each(drop));
    Ok(port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_files_are_escaped() {
        assert_eq!(
            file_address(Path::new("/tmp/a b/ü#1.html")),
            "file:///tmp/a%20b/%C3%BC%231.html"
        );
    }
}
