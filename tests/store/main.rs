//! The store holds what it was told, on both databases.

#![allow(clippy::disallowed_methods)] // a bare client is what a stranger would use; a stopwatch is no time of day

#[macro_use]
mod support;

mod bulk;
mod crash;
mod full_disk;
mod migrations;
mod once;
mod program;
mod transactions;
