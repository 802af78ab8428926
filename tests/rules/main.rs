//! The rules of the domain, as data: each case says what is true and why.

#[path = "../support/bundled.rs"]
mod bundled;
mod cambodia;
mod cases;
mod folder;
mod properties;
