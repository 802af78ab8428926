//! A traveller saves a trip: it is checked at once, along the ways of a routing engine where it gives none, and watched until it is over
//! and a while longer.

use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

use super::check_itinerary::places::places;
use super::check_itinerary::{ItineraryAnswer, check_itinerary};
use super::register_traveller::no_traveller;
use super::route_legs::{route_legs, ways_of};
use super::seen::Seen;
use super::watch::rematch::{concerns_ahead, over_at, read_trip};
use super::watch::{LONGEST_TRIP, Watch, thinking};
use crate::clock::whole_microseconds;
use crate::error::{Error, Issue};
use crate::model::route::Ways;
use crate::model::{MatchSet, Subject, Whose};
use crate::store::{deliveries, shards, subjects, travellers};

/// More trips than anybody plans.
const MOST: usize = 500;

/// A trip that was saved, and what was found.
#[derive(Debug)]
pub struct Saved {
    /// The trip.
    pub subject: Subject,
    /// The answer of the check.
    pub answer: ItineraryAnswer,
}

impl Watch {
    /// Saves a new trip under an id. One that is there under this id was saved by the same request, and is given as it is now.
    ///
    /// # Errors
    /// As [`Self::save_trip`].
    pub async fn save_new_trip(&self, traveller: &str, id: &str, document: &Arc<[u8]>) -> Result<Saved, Error> {
        if subjects::find(&mut self.store().read().await?, traveller, id).await?.is_some() {
            return self.trip(traveller, id).await;
        }
        self.put_trip(traveller, id, None, document).await
    }

    /// Saves a new trip (`known` none), or another plan in the place of a known one, of which the caller says which revision they have seen.
    ///
    /// # Errors
    /// [`Error::Invalid`] with a pointer to each mistake; [`Error::NotFound`]; [`Error::Stale`].
    pub async fn save_trip(
        &self,
        traveller: &str,
        known: Option<(&str, &Seen)>,
        document: &Arc<[u8]>,
    ) -> Result<Saved, Error> {
        self.put_trip(traveller, &Uuid::now_v7().to_string(), known, document).await
    }

    /// As [`Self::save_trip`], a new trip under the id `new`.
    async fn put_trip(
        &self,
        traveller: &str,
        new: &str,
        known: Option<(&str, &Seen)>,
        document: &Arc<[u8]>,
    ) -> Result<Saved, Error> {
        let id = known.map_or(new, |(id, _)| id);
        self.until_current(|| async {
            let (fences, now) = (self.fences(), self.now());
            let mut tx = self.store().read().await?;
            let person = travellers::find(&mut tx, traveller).await?.ok_or_else(|| no_traveller(traveller))?;
            drop(tx);
            let snapshot = fences.of(person.kind);
            let (watch, ground, text, profile) =
                (self.clone(), Arc::clone(snapshot), Arc::clone(document), person.profile.clone());
            let query = thinking(move || read_trip(&text, &profile, &Ways::new(), &watch.moment(&ground, now)));
            let query = route_legs(self.router(), snapshot, self.settings().max_age, query.await??).await;
            let ways = ways_of(&query);
            let (watch, ground) = (self.clone(), Arc::clone(snapshot));
            let ends_at = self.end_of_trip(over_at(&query.itinerary), now)?;
            let matched = thinking(move || {
                let moment = watch.moment(&ground, now);
                let answer = check_itinerary(moment.snapshot, moment.max_age, &query)?;
                let places = places(&query.itinerary, query.corridor_m);
                Ok::<_, Error>((answer, places, concerns_ahead(query, &MatchSet::new(), &moment)?))
            });
            let (answer, places, concerns) = matched.await??;

            let mut tx = self.store().begin().await?;
            let shard = shards::hold(&mut tx, shards::of(traveller)).await?;
            let same = travellers::find(&mut tx, traveller).await?.ok_or_else(|| no_traveller(traveller))?;
            if same.revision != person.revision {
                return Err(Error::Busy);
            }
            if !self.may_write(&fences, shard) {
                drop(tx);
                return self.catch_up().await;
            }
            let before = match known {
                None if subjects::of_traveller(&mut tx, traveller).await?.len() > MOST => {
                    return Err(Error::Conflict(format!("a traveller has at most {MOST} trips: forget one first")));
                }
                None => None,
                Some((id, seen)) => {
                    let before = trip(subjects::find(&mut tx, traveller, id).await?, id)?;
                    if !seen.admits(before.revision) {
                        return Err(Error::Stale { what: "itinerary", id: id.to_owned() });
                    }
                    Some(before)
                }
            };
            let subject = Subject {
                id: id.to_owned(),
                whose: Whose::Trip(traveller.to_owned()),
                kind: person.kind,
                epoch: fences.epoch(),
                revision: before.as_ref().map_or(1, |before| before.revision + 1),
                document: String::from_utf8_lossy(document).into_owned(),
                ways,
                places,
                matches: concerns.matches,
                upcoming: concerns.upcoming,
                created_at: before.map_or(now, |before| before.created_at),
                updated_at: now,
                ends_at,
            };
            subjects::put(&mut tx, &subject, shard).await?;
            // what concerns it already is told by this answer, not by an alert
            deliveries::shown(&mut tx, &subject).await?;
            travellers::seen(&mut tx, traveller, now).await?;
            tx.commit().await?;
            Ok(Some(Saved { subject, answer }))
        })
        .await
    }

