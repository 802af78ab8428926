//! Ways of overland legs, from real routing engines and from the operator's table, over the bundled data.

#[path = "../watch/agency.rs"]
mod agency;
mod bookings;
#[path = "../support/bundled.rs"]
mod bundled;
#[path = "../store/support.rs"]
#[macro_use]
mod databases;
mod engines;
mod sold;
mod table;
mod trips;
mod watched;
mod ways;
#[path = "../watch/world.rs"]
mod world;
