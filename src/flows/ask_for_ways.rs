//! A routing engine that did not answer when a trip was saved, or a booking came under watch, is asked again, until it tells the way or that there is none.

use std::sync::Arc;

use super::route_legs::{route_legs, ways_of};
use super::step::Step;
use super::watch::announce::{Affected, announce};
use super::watch::booking::{asked, rematch_booking};
use super::watch::rematch::{Again, Changed, Moment, moved, read_trip, rematch};
use super::watch::{Watch, thinking};
use crate::error::Error;
use crate::live::Snapshot;
use crate::model::route::Ways;
use crate::model::{Cause, Happening, Subject};
use crate::store::booking_watch::{self, Sold};
use crate::store::{events, shards, subjects, travellers};

/// Trips read at once.
const AT_ONCE: u32 = 50;

impl Watch {
    /// Asks for the ways that are still owed an answer, trip by trip. `Worked` when some were told; the engine is left alone once it is
    /// silent again.
    ///
    /// # Errors
    /// When the database cannot be read or written.
    pub async fn ask_for_ways(&self) -> Result<Step, Error> {
        let (mut after, mut step) = (String::new(), Step::Idle);
        if self.router().is_none() {
            return Ok(step);
        }
        loop {
            let some = subjects::unrouted(&mut self.store().read().await?, &after, AT_ONCE).await?;
            let Some(last) = some.last() else { return Ok(step) };
            after.clone_from(&last.id);
            for subject in some {
                let Some(ways) = self.ways_again(&subject).await? else { continue };
                if ways == subject.ways {
                    return Ok(step);
                }
                self.take_ways(&subject, &ways).await?;
                step = Step::Worked;
            }
        }
    }

    /// What the engine says now of a trip or a booking; none when whose it is is gone, or it cannot be read any more.
    async fn ways_again(&self, subject: &Subject) -> Result<Option<Ways>, Error> {
        let mut tx = self.store().read().await?;
        let Some(traveller) = subject.whose.traveller() else {
            let sold = booking_watch::sold(&mut tx, &[&subject.id]).await?.remove(&subject.id);
            drop(tx);
            let Some(sold) = sold else { return Ok(None) };
            let fences = self.fences();
            return self.ways_of_booking(fences.of(subject.kind), &sold, &subject.ways).await.map(Some);
        };
        let found = travellers::find(&mut tx, traveller).await?;
        drop(tx);
        let Some(person) = found else { return Ok(None) };
        let (fences, now) = (self.fences(), self.now());
        let snapshot = fences.of(subject.kind);
        let (watch, known, subject) = (self.clone(), snapshot.clone(), subject.clone());
        let query = thinking(move || {
            let moment = watch.moment(&known, now);
            read_trip(subject.document.as_bytes(), &person.profile, &subject.ways, &moment)
        })
        .await?;
        let Ok(query) = query else { return Ok(None) };
        let query = route_legs(self.router(), snapshot, self.settings().max_age, query).await;
        Ok(Some(ways_of(&query)))
    }

    /// What the engine says of a booking's legs, beside what it has said before.
    pub(super) async fn ways_of_booking(
        &self,
        snapshot: &Arc<Snapshot>,
        sold: &Sold,
        known: &Ways,
    ) -> Result<Ways, Error> {
        if self.router().is_none() {
            return Ok(known.clone());
        }
        let (watch, ground, now) = (self.clone(), Arc::clone(snapshot), self.now());
        let (sold, before) = (sold.clone(), known.clone());
        let plans = thinking(move || asked(&sold, &before, &watch.moment(&ground, now))).await?;
        // what cannot be read leads nowhere
        let Ok((_, plans)) = plans else { return Ok(known.clone()) };
        let (mut ways, mut first) = (Ways::new(), 0);
        for query in plans {
            let legs = query.itinerary.legs.len();
            let query = route_legs(self.router(), snapshot, self.settings().max_age, query).await;
            ways.extend(ways_of(&query).into_iter().map(|(leg, routed)| (first + leg, routed)));
            first += legs;
        }
        Ok(ways)
    }

    /// Matches a trip or a booking again along the ways that were told, unless it was changed meanwhile.
    async fn take_ways(&self, asked: &Subject, ways: &Ways) -> Result<(), Error> {
        self.until_current(|| async {
            let (fences, now) = (self.fences(), self.now());
            let mut tx = self.store().begin().await?;
            let shard = shards::hold(&mut tx, subjects::shard_of(asked)).await?;
            if !self.may_write(&fences, shard) {
                drop(tx);
                return self.catch_up().await;
            }
            let known = subjects::these(&mut tx, std::slice::from_ref(&asked.id)).await?.pop();
            let Some(known) = known.filter(|known| known.revision == asked.revision) else { return Ok(Some(())) };
            let subject = Subject { ways: ways.clone(), ..known };
            let moment: Moment = self.moment(fences.of(subject.kind), now);
            let (owner, again) = if let Some(traveller) = subject.whose.traveller() {
                let Some(person) = travellers::find(&mut tx, traveller).await? else { return Ok(Some(())) };
                (person.owner, rematch(&subject, &person.profile, &Changed::Everything, &moment))
            } else {
                let sold = booking_watch::sold(&mut tx, &[&subject.id]).await?.remove(&subject.id);
                let Some(sold) = sold else { return Ok(Some(())) };
                (None, rematch_booking(&subject, &sold, Some(Cause::Moved), &moment))
            };
            let unchanged =
                || Again { subject: Subject { epoch: fences.epoch(), ..subject }, happenings: vec![], event: None };
            let Again { subject, happenings, event } = again.unwrap_or_else(unchanged);
            subjects::put(&mut tx, &subject, shard).await?;
            events::append(&mut tx, now, event.as_slice()).await?;
            // not the advisories have changed, but where the trip leads
            let moved = |happening: Happening| moved(&moment.snapshot.index, happening.transition);
            let happenings: Vec<_> = happenings.into_iter().map(moved).collect();
            if !happenings.is_empty() {
                let affected = Affected { subject: &subject, owner: owner.as_deref(), happenings: &happenings };
                announce(&mut tx, &[affected], now).await?;
            }
            tx.commit().await?;
            Ok(Some(()))
        })
        .await
    }
}
