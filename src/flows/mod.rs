//! What the service does, one flow a file, readable top to bottom.

pub mod answer;
pub mod answer_once;
pub mod check_itinerary;
pub mod check_location;
pub mod deliver;
pub mod find_places;
pub mod list_advisories;
pub mod list_deliveries;
pub mod list_issuers;
pub mod list_missions;
pub mod list_regions;
pub mod listen;
pub mod manage_keys;
pub mod manage_webhooks;
pub mod page;
pub mod push_keys;
pub mod readiness;
pub mod route_legs;
pub mod step;
pub mod validate_bookings;
pub mod validation_jobs;
