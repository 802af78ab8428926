//! What a geometry read from outside may cost, and how its edges are meant.

/// Bounds checked while reading, before anything expensive is done with a geometry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most bytes of a data file, unpacked, and of the JSON text of a geometry; looked at before the text is parsed.
    pub max_bytes: usize,
    /// The most positions in all rings together; an empty ring counts as one.
    pub max_vertices: usize,
    /// The most polygons (or pieces of a line) in all members together.
    pub max_polygons: usize,
    /// How deep `GeometryCollection`s, and areas in areas, may be nested; a plain geometry or area has depth 1.
    pub max_depth: usize,
}

impl Limits {
    /// 256 MiB: ten million vertices written with all their decimals.
    pub const MAX_BYTES: usize = 256 << 20;
    /// Ten million; the world's countries, provinces and districts together have about one million.
    pub const MAX_VERTICES: usize = 10_000_000;
    /// Half a million; the most scattered coast in OpenStreetMap has under fifty thousand islands.
    pub const MAX_POLYGONS: usize = 500_000;
    /// RFC 7946 section 3.1.8 advises against nesting collections at all; an area nests a few levels.
    pub const MAX_DEPTH: usize = 16;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_bytes: Self::MAX_BYTES,
            max_vertices: Self::MAX_VERTICES,
            max_polygons: Self::MAX_POLYGONS,
            max_depth: Self::MAX_DEPTH,
        }
    }
}

/// What the line between two successive vertices is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Edges {
    /// Straight in longitude and latitude (RFC 7946 section 3.1.1).
    #[default]
    Planar,
    /// The shortest path on the ellipsoid; vertices are added until planar edges lie within the tolerance of it.
    Geodesic {
        /// The largest distance, in metres, between the true edge and the planar edges that stand for it; at least 0.1.
        tolerance_m: f64,
    },
}
