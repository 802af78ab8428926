//! Bookings of validated files are watched: when the class of a verdict changes, the agency hears of it, until the booking is over.
//!
//! A watch begins from what the result says: what has changed since is told at once, by the same event as what changes later.

use std::sync::Arc;

use futures_util::{StreamExt, TryStreamExt};
use jiff::Timestamp;
use serde::Serialize;

use super::page::{Page, PageQuery};
use super::step::Step;
use super::validation_jobs;
use super::watch::answers::{MatchWords, matches, upcoming};
use super::watch::booking::{Standing, ToWatch, Told, Unwatchable, begin, present};
use super::watch::rematch::Again;
use super::watch::{LONGEST_TRIP, Watch, thinking};
use crate::error::Error;
use crate::format::moment;
use crate::format::policy::Policy;
use crate::geometry::parallel;
use crate::live::Snapshot;
use crate::model::route::Ways;
use crate::model::{NewEvent, Subject, Whose};
use crate::store::booking_watch::{self, Sold};
use crate::store::shards::{self, Shard};
use crate::store::validations::{self, Booked, Job};
use crate::store::{Tx, events, subjects};

/// Bookings that come under watch together.
const PORTION: u32 = 500;
/// Bookings that wait for a routing engine at once.
const WAITING: usize = 8;

/// How far the watch of a file is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct WatchState {
    /// The validation.
    pub validation: String,
    /// Whether all bookings of the file are to be watched; else only those that were named.
    pub all: bool,
    /// How many were looked at for that; those that are over, or could not be read, are not watched.
    pub looked_at: i64,
    /// How many are watched.
    pub bookings: i64,
    /// Until when the last of them is.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub watched_until: Option<Timestamp>,
}

/// A watched booking.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct WatchedBooking {
    /// Its number in the file.
    pub number: i64,
    /// Its reference.
    #[serde(rename = "ref")]
    pub reference: Option<String>,
    /// The verdict that was told last: by the result, or by an event since.
    pub told: Standing,
    /// When its watch began.
    #[schema(value_type = String, format = DateTime)]
    pub watched_since: Timestamp,
    /// It is watched until then.
    #[schema(value_type = String, format = DateTime)]
    pub watched_until: Timestamp,
}

/// A watched booking with how it stands now.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct BookingStanding {
    /// The booking.
    #[serde(flatten)]
    pub booking: WatchedBooking,
    /// The verdict of what still lies ahead of it; none when nothing does.
    pub now: Option<Standing>,
    /// What concerns that.
    pub matches: Vec<MatchWords>,
    /// What will, once it takes effect.
    pub upcoming: Vec<MatchWords>,
}

impl WatchedBooking {
    fn new(subject: &Subject) -> Result<Self, Error> {
        let Whose::Booking { number, .. } = subject.whose else {
            return Err(Error::Internal("a trip passed for a booking".to_owned()));
        };
        let told: Told = serde_json::from_str(&subject.document).map_err(|e| Error::Internal(e.to_string()))?;
        Ok(Self {
            number,
            reference: told.reference,
            told: told.standing,
            watched_since: subject.created_at,
            watched_until: subject.ends_at,
        })
    }
}

/// The subjects of bookings whose watch begins, and those that cannot be watched.
type Begun = Vec<(i64, Result<Again, Unwatchable>)>;

impl Watch {
    /// Puts all bookings of a file under watch, also those whose results are still to come. Returns the job; [`Self::watch_results`] does
    /// the work.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such validation of this owner.
    pub async fn watch_file(&self, id: &str, owner: &str) -> Result<Job, Error> {
        let mut tx = self.store().begin().await?;
        let job = validation_jobs::find(&mut tx, id, Some(owner)).await?;
        booking_watch::begin(&mut tx, id).await?;
        tx.commit().await?;
        Ok(Job { watch: true, ..job })
    }

    /// Puts some bookings under watch that have results and are waiting for it.
    ///
    /// # Errors
    /// When the database cannot be read or written; what was under way is done again.
    pub async fn watch_step(&self) -> Result<Step, Error> {
        let Some((id, owner)) = booking_watch::due(&mut self.store().read().await?).await? else {
            return Ok(Step::Idle);
        };
        self.watch_portion(&id, owner.as_deref()).await?;
        Ok(Step::Worked)
    }

    /// Puts all bookings of a file under watch that have results, for a caller who waits.
    ///
    /// # Errors
    /// As [`Self::watch_step`].
    pub async fn watch_results(&self, id: &str, owner: &str) -> Result<(), Error> {
        while self.watch_portion(id, Some(owner)).await? {}
        Ok(())
    }

