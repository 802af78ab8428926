//! Times as people write them: an instant, a time without a zone, or only a date.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};

use crate::model::Window;

/// A time as written.
#[derive(Clone, Debug, PartialEq)]
pub enum Moment {
    /// With an offset or zone: `2025-10-20T09:00:00+07:00`.
    Instant(Timestamp),
    /// Without: `2025-10-20T09:00`, to be read in the zone of the place.
    Local(DateTime),
    /// Only a date: `2025-10-20`, the whole local day.
    Day(Date),
}

impl Moment {
    /// Reads a time in one of the three forms.
    ///
    /// # Errors
    /// When the text has none of them.
    pub fn parse(text: &str) -> Result<Self, String> {
        // only a zone in brackets makes it one, and trying costs more than reading it
        if let (true, Ok(zoned)) = (text.ends_with(']'), text.parse::<ZonedDateTime>()) {
            return Ok(Self::Instant(zoned.timestamp()));
        }
        if let Ok(instant) = text.parse::<Timestamp>() {
            return Ok(Self::Instant(instant));
        }
        // a date is also a valid civil datetime at midnight: try it first
        if let (10, Ok(date)) = (text.len(), text.parse::<Date>()) {
            return Ok(Self::Day(date));
        }
        text.parse::<DateTime>().map(Self::Local).map_err(|_| {
            format!("`{text}` is not a time such as 2025-10-20T09:00:00+07:00, 2025-10-20T09:00 or 2025-10-20")
        })
    }

    /// The time as a window in the zone of its place: what is not said widens it.
    ///
    /// A local time that occurs twice, when clocks are set back, is both; one that does not occur, when they are set forward, is the one
    /// moved forward by the gap.
    pub fn window(&self, zone: &TimeZone) -> Window {
        match self {
            Self::Instant(at) => Window::instant(*at),
            Self::Local(local) => {
                let ambiguous = zone.to_ambiguous_timestamp(*local);
                let (earlier, later) = (ambiguous.earlier(), ambiguous.later());
                match (earlier, later) {
                    (Ok(a), Ok(b)) => Window { from: Some(a.min(b)), to: Some(a.max(b)) },
                    _ => Window::ALWAYS,
                }
            }
            Self::Day(date) => {
                let start = |date: Date| {
                    zone.to_ambiguous_timestamp(date.to_datetime(jiff::civil::Time::midnight())).compatible()
                };
                match (start(*date), date.tomorrow().and_then(start)) {
                    (Ok(from), Ok(to)) => Window { from: Some(from), to: Some(to) },
                    _ => Window::ALWAYS,
                }
            }
        }
    }
}

/// An instant as every language writes it: the day and minute in a zone, with its name and what it is ahead of UTC.
pub fn local(at: Timestamp, zone: &TimeZone) -> String {
    let there = at.to_zoned_datetime(zone.clone());
    match zone.iana_name().filter(|_| *zone != TimeZone::UTC) {
        Some(name) => there.strftime(&format!("%Y-%m-%d %H:%M ({name}, UTC%:z)")).to_string(),
        None => there.strftime("%Y-%m-%d %H:%M UTC").to_string(),
    }
}

/// Reads an instant that must carry its zone.
///
/// # Errors
/// When the text is no RFC 3339 instant.
pub fn instant(text: &str) -> Result<Timestamp, String> {
    match Moment::parse(text)? {
        Moment::Instant(at) => Ok(at),
        _ => Err(format!("`{text}` needs a zone, such as 2025-10-20T09:00:00+07:00 or 2025-10-20T02:00:00Z")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_written_as_the_clocks_at_the_place_show_it_with_the_zone() {
        let at = "2025-10-15T15:00:00Z".parse().expect("an instant");
        let zone = |name| TimeZone::get(name).expect("a zone");
        assert_eq!(local(at, &zone("Asia/Phnom_Penh")), "2025-10-15 22:00 (Asia/Phnom_Penh, UTC+07:00)");
        assert_eq!(local(at, &zone("America/St_Johns")), "2025-10-15 12:30 (America/St_Johns, UTC-02:30)");
        assert_eq!(local(at, &TimeZone::UTC), "2025-10-15 15:00 UTC");
    }
}
