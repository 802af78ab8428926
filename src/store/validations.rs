//! Booking files under validation: each booking as it was sent, and its result once there is one. What is done is written with how far the
//! job is, in one transaction: a job that is killed goes on where it was.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Row, StoreError, Topic, Tx};
use crate::model::Kind;

/// A statement that gives jobs.
macro_rules! jobs {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            " id, owner, kind, state, policy, notes, input_sha256, as_of, epoch, total, done, tally, watch, watched, created_at, finished_at ",
            $after
        )
    };
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Bookings are still to be done.
    Running,
    /// All are done.
    Done,
    /// It was called off; what was done by then stays.
    Cancelled,
}

impl State {
    const ALL: [Self; 3] = [Self::Running, Self::Done, Self::Cancelled];

    /// The word it is stored and told by.
    pub fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
        }
    }

    fn parse(word: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|state| state.word() == word).ok_or_else(|| format!("`{word}` is no state"))
    }
}

/// A job.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// Its id, sortable by time.
    pub id: String,
    /// The key it was sent with.
    pub owner: Option<String>,
    /// Whether it is for earnest; as that key.
    pub kind: Kind,
    /// Where it stands.
    pub state: State,
    /// The policy, as JSON.
    pub policy: String,
    /// What holds for the whole file, as JSON.
    pub notes: String,
    /// SHA-256 of the file as it was sent, in hexadecimal.
    pub input_sha256: String,
    /// What was known then is what counts, however long the job takes.
    pub as_of: Timestamp,
    /// The set of advisories that answered last.
    pub epoch: Option<i64>,
    /// How many bookings there are.
    pub total: i64,
    /// How many are done.
    pub done: i64,
    /// How many ended how, as JSON.
    pub tally: String,
    /// Whether its bookings are to be watched.
    pub watch: bool,
    /// How many of its bookings were looked at for that.
    pub watched: i64,
    /// When it was sent.
    pub created_at: Timestamp,
    /// When it was done or called off.
    pub finished_at: Option<Timestamp>,
}

/// One booking's result as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookingRow {
    /// Its number in the file.
    pub number: i64,
    /// The verdict's word; none where the booking could not be read.
    pub verdict: Option<String>,
    /// What is to be done.
    pub action: String,
    /// The whole result, as JSON.
    pub json: String,
    /// The same as rows of a table.
    pub csv: String,
}

fn job(row: &Row) -> Result<Job, StoreError> {
    Ok(Job {
        id: row.text("id")?.to_owned(),
        owner: row.maybe_text("owner")?.map(str::to_owned),
        kind: row.parsed("kind", Kind::parse)?,
        state: row.parsed("state", State::parse)?,
        policy: row.text("policy")?.to_owned(),
        notes: row.text("notes")?.to_owned(),
        input_sha256: row.text("input_sha256")?.to_owned(),
        as_of: row.instant("as_of")?,
        epoch: row.maybe_int("epoch")?,
        total: row.int("total")?,
        done: row.int("done")?,
        tally: row.text("tally")?.to_owned(),
        watch: row.truth("watch")?,
        watched: row.int("watched")?,
        created_at: row.instant("created_at")?,
        finished_at: row.maybe_instant("finished_at")?,
    })
}

/// Takes in a job with its bookings, as texts in their order.
///
/// # Errors
/// When the database cannot be written.
pub async fn insert(tx: &mut Tx, job: &Job, bookings: &[String]) -> Result<(), StoreError> {
    /// Rows that are written by one statement.
    const TOGETHER: usize = 2_000;
    tx.query(
        "INSERT INTO validation (id, owner, kind, state, policy, notes, input_sha256, as_of, epoch, total, done, tally, watch, watched,
                                 taken_until, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, $11, $12, 0, 0, $13)",
    )
    .bind(&job.id)
    .bind(job.owner.clone())
    .bind(job.kind.word())
    .bind(job.state.word())
    .bind(&job.policy)
    .bind(&job.notes)
    .bind(&job.input_sha256)
    .bind(job.as_of)
    .bind(job.epoch)
    .bind(job.total)
    .bind(&job.tally)
    .bind(job.watch)
    .bind(job.created_at)
    .run()
    .await?;
    for (i, part) in bookings.chunks(TOGETHER).enumerate() {
        let row = |(n, text): (usize, &String)| json!({"n": i * TOGETHER + n, "t": text});
        let rows: Value = part.iter().enumerate().map(row).collect();
        tx.query(
            "INSERT INTO validation_booking (validation, number, text)
             SELECT $1, CAST(r.value ->> 'n' AS BIGINT), r.value ->> 't' FROM @rows($2) AS r",
        )
        .bind(&job.id)
        .bind(rows.to_string())
        .run()
        .await?;
    }
    tx.wake(Topic::Validations);
    Ok(())
}

