//! Validations as jobs: taken in with all of their bookings, done in portions by whoever has the lease, gone on with after a crash.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use sha2::{Digest, Sha256};
use tokio::runtime::Handle;

use super::step::Step;
use super::validate_bookings::lines::Written;
use super::validate_bookings::{BookingResult, Roads, Tally, Validation, in_order};
use crate::clock::Clock;
use crate::error::{Error, Issue};
use crate::format::document::bookings::{self, Booking, Kind};
use crate::format::document::csv::Mapping;
use crate::format::policy::Policy;
use crate::geometry::Limits;
use crate::live::{Live, Snapshot};
use crate::route::Router;
use crate::store::validations::{self, BookingRow, Job, State};
use crate::store::{Store, StoreError, Tx};

/// Bookings that are done and written together: what a crash costs.
const PORTION: u32 = 500;
/// The same where a routing engine is asked, which may be silent for each of them as long as it is allowed to.
const ROUTED_PORTION: u32 = 50;
/// How long whoever took a portion may be silent before another takes it.
const LEASE: SignedDuration = SignedDuration::from_secs(120);
/// How long a validation is kept.
pub const KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);
/// The longest line of a file.
const LINE_LIMIT: usize = 16 << 20;

/// A validation as it is told.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct ValidationState {
    /// Its id.
    pub id: String,
    /// Where it stands.
    pub state: State,
    /// How many bookings the file has.
    pub bookings: i64,
    /// How many are done.
    pub done: i64,
    /// How many ended how, of those done.
    #[schema(value_type = Tally)]
    pub tally: serde_json::Value,
    /// The policy it follows.
    #[schema(value_type = Policy)]
    pub policy: serde_json::Value,
    /// What holds for the whole file.
    #[schema(value_type = Vec<Issue>)]
    pub notes: serde_json::Value,
    /// SHA-256 of the file as it was sent.
    pub input_sha256: String,
    /// What was known at this instant counts, unless the policy or a booking says another.
    #[schema(value_type = String, format = DateTime)]
    pub as_of: Timestamp,
    /// The set of advisories that answered last.
    pub epoch: Option<i64>,
    /// When it was sent.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When all was done, or it was called off.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub finished_at: Option<Timestamp>,
    /// Where the results are.
    pub results: String,
}

impl From<Job> for ValidationState {
    fn from(job: Job) -> Self {
        // what was written as JSON is read as JSON
        let json = |text: &str| serde_json::from_str(text).unwrap_or_default();
        Self {
            results: format!("/v1/validations/{}/results", job.id),
            state: job.state,
            bookings: job.total,
            done: job.done,
            tally: json(&job.tally),
            policy: json(&job.policy),
            notes: json(&job.notes),
            input_sha256: job.input_sha256,
            as_of: job.as_of,
            epoch: job.epoch,
            created_at: job.created_at,
            finished_at: job.finished_at,
            id: job.id,
        }
    }
}

/// A file that is sent in.
#[derive(Clone, Debug)]
pub struct Submission {
    /// How it is written.
    pub kind: Kind,
    /// All of it.
    pub text: Vec<u8>,
    /// What its columns are called.
    pub mapping: Mapping,
    /// What is done at which verdict.
    pub policy: Policy,
}

/// Everything that jobs are worked on with.
#[derive(Clone)]
pub struct Jobs {
    /// Where they are kept.
    pub store: Store,
    /// What answers.
    pub live: Arc<Live>,
    /// How long statements are trusted.
    pub max_age: SignedDuration,
    /// What a geometry may cost.
    pub limits: Limits,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Who is asked for ways that bookings do not give.
    pub router: Option<Arc<Router>>,
}

impl Jobs {
    /// Takes a file in; its bookings are done by [`Self::step`].
    ///
    /// # Errors
    /// [`Error::Invalid`] when it is no booking file, its policy cannot be followed, or an issuer does not exist.
    pub async fn submit(&self, id: String, submission: Submission, owner: Option<String>) -> Result<Job, Error> {
        if let Some(job) = validations::find(&mut self.store.read().await?, &id, owner.as_deref()).await? {
            return Ok(job);
        }
        let now = self.clock.now();
        submission.policy.check("")?;
        let snapshot = self.live.snapshot();
        known_issuers(&snapshot, &submission.policy)?;
        let Submission { kind, text, mapping, policy } = submission;
        let read = move || {
            let sha256 = format!("{:x}", Sha256::digest(&text));
            let (bookings, notes) = bookings::read(kind, text.as_slice(), &mapping, LINE_LIMIT)?;
            let texts: Vec<String> = bookings.map(|booking| booking.to_text()).collect();
            Ok::<_, Issue>((sha256, texts, notes))
        };
        let (input_sha256, texts, notes) = blocking(read).await?;
        if texts.is_empty() {
            return Err(Issue::invalid("", "no booking is in it").into());
        }
        let job = Job {
            id,
            owner,
            state: State::Running,
            policy: json(&policy),
            notes: json(&notes),
            input_sha256,
            as_of: now,
            epoch: None,
            total: i64::try_from(texts.len()).unwrap_or(i64::MAX),
            done: 0,
            tally: json(&Tally::default()),
            created_at: now,
            finished_at: None,
        };
        let mut tx = self.store.begin().await?;
        validations::insert(&mut tx, &job, &texts).await?;
        tx.commit().await?;
        Ok(job)
    }
}

/// Plain values cannot fail to be written.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// Work that takes a while: not on a thread that serves others.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|e| std::panic::resume_unwind(e.into_panic()))
}

