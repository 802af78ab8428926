//! Tables whose columns line up in every script: Korean letters are two columns wide, Khmer vowel signs none.

use unicode_width::UnicodeWidthStr;

use super::colour::{Paint, Style};

/// One cell: what it says and how it looks.
#[derive(Clone, Debug, Default)]
pub(super) struct Cell {
    text: String,
    style: Style,
    right: bool,
}

impl Cell {
    pub fn new(text: impl Into<String>, style: Style) -> Self {
        Self { text: text.into(), style, right: false }
    }

    /// A number, lined up at its last digit; the style is for those that are not zero.
    pub fn count(number: usize, style: Style) -> Self {
        Self { text: number.to_string(), style: if number == 0 { Style::Dim } else { style }, right: true }
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::new(text, Style::Plain)
    }
}

/// Rows of cells below a head.
pub(super) struct Table {
    head: Vec<Cell>,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// An empty table; titles that begin with `>` stand at the right, as the numbers below them.
    pub fn new(head: &[&str]) -> Self {
        let title = |title: &&str| Cell {
            text: title.trim_start_matches('>').to_owned(),
            style: Style::Dim,
            right: title.starts_with('>'),
        };
        Self { head: head.iter().map(title).collect(), rows: Vec::new() }
    }

    /// Adds a row with as many cells as the head has.
    pub fn row(&mut self, cells: Vec<Cell>) {
        debug_assert_eq!(cells.len(), self.head.len());
        self.rows.push(cells);
    }

    pub(super) fn write(&self, out: &mut String, indent: usize, paint: Paint) {
        let all = || std::iter::once(&self.head).chain(&self.rows);
        let columns = self.head.len();
        let width = |column: usize| all().map(|row| row[column].text.width()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for row in all() {
            let mut line = " ".repeat(indent);
            for (i, (cell, width)) in row.iter().zip(&widths).enumerate() {
                let pad = " ".repeat(width.saturating_sub(cell.text.width()));
                let text = paint.apply(&cell.text, cell.style);
                line += &if cell.right { pad + &text } else { text + &pad };
                if i + 1 < columns {
                    line += "  ";
                }
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_beside_wide_and_combining_letters() {
        let mut table = Table::new(&["NAME", ">N", "END"]);
        table.row(vec!["여행금지".into(), Cell::count(5, Style::Bold), "|".into()]);
        table.row(vec!["Poipet".into(), Cell::count(1000, Style::Bold), "|".into()]);
        let mut out = String::new();
        table.write(&mut out, 1, Paint::None);
        assert_eq!(out, " NAME         N  END\n 여행금지     5  |\n Poipet    1000  |\n");
    }
}
