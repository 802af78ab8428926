//! From the data folder and the store to a set of fences.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;

use super::{Current, Snapshot};
use crate::error::Error;
use crate::feed::folder::{self, Areas, Folder, Gravity, Problem};
use crate::format::revision::{self, Defaults};
use crate::geometry::Limits;
use crate::matching::fence_index::{Listed, Resolved};
use crate::matching::{FenceIndex, RefusedFile};
use crate::model::{AdvisoryId, Area, AreaError, IssuerCode, Issuers, Kind, ResolvedArea, RevisionId};
use crate::store::advisories::{self, NewRevision, Origin, StoredRevision};
use crate::store::{Store, epoch};

/// Runs what takes long where it holds up nobody.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(|e| Error::Internal(format!("a set of fences: {e}")))
}

/// Reads the data folder beside what was published.
pub(super) async fn read_folder(
    root: &Path,
    limits: Limits,
    kept: Option<PathBuf>,
    store: &Store,
) -> Result<(Folder, Areas), Error> {
    let published = advisories::published(&mut store.read().await?).await?;
    let root = root.to_owned();
    blocking(move || folder::read_keeping(&root, &limits, kept.as_deref(), &published)).await
}

/// What the store adds to the folder.
pub(super) struct Joined {
    pub epoch: u64,
    pub beyond: Vec<StoredRevision>,
}

/// Brings the stored revisions of files up to date, and reads the others, at one epoch.
pub(super) async fn join(store: &Store, folder: &Folder, now: Timestamp) -> Result<Joined, Error> {
    let unread: Vec<&str> = folder.fences.refused.iter().map(|refused| refused.file.as_str()).collect();
    let by_id: BTreeMap<&RevisionId, _> = folder.fences.revisions.iter().map(|(r, _)| (&r.id, r)).collect();
    let files: Vec<NewRevision> = folder
        .documents
        .iter()
        .filter_map(|document| {
            let revision = by_id.get(&document.revision)?;
            Some(NewRevision {
                id: document.revision.clone(),
                kind: Kind::Actual,
                origin: Origin::File(document.file.clone()),
                published_at: revision.published_at,
                valid: revision.valid,
                document: document.text.clone(),
                request: None,
            })
        })
        .collect();
    let mut tx = store.begin().await?;
    // a folder that is not there, or has no issuers, says nothing about what was known
    if !folder.fences.issuers.issuers.is_empty() {
        let ground = format!("{} {}", folder.ground, folder.knowledge);
        advisories::sync_files(&mut tx, &files, &unread, &ground, now).await?;
    }
    advisories::pass(&mut tx, now).await?;
    tx.commit().await?;
    // in one state of the store: what another instance publishes between two looks would be in the epoch and not in the set
    let mut tx = store.read().await?;
    let beyond = advisories::beyond_files(&mut tx, &unread).await?;
    Ok(Joined { epoch: epoch::current(&mut tx).await?, beyond })
}

/// What stored revisions say, as far as they can be read.
#[derive(Default)]
pub(super) struct Understood {
    pub actual: BTreeMap<AdvisoryId, Vec<Resolved>>,
    pub exercises: BTreeMap<AdvisoryId, Vec<Resolved>>,
    /// Those that cannot be read, and what that means for answers.
    pub refused: Vec<RefusedFile>,
}

/// Where stored revisions are among the files.
pub(super) const PUBLISHED: &str = "published/";

/// Reads stored revisions. One that cannot be read (its issuer or a place that it names is gone) is refused by name, and the rest is taken.
pub(super) fn understand(
    stored: Vec<StoredRevision>,
    issuers: &Issuers,
    resolve: impl Fn(&Area) -> Result<ResolvedArea, AreaError>,
) -> Understood {
    let mut understood = Understood::default();
    for stored in stored {
        let read = revision::read(stored.document.as_bytes(), issuers, Defaults::default())
            .and_then(|revision| Ok((revision::resolve(&revision, &resolve)?, revision)));
        match read {
            Ok((area, revision)) => {
                let set = match stored.kind {
                    Kind::Actual => &mut understood.actual,
                    Kind::Exercise => &mut understood.exercises,
                };
                set.entry(stored.id.advisory).or_default().push((Arc::new(revision), area));
            }
            Err(error) => understood.refused.push(RefusedFile {
                file: format!("{PUBLISHED}{}", stored.id),
                line: None,
                issuer: IssuerCode::parse(stored.id.advisory.issuer()).ok(),
                countries: None,
                reason: error.to_string(),
            }),
        }
    }
    understood
}

