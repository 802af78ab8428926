//! The store holds what it was told, on both databases.

#[macro_use]
mod support;

mod migrations;
mod transactions;
