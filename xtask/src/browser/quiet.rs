//! What no page may do.

use super::{Browser, Outcome};

impl Browser {
    /// No page may complain, and none may ask for anything that is not on this machine.
    pub fn quiet(&self) -> Outcome<()> {
        let complaints = self.complaints()?;
        if !complaints.is_empty() {
            return Err(format!(
                "the console is not empty: {}",
                complaints.join("; ")
            ));
        }
        let local = |address: &String| {
            [
                "file://",
                "data:",
                "blob:",
                "about:",
                "http://127.0.0.1:",
                "http://localhost:",
            ]
            .iter()
            .any(|start| address.starts_with(start))
        };
        let requests = self.requests()?;
        if requests.is_empty() {
            return Err("the browser tells of no request at all, so none can be judged".into());
        }
        match requests.iter().find(|address| !local(address)) {
            Some(address) => Err(format!("a page asked for {address}")),
            None => Ok(()),
        }
    }
}
