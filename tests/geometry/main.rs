//! Shapes as the rest of Cordon meets them: cases as data, invariants under arbitrary input, distances against oracles.

// coordinates in tests are written as they are read aloud; equal means equal
#![allow(clippy::unreadable_literal, clippy::float_cmp)]

mod algebra;
mod arbitrary;
mod distances;
mod invariants;
mod lines;
mod reading;
