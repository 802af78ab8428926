//! Encoded polylines as the way of a leg: latitude first, five or six decimals, which the caller must say.

use super::itinerary::PolylineDoc;
use crate::geometry::{Edges, Limits, Line};

/// The line of a polyline.
///
/// # Errors
/// The member that is wrong, and how.
pub fn line(doc: &PolylineDoc, limits: &Limits) -> Result<Line, (&'static str, String)> {
    if !matches!(doc.precision, 5 | 6) {
        return Err(("precision", format!("{} is neither 5 nor 6", doc.precision)));
    }
    // a vertex takes two letters at least
    if doc.encoded.len() / 2 > limits.max_vertices {
        return Err(("encoded", format!("has more than the {} vertices taken", limits.max_vertices)));
    }
    // the library multiplies and shifts without looking: what is longer than any coordinate must not reach it
    if let Some(at) = malformed(doc.encoded.as_bytes()) {
        return Err(("encoded", format!("is no polyline from letter {} on", at + 1)));
    }
    let decoded = ::polyline::decode_polyline(&doc.encoded, doc.precision)
        .map_err(|e| ("encoded", format!("is no polyline of precision {}: {e}", doc.precision)))?;
    let coordinates: Vec<[f64; 2]> = decoded.0.iter().map(|c| [c.x, c.y]).collect();
    let geometry = serde_json::json!({"type": "LineString", "coordinates": coordinates});
    Line::from_geojson(&geometry, limits, Edges::Planar).map_err(|e| ("encoded", e.to_string()))
}

/// Where the text stops being groups of five bits, each number of at most seven of them and every latitude with its longitude.
fn malformed(text: &[u8]) -> Option<usize> {
    let (mut numbers, mut groups) = (0, 0);
    for (at, &byte) in text.iter().enumerate() {
        if !(63..127).contains(&byte) {
            return Some(at);
        }
        groups += 1;
        if groups > 7 {
            return Some(at);
        }
        if byte - 63 < 0x20 {
            (numbers, groups) = (numbers + 1, 0);
        }
    }
    (groups > 0 || numbers % 2 == 1 || numbers == 0).then_some(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(encoded: &str, precision: u32) -> Result<Line, (&'static str, String)> {
        line(&PolylineDoc { encoded: encoded.to_owned(), precision }, &Limits::default())
    }

    #[test]
    fn the_published_example_lies_where_it_is_said_to() {
        // https://developers.google.com/maps/documentation/utilities/polylinealgorithm
        let line = read("_p~iF~ps|U_ulLnnqC_mqNvxq`@", 5).expect("a line");
        let ends: Vec<(f64, f64)> = line.pieces()[0].iter().map(|v| (v.lat_degrees(), v.lon_degrees())).collect();
        assert_eq!(ends, [(38.5, -120.2), (40.7, -120.95), (43.252, -126.453)]);
    }

    #[test]
    fn what_is_no_polyline_is_said() {
        for (text, precision, member) in [
            ("", 5, "encoded"),
            ("_p~iF", 5, "encoded"),
            ("_p~iF~ps|", 5, "encoded"),
            ("~~~~~~~~~~~~~~~~~~~~~", 5, "encoded"),
            ("한글", 5, "encoded"),
            ("_p~iF~ps|U_ulLnnqC_mqNvxq`@", 7, "precision"),
            ("_p~iF~ps|U", 5, "encoded"),
        ] {
            assert_eq!(read(text, precision).expect_err(text).0, member, "{text}");
        }
    }
}
