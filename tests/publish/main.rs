//! Publishing: from a Feature to the answers of every instance, on both databases.

#![allow(clippy::disallowed_methods)] // a bare client is what a stranger would use

#[path = "../store/support.rs"]
#[macro_use]
mod databases;

mod index;
mod instance;
#[allow(dead_code)] // of the service under test only some is used here
#[path = "../http/support.rs"]
mod support;

mod api;
mod command;
mod instants;
mod mistakes;
mod publishing;
mod sync;
