//! What is owed to a subscription, and what became of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{AdvisoryId, Concern, Happening, Owed, Severity};

/// What a subscription is owed because of one transition of one subject. The text is written when it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDelivery {
    /// Sortable (uuid v7): a later one about the same supersedes an earlier one.
    pub id: String,
    /// Whose it is.
    pub subscription: String,
    /// What the transition happened to.
    pub subject: String,
    /// Whether that is a trip or a position.
    pub concern: Concern,
    /// The advisory.
    pub advisory: AdvisoryId,
    /// The revision that it is about; of an exit the one that held.
    pub revision: u32,
    /// What happened, and why.
    pub happening: Happening,
    /// Whether that is an alert to this subscription, or that one is over.
    pub owed: Owed,
    /// The graver of before and after: what is said first.
    pub severity: Severity,
    /// After this it helps nobody.
    pub deadline: Timestamp,
    /// When it came to be owed.
    pub created_at: Timestamp,
}

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum DeliveryState {
    /// Owed: waiting, under way, or to be tried again.
    Pending,
    /// Taken by the push service or the receiver.
    Delivered,
    /// The recipient is no longer there.
    Gone,
    /// Not true any more when its turn came, so it was not sent.
    Superseded,
    /// Given up; it can be replayed.
    Failed,
}

impl DeliveryState {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Pending, Self::Delivered, Self::Gone, Self::Superseded, Self::Failed];

    /// The word in documents and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Gone => "gone",
            Self::Superseded => "superseded",
            Self::Failed => "failed",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// What became of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Taken.
    Delivered,
    /// To be tried again.
    Retry {
        /// Not before.
        at: Timestamp,
    },
    /// The recipient is no longer there.
    Gone,
    /// Not true any more, not sent.
    Superseded,
    /// Given up.
    Failed,
}
