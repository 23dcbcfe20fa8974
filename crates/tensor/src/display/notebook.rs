//! Tensors in notebooks, by the text protocol of evcxr, Jupyter's kernel for Rust.

use std::io::{Write, stdout};

use crate::Tensor;

impl Tensor {
    /// Shows the tensor in a notebook; evcxr calls this for the value of a cell's last line.
    ///
    /// The cell gets PyTorch's text, and below it, where HTML can be shown, the shape, the dtype and the device.
    ///
    /// ```
    /// hammerhead_tensor::tensor([1.0, 2.0]).evcxr_display();
    /// ```
    pub fn evcxr_display(&self) {
        let mut out = stdout().lock();
        // A reader that went away is no reason to stop.
        let _ = out
            .write_all(self.bundle().as_bytes())
            .and_then(|()| out.flush());
    }

    fn bundle(&self) -> String {
        let text = self.to_string();
        let mut escaped = String::with_capacity(text.len());
        for letter in text.chars() {
            match letter {
                '&' => escaped += "&amp;",
                '<' => escaped += "&lt;",
                _ => escaped.push(letter),
            }
        }
        let facts = format!(
            "{:?} · {:?} · {}",
            self.shape(),
            self.dtype(),
            self.device().name()
        );
        let html = format!("<pre>{escaped}</pre>\n<small>{facts}</small>");
        let part = |kind: &str, content: &str| {
            format!("EVCXR_BEGIN_CONTENT {kind}\n{content}\nEVCXR_END_CONTENT\n")
        };
        part("text/plain", &text) + &part("text/html", &html)
    }
}

#[cfg(test)]
mod tests {
    use crate::tensor;

    #[test]
    fn a_notebook_gets_text_and_html() {
        let bundle = tensor([[1, 2], [3, 4]]).bundle();
        let expected = "EVCXR_BEGIN_CONTENT text/plain\ntensor([[1, 2],\n        [3, 4]])\nEVCXR_END_CONTENT\n\
                        EVCXR_BEGIN_CONTENT text/html\n<pre>tensor([[1, 2],\n        [3, 4]])</pre>\n\
                        <small>[2, 2] · I64 · cpu</small>\nEVCXR_END_CONTENT\n";
        assert_eq!(bundle, expected);
    }
}
