//! After a change of the advisories: whom it concerns or no longer concerns, and what is owed because of it.
//!
//! A shard that is behind is settled in one transaction with its subjects' new match sets, their deliveries and events, and its new epoch,
//! compared and set: what two instances both worked out is written once. What a change cannot touch is never read, and costs no write.

pub mod arrays;
mod settle;
pub mod watched;

use std::collections::BTreeSet;

use self::watched::Touched;
use super::step::Step;
use super::watch::rematch::Changed;
use super::watch::{Fences, Watch, thinking};
use crate::error::Error;
use crate::geometry::Entry;
use crate::model::AdvisoryId;
use crate::store::epoch::{self, EpochChange};
use crate::store::shards::{self, Shard};

/// Subjects matched in one transaction, or those of one shard if they are more.
const BATCH: usize = 16_384;

impl Watch {
    /// Settles some of the shards that are behind the fences.
    ///
    /// # Errors
    /// When the database cannot be read or written. Nothing is lost: the shards stay behind.
    pub async fn recheck_step(&self) -> Result<Step, Error> {
        let fences = self.fences();
        let mut tx = self.store().read().await?;
        let all = shards::all(&mut tx).await?;
        let mut arrays = self.arrays().await;
        arrays.follow(&mut tx, &all).await?;
        let last = epoch::current(&mut tx).await?;
        self.meter().shards_behind(all.iter().filter(|shard| shard.epoch < last).count());
        let Some(from) = all.iter().map(|shard| shard.epoch).filter(|epoch| *epoch < fences.epoch()).min() else {
            return Ok(Step::Idle);
        };
        let behind: Vec<Shard> = all.into_iter().filter(|shard| shard.epoch == from).collect();
        let changed = changed(&epoch::changes_since(&mut tx, from).await?, fences.epoch());
        drop(tx);
        let (all_fences, what) = (fences.clone(), changed.clone());
        let touched = thinking(move || match what {
            Changed::Everything => arrays.watched().all(),
            Changed::Advisories(advisories) => arrays.watched().touched(&entries(&all_fences, &advisories)),
        })
        .await?;
        let (some, ids) = batch(behind, touched);
        let done = settle::settle(self, &fences, &some, ids, changed).await?;
        self.meter().rechecked(done.changed as u64, done.matched.saturating_sub(done.changed) as u64);
        tracing::info!(
            epoch = fences.epoch(),
            "settled {} shards: {} subjects matched, {} changed, {} deliveries owed",
            done.shards,
            done.matched,
            done.changed,
            done.owed
        );
        Ok(Step::Worked)
    }

    /// How many subjects a change of these areas may touch.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn reach(&self, entries: Vec<Entry>) -> Result<usize, Error> {
        let mut tx = self.store().read().await?;
        let all = shards::all(&mut tx).await?;
        let mut arrays = self.arrays().await;
        arrays.follow(&mut tx, &all).await?;
        drop(tx);
        thinking(move || arrays.watched().reach(&entries)).await
    }
}

/// What the epochs up to `to` changed.
pub(super) fn changed(changes: &[EpochChange], to: u64) -> Changed {
    let mut advisories = BTreeSet::new();
    for change in changes.iter().filter(|change| change.epoch <= to) {
        match change.advisory.as_deref().map(AdvisoryId::parse) {
            Some(Ok(advisory)) => _ = advisories.insert(advisory),
            Some(Err(_)) | None => return Changed::Everything,
        }
    }
    Changed::Advisories(advisories)
}

/// Everything that the advisories ever covered: whoever was or is in one of these areas may be concerned, or no longer.
fn entries(fences: &Fences, advisories: &BTreeSet<AdvisoryId>) -> Vec<Entry> {
    let mut entries = Vec::new();
    for index in fences.each().map(|snapshot| &snapshot.index) {
        let listed = advisories.iter().filter_map(|advisory| index.advisories().get(advisory)).flatten();
        let mut shapes: Vec<_> = listed.filter_map(|listed| listed.fence).map(|id| index.fence(id).shape).collect();
        shapes.sort_unstable();
        shapes.dedup();
        entries.extend(shapes.into_iter().filter_map(|id| index.shapes().entry(id)));
    }
    entries
}

/// Of the shards as many as one transaction should settle, those with nothing to match among them, and the ids to match.
fn batch(behind: Vec<Shard>, mut touched: Touched) -> (Vec<Shard>, Vec<u128>) {
    let (mut some, mut ids) = (Vec::new(), Vec::new());
    for shard in behind {
        let wanted = touched.remove(&shard.id).unwrap_or_default();
        if ids.is_empty() || ids.len() + wanted.len() <= BATCH {
            some.push(shard);
            ids.extend(wanted);
        }
    }
    (some, ids)
}
