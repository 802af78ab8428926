//! Colours of the terminal: the issuers' own, as many of them as the terminal can show, or none.

use std::io::IsTerminal;

use crate::model::{Rgb, Verdict};

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
                    _ => format!("{letters};48;5;{}", ansi256(colour)),
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

/// The nearest colour of the 6×6×6 cube that terminals without 24-bit colour have.
fn ansi256(colour: Rgb) -> u8 {
    let step = |c: u8| u8::try_from((u16::from(c) * 5 + 127) / 255).unwrap_or(5);
    16 + 36 * step(colour.0) + 6 * step(colour.1) + step(colour.2)
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