    /// Returns whether there may be more.
    async fn watch_portion(&self, id: &str, owner: Option<&str>) -> Result<bool, Error> {
        self.until_current(|| async {
            let mut tx = self.store().read().await?;
            let Some(job) = validations::find(&mut tx, id, owner).await? else { return Ok(Some(false)) };
            if !job.watch || job.watched >= job.done {
                return Ok(Some(false));
            }
            let to = job.done.min(job.watched + i64::from(PORTION));
            let limit = u32::try_from(to - job.watched).unwrap_or(PORTION);
            let booked = validations::bookings(&mut tx, id, job.watched, limit).await?;
            drop(tx);
            let fences = self.fences();
            let begun = self.begin_all(fences.of(job.kind), &job, booked).await?;

            let mut tx = self.store().begin().await?;
            if !booking_watch::looked_at(&mut tx, &job, to).await? {
                // done by another, or not wanted any more
                return Ok(Some(true));
            }
            let already = booking_watch::watched(&mut tx, id, job.watched, to).await?;
            let new = begun.into_iter().filter(|(number, _)| !already.contains(number));
            let new: Vec<Again> = new.filter_map(|(_, begun)| begun.ok()).collect();
            if !self.write_watched(&mut tx, fences.epoch(), &new).await? {
                drop(tx);
                return self.catch_up().await;
            }
            tx.commit().await?;
            Ok(Some(true))
        })
        .await
    }

    async fn begin_all(&self, snapshot: &Arc<Snapshot>, job: &Job, booked: Vec<Booked>) -> Result<Begun, Error> {
        let policy: Policy = serde_json::from_str(&job.policy).map_err(|e| Error::Internal(e.to_string()))?;
        let as_of = policy.as_of.as_deref().and_then(|as_of| moment::instant(as_of).ok()).unwrap_or(job.as_of);
        let asked = booked.into_iter().map(|booked| async move {
            let Booked { number, text, result } = booked;
            let sold = Sold { owner: job.owner.clone(), policy: job.policy.clone(), number, text };
            let ways = self.ways_of_booking(snapshot, &sold, &Ways::new()).await?;
            let (validation, kind, result) = (job.id.clone(), job.kind, result.unwrap_or_default());
            Ok::<_, Error>(ToWatch { validation, kind, as_of, result, sold, ways })
        });
        let asked: Vec<ToWatch> = futures_util::stream::iter(asked).buffered(WAITING).try_collect().await?;
        let (watch, snapshot, now) = (self.clone(), Arc::clone(snapshot), self.now());
        thinking(move || {
            let moment = watch.moment(&snapshot, now);
            let rest = watch.settings().trip_rest;
            let one = |booking: &ToWatch| (booking.sold.number, begin(booking, rest, now + LONGEST_TRIP, &moment));
            parallel::each(&asked, one)
        })
        .await
    }

    /// Writes new subjects with what is told of them; `false` where the fences moved on, and nothing may be committed.
    async fn write_watched(&self, tx: &mut Tx, epoch: u64, new: &[Again]) -> Result<bool, Error> {
        let held = shards::hold_these(tx, new.iter().map(|again| subjects::shard_of(&again.subject))).await?;
        if held.iter().any(|shard| shard.epoch > epoch) {
            return Ok(false);
        }
        let shard = |subject: &Subject| held.iter().copied().find(|shard| shard.id == subjects::shard_of(subject));
        let placed: Vec<(&Subject, Shard)> =
            new.iter().filter_map(|again| Some((&again.subject, shard(&again.subject)?))).collect();
        if !placed.is_empty() {
            subjects::put_all(tx, &placed).await?;
        }
        let told: Vec<NewEvent> = new.iter().filter_map(|again| again.event.clone()).collect();
        events::append(tx, self.now(), &told).await?;
        Ok(true)
    }

