//! Are these positions concerned? The same as one by one, looked up together: what one waits for from memory the others fill.

use jiff::SignedDuration;

use super::check_location::{LocationAnswer, answer};
use crate::error::{Error, Issue};
use crate::format::json;
use crate::format::location::{LocationQuery, LocationRequest};
use crate::geometry::Batch;
use crate::live::Snapshot;

/// Answers location checks in their order. One that is wrong, or was refused before, does not hide the others.
///
/// The answer to each is that of [`check_location`](super::check_location::check_location).
pub fn check_locations<E: From<Error>>(
    snapshot: &Snapshot,
    max_age: SignedDuration,
    queries: impl Iterator<Item = Result<LocationQuery, E>>,
) -> Vec<Result<LocationAnswer, E>> {
    let queries: Vec<_> = queries.collect();
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

/// Reads the request on a line.
///
/// # Errors
/// [`Error::Invalid`] with pointers into the line.
pub fn read(line: &[u8]) -> Result<LocationRequest, Error> {
    if line.is_empty() {
        let detail = "the line is empty".to_owned();
        return Err(Issue { pointer: String::new(), code: "malformed_json", detail }.into());
    }
    json::read(line)
}