/// A problem for whoever runs the service.
pub(super) fn problem(refused: &RefusedFile) -> Problem {
    Problem { file: refused.file.clone(), line: None, gravity: Gravity::Error, detail: refused.reason.clone() }
}

/// Everything a set is built from.
pub(super) struct Assembly {
    pub ground: String,
    folder: Folder,
    exercises: BTreeMap<AdvisoryId, Vec<Resolved>>,
}

impl Assembly {
    /// The folder with what the store holds beyond it.
    pub fn of(mut folder: Folder, beyond: Vec<StoredRevision>, areas: &Areas) -> Self {
        let understood = understand(beyond, &folder.fences.issuers, |area| areas.resolve(area));
        folder.fences.revisions.extend(understood.actual.into_values().flatten());
        folder.report.problems.extend(understood.refused.iter().map(problem));
        folder.fences.refused.extend(understood.refused);
        Self { ground: std::mem::take(&mut folder.ground), folder, exercises: understood.exercises }
    }

    /// The set, from scratch.
    pub fn build(self, epoch: u64, now: Timestamp) -> Current {
        let snapshot = Snapshot {
            epoch,
            loaded_at: now,
            regions: Arc::clone(&self.folder.fences.regions),
            gazetteer: self.folder.gazetteer,
            corridors: self.folder.corridors,
            missions: self.folder.missions,
            index: FenceIndex::build(self.folder.fences),
            report: Arc::new(self.folder.report),
        };
        Current::new(snapshot, self.exercises, self.ground)
    }

    /// The set, from an older one on the same ground: only what changed is built anew.
    pub fn change(self, old: &Current, epoch: u64, now: Timestamp) -> Current {
        let mut revisions: BTreeMap<AdvisoryId, Vec<Resolved>> = BTreeMap::new();
        for resolved in self.folder.fences.revisions {
            revisions.entry(resolved.0.id.advisory.clone()).or_default().push(resolved);
        }
        let index = old.actual.index.with_changes(differences(&old.actual.index, revisions));
        let index = index.with_knowledge(self.folder.fences.coverage, self.folder.fences.refused);
        let snapshot = Snapshot {
            gazetteer: self.folder.gazetteer,
            corridors: self.folder.corridors,
            missions: self.folder.missions,
            // the old places, which fences share their outlines with
            ..old.actual.with(epoch, now, index, Arc::new(self.folder.report))
        };
        Current::new(snapshot, self.exercises, self.ground)
    }
}

/// The advisories whose revisions are others than in the index, with those they have now.
pub(super) fn differences(
    index: &FenceIndex,
    mut now: BTreeMap<AdvisoryId, Vec<Resolved>>,
) -> BTreeMap<AdvisoryId, Vec<Resolved>> {
    let mut gone = BTreeMap::new();
    for (advisory, listed) in index.advisories() {
        match now.get_mut(advisory) {
            Some(revisions) => {
                revisions.sort_by_key(|(revision, _)| revision.id.number);
                if same(listed, revisions) {
                    now.remove(advisory);
                }
            }
            None => {
                gone.insert(advisory.clone(), vec![]);
            }
        }
    }
    now.append(&mut gone);
    now
}

/// On the same ground the same words give the same area.
fn same(listed: &[Listed], revisions: &[Resolved]) -> bool {
    listed.iter().map(|listed| &listed.revision).eq(revisions.iter().map(|(revision, _)| revision))
}

impl Current {
    /// The set in earnest, and beside it the one of exercises if there are any.
    pub(super) fn new(actual: Snapshot, exercises: BTreeMap<AdvisoryId, Vec<Resolved>>, ground: String) -> Self {
        let actual = Arc::new(actual);
        let exercise = if exercises.is_empty() {
            Arc::clone(&actual)
        } else {
            let index = actual.index.with_changes(exercises.clone());
            Arc::new(actual.with(actual.epoch, actual.loaded_at, index, Arc::clone(&actual.report)))
        };
        Self { actual, exercise, exercises, ground }
    }
}
