//! Which state of something its changer has seen: what somebody else changed meanwhile is not overwritten unread.

/// Which revisions the caller has seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// They say nothing.
    Unsaid,
    /// Any, as long as there is one.
    Any,
    /// One of these.
    Revisions(Vec<u32>),
}

impl Seen {
    /// Whether something at this revision may be changed by them; who says nothing, may.
    pub fn admits(&self, revision: u32) -> bool {
        match self {
            Self::Unsaid | Self::Any => true,
            Self::Revisions(seen) => seen.contains(&revision),
        }
    }
}

impl From<u32> for Seen {
    fn from(revision: u32) -> Self {
        Self::Revisions(vec![revision])
    }
}
