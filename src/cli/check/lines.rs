//! Positions by the million: a request on each line in, its answer on the same line out, on all cores and in constant memory.

use std::io::{BufWriter, ErrorKind, Write};
use std::num::NonZero;
use std::ops::ControlFlow;

use jiff::Timestamp;
use serde::Serialize;

use super::input::Lines;
use crate::cli::progress::Counter;
use crate::cli::{Exit, warn};
use crate::config::Settings;
use crate::error::{Error, Issue};
use crate::flows::check_location::LocationAnswer;
use crate::flows::check_locations::{check_locations, read};
use crate::flows::validate_bookings::in_order;
use crate::format::lines;
use crate::live::Snapshot;

/// Positions looked up together.
const TOGETHER: usize = 256;

/// The answer to a line that could not be answered.
#[derive(Serialize)]
struct LineError {
    line: u64,
    errors: Vec<Issue>,
}

/// What came of some lines.
#[derive(Default)]
struct Answered {
    text: Vec<u8>,
    lines: u64,
    wrong: u64,
    concerned: u64,
    indeterminate: u64,
}

/// Answers all lines.
pub(super) fn answer(
    Lines { name, text, also }: Lines,
    settings: &Settings,
    snapshot: &Snapshot,
    now: Timestamp,
) -> Result<Exit, String> {
    let mut numbered = lines::lines(text, settings.line_limit);
    let together = std::iter::from_fn(|| {
        let some: Vec<_> = numbered.by_ref().take(TOGETHER).collect();
        (!some.is_empty()).then_some(some)
    });
    let work = |some: Vec<(u64, Result<Vec<u8>, String>)>| {
        let (numbers, texts): (Vec<u64>, Vec<_>) = some.into_iter().unzip();
        let queries = texts.into_iter().map(|text| {
            let text = text.map_err(|why| Error::from(Issue::invalid("", format!("the line {why}"))))?;
            let mut request = read(&text)?;
            also.complete(&mut request);
            request.query(now)
        });
        let mut answered = Answered::default();
        for (line, answer) in numbers.into_iter().zip(check_locations(snapshot, settings.max_data_age, queries)) {
            answered.add(line, answer);
        }
        answered
    };
    let mut out = BufWriter::new(std::io::stdout().lock());
    let (mut all, mut counter, mut unwritten) = (Answered::default(), Counter::new("positions"), None);
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    in_order(together, (threads, 1), work, |answered| {
        all.count(&answered);
        counter.tell(all.lines);
        match out.write_all(&answered.text) {
            Ok(()) => ControlFlow::Continue(()),
            Err(e) => {
                unwritten = Some(e);
                ControlFlow::Break(())
            }
        }
    });
    drop(counter);
    match unwritten.map_or_else(|| out.flush(), Err) {
        // a reader who went away is no mistake
        Err(e) if e.kind() != ErrorKind::BrokenPipe => return Err(format!("cannot write the answers: {e}")),
        _ => {}
    }
    warn(&all.summary(&name));
    Ok(all.exit())
}

impl Answered {
    fn add(&mut self, line: u64, answer: Result<LocationAnswer, Error>) {
        self.lines += 1;
        match answer {
            Ok(answer) => {
                match answer.verdict.into() {
                    Exit::Concern => self.concerned += 1,
                    Exit::Indeterminate => self.indeterminate += 1,
                    Exit::Clear | Exit::BadInput => {}
                }
                self.write(&answer);
            }
            Err(why) => {
                self.wrong += 1;
                self.write(&LineError { line, errors: why.issues() });
            }
        }
    }

    fn write(&mut self, value: &impl Serialize) {
        // writing to memory fails for nothing that answers are made of
        let _ = serde_json::to_writer(&mut self.text, value);
        self.text.push(b'\n');
    }

    fn count(&mut self, other: &Self) {
        self.lines += other.lines;
        self.wrong += other.wrong;
        self.concerned += other.concerned;
        self.indeterminate += other.indeterminate;
    }

    fn summary(&self, name: &str) -> String {
        let Self { lines, wrong, concerned, indeterminate, .. } = self;
        format!(
            "{name}: {lines} lines, {concerned} at caution or worse, {indeterminate} indeterminate, {wrong} wrong: these are answered with \"errors\""
        )
    }

    /// A danger that is certain is said first, then what could not be read, then what is not known.
    fn exit(&self) -> Exit {
        match self {
            Self { concerned: 1.., .. } => Exit::Concern,
            Self { wrong: 1.., .. } => Exit::BadInput,
            Self { indeterminate: 1.., .. } => Exit::Indeterminate,
            _ => Exit::Clear,
        }
    }
}
