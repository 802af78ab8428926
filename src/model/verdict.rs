//! Severity, our reading of an issuer's level, and the verdict drawn from it.

use serde::{Deserialize, Serialize};

/// Our reading of an issuer's level, for ordering and filtering only: the level itself is the truth.
///
/// 0 no statement, 1 normal precautions, 2 heightened caution, 3 avoid non-essential travel, 4 avoid all travel or leave,
/// 5 legally prohibited.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(try_from = "u8", into = "u8")]
#[schema(value_type = u8, minimum = 0, maximum = 5)]
pub struct Severity(u8);

impl Severity {
    /// The issuer says nothing about the place.
    pub const NO_STATEMENT: Self = Self(0);
    /// From here on a route must be known: an overland leg without one is indeterminate.
    pub const AVOID_NON_ESSENTIAL: Self = Self(3);
    /// Avoid all travel, or leave.
    pub const AVOID_ALL: Self = Self(4);
    /// A law forbids it.
    pub const PROHIBITED: Self = Self(5);

    /// The severity as a number, 0 to 5.
    pub fn get(self) -> u8 {
        self.0
    }

    /// One step milder, never below 0: what airside transit counts as.
    #[must_use]
    pub fn one_lower(self) -> Self {
        Self(self.0.saturating_sub(1))
    }
}

impl TryFrom<u8> for Severity {
    type Error = String;

    fn try_from(value: u8) -> Result<Self, Self::Error> {
        if value <= 5 { Ok(Self(value)) } else { Err(format!("severity {value} is not between 0 and 5")) }
    }
}

impl From<Severity> for u8 {
    fn from(severity: Severity) -> Self {
        severity.0
    }
}

/// What a check concludes. The first five are ordered; `Indeterminate` stands apart: it is never better than any of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Severity 0 or 1.
    Clear,
    /// Severity 2.
    Notice,
    /// Severity 3.
    Caution,
    /// Severity 4.
    Avoid,
    /// Severity 5, and the law binds this traveller, or may.
    Prohibited,
    /// Something needed for an answer is missing; the answer names it.
    Indeterminate,
}

impl Verdict {
    /// The word used in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::Notice => "notice",
            Self::Caution => "caution",
            Self::Avoid => "avoid",
            Self::Prohibited => "prohibited",
            Self::Indeterminate => "indeterminate",
        }
    }

    /// The graver of two determined verdicts.
    ///
    /// `Indeterminate` wins over everything below `Avoid` and loses against `Avoid` and `Prohibited` (design rule 12): a
    /// danger that is certain is said, a safety that is not is never claimed.
    #[must_use]
    pub fn worse(self, other: Self) -> Self {
        fn rank(verdict: Verdict) -> u8 {
            match verdict {
                Verdict::Clear => 0,
                Verdict::Notice => 1,
                Verdict::Caution => 2,
                Verdict::Indeterminate => 3,
                Verdict::Avoid => 4,
                Verdict::Prohibited => 5,
            }
        }
        if rank(other) > rank(self) { other } else { self }
    }
}

impl From<Severity> for Verdict {
    fn from(severity: Severity) -> Self {
        match severity.0 {
            0 | 1 => Self::Clear,
            2 => Self::Notice,
            3 => Self::Caution,
            4 => Self::Avoid,
            _ => Self::Prohibited,
        }
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}
