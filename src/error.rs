//! One error for flows and edges.

use serde::Serialize;

/// Something wrong in the caller's own document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Issue {
    /// JSON pointer (RFC 6901) to the value, or the name of the query parameter.
    pub pointer: String,
    /// A stable word for programs.
    pub code: &'static str,
    /// For a person, naming the value.
    pub detail: String,
}

impl Issue {
    /// A value that does not mean what its place asks for.
    pub fn invalid(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), code: "invalid_value", detail: detail.into() }
    }
}

/// Why a flow gives no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The caller's input is wrong; every place that was found is listed.
    #[error("{}", .0.first().map_or("the input is wrong", |issue| issue.detail.as_str()))]
    Invalid(Vec<Issue>),
    /// There is nothing with this name.
    #[error("there is no {what} `{id}`")]
    NotFound {
        /// What was looked for.
        what: &'static str,
        /// By which name.
        id: String,
    },
    /// It cannot be done as things stand: the sentence says why.
    #[error("{0}")]
    Conflict(String),
    /// It was changed by somebody else since the caller read it.
    #[error("the {what} `{id}` has changed since you read it: read it again")]
    Stale {
        /// What was to be changed.
        what: &'static str,
        /// By which name.
        id: String,
    },
    /// The caller does not say which state of it they have seen, and must.
    #[error("say in If-Match which revision of the {what} `{id}` you have seen")]
    SeenMissing {
        /// What was to be changed.
        what: &'static str,
        /// By which name.
        id: String,
    },
    /// The caller may not do this: the sentence says why.
    #[error("{0}")]
    Forbidden(String),
    /// Others write the same rows: the same request may succeed a moment later.
    #[error("others are changing the same things; try again in a second")]
    Busy,
    /// Something this needs cannot be reached now; the cause is for the log only.
    #[error("something that this needs cannot be reached now")]
    Unavailable(String),
    /// A mistake of ours; the cause is for the log only.
    #[error("a mistake of ours")]
    Internal(String),
}

impl Error {
    /// What is behind it, for the log; never for an answer.
    pub fn cause(&self) -> String {
        match self {
            Self::Unavailable(cause) | Self::Internal(cause) => format!("{self}: {cause}"),
            other => other.to_string(),
        }
    }

    /// Every mistake with its place; what has none is at the root of the document.
    pub fn issues(self) -> Vec<Issue> {
        if let Self::Invalid(issues) = self { issues } else { vec![Issue::invalid("", self.to_string())] }
    }
}

impl From<Issue> for Error {
    fn from(issue: Issue) -> Self {
        Self::Invalid(vec![issue])
    }
}
