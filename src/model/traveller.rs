//! Who travels: nationalities, purpose and permits, nothing that names a person.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{AdvisoryId, CountryCode, IssuerCode, Kind, Window};

/// Why somebody travels, where an exemption asks for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// Not said, or none of the others.
    #[default]
    Other,
    /// Holiday.
    Tourism,
    /// Work.
    Business,
    /// Passing through without a stay.
    Transit,
    /// Living there.
    Resident,
    /// On behalf of a government.
    Official,
    /// Reporting.
    Journalism,
    /// Urgent family or relief matters.
    Humanitarian,
}

/// An issuer's exceptional permit that a traveller holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Permit {
    /// Who gave it.
    pub issuer: IssuerCode,
    /// For which advisory; none: for all of the issuer's.
    #[serde(default)]
    pub advisory: Option<AdvisoryId>,
    /// Holds from this instant on; none: since ever.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub valid_from: Option<Timestamp>,
    /// Holds until just before this instant; none: without end.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub valid_to: Option<Timestamp>,
}

impl Permit {
    /// Whether the permit covers an advisory during all of `presence`.
    pub fn covers(&self, advisory: &AdvisoryId, presence: &Window) -> bool {
        let valid = Window { from: self.valid_from, to: self.valid_to };
        self.issuer.as_str() == advisory.issuer()
            && self.advisory.as_ref().is_none_or(|a| a == advisory)
            && presence.during(&valid) == Some(*presence)
    }
}

/// A pseudonymous person as far as advisories care.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Traveller {
    /// All nationalities; none: unknown, so every issuer is consulted.
    #[serde(default)]
    pub nationalities: Vec<CountryCode>,
    /// Why they travel.
    #[serde(default)]
    pub purpose: Purpose,
    /// Permits they hold.
    #[serde(default)]
    pub permits: Vec<Permit>,
}

/// A traveller who is watched: a pseudonym, what advisories care about, and a language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// Sortable (uuid v7).
    pub id: String,
    /// Whether they take part in exercises; what is in earnest is told to them too, and marked as such.
    pub kind: Kind,
    /// The key that registered them; none: they did so themselves.
    pub owner: Option<String>,
    /// Nationalities, purpose, permits.
    pub profile: Traveller,
    /// Language of what they are told, BCP 47.
    pub lang: String,
    /// Moves with every change.
    pub revision: u32,
    /// When they were registered.
    pub created_at: Timestamp,
}
