//! What a booking asks, plan by plan, under an agency's policy.

use jiff::Timestamp;

use crate::error::{Error, Issue};
use crate::format::document::Context;
use crate::format::document::bookings::Booking;
use crate::format::draft::{Asked, Draft};
use crate::format::itinerary::ItineraryQuery;
use crate::format::policy::Policy;
use crate::geometry::Limits;
use crate::live::Snapshot;

/// What bookings are asked about with.
#[derive(Clone, Copy)]
pub struct Asking<'a> {
    /// Where places are found.
    pub snapshot: &'a Snapshot,
    /// What a geometry may cost.
    pub limits: &'a Limits,
    /// The agency's policy.
    pub policy: &'a Policy,
    /// What was known then counts, whatever policy and booking say of that.
    pub as_of: Option<Timestamp>,
    /// What counts where nobody says.
    pub now: Timestamp,
}

impl Asking<'_> {
    /// The questions of a booking.
    ///
    /// # Errors
    /// Everything that is wrong with it, at places in its file.
    pub fn plans(&self, booking: &Booking) -> Result<Vec<ItineraryQuery>, Vec<Issue>> {
        let context = Context { gazetteer: &self.snapshot.gazetteer, limits: self.limits, extractor: None };
        let query = |(draft, own): &(Draft, Option<Asked>)| {
            let mut asked = self.policy.asked(own.as_ref());
            if self.as_of.is_some() {
                asked.as_of = None;
            }
            let now = self.as_of.unwrap_or(self.now);
            draft.query(&asked, &self.snapshot.gazetteer, self.limits, now).map_err(Error::issues)
        };
        booking.read(&context)?.iter().map(query).collect()
    }
}
