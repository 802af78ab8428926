//! The `cordon` program, run as people run it: what it prints, how it ends, what it writes.

#[path = "../support/bundled.rs"]
mod bundled;
mod check;
mod cordon;
mod lint;
mod map;
mod real;
mod whole;
