//! The ground of the crash test: one country with three rows of places, an advisory for each row, and one that may name any place.
//!
//! Places never meet, so whoever knows which places a revision names knows whom it concerns, and what it meets, without any geometry.

use std::collections::BTreeSet;
use std::path::Path;

use cordon::clock::{Clock, System};
use jiff::Timestamp;
use serde_json::{Value, json};

/// The advisories, by number: one for each row of places, and [`EVERYWHERE`].
pub const ADVISORIES: [&str; 4] =
    ["kr-mofa:kh-north", "kr-mofa:kh-middle", "kr-mofa:kh-south", "kr-mofa:kh-everywhere"];
/// The advisory that overlaps with all others.
pub const EVERYWHERE: usize = 3;
/// Rows of places.
pub const ROWS: usize = 3;
/// Places per row.
pub const PLACES: usize = 3;

/// A place, by its row and its number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub row: usize,
    pub number: usize,
}

/// Which places a revision names; empty for a withdrawal.
pub type Places = BTreeSet<Place>;

impl Place {
    /// Latitude and longitude: numbers that appear nowhere else, so that they can be looked for.
    #[allow(clippy::cast_precision_loss)] // small numbers
    pub fn centre(self) -> (f64, f64) {
        (11.12345 + 3.0 * self.row as f64, 101.54321 + 3.0 * self.number as f64)
    }
}

/// The outline of some places: squares that reach 40 km from their centres.
pub fn outline(places: &Places) -> Value {
    let polygons: Vec<_> = places
        .iter()
        .map(|place| {
            let (lat, lon) = place.centre();
            let (w, s, e, n) = (lon - 0.4, lat - 0.4, lon + 0.4, lat + 0.4);
            json!([[[w, s], [e, s], [e, n], [w, n], [w, s]]])
        })
        .collect();
    json!({"type": "MultiPolygon", "coordinates": polygons})
}

/// Our reading of the issuer's levels 1 to 4.
pub fn severity(level: u8) -> u8 {
    if level == 4 { 5 } else { level }
}

/// A revision as it is published, in force from now or later on, with a note by which it is known again.
pub fn feature(advisory: usize, level: u8, places: &Places, from: Option<Timestamp>, note: &str) -> Value {
    json!({"type": "Feature", "geometry": outline(places), "properties": {"advisory": ADVISORIES[advisory], "level": level.to_string(),
        "valid_from": from.map(|from| from.to_string()), "title": {"en": format!("Part {advisory}"), "ko": format!("{advisory} 지역")}, "text": {"en": "Leave by road.", "ko": "육로로 떠나십시오."},
        "source_url": "https://example.org/said", "note": note}})
}

/// A data folder with the issuer and the country, compared with its sources just now.
pub fn write_folder(root: &Path) {
    let level = |code: &str, name: &str, native: &str, severity: u8| {
        json!({"code": code, "name": name, "native_name": native, "colour": "#123456", "meaning": "as it says", "severity": severity,
               "citation": "the test"})
    };
    let levels = [
        level("1", "Travel caution", "여행유의", 1),
        level("2", "Refrain from travel", "여행자제", 2),
        level("3", "Leave", "출국권고", 3),
        level("4", "Travel ban", "여행금지", 5),
    ];
    let issuer = json!({"code": "kr-mofa", "country": "KR", "nationalities": ["KR"], "name": "Ministry of Foreign Affairs",
        "native_name": "외교부", "url": "https://example.org/", "licence": "CC0-1.0", "attribution": "the test",
        "languages": ["en", "ko"], "levels": levels, "legal_effects": []});
    write(root, "issuers.json", &json!({"mapping_version": "test", "issuers": [issuer]}));
    let ring = [[100.0, 9.0], [112.0, 9.0], [112.0, 21.0], [100.0, 21.0], [100.0, 9.0]];
    let country = json!({"type": "Feature", "properties": {"code": "KH", "kind": "country", "country": "KH", "names": {"en": "Cambodia"}},
        "geometry": {"type": "Polygon", "coordinates": [ring]}});
    let places = json!({"type": "FeatureCollection", "basis": "derived", "accuracy_m": 10, "source": "drawn for the test",
        "licence": "CC0-1.0", "attribution": "the test", "features": [country]});
    write(root, "places/all.geojson", &places);
    let coverage = json!([{"country": "KH", "from": "2025-01-01T00:00:00Z", "verified_at": System.now().to_string()}]);
    let collection = json!({"type": "FeatureCollection", "issuer": "kr-mofa", "source": "the test", "licence": "CC0-1.0",
        "coverage": coverage, "features": []});
    write(root, "advisories/kr-mofa/kh.geojson", &collection);
}

fn write(root: &Path, file: &str, value: &Value) {
    let path = root.join(file);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    std::fs::write(path, value.to_string()).expect("written");
}