/// A job, if there is one with this id of this owner.
///
/// # Errors
/// When the database cannot be read.
pub async fn find(tx: &mut Tx, id: &str, owner: Option<&str>) -> Result<Option<Job>, StoreError> {
    let row = tx
        .query(jobs!(
            "SELECT",
            "FROM validation WHERE id = $1 AND COALESCE(owner, '') = COALESCE(CAST($2 AS TEXT), '')"
        ))
        .bind(id)
        .bind(owner)
        .row()
        .await?;
    row.as_ref().map(job).transpose()
}

/// Takes the oldest job that nobody works on, until an instant.
///
/// # Errors
/// When the database cannot be written.
pub async fn take(tx: &mut Tx, now: Timestamp, until: Timestamp) -> Result<Option<Job>, StoreError> {
    let row = tx
        .query(jobs!(
            "UPDATE validation SET taken_until = $2
             WHERE id IN (SELECT id FROM validation WHERE state = 'running' AND taken_until <= $1 ORDER BY id LIMIT 1 @skip_locked)
             RETURNING",
            ""
        ))
        .bind(now)
        .bind(until)
        .row()
        .await?;
    row.as_ref().map(job).transpose()
}

/// A job, as it stays until the transaction ends. Nobody holds up another's.
///
/// # Errors
/// When the database cannot be read.
pub async fn hold(tx: &mut Tx, id: &str, owner: Option<&str>) -> Result<Option<Job>, StoreError> {
    let row = tx
        .query(jobs!(
            "SELECT",
            "FROM validation WHERE id = $1 AND COALESCE(owner, '') = COALESCE(CAST($2 AS TEXT), '') @for_update"
        ))
        .bind(id)
        .bind(owner)
        .row()
        .await?;
    row.as_ref().map(job).transpose()
}

/// The jobs of an owner, the newest first, from the one before `before`; in one state only, where one is given.
///
/// # Errors
/// When the database cannot be read.
pub async fn list(
    tx: &mut Tx,
    owner: &str,
    state: Option<State>,
    before: Option<&str>,
    limit: u32,
) -> Result<Vec<Job>, StoreError> {
    let rows = tx
        .query(jobs!(
            "SELECT",
            "FROM validation WHERE owner = $1 AND (CAST($2 AS TEXT) IS NULL OR state = $2) AND (CAST($3 AS TEXT) IS NULL OR id < $3)
             ORDER BY id DESC LIMIT $4"
        ))
        .bind(owner)
        .bind(state.map(State::word))
        .bind(before)
        .bind(limit)
        .rows()
        .await?;
    rows.iter().map(job).collect()
}

/// Keeps a job that was taken for longer. Returns whether it still runs.
///
/// # Errors
/// When the database cannot be written.
pub async fn keep(tx: &mut Tx, id: &str, until: Timestamp) -> Result<bool, StoreError> {
    let text = "UPDATE validation SET taken_until = $2 WHERE id = $1 AND state = 'running'";
    Ok(tx.query(text).bind(id).bind(until).run().await? == 1)
}

/// The next bookings of a job that are to be done: number and text.
///
/// # Errors
/// When the database cannot be read.
pub async fn due(tx: &mut Tx, id: &str, from: i64, limit: u32) -> Result<Vec<(i64, String)>, StoreError> {
    let rows = tx
        .query(
            "SELECT number, text FROM validation_booking WHERE validation = $1 AND number >= $2 AND result IS NULL
             ORDER BY number LIMIT $3",
        )
        .bind(id)
        .bind(from)
        .bind(limit)
        .rows()
        .await?;
    rows.iter().map(|row| Ok((row.int("number")?, row.text("text")?.to_owned()))).collect()
}

/// Writes results and how far the job is with them. Returns whether the job was still running, and as far as it was thought to be;
/// where it was not, nothing may be committed.
///
/// # Errors
/// When the database cannot be written.
pub async fn settle(
    tx: &mut Tx,
    before: &Job,
    results: &[BookingRow],
    tally: &str,
    epoch: i64,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let done = before.done + i64::try_from(results.len()).unwrap_or(i64::MAX);
    let finished = (done >= before.total).then_some(now);
    let state = if finished.is_some() { State::Done } else { State::Running };
    let written = tx
        .query(
            "UPDATE validation SET done = $3, tally = $4, epoch = $5, state = $6, finished_at = $7, taken_until = 0
             WHERE id = $1 AND state = 'running' AND done = $2",
        )
        .bind(&before.id)
        .bind(before.done)
        .bind(done)
        .bind(tally)
        .bind(epoch)
        .bind(state.word())
        .bind(finished)
        .run()
        .await?;
    let rows: Value = results
        .iter()
        .map(|r| json!({"n": r.number, "v": r.verdict, "a": r.action, "r": r.json, "c": r.csv}))
        .collect();
    // read once: SQLite would else read all of it again for each booking of the file
    tx.query(
        "WITH done AS MATERIALIZED (
             SELECT CAST(r.value ->> 'n' AS BIGINT) AS number, r.value ->> 'v' AS verdict, r.value ->> 'a' AS action, r.value ->> 'r' AS result,
                    r.value ->> 'c' AS csv
             FROM @rows($2) AS r)
         UPDATE validation_booking SET verdict = done.verdict, action = done.action, result = done.result, csv = done.csv
         FROM done WHERE validation_booking.validation = $1 AND validation_booking.number = done.number",
    )
    .bind(&before.id)
    .bind(rows.to_string())
    .run()
    .await?;
    tx.wake(Topic::Validations);
    Ok(written == 1)
}

