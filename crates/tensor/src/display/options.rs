//! How much is printed, and how finely.

/// What `torch.set_printoptions` and `numpy.set_printoptions` set.
///
/// ```
/// use hammerhead_tensor::display::PrintOptions;
///
/// let short = PrintOptions { precision: 2, edge_items: 2, ..PrintOptions::torch() };
/// assert_eq!(short.threshold, 1000);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrintOptions {
    /// Digits after the decimal point; for numpy at most so many, as fewer may be exact.
    pub precision: u16,
    /// With more elements than this, only the edges of every dim are printed.
    pub threshold: usize,
    /// How many elements an edge has.
    ///
    /// At 0 PyTorch prints dots only; numpy's text always has at least one.
    pub edge_items: usize,
    /// Where rows are broken.
    pub line_width: usize,
    /// Floats in scientific notation always, never, or (`None`) when their range asks for it.
    pub scientific: Option<bool>,
}

impl PrintOptions {
    /// PyTorch's defaults: 4 digits, 1000 elements, edges of 3, lines of 80.
    pub const fn torch() -> Self {
        Self {
            precision: 4,
            threshold: 1000,
            edge_items: 3,
            line_width: 80,
            scientific: None,
        }
    }

    /// numpy's defaults: 8 digits, 1000 elements, edges of 3, lines of 75.
    pub const fn numpy() -> Self {
        Self {
            precision: 8,
            line_width: 75,
            ..Self::torch()
        }
    }
}

impl Default for PrintOptions {
    /// [`torch`](Self::torch)'s.
    fn default() -> Self {
        Self::torch()
    }
}
