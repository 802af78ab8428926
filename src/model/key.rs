//! What opens what: API keys, what each may do, and whether it is for earnest.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::IssuerCode;

/// Whether something is for earnest. The two never meet: an exercise cannot reach anyone who did not ask for exercises.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// For earnest.
    #[default]
    Actual,
    /// An exercise.
    Exercise,
}

/// What a key may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Asking: checks, and reading what is known.
    Check,
    /// Watching travellers, and being told.
    Watch,
    /// Publishing advisories.
    Publish,
    /// Looking after deliveries and the running service.
    Operate,
    /// Making and revoking keys.
    Admin,
}

macro_rules! words {
    ($type:ident: $( $variant:ident $word:literal ),+) => {
        impl $type {
            /// Every one there is.
            pub const ALL: &[Self] = &[$( Self::$variant ),+];

            /// As it is written.
            pub fn word(self) -> &'static str {
                match self {
                    $( Self::$variant => $word, )+
                }
            }

            /// Reads what [`Self::word`] writes.
            ///
            /// # Errors
            /// When it is none; the sentence names those there are.
            pub fn parse(word: &str) -> Result<Self, String> {
                let known = || Self::ALL.iter().map(|one| one.word()).collect::<Vec<_>>().join(", ");
                Self::ALL.iter().copied().find(|one| one.word() == word).ok_or_else(|| format!("`{word}` is none of {}", known()))
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.word())
            }
        }
    };
}

words!(Kind: Actual "actual", Exercise "exercise");
words!(Scope: Check "check", Watch "watch", Publish "publish", Operate "operate", Admin "admin");

/// An API key as it is known afterwards: all but its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ApiKey {
    /// What it is called by; a part of the key itself.
    pub id: String,
    /// What somebody named it.
    pub name: String,
    /// Whether it is for earnest; an exercise key sees and does nothing in earnest.
    pub kind: Kind,
    /// What it may be used for.
    pub scopes: Vec<Scope>,
    /// The issuers in whose name it may publish; none given means any.
    pub issuers: Vec<IssuerCode>,
    /// Since when there is such a key.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it ends by itself.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_used_at: Option<Timestamp>,
    /// When it was revoked.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub revoked_at: Option<Timestamp>,
}
