//! Geometry: the only user of `geo`, `geojson` and `rstar`; knows no clock, disk or network.
//!
//! One coordinate convention everywhere: WGS 84 degrees, stored as integers of 10⁻⁷ degree (at most 1.1 cm), edges
//! straight in longitude and latitude (RFC 7946 section 3.1.1). Functions that take two bare numbers take
//! **latitude, longitude**; everything that is GeoJSON is longitude, latitude.
//!
//! To understand the index, read `cells.rs` first: the idea on one page, with a drawing. Then, in this order:
//!
//! | what | files |
//! |---|---|
//! | which shapes contain a place | `cells` and the files below it; [`mod@batch`] for many places |
//! | how exact: whole numbers on the grid, and a slow oracle to compare with | [`exact`], [`oracle`], `trust` |
//! | how far away a border is | [`border`] over `edge_tree`, `metric`, `geodesic`; `near` and `band` find whose; `margins` |
//! | inside, outside or in doubt | [`relate`], `place`; `quiet` knows where nothing has to be measured |
//! | a line through the shapes | [`along`](mod@along) with `crossing`, `ruler`, `corridor` with `local`; [`within`] |
//! | which of many stored places a shape may touch | [`reverse`], [`points`] |
//! | another set of shapes, made from this one | [`change`] |
//! | from a document to a shape | `census`, `geojson`, `unwrap`, [`repair`] with `crossings` and `nesting`, `densify`, `simplify`, `outlined` |
//! | areas from areas | [`area`], `around`, `buffer`, `part`, `shared_border`, `surface` |

pub mod along;
pub mod area;
mod around;
mod band;
pub mod batch;
pub mod border;
mod buffer;
mod cells;
mod census;
pub mod change;
mod corridor;
mod crossing;
mod crossings;
mod densify;
mod edge_tree;
pub mod error;
pub mod exact;
mod geodesic;
mod geojson;
pub mod index;
mod interior;
pub mod kept_line;
pub mod limits;
mod line;
mod local;
mod margins;
pub mod metric;
mod near;
mod nesting;
pub mod oracle;
mod outlined;
mod packed;
pub mod parallel;
mod part;
mod place;
mod plane;
pub mod points;
pub mod position;
mod quiet;
pub mod relate;
pub mod repair;
pub mod reverse;
mod ruler;
pub mod shape;
mod shared_border;
mod simplify;
mod surface;
mod tangent;
mod trust;
mod unwrap;
pub mod within;

pub use along::{Interval, Passage};
pub use batch::Batch;
pub use change::Change;
pub use error::ShapeError;
pub use index::{Entry, HeapBytes, Policy, ShapeIndex};
pub use limits::{Edges, Limits};
pub use line::Line;
pub use margins::Margins;
pub use points::PointIndex;
pub use position::{InvalidPosition, Position};
pub use relate::{Margin, Placed, Placement, ShapeId};
pub use repair::{Repair, RepairReport};
pub use reverse::{StoredLegs, StoredPositions, boxes_around};
pub use shape::{Bounds, Polygon, Ring, Shape, Vertex};
