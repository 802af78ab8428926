//! Settles some shards: match, then write everything that follows in one transaction.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use uuid::Uuid;

use super::super::watch::announce::{Affected, announce};
use super::super::watch::booking::rematch_booking;
use super::super::watch::rematch::{Again, Changed, rematch};
use super::super::watch::{Fences, Watch, thinking};
use crate::error::Error;
use crate::geometry::parallel;
use crate::model::{NewEvent, Registered, Subject};
use crate::store::booking_watch::{self, Sold};
use crate::store::shards::{self, Shard};
use crate::store::subjects::{self, Rematched};
use crate::store::{Tx, events, travellers};

/// What was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Settled {
    /// Shards that were settled.
    pub shards: usize,
    /// Subjects that were matched.
    pub matched: usize,
    /// Subjects for which anything changed.
    pub changed: usize,
    /// Deliveries that are owed because of it.
    pub owed: u64,
}

/// What matching subjects needs beside them.
struct Beside {
    /// Travellers by id.
    people: HashMap<String, Registered>,
    /// Bookings by the ids of their subjects.
    sold: HashMap<String, Sold>,
}

/// Settles the shards, all at one epoch, of which `ids` may be touched by what changed since.
pub(super) async fn settle(
    watch: &Watch,
    fences: &Fences,
    some: &[Shard],
    ids: Vec<u128>,
    changed: Changed,
) -> Result<Settled, Error> {
    let Some(from) = some.first().map(|shard| shard.epoch) else { return Ok(Settled::default()) };
    let now = watch.now();
    let names: Vec<String> = ids.iter().map(|id| Uuid::from_u128(*id).to_string()).collect();
    let mut tx = watch.store().read().await?;
    let found = subjects::these(&mut tx, &names).await?;
    let beside = read_beside(&mut tx, &found).await?;
    drop(tx);
    if found.len() < ids.len() {
        let there: HashSet<u128> =
            found.iter().filter_map(|s| Uuid::parse_str(&s.id).ok()).map(|id| id.as_u128()).collect();
        watch.arrays().await.forget(ids.into_iter().filter(|id| !there.contains(id)));
    }
    let mut matched = found.len();
    let (mut again, mut owners) = match_all(watch, fences, found, beside, &changed, now).await?;

    let mut tx = watch.store().begin().await?;
    let numbers: Vec<u8> = some.iter().map(|shard| shard.id).collect();
    let held = shards::settle(&mut tx, &numbers, from, fences.epoch()).await?;
    // the others are settled by somebody who was quicker
    again.retain(|again| held.iter().any(|held| held.id == subjects::shard_of(&again.subject)));
    // what was saved, moved or deleted since it was read is looked at again, now that nobody else can change it
    let known = |held: &Shard| some.iter().copied().find(|known| known.id == held.id);
    let moved: Vec<Shard> = held.iter().filter_map(|held| known(held).filter(|known| known.seq < held.seq)).collect();
    if !moved.is_empty() {
        let there = subjects::still_there(&mut tx, again.iter().map(|again| again.subject.id.as_str())).await?;
        let newer = subjects::changed_since(&mut tx, &moved).await?;
        again.retain(|a| there.contains(&a.subject.id) && !newer.iter().any(|newer| newer.id == a.subject.id));
        let beside = read_beside(&mut tx, &newer).await?;
        matched += newer.len();
        let (more, theirs) = match_all(watch, fences, newer, beside, &changed, now).await?;
        again.extend(more);
        owners.extend(theirs);
    }
    let owed = write(&mut tx, fences.epoch(), &again, &owners, now).await?;
    tx.commit().await?;
    Ok(Settled { shards: held.len(), matched, changed: again.len(), owed })
}

/// Matches subjects on all cores; gives those for which anything changed, and whose key their travellers belong to.
///
/// One that is matched at this epoch already was saved with it.
async fn match_all(
    watch: &Watch,
    fences: &Fences,
    found: Vec<Subject>,
    beside: Beside,
    changed: &Changed,
    now: Timestamp,
) -> Result<(Vec<Again>, HashMap<String, String>), Error> {
    let (watch, fences, changed) = (watch.clone(), fences.clone(), changed.clone());
    thinking(move || {
        let one = |subject: &Subject| {
            if subject.epoch >= fences.epoch() {
                return None;
            }
            let moment = watch.moment(fences.of(subject.kind), now);
            match subject.whose.traveller() {
                Some(traveller) => rematch(subject, &beside.people.get(traveller)?.profile, &changed, &moment),
                None => rematch_booking(subject, beside.sold.get(&subject.id)?, None, &moment),
            }
        };
        let again = parallel::each(&found, one).into_iter().flatten().collect();
        let owners = beside.people.into_iter().filter_map(|(id, person)| Some((id, person.owner?))).collect();
        (again, owners)
    })
    .await
}

/// Writes new match sets, and what they make owed.
async fn write(
    tx: &mut Tx,
    epoch: u64,
    again: &[Again],
    owners: &HashMap<String, String>,
    now: Timestamp,
) -> Result<u64, Error> {
    let rows: Vec<Rematched> = again.iter().map(|again| Rematched::of(&again.subject)).collect();
    subjects::rematch(tx, epoch, &rows).await?;
    let affected = |again: &'_ Again| !again.happenings.is_empty();
    let affected: Vec<Affected> = again
        .iter()
        .filter(|again| affected(again))
        .map(|again| Affected {
            subject: &again.subject,
            owner: again.subject.whose.traveller().and_then(|id| owners.get(id)).map(String::as_str),
            happenings: &again.happenings,
        })
        .collect();
    let events: Vec<NewEvent> = again.iter().filter_map(|again| again.event.clone()).collect();
    events::append(tx, now, &events).await?;
    announce(tx, &affected, now).await
}

async fn read_beside(tx: &mut Tx, found: &[Subject]) -> Result<Beside, Error> {
    let mut ids: Vec<&str> = found.iter().filter_map(|subject| subject.whose.traveller()).collect();
    ids.sort_unstable();
    ids.dedup();
    let people = travellers::these(tx, &ids).await?.into_iter().map(|person| (person.id.clone(), person)).collect();
    let bookings = found.iter().filter(|subject| subject.whose.traveller().is_none());
    let bookings: Vec<&str> = bookings.map(|subject| subject.id.as_str()).collect();
    let sold = if bookings.is_empty() { HashMap::new() } else { booking_watch::sold(tx, &bookings).await? };
    Ok(Beside { people, sold })
}
