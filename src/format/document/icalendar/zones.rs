//! Zones of a calendar: of the time zone database, in the spellings of several programs, as the calendar itself defines them, or by the names
//! that Windows has for them.

use std::collections::HashMap;

use icalendar::parser::Component;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::{property, value};

/// What Windows calls the zones of the database; its first lines say where that is from.
const WINDOWS: &str = include_str!("windows-zones.csv");

/// A zone by the name it has in a calendar.
#[derive(Clone, Debug)]
pub(super) enum Zone {
    /// Of the time zone database.
    Known(String),
    /// The calendar says what its clocks show.
    Defined(TimeZone),
}

impl Zone {
    /// A time on its clocks, as our moments are written.
    pub fn write(&self, civil: DateTime) -> String {
        match self {
            Self::Known(name) if name == "UTC" => format!("{civil}Z"),
            Self::Known(name) => format!("{civil}[{name}]"),
            Self::Defined(zone) => zone.to_timestamp(civil).map_or_else(|_| civil.to_string(), |at| at.to_string()),
        }
    }
}

/// The zones that a calendar defines.
#[derive(Default)]
pub(super) struct Zones(HashMap<String, Zone>);

impl Zones {
    /// Collects the definitions of a calendar.
    pub fn of(components: &[Component]) -> Self {
        let mut zones = Self::default();
        zones.collect(components);
        zones
    }

    fn collect(&mut self, components: &[Component]) {
        for component in components {
            if component.name.as_str().eq_ignore_ascii_case("VTIMEZONE")
                && let (Some(name), Some(zone)) = (value(component, "TZID"), defined(component))
            {
                self.0.insert(name, Zone::Defined(zone));
            }
            self.collect(&component.components);
        }
    }

    /// The zone of a `TZID`: of the database, as the calendar defines it, or as Windows calls it. Some programs put their own name before that of the database: `/mozilla.org/20050126_1/Asia/Bangkok`.
    pub fn find(&self, name: &str) -> Option<Zone> {
        let mut rest = Some(name.trim_start_matches('/'));
        while let Some(name) = rest {
            if TimeZone::get(name).is_ok() {
                return Some(Zone::Known(name.to_owned()));
            }
            rest = name.split_once('/').map(|(_, rest)| rest);
        }
        self.0.get(name).cloned().or_else(|| {
            let mut known =
                WINDOWS.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(','));
            known.find(|(windows, _)| *windows == name).map(|(_, zone)| Zone::Known(zone.to_owned()))
        })
    }
}

/// A zone by its clocks (RFC 5545 section 3.6.5): one offset, or two with a rule for each change, as every program writes those that the
/// database does not have. Rules that end, or change by lists of dates, are not understood.
fn defined(zone: &Component) -> Option<TimeZone> {
    let of = |name: &str| {
        let of_name = |component: &&Component| component.name.as_str().eq_ignore_ascii_case(name);
        zone.components.iter().filter(of_name).collect::<Vec<_>>()
    };
    match (&of("STANDARD")[..], &of("DAYLIGHT")[..]) {
        ([standard], []) => TimeZone::posix(&format!("<std>{}", offset(standard)?)).ok(),
        ([standard], [daylight]) => {
            let (std, dst) = (offset(standard)?, offset(daylight)?);
            let rules = format!("<std>{std}<dst>{dst},{},{}", change(daylight)?, change(standard)?);
            TimeZone::posix(&rules).ok()
        }
        _ => None,
    }
}

/// `+0700` as POSIX has it, which counts westward: `-07:00`.
fn offset(observance: &Component) -> Option<String> {
    let written = value(observance, "TZOFFSETTO")?;
    let (sign, digits) = written.split_at_checked(1)?;
    let sign = match sign {
        "+" => "-",
        "-" => "+",
        _ => return None,
    };
    let is_time = digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit());
    is_time.then(|| format!("{sign}{}:{}", &digits[..2], &digits[2..]))
}

/// A yearly change as POSIX has it: `FREQ=YEARLY;BYMONTH=3;BYDAY=2SU` from a start at two o'clock is `M3.2.0/02:00:00`.
fn change(observance: &Component) -> Option<String> {
    let rule = value(observance, "RRULE")?.to_ascii_uppercase();
    property(observance, "RDATE").is_none().then_some(())?;
    let (mut month, mut week, mut day) = (None, None, None);
    for part in rule.split(';') {
        match part.split_once('=')? {
            ("FREQ", "YEARLY") | ("INTERVAL", "1") | ("WKST", _) => {}
            ("BYMONTH", number) => month = number.parse::<u8>().ok(),
            ("BYDAY", written) => {
                let (number, name) = written.split_at_checked(written.len().checked_sub(2)?)?;
                week = match number {
                    "-1" => Some(5),
                    number => number.trim_start_matches('+').parse::<u8>().ok().filter(|week| (1..=4).contains(week)),
                };
                let names = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"];
                day = names.iter().position(|known| *known == name);
            }
            _ => return None,
        }
    }
    let starts = DateTime::strptime("%Y%m%dT%H%M%S", value(observance, "DTSTART")?).ok()?;
    Some(format!("M{}.{}.{}/{}", month?, week?, day?, starts.time().strftime("%H:%M:%S")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_windows_calls_a_zone_is_a_zone_of_the_database_unless_the_calendar_says_otherwise() {
        let zones = Zones::default();
        let named = |name: &str| zones.find(name).map(|zone| zone.write(DateTime::constant(2025, 10, 15, 9, 0, 0, 0)));
        assert_eq!(named("SE Asia Standard Time").as_deref(), Some("2025-10-15T09:00:00[Asia/Bangkok]"));
        assert_eq!(named("Nowhere Standard Time"), None);
        assert_eq!(named("#"), None);
        for (windows, zone) in
            WINDOWS.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(','))
        {
            assert!(TimeZone::get(zone).is_ok(), "{windows}: {zone}");
        }
        let defined = Zone::Defined(TimeZone::fixed(jiff::tz::offset(-8)));
        let zones = Zones([("Pacific Standard Time".to_owned(), defined)].into());
        assert!(matches!(zones.find("Pacific Standard Time"), Some(Zone::Defined(_))));
    }
}
