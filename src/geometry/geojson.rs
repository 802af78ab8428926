//! GeoJSON geometry in and out: reading with limits and pointers to what is wrong, printing as RFC 7946 asks.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::ops::RangeInclusive;

use ::geojson::{Geometry, GeometryValue, Position as Coordinates};
use serde::Deserialize;
use serde_json::Value;

use super::error::ShapeError;
use super::limits::Limits;
use super::line::Line;
use super::plane::Point;
use super::shape::{Ring, Shape, UNITS_PER_DEGREE, Vertex};

/// How far, in grid units, a coordinate may lie from the grid and still count as written on it.
const ON_GRID: f64 = 0.01;

/// Latitudes in degrees.
const LATITUDES: RangeInclusive<f64> = -90.0..=90.0;
/// Longitudes in degrees: a turn beyond ±180 is read, as lines across the antimeridian are written so.
const LONGITUDES: RangeInclusive<f64> = -540.0..=540.0;

/// A list of positions as written, on the grid, longitude within ±540.
pub(super) struct RawRing {
    pub path: String,
    pub points: Vec<Point>,
}

/// A geometry as read, before any repair.
#[derive(Default)]
pub(super) struct Raw {
    /// Polygons as lists of rings, or the pieces of a line as one list each.
    pub members: Vec<Vec<RawRing>>,
    /// Positions that had more than two elements.
    pub extra_elements: usize,
    /// Positions that were not on the grid.
    pub rounded: usize,
    vertices: usize,
}

/// Which geometries are read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    Areas,
    Lines,
}

/// Parses JSON text, refusing before parsing what is over the limits; nesting is bounded by the JSON parser.
pub(super) fn parse(text: &[u8], limits: &Limits) -> Result<Value, ShapeError> {
    limits.look_over(text)?;
    serde_json::from_slice(text).map_err(|e| ShapeError::Json(e.to_string()))
}

/// The positions of a `LineString` of two numbers each, where that is what the text is and all of them are in range.
pub(super) fn plain_line(text: &[u8], limits: &Limits) -> Option<RawRing> {
    #[derive(Deserialize)]
    struct Plain<'a> {
        #[serde(borrow, rename = "type")]
        kind: Cow<'a, str>,
        coordinates: Vec<(f64, f64)>,
    }
    let Plain { kind, coordinates } = serde_json::from_slice(text).ok().filter(|_| text.len() <= limits.max_bytes)?;
    let is_sound = |(lon, lat): &(f64, f64)| LONGITUDES.contains(lon) && LATITUDES.contains(lat);
    let is_plain = kind == "LineString" && coordinates.len() <= limits.max_vertices && coordinates.iter().all(is_sound);
    let points =
        || coordinates.iter().map(|&(lon, lat)| nearest(lon * UNITS_PER_DEGREE, lat * UNITS_PER_DEGREE)).collect();
    is_plain.then(|| RawRing { path: String::new(), points: points() })
}

/// The grid point nearest to a place on the grid's scale.
// coordinates are in range when they are rounded: at most 5.4e9
#[allow(clippy::cast_possible_truncation)]
fn nearest(x: f64, y: f64) -> Point {
    Point::new(x.round() as i64, y.round() as i64)
}

/// Reads the wanted geometries out of a GeoJSON geometry object.
pub(super) fn read(geometry: &Value, wanted: Wanted, limits: &Limits) -> Result<Raw, ShapeError> {
    let mut reader = Reader { raw: Raw::default(), limits, path: String::new() };
    reader.geometry(geometry, wanted, 1)?;
    Ok(reader.raw)
}

struct Reader<'a> {
    raw: Raw,
    limits: &'a Limits,
    path: String,
}

