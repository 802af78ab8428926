//! Are these positions concerned? The same as one by one, looked up together: what one waits for from memory the others fill.

use jiff::{SignedDuration, Timestamp};

use super::check_location::{LocationAnswer, answer};
use crate::error::{Error, Issue};
use crate::format::json;
use crate::format::location::{LocationQuery, LocationRequest};
use crate::geometry::Batch;
use crate::live::Snapshot;

/// Answers requests for location checks, each a JSON text, in their order; `now` stands where one gives no instant. One that is wrong, or
/// was refused before, does not hide the others.
///
/// The answer to each is that of [`check_location`](super::check_location::check_location), or [`Error::Invalid`] with pointers into
/// that text.
pub fn check_locations<'a, E: From<Error>>(
    snapshot: &Snapshot,
    max_age: SignedDuration,
    now: Timestamp,
    texts: impl Iterator<Item = Result<&'a [u8], E>>,
) -> Vec<Result<LocationAnswer, E>> {
    let queries: Vec<Result<LocationQuery, E>> = texts.map(|text| Ok(read(text?, now)?)).collect();
    let positions: Vec<_> = queries.iter().flatten().map(|query| query.position).collect();
    let mut located = Batch::default();
    snapshot.index.locate_batch(&positions, &mut located);
    let mut located = located.iter();
    let answered = queries.into_iter().map(|query| {
        let query = query?;
        Ok(answer(snapshot, max_age, &query, located.next().unwrap_or_default())?)
    });
    answered.collect()
}

fn read(text: &[u8], now: Timestamp) -> Result<LocationQuery, Error> {
    if text.is_empty() {
        let detail = "the line is empty".to_owned();
        return Err(Issue { pointer: String::new(), code: "malformed_json", detail }.into());
    }
    json::read::<LocationRequest>(text)?.query(now)
}
