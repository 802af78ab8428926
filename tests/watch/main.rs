//! Watching: where a traveller is, what a plan is concerned by, and that each is told of once.

mod flapping;
mod whereabouts;
