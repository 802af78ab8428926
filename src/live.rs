//! The current set of fences behind an atomic swap: readers never wait, a broken new set never replaces a good one.
//!
//! It is made of the data folder and of what was published, and follows the epoch: whatever any instance publishes is taken by all, only
//! the advisories concerned anew. What fails leaves the set that answers as it is, and is said by [`Live::behind`].

mod assemble;
mod follow;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use jiff::Timestamp;

use self::assemble::Assembly;
use crate::error::Error;
use crate::feed::folder::{self, Report};
use crate::geometry::Limits;
use crate::matching::FenceIndex;
use crate::matching::fence_index::Resolved;
use crate::model::gazetteer::Gazetteer;
use crate::model::{AdvisoryId, AreaResolver, Corridors, Kind, Missions, Regions};
use crate::store::Store;

/// Everything answers are drawn from, at one epoch.
#[derive(Debug)]
pub struct Snapshot {
    /// Moves whenever the set of fences changes.
    pub epoch: u64,
    /// When it was read.
    pub loaded_at: Timestamp,
    /// Fences, coverage and issuers.
    pub index: FenceIndex,
    /// Named places.
    pub regions: Arc<Regions>,
    /// Places by code and name.
    pub gazetteer: Arc<Gazetteer>,
    /// Usual ways and border crossings.
    pub corridors: Arc<Corridors>,
    /// Whom to call.
    pub missions: Arc<Missions>,
    /// What reading the folder found.
    pub report: Arc<Report>,
}

impl Snapshot {
    /// What the areas are called that are answered slowly, because the cells of the index were found to disagree with the oracle about them:
    /// none, or a mistake of ours.
    pub fn distrusted(&self) -> Vec<String> {
        let index = &self.index;
        let revisions = |shape| index.fences_on(shape).iter().map(|&fence| index.fence(fence).revision.id.to_string());
        let country = |shape| index.country_of(shape).map(|country| country.to_string());
        index.shapes().distrusted().flat_map(|shape| country(shape).into_iter().chain(revisions(shape))).collect()
    }

    fn tell_distrusted(&self) {
        for area in self.distrusted() {
            tracing::error!(
                %area,
                "the fast index disagrees with the exact one about an area, which is answered slowly from now on; please report this"
            );
        }
    }

    /// Other fences over the same places.
    fn with(&self, epoch: u64, loaded_at: Timestamp, index: FenceIndex, report: Arc<Report>) -> Self {
        Self {
            epoch,
            loaded_at,
            index,
            regions: Arc::clone(&self.regions),
            gazetteer: Arc::clone(&self.gazetteer),
            corridors: Arc::clone(&self.corridors),
            missions: Arc::clone(&self.missions),
            report,
        }
    }
}

/// The set in earnest and the set of exercises, which has both.
struct Current {
    actual: Arc<Snapshot>,
    /// The same one while there is no exercise.
    exercise: Arc<Snapshot>,
    /// The revisions of exercises.
    exercises: BTreeMap<AdvisoryId, Vec<Resolved>>,
    /// A digest of issuers and places, on which every fence rests.
    ground: String,
}

/// How many areas, and parts of areas, are kept of publications that did not come about.
const UNTAKEN: usize = 32;

/// The current snapshot, and what became of the last attempt to replace it.
pub struct Live {
    root: PathBuf,
    limits: Limits,
    /// Where resolved areas are kept from one start to the next.
    kept: Option<PathBuf>,
    current: ArcSwap<Current>,
    rejected: ArcSwap<Option<Rejected>>,
    behind: ArcSwap<Option<Behind>>,
    /// Held while the set is changed: one change at a time.
    changing: tokio::sync::Mutex<()>,
    /// What is being published is resolved with, once for whoever publishes it and for the set that answers from it.
    resolver: Mutex<Option<Arc<AreaResolver>>>,
}

/// A new set that was not taken.
#[derive(Debug)]
pub struct Rejected {
    /// When it was read.
    pub at: Timestamp,
    /// What was wrong.
    pub report: Report,
}

/// Why what was published last may not be answered yet.
#[derive(Clone, Debug)]
pub struct Behind {
    /// Since when.
    pub since: Timestamp,
    /// What is in the way.
    pub reason: String,
}

impl Live {
    /// Reads a data folder, and nothing that was published, as epoch 0: files that are wrong are left out, the rest serves.
    pub fn open(root: &Path, limits: Limits, now: Timestamp) -> Self {
        Self::open_keeping(root, limits, None, now)
    }

