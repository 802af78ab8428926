//! One row of a table, its cells as text.

use serde::{Deserialize, Serialize};

use super::records::Record;

/// A row.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Row {
    /// Its number as a spreadsheet shows it: the head is row 1.
    pub number: u64,
    cells: Vec<String>,
    /// Why it could not be read as it is; the cells that could not are empty.
    pub broken: Option<String>,
    /// How many lines it has.
    pub lines: usize,
}

impl Row {
    pub fn read(number: u64, record: Record) -> Self {
        let mut broken = record.broken;
        let cell = |cell: Vec<u8>| {
            let (text, damaged) = super::decode(&cell);
            if damaged {
                broken = Some("a cell is neither UTF-8 nor CP949".to_owned());
                return String::new();
            }
            text.trim().to_owned()
        };
        let cells = record.cells.into_iter().map(cell).collect();
        Self { number, cells, broken, lines: record.lines }
    }

    /// A cell; empty where the row has none.
    pub fn cell(&self, column: usize) -> &str {
        self.cells.get(column).map_or("", String::as_str)
    }

    pub fn is_empty(&self) -> bool {
        self.broken.is_none() && self.cells.iter().all(String::is_empty)
    }

    pub fn len(&self) -> usize {
        self.cells.len()
    }
}
