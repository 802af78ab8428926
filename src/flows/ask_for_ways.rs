//! A routing engine that did not answer when a trip was saved is asked again, until it tells the way or that there is none.

use super::route_legs::{route_legs, ways_of};
use super::step::Step;
use super::watch::announce::{Affected, announce};
use super::watch::rematch::{Changed, Moment, read_trip, rematch};
use super::watch::{Watch, thinking};
use crate::error::Error;
use crate::model::route::Ways;
use crate::model::{Cause, Subject};
use crate::store::{shards, subjects, travellers};

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

    /// What the engine says now of a trip; none when its traveller is gone, or it cannot be read any more.
    async fn ways_again(&self, subject: &Subject) -> Result<Option<Ways>, Error> {
        let found = travellers::find(&mut self.store().read().await?, &subject.traveller).await?;
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

    /// Matches a trip again along the ways that were told, unless its owner changed it meanwhile.
    async fn take_ways(&self, asked: &Subject, ways: &Ways) -> Result<(), Error> {
        self.until_current(|| async {
            let (fences, now) = (self.fences(), self.now());
            let mut tx = self.store().begin().await?;
            let shard = shards::hold(&mut tx, shards::of(&asked.traveller)).await?;
            if !self.may_write(&fences, shard) {
                drop(tx);
                return self.catch_up().await;
            }
            let known = subjects::find(&mut tx, &asked.traveller, &asked.id).await?;
            let person = travellers::find(&mut tx, &asked.traveller).await?;
            let same = known.filter(|known| known.revision == asked.revision);
            let Some((known, person)) = same.zip(person) else { return Ok(Some(())) };
            let subject = Subject { ways: ways.clone(), ..known };
            let moment: Moment = self.moment(fences.of(subject.kind), now);
            let (subject, happenings) = match rematch(&subject, &person.profile, &Changed::Everything, &moment) {
                Some(again) => (again.subject, again.happenings),
                None => (Subject { epoch: fences.epoch(), ..subject }, vec![]),
            };
            subjects::put(&mut tx, &subject, shard).await?;
            // not the advisories have changed, but where the trip leads
            let happenings: Vec<_> = happenings
                .into_iter()
                .map(|happening| crate::model::Happening { cause: Cause::Moved, ..happening })
                .collect();
            if !happenings.is_empty() {
                let affected = Affected { subject: &subject, owner: person.owner.as_deref(), happenings: &happenings };
                announce(&mut tx, &[affected], now).await?;
            }
            tx.commit().await?;
            Ok(Some(()))
        })
        .await
    }
}