impl Reader<'_> {
    fn geometry(&mut self, geometry: &Value, wanted: Wanted, depth: usize) -> Result<(), ShapeError> {
        if depth > self.limits.max_depth {
            return Err(self.too_much("levels of nested collections", self.limits.max_depth));
        }
        let Some(object) = geometry.as_object() else { return Err(self.structure("a GeoJSON geometry", geometry)) };
        let kind = object.get("type").unwrap_or(&Value::Null);
        let coordinates = object.get("coordinates").unwrap_or(&Value::Null);
        match (kind.as_str(), wanted) {
            (Some("Polygon"), Wanted::Areas) => self.within("coordinates", |r| r.polygon(coordinates)),
            (Some("MultiPolygon"), Wanted::Areas) => {
                self.within("coordinates", |r| r.each(coordinates, "an array of polygons", Self::polygon))
            }
            (Some("LineString"), Wanted::Lines) => self.within("coordinates", |r| r.piece(coordinates)),
            (Some("MultiLineString"), Wanted::Lines) => {
                self.within("coordinates", |r| r.each(coordinates, "an array of lines", Self::piece))
            }
            (Some("GeometryCollection"), Wanted::Areas) => {
                let members = object.get("geometries").unwrap_or(&Value::Null);
                self.within("geometries", |r| {
                    r.each(members, "an array of geometries", |r, member| r.geometry(member, wanted, depth + 1))
                })
            }
            (_, Wanted::Areas) => self
                .within("type", |r| Err(r.structure("Polygon, MultiPolygon or a GeometryCollection of those", kind))),
            (_, Wanted::Lines) => self.within("type", |r| Err(r.structure("LineString or MultiLineString", kind))),
        }
    }

    fn polygon(&mut self, rings: &Value) -> Result<(), ShapeError> {
        self.count_member()?;
        let mut polygon = Vec::new();
        self.each(rings, "an array of rings", |r, ring| {
            polygon.push(r.positions(ring)?);
            Ok(())
        })?;
        self.raw.members.push(polygon);
        Ok(())
    }

    fn piece(&mut self, positions: &Value) -> Result<(), ShapeError> {
        self.count_member()?;
        let piece = self.positions(positions)?;
        self.raw.members.push(vec![piece]);
        Ok(())
    }

    fn count_member(&self) -> Result<(), ShapeError> {
        if self.raw.members.len() >= self.limits.max_polygons {
            return Err(self.too_much("polygons or lines", self.limits.max_polygons));
        }
        Ok(())
    }

    fn positions(&mut self, positions: &Value) -> Result<RawRing, ShapeError> {
        let Some(list) = positions.as_array() else { return Err(self.structure("an array of positions", positions)) };
        self.raw.vertices += list.len().max(1);
        if self.raw.vertices > self.limits.max_vertices {
            return Err(self.too_much("vertices", self.limits.max_vertices));
        }
        let mut points = Vec::with_capacity(list.len() + 1);
        for (index, position) in list.iter().enumerate() {
            points.push(self.position(index, position)?);
        }
        Ok(RawRing { path: self.path.clone(), points })
    }

    fn position(&mut self, index: usize, position: &Value) -> Result<Point, ShapeError> {
        let Some([first, second, extra @ ..]) = position.as_array().map(Vec::as_slice) else {
            return Err(self.at(index, |r| r.structure("a position [longitude, latitude]", position)));
        };
        let number = |axis: usize, value: &Value| match value.as_f64() {
            Some(number) if number.is_finite() => Ok(number),
            _ => Err(self.at(index, |r| r.at(axis, |r| r.structure("a finite number of degrees", value)))),
        };
        let (lon, lat) = (number(0, first)?, number(1, second)?);
        if !LATITUDES.contains(&lat) {
            let path = format!("{}/{index}/1", self.path);
            let swapped = (-180.0..=180.0).contains(&lat) && (-90.0..=90.0).contains(&lon);
            return Err(if swapped {
                ShapeError::Swapped { path, lon, lat }
            } else {
                ShapeError::Latitude { path, value: lat }
            });
        }
        if !LONGITUDES.contains(&lon) {
            return Err(ShapeError::Longitude { path: format!("{}/{index}/0", self.path), value: lon });
        }
        self.raw.extra_elements += usize::from(!extra.is_empty());
        let (x, y) = (lon * UNITS_PER_DEGREE, lat * UNITS_PER_DEGREE);
        let on_grid = (x - x.round()).abs() < ON_GRID && (y - y.round()).abs() < ON_GRID;
        self.raw.rounded += usize::from(!on_grid);
        Ok(nearest(x, y))
    }

    fn each(
        &mut self,
        array: &Value,
        expected: &'static str,
        mut read: impl FnMut(&mut Self, &Value) -> Result<(), ShapeError>,
    ) -> Result<(), ShapeError> {
        let Some(items) = array.as_array() else { return Err(self.structure(expected, array)) };
        let length = self.path.len();
        for (index, item) in items.iter().enumerate() {
            // writing to a String cannot fail
            let _ = write!(self.path, "/{index}");
            read(self, item)?;
            self.path.truncate(length);
        }
        Ok(())
    }

    fn within<T>(
        &mut self,
        member: &str,
        read: impl FnOnce(&mut Self) -> Result<T, ShapeError>,
    ) -> Result<T, ShapeError> {
        let length = self.path.len();
        self.path.push('/');
        self.path.push_str(member);
        let result = read(self);
        self.path.truncate(length);
        result
    }

    /// An error made one step deeper in the document.
    fn at(&self, index: usize, error: impl FnOnce(&Reader<'_>) -> ShapeError) -> ShapeError {
        error(&Reader { raw: Raw::default(), limits: self.limits, path: format!("{}/{index}", self.path) })
    }

    fn structure(&self, expected: &'static str, found: &Value) -> ShapeError {
        ShapeError::Structure { path: self.path.clone(), expected, found: excerpt(found) }
    }

    fn too_much(&self, what: &'static str, max: usize) -> ShapeError {
        ShapeError::TooMuch { path: self.path.clone(), what, max }
    }
}

/// A value short enough for an error message; large ones are named by kind, so that a hostile one is not printed.
fn excerpt(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("an array of {}", items.len()),
        Value::Object(members) => format!("an object of {}", members.len()),
        Value::String(text) => format!("{:?}", text.chars().take(40).collect::<String>()),
        Value::Null => "nothing".to_owned(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

fn coordinates(vertices: &[Vertex]) -> Vec<Coordinates> {
    // a multiple of 10⁻⁷ below 180 has at most ten digits, so the nearest double prints as exactly those
    vertices.iter().map(|v| [v.lon_degrees(), v.lat_degrees()].into()).collect()
}

/// A `Polygon` for one part, otherwise a `MultiPolygon`; shells counter-clockwise, holes clockwise, cut at ±180.
pub(super) fn shape_geometry(shape: &Shape) -> Geometry {
    let rings = |rings: &mut dyn Iterator<Item = &Ring>| rings.map(|r| coordinates(r)).collect::<Vec<_>>();
    Geometry::new(match shape.polygons() {
        [one] => GeometryValue::Polygon { coordinates: rings(&mut one.rings()) },
        many => GeometryValue::MultiPolygon { coordinates: many.iter().map(|p| rings(&mut p.rings())).collect() },
    })
}

/// A `LineString` for one piece, otherwise a `MultiLineString`, cut at ±180.
pub(super) fn line_geometry(line: &Line) -> Geometry {
    Geometry::new(match line.pieces() {
        [one] => GeometryValue::LineString { coordinates: coordinates(one) },
        many => GeometryValue::MultiLineString { coordinates: many.iter().map(|p| coordinates(p)).collect() },
    })
}