/// An issuer that does not exist would be wrong in every booking alike.
fn known_issuers(snapshot: &Snapshot, policy: &Policy) -> Result<(), Error> {
    let known = &snapshot.index.issuers().issuers;
    let unknown = policy.issuers.iter().enumerate().filter(|(_, code)| !known.iter().any(|i| i.code == **code));
    let issues: Vec<Issue> = unknown
        .map(|(i, code)| Issue::invalid(format!("/issuers/{i}"), format!("there is no issuer `{code}`")))
        .collect();
    if issues.is_empty() { Ok(()) } else { Err(Error::Invalid(issues)) }
}

impl Jobs {
    /// Does a portion of the oldest validation that nobody works on.
    ///
    /// # Errors
    /// When the database does not answer; what was under way is done again.
    pub async fn step(&self) -> Result<Step, StoreError> {
        let now = self.clock.now();
        let until = now.checked_add(LEASE).unwrap_or(Timestamp::MAX);
        let mut tx = self.store.begin().await?;
        let taken = validations::take(&mut tx, now, until).await?;
        tx.commit().await?;
        let Some(job) = taken else { return Ok(Step::Idle) };
        self.portion(&job).await?;
        Ok(Step::Worked)
    }

    /// Works on one validation until it is done, for a caller who waits.
    ///
    /// # Errors
    /// As [`Self::step`].
    pub async fn finish(&self, job: Job) -> Result<Job, StoreError> {
        let (id, owner) = (job.id.clone(), job.owner.clone());
        let mut job = job;
        while job.state == State::Running {
            self.portion(&job).await?;
            let mut tx = self.store.read().await?;
            let Some(found) = validations::find(&mut tx, &id, owner.as_deref()).await? else { return Ok(job) };
            job = found;
        }
        Ok(job)
    }

    async fn portion(&self, job: &Job) -> Result<(), StoreError> {
        let mut tx = self.store.read().await?;
        let portion = if self.router.is_some() { ROUTED_PORTION } else { PORTION };
        let due = validations::due(&mut tx, &job.id, job.done, portion).await?;
        drop(tx);
        let snapshot = self.live.snapshot();
        let epoch = i64::try_from(snapshot.epoch).unwrap_or(i64::MAX);
        let (jobs, policy, as_of, runtime) = (self.clone(), job.policy.clone(), job.as_of, Handle::current());
        let results = blocking(move || jobs.validate(&snapshot, &policy, as_of, due, &runtime)).await;
        let mut tally: Tally = serde_json::from_str(&job.tally).unwrap_or_default();
        let rows: Vec<BookingRow> = results
            .iter()
            .map(|result| {
                tally.add(result.verdict, result.action);
                row(result)
            })
            .collect();
        let mut tx = self.store.begin().await?;
        // called off meanwhile, or done by another whose lease began when ours ended: then this portion is nobody's
        if validations::settle(&mut tx, job, &rows, &json(&tally), epoch, self.clock.now()).await? {
            tx.commit().await?;
        }
        Ok(())
    }

    fn validate(
        &self,
        snapshot: &Arc<Snapshot>,
        policy: &str,
        as_of: Timestamp,
        due: Vec<(i64, String)>,
        runtime: &Handle,
    ) -> Vec<BookingResult> {
        let policy: Policy = serde_json::from_str(policy).unwrap_or_default();
        let validation = Validation {
            snapshot,
            max_age: self.max_age,
            limits: &self.limits,
            policy: &policy,
            now: as_of,
            roads: self.router.as_deref().map(|router| Roads { router, runtime }),
        };
        let mut results = Vec::with_capacity(due.len());
        let work = |(number, text): (i64, String)| {
            validation.validate(&Booking::from_text(u64::try_from(number).unwrap_or(0), &text))
        };
        in_order(due.into_iter(), validation.threads(), work, |result| {
            results.push(result);
            std::ops::ControlFlow::Continue(())
        });
        results
    }

    /// Calls a validation off that still runs; forgets one that does not.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none of this owner.
    pub async fn delete(&self, id: &str, owner: Option<&str>) -> Result<(), Error> {
        let mut tx = self.store.begin().await?;
        find(&mut tx, id, owner).await?;
        if !validations::cancel(&mut tx, id, self.clock.now()).await? {
            validations::forget(&mut tx, id).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Forgets validations that have been kept long enough.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn forget_old(&self) -> Result<u64, StoreError> {
        let before = self.clock.now().checked_sub(KEPT).unwrap_or(Timestamp::MIN);
        let mut tx = self.store.begin().await?;
        let forgotten = validations::forget_before(&mut tx, before).await?;
        tx.commit().await?;
        Ok(forgotten)
    }
}

/// A validation of an owner.
///
/// # Errors
/// [`Error::NotFound`] when there is none.
pub async fn find(tx: &mut Tx, id: &str, owner: Option<&str>) -> Result<Job, Error> {
    let found = validations::find(tx, id, owner).await?;
    found.ok_or_else(|| Error::NotFound { what: "validation", id: id.to_owned() })
}

fn row(result: &BookingResult) -> BookingRow {
    BookingRow {
        number: i64::try_from(result.number).unwrap_or(i64::MAX),
        verdict: result.verdict.map(|verdict| verdict.as_str().to_owned()),
        action: result.action.as_str().to_owned(),
        json: json(result),
        csv: String::from_utf8(Written::Csv.result(result, false)).unwrap_or_default(),
    }
}
