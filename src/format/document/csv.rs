//! An agency's table: a row for each passenger and leg, in whatever encoding and with whatever separator its program writes.
//!
//! | column | holds |
//! |---|---|
//! | `booking` | the booking's reference; its rows stand together |
//! | `passenger` | the agency's id of the passenger; may be empty where there is one |
//! | `nationalities` | ISO or passport codes, `KR` or `KR+FR`; empty: unknown |
//! | `passport_issuer` | stands in for a missing nationality |
//! | `purpose` | tourism, business, … |
//! | `mode` | air, rail, bus, car, ferry, foot, stay |
//! | `from`, `to` | `BKK`, `Siem Reap, KH`, or `13.65,102.56` (latitude first); a stay has only `from` |
//! | `from_country`, `to_country` | the country, where the place does not say it |
//! | `depart`, `arrive` | local time, time with offset, or date; of a stay its end and its beginning |
//! | `transit` | airside or landside, where `to` is only a change |
//! | `polyline` | the way, encoded with precision 5 |

mod columns;
mod group;
mod row;

use std::borrow::Cow;
use std::io::Read;

use super::{Context, Drafts};
use crate::error::Issue;
use crate::format::draft::Draft;

pub use columns::Mapping;
pub use group::Group;

use columns::Columns;
use row::Row;

/// The most rows that one booking may have.
const MAX_ROWS: usize = 10_000;

/// Reads a table as the plans of its only booking.
pub(super) fn read(text: &[u8], context: &Context) -> Drafts {
    let mut groups = Groups::open(text, &Mapping::default()).map_err(|issue| vec![issue])?;
    let notes = groups.notes.clone();
    let (Some(group), None) = (groups.next(), groups.next()) else {
        return Err(vec![Issue::invalid("", "is not the table of one booking: validate it as a booking file")]);
    };
    let mut drafts: Vec<Draft> = group.read(context)?;
    if let Some(first) = drafts.first_mut() {
        first.notes.extend(notes);
    }
    Ok(drafts)
}

/// A text whose first line is already read.
pub type Headed<R> = std::io::Chain<std::io::Cursor<Vec<u8>>, R>;

/// The bookings of a table, one after the other, never more than one in memory.
pub struct Groups<R> {
    records: csv::ByteRecordsIntoIter<R>,
    columns: std::sync::Arc<Columns>,
    /// What holds for the whole table.
    pub notes: Vec<Issue>,
    held: Option<Row>,
    next_row: u64,
}

impl<R: Read> Groups<R> {
    /// Reads the head of a table.
    ///
    /// # Errors
    /// When there is none, or a column is missing in it.
    pub fn open(mut text: R, mapping: &Mapping) -> Result<Groups<Headed<R>>, Issue> {
        let head = first_line(&mut text).map_err(|detail| Issue::invalid("row 1", detail))?;
        if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
            return Err(Issue::invalid("row 1", "is in UTF-16: save it as UTF-8 or CP949"));
        }
        let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&head).to_vec();
        let separator = separator(&head);
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(separator)
            .has_headers(true)
            .flexible(true)
            .from_reader(std::io::Cursor::new(head).chain(text));
        let named = reader.byte_headers().map_err(|e| Issue::invalid("row 1", e.to_string()))?;
        let named: Vec<String> = named.iter().map(|cell| decode(cell).0.trim().to_owned()).collect();
        let (columns, notes) = Columns::find(&named, mapping)?;
        let records = reader.into_byte_records();
        Ok(Groups { records, columns: columns.into(), notes, held: None, next_row: 2 })
    }

    fn row(&mut self) -> Option<Row> {
        loop {
            let number = self.next_row;
            let row = match self.records.next()? {
                Ok(record) => Row::read(number, &record),
                Err(e) => Row::unreadable(number, &e.to_string()),
            };
            self.next_row += 1;
            // spreadsheets leave empty rows behind
            if !row.is_empty() {
                return Some(row);
            }
        }
    }
}

impl<R: Read> Iterator for Groups<R> {
    type Item = Group;

    fn next(&mut self) -> Option<Group> {
        let first = match self.held.take() {
            Some(row) => row,
            None => self.row()?,
        };
        let reference = first.cell(self.columns.booking).to_owned();
        let mut rows = vec![first];
        while let Some(row) = self.row() {
            // a row without a reference is nobody's: it stands for itself
            let same = row.cell(self.columns.booking) == reference && !reference.is_empty() && !row.is_broken();
            if !same || rows.len() == MAX_ROWS {
                self.held = Some(row);
                break;
            }
            rows.push(row);
        }
        Some(Group::new(reference, rows, std::sync::Arc::clone(&self.columns)))
    }
}

/// The first line of a table, with its end.
fn first_line(text: &mut impl Read) -> Result<Vec<u8>, String> {
    /// More than any head has.
    const LONGEST: usize = 64 << 10;
    let mut line = Vec::new();
    let mut byte = [0];
    loop {
        match text.read(&mut byte) {
            Ok(0) => return Ok(line),
            Ok(_) => line.push(byte[0]),
            Err(e) => return Err(e.to_string()),
        }
        if byte[0] == b'\n' {
            return Ok(line);
        }
        if line.len() > LONGEST {
            return Err("has no end: is this a table?".to_owned());
        }
    }
}

/// The separator that the head has most of.
// heads are short
#[allow(clippy::naive_bytecount)]
fn separator(head: &[u8]) -> u8 {
    let count = |separator: u8| head.iter().filter(|&&b| b == separator).count();
    [b',', b';', b'\t'].into_iter().rev().max_by_key(|&separator| count(separator)).unwrap_or(b',')
}

/// Text in UTF-8, or else in CP949 as Korean programs write it; whether some of it is neither.
pub(super) fn decode(text: &[u8]) -> (Cow<'_, str>, bool) {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    match std::str::from_utf8(text) {
        Ok(text) => (Cow::Borrowed(text), false),
        // the WHATWG's EUC-KR is the superset that Windows calls 949
        Err(_) => encoding_rs::EUC_KR.decode_without_bom_handling(text),
    }
}

/// A text as the cell of a table that somebody may open in a spreadsheet: never a formula.
///
/// What begins with `=`, `+`, `-`, `@` or a control character is run by some programs; an apostrophe before it makes it text. A cell also
/// begins after `;`, a tab or the end of a line for a program that takes those for separators, whatever stands in quotes.
pub fn harmless(cell: &str) -> Cow<'_, str> {
    let signs = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];
    let mut starts = vec![];
    let mut may_begin = true;
    for (at, c) in cell.char_indices() {
        if may_begin && (signs.contains(&c) || at == 0 && c.is_control()) {
            starts.push(at);
        }
        may_begin = matches!(c, ';' | '\t' | '\r' | '\n') || may_begin && c == ' ';
    }
    if starts.is_empty() {
        return Cow::Borrowed(cell);
    }
    let mut text = cell.to_owned();
    for at in starts.into_iter().rev() {
        text.insert(at, '\'');
    }
    Cow::Owned(text)
}
