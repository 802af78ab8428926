//! One row of a table, its cells as text.

use serde::{Deserialize, Serialize};

/// A row.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Row {
    /// Its number as a spreadsheet shows it: the head is row 1.
    pub number: u64,
    cells: Vec<String>,
    /// Why it could not be read as it is.
    pub broken: Option<String>,
}

impl Row {
    pub fn read(number: u64, record: &csv::ByteRecord) -> Self {
        let mut broken = None;
        let cell = |cell: &[u8]| {
            let (text, damaged) = super::decode(cell);
            if damaged {
                broken = Some("a cell is neither UTF-8 nor CP949".to_owned());
            }
            text.trim().to_owned()
        };
        let cells = record.iter().map(cell).collect();
        Self { number, cells, broken }
    }

    pub fn unreadable(number: u64, why: &str) -> Self {
        Self { number, cells: Vec::new(), broken: Some(why.to_owned()) }
    }

    /// A cell; empty where the row has none.
    pub fn cell(&self, column: usize) -> &str {
        self.cells.get(column).map_or("", String::as_str)
    }

    pub fn is_empty(&self) -> bool {
        self.broken.is_none() && self.cells.iter().all(String::is_empty)
    }

    pub fn is_broken(&self) -> bool {
        self.broken.is_some()
    }

    pub fn len(&self) -> usize {
        self.cells.len()
    }
}
