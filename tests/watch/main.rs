//! Watching: where a traveller is, what a plan is concerned by, and that each is told of once.

#[path = "../store/support.rs"]
#[macro_use]
mod databases;
mod agency;
mod announced;
mod bookings;
#[path = "../support/bundled.rs"]
mod bundled;
mod equals;
mod flapping;
mod positions;
mod racing;
mod trips;
mod whereabouts;
mod world;
