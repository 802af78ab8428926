//! What the service does, one flow a file, readable top to bottom.

pub mod answer;
pub mod answer_once;
pub mod check_itinerary;
pub mod check_location;
pub mod deliver;
pub mod find_places;
pub mod list_advisories;
pub mod list_issuers;
pub mod list_missions;
pub mod list_regions;
pub mod manage_keys;
pub mod page;
pub mod pass_instants;
pub mod publish_advisory;
pub mod readiness;
pub mod recheck;
pub mod register_traveller;
pub mod report_position;
pub mod retention;
pub mod route_legs;
pub mod save_itinerary;
pub mod step;
pub mod subscribe;
pub mod validate_bookings;
pub mod validation_jobs;
pub mod watch;
