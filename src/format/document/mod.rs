//! Documents from elsewhere as plans: which format a document has, and one reader for each.
//!
//! A reader turns bytes into drafts; places and times are settled afterwards, in one place for all. What a reader leaves out it says.

mod amadeus;
mod beside;
pub mod bookings;
mod country_name;
pub mod csv;
mod duffel;
mod flights;
mod geojson_lines;
mod gpx_tracks;
mod html;
mod icalendar;
pub mod kitinerary;
mod mail;
mod places;
mod schema_org;
mod segments;

use serde_json::Value;

use super::draft::{ASSUMED, Asked, Draft};
use super::itinerary::{ItineraryDoc, ItineraryRequest};
use super::json;
use crate::error::{Error, Issue};
use crate::geometry::Limits;
use crate::model::gazetteer::Gazetteer;

/// What readers may ask.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// Places, for the zones of local times and to tell a town from the rest of an address.
    pub gazetteer: &'a Gazetteer,
    /// What a geometry may cost.
    pub limits: &'a Limits,
    /// The extractor for mails and papers that carry no data of their own, where one is installed.
    pub extractor: Option<&'a kitinerary::Extractor>,
}

/// What a reader gives: the plans of a document, or everything that is wrong with it.
pub type Drafts = Result<Vec<Draft>, Vec<Issue>>;

/// The formats that plans are read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Cordon's own itinerary or request.
    Cordon,
    /// schema.org reservations in JSON-LD.
    SchemaOrg,
    /// A Duffel order.
    Duffel,
    /// An Amadeus flight order.
    Amadeus,
    /// GeoJSON lines and points.
    GeoJson,
    /// An agency's table, a row for each passenger and leg.
    Csv,
    /// iCalendar.
    Calendar,
    /// GPX tracks, routes and waypoints.
    Gpx,
    /// A page with reservations in it.
    Html,
    /// An e-mail with reservations in it.
    Mail,
    /// A paper that only the extractor can read.
    Pdf,
    /// A pass of a phone's wallet, which only the extractor can read.
    Pass,
}

/// Media types and endings of file names, for each format.
const KNOWN: &[(Format, &[&str], &[&str])] = &[
    (Format::SchemaOrg, &["application/ld+json"], &["jsonld"]),
    (Format::GeoJson, &["application/geo+json"], &["geojson"]),
    (Format::Csv, &["text/csv", "text/tab-separated-values"], &["csv", "tsv"]),
    (Format::Calendar, &["text/calendar"], &["ics", "ical"]),
    (Format::Gpx, &["application/gpx+xml"], &["gpx"]),
    (Format::Html, &["text/html"], &["html", "htm"]),
    (Format::Mail, &["message/rfc822"], &["eml"]),
    (Format::Pdf, &["application/pdf"], &["pdf"]),
    (Format::Pass, &["application/vnd.apple.pkpass"], &["pkpass"]),
];

/// The media types that plans are taken in, for messages.
pub const MEDIA_TYPES: &str = "application/json, application/ld+json, application/geo+json, text/csv, text/calendar, \
                               application/gpx+xml, text/html, message/rfc822, application/pdf or application/vnd.apple.pkpass";

impl Format {
    /// The format of a media type; of one that several formats share, what the content says.
    pub fn of_media_type(essence: &str, text: &[u8]) -> Option<Self> {
        let known = KNOWN.iter().find(|(_, types, _)| types.contains(&essence));
        match known {
            Some((format, ..)) => Some(*format),
            None if essence == "application/json" || essence.ends_with("+json") => Some(Self::of_json(text)),
            None => None,
        }
    }

    /// The format of a file: by its ending where that says it, else by its content.
    pub fn of_file(name: &str, text: &[u8]) -> Self {
        let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
        match KNOWN.iter().find(|(_, _, endings)| endings.contains(&ending.as_str())) {
            Some((format, ..)) => *format,
            None => Self::of_content(text),
        }
    }

    fn of_content(text: &[u8]) -> Self {
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        let start = text.trim_ascii_start();
        let begins =
            |with: &str| start.get(..with.len()).is_some_and(|head| head.eq_ignore_ascii_case(with.as_bytes()));
        let head = &text[..text.len().min(4096)];
        let has = |word: &[u8]| head.windows(word.len()).any(|w| w.eq_ignore_ascii_case(word));
        match start.first() {
            Some(b'{' | b'[') => Self::of_json(text),
            _ if begins("BEGIN:VCALENDAR") => Self::Calendar,
            _ if begins("%PDF-") => Self::Pdf,
            _ if begins("PK\u{3}\u{4}") => Self::Pass,
            Some(b'<') if has(b"<gpx") => Self::Gpx,
            Some(b'<') => Self::Html,
            _ if [&b"\nfrom:"[..], b"\nmime-version:", b"\nmessage-id:"].iter().any(|word| has(word)) => Self::Mail,
            _ => Self::Cordon,
        }
    }

