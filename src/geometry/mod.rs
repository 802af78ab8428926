//! Geometry: the only user of `geo`, `geojson` and `rstar`; knows no clock, disk or network.
//!
//! One coordinate convention everywhere: WGS 84 degrees, stored as integers of 10⁻⁷ degree (at most 1.1 cm), edges
//! straight in longitude and latitude (RFC 7946 section 3.1.1). Functions that take two bare numbers take
//! **latitude, longitude**; everything that is GeoJSON is longitude, latitude.

pub mod position;
pub mod shape;

pub use position::{InvalidPosition, Position};
pub use shape::{Bounds, Polygon, Ring, Shape, Vertex};
