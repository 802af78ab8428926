//! `/v1/check/locations`: millions of positions in one request, a line in, a line out, in constant memory.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, mpsc};

use super::Shared;
use super::access::Access;
use super::extract::expect_media_type;
use super::lines::{Batch, Interruption, Lines};
use super::problem::{BodyProblems, Problem, Refusal};
use crate::flows::check_locations::{check_locations, read};
use crate::live::Snapshot;
use crate::model::Verdict;

/// The media type of lines of JSON.
pub const MEDIA_TYPE: &str = "application/x-ndjson";

/// Other names under which the same is sent.
const ALIASES: &[&str] =
    &[MEDIA_TYPE, "application/ndjson", "application/jsonl", "application/json-lines", "application/jsonlines"];

/// The answer to a line that could not be answered.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LineError {
    /// The line, counted from 1.
    pub line: u64,
    /// Why not; pointers are into the line.
    pub error: Problem,
}

/// Check many positions.
///
/// Each line of the body is a request as for one position, and each line of the answer is its answer, in the same order. A line that is
/// wrong is answered with a `LineError`; the others go on. Lines are answered while more of them arrive, so read while you send: a
/// sender that does not read is waited for, and cut off when nothing moves for too long.
#[utoipa::path(
    post,
    path = "/v1/check/locations",
    tag = "checks",
    operation_id = "checkLocations",
    request_body(content = String, content_type = "application/x-ndjson", description = "A `LocationRequest` on each line"),
    responses(
        (status = 200, description = "A `LocationAnswer` or `LineError` on each line", body = String, content_type = "application/x-ndjson"),
        BodyProblems
    )
)]
pub async fn stream_lines(State(shared): State<Shared>, access: Access, request: Request) -> Result<Response, Refusal> {
    expect_media_type(request.headers(), |essence| ALIASES.contains(&essence), MEDIA_TYPE)?;
    let snapshot = shared.loaded(&access)?;
    let place = Arc::clone(&shared.0.streams).try_acquire_owned().map_err(|_| {
        shared.meter().overload();
        Refusal::Overloaded
    })?;
    let settings = shared.settings();
    let lines = Lines::new(request.into_body(), settings.line_limit, settings.idle_timeout);
    let answerer = Answerer { now: shared.now(), snapshot, shared: shared.clone() };
    // one answered batch may wait for the client while the next ones are worked on
    let (send, receive) = mpsc::channel(1);
    tokio::spawn(pump(lines, answerer, send, settings.idle_timeout, place));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, Body::from_stream(received(receive))).into_response())
}

/// A piece of the answer.
enum Piece {
    Lines(Bytes),
    /// Nothing is missing. Without this the connection is broken off, so that a cut answer never looks whole.
    End,
}

/// Reads batches, answers them on as many threads as there are, and hands the answers on in order.
async fn pump(
    lines: Lines,
    answerer: Answerer,
    send: mpsc::Sender<Piece>,
    idle: Duration,
    place: OwnedSemaphorePermit,
) {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let answerer = Arc::new(answerer);
    let batches = stream::unfold(lines, |mut lines| async { lines.batch().await.map(|batch| (batch, lines)) });
    let answers = batches
        .map(|batch| {
            let answerer = Arc::clone(&answerer);
            async move {
                let whole = batch.then != Some(Interruption::Broken);
                tokio::task::spawn_blocking(move || answerer.batch(&batch)).await.ok().filter(|_| whole)
            }
        })
        .buffered(threads);
    let mut answers = std::pin::pin!(answers);
    while let Some(answer) = answers.next().await {
        // a broken body or a panic: the client sees a broken answer
        let Some(answer) = answer else { return };
        if !matches!(tokio::time::timeout(idle, send.send(Piece::Lines(answer.into()))).await, Ok(Ok(()))) {
            return;
        }
    }
    let _ = tokio::time::timeout(idle, send.send(Piece::End)).await;
    drop(place);
}

fn received(receive: mpsc::Receiver<Piece>) -> impl futures_util::Stream<Item = io::Result<Bytes>> {
    stream::unfold(Some(receive), |receive| async {
        let mut receive = receive?;
        match receive.recv().await {
            Some(Piece::Lines(lines)) => Some((Ok(lines), Some(receive))),
            Some(Piece::End) => None,
            None => Some((Err(io::Error::from(io::ErrorKind::ConnectionAborted)), None)),
        }
    })
}

/// Answers every line of one request from one set of fences, as of one instant.
struct Answerer {
    now: Timestamp,
    snapshot: Arc<Snapshot>,
    shared: Shared,
}

impl Answerer {
    /// The answers to a batch, a line each.
    fn batch(&self, batch: &Batch) -> Vec<u8> {
        let mut out = Vec::with_capacity(batch.text.len() * 16);
        let mut verdicts = [(Verdict::Clear, 0_u64); 6];
        let settings = self.shared.settings();
        let limit = settings.line_limit;
        let lines = batch.text.split_inclusive(|&b| b == b'\n').map(<[u8]>::trim_ascii_end);
        let query = |line: &[u8]| Ok(read(line)?.query(self.now)?);
        let queries = lines.map(|line| if line.len() > limit { Err(Refusal::TooLarge(limit)) } else { query(line) });
        let mut number = batch.first;
        for answer in check_locations(&self.snapshot, settings.max_data_age, queries) {
            match answer {
                Ok(answer) => {
                    count(&mut verdicts, answer.verdict);
                    write_line(&mut out, &answer);
                }
                Err(refusal) => write_line(&mut out, &LineError { line: number, error: refusal.into() }),
            }
            number += 1;
        }
        let refusal = match batch.then {
            Some(Interruption::LineTooLong) => Some(Refusal::TooLarge(settings.line_limit)),
            Some(Interruption::Idle) => Some(Refusal::Timeout(settings.idle_timeout)),
            Some(Interruption::Broken) | None => None,
        };
        if let Some(refusal) = refusal {
            write_line(&mut out, &LineError { line: number, error: refusal.into() });
        }
        for (verdict, count) in verdicts.into_iter().filter(|(_, count)| *count > 0) {
            self.shared.meter().checks("location", verdict, count);
        }
        out
    }
}

/// Counts in a table with a place for each of the six verdicts.
fn count(verdicts: &mut [(Verdict, u64); 6], verdict: Verdict) {
    if let Some(entry) = verdicts.iter_mut().find(|(known, count)| *known == verdict || *count == 0) {
        *entry = (verdict, entry.1 + 1);
    }
}

fn write_line(out: &mut Vec<u8>, value: &impl Serialize) {
    let begun = out.len();
    if serde_json::to_writer(&mut *out, value).is_err() {
        // never half a line
        out.truncate(begun);
        out.extend_from_slice(b"null");
    }
    out.push(b'\n');
}
