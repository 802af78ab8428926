//! A table's records as RFC 4180 writes them, strictly: a quote out of place spoils the line it is in, and swallows none of those after it.

use std::collections::VecDeque;
use std::io::BufRead;

use crate::format::lines::skip_line;

/// The most lines that one record may have: more than any address or remark, and what is read again when a quote has no end.
const MAX_LINES: usize = 200;

/// The most bytes that one record may have: a way is the longest cell, and this is a day's drive with a point every few metres.
const MAX_BYTES: usize = 1 << 20;

/// One record.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Record {
    pub cells: Vec<Vec<u8>>,
    /// How many lines it has.
    pub lines: usize,
    /// Why its cells end before their time.
    pub broken: Option<String>,
}

/// The records of a text.
pub(super) struct Records<R> {
    text: R,
    separator: u8,
    /// How many cells the head has, to tell a row within a cell.
    columns: usize,
    /// Lines read ahead for a quote that had no end.
    ahead: VecDeque<Vec<u8>>,
    ended: bool,
}

/// Where in a record the next byte is.
#[derive(Clone, Copy, PartialEq)]
enum At {
    Start,
    Plain,
    Quoted,
    Closed,
}

impl<R: BufRead> Records<R> {
    pub fn new(text: R, separator: u8) -> Self {
        Self { text, separator, columns: usize::MAX, ahead: VecDeque::new(), ended: false }
    }

    /// From now on what has half as many separators as the head, on a line of its own within a cell, is a row and no part of a cell.
    pub fn has_columns(&mut self, columns: usize) {
        self.columns = columns;
    }

    fn line(&mut self) -> Result<Option<Vec<u8>>, String> {
        if let Some(line) = self.ahead.pop_front() {
            return Ok(Some(line));
        }
        if self.ended {
            return Ok(None);
        }
        let mut line = Vec::new();
        match std::io::Read::take(&mut self.text, MAX_BYTES as u64).read_until(b'\n', &mut line) {
            Ok(0) => Ok(None),
            Ok(MAX_BYTES..) if line.last() != Some(&b'\n') => {
                skip_line(&mut self.text, MAX_BYTES);
                Err(format!("is longer than {MAX_BYTES} bytes"))
            }
            Ok(_) => Ok(Some(line)),
            Err(e) => {
                self.ended = true;
                Err(e.to_string())
            }
        }
    }
}

impl<R: BufRead> Iterator for Records<R> {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        let broken = |cells, why: String| Record { cells, lines: 1, broken: Some(why) };
        let first = match self.line() {
            Ok(line) => line?,
            Err(why) => return Some(broken(Vec::new(), why)),
        };
        let mut reading = Reading::new(self.separator, self.columns);
        let mut more: VecDeque<Vec<u8>> = VecDeque::new();
        let mut bytes = first.len();
        let mut ended = reading.take(&first);
        while ended == Ok(false) {
            ended = if more.len() + 1 == MAX_LINES || bytes >= MAX_BYTES {
                Err("a quote is not closed")
            } else {
                match self.line() {
                    Ok(Some(line)) => {
                        bytes += line.len();
                        let ended = reading.take(&line);
                        more.push_back(line);
                        ended
                    }
                    Ok(None) | Err(_) => Err("a quote is still open at the end of the table"),
                }
            };
        }
        match ended {
            Ok(_) => Some(Record { cells: reading.cells, lines: more.len() + 1, broken: None }),
            Err(why) => {
                // what follows the line is read as if that had been in order
                more.append(&mut self.ahead);
                self.ahead = more;
                let at = reading.cells.len() + 1;
                Some(broken(reading.cells, format!("{why}, in cell {at}")))
            }
        }
    }
}

/// A record while it is read.
struct Reading {
    separator: u8,
    cells: Vec<Vec<u8>>,
    cell: Vec<u8>,
    at: At,
    /// Separators on the line at hand within a cell; none on the cell's first line.
    separators: Option<usize>,
    most_separators: usize,
}

