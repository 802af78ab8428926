//! A request body as lines, a batch at a time: never more of it in memory than a batch and one line.

use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes};
use futures_util::{FutureExt, StreamExt};

/// About as many bytes make a batch: large enough that handing it to another thread costs nothing, small enough that many fit in memory.
const BATCH_BYTES: usize = 32 << 10;

/// Some whole lines, and how the reading went on after them.
#[derive(Debug)]
pub struct Batch {
    /// The number of the first line, counted from 1.
    pub first: u64,
    /// The lines, each with its newline but perhaps the last of all.
    pub text: Vec<u8>,
    /// What follows the lines, if not simply the next ones.
    pub then: Option<Interruption>,
}

/// Something in the way of further lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interruption {
    /// The next line is too long; it is skipped.
    LineTooLong,
    /// Nothing came for too long; the rest is not waited for.
    Idle,
    /// The body broke off.
    Broken,
}

/// Reads lines from a body.
pub struct Lines {
    body: BodyDataStream,
    held: Vec<u8>,
    next_line: u64,
    /// Inside a line that was reported as too long.
    skipping: bool,
    ended: bool,
    line_limit: usize,
    idle: Duration,
}

impl Lines {
    /// Lines of a body, none longer than `line_limit` bytes, with no pause longer than `idle`.
    pub fn new(body: Body, line_limit: usize, idle: Duration) -> Self {
        let body = body.into_data_stream();
        Self { body, held: Vec::new(), next_line: 1, skipping: false, ended: false, line_limit, idle }
    }

    /// The next batch: the lines that are there already, but at least one. `None` at the end.
    pub async fn batch(&mut self) -> Option<Batch> {
        while !self.ended {
            let interrupted = match tokio::time::timeout(self.idle, self.body.next()).await {
                Err(_) => Some(Interruption::Idle),
                Ok(Some(Err(_))) => Some(Interruption::Broken),
                Ok(None) => {
                    self.ended = true;
                    return self.rest();
                }
                Ok(Some(Ok(bytes))) => {
                    self.take(&bytes);
                    self.take_what_is_there()
                }
            };
            if let Some(interruption) = interrupted {
                self.ended = true;
                let mut batch = self.whole_lines();
                batch.then = Some(interruption);
                return Some(batch);
            }
            let batch = self.whole_lines();
            if !batch.text.is_empty() || batch.then.is_some() {
                return Some(batch);
            }
        }
        None
    }

    /// Takes frames that need not be waited for, until there are enough for a batch.
    fn take_what_is_there(&mut self) -> Option<Interruption> {
        while self.held.len() < BATCH_BYTES {
            match self.body.next().now_or_never() {
                Some(Some(Ok(bytes))) => self.take(&bytes),
                Some(Some(Err(_))) => return Some(Interruption::Broken),
                // the end shows again when it is waited for
                Some(None) | None => break,
            }
        }
        None
    }

    fn take(&mut self, bytes: &Bytes) {
        let mut bytes: &[u8] = bytes;
        if self.skipping {
            match bytes.iter().position(|&b| b == b'\n') {
                Some(end) => {
                    self.skipping = false;
                    bytes = &bytes[end + 1..];
                }
                None => return,
            }
        }
        self.held.extend_from_slice(bytes);
    }

    /// Cuts off the whole lines; a begun one that is already too long is given up.
    fn whole_lines(&mut self) -> Batch {
        let end = self.held.iter().rposition(|&b| b == b'\n').map_or(0, |end| end + 1);
        let begun = self.held.split_off(end);
        let text = std::mem::replace(&mut self.held, begun);
        let mut batch = self.number(text);
        if self.held.len() > self.line_limit {
            self.held = Vec::new();
            self.skipping = true;
            self.next_line += 1;
            batch.then = Some(Interruption::LineTooLong);
        }
        batch
    }

    /// At the end of the body: a last line without a newline.
    fn rest(&mut self) -> Option<Batch> {
        let text = std::mem::take(&mut self.held);
        (!text.is_empty()).then(|| self.number(text))
    }

    // compiled to vector instructions as it stands
    #[allow(clippy::naive_bytecount)]
    fn number(&mut self, text: Vec<u8>) -> Batch {
        let first = self.next_line;
        let newlines = text.iter().filter(|&&b| b == b'\n').count();
        self.next_line += newlines as u64;
        Batch { first, text, then: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The batches of a body whose chunks arrive one after the other.
    async fn batches(chunks: &[&'static str], line_limit: usize) -> Vec<(u64, String, Option<Interruption>)> {
        let chunks: Vec<Result<&'static str, std::io::Error>> = chunks.iter().map(|chunk| Ok(*chunk)).collect();
        let arriving = futures_util::stream::iter(chunks).then(async |chunk| {
            tokio::task::yield_now().await;
            chunk
        });
        let mut lines = Lines::new(Body::from_stream(arriving), line_limit, Duration::from_secs(1));
        let mut batches = Vec::new();
        while let Some(batch) = lines.batch().await {
            batches.push((batch.first, String::from_utf8(batch.text).expect("text"), batch.then));
        }
        batches
    }

    #[tokio::test]
    async fn lines_are_whole_and_numbered_however_the_body_is_cut() {
        let whole = |first, text: &str| (first, text.to_owned(), None);
        assert_eq!(
            batches(&["a\nb", "b\n", "\nc\nd"], 100).await,
            [whole(1, "a\n"), whole(2, "bb\n"), whole(3, "\nc\n"), whole(5, "d")]
        );
        assert_eq!(batches(&[], 100).await, []);
    }

    #[tokio::test]
    async fn a_line_that_is_too_long_is_skipped_and_counted() {
        let too_long = Some(Interruption::LineTooLong);
        assert_eq!(
            batches(&["a\nlong long", " longer", "\nb\n"], 8).await,
            [(1, "a\n".to_owned(), too_long), (3, "b\n".to_owned(), None)]
        );
    }
}
