//! The HTTP interface, over real connections.

mod lifecycle;
mod limits;
mod openapi;
mod privacy;
mod problems;
mod reading;
mod streaming;
mod support;
