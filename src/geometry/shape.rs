//! The canonical form of an area: integer rings, valid, oriented, never crossing ±180.

use super::error::ShapeError;
use super::geojson::{Wanted, parse, read, shape_geometry};
use super::limits::{Edges, Limits};
use super::repair::{RepairReport, repair};

/// Units in one degree: coordinates are integers of 10⁻⁷ degree, so every orientation test is exact in 128-bit integers.
pub const UNITS_PER_DEGREE: f64 = 1e7;

/// A vertex in integers of 10⁻⁷ degree: longitude within ±1,800,000,000, latitude within ±900,000,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Vertex {
    /// Longitude in 10⁻⁷ degree.
    pub lon: i32,
    /// Latitude in 10⁻⁷ degree.
    pub lat: i32,
}

impl Vertex {
    /// The grid point nearest to a latitude and longitude in degrees, both already in range.
    // in range: at most 1.8e9, inside i32
    #[allow(clippy::cast_possible_truncation)]
    #[inline]
    pub fn nearest(lat: f64, lon: f64) -> Self {
        // half away from zero like `round`, which on older processors is a function call: this is on every lookup's way
        let nearest = |degrees: f64| (degrees * UNITS_PER_DEGREE + 0.5_f64.copysign(degrees)) as i32;
        Self { lon: nearest(lon), lat: nearest(lat) }
    }

    /// Latitude in degrees.
    pub fn lat_degrees(self) -> f64 {
        f64::from(self.lat) / UNITS_PER_DEGREE
    }

    /// Longitude in degrees.
    pub fn lon_degrees(self) -> f64 {
        f64::from(self.lon) / UNITS_PER_DEGREE
    }

    /// Latitude and longitude in degrees.
    pub fn degrees(self) -> (f64, f64) {
        (self.lat_degrees(), self.lon_degrees())
    }
}

/// A closed ring: the first vertex is repeated at the end, no two successive vertices are equal.
pub type Ring = Vec<Vertex>;

/// One part of a shape: a counter-clockwise shell and clockwise holes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Polygon {
    /// The outer ring, counter-clockwise.
    pub shell: Ring,
    /// The inner rings, clockwise, inside the shell, not crossing it or each other.
    pub holes: Vec<Ring>,
}

impl Polygon {
    /// The shell, then the holes.
    pub fn rings(&self) -> impl Iterator<Item = &Ring> + Clone {
        std::iter::once(&self.shell).chain(&self.holes)
    }
}

/// A box in integers of 10⁻⁷ degree, both ends included; never crosses ±180 (a shape that does has parts on both sides).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// South-west corner.
    pub min: Vertex,
    /// North-east corner.
    pub max: Vertex,
}

impl Bounds {
    /// The smallest box around the vertices; `None` without any.
    pub fn of<'a>(vertices: impl IntoIterator<Item = &'a Vertex>) -> Option<Self> {
        vertices.into_iter().fold(None, |bounds: Option<Self>, v| {
            let b = bounds.unwrap_or(Self { min: *v, max: *v });
            Some(Self {
                min: Vertex { lon: b.min.lon.min(v.lon), lat: b.min.lat.min(v.lat) },
                max: Vertex { lon: b.max.lon.max(v.lon), lat: b.max.lat.max(v.lat) },
            })
        })
    }

    /// Whether the vertex lies in the box or on its edge.
    pub fn covers(&self, v: Vertex) -> bool {
        (self.min.lon..=self.max.lon).contains(&v.lon) && (self.min.lat..=self.max.lat).contains(&v.lat)
    }

    /// Whether the two boxes share a point.
    pub fn intersects(&self, other: &Self) -> bool {
        self.min.lon <= other.max.lon
            && other.min.lon <= self.max.lon
            && self.min.lat <= other.max.lat
            && other.min.lat <= self.max.lat
    }
}

/// An area on the Earth in canonical form; made by [`Shape::from_geojson`] and the operations of [`super::area`], never by hand.
///
/// Invariants: rings closed, without repeated vertices, on the 10⁻⁷ degree grid, valid in the sense of OGC Simple Features
/// (no crossings, holes inside shells, parts not overlapping), shells counter-clockwise, holes clockwise, no edge across ±180
/// (an area that crosses is cut into parts there), an area around a pole closed along ±90.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Shape {
    polygons: Vec<Polygon>,
}

impl Shape {
    /// Wraps parts that already keep the invariants. Nothing is checked here: the index checks every shape at sampled
    /// places and keeps one that breaks the invariants off its fast path.
    pub fn from_canonical(polygons: Vec<Polygon>) -> Self {
        Self { polygons }
    }

    /// Reads a GeoJSON `Polygon`, `MultiPolygon` or `GeometryCollection` of those, repairing it by the rules of [`super::repair::Repair`].
    ///
    /// A collection is the union of its members. Valid input keeps its vertices exactly, only the order of rings and where they begin
    /// is made canonical.
    ///
    /// # Errors
    /// When it is not such a geometry, a coordinate is out of range, a limit is passed, no area is left, or the outline contradicts itself so much
    /// that repairing it would be guessing; the error names the place and the value.
    pub fn from_geojson(geometry: &serde_json::Value, limits: &Limits) -> Result<(Self, RepairReport), ShapeError> {
        Self::from_geojson_with(geometry, limits, Edges::Planar)
    }

    /// Reads as [`Self::from_geojson`] does, with edges meant as stated.
    ///
    /// # Errors
    /// As [`Self::from_geojson`], and when the tolerance of geodesic edges is not a number of at least 0.1 metres.
    pub fn from_geojson_with(
        geometry: &serde_json::Value,
        limits: &Limits,
        edges: Edges,
    ) -> Result<(Self, RepairReport), ShapeError> {
        repair(read(geometry, Wanted::Areas, limits)?, edges)
    }

    /// Reads JSON text as [`Self::from_geojson_with`] does, refusing first what is longer than the limit.
    ///
    /// # Errors
    /// As [`Self::from_geojson_with`], and when the text is not JSON.
    pub fn from_geojson_text(text: &[u8], limits: &Limits, edges: Edges) -> Result<(Self, RepairReport), ShapeError> {
        Self::from_geojson_with(&parse(text, limits)?, limits, edges)
    }

    /// A `Polygon`, or a `MultiPolygon` unless there is exactly one part, as RFC 7946 asks: shells counter-clockwise, holes clockwise,
    /// cut at ±180, at most seven decimals. Reading it again gives an equal shape.
    pub fn to_geojson(&self) -> geojson::Geometry {
        shape_geometry(self)
    }

    /// The parts.
    pub fn polygons(&self) -> &[Polygon] {
        &self.polygons
    }

    /// Whether there is no area at all.
    pub fn is_empty(&self) -> bool {
        self.polygons.is_empty()
    }

    /// How many vertices all rings have, the repeated last ones included.
    pub fn vertex_count(&self) -> usize {
        self.polygons.iter().flat_map(Polygon::rings).map(Vec::len).sum()
    }

    /// The smallest box around all parts; `None` when empty.
    pub fn bounds(&self) -> Option<Bounds> {
        Bounds::of(self.polygons.iter().flat_map(|p| &p.shell))
    }
}
