//! Ways of overland legs, from real routing engines and from the operator's table, over the bundled data.

mod bookings;
#[path = "../store/support.rs"]
#[macro_use]
mod databases;
mod engines;
mod table;
mod trips;
mod watched;
mod ways;
#[path = "../watch/world.rs"]
mod world;
