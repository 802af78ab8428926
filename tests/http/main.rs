//! The HTTP interface, over real connections.

#![allow(clippy::disallowed_methods)] // a bare client is what a stranger would use

#[path = "../store/support.rs"]
#[macro_use]
mod databases;

mod access;
mod basemap;
#[path = "../support/bundled.rs"]
mod bundled;
mod bundles;
mod evidence;
mod failing;
mod lifecycle;
mod limits;
mod names;
mod openapi;
mod privacy;
mod problems;
mod reading;
mod sold;
mod streaming;
mod support;
mod told;
mod travellers;
mod validations;
