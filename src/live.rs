//! The current set of fences behind an atomic swap: readers never wait, a broken new set never replaces a good one.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use jiff::Timestamp;

use crate::feed::folder::{self, Report};
use crate::geometry::Limits;
use crate::matching::FenceIndex;
use crate::model::gazetteer::Gazetteer;
use crate::model::{Corridors, Missions, Regions};

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
    pub report: Report,
}

/// The current snapshot, and what became of the last attempt to replace it.
pub struct Live {
    root: PathBuf,
    limits: Limits,
    /// Where resolved areas are kept from one start to the next.
    kept: Option<PathBuf>,
    current: ArcSwap<Snapshot>,
    rejected: ArcSwap<Option<Rejected>>,
}

/// A new set that was not taken.
#[derive(Debug)]
pub struct Rejected {
    /// When it was read.
    pub at: Timestamp,
    /// What was wrong.
    pub report: Report,
}

impl Live {
    /// Reads a data folder for the first time: files that are wrong are left out, the rest serves.
    pub fn open(root: &Path, limits: Limits, now: Timestamp) -> Self {
        Self::open_keeping(root, limits, None, now)
    }

    /// As [`Self::open`], with a file where resolved areas are kept from one start to the next.
    pub fn open_keeping(root: &Path, limits: Limits, kept: Option<PathBuf>, now: Timestamp) -> Self {
        let snapshot = read(root, &limits, kept.as_deref(), 1, now);
        Self {
            root: root.to_owned(),
            limits,
            kept,
            current: ArcSwap::from_pointee(snapshot),
            rejected: ArcSwap::from_pointee(None),
        }
    }

    /// The current snapshot; it stays whole for as long as it is held.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.current.load_full()
    }

    /// The last new set, if it was not taken.
    pub fn rejected(&self) -> Arc<Option<Rejected>> {
        self.rejected.load_full()
    }

    /// Reads the folder again. Takes it and moves the epoch only if nothing in it is wrong; else the old set keeps serving.
    ///
    /// # Errors
    /// What is wrong with the new set.
    pub fn reload(&self, now: Timestamp) -> Result<Arc<Snapshot>, Report> {
        let snapshot = read(&self.root, &self.limits, self.kept.as_deref(), self.snapshot().epoch + 1, now);
        if snapshot.report.has_errors() {
            let report = snapshot.report;
            self.rejected.store(Arc::new(Some(Rejected { at: now, report: report.clone() })));
            return Err(report);
        }
        let snapshot = Arc::new(snapshot);
        self.current.store(Arc::clone(&snapshot));
        self.rejected.store(Arc::new(None));
        Ok(snapshot)
    }
}

fn read(root: &Path, limits: &Limits, kept: Option<&Path>, epoch: u64, now: Timestamp) -> Snapshot {
    let (folder, areas) = folder::read_keeping(root, limits, kept);
    areas.keep();
    Snapshot {
        epoch,
        loaded_at: now,
        regions: Arc::clone(&folder.fences.regions),
        gazetteer: folder.gazetteer,
        corridors: folder.corridors,
        missions: folder.missions,
        index: FenceIndex::build(folder.fences),
        report: folder.report,
    }
}