impl Reading {
    fn new(separator: u8, columns: usize) -> Self {
        // an address has a comma or two
        let most_separators = (columns / 2).max(3);
        Self { separator, cells: vec![], cell: vec![], at: At::Start, separators: None, most_separators }
    }

    fn end_cell(&mut self) {
        self.cells.push(std::mem::take(&mut self.cell));
        (self.at, self.separators) = (At::Start, None);
    }

    /// Takes in a line; whether the record ends with it.
    fn take(&mut self, line: &[u8]) -> Result<bool, &'static str> {
        let content = line.strip_suffix(b"\n").unwrap_or(line);
        let content = content.strip_suffix(b"\r").unwrap_or(content);
        for &byte in content {
            match (self.at, byte) {
                (At::Start, b'"') => self.at = At::Quoted,
                (At::Start | At::Plain | At::Closed, byte) if byte == self.separator => self.end_cell(),
                (At::Start | At::Plain, byte) => {
                    self.at = At::Plain;
                    self.cell.push(byte);
                }
                (At::Quoted, b'"') => self.at = At::Closed,
                (At::Quoted, byte) => {
                    if let Some(separators) = &mut self.separators
                        && byte == self.separator
                    {
                        *separators += 1;
                        if *separators >= self.most_separators {
                            return Err("a quote is not closed before what looks like the next row");
                        }
                    }
                    self.cell.push(byte);
                }
                (At::Closed, b'"') => {
                    self.at = At::Quoted;
                    self.cell.push(b'"');
                }
                (At::Closed, b' ') => {}
                (At::Closed, _) => return Err("something stands after a closing quote"),
            }
        }
        if self.at == At::Quoted {
            self.cell.extend_from_slice(&line[content.len()..]);
            self.separators = Some(0);
            return Ok(false);
        }
        self.end_cell();
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(Vec<String>, usize, Option<String>)> {
        let mut records = Records::new(text.as_bytes(), b',');
        records.has_columns(6);
        let text = |cells: Vec<Vec<u8>>| cells.into_iter().map(|c| String::from_utf8(c).expect("text")).collect();
        records.map(|record| (text(record.cells), record.lines, record.broken)).collect()
    }

    #[test]
    fn quotes_hold_separators_quotes_and_lines() {
        let read = read("a,\"b,c\",\"say \"\"hi\"\"\"\r\n\"two\nlines, here\" ,d,5\" pipe\n\n,");
        let cells: Vec<Vec<&str>> = read.iter().map(|(cells, ..)| cells.iter().map(String::as_str).collect()).collect();
        assert_eq!(
            cells,
            [vec!["a", "b,c", "say \"hi\""], vec!["two\nlines, here", "d", "5\" pipe"], vec![""], vec!["", ""]]
        );
        assert_eq!(read.iter().map(|(_, lines, _)| *lines).collect::<Vec<_>>(), [1, 2, 1, 1]);
        assert!(read.iter().all(|(.., broken)| broken.is_none()));
    }

    #[test]
    fn a_quote_out_of_place_spoils_only_its_line() {
        for damaged in ["B,b,\"oops", "B,b,\"x\"y\"", "B,b,\"oops\nnot a row"] {
            let read = read(&format!("A,a,1,2,3,4\n{damaged}\nC,c,1,2,3,4\nD,d,1,\"2\",3,4\n"));
            let broken: Vec<&str> = read.iter().filter(|row| row.2.is_some()).map(|row| row.0[0].as_str()).collect();
            assert_eq!(broken, ["B"], "{damaged}: {read:?}");
            for name in ["A", "C", "D"] {
                assert!(read.iter().any(|row| row.0[0] == name && row.0.len() == 6), "{damaged}: {read:?}");
            }
        }
        assert_eq!(
            read("A,\"a\nb"),
            [
                (vec!["A".to_owned()], 1, Some("a quote is still open at the end of the table, in cell 2".to_owned())),
                (vec!["b".to_owned()], 1, None),
            ]
        );
    }
}
