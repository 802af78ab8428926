//! A line on the Earth: a border, a route, a great circle; cut at ±180, measured in geodesic metres.

use super::densify::densify;
use super::error::ShapeError;
use super::geodesic::{Degrees, between, distance_m, grid};
use super::geojson::{RawRing, Wanted, line_geometry, parse, plain_line, read};
use super::limits::{Edges, Limits};
use super::plane::{Point, vertex};
use super::position::Position;
use super::ruler::{Ruler, lengths_m};
use super::shape::{Bounds, Vertex};
use super::unwrap::{fold_path, wrapping_shift};

/// One or several pieces of two or more vertices, edges straight in longitude and latitude, no edge across ±180.
///
/// Metres along it are those of such edges, not of the shortest paths between vertices; wrong by 0.1 % of any stretch at most.
/// A line cut at ±180 has a piece ending at one side and a piece beginning at the same place on the other.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pieces: Vec<Vec<Vertex>>,
    /// For each piece the metres from the line's beginning to each of its vertices; gaps between pieces have no length.
    metres: Vec<Vec<f64>>,
}

impl Line {
    /// The most vertices [`Self::great_circle`] makes.
    pub const MAX_STEPS: usize = 1_000_000;

    /// Reads a GeoJSON `LineString`, or a `MultiLineString` as several pieces.
    ///
    /// An edge that jumps more than 180° of longitude is read as the short way across ±180 (RFC 7946 section 3.1.9). Repeated vertices are dropped.
    ///
    /// # Errors
    /// When it is not such a geometry, a coordinate is out of range, a limit is passed or a piece has fewer than two different points;
    /// the error names the place and the value.
    pub fn from_geojson(geometry: &serde_json::Value, limits: &Limits, edges: Edges) -> Result<Self, ShapeError> {
        Self::from_raw(read(geometry, Wanted::Lines, limits)?.members.into_iter().flatten(), edges)
    }

    fn from_raw(raw: impl Iterator<Item = RawRing>, edges: Edges) -> Result<Self, ShapeError> {
        let mut pieces = Vec::new();
        for piece in raw {
            let mut path = continuous(&piece.points);
            path.dedup();
            if path.len() < 2 {
                return Err(ShapeError::Empty { path: piece.path, what: "a line needs two different points" });
            }
            if let Edges::Geodesic { tolerance_m } = edges {
                path = densify(&path, tolerance_m)?;
                path.dedup();
            }
            pieces.extend(fold_path(&path));
        }
        if pieces.is_empty() {
            return Err(ShapeError::Empty {
                path: "/coordinates".to_owned(),
                what: "a line needs two different points",
            });
        }
        Ok(Self::from_points(pieces))
    }

    /// Reads JSON text as [`Self::from_geojson`] does, refusing first what is longer than the limit.
    ///
    /// # Errors
    /// As [`Self::from_geojson`], and when the text is not JSON.
    pub fn from_geojson_text(text: &[u8], limits: &Limits, edges: Edges) -> Result<Self, ShapeError> {
        // most lines are plain and sound; what is wrong with another the tree of its values tells
        let plain = plain_line(text, limits).and_then(|piece| Self::from_raw(std::iter::once(piece), edges).ok());
        plain.map_or_else(|| Self::from_geojson(&parse(text, limits)?, limits, edges), Ok)
    }

    /// The shortest path on the ellipsoid between two positions, with a vertex at least every `max_step_m` metres.
    ///
    /// # Errors
    /// When the positions are one point of the grid, or the step is not a positive number of metres or would need more than [`Self::MAX_STEPS`].
    // checked against MAX_STEPS
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
    pub fn great_circle(a: Position, b: Position, max_step_m: f64) -> Result<Self, ShapeError> {
        if a.vertex() == b.vertex() {
            return Err(ShapeError::Empty { path: String::new(), what: "a line needs two different points" });
        }
        let (from, to) = (Degrees::new(a.lon(), a.lat()), Degrees::new(b.lon(), b.lat()));
        let steps = (distance_m(from, to) / max_step_m).ceil();
        if !max_step_m.is_finite() || max_step_m <= 0.0 || steps > Self::MAX_STEPS as f64 {
            return Err(ShapeError::Distance {
                value: max_step_m,
                expected: "a step of a positive number of metres, at most a million of them in all",
            });
        }
        let steps = (steps as usize).max(1);
        let places: Vec<Point> = (0..=steps)
            .map(|i| match i {
                0 => grid(from),
                i if i == steps => grid(to),
                i => grid(between(from, to, i as f64 / steps as f64)),
            })
            .collect();
        let mut path = continuous(&places);
        path.dedup();
        let pieces = fold_path(&path);
        if pieces.is_empty() {
            return Err(ShapeError::Empty { path: String::new(), what: "a line needs two different points" });
        }
        Ok(Self::from_points(pieces))
    }

