//! What reading a data folder found: problems with their place, and repairs with their size.

use serde::Serialize;

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Gravity {
    /// Worth a look; the file is used.
    Warning,
    /// The file is refused whole.
    Error,
}

/// Something wrong in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// The file's path below the data folder, with `/` between its parts.
    pub file: String,
    /// The line, counted from 1.
    pub line: Option<usize>,
    /// How bad.
    pub gravity: Gravity,
    /// What, with the value.
    pub detail: String,
}

/// A geometry that was repaired when it was read.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Repaired {
    /// The file.
    pub file: String,
    /// The line of the feature.
    pub line: usize,
    /// The region or revision.
    pub id: String,
    /// By which rules, and how much of the area they changed.
    pub repairs: String,
}

/// One file that was read, as a row of the lint table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileSummary {
    /// Its path below the data folder.
    pub file: String,
    /// How many features or rows it holds.
    pub entries: usize,
}

/// Everything that reading a folder found.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The files, in the order they were read.
    pub files: Vec<FileSummary>,
    /// What is wrong.
    pub problems: Vec<Problem>,
    /// What was repaired.
    pub repaired: Vec<Repaired>,
}

impl Report {
    /// Whether any file had to be refused.
    pub fn has_errors(&self) -> bool {
        self.problems.iter().any(|problem| problem.gravity == Gravity::Error)
    }

    pub(super) fn error(&mut self, file: &str, line: impl Into<Option<usize>>, detail: impl Into<String>) {
        self.push(Gravity::Error, file, line.into(), detail.into());
    }

    pub(super) fn warn(&mut self, file: &str, line: impl Into<Option<usize>>, detail: impl Into<String>) {
        self.push(Gravity::Warning, file, line.into(), detail.into());
    }

    fn push(&mut self, gravity: Gravity, file: &str, line: Option<usize>, detail: String) {
        self.problems.push(Problem { file: file.to_owned(), line, gravity, detail });
    }

    /// Adds what another report found after what this one did.
    pub(super) fn append(&mut self, other: Self) {
        self.files.extend(other.files);
        self.problems.extend(other.problems);
        self.repaired.extend(other.repaired);
    }

    /// The first reason for which a file was refused.
    pub(super) fn refusal(&self, file: &str) -> Option<&Problem> {
        self.problems.iter().find(|problem| problem.file == file && problem.gravity == Gravity::Error)
    }
}