    /// A saved trip with what the check says of it now.
    ///
    /// # Errors
    /// [`Error::NotFound`], or when the database cannot be read.
    pub async fn trip(&self, traveller: &str, id: &str) -> Result<Saved, Error> {
        let mut tx = self.store().read().await?;
        let person = travellers::find(&mut tx, traveller).await?.ok_or_else(|| no_traveller(traveller))?;
        let subject = trip(subjects::find(&mut tx, traveller, id).await?, id)?;
        drop(tx);
        let (watch, snapshot, now) = (self.clone(), Arc::clone(self.fences().of(person.kind)), self.now());
        thinking(move || {
            let moment = watch.moment(&snapshot, now);
            let query = read_trip(subject.document.as_bytes(), &person.profile, &subject.ways, &moment)?;
            let answer = check_itinerary(moment.snapshot, moment.max_age, &query)?;
            Ok(Saved { subject, answer })
        })
        .await?
    }

    /// All saved trips of a traveller, by id.
    ///
    /// # Errors
    /// [`Error::NotFound`], or when the database cannot be read.
    pub async fn trips(&self, traveller: &str) -> Result<Vec<Subject>, Error> {
        let mut tx = self.store().read().await?;
        travellers::find(&mut tx, traveller).await?.ok_or_else(|| no_traveller(traveller))?;
        let all = subjects::of_traveller(&mut tx, traveller).await?;
        Ok(all.into_iter().filter(|subject| matches!(subject.whose, Whose::Trip(_))).collect())
    }

    /// Forgets a trip: nothing is announced of it any more.
    ///
    /// # Errors
    /// [`Error::NotFound`], or when the database cannot be written.
    pub async fn forget_trip(&self, traveller: &str, id: &str) -> Result<(), Error> {
        let mut tx = self.store().begin().await?;
        shards::hold(&mut tx, shards::of(traveller)).await?;
        trip(subjects::find(&mut tx, traveller, id).await?, id)?;
        subjects::delete(&mut tx, traveller, id).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Until when a trip is watched.
    fn end_of_trip(&self, over_at: Option<Timestamp>, now: Timestamp) -> Result<Timestamp, Error> {
        let longest = now + LONGEST_TRIP;
        let Some(over_at) = over_at else { return Ok(longest) };
        let ends_at = over_at.checked_add(self.settings().trip_rest).unwrap_or(longest);
        if ends_at <= now {
            let detail = format!("the trip was over at {over_at}: there is nothing left to watch");
            return Err(Issue::invalid("/itinerary", detail).into());
        }
        Ok(whole_microseconds(ends_at))
    }
}

fn trip(found: Option<Subject>, id: &str) -> Result<Subject, Error> {
    found.filter(|subject| matches!(subject.whose, Whose::Trip(_))).ok_or_else(|| no_trip(id))
}

fn no_trip(id: &str) -> Error {
    Error::NotFound { what: "itinerary", id: id.to_owned() }
}
