//! Inbound statements: where advisories, issuers and places come from.

pub mod folder;
