//! The data sets and questions of the benches.
//!
//! `scripts/bench-data.py` makes the data sets, see there; questions are drawn by a fixed generator, so that every run asks the same.

pub mod data;
pub mod measure;
pub mod peers;
pub mod questions;
pub mod subjects;
