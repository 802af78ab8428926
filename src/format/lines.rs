//! Lines of a text from a file or a pipe: numbered, and none longer than a limit in memory.

use std::io::{BufRead, Read};

/// The lines of `text` with their numbers, counted from 1: without the newline and a byte order mark at the beginning, or why one cannot be
/// read. What cannot be read any further ends with that.
pub fn lines(
    mut text: impl BufRead + Send,
    limit: usize,
) -> impl Iterator<Item = (u64, Result<Vec<u8>, String>)> + Send {
    let (mut number, mut ended) = (0, false);
    std::iter::from_fn(move || {
        if ended {
            return None;
        }
        number += 1;
        let mut line = Vec::new();
        let read = match (&mut text).take(limit as u64 + 1).read_until(b'\n', &mut line) {
            Ok(0) => return None,
            Ok(_) if line.len() > limit && line.last() != Some(&b'\n') => {
                skip_line(&mut text, limit);
                Err(format!("is longer than {limit} bytes"))
            }
            Ok(_) => {
                line.truncate(line.trim_ascii_end().len());
                if number == 1 && line.starts_with(b"\xef\xbb\xbf") {
                    line.drain(..3);
                }
                Ok(line)
            }
            Err(e) => {
                ended = true;
                Err(e.to_string())
            }
        };
        Some((number, read))
    })
}

/// The rest of a line belongs to it, and must not pass for a line of its own.
pub(super) fn skip_line(text: &mut impl BufRead, limit: usize) {
    let mut skipped = Vec::new();
    while matches!(text.take(limit as u64).read_until(b'\n', &mut skipped), Ok(1..)) && skipped.last() != Some(&b'\n') {
        skipped.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_numbered_and_a_long_one_hides_no_other() {
        let text = "\u{feff}one\r\n\nlonger than it may be\nlast";
        let read: Vec<_> = lines(text.as_bytes(), 8).collect();
        let line = |text: &str| Ok(text.as_bytes().to_vec());
        let too_long = Err("is longer than 8 bytes".to_owned());
        assert_eq!(read, [(1, line("one")), (2, line("")), (3, too_long), (4, line("last"))]);
    }
}
