//! Booking files: many plans, one after the other, each apart from the mistakes of the others.

use std::io::{BufRead, BufReader, Read};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

pub use super::csv::Apart;
use super::csv::{Group, Groups, Mapping};
use super::{Context, Format, amadeus, duffel, schema_org};
use crate::error::{Error, Issue};
use crate::format;
use crate::format::draft::{Asked, Draft};
use crate::format::itinerary::{ItineraryDoc, ItineraryRequest};
use crate::format::json;

/// How a booking file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A table, a row for each passenger and leg.
    Csv,
    /// A JSON document in each line.
    Lines,
    /// One JSON array of documents.
    Array,
}

impl Kind {
    /// The kind of a media type.
    pub fn of_media_type(essence: &str) -> Option<Self> {
        match essence {
            "text/csv" | "text/tab-separated-values" => Some(Self::Csv),
            "application/x-ndjson" | "application/jsonl" => Some(Self::Lines),
            "application/json" => Some(Self::Array),
            _ => None,
        }
    }

    /// The kind of a file, by the ending of its name.
    pub fn of_file(name: &str) -> Option<Self> {
        match name.rsplit_once('.')?.1.to_ascii_lowercase().as_str() {
            "csv" | "tsv" | "txt" => Some(Self::Csv),
            "ndjson" | "jsonl" => Some(Self::Lines),
            "json" => Some(Self::Array),
            _ => None,
        }
    }
}

/// One booking, not yet looked into.
#[derive(Debug)]
pub struct Booking {
    /// Its number in the file, from 0.
    pub number: u64,
    text: Text,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Text {
    Group(Box<Group>),
    /// A document, and where its pointers begin.
    Json(Box<str>, String),
    /// Where it is, and why it is no booking.
    Unreadable(String, String),
}

impl Text {
    fn json(text: &[u8], at: String) -> Self {
        match std::str::from_utf8(text) {
            Ok(text) => Self::Json(text.into(), at),
            Err(e) => Self::Unreadable(at.trim_end_matches(": ").to_owned(), format!("is not UTF-8: {e}")),
        }
    }
}

/// Where documents have their reference.
const REFERENCES: [&str; 9] = [
    "/ref",
    "/itinerary/ref",
    "/booking_reference",
    "/data/booking_reference",
    "/associatedRecords/0/reference",
    "/data/associatedRecords/0/reference",
    "/data/id",
    "/reservationNumber",
    "/0/reservationNumber",
];

/// The bookings of a file one after the other, and what holds for all of it.
pub type Bookings<'a> = (Box<dyn Iterator<Item = Booking> + Send + 'a>, Vec<Issue>);

/// The plans of a booking, and what the booking itself asks.
pub type Plans = Result<Vec<(Draft, Option<Asked>)>, Vec<Issue>>;

impl Booking {
    /// Where it is in its file: a row, a line or a JSON pointer.
    pub fn place(&self) -> String {
        match &self.text {
            Text::Group(group) => group.place(),
            Text::Json(_, at) => at.trim_end_matches(": ").to_owned(),
            Text::Unreadable(at, _) => at.clone(),
        }
    }

    /// Its reference, where that can be told although the booking itself may not be read.
    pub fn reference(&self) -> Option<String> {
        match &self.text {
            Text::Group(group) => Some(group.reference.clone()).filter(|reference| !reference.is_empty()),
            Text::Json(text, _) => {
                let document: Value = serde_json::from_str(text).ok()?;
                REFERENCES.iter().find_map(|pointer| document.pointer(pointer)?.as_str().map(str::to_owned))
            }
            Text::Unreadable(..) => None,
        }
    }

    /// As it is kept until it is read, as a text.
    pub fn to_text(&self) -> String {
        // plain values cannot fail to be written
        serde_json::to_string(&self.text).unwrap_or_default()
    }

    /// What [`Self::to_text`] wrote.
    pub fn from_text(number: u64, text: &str) -> Self {
        let text = serde_json::from_str(text);
        let text =
            text.unwrap_or_else(|e| Text::Unreadable(String::new(), format!("what was kept cannot be read: {e}")));
        Self { number, text }
    }

    /// Its plans.
    ///
    /// # Errors
    /// Everything that is wrong with it, at places in its file.
    pub fn read(&self, context: &Context) -> Plans {
        match &self.text {
            Text::Group(group) => Ok(group.read(context)?.into_iter().map(|draft| (draft, None)).collect()),
            Text::Json(text, at) => plans(text.as_bytes(), at, context).map_err(|issues| {
                // a mistake in the whole of a line is at the line
                let whole = |issue: Issue| Issue { pointer: issue.pointer.trim_end_matches(": ").to_owned(), ..issue };
                issues.into_iter().map(whole).collect()
            }),
            Text::Unreadable(at, why) => Err(vec![Issue::invalid(at, why)]),
        }
    }
}

