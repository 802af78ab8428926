//! The rules of the domain, as data: each case says what is true and why.

mod cambodia;
mod cases;
mod folder;
mod properties;
