//! Can the service answer, and what is wrong with what it answers from?

use jiff::Timestamp;
use serde::Serialize;

use crate::feed::folder::Problem;
use crate::live::{Behind, Live};
use crate::store::Store;

/// Whether there is anything to answer from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReadyStatus {
    /// Everything was taken.
    Ready,
    /// There are answers, but files were refused, a newer set was, some areas are answered slowly, or nothing can be written: see the problems.
    Degraded,
    /// Nothing is loaded.
    NotReady,
}

/// The state of what answers are drawn from.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Readiness {
    /// In one word.
    pub status: ReadyStatus,
    /// The set of fences that answers.
    pub epoch: u64,
    /// When it was read.
    #[schema(value_type = String, format = DateTime)]
    pub loaded_at: Timestamp,
    /// How many issuers there are.
    pub issuers: usize,
    /// How many places.
    pub regions: usize,
    /// How many fences: revisions with a shape, past, present and future.
    pub fences: usize,
    /// What is wrong in the set that answers; a file with an error was refused whole.
    pub problems: Vec<Problem>,
    /// Areas that are answered right but slowly, because the fast index was found to disagree with the exact one about them: a mistake of
    /// ours, please report it.
    pub slow_areas: Vec<String>,
    /// A newer set that was not taken; null when the last one was.
    pub rejected_reload: Option<RejectedReload>,
    /// Why what was published last may not be answered yet; null when it is.
    pub behind: Option<BehindWords>,
    /// Why nothing can be written, by what the last attempt met; null while it can.
    pub store_trouble: Option<String>,
}

/// Why what was published last may not be answered yet.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct BehindWords {
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// What is in the way.
    pub reason: String,
}

/// A newer set that was not taken.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct RejectedReload {
    /// When it was read.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Why it was not taken.
    pub problems: Vec<Problem>,
}

/// Looks at what answers are drawn from, and whether anything can be written.
pub fn readiness(live: &Live, store: &Store) -> Readiness {
    let snapshot = live.snapshot();
    let rejected = live.rejected();
    let rejected = rejected
        .as_ref()
        .as_ref()
        .map(|rejected| RejectedReload { at: rejected.at, problems: rejected.report.problems.clone() });
    let behind = live.behind().as_ref().clone().map(|Behind { since, reason }| BehindWords { since, reason });
    let store_trouble = store.trouble().map(|trouble| trouble.to_string());
    let issuers = snapshot.index.issuers().issuers.len();
    let fences = snapshot.index.fences().len();
    let slow_areas = snapshot.distrusted();
    let status = if issuers == 0 || fences == 0 {
        ReadyStatus::NotReady
    } else if snapshot.report.has_errors()
        || rejected.is_some()
        || behind.is_some()
        || store_trouble.is_some()
        || !slow_areas.is_empty()
    {
        ReadyStatus::Degraded
    } else {
        ReadyStatus::Ready
    };
    Readiness {
        status,
        epoch: snapshot.epoch,
        loaded_at: snapshot.loaded_at,
        issuers,
        regions: snapshot.regions.len(),
        fences,
        problems: snapshot.report.problems.clone(),
        slow_areas,
        rejected_reload: rejected,
        behind,
        store_trouble,
    }
}