/// The plans of one JSON document, whose pointers begin with `at`.
fn plans(text: &[u8], at: &str, context: &Context) -> Plans {
    let moved = |issue: Issue| Issue { pointer: format!("{at}{}", issue.pointer), ..issue };
    let issues = |e: Error| e.issues().into_iter().map(moved).collect::<Vec<_>>();
    // a list is none of our own forms, though its members could be taken for theirs, in their order
    let own = text.trim_ascii_start().first() == Some(&b'{');
    // the form that most files have first, read once, and without a detour through a tree of values
    if let (true, Some(doc)) = (own, json::sound::<ItineraryDoc>(text)) {
        return Ok(vec![(Draft::own(doc, at), None)]);
    }
    match if own { head(text) } else { Head::Other } {
        Head::Itinerary => return Ok(vec![(Draft::own(json::read::<ItineraryDoc>(text).map_err(issues)?, at), None)]),
        Head::Request => {
            let (draft, asked) =
                json::read::<ItineraryRequest>(text).map_err(issues)?.split(&format!("{at}/itinerary"));
            return Ok(vec![(draft, Some(asked))]);
        }
        Head::Other => {}
    }
    let value = json::value(text).map_err(issues)?;
    let drafts = match Format::of_value(&value) {
        Format::Duffel => duffel::read(&value, at, context)?,
        Format::Amadeus => amadeus::read(&value, at, context)?,
        Format::SchemaOrg => vec![schema_org::draft(&[(at.to_owned(), value)], Vec::new(), Vec::new(), context)?],
        _ => {
            return Err(vec![Issue::invalid(
                at.trim_end_matches(": "),
                "is no booking that is known here: no stops, itinerary, order or reservation",
            )]);
        }
    };
    if drafts.iter().all(|draft| draft.doc.stops.is_empty()) {
        return Err(vec![Issue::invalid(at.trim_end_matches(": "), "no journey is written in it")]);
    }
    Ok(drafts.into_iter().map(|draft| (draft, None)).collect())
}

enum Head {
    Itinerary,
    Request,
    Other,
}

/// Which of our own forms a document has, by the names of its members.
fn head(text: &[u8]) -> Head {
    #[derive(serde::Deserialize)]
    struct Members<'a> {
        #[serde(borrow)]
        stops: Option<&'a RawValue>,
        #[serde(borrow)]
        itinerary: Option<&'a RawValue>,
    }
    match serde_json::from_slice::<Members>(text) {
        Ok(Members { itinerary: Some(_), .. }) => Head::Request,
        Ok(Members { stops: Some(_), .. }) => Head::Itinerary,
        _ => Head::Other,
    }
}

/// Which bookings of a file have their rows apart, for [`read_knowing`]: whoever can read the file twice hears of it where each of them begins.
pub fn apart(kind: Kind, text: impl Read, mapping: &Mapping) -> Apart {
    match kind {
        Kind::Csv => Apart::find(BufReader::with_capacity(256 << 10, text), mapping),
        Kind::Lines | Kind::Array => Apart::default(),
    }
}

/// The bookings of a file, and what holds for all of it.
///
/// # Errors
/// When it is no such file at all.
pub fn read<'a>(
    kind: Kind,
    text: impl Read + Send + 'a,
    mapping: &Mapping,
    line_limit: usize,
) -> Result<Bookings<'a>, Issue> {
    read_knowing(Apart::default(), kind, text, mapping, line_limit)
}

/// The same where it is known which bookings have their rows apart.
///
/// # Errors
/// When it is no such file at all.
pub fn read_knowing<'a>(
    apart: Apart,
    kind: Kind,
    text: impl Read + Send + 'a,
    mapping: &Mapping,
    line_limit: usize,
) -> Result<Bookings<'a>, Issue> {
    match kind {
        Kind::Csv => {
            let groups = Groups::open(BufReader::with_capacity(256 << 10, text), mapping)?.knowing(apart);
            let notes = groups.notes.clone();
            let booking = |(number, group)| Booking { number, text: Text::Group(Box::new(group)) };
            Ok((Box::new((0..).zip(groups).map(booking)), notes))
        }
        Kind::Lines => Ok((Box::new(lines(BufReader::with_capacity(256 << 10, text), line_limit)), Vec::new())),
        Kind::Array => {
            let mut whole = Vec::new();
            BufReader::new(text).read_to_end(&mut whole).map_err(|e| Issue::invalid("", e.to_string()))?;
            let whole = whole.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&whole);
            if whole.trim_ascii_start().first() == Some(&b'{') {
                let detail =
                    "is one document and no list of bookings: put it in `[` and `]`, or send it as a line of NDJSON";
                return Err(Issue::invalid("", detail));
            }
            let members: Vec<Box<RawValue>> = serde_json::from_slice(whole).map_err(|e| Issue {
                pointer: String::new(),
                code: "malformed_json",
                detail: e.to_string(),
            })?;
            let booking = |(number, member): (u64, Box<RawValue>)| Booking {
                number,
                text: Text::Json(member.get().into(), format!("/{number}")),
            };
            Ok((Box::new((0..).zip(members).map(booking)), Vec::new()))
        }
    }
}

fn lines(text: impl BufRead + Send, limit: usize) -> impl Iterator<Item = Booking> + Send {
    let is_empty = |line: &Result<Vec<u8>, String>| line.as_ref().is_ok_and(|line| line.trim_ascii().is_empty());
    let written = format::lines::lines(text, limit).filter(move |(_, line)| !is_empty(line));
    (0..).zip(written).map(|(number, (line_number, line))| {
        let at = format!("line {line_number}");
        let text = match line {
            Ok(line) => Text::json(&line, format!("{at}: ")),
            Err(why) => Text::Unreadable(at, why),
        };
        Booking { number, text }
    })
}
