//! iCalendar (RFC 5545): the reservations that KDE Itinerary embeds, else events with a place, each a stay.

use icalendar::parser::{Component, Property, read_components, unfold};
use jiff::civil::{Date, DateTime};
use jiff::{SignedDuration, Span};
use serde_json::Value;

use super::segments::Visit;
use super::{Context, Drafts, country_name, places, schema_org};
use crate::error::Issue;
use crate::format::draft::{Source, doubtful, dropped};
use crate::format::itinerary::PlaceDoc;
use crate::format::json;

mod zones;

use zones::{Zone, Zones};

const EMBEDDED: &str = "X-KDE-KITINERARY-RESERVATION";

/// What a calendar holds: reservations with the place of each, and events as stays.
#[derive(Default)]
pub(super) struct Calendar {
    pub reservations: Vec<(String, Value)>,
    pub events: Vec<Visit>,
    pub notes: Vec<Issue>,
}

/// Reads a calendar.
pub(super) fn read(text: &[u8], context: &Context) -> Drafts {
    let Calendar { reservations, events, notes } = read_part(text, "", context)?;
    Ok(vec![schema_org::draft(&reservations, events, notes, context)?])
}

/// The same for one within another document.
pub(super) fn read_part(text: &[u8], at: &str, context: &Context) -> Result<Calendar, Vec<Issue>> {
    let text = super::csv::decode(text).0;
    let lines = lines_of("VEVENT", &text);
    let unfolded = unfold(&text);
    let components = read_components(&unfolded).map_err(|_| match open_event(&text) {
        Some(line) => vec![Issue::invalid(format!("{at}line {line}"), "the event that begins here has no end")],
        None => vec![Issue::invalid(at, "is no calendar that can be read")],
    })?;
    let mut events = Vec::new();
    collect("VEVENT", &components, false, &mut events);
    if events.len() < lines.len() {
        // the library stops at what it cannot read, without a word
        let line = lines[events.len()];
        let detail = format!("{} of {} events can be read", events.len(), lines.len());
        return Err(vec![Issue::invalid(format!("{at}line {line}"), detail)]);
    }
    let zones = Zones::of(&components);
    let mut found = Calendar::default();
    let notes = &mut found.notes;
    for ((event, is_called_off), line) in events.into_iter().zip(lines) {
        let at = format!("{at}line {line}");
        if is_called_off || value(event, "STATUS").is_some_and(|status| status.eq_ignore_ascii_case("CANCELLED")) {
            notes.push(dropped(at, "the event is cancelled"));
            continue;
        }
        if let Some(reservation) = value(event, EMBEDDED) {
            match json::distinct(reservation.as_bytes()) {
                Ok(reservation) => {
                    found.reservations.push((format!("{at}: {EMBEDDED}"), reservation));
                    continue;
                }
                Err(e) => notes.push(doubtful(format!("{at}: {EMBEDDED}"), format!("is no JSON: {e}"))),
            }
        }
        found.events.extend(stay(event, &at, &zones, context, notes));
    }
    let mut tasks = Vec::new();
    collect("VTODO", &components, false, &mut tasks);
    for ((task, is_called_off), line) in tasks.into_iter().zip(lines_of("VTODO", &text)) {
        if !is_called_off && ["LOCATION", "GEO", EMBEDDED].iter().any(|name| property(task, name).is_some()) {
            notes.push(doubtful(format!("{at}line {line}"), "a task with a place: tasks are not looked at"));
        }
    }
    Ok(found)
}

/// The numbers of the lines where components of a name begin; a line may be folded anywhere (RFC 5545 section 3.1).
fn lines_of(name: &str, text: &str) -> Vec<usize> {
    let begin = format!("BEGIN:{name}");
    let mut unfolded: Vec<(usize, String)> = Vec::new();
    for (i, line) in text.lines().enumerate() {
        match (line.strip_prefix([' ', '\t']), unfolded.last_mut()) {
            (Some(rest), Some((_, before))) => before.push_str(rest),
            _ => unfolded.push((i + 1, line.to_owned())),
        }
    }
    let begins = unfolded.into_iter().filter(|(_, line)| line.trim_end().eq_ignore_ascii_case(&begin));
    begins.map(|(number, _)| number).collect()
}

