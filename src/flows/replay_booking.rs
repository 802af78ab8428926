//! One booking of a validation in full: as it was validated, or as it would have been answered at another instant.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::value::RawValue;

use super::check_itinerary::{ItineraryAnswer, check_itinerary};
use super::route_legs::route_legs;
use super::validate_bookings::BookingResult;
use super::validate_bookings::plans::Asking;
use crate::error::{Error, Issue};
use crate::format::document::bookings::Booking;
use crate::format::policy::{Action, Policy};
use crate::geometry::Limits;
use crate::live::Snapshot;
use crate::model::Verdict;
use crate::route::Router;
use crate::store::validations::{Booked, Job};

/// A booking in full.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct BookingAnswer {
    /// Its number in the file.
    pub number: i64,
    /// Its result when the file was validated; null where it is still to be done.
    #[schema(value_type = Option<BookingResult>)]
    pub result: Option<Box<RawValue>>,
    /// What was known at this instant is what follows.
    #[schema(value_type = String, format = DateTime)]
    pub as_of: Timestamp,
    /// The set of advisories that answers.
    pub epoch: u64,
    /// The worst over all passengers; none where the booking cannot be read.
    pub verdict: Option<Verdict>,
    /// What the policy says is to be done.
    pub action: Action,
    /// Whether every part could be determined.
    pub complete: bool,
    /// The whole answer for each plan in the booking, with the issuers' texts: passengers who travel differently have plans of their own.
    pub plans: Vec<ItineraryAnswer>,
    /// What is wrong with it, each at its place in the file.
    pub errors: Vec<Issue>,
}

/// What a booking is replayed with.
pub struct Replay<'a> {
    /// Everything that was ever said.
    pub snapshot: Arc<Snapshot>,
    /// How long statements are trusted.
    pub max_age: SignedDuration,
    /// What a geometry may cost.
    pub limits: Limits,
    /// Who is asked for ways that are not given.
    pub router: Option<&'a Router>,
    /// The instant; that of the validation if none.
    pub as_of: Option<Timestamp>,
    /// Language of the texts; that of the policy if none.
    pub lang: Option<String>,
}

impl Replay<'_> {
    /// The booking as of the instant.
    ///
    /// # Errors
    /// When what is stored cannot be read.
    pub async fn of(self, job: &Job, booked: Booked) -> Result<BookingAnswer, Error> {
        let broken = |e: serde_json::Error| Error::Internal(e.to_string());
        let mut policy: Policy = serde_json::from_str(&job.policy).map_err(broken)?;
        policy.lang = self.lang.or(policy.lang);
        let booking = Booking::from_text(u64::try_from(booked.number).unwrap_or_default(), &booked.text);
        let asking = Asking {
            snapshot: &self.snapshot,
            limits: &self.limits,
            policy: &policy,
            as_of: self.as_of,
            now: job.as_of,
        };
        let mut answer = BookingAnswer {
            number: booked.number,
            result: booked.result.map(RawValue::from_string).transpose().map_err(broken)?,
            as_of: self.as_of.unwrap_or(job.as_of),
            epoch: self.snapshot.epoch,
            verdict: None,
            action: policy.indeterminate,
            complete: false,
            plans: Vec::new(),
            errors: Vec::new(),
        };
        let plans = match asking.plans(&booking) {
            Ok(plans) => plans,
            Err(errors) => return Ok(BookingAnswer { errors, ..answer }),
        };
        for query in plans {
            answer.as_of = query.as_of;
            let query = route_legs(self.router, &self.snapshot, self.max_age, query).await;
            match check_itinerary(&self.snapshot, self.max_age, &query) {
                Ok(plan) => answer.plans.push(plan),
                Err(error) => return Ok(BookingAnswer { errors: error.issues(), plans: Vec::new(), ..answer }),
            }
        }
        let verdict = answer.plans.iter().map(|plan| plan.verdict).fold(Verdict::Clear, Verdict::worse);
        answer.complete = answer.plans.iter().all(|plan| plan.complete);
        (answer.verdict, answer.action) = (Some(verdict), policy.action(verdict, answer.complete));
        Ok(answer)
    }
}