/// Calls a job off that still runs. Returns whether it did.
///
/// # Errors
/// When the database cannot be written.
pub async fn cancel(tx: &mut Tx, id: &str, now: Timestamp) -> Result<bool, StoreError> {
    let written = tx
        .query("UPDATE validation SET state = 'cancelled', finished_at = $2 WHERE id = $1 AND state = 'running'")
        .bind(id)
        .bind(now)
        .run()
        .await?;
    Ok(written == 1)
}

/// Goes on with a job that was called off. Returns whether it was.
///
/// # Errors
/// When the database cannot be written.
pub async fn resume(tx: &mut Tx, id: &str) -> Result<bool, StoreError> {
    let text = "UPDATE validation SET state = 'running', finished_at = NULL, taken_until = 0 WHERE id = $1 AND state = 'cancelled'";
    let written = tx.query(text).bind(id).run().await?;
    tx.wake(Topic::Validations);
    Ok(written == 1)
}

/// Forgets a job with everything that tells of its bookings: what was sent and found, what was said of changes, kept answers. What is
/// watched of it ends before.
///
/// # Errors
/// When the database cannot be written.
pub async fn forget(tx: &mut Tx, id: &str) -> Result<(), StoreError> {
    for text in [
        "DELETE FROM delivery WHERE event IN (SELECT seq FROM event WHERE type = 'validation.changed' AND data LIKE '%\"' || $1 || '\"%')",
        "DELETE FROM event WHERE type = 'validation.changed' AND data LIKE '%\"' || $1 || '\"%'",
        "DELETE FROM idempotency WHERE makes = $1",
        "DELETE FROM validation_booking WHERE validation = $1",
        "DELETE FROM validation WHERE id = $1",
    ] {
        tx.query(text).bind(id).run().await?;
    }
    Ok(())
}

/// Jobs that were sent before an instant and of which nothing is watched.
///
/// # Errors
/// When the database cannot be read.
pub async fn sent_before(tx: &mut Tx, before: Timestamp, limit: u32) -> Result<Vec<String>, StoreError> {
    let rows = tx
        .query(
            "SELECT v.id FROM validation v WHERE v.created_at < $1
             AND NOT EXISTS (SELECT 1 FROM subject s WHERE s.validation = v.id) ORDER BY v.created_at LIMIT $2",
        )
        .bind(before)
        .bind(limit)
        .rows()
        .await?;
    rows.iter().map(|row| Ok(row.text("id")?.to_owned())).collect()
}

/// A kept result: its number, and how it is written.
pub type Kept = (i64, String);

/// How results are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As JSON.
    Json,
    /// As rows of a table.
    Csv,
}

/// Results in the order of the file, from a number on; of one action only, where one is given.
///
/// # Errors
/// When the database cannot be read.
pub async fn results(
    tx: &mut Tx,
    id: &str,
    form: Form,
    action: Option<&str>,
    from: i64,
    limit: u32,
) -> Result<Vec<Kept>, StoreError> {
    let rows = tx
        .query(
            "SELECT number, result, csv FROM validation_booking
             WHERE validation = $1 AND number >= $2 AND result IS NOT NULL AND (CAST($3 AS TEXT) IS NULL OR action = $3)
             ORDER BY number LIMIT $4",
        )
        .bind(id)
        .bind(from)
        .bind(action)
        .bind(limit)
        .rows()
        .await?;
    let column = if form == Form::Json { "result" } else { "csv" };
    rows.iter().map(|row| Ok((row.int("number")?, row.text(column)?.to_owned()))).collect()
}

/// One booking with its result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Booked {
    /// Its number in the file.
    pub number: i64,
    /// As it was sent.
    pub text: String,
    /// The whole result, as JSON; none where it is still to be done.
    pub result: Option<String>,
}

/// Up to `limit` bookings from a number on.
///
/// # Errors
/// When the database cannot be read.
pub async fn bookings(tx: &mut Tx, id: &str, from: i64, limit: u32) -> Result<Vec<Booked>, StoreError> {
    let rows = tx
        .query("SELECT number, text, result FROM validation_booking WHERE validation = $1 AND number >= $2 ORDER BY number LIMIT $3")
        .bind(id)
        .bind(from)
        .bind(limit)
        .rows()
        .await?;
    let booked = |row: &Row| {
        let result = row.maybe_text("result")?.map(str::to_owned);
        Ok(Booked { number: row.int("number")?, text: row.text("text")?.to_owned(), result })
    };
    rows.iter().map(booked).collect()
}

/// The booking with this number.
///
/// # Errors
/// When the database cannot be read.
pub async fn booking(tx: &mut Tx, id: &str, number: i64) -> Result<Option<Booked>, StoreError> {
    let found = bookings(tx, id, number, 1).await?.pop();
    Ok(found.filter(|booked| booked.number == number))
}
