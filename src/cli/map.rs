//! stub
use crate::flows::check_itinerary::ItineraryAnswer;
use crate::format::itinerary::ItineraryQuery;
use crate::live::Snapshot;
pub(super) fn page(_: &Snapshot, _: &ItineraryQuery, _: &ItineraryAnswer) -> Result<String, String> { Ok(String::new()) }
