//! Settles some shards: match, then write everything that follows in one transaction.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use uuid::Uuid;

use super::super::watch::announce::{Affected, announce};
use super::super::watch::rematch::{Again, Changed, rematch};
use super::super::watch::{Fences, Watch, thinking};
use crate::error::Error;
use crate::geometry::parallel;
use crate::model::{Registered, Subject};
use crate::store::shards::{self, Shard};
use crate::store::subjects::{self, Rematched};
use crate::store::{Tx, travellers};

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

/// Travellers by id.
type People = HashMap<String, Registered>;

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
    let people = people_of(&mut tx, &found).await?;
    drop(tx);
    if found.len() < ids.len() {
        let there: HashSet<u128> =
            found.iter().filter_map(|s| Uuid::parse_str(&s.id).ok()).map(|id| id.as_u128()).collect();
        watch.arrays().await.forget(ids.into_iter().filter(|id| !there.contains(id)));
    }
    let mut matched = found.len();
    let (mut again, mut owners) = match_all(watch, fences, found, people, &changed, now).await?;

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
        let people = people_of(&mut tx, &newer).await?;
        matched += newer.len();
        let (more, theirs) = match_all(watch, fences, newer, people, &changed, now).await?;
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
    people: People,
    changed: &Changed,
    now: Timestamp,
) -> Result<(Vec<Again>, HashMap<String, String>), Error> {
    let (watch, fences, changed) = (watch.clone(), fences.clone(), changed.clone());
    thinking(move || {
        let one = |subject: &Subject| {
            let profile = &people.get(&subject.traveller)?.profile;
            let moment = watch.moment(fences.of(subject.kind), now);
            (subject.epoch < fences.epoch()).then(|| rematch(subject, profile, &changed, &moment)).flatten()
        };
        let again = parallel::each(&found, one).into_iter().flatten().collect();
        let owners = people.into_iter().filter_map(|(id, person)| Some((id, person.owner?))).collect();
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
            owner: owners.get(&again.subject.traveller).map(String::as_str),
            happenings: &again.happenings,
        })
        .collect();
    announce(tx, &affected, now).await
}

async fn people_of(tx: &mut Tx, found: &[Subject]) -> Result<People, Error> {
    let mut ids: Vec<&str> = found.iter().map(|subject| subject.traveller.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    Ok(travellers::these(tx, &ids).await?.into_iter().map(|person| (person.id.clone(), person)).collect())
}
