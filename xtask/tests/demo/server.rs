//! A demo to ask, in a process of its own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

/// A demo with a small trained network, ended when dropped.
pub struct Demo {
    child: Child,
    pub address: String,
    _folder: TempDir,
}

impl Demo {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut train = xtask(&["mnist", "--model", "mlp", "--limit", "640", "--epochs", "1"]);
        train.arg("--out").arg(folder.path());
        assert!(train.status().unwrap().success());
        let mut command = xtask(&["demo", "--port", "0", "--limit", "6400", "--epochs", "1"]);
        command
            .arg("--model")
            .arg(folder.path().join("model.safetensors"))
            .stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("draw on http://").unwrap();
        let address = address.trim_end_matches('/').to_owned();
        Self {
            child,
            address,
            _folder: folder,
        }
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).unwrap();
        let patience = Some(Duration::from_secs(60));
        stream.set_read_timeout(patience).unwrap();
        stream
    }

    /// Sends bytes as they are and reads the answer, if one comes.
    pub fn send(&self, request: &[u8]) -> Answer {
        let mut stream = self.connect();
        // The server may have answered and gone before it took all.
        let _ = stream.write_all(request);
        Answer::read(&mut stream)
    }

    pub fn ask(&self, method: &str, path: &str, headers: &str, body: &str) -> Answer {
        let host = &self.address;
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n{headers}\r\n"
        );
        self.send((head + body).as_bytes())
    }

    pub fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, "", "")
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        let kind = "Content-Type: application/json\r\n";
        self.ask("POST", path, kind, &body.to_string())
    }

    /// A number of the system's notes about the process.
    #[cfg(target_os = "linux")]
    pub fn note(&self, name: &str) -> u64 {
        let path = format!("/proc/{}/status", self.child.id());
        let notes = std::fs::read_to_string(path).unwrap();
        let line = notes.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// This program with arguments.
pub fn xtask(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.args(arguments).stdout(Stdio::null());
    command
}

pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    pub fn read(stream: &mut TcpStream) -> Self {
        let mut bytes = Vec::new();
        // What came before a connection broke counts.
        let _ = stream.read_to_end(&mut bytes);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
        Self {
            status: status.unwrap_or(0),
            head: head.to_ascii_lowercase(),
            body: body.to_owned(),
        }
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        assert_eq!(self.status, 200, "{} {}", self.head, self.body);
        assert!(self.head.contains("content-type: application/json"));
        serde_json::from_str(&self.body).unwrap()
    }
}
