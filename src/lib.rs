//! Cordon: travel advisories as exact polygons, and the answers drawn from them.

pub mod cli;
pub mod clock;
pub mod error;
pub mod feed;
pub mod flows;
pub mod format;
pub mod geometry;
pub mod live;
pub mod matching;
pub mod model;
