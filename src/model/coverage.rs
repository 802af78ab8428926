//! What somebody has looked at: outside it an answer is indeterminate, never clear.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{CountryCode, Window};

/// For one country, the span of time over which an issuer's statements are known completely.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Coverage {
    /// The country.
    pub country: CountryCode,
    /// Complete from this instant on.
    #[schema(value_type = String, format = DateTime)]
    pub from: Timestamp,
    /// Last compared with what the issuer published.
    #[schema(value_type = String, format = DateTime)]
    pub verified_at: Timestamp,
}

impl Coverage {
    /// The span the statements speak for: from the first one known until they are too old to be trusted.
    pub fn window(&self, max_age: SignedDuration) -> Window {
        Window { from: Some(self.from), to: self.verified_at.checked_add(max_age).ok() }
    }
}
