//! Results as lines of a file: JSON, or rows of a table that a spreadsheet opens without running anything in it.

use std::fmt::Write;

use super::{BookingFinding, BookingResult, PassengerResult};
use crate::flows::check_itinerary::FoundWays;
use crate::format::document::csv::harmless;
use crate::model::Verdict;

/// The columns of the table: a row for each passenger, one for a booking that could not be read.
pub const HEAD: [&str; 14] = [
    "booking",
    "source",
    "passenger",
    "verdict",
    "action",
    "complete",
    "issuers",
    "reasons",
    "from",
    "to",
    "indeterminate",
    "ways",
    "notes",
    "errors",
];

/// How results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Written {
    /// A JSON document in each line.
    Lines,
    /// One JSON array.
    Array,
    /// A table.
    Csv,
}

impl Written {
    /// The way that a file's ending stands for.
    pub fn of_file(name: &str) -> Option<Self> {
        match name.rsplit_once('.')?.1.to_ascii_lowercase().as_str() {
            "csv" => Some(Self::Csv),
            "ndjson" | "jsonl" => Some(Self::Lines),
            "json" => Some(Self::Array),
            _ => None,
        }
    }

    /// What stands before all results.
    pub fn begin(self) -> Vec<u8> {
        match self {
            Self::Lines => Vec::new(),
            Self::Array => b"[\n".to_vec(),
            // without the mark spreadsheets take UTF-8 for the system's own encoding
            Self::Csv => ["\u{feff}".as_bytes(), &row(HEAD)].concat(),
        }
    }

    /// One result, `first` if it is the first.
    pub fn result(self, result: &BookingResult, first: bool) -> Vec<u8> {
        match self {
            Self::Lines => json(result),
            Self::Array if first => json(result),
            Self::Array => [b",".as_slice(), &json(result)].concat(),
            Self::Csv => rows(result),
        }
    }

    /// What stands after all results.
    pub fn end(self) -> &'static [u8] {
        if self == Self::Array { b"]\n" } else { b"" }
    }
}

/// One result as a line of JSON.
pub fn json(result: &BookingResult) -> Vec<u8> {
    // plain values cannot fail to be written
    let mut line = serde_json::to_vec(result).unwrap_or_default();
    line.push(b'\n');
    line
}

/// The rows of one booking.
fn rows(result: &BookingResult) -> Vec<u8> {
    let reference = result.reference.as_deref().unwrap_or_default();
    let list = |issues: &[crate::error::Issue]| {
        let line = |issue: &crate::error::Issue| match issue.pointer.as_str() {
            "" => issue.detail.clone(),
            at => format!("{at}: {}", issue.detail),
        };
        issues.iter().map(line).collect::<Vec<_>>().join("\n")
    };
    let (notes, errors) = (list(&result.notes), list(&result.errors));
    let ways = result.ways.iter().map(way).collect::<Vec<_>>().join("\n");
    let common = |passenger: &str, verdict: &str, [issuers, reasons, from, to, indeterminate]: [&str; 5]| {
        row([
            reference,
            &result.source_pointer,
            passenger,
            verdict,
            result.action.as_str(),
            if result.complete { "yes" } else { "no" },
            issuers,
            reasons,
            from,
            to,
            indeterminate,
            &ways,
            &notes,
            &errors,
        ])
    };
    if result.verdict.is_none() {
        return common("", "rejected", [""; 5]);
    }
    let passenger = |passenger: &PassengerResult| {
        let name = &passenger.traveller;
        let theirs: Vec<&BookingFinding> =
            result.findings.iter().filter(|f| f.travellers.contains(name) && f.verdict != Verdict::Clear).collect();
        let reasons: Vec<String> =
            theirs.iter().filter(|finding| finding.governs).map(|finding| reason(finding)).collect();
        let time = |at: Option<jiff::Timestamp>| at.map_or(String::new(), |at| at.to_string());
        let worst = theirs.iter().find(|finding| finding.verdict == passenger.verdict).or(theirs.first());
        let doubts: Vec<&str> = result
            .indeterminate
            .iter()
            .filter(|entry| entry.travellers.contains(name))
            .map(|entry| entry.detail.as_str())
            .collect();
        common(
            name,
            passenger.verdict.as_str(),
            [
                &issuers(passenger),
                &reasons.join("\n"),
                &worst.map_or(String::new(), |worst| time(worst.from)),
                &worst.map_or(String::new(), |worst| time(worst.to)),
                &doubts.join("\n"),
            ],
        )
    };
    result.party.iter().flat_map(passenger).collect()
}

/// Every issuer consulted, with what it says: `kr-mofa: prohibited (level 4); us-state: clear (no statement)`.
pub fn issuers(passenger: &PassengerResult) -> String {
    let mut text = String::new();
    for line in &passenger.issuers {
        let level = line.level.as_ref().map_or("no statement".to_owned(), |level| format!("level {level}"));
        let apart = if text.is_empty() { "" } else { "; " };
        let _ = write!(text, "{apart}{}: {} ({level})", line.issuer, line.verdict);
    }
    text
}

/// What was found of a way in a line: `l1: 2 ways by osrm, data 2026-11-01; the worst prohibited, 374.8 km`.
pub fn way(found: &FoundWays) -> String {
    let by = match &found.engine {
        Some(engine) => {
            let parts = [Some(engine.name.as_str()), engine.version.as_deref(), engine.data.as_deref()];
            parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
        }
        None => "the table of usual ways".to_owned(),
    };
    let known = match found.options.len() {
        0 => "no way".to_owned(),
        1 => "1 way".to_owned(),
        n => format!("{n} ways"),
    };
    let mut text = format!("{}: {known} by {by}", found.leg);
    for (word, at) in [("worst", found.worst), ("best", found.best)] {
        let Some(option) = at.and_then(|at| found.options.get(at)) else { continue };
        let _ = write!(text, "; the {word} {}", option.verdict);
        if let Some(metres) = option.length_m {
            let _ = write!(text, ", {:.1} km", metres / 1000.0);
        }
        if found.options.len() == 1 {
            break;
        }
    }
    text
}

/// A finding in a line: `prohibited: bus l1, 24.3 km in Poipet city (kr-mofa:kh-poipet@1)`.
pub fn reason(finding: &BookingFinding) -> String {
    let inside = finding.inside_m.map_or("in".to_owned(), |metres| format!("{:.1} km in", metres / 1000.0));
    format!("{}: {}, {inside} {} ({})", finding.verdict, finding.subject.words(), finding.title, finding.revision)
}

fn row<'a>(cells: impl IntoIterator<Item = &'a str>) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    // writing to memory does not fail
    let _ = writer.write_record(cells.into_iter().map(|cell| harmless(cell).into_owned()));
    writer.into_inner().unwrap_or_default()
}
