//! Cordon: travel advisories as exact polygons, and the answers drawn from them.

pub mod geometry;