    /// Puts one booking of a file under watch; one that is watched stays so.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none; [`Error::Conflict`] when it has no result yet, could not be read, or is over.
    pub async fn watch_booking(&self, id: &str, number: i64, owner: &str) -> Result<(), Error> {
        self.until_current(|| async {
            let mut tx = self.store().read().await?;
            let job = validation_jobs::find(&mut tx, id, Some(owner)).await?;
            let booked = validation_jobs::booking(&mut tx, &job, number).await?;
            drop(tx);
            if booked.result.is_none() {
                return Err(Error::Conflict(format!("booking {number} has no result yet: it is watched from that on")));
            }
            let fences = self.fences();
            let begun = self.begin_all(fences.of(job.kind), &job, vec![booked]).await?;

            let mut tx = self.store().begin().await?;
            // whoever else begins to watch it waits here
            if validations::hold(&mut tx, id, Some(owner)).await?.is_none() {
                return Err(validation_jobs::no_validation(id));
            }
            if subjects::booking(&mut tx, id, number).await?.is_some() {
                return Ok(Some(()));
            }
            let new = begun.into_iter().map(|(_, begun)| begun).collect::<Result<Vec<_>, _>>();
            let new = new.map_err(|why| match why {
                Unwatchable::Unreadable => {
                    Error::Conflict(format!("booking {number} could not be read: there is nothing to watch"))
                }
                Unwatchable::Over => {
                    Error::Conflict(format!("booking {number} is over: there is nothing left to watch"))
                }
            })?;
            if !self.write_watched(&mut tx, fences.epoch(), &new).await? {
                drop(tx);
                return self.catch_up().await;
            }
            tx.commit().await?;
            Ok(Some(()))
        })
        .await
    }

    /// Ends the watch of one booking of a file, or of all of them.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such validation, or the booking is not watched.
    pub async fn unwatch(&self, id: &str, number: Option<i64>, owner: &str) -> Result<(), Error> {
        let mut tx = self.store().begin().await?;
        if validations::hold(&mut tx, id, Some(owner)).await?.is_none() {
            return Err(validation_jobs::no_validation(id));
        }
        let ended = booking_watch::end(&mut tx, id, number).await?;
        if let (0, Some(number)) = (ended, number) {
            return Err(not_watched(number));
        }
        tx.commit().await?;
        Ok(())
    }

    /// How far the watch of a file is.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such validation.
    pub async fn watch_state(&self, id: &str, owner: &str) -> Result<WatchState, Error> {
        let mut tx = self.store().read().await?;
        let job = validation_jobs::find(&mut tx, id, Some(owner)).await?;
        let (bookings, watched_until) = booking_watch::extent(&mut tx, id).await?;
        Ok(WatchState { validation: job.id, all: job.watch, looked_at: job.watched, bookings, watched_until })
    }

    /// A page of the watched bookings of a file, by their numbers.
    ///
    /// # Errors
    /// As [`Self::watch_state`].
    pub async fn watched_bookings(
        &self,
        id: &str,
        owner: &str,
        page: &PageQuery,
        from: i64,
    ) -> Result<Page<WatchedBooking>, Error> {
        let mut tx = self.store().read().await?;
        validation_jobs::find(&mut tx, id, Some(owner)).await?;
        let limit = u32::try_from(page.limit + 1).unwrap_or(u32::MAX);
        let found = subjects::bookings(&mut tx, id, from, limit).await?;
        let more = found.len() > page.limit;
        let items = found.iter().take(page.limit).map(WatchedBooking::new).collect::<Result<Vec<_>, _>>()?;
        let next = items.last().filter(|_| more).map(|last| last.number.to_string());
        Ok(Page { items, next })
    }

    /// One watched booking, with how it stands now.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such validation, or the booking is not watched.
    pub async fn watched_booking(&self, id: &str, number: i64, owner: &str) -> Result<BookingStanding, Error> {
        let mut tx = self.store().read().await?;
        let job = validation_jobs::find(&mut tx, id, Some(owner)).await?;
        let text = validation_jobs::booking(&mut tx, &job, number).await?.text;
        let subject = subjects::booking(&mut tx, id, number).await?.ok_or_else(|| not_watched(number))?;
        drop(tx);
        let (watch, snapshot, now) = (self.clone(), Arc::clone(self.fences().of(job.kind)), self.now());
        thinking(move || {
            let sold = Sold { owner: job.owner, policy: job.policy, number, text };
            let moment = watch.moment(&snapshot, now);
            let booking = WatchedBooking::new(&subject)?;
            Ok(match present(&sold, &subject.ways, &subject.matches, &moment) {
                Ok(present) => {
                    let now =
                        Subject { matches: present.concerns.matches, upcoming: present.concerns.upcoming, ..subject };
                    let (matches, upcoming) = (matches(&now), upcoming(&now));
                    BookingStanding { booking, now: Some(present.standing), matches, upcoming }
                }
                Err(_) => BookingStanding { booking, now: None, matches: Vec::new(), upcoming: Vec::new() },
            })
        })
        .await?
    }
}

fn not_watched(number: i64) -> Error {
    Error::NotFound { what: "watched booking", id: number.to_string() }
}
