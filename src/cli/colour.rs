//! Colours of the terminal: the issuers' own, as many of them as the terminal can show, or none.

use std::io::IsTerminal;

use crate::model::Verdict;

/// A colour in red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Rgb(pub u8, pub u8, pub u8);

impl Rgb {
    /// Reads `#rrggbb`.
    pub fn parse(colour: &str) -> Option<Self> {
        let hex =
            colour.strip_prefix('#').filter(|hex| hex.len() == 6 && hex.bytes().all(|b| b.is_ascii_hexdigit()))?;
        let part = |i: usize| u8::from_str_radix(&hex[i..i + 2], 16).ok();
        Some(Self(part(0)?, part(2)?, part(4)?))
    }

    /// Whether dark letters read better on it than light ones: its relative luminance (WCAG 2) is above the middle.
    pub fn is_light(self) -> bool {
        let linear = |c: u8| (f64::from(c) / 255.0).powf(2.2);
        0.2126 * linear(self.0) + 0.7152 * linear(self.1) + 0.0722 * linear(self.2) > 0.179
    }

    /// The nearest colour of the 6×6×6 cube that terminals without 24-bit colour have.
    fn ansi256(self) -> u8 {
        let step = |c: u8| u8::try_from((u16::from(c) * 5 + 127) / 255).unwrap_or(5);
        16 + 36 * step(self.0) + 6 * step(self.1) + step(self.2)
    }
}

impl std::fmt::Display for Rgb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

/// How a text looks, apart from what it says: colour never says anything that the words do not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Style {
    #[default]
    Plain,
    Bold,
    Dim,
    /// On the issuer's colour.
    Level(Rgb),
    Verdict(Verdict),
}

/// How many colours the terminal shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Paint {
    None,
    Few,
    Many,
}

impl Paint {
    /// What the standard output shows: nothing unless it is a terminal, and nothing where `NO_COLOR` is set (no-color.org);
    /// `CLICOLOR_FORCE` paints into files and pipes too.
    pub fn of_stdout() -> Self {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let is = |name: &str, values: &[&str]| std::env::var(name).is_ok_and(|value| values.contains(&value.as_str()));
        let forced = set("CLICOLOR_FORCE") && !is("CLICOLOR_FORCE", &["0"]);
        if set("NO_COLOR") || is("TERM", &["dumb"]) && !forced || !(forced || std::io::stdout().is_terminal()) {
            Self::None
        } else if is("COLORTERM", &["truecolor", "24bit"]) {
            Self::Many
        } else {
            Self::Few
        }
    }

    /// The text in its style; a reset follows it.
    pub fn apply(self, text: &str, style: Style) -> String {
        let code = match (self, style) {
            (Self::None, _) | (_, Style::Plain) => return text.to_owned(),
            (_, Style::Bold) => "1".to_owned(),
            (_, Style::Dim) => "2".to_owned(),
            (paint, Style::Level(colour)) => {
                let letters = if colour.is_light() { 30 } else { 97 };
                match paint {
                    Self::Many => format!("{letters};48;2;{};{};{}", colour.0, colour.1, colour.2),
                    _ => format!("{letters};48;5;{}", colour.ansi256()),
                }
            }
            (_, Style::Verdict(verdict)) => match verdict {
                Verdict::Clear => "1;32",
                Verdict::Notice => "1;36",
                Verdict::Caution => "1;33",
                Verdict::Avoid => "1;31",
                Verdict::Prohibited => "1;97;41",
                Verdict::Indeterminate => "1;35",
            }
            .to_owned(),
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_read_and_painted_for_the_terminal_at_hand() {
        let red = Rgb::parse("#e60012").expect("a colour");
        assert_eq!(Rgb::parse("red"), None);
        assert_eq!(Rgb::parse("#12345é"), None);
        assert_eq!(Paint::Many.apply("4", Style::Level(red)), "\x1b[97;48;2;230;0;18m4\x1b[0m");
        assert_eq!(Paint::Few.apply("4", Style::Level(red)), "\x1b[97;48;5;196m4\x1b[0m");
        assert_eq!(Paint::None.apply("4", Style::Level(red)), "4");
        assert!(Rgb::parse("#ffff00").expect("a colour").is_light());
    }
}
