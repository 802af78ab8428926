//! Publishing: from a Feature to the answers of every instance, on both databases.

#![allow(clippy::disallowed_methods)] // a bare client is what a stranger would use

#[path = "../store/support.rs"]
#[macro_use]
mod databases;

mod index;
mod instance;
mod instants;
mod mistakes;
mod publishing;
mod sync;