    /// As [`Self::open`], with a file where resolved areas are kept from one start to the next.
    pub fn open_keeping(root: &Path, limits: Limits, kept: Option<PathBuf>, now: Timestamp) -> Self {
        let (folder, areas) = folder::read_keeping(root, &limits, kept.as_deref(), &[].into());
        areas.keep();
        Self::with(root, limits, kept, Assembly::of(folder, vec![], &areas).build(0, now))
    }

    /// Reads the data folder, brings the stored revisions of its files up to date, and takes what was published beside them. Files that are
    /// wrong are left out: what they said last stays, as far as it is stored.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub async fn start(
        root: &Path,
        limits: Limits,
        kept: Option<PathBuf>,
        store: &Store,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let (folder, areas) = assemble::read_folder(root, limits, kept.clone(), store).await?;
        let joined = assemble::join(store, &folder, now).await?;
        let current = assemble::blocking(move || {
            let assembly = Assembly::of(folder, joined.beyond, &areas);
            areas.keep();
            assembly.build(joined.epoch, now)
        })
        .await?;
        Ok(Self::with(root, limits, kept, current))
    }

    fn with(root: &Path, limits: Limits, kept: Option<PathBuf>, current: Current) -> Self {
        current.actual.tell_distrusted();
        Self {
            root: root.to_owned(),
            limits,
            kept,
            current: ArcSwap::from_pointee(current),
            rejected: ArcSwap::from_pointee(None),
            behind: ArcSwap::from_pointee(None),
            changing: tokio::sync::Mutex::new(()),
            resolver: Mutex::default(),
        }
    }

    /// The current snapshot in earnest; it stays whole for as long as it is held.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.current.load().actual)
    }

    /// The current snapshot for somebody in earnest, or for somebody in an exercise, who is told of both.
    pub fn snapshot_for(&self, kind: Kind) -> Arc<Snapshot> {
        let current = self.current.load();
        Arc::clone(match kind {
            Kind::Actual => &current.actual,
            Kind::Exercise => &current.exercise,
        })
    }

    /// What the area of a revision is resolved with that is to be published: the next set takes it as it is.
    pub fn resolver(&self, regions: &Arc<Regions>) -> Arc<AreaResolver> {
        let mut kept = self.resolver.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(resolver) = kept.as_ref().filter(|resolver| resolver.is_over(regions) && resolver.count() < UNTAKEN)
        {
            return Arc::clone(resolver);
        }
        Arc::clone(kept.insert(Arc::new(AreaResolver::new(Arc::clone(regions), self.limits))))
    }

    /// The last new set, if it was not taken.
    pub fn rejected(&self) -> Arc<Option<Rejected>> {
        self.rejected.load_full()
    }

    /// Why what was published last may not be answered yet; none when it is.
    pub fn behind(&self) -> Arc<Option<Behind>> {
        self.behind.load_full()
    }

    /// Reads the folder again. Takes it only if nothing in it is wrong; else the old set keeps serving.
    ///
    /// # Errors
    /// What is wrong with the new set.
    pub async fn reload(&self, store: &Store, now: Timestamp) -> Result<Arc<Snapshot>, Report> {
        let _changing = self.changing.lock().await;
        let taken = self.read_again(store, now).await;
        let rejected = taken.as_ref().err().map(|report| Rejected { at: now, report: report.clone() });
        self.rejected.store(Arc::new(rejected));
        taken
    }

    async fn read_again(&self, store: &Store, now: Timestamp) -> Result<Arc<Snapshot>, Report> {
        let failed = |error: Error| {
            let mut report = Report::default();
            report.problems.push(folder::Problem {
                file: String::new(),
                line: None,
                gravity: folder::Gravity::Error,
                detail: format!("the store: {error}"),
            });
            report
        };
        let (folder, areas) =
            assemble::read_folder(&self.root, self.limits, self.kept.clone(), store).await.map_err(failed)?;
        if folder.report.has_errors() {
            return Err(folder.report);
        }
        let joined = assemble::join(store, &folder, now).await.map_err(failed)?;
        let old = self.current.load_full();
        let current = assemble::blocking(move || {
            let assembly = Assembly::of(folder, joined.beyond, &areas);
            areas.keep();
            if assembly.ground == old.ground {
                assembly.change(&old, joined.epoch, now)
            } else {
                assembly.build(joined.epoch, now)
            }
        })
        .await
        .map_err(failed)?;
        Ok(self.take(current))
    }

    fn take(&self, current: Current) -> Arc<Snapshot> {
        let snapshot = Arc::clone(&current.actual);
        snapshot.tell_distrusted();
        self.current.store(Arc::new(current));
        snapshot
    }
}
