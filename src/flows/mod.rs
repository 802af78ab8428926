//! What the service does, one flow a file, readable top to bottom.

pub mod answer;
pub mod check_itinerary;
pub mod check_location;
