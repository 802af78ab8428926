//! An agency's table: a row for each passenger and leg, in whatever encoding and with whatever separator its program writes.
//!
//! | column | holds |
//! |---|---|
//! | `booking` | the booking's reference; its rows stand together: rows of a booking that was over before are refused |
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
mod groups;
mod records;
mod row;

use std::borrow::Cow;
use std::io::Read;

use super::{Context, Drafts};
use crate::error::Issue;
use crate::format::draft::Draft;

pub use columns::Mapping;
pub use group::Group;
pub use groups::{Apart, Groups};

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
