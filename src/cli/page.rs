//! What a command prints: paragraphs that wrap at the terminal's width, and tables, painted or not.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::colour::{Paint, Style};
use super::table::Table;

/// Lines no wider than this are easy to read, however wide the terminal is.
const WIDEST: usize = 110;

/// Text on its way to the terminal.
pub(super) struct Page {
    text: String,
    paint: Paint,
    width: usize,
}

/// A piece of a line in one style.
pub(super) type Span<'a> = (&'a str, Style);

impl Page {
    /// An empty page for the standard output.
    pub fn new() -> Self {
        let width = terminal_size::terminal_size().map_or(WIDEST, |(width, _)| usize::from(width.0));
        Self { text: String::new(), paint: Paint::of_stdout(), width: width.clamp(40, WIDEST) }
    }

    #[cfg(test)]
    fn plain(width: usize) -> Self {
        Self { text: String::new(), paint: Paint::None, width }
    }

    /// A level's code as a coloured chip; without colour it needs no room around it.
    pub fn chip(&self, code: &str) -> String {
        if self.paint == Paint::None { code.to_owned() } else { format!(" {code} ") }
    }

    /// An empty line.
    pub fn gap(&mut self) {
        self.text.push('\n');
    }

    /// A heading of its own line.
    pub fn heading(&mut self, text: &str) {
        self.gap();
        self.paragraph(0, &[(text, Style::Bold)]);
    }

    /// A paragraph, wrapped between words; all its lines begin `indent` columns from the left.
    pub fn paragraph(&mut self, indent: usize, spans: &[Span]) {
        let mut line = Line::default();
        for (text, style) in spans {
            for word in words(text, self.width.saturating_sub(indent).max(8)) {
                if line.width > 0 && indent + line.width + word.trim_end().width() > self.width {
                    self.write(indent, &std::mem::take(&mut line));
                }
                line.push(word, *style);
            }
        }
        self.write(indent, &line);
    }

    fn write(&mut self, indent: usize, line: &Line) {
        self.text.push_str(&" ".repeat(indent));
        for (i, (text, style)) in line.runs.iter().enumerate() {
            let last = i + 1 == line.runs.len();
            self.text.push_str(&self.paint.apply(if last { text.trim_end() } else { text }, *style));
        }
        self.gap();
    }

    /// A table, as wide as it needs to be: rows of addresses must not be cut.
    pub fn table(&mut self, indent: usize, table: &Table) {
        table.write(&mut self.text, indent, self.paint);
    }

    /// All of it.
    pub fn finish(self) -> String {
        self.text
    }
}

/// A line as it fills up: neighbouring words of one style are painted together.
#[derive(Default)]
struct Line {
    runs: Vec<(String, Style)>,
    width: usize,
}

impl Line {
    fn push(&mut self, word: &str, style: Style) {
        match self.runs.last_mut() {
            Some((text, last)) if *last == style => text.push_str(word),
            _ => self.runs.push((word.to_owned(), style)),
        }
        self.width += word.width();
    }
}

/// The words of a text, each with the spaces after it; what is wider than a line by itself is cut into several.
fn words(text: &str, width: usize) -> Vec<&str> {
    let mut words = Vec::new();
    for word in text.split_inclusive(' ') {
        let (mut start, mut wide) = (0, 0);
        for (i, c) in word.char_indices() {
            let w = c.width().unwrap_or(0);
            // addresses stay whole, so that they can be clicked
            if wide + w > width && !word.contains("://") {
                words.push(&word[start..i]);
                (start, wide) = (i, 0);
            }
            wide += w;
        }
        words.push(&word[start..]);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_wrap_by_the_width_that_letters_take() {
        let mut page = Page::plain(20);
        page.paragraph(2, &[("여행금지 여행금지 여행금지", Style::Bold), (" ok", Style::Plain)]);
        page.paragraph(0, &[("see https://example.org/a/very/long/address", Style::Plain)]);
        page.paragraph(0, &[("日本外務省海外安全情報危険情報", Style::Plain)]);
        assert_eq!(
            page.finish(),
            "  여행금지 여행금지\n  여행금지 ok\nsee\nhttps://example.org/a/very/long/address\n日本外務省海外安全情\n報危険情報\n"
        );
    }
}
