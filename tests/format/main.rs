//! Documents from elsewhere: valid and broken ones of each format, written for this project from the formats' specifications.

mod broken;
mod extractor;
mod mutations;
mod support;
mod valid;
