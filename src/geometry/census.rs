//! A first look over GeoJSON text: how much there is in it, before anything is built from it.
//!
//! A vertex takes six bytes of text and a hundred and sixty once it is read as JSON. What is over the limits is refused from its
//! brackets alone.

use super::error::ShapeError;
use super::limits::Limits;

/// The fewest bytes of text that a vertex, and a polygon, can be written in: `[],` and `[[[]]],`.
const LEAST_VERTEX: usize = 3;
const LEAST_POLYGON: usize = 7;
/// Arrays of numbers that are no vertices, such as bounding boxes, are fewer than this in a text that is no attack.
const OTHERS: usize = 1000;

impl Limits {
    /// Looks over the JSON text of a geometry, or of a Feature with one, without reading it.
    ///
    /// # Errors
    /// When it is longer than the limit, or holds by its brackets more vertices or polygons.
    pub fn look_over(&self, text: &[u8]) -> Result<(), ShapeError> {
        let over = |what, max| Err(ShapeError::TooMuch { path: String::new(), what, max });
        if text.len() > self.max_bytes {
            return over("bytes", self.max_bytes);
        }
        // most texts are too short to hold too much
        if text.len() / LEAST_VERTEX <= self.max_vertices && text.len() / LEAST_POLYGON <= self.max_polygons {
            return Ok(());
        }
        let (mut vertices, mut polygons) = (0, 0);
        for depth in innermost_arrays(text) {
            vertices += 1;
            // a position begins a ring, and that ring a polygon
            polygons += usize::from(depth >= 3);
            if vertices > self.max_vertices.saturating_add(OTHERS) {
                return over("vertices", self.max_vertices);
            }
            if polygons > self.max_polygons.saturating_add(OTHERS) {
                return over("polygons or lines", self.max_polygons);
            }
        }
        Ok(())
    }
}

/// Every array that holds no other, as the number of brackets in a row that open before its content.
fn innermost_arrays(text: &[u8]) -> impl Iterator<Item = usize> + '_ {
    let mut bytes = text.iter();
    let mut opened = 0;
    std::iter::from_fn(move || {
        while let Some(byte) = bytes.next() {
            match byte {
                b'[' => opened += 1,
                b' ' | b'\n' | b'\r' | b'\t' => {}
                b'"' => {
                    opened = 0;
                    // to the end of the string; an escaped byte does not end it
                    while let Some(byte) = bytes.next().filter(|byte| **byte != b'"') {
                        if *byte == b'\\' {
                            bytes.next();
                        }
                    }
                }
                b'0'..=b'9' | b'-' | b']' if opened > 0 => return Some(std::mem::take(&mut opened)),
                _ => opened = 0,
            }
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn innermost_arrays_are_found_and_strings_are_not() {
        let found = |text: &str| innermost_arrays(text.as_bytes()).collect::<Vec<_>>();
        assert_eq!(found(r#"{"type": "Polygon", "coordinates": [[[0,1],[1.5, -2], [3,4]], [[5,6]]]}"#), [3, 1, 1, 2]);
        assert_eq!(found("[ [\n[[ -1,0]]], [[[2,3]]], [] ]"), [4, 3, 1]);
        assert_eq!(found(r#"{"a": "[[1", "b\"[[2": ["x", [7]], "c": "\\", "d": [null, {"e": [8]}]}"#), [1, 1]);
        assert_eq!(found(r#"["[1"#), [0; 0]);
    }

    #[test]
    fn what_is_over_the_limits_is_refused_by_its_brackets() {
        let limits = Limits { max_vertices: 5000, max_polygons: 2000, ..Limits::default() };
        let polygons = |count: usize| format!("[{}]", vec!["[[[0,0]]]"; count].join(","));
        assert!(limits.look_over(polygons(3000).as_bytes()).is_ok(), "within what others may be");
        let refused = |text: String| limits.look_over(text.as_bytes()).expect_err("refused").to_string();
        assert!(refused(polygons(3001)).contains("2000 polygons"));
        assert!(refused(format!("[[[{}]]]", vec!["[0,0]"; 6001].join(","))).contains("5000 vertices"));
        assert!(refused(format!("[{}]", vec!["[]"; 6001].join(","))).contains("5000 vertices"));
    }
}
