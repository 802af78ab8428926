//! Documents: what callers send, turned into the model with every mistake at its place.

pub mod bbox;
pub mod document;
pub mod draft;
pub mod evidence;
pub mod geojson;
pub mod itinerary;
pub mod json;
pub mod lines;
pub mod location;
pub mod message;
pub mod moment;
pub mod nationality;
pub mod phrases;
pub mod policy;
mod polyline;
pub mod revision;
pub mod watching;
