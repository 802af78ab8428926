//! Validations as jobs: taken in with all of their bookings, done in portions by whoever has the lease, gone on with after a crash.

use std::sync::Arc;
use std::time::Duration;

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
use crate::model;
use crate::route::Router;
use crate::store::validations::{self, Booked, BookingRow, Job, State};
use crate::store::{Store, StoreError, Tx, booking_watch};

/// Bookings that are done and written together: what a crash costs.
const PORTION: u32 = 500;
/// The same where a routing engine is asked, which may be silent for each of them as long as it is allowed to.
const ROUTED_PORTION: u32 = 50;
/// How long whoever took a portion may be silent before another takes it; whoever is at work says so in between.
const LEASE: SignedDuration = SignedDuration::from_secs(10);
/// How often they do.
const SIGN_OF_LIFE: Duration = Duration::from_secs(3);
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
    /// Whether all its bookings are to be watched.
    pub watch: bool,
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
            watch: job.watch,
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
    /// Whether its bookings are to be watched.
    pub watch: bool,
}

/// Who sends a file in.
#[derive(Clone, Debug, Default)]
pub struct Sender {
    /// By which key; what is sent without one is found by its id alone.
    pub key: Option<String>,
    /// Whether in earnest.
    pub kind: model::Kind,
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
    pub async fn submit(&self, id: String, submission: Submission, sender: Sender) -> Result<Job, Error> {
        if let Some(job) = validations::find(&mut self.store.read().await?, &id, sender.key.as_deref()).await? {
            return Ok(job);
        }
        let now = self.clock.now();
        submission.policy.check("")?;
        known_issuers(&self.live.snapshot_for(sender.kind), &submission.policy)?;
        let Submission { kind, text, mapping, policy, watch } = submission;
        let read = move || {
            let sha256 = format!("{:x}", Sha256::digest(&text));
            let apart = bookings::apart(kind, text.as_slice(), &mapping);
            let (bookings, notes) = bookings::read_knowing(apart, kind, text.as_slice(), &mapping, LINE_LIMIT)?;
            let texts: Vec<String> = bookings.map(|booking| booking.to_text()).collect();
            Ok::<_, Issue>((sha256, texts, notes))
        };
        let (input_sha256, texts, notes) = blocking(read).await?;
        if texts.is_empty() {
            return Err(Issue::invalid("", "no booking is in it").into());
        }
        let job = Job {
            id,
            owner: sender.key,
            kind: sender.kind,
            state: State::Running,
            policy: json(&policy),
            notes: json(&notes),
            input_sha256,
            as_of: now,
            epoch: None,
            total: i64::try_from(texts.len()).unwrap_or(i64::MAX),
            done: 0,
            tally: json(&Tally::default()),
            watch,
            watched: 0,
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
pub(super) fn known_issuers(snapshot: &Snapshot, policy: &Policy) -> Result<(), Error> {
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
        let mut tx = self.store.begin().await?;
        let taken = validations::take(&mut tx, self.clock.now(), self.until()).await?;
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
        let snapshot = self.live.snapshot_for(job.kind);
        let epoch = i64::try_from(snapshot.epoch).unwrap_or(i64::MAX);
        let (jobs, policy, as_of, runtime) = (self.clone(), job.policy.clone(), job.as_of, Handle::current());
        let work = blocking(move || jobs.validate(&snapshot, &policy, as_of, due, &runtime));
        let results = self.with_signs_of_life(&job.id, work).await;
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

    fn until(&self) -> Timestamp {
        self.clock.now().checked_add(LEASE).unwrap_or(Timestamp::MAX)
    }

    /// Waits for work on a job, and keeps it meanwhile: a portion whose ways are not known can take long.
    async fn with_signs_of_life<T>(&self, id: &str, work: impl Future<Output = T>) -> T {
        let mut work = std::pin::pin!(work);
        loop {
            if let Ok(done) = tokio::time::timeout(SIGN_OF_LIFE, &mut work).await {
                return done;
            }
            let kept = async {
                let mut tx = self.store.begin().await?;
                validations::keep(&mut tx, id, self.until()).await?;
                tx.commit().await
            };
            // at worst another does the same portion as well, and one of the two is written
            if let Err(error) = kept.await {
                tracing::warn!("a validation under way could not be kept: {error}");
            }
        }
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
        in_order(due.into_iter(), validation.hands(), work, |result| {
            results.push(result);
            std::ops::ControlFlow::Continue(())
        });
        results
    }

    /// Calls a validation off that still runs; forgets one that does not, with its watch and all that was said of it.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none of this owner.
    pub async fn delete(&self, id: &str, owner: Option<&str>) -> Result<(), Error> {
        let mut tx = self.store.begin().await?;
        validations::hold(&mut tx, id, owner).await?.ok_or_else(|| no_validation(id))?;
        if !validations::cancel(&mut tx, id, self.clock.now()).await? {
            booking_watch::end(&mut tx, id, None).await?;
            validations::forget(&mut tx, id).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Goes on with a validation that was called off, where it was.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none of this owner; [`Error::Conflict`] when it is done.
    pub async fn resume(&self, id: &str, owner: Option<&str>) -> Result<Job, Error> {
        let mut tx = self.store.begin().await?;
        let job = validations::hold(&mut tx, id, owner).await?.ok_or_else(|| no_validation(id))?;
        if job.state == State::Done {
            return Err(Error::Conflict("the validation is done: there is nothing to go on with".to_owned()));
        }
        validations::resume(&mut tx, id).await?;
        tx.commit().await?;
        Ok(Job { state: State::Running, finished_at: None, ..job })
    }

    /// Forgets validations that have been kept long enough and of which nothing is watched.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn forget_old(&self) -> Result<Step, StoreError> {
        /// Forgotten in one transaction.
        const AT_ONCE: u32 = 20;
        let before = self.clock.now().checked_sub(KEPT).unwrap_or(Timestamp::MIN);
        let mut tx = self.store.begin().await?;
        let old = validations::sent_before(&mut tx, before, AT_ONCE).await?;
        for id in &old {
            validations::forget(&mut tx, id).await?;
        }
        tx.commit().await?;
        Ok(if old.is_empty() { Step::Idle } else { Step::Worked })
    }
}

/// A validation of an owner.
///
/// # Errors
/// [`Error::NotFound`] when there is none.
pub async fn find(tx: &mut Tx, id: &str, owner: Option<&str>) -> Result<Job, Error> {
    validations::find(tx, id, owner).await?.ok_or_else(|| no_validation(id))
}

/// A booking of a validation, with its result where there is one.
///
/// # Errors
/// [`Error::NotFound`] when the file has no such booking.
pub async fn booking(tx: &mut Tx, job: &Job, number: i64) -> Result<Booked, Error> {
    validations::booking(tx, &job.id, number).await?.ok_or_else(|| no_booking(number))
}

pub(super) fn no_validation(id: &str) -> Error {
    Error::NotFound { what: "validation", id: id.to_owned() }
}

fn no_booking(number: i64) -> Error {
    Error::NotFound { what: "booking", id: number.to_string() }
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
