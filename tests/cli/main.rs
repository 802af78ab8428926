//! The `cordon` program, run as people run it: what it prints, how it ends, what it writes.

mod check;
mod cordon;
mod lint;
mod map;
mod real;
