//! The page and what it may do.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::body::Bytes;
use hyper::header::HeaderValue;
use sha2::{Digest, Sha256};

/// One file of HTML with its style and its script, and a policy that allows these two and nothing else.
pub struct Page {
    pub html: Bytes,
    pub policy: HeaderValue,
}

impl Page {
    pub fn new() -> Self {
        let style = include_str!("page/style.css").trim_end();
        let script = [
            "\"use strict\";\n(() => {\n",
            include_str!("page/colours.js"),
            include_str!("page/sheet.js"),
            include_str!("page/chart.js"),
            include_str!("page/main.js").trim_end(),
            "\n})();",
        ]
        .concat();
        let html = include_str!("page/page.html")
            .replace("{{style}}", style)
            .replace("{{script}}", &script);
        let policy = format!(
            "default-src 'none'; style-src '{}'; script-src '{}'; img-src data:; connect-src 'self'; base-uri 'none'; \
             form-action 'none'; frame-ancestors 'none'",
            hash(&format!("\n{style}\n")),
            hash(&format!("\n{script}\n"))
        );
        Self {
            html: html.into(),
            policy: HeaderValue::from_str(&policy).expect("a policy is plain text"),
        }
    }
}

fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_whole_and_names_no_other_place() {
        let page = Page::new();
        let html = std::str::from_utf8(&page.html).unwrap();
        assert!(!html.contains("{{"), "a part is missing");
        let addresses = html.matches("://").count();
        assert_eq!(
            addresses,
            html.matches("http://www.w3.org/2000/svg").count()
        );
    }
}