    fn of_json(text: &[u8]) -> Self {
        let Ok(value) = serde_json::from_slice::<Value>(text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text)) else {
            return Self::Cordon;
        };
        Self::of_value(&value)
    }

    /// The format of a JSON document, by the members that only it has.
    pub(super) fn of_value(value: &Value) -> Self {
        let first = value.as_array().and_then(|list| list.first()).unwrap_or(value);
        let order = value.get("data").unwrap_or(value);
        let kind = value.get("type").and_then(Value::as_str).unwrap_or_default();
        if first.get("@type").is_some() || first.get("@graph").is_some() || first.get("@context").is_some() {
            Self::SchemaOrg
        } else if order.get("flightOffers").is_some() {
            Self::Amadeus
        } else if order.get("slices").is_some() {
            Self::Duffel
        } else if matches!(kind, "Feature" | "FeatureCollection" | "LineString" | "MultiLineString" | "MultiPoint") {
            Self::GeoJson
        } else {
            Self::Cordon
        }
    }
}

/// The plans of a document in another form than our own.
///
/// # Errors
/// Everything that is wrong with it, each at its place.
pub fn read(format: Format, text: &[u8], context: &Context) -> Drafts {
    let drafts = match format {
        Format::Cordon => read_own(text).map(|(draft, _)| vec![draft]),
        Format::SchemaOrg => schema_org::read(text, context),
        Format::Duffel => parsed(text).and_then(|value| duffel::read(&value, "", context)),
        Format::Amadeus => parsed(text).and_then(|value| amadeus::read(&value, "", context)),
        Format::GeoJson => parsed(text).and_then(|value| geojson_lines::read(&value, context)),
        Format::Csv => csv::read(text, context),
        Format::Calendar => icalendar::read(text, context),
        Format::Gpx => gpx_tracks::read(text, context),
        Format::Html => html::read(text, context),
        Format::Mail => mail::read(text, context),
        Format::Pdf | Format::Pass => kitinerary::read(text, context),
    }?;
    if drafts.iter().all(|draft| draft.doc.stops.is_empty()) {
        // what was left out is why; what was assumed is not
        let notes = drafts.iter().flat_map(|draft| &draft.notes).filter(|note| note.code != ASSUMED);
        let notes = notes.map(|note| format!("; {}", note.detail));
        let detail = format!("no journey is written in it{}", notes.take(3).collect::<String>());
        return Err(vec![Issue::invalid("", detail)]);
    }
    Ok(drafts)
}

/// The only plan of a document; our own form may say itself how it is asked about.
///
/// # Errors
/// [`Error::Invalid`] with everything that is wrong, and when there are several plans.
pub fn read_one(format: Format, text: &[u8], context: &Context) -> Result<(Draft, Option<Asked>), Error> {
    if format == Format::Cordon {
        return read_own(text).map_err(Error::Invalid);
    }
    let mut drafts = read(format, text, context).map_err(Error::Invalid)?;
    match (drafts.pop(), drafts.len()) {
        (Some(draft), 0) => Ok((draft, None)),
        (_, more) => {
            let detail = format!("{} journeys are in it: validate it as a booking file", more + 1);
            Err(Issue::invalid("", detail).into())
        }
    }
}

/// A plan in our own form, alone or within a request, which says itself what is asked.
///
/// # Errors
/// Everything that is wrong with it, at its JSON pointer.
pub fn read_own(text: &[u8]) -> Result<(Draft, Option<Asked>), Vec<Issue>> {
    let issues = Error::issues;
    let form: Value = json::read(text).map_err(issues)?;
    if form.get("itinerary").is_some() {
        let (draft, asked) = json::read::<ItineraryRequest>(text).map_err(issues)?.split("/itinerary");
        Ok((draft, Some(asked)))
    } else if form.get("stops").is_some() {
        Ok((Draft::own(json::read::<ItineraryDoc>(text).map_err(issues)?, ""), None))
    } else {
        let detail = "is no travel plan: it has neither `stops` nor `itinerary`, and is no order, reservation or line";
        Err(vec![Issue::invalid("", detail)])
    }
}

/// A JSON document of another form than our own.
fn parsed(text: &[u8]) -> Result<Value, Vec<Issue>> {
    json::value(text).map_err(Error::issues)
}
