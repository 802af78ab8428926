//! Webhooks and the events they listen to.

use serde::{Deserialize, Serialize};

use super::Kind;

/// What happened, for those who listen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
pub enum EventType {
    /// An advisory began, changed or ceased to concern somebody who is watched.
    #[serde(rename = "transition")]
    Transition,
    /// A first revision was published.
    #[serde(rename = "advisory.published")]
    AdvisoryPublished,
    /// A further revision was published.
    #[serde(rename = "advisory.revised")]
    AdvisoryRevised,
    /// An advisory was withdrawn.
    #[serde(rename = "advisory.withdrawn")]
    AdvisoryWithdrawn,
    /// A booking that was validated has another verdict.
    #[serde(rename = "validation.changed")]
    ValidationChanged,
    /// A webhook failed for so long that it was disabled.
    #[serde(rename = "webhook.disabled")]
    WebhookDisabled,
}

impl EventType {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Transition,
        Self::AdvisoryPublished,
        Self::AdvisoryRevised,
        Self::AdvisoryWithdrawn,
        Self::ValidationChanged,
        Self::WebhookDisabled,
    ];

    /// The word in documents and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Transition => "transition",
            Self::AdvisoryPublished => "advisory.published",
            Self::AdvisoryRevised => "advisory.revised",
            Self::AdvisoryWithdrawn => "advisory.withdrawn",
            Self::ValidationChanged => "validation.changed",
            Self::WebhookDisabled => "webhook.disabled",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEvent {
    /// What.
    pub what: EventType,
    /// Of an exercise only those of an exercise hear.
    pub kind: Kind,
    /// The key that it belongs to; with no traveller and no key it is everybody's.
    pub owner: Option<String>,
    /// The traveller that it belongs to.
    pub traveller: Option<String>,
    /// How grave it is, 0 to 5: what is told first.
    pub severity: u8,
    /// What there is to say, without coordinates or names.
    pub data: serde_json::Value,
}
