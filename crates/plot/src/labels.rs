//! What stands around the data: titles, names and ends of axes, size and theme.

use crate::color::Theme;
use crate::figure::Figure;
use crate::panel::{Mark, Scale};
use crate::pixels::Shading;
use crate::tex;
use crate::ticks::drawable;

impl Figure {
    /// What stands above the panel; parts between dollar signs are [TeX](tex), and a line may end with `\n`.
    ///
    /// ```
    /// assert!(hammerhead_plot::Figure::new().title("$x^2$").svg().contains(">x²<"));
    /// ```
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.panel().title = tex(&title.into());
        self
    }

    /// What the horizontal axis shows.
    ///
    /// ```
    /// assert!(hammerhead_plot::Figure::new().x_label("epoch").svg().contains(">epoch<"));
    /// ```
    pub fn x_label(mut self, label: impl Into<String>) -> Self {
        self.panel().x_label = tex(&label.into());
        self
    }

    /// What the vertical axis shows.
    ///
    /// ```
    /// assert!(hammerhead_plot::Figure::new().y_label("loss").svg().contains(">loss<"));
    /// ```
    pub fn y_label(mut self, label: impl Into<String>) -> Self {
        self.panel().y_label = tex(&label.into());
        self
    }

    /// The ends of the horizontal axis, instead of the data's.
    ///
    /// ```
    /// assert!(hammerhead_plot::Figure::new().x_lim(0.0, 50.0).svg().contains(">50<"));
    /// ```
    ///
    /// # Panics
    /// If the ends are equal, not finite, or beyond 1e300.
    #[track_caller]
    pub fn x_lim(mut self, low: f64, high: f64) -> Self {
        self.panel().x_lim = Some(limits("x_lim", low, high));
        self
    }

    /// The ends of the vertical axis, instead of the data's; what lies outside is cut off.
    ///
    /// ```
    /// assert!(hammerhead_plot::Figure::new().y_lim(-300.0, 100.0).svg().contains(">−300<"));
    /// ```
    ///
    /// # Panics
    /// If the ends are equal, not finite, or beyond 1e300.
    #[track_caller]
    pub fn y_lim(mut self, low: f64, high: f64) -> Self {
        self.panel().y_lim = Some(limits("y_lim", low, high));
        self
    }

    /// Draws the horizontal axis by powers of ten; what is not positive is left out.
    ///
    /// ```
    /// let figure = hammerhead_plot::Figure::new().line([1e-6, 1.0], [0.0, 1.0]).x_log();
    /// assert!(figure.svg().contains("10⁻⁶"));
    /// ```
    pub fn x_log(mut self) -> Self {
        self.panel().x_scale = Scale::Log;
        self
    }

    /// How the numbers of grey pictures, in all panels, become light and dark.
    ///
    /// ```
    /// use hammerhead_plot::{Shading, show_image};
    /// use hammerhead_tensor::tensor;
    ///
    /// let weights = tensor([[-1.0, 0.0], [0.5, 1.0]]);
    /// let figure = show_image(&weights).shading(Shading::Signed);
    /// assert!(figure.svg().contains("<image"));
    /// ```
    pub fn shading(mut self, shading: Shading) -> Self {
        for layer in self.panels.iter_mut().flat_map(|panel| &mut panel.layers) {
            if let Mark::Image { shading: own, .. } = &mut layer.mark {
                *own = shading;
            }
        }
        self
    }

    /// Width and height of the whole in matplotlib's inches, a hundred pixels each.
    ///
    /// ```
    /// let figure = hammerhead_plot::Figure::new().figsize(6.0, 4.0);
    /// assert!(figure.svg().contains(r#"viewBox="0 0 600 400""#));
    /// ```
    ///
    /// # Panics
    /// If a side is not between 0.5 and 100.
    #[track_caller]
    pub fn figsize(mut self, width: f64, height: f64) -> Self {
        let fits = |side: f64| (0.5..=100.0).contains(&side);
        assert!(
            fits(width) && fits(height),
            "figsize: {width} x {height} inches; each side must be from 0.5 to 100"
        );
        self.size = Some((width, height));
        self
    }

    /// Light, or dark.
    ///
    /// ```
    /// use hammerhead_plot::{Figure, Theme};
    /// let figure = Figure::new().curve([1, 2]);
    /// assert_ne!(figure.svg(), figure.theme(Theme::Dark).svg());
    /// ```
    pub fn theme(mut self, theme: Theme) -> Self {
        self.theme = theme;
        self
    }
}

#[track_caller]
fn limits(operation: &str, low: f64, high: f64) -> (f64, f64) {
    assert!(
        drawable(low) && drawable(high) && low != high,
        "{operation}: {low} to {high}; the ends must be different finite numbers up to 1e300"
    );
    (low.min(high), low.max(high))
}
