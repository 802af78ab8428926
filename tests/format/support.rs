//! Reads a test document as the service does, against the bundled data.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use cordon::error::{Error, Issue};
use cordon::flows::check_itinerary::{ItineraryAnswer, check_itinerary};
use cordon::format::document::csv::Mapping;
use cordon::format::document::kitinerary::Extractor;
use cordon::format::document::{self, Context, Format, bookings};
use cordon::format::draft::{Asked, Draft};
use cordon::format::itinerary::ItineraryQuery;
use cordon::geometry::Limits;
use cordon::live::Live;
use jiff::Timestamp;

use crate::bundled;

static LIVE: LazyLock<Live> = LazyLock::new(|| {
    let live = bundled::open(now());
    assert!(!live.snapshot().report.has_errors());
    live
});

/// A day on which Korea forbade Poipet.
pub fn now() -> Timestamp {
    "2025-10-20T02:00:00Z".parse().expect("an instant")
}

pub fn folder_of(kind: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/documents").join(kind)
}

pub fn file(kind: &str, name: &str) -> Vec<u8> {
    std::fs::read(folder_of(kind).join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// Every document of a folder, by name.
pub fn files(kind: &str) -> Vec<(String, Vec<u8>)> {
    files_in(&folder_of(kind))
}

fn files_in(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    paths.into_iter().map(|path| (name(&path), std::fs::read(&path).expect("a file"))).collect()
}

/// The plans of a document, and the question each is.
pub fn queries(name: &str, text: &[u8], extractor: Option<&Extractor>) -> Result<Vec<ItineraryQuery>, Vec<Issue>> {
    let snapshot = LIVE.snapshot();
    let limits = Limits { max_vertices: 10_000, ..Limits::default() };
    let context = Context { gazetteer: &snapshot.gazetteer, limits: &limits, extractor };
    let asked = Asked { nationalities: vec!["KR".to_owned().try_into().expect("a country")], ..Asked::default() };
    let drafts = document::read(Format::of_file(name, text), text, &context)?;
    let query = |draft: &Draft| match draft.query(&asked, &snapshot.gazetteer, &limits, now()) {
        Ok(query) => Ok(query),
        Err(Error::Invalid(issues)) => Err(issues),
        Err(other) => panic!("{other}"),
    };
    drafts.iter().map(query).collect()
}

/// Plans, each with the answer about it.
pub type Answers = Result<Vec<(ItineraryQuery, ItineraryAnswer)>, Vec<Issue>>;

fn answered(queries: Vec<ItineraryQuery>) -> Vec<(ItineraryQuery, ItineraryAnswer)> {
    let answer = |query: ItineraryQuery| {
        let answer = check(&query);
        (query, answer)
    };
    queries.into_iter().map(answer).collect()
}

/// The answers about all plans of a document.
pub fn answers(name: &str, text: &[u8]) -> Answers {
    queries(name, text, None).map(answered)
}

/// A booking's reference, and the answers about its plans.
pub type Answered = (Option<String>, Answers);

/// Every booking of a file, in its order.
pub fn bookings(name: &str, text: &[u8]) -> Vec<Answered> {
    let kind = bookings::Kind::of_file(name).expect("a booking file");
    let apart = bookings::apart(kind, text, &Mapping::default());
    let Ok((found, _)) = bookings::read_knowing(apart, kind, text, &Mapping::default(), 1 << 20) else {
        return Vec::new();
    };
    let snapshot = LIVE.snapshot();
    let limits = Limits { max_vertices: 10_000, ..Limits::default() };
    let context = Context { gazetteer: &snapshot.gazetteer, limits: &limits, extractor: None };
    let asked = Asked { nationalities: vec!["KR".to_owned().try_into().expect("a country")], ..Asked::default() };
    let answer = |booking: bookings::Booking| {
        let plans = booking.read(&context).and_then(|plans| {
            let query = |(draft, own): &(Draft, Option<Asked>)| {
                draft.query(own.as_ref().unwrap_or(&asked), &snapshot.gazetteer, &limits, now()).map_err(Error::issues)
            };
            plans.iter().map(query).collect::<Result<Vec<_>, _>>()
        });
        (booking.reference(), plans.map(answered))
    };
    found.map(answer).collect()
}

/// Every file of a folder of cases.
pub fn cases(folder: &str) -> Vec<(String, Vec<u8>)> {
    files_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(folder))
}

/// The answer about the only plan of a document.
pub fn answer(name: &str, text: &[u8]) -> Result<ItineraryAnswer, Vec<Issue>> {
    let queries = queries(name, text, None)?;
    assert_eq!(queries.len(), 1, "{name}");
    Ok(check(&queries[0]))
}

pub fn check(query: &ItineraryQuery) -> ItineraryAnswer {
    check_itinerary(&LIVE.snapshot(), jiff::SignedDuration::from_hours(30 * 24), query).expect("known issuers")
}

/// A document as one line for each stop and leg: where and when, in local time, and where in the document.
pub fn told(query: &ItineraryQuery) -> Vec<String> {
    let mut lines = Vec::new();
    for (i, stop) in query.itinerary.stops.iter().enumerate() {
        let (name, zone) = match &stop.place {
            Ok(place) => (place.name.clone(), place.zone.clone()),
            Err(why) => (format!("({why})"), jiff::tz::TimeZone::UTC),
        };
        let time = |at: Option<Timestamp>| {
            at.map_or("…".to_owned(), |at| at.to_zoned_datetime(zone.clone()).strftime("%m-%d %H:%M").to_string())
        };
        lines.push(format!("{name} {} to {} @ {}", time(stop.window.from), time(stop.window.to), stop.pointer));
        for leg in query.itinerary.legs.iter().filter(|leg| leg.from == i) {
            let way = leg.line.as_ref().map_or(String::new(), |line| format!(" {:.0} km", line.length_m() / 1000.0));
            lines.push(format!("  {}{way} @ {}", leg.mode.as_str(), leg.pointer));
        }
    }
    lines
}