/// The line where an event begins that does not end.
fn open_event(text: &str) -> Option<usize> {
    let mut open = None;
    for (i, line) in text.lines().enumerate() {
        if line.trim_end().eq_ignore_ascii_case("BEGIN:VEVENT") {
            if open.is_some() {
                return open;
            }
            open = Some(i + 1);
        } else if line.trim_end().eq_ignore_ascii_case("END:VEVENT") {
            open = None;
        }
    }
    open
}

/// Collects components of a name, each with whether its calendar calls it off (RFC 5546 section 3.2.5).
fn collect<'a>(
    name: &str,
    components: &'a [Component<'a>],
    called_off: bool,
    found: &mut Vec<(&'a Component<'a>, bool)>,
) {
    for component in components {
        let called_off =
            called_off || value(component, "METHOD").is_some_and(|method| method.eq_ignore_ascii_case("CANCEL"));
        if component.name.as_str().eq_ignore_ascii_case(name) {
            found.push((component, called_off));
        }
        collect(name, &component.components, called_off, found);
    }
}

fn property<'a>(event: &'a Component<'a>, name: &str) -> Option<&'a Property<'a>> {
    event.properties.iter().find(|property| property.name.as_str().eq_ignore_ascii_case(name))
}

/// A text, unescaped (RFC 5545 section 3.3.11).
fn value(event: &Component, name: &str) -> Option<String> {
    let raw = property(event, name)?.val.as_str();
    let mut text = String::with_capacity(raw.len());
    let mut letters = raw.chars();
    while let Some(letter) = letters.next() {
        match (letter, letter == '\\') {
            (_, true) => match letters.next() {
                Some('n' | 'N') => text.push('\n'),
                Some(escaped) => text.push(escaped),
                None => {}
            },
            (letter, false) => text.push(letter),
        }
    }
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// An event with a place as a stay; one that takes place nowhere is left out with a note.
fn stay(event: &Component, at: &str, zones: &Zones, context: &Context, notes: &mut Vec<Issue>) -> Option<Visit> {
    let place = place(event, at, context, notes)?;
    for name in ["RRULE", "RDATE"] {
        if property(event, name).is_some() {
            notes.push(doubtful(format!("{at}: {name}"), "the event is repeated: only its first time is looked at"));
        }
    }
    for name in ["DTSTART", "DTEND", "DURATION", "LOCATION", "GEO"] {
        let is = |property: &&Property| property.name.as_str().eq_ignore_ascii_case(name);
        if event.properties.iter().filter(is).count() > 1 {
            notes.push(doubtful(format!("{at}: {name}"), "is written twice: the first is taken"));
        }
    }
    let begins = time(event, "DTSTART", at, zones, notes);
    let ends = time(event, "DTEND", at, zones, notes);
    let text = |time: &Time| time.text.clone();
    let depart = match (&begins, &ends) {
        (_, Some(end)) => Some(end.last_text()),
        (Some(begins), None) => lasting(event, begins, at, notes),
        (None, None) => None,
    };
    let arrive = begins.as_ref().map(text);
    // an event without an end is over when it begins (RFC 5545 section 3.6.1)
    Some(Visit { place, arrive, depart, transit: None, is_moment: true, source: Source::at(at) })
}

fn place(event: &Component, at: &str, context: &Context, notes: &mut Vec<Issue>) -> Option<PlaceDoc> {
    let name = value(event, "LOCATION");
    if let Some(geo) = value(event, "GEO") {
        // latitude first (RFC 5545 section 3.8.1.6)
        match places::coordinates(&geo).filter(|(lat, lon)| lat.abs() <= 90.0 && lon.abs() <= 180.0) {
            Some((lat, lon)) => {
                let country = name.as_deref().and_then(country_name::after);
                return Some(PlaceDoc { lat: Some(lat), lon: Some(lon), name, country, ..PlaceDoc::default() });
            }
            None => notes.push(dropped(format!("{at}: GEO"), format!("`{geo}` is no latitude;longitude"))),
        }
    }
    if let Some(name) = name {
        Some(places::by_text(&name, None, at, context, notes))
    } else {
        let summary = value(event, "SUMMARY").unwrap_or_default();
        notes.push(match places::journey_in(&summary, context) {
            Some(word) => doubtful(at, format!("the event says no place, and `{summary}` speaks of {word}")),
            None => dropped(at, "the event says no place"),
        });
        None
    }
}

/// A time as our moments are written, and whether it is a whole day.
struct Time {
    text: String,
    day: Option<Date>,
    local: Option<(DateTime, Option<Zone>)>,
}

impl Time {
    /// As an end: a day is the one after the last (RFC 5545 section 3.6.1).
    fn last_text(&self) -> String {
        match self.day.and_then(|day| day.yesterday().ok()) {
            Some(last) => last.to_string(),
            None => self.text.clone(),
        }
    }
}

fn time(event: &Component, name: &str, at: &str, zones: &Zones, notes: &mut Vec<Issue>) -> Option<Time> {
    let property = property(event, name)?;
    let written = property.val.as_str().trim();
    let parameter = |name: &str| {
        let found = property.params.iter().find(|parameter| parameter.key.as_str().eq_ignore_ascii_case(name))?;
        found.val.as_ref().map(|value| value.as_str().trim_matches('"').to_owned())
    };
    let unreadable = |notes: &mut Vec<Issue>| {
        notes.push(doubtful(format!("{at}: {name}"), format!("`{written}` is no time")));
        None
    };
    if written.len() == 8 {
        let Ok(day) = Date::strptime("%Y%m%d", written) else { return unreadable(notes) };
        return Some(Time { text: day.to_string(), day: Some(day), local: None });
    }
    let (civil, is_utc) = match written.strip_suffix(['Z', 'z']) {
        Some(civil) => (civil, true),
        None => (written, false),
    };
    let Ok(civil) = DateTime::strptime("%Y%m%dT%H%M%S", civil) else { return unreadable(notes) };
    let zone = match parameter("TZID") {
        _ if is_utc => Some(Zone::Known("UTC".to_owned())),
        Some(named) => zones.find(&named).or_else(|| {
            let detail = format!("the zone `{named}` is not known: taken as the local time of the place");
            notes.push(doubtful(format!("{at}: {name}"), detail));
            None
        }),
        None => None,
    };
    Some(Time { text: written_in(zone.as_ref(), civil), day: None, local: Some((civil, zone)) })
}

/// The end of an event that says how long it lasts; a day without either lasts that day.
fn lasting(event: &Component, begins: &Time, at: &str, notes: &mut Vec<Issue>) -> Option<String> {
    let Some(written) = value(event, "DURATION") else { return begins.day.map(|day| day.to_string()) };
    let (Ok(span), Some((civil, zone))) = (written.parse::<Span>(), &begins.local) else {
        if begins.day.is_none() || written.parse::<Span>().is_err() {
            notes.push(doubtful(format!("{at}: DURATION"), format!("`{written}` is no duration here")));
        }
        return begins.day.map(|day| day.to_string());
    };
    let duration = SignedDuration::try_from(span).ok();
    let end = match duration {
        Some(duration) => civil.checked_add(duration),
        None => civil.checked_add(span),
    };
    let end = end.map_err(|_| notes.push(doubtful(format!("{at}: DURATION"), "is too long"))).ok()?;
    Some(written_in(zone.as_ref(), end))
}

/// A time as our moments are written: without a zone it is that of the place.
fn written_in(zone: Option<&Zone>, civil: DateTime) -> String {
    zone.map_or_else(|| civil.to_string(), |zone| zone.write(civil))
}
