//! Ways of overland legs, from real routing engines and from the operator's table, over the bundled data.

mod bookings;
mod engines;
mod table;
mod trips;
mod ways;
