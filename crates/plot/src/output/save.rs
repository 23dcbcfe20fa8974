//! Files.

use std::path::Path;

use crate::error::{Error, Result};
use crate::figure::Figure;
use crate::output::terminal::Terminal;

#[cfg(feature = "png")]
const ENDINGS: &str = ".svg, .png, .html or .txt";
#[cfg(not(feature = "png"))]
const ENDINGS: &str = ".svg, .html or .txt";

impl Figure {
    /// Writes a file, of the kind that its name ends in: `.svg`, `.png`, `.html` (a page of its own) or `.txt`
    /// (the picture in plain characters).
    ///
    /// ```no_run
    /// hammerhead_plot::Figure::new().curve([3, 1, 2]).save("curve.svg")?;
    /// # Ok::<(), hammerhead_plot::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Ending`] for another ending, [`Error::Io`] if the file can't be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let ending = path.extension().unwrap_or_default().to_string_lossy();
        let bytes = match &*ending.to_ascii_lowercase() {
            "svg" => self.svg().into_bytes(),
            #[cfg(feature = "png")]
            "png" => self.png(),
            "html" | "htm" => self.html_page().into_bytes(),
            "txt" => self.text(&Terminal::plain()).into_bytes(),
            other => {
                return Err(Error::Ending {
                    path: path.to_path_buf(),
                    expected: ENDINGS,
                    found: if other.is_empty() {
                        "no ending".into()
                    } else {
                        format!(".{other}")
                    },
                    help: if other == "png" {
                        "switch the feature `png` on"
                    } else {
                        "rename it"
                    },
                });
            }
        };
        std::fs::write(path, bytes).map_err(|source| Error::Io {
            path: path.to_path_buf(),
            source,
        })
    }
}
