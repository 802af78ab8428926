//! After a change of the advisories: whom it concerns or no longer concerns.

pub mod watched;
