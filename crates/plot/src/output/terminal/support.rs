//! What a terminal can show.

use std::env;
use std::io::{IsTerminal, stdout};

use crate::color::Theme;

/// The colours that a terminal has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colours {
    /// None: plain ASCII characters.
    None,
    /// The 256 of xterm.
    Ansi256,
    /// Sixteen million.
    True,
}

/// A terminal to draw for.
///
/// ```
/// use hammerhead_plot::{Colours, Figure, Terminal};
///
/// let terminal = Terminal::plain().columns(60).colours(Colours::True);
/// let text = Figure::new().curve([1, 3, 2]).text(&terminal);
/// assert!(text.contains("\x1b[38;2;"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terminal {
    pub(crate) columns: usize,
    pub(crate) colours: Colours,
    pub(crate) theme: Theme,
    #[cfg(feature = "png")]
    pub(crate) sixel: bool,
    /// Known to show sixel pictures.
    #[cfg(feature = "png")]
    sixel_able: bool,
}

/// Terminals that show sixel pictures, by what they call themselves in `TERM` or `TERM_PROGRAM`.
#[cfg(feature = "png")]
const SIXEL: [&str; 8] = [
    "sixel",
    "mlterm",
    "foot",
    "yaft",
    "contour",
    "WezTerm",
    "iTerm.app",
    "mintty",
];

impl Terminal {
    /// No colours and 80 columns, as for a file.
    ///
    /// ```
    /// use hammerhead_plot::{Figure, Terminal};
    /// assert!(Figure::new().text(&Terminal::plain()).is_ascii());
    /// ```
    pub fn plain() -> Self {
        Self {
            columns: 80,
            colours: Colours::None,
            theme: Theme::Dark,
            #[cfg(feature = "png")]
            sixel: false,
            #[cfg(feature = "png")]
            sixel_able: false,
        }
    }

    /// The terminal that the program writes to: no colours if the output is no terminal, if `NO_COLOR` is set
    /// (see [no-color.org](https://no-color.org)) or if `TERM` is `dumb`; true colours if `COLORTERM` says so; the
    /// width of `COLUMNS`, else 80; light if `COLORFGBG` tells of a light background.
    ///
    /// ```
    /// let terminal = hammerhead_plot::Terminal::detect();
    /// ```
    pub fn detect() -> Self {
        Self::from(stdout().is_terminal(), |name| env::var(name).ok())
    }

    fn from(is_terminal: bool, variable: impl Fn(&str) -> Option<String>) -> Self {
        let term = variable("TERM").unwrap_or_default();
        let no_color = variable("NO_COLOR").is_some_and(|value| !value.is_empty());
        let colours = if !is_terminal || no_color || term == "dumb" {
            Colours::None
        } else if variable("COLORTERM").is_some_and(|kind| kind == "truecolor" || kind == "24bit") {
            Colours::True
        } else {
            Colours::Ansi256
        };
        let columns = variable("COLUMNS").and_then(|columns| columns.parse().ok());
        let ground =
            variable("COLORFGBG").and_then(|pair| pair.rsplit(';').next()?.parse::<u8>().ok());
        #[cfg(feature = "png")]
        let sixel_able = colours != Colours::None && {
            let program = variable("TERM_PROGRAM").unwrap_or_default();
            SIXEL
                .iter()
                .any(|name| term.contains(name) || program == *name)
        };
        Self {
            columns: columns.unwrap_or(80),
            colours,
            theme: match ground {
                Some(7 | 9..=15) => Theme::Light,
                _ => Theme::Dark,
            },
            #[cfg(feature = "png")]
            sixel: false,
            #[cfg(feature = "png")]
            sixel_able,
        }
        .bounded()
    }

    fn bounded(mut self) -> Self {
        self.columns = self.columns.clamp(20, 400);
        self
    }

    /// How many characters a line has, between 20 and 400.
    #[must_use]
    pub fn columns(mut self, columns: usize) -> Self {
        self.columns = columns;
        self.bounded()
    }

    /// The colours to use.
    #[must_use]
    pub fn colours(mut self, colours: Colours) -> Self {
        self.colours = colours;
        self
    }

    /// Whether the terminal's own background is light or dark.
    #[must_use]
    pub fn theme(mut self, theme: Theme) -> Self {
        self.theme = theme;
        self
    }

    /// Asks for pixels by [sixel](https://en.wikipedia.org/wiki/Sixel), which come where [`detect`](Self::detect) found
    /// a terminal that is known to show them; elsewhere nothing changes.
    #[cfg(feature = "png")]
    #[must_use]
    pub fn sixel(mut self) -> Self {
        self.sixel = self.sixel_able;
        self
    }

    /// Pixels by sixel whatever the terminal is known to show.
    ///
    /// ```
    /// use hammerhead_plot::{Figure, Terminal};
    /// let text = Figure::new().text(&Terminal::plain().sixel_always());
    /// assert!(text.starts_with("\x1bP"));
    /// ```
    #[cfg(feature = "png")]
    #[must_use]
    pub fn sixel_always(mut self) -> Self {
        self.sixel = true;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terminal(is_terminal: bool, variables: &[(&str, &str)]) -> Terminal {
        Terminal::from(is_terminal, |name| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn colours_are_for_terminals_that_want_them() {
        let colours = |is, variables| terminal(is, variables).colours;
        assert_eq!(colours(false, &[("COLORTERM", "truecolor")]), Colours::None);
        assert_eq!(colours(true, &[("COLORTERM", "truecolor")]), Colours::True);
        assert_eq!(
            colours(true, &[("COLORTERM", "24bit"), ("NO_COLOR", "1")]),
            Colours::None
        );
        assert_eq!(colours(true, &[("NO_COLOR", "")]), Colours::Ansi256);
        assert_eq!(colours(true, &[("TERM", "dumb")]), Colours::None);
        assert_eq!(
            colours(true, &[("TERM", "xterm-256color")]),
            Colours::Ansi256
        );
    }

    #[test]
    fn width_and_background_come_from_the_environment() {
        assert_eq!(terminal(true, &[]).columns, 80);
        assert_eq!(terminal(true, &[("COLUMNS", "132")]).columns, 132);
        assert_eq!(terminal(true, &[("COLUMNS", "3")]).columns, 20);
        assert_eq!(terminal(true, &[("COLUMNS", "many")]).columns, 80);
        assert_eq!(terminal(true, &[("COLORFGBG", "0;15")]).theme, Theme::Light);
        assert_eq!(
            terminal(true, &[("COLORFGBG", "15;default;0")]).theme,
            Theme::Dark
        );
    }

    #[cfg(feature = "png")]
    #[test]
    fn sixel_is_for_terminals_that_can_when_it_is_asked_for() {
        assert!(!terminal(true, &[("TERM", "foot")]).sixel);
        assert!(terminal(true, &[("TERM", "foot")]).sixel().sixel);
        assert!(terminal(true, &[("TERM_PROGRAM", "WezTerm")]).sixel().sixel);
        assert!(!terminal(true, &[("TERM", "xterm-256color")]).sixel().sixel);
        assert!(!terminal(false, &[("TERM", "foot")]).sixel().sixel);
    }
}
