//! Shapes as the rest of Cordon meets them: cases as data, invariants under arbitrary input, distances against oracles.

mod algebra;
mod arbitrary;
mod distances;
mod invariants;
mod lines;
mod reading;
mod real_size;
