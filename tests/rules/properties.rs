//! What must hold for any input: transitions add up, turns around the Earth change nothing, and no bytes make a reader panic.

use std::collections::BTreeMap;

use cordon::feed::folder;
use cordon::format::itinerary::ItineraryRequest;
use cordon::format::location::LocationRequest;
use cordon::format::{json, moment::Moment};
use cordon::geometry::{Limits, Position};
use cordon::matching::{apply, diff};
use cordon::model::gazetteer::Gazetteer;
use cordon::model::{AdvisoryId, MatchKey, MatchSet, Severity};
use proptest::prelude::*;
use serde_json::json;

fn match_set() -> impl Strategy<Value = MatchSet> {
    let key = (1..4_u32, 0..=5_u8, any::<bool>()).prop_map(|(revision, severity, governs)| MatchKey {
        revision,
        level: severity.to_string(),
        severity: Severity::try_from(severity).expect("in range"),
        governs,
        possible: false,
    });
    let id = (0..6_u8).prop_map(|i| AdvisoryId::parse(&format!("kr-mofa:a{i}")).expect("an id"));
    proptest::collection::btree_map(id, key, 0..6).prop_map(|set: BTreeMap<_, _>| set)
}

/// Documents that are nearly right, so that a mutation reaches deep.
fn documents() -> [String; 3] {
    let location = json!({"position": {"lat": 1, "lon": 2, "accuracy_m": 3}, "at": "2025-10-20T09:00:00+07:00",
        "traveller": {"nationalities": ["KR"], "purpose": "tourism", "permits": [{"issuer": "kr-mofa"}]}, "lang": "en"});
    let plan = json!({"itinerary": {"ref": "A", "party": [{"id": "p", "nationalities": ["KR"]}],
        "stops": [{"id": "a", "place": {"lat": 1, "lon": 2}, "depart": "2025-10-20"},
                  {"id": "b", "place": {"name": "X", "country": "KH"}, "arrive": "2025-10-21T10:00"}],
        "legs": [{"id": "l", "from": "a", "to": "b", "mode": "bus",
                  "geometry": {"type": "LineString", "coordinates": [[2, 1], [3, 4]]}}]}, "corridor_m": 10});
    let places = json!({"type": "FeatureCollection", "basis": "official", "accuracy_m": 1, "source": "x", "licence": "x",
        "features": [{"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]},
                      "properties": {"code": "KH", "kind": "country", "country": "KH", "names": {"en": "K"}}}]});
    [location.to_string(), plan.to_string(), places.to_string()]
}

/// A document with some bytes overwritten, doubled or dropped.
fn mutated(text: &str, changes: &[(prop::sample::Index, u8, u8)]) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for (at, how, byte) in changes {
        let at = at.index(bytes.len());
        match how % 3 {
            0 => bytes[at] = *byte,
            1 => bytes.insert(at, *byte),
            _ => {
                bytes.remove(at);
            }
        }
    }
    bytes
}

fn read_all(bytes: &[u8]) {
    let now = "2025-06-01T00:00:00Z".parse().expect("an instant");
    if let Ok(request) = json::read::<LocationRequest>(bytes) {
        let _ = request.query(now);
    }
    if let Ok(request) = json::read::<ItineraryRequest>(bytes) {
        let _ = request.query(&Gazetteer::default(), &Limits::default(), now);
    }
    let root = tempfile::tempdir().expect("a temporary folder");
    for file in ["issuers.json", "places/a.geojson", "advisories/kr-mofa/a.geojson", "gazetteer/overrides.csv"] {
        let path = root.path().join(file);
        std::fs::create_dir_all(path.parent().expect("below the folder")).expect("a temporary folder");
        std::fs::write(path, bytes).expect("a temporary file");
    }
    let _ = folder::read(root.path(), &Limits::default());
}

proptest! {
    #[test]
    fn nothing_changes_from_a_set_to_itself(set in match_set()) {
        prop_assert!(diff(&set, &set).is_empty());
    }

    #[test]
    fn transitions_lead_from_one_set_to_the_other(before in match_set(), after in match_set()) {
        prop_assert_eq!(apply(&before, &diff(&before, &after)), after);
    }

    #[test]
    fn a_turn_around_the_earth_changes_nothing(lat in -90.0..=90.0_f64, lon in -180.0..=180.0_f64) {
        let here = Position::new(lat, lon).expect("in range");
        for turned in [lon + 360.0, lon - 360.0] {
            let same = Position::new(lat, turned).expect("within one turn").vertex();
            // ±180 are two names of one place
            let turn = (i64::from(same.lon) - i64::from(here.vertex().lon)).abs();
            prop_assert!(turn <= 1 || (turn - 3_600_000_000).abs() <= 1, "{here:?} {same:?}");
        }
    }

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        read_all(&bytes);
    }

    #[test]
    fn no_damaged_document_makes_a_reader_panic(
        which in 0..3_usize,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), any::<u8>()), 1..6),
    ) {
        read_all(&mutated(&documents()[which], &changes));
    }

    #[test]
    fn no_text_makes_a_time_panic(text in "[0-9TZ:+\\-\\[\\]/A-Za-z. ]{0,40}") {
        if let Ok(moment) = Moment::parse(&text) {
            let window = moment.window(&jiff::tz::TimeZone::get("Asia/Bangkok").expect("bundled"));
            prop_assert!(window.from <= window.to || window.to.is_none());
        }
    }
}
