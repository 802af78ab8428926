//! The bookings of a table one after the other, never more than one in memory; rows of a booking that was already over are told from it.

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{BufRead, Read};
use std::sync::Arc;

use super::columns::{Columns, Mapping};
use super::group::Group;
use super::records::Records;
use super::row::Row;
use super::{MAX_ROWS, decode, first_line, separator};
use crate::error::Issue;

/// A text whose first line is already read.
pub type Headed<R> = std::io::Chain<std::io::Cursor<Vec<u8>>, R>;

/// The most bookings whose references are remembered, some 50 megabytes.
const MAX_REMEMBERED: usize = 2_000_000;

/// Bookings whose rows do not stand together: by the hash of each one's reference, the first row after it was over.
#[derive(Clone, Debug, Default)]
pub struct Apart(HashMap<u64, u64>);

impl Apart {
    /// Reads a table through to find them; one that cannot be read has none.
    pub fn find(text: impl BufRead, mapping: &Mapping) -> Self {
        let mut apart = Self::default();
        for group in Groups::open(text, mapping).into_iter().flatten().filter(|group| group.before.is_some()) {
            apart.0.entry(hash(&group.reference)).or_insert(group.first_row());
        }
        apart
    }
}

fn hash(reference: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    reference.hash(&mut hasher);
    hasher.finish()
}

/// The bookings of a table, one after the other.
pub struct Groups<R> {
    records: Records<R>,
    columns: Arc<Columns>,
    /// What holds for the whole table.
    pub notes: Vec<Issue>,
    /// Rows that were read and belong to a later booking.
    held: VecDeque<Row>,
    next_row: u64,
    /// The first row of each booking so far, by the hash of its reference.
    seen: HashMap<u64, u64>,
    /// The first of the rows that come after a booking was over, by the hash of its reference; where the table was read before.
    apart: Apart,
    /// The last row, where it could not be told whose it is.
    nobodys: Option<u64>,
}

impl<R: BufRead> Groups<R> {
    /// Reads the head of a table.
    ///
    /// # Errors
    /// When there is none, or a column is missing in it.
    pub fn open(mut text: R, mapping: &Mapping) -> Result<Groups<Headed<R>>, Issue> {
        let mut head = first_line(&mut text).map_err(|detail| Issue::invalid("row 1", detail))?;
        if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
            return Err(Issue::invalid("row 1", "is in UTF-16: save it as UTF-8 or CP949"));
        }
        let mut head_row = 1;
        // how some spreadsheets say what separates cells, in a row of its own
        let said = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&head).trim_ascii_end().to_ascii_lowercase();
        let said = said.strip_prefix(b"sep=").and_then(|rest| <[u8; 1]>::try_from(rest).ok());
        if said.is_some() {
            head_row = 2;
            head = first_line(&mut text).map_err(|detail| Issue::invalid("row 2", detail))?;
        }
        let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&head).to_vec();
        let separator = said.map_or_else(|| separator(&head), |[separator]| separator);
        let mut records = Records::new(std::io::Cursor::new(head).chain(text), separator);
        let named = records.next().unwrap_or_default();
        if let Some(why) = named.broken {
            return Err(Issue::invalid(format!("row {head_row}"), why));
        }
        let named: Vec<String> = named.cells.iter().map(|cell| decode(cell).0.trim().to_owned()).collect();
        records.has_columns(named.len());
        let (columns, notes) = Columns::find(head_row, &named, mapping)?;
        Ok(Groups {
            records,
            columns: columns.into(),
            notes,
            held: VecDeque::new(),
            next_row: head_row + 1,
            seen: HashMap::new(),
            apart: Apart::default(),
            nobodys: None,
        })
    }

    /// The same where it is known which bookings have more rows after others.
    #[must_use]
    pub fn knowing(self, apart: Apart) -> Self {
        Self { apart, ..self }
    }

    fn row(&mut self) -> Option<Row> {
        if let Some(row) = self.held.pop_front() {
            return Some(row);
        }
        loop {
            let row = Row::read(self.next_row, self.records.next()?);
            self.next_row += 1;
            // spreadsheets leave empty rows behind
            if !row.is_empty() {
                return Some(row);
            }
        }
    }

    /// The rows that follow and are of this booking. A row that cannot be read is its own when it says so, or stands between its rows.
    fn rest(&mut self, reference: &str, rows: &mut Vec<Row>) {
        let booking = self.columns.booking;
        let mut take = |row: Row| {
            // one more than may be is enough to refuse it
            if rows.len() < MAX_ROWS {
                rows.push(row);
            }
        };
        while let Some(row) = self.row() {
            if row.cell(booking) == reference {
                take(row);
                continue;
            }
            if !row.cell(booking).is_empty() {
                self.held.push_front(row);
                return;
            }
            match self.row() {
                Some(next) if next.cell(booking) == reference => {
                    take(row);
                    take(next);
                }
                next => {
                    self.held.push_front(row);
                    if let Some(next) = next {
                        self.held.insert(1, next);
                    }
                    return;
                }
            }
        }
    }
}

impl<R: BufRead> Iterator for Groups<R> {
    type Item = Group;

    fn next(&mut self) -> Option<Group> {
        let first = self.row()?;
        let booking = self.columns.booking;
        let (reference, number) = (first.cell(booking).to_owned(), first.number);
        let mut rows = vec![first];
        let mut group = Group::new(reference.clone(), Arc::clone(&self.columns));
        if reference.is_empty() {
            // a row without a reference is nobody's: it stands for itself
            group.rows = rows;
            self.nobodys = Some(number);
            return Some(group);
        }
        self.rest(&reference, &mut rows);
        group.beside.extend(self.nobodys.take());
        group.beside.extend(self.held.front().filter(|row| row.cell(booking).is_empty()).map(|row| row.number));
        let hash = hash(&reference);
        group.before = self.seen.get(&hash).copied();
        group.after = self.apart.0.get(&hash).copied().filter(|_| group.before.is_none());
        if group.before.is_none() && self.seen.len() < MAX_REMEMBERED {
            self.seen.insert(hash, number);
        }
        group.rows = rows;
        Some(group)
    }
}
