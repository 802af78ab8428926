//! Geometry: the only user of `geo`, `geojson` and `rstar`; knows no clock, disk or network.
//!
//! One coordinate convention everywhere: WGS 84 degrees, stored as integers of 10⁻⁷ degree (at most 1.1 cm), edges
//! straight in longitude and latitude (RFC 7946 section 3.1.1). Functions that take two bare numbers take
//! **latitude, longitude**; everything that is GeoJSON is longitude, latitude.

pub mod area;
mod border;
mod crossings;
mod densify;
pub mod error;
mod geodesic;
mod geojson;
mod interior;
pub mod limits;
pub mod line;
mod nesting;
mod plane;
pub mod position;
pub mod repair;
pub mod shape;
mod simplify;
mod surface;
mod tangent;
mod unwrap;
mod within;

pub use error::ShapeError;
pub use limits::{Edges, Limits};
pub use line::Line;
pub use position::{InvalidPosition, Position};
pub use repair::{Repair, RepairReport};
pub use shape::{Bounds, Polygon, Ring, Shape, Vertex};
