//! Broken documents: what is wrong is said at its place, and what is left out is never the reason for a clear answer.

use cordon::flows::check_itinerary::Reason;
use cordon::model::Verdict;

use crate::support::{answer, file};

/// The places of the mistakes of a document.
fn mistakes(name: &str) -> Vec<String> {
    match answer(name, &file("broken", name)) {
        Err(issues) => issues.into_iter().map(|issue| issue.pointer).collect(),
        Ok(answer) => panic!("{name}: {:?} with notes {:?}", answer.verdict, answer.notes),
    }
}

#[test]
fn a_mistake_has_its_place_in_the_document() {
    let cases: [(&str, &[&str]); 12] = [
        ("no-trip.jsonld", &["/reservationFor"]),
        ("cancelled-duffel.json", &["/data/cancelled_at"]),
        ("no-time-duffel.json", &["/data/slices/0/segments/0/arriving_at"]),
        ("nationality-amadeus.json", &["/data/travelers/0/documents/0/nationality"]),
        ("cut.ics", &["line 12"]),
        ("cut.gpx", &["line 2"]),
        ("latitude.gpx", &["line 2"]),
        ("mode.geojson", &["/properties/mode"]),
        ("polyline.json", &["/legs/0/polyline/encoded"]),
        ("columns.csv", &["row 1"]),
        ("script.html", &[""]),
        ("no-data.eml", &[""]),
    ];
    for (name, places) in cases {
        assert_eq!(mistakes(name), places, "{name}");
    }
    assert_eq!(mistakes("cells.csv"), ["row 2", "row 2, column \"depart\"", "row 3, column \"mode\""]);
}

#[test]
fn a_place_or_code_that_cannot_be_is_indeterminate_with_the_reason() {
    for (name, at, why) in [
        ("no-place.jsonld", "/reservationFor/arrivalBusStop", "needs a country"),
        ("unknown-code-amadeus.json", "/data/flightOffers/0/itineraries/0/segments/0/arrival", "is in no table"),
        ("other-country-duffel.json", "/data/slices/1/segments/0/origin", "not in VN"),
    ] {
        let answer = answer(name, &file("broken", name)).unwrap_or_else(|e| panic!("{name}: {e:?}"));
        assert_eq!(answer.verdict, Verdict::Indeterminate, "{name}");
        let entry = answer.indeterminate.iter().find(|entry| entry.source_pointer == at && entry.detail.contains(why));
        let entry = entry.unwrap_or_else(|| panic!("{name}: {:?}", answer.indeterminate));
        assert_eq!(entry.reason, Reason::UnresolvedPlace);
    }
}

#[test]
fn what_is_left_out_is_said() {
    for (name, at, code) in
        [("no-time.jsonld", "/reservationFor/departureTime", "doubtful"), ("geo.ics", "line 12: GEO", "dropped")]
    {
        let answer = answer(name, &file("broken", name)).unwrap_or_else(|e| panic!("{name}: {e:?}"));
        assert!(answer.notes.iter().any(|note| note.pointer == at && note.code == code), "{:?}", answer.notes);
    }
}