    /// A line from pieces of at least two different successive vertices each, within ±180.
    pub(super) fn from_points(pieces: Vec<Vec<Point>>) -> Self {
        let pieces: Vec<Vec<Vertex>> = pieces.into_iter().map(|p| p.into_iter().map(vertex).collect()).collect();
        let mut along = 0.0;
        let metres = pieces
            .iter()
            .map(|piece: &Vec<Vertex>| {
                let mut metres = vec![along];
                metres.extend(lengths_m(piece).into_iter().map(|step| {
                    along += step;
                    along
                }));
                metres
            })
            .collect();
        Self { pieces, metres }
    }

    /// The pieces, in order.
    pub fn pieces(&self) -> &[Vec<Vertex>] {
        &self.pieces
    }

    /// For each piece, the metres along the line from its beginning to each vertex; gaps between pieces count nothing.
    pub fn metres(&self) -> &[Vec<f64>] {
        &self.metres
    }

    /// The length of all pieces in metres, along edges that are straight in longitude and latitude.
    pub fn length_m(&self) -> f64 {
        self.metres.last().and_then(|m| m.last()).copied().unwrap_or_default()
    }

    /// The place that many metres along the line; before the beginning the first vertex, past the end the last.
    pub fn point_at_m(&self, metres: f64) -> Position {
        let wanted = if metres.is_nan() { 0.0 } else { metres.clamp(0.0, self.length_m()) };
        let piece = self.metres.iter().position(|m| m.last().is_some_and(|&end| end >= wanted)).unwrap_or_default();
        let (along, vertices) = (&self.metres[piece], &self.pieces[piece]);
        let end = along.partition_point(|&m| m < wanted).clamp(1, along.len() - 1);
        let (a, b) = (vertices[end - 1], vertices[end]);
        let share = Ruler::of(a, b, along[end] - along[end - 1]).at_parameter(wanted - along[end - 1]);
        let mix = |from: i32, to: i32| f64::from(from) + share * (f64::from(to) - f64::from(from));
        Position::from(rounded(mix(a.lon, b.lon), mix(a.lat, b.lat)))
    }

    /// The place at a share of the length: 0.0 is the beginning, 1.0 the end.
    pub fn point_at_share(&self, share: f64) -> Position {
        self.point_at_m(share * self.length_m())
    }

    /// The smallest box around all pieces; `None` never happens for a line that was read.
    pub fn bounds(&self) -> Option<Bounds> {
        Bounds::of(self.pieces.iter().flatten())
    }

    /// A `LineString`, or a `MultiLineString` when there are several pieces; reading it again gives an equal line.
    pub fn to_geojson(&self) -> geojson::Geometry {
        line_geometry(self)
    }

    /// The same as a JSON value.
    pub fn geojson_value(&self) -> serde_json::Value {
        serde_json::json!(self.to_geojson())
    }
}

/// A path with continuous longitudes, starting within ±180: every jump of more than half a turn is read as the short way.
fn continuous(points: &[Point]) -> Vec<Point> {
    let mut shift = points.first().map_or(0, |p| wrapping_shift(p.x));
    let mut out: Vec<Point> = Vec::with_capacity(points.len());
    for (i, &p) in points.iter().enumerate() {
        if i > 0 {
            shift += wrapping_shift(p.x - points[i - 1].x);
        }
        out.push(Point::new(p.x + shift, p.y));
    }
    out
}

/// The vertex nearest to fractional grid coordinates between two vertices.
// between two vertices
#[allow(clippy::cast_possible_truncation)]
fn rounded(lon: f64, lat: f64) -> Vertex {
    Vertex { lon: lon.round() as i32, lat: lat.round() as i32 }
}
