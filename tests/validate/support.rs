//! A small data folder: one country, `KH`, a square of a degree around 13.5, 102.5, and in it a town that Korea forbids.

use std::ops::ControlFlow;
use std::path::Path;

use cordon::flows::validate_bookings::{BookingResult, Validation, in_order};
use cordon::format::document::bookings::{self, Kind};
use cordon::format::document::csv::Mapping;
use cordon::format::policy::Policy;
use cordon::geometry::Limits;
use cordon::live::Live;
use jiff::{SignedDuration, Timestamp};

pub const MAX_AGE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// When the ban holds and the records are fresh.
pub fn now() -> Timestamp {
    "2025-11-01T02:00:00Z".parse().expect("an instant")
}

/// Writes the folder.
pub fn write_folder(root: &Path) {
    for (name, text) in [
        ("issuers.json", include_str!("../cli/data/issuers.json")),
        ("places/places.geojson", include_str!("../cli/data/places.geojson")),
        ("advisories/kr-mofa/kh.geojson", include_str!("../cli/data/kr-mofa.geojson")),
        ("advisories/us-state/kh.geojson", include_str!("../cli/data/us-state.geojson")),
    ] {
        let path = root.join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
}

pub fn live(root: &Path) -> Live {
    write_folder(root);
    let live = Live::open(root, Limits::default(), now());
    assert!(!live.snapshot().report.has_errors());
    live
}

/// Validates a whole file.
pub fn validate(kind: Kind, text: &str, policy: &Policy) -> Vec<BookingResult> {
    let folder = tempfile::TempDir::new().expect("a folder");
    let live = live(folder.path());
    let snapshot = live.snapshot();
    let limits = Limits::default();
    let validation =
        Validation { snapshot: &snapshot, max_age: MAX_AGE, limits: &limits, policy, now: now(), roads: None };
    let (bookings, _) = bookings::read(kind, text.as_bytes(), &Mapping::default(), 1 << 20).expect("a booking file");
    let mut results = Vec::new();
    in_order(
        bookings,
        (2, 32),
        |booking| validation.validate(&booking),
        |result| {
            results.push(result);
            ControlFlow::Continue(())
        },
    );
    results
}

/// One stop in the town, for a traveller of a nationality, as a line.
pub fn line(reference: &str, nationality: &str) -> String {
    format!(
        r#"{{"ref":"{reference}","party":[{{"id":"p","nationalities":["{nationality}"]}}],"stops":[{{"id":"s","place":{{"lat":13.5,"lon":102.5}},"arrive":"2025-11-01T09:00:00+07:00","depart":"2025-11-01T10:00:00+07:00"}}]}}"#
    )
}
