//! Geometry: the only user of `geo`, `geojson` and `rstar`; knows no clock, disk or network.
//!
//! One coordinate convention everywhere: WGS 84 degrees, stored as integers of 10⁻⁷ degree (at most 1.1 cm), edges
//! straight in longitude and latitude (RFC 7946 section 3.1.1). Functions that take two bare numbers take
//! **latitude, longitude**; everything that is `GeoJSON` is longitude, latitude.

pub mod along;
pub mod batch;
pub mod border;
mod cells;
pub mod change;
mod corridor;
mod crossing;
mod edge_tree;
pub mod exact;
pub mod index;
pub mod metric;
mod near;
pub mod oracle;
mod parallel;
mod place;
pub mod position;
pub mod relate;
pub mod reverse;
pub mod shape;
mod trust;
pub mod within;

pub use along::{Interval, Passage};
pub use batch::Batch;
pub use change::Change;
pub use index::{Entry, HeapBytes, Policy, ShapeIndex};
pub use position::{InvalidPosition, Position};
pub use relate::{Margin, Placed, Placement, ShapeId};
pub use reverse::{StoredLegs, StoredPositions};
pub use shape::{Bounds, Polygon, Ring, Shape, Vertex};
