//! Booking files: results in order, each passenger with their own issuers, no mistake that hides another booking; jobs that go on after a crash.

#[path = "../store/support.rs"]
#[macro_use]
mod databases;
mod bookings;
mod jobs;
mod killed;
mod support;
