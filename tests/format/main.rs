//! Documents from elsewhere: valid and broken ones of each format, written for this project from the formats' specifications; and what
//! subscribers are told.

mod broken;
#[path = "../support/bundled.rs"]
mod bundled;
mod extractor;
mod messages;
mod mutations;
mod support;
mod told;
mod valid;
