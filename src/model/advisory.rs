//! Advisories and their immutable revisions.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Area, Basis, IssuerCode, Texts, Window};

/// The stable id of an advisory: issuer, colon, slug (`kr-mofa:kh-poipet`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, examples("kr-mofa:kh-poipet"))]
pub struct AdvisoryId(Arc<str>);

impl AdvisoryId {
    /// Reads an id.
    ///
    /// # Errors
    /// When the text is not an issuer code, a colon and a slug of lower-case letters, digits and dashes.
    pub fn parse(id: &str) -> Result<Self, String> {
        let slug = |s: &str| {
            (1..=96).contains(&s.len()) && s.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        match id.split_once(':') {
            Some((issuer, rest)) if IssuerCode::parse(issuer).is_ok() && slug(rest) => Ok(Self(id.into())),
            _ => Err(format!("`{id}` is not an advisory id such as kr-mofa:kh-poipet")),
        }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The code of the issuer in front of the colon.
    pub fn issuer(&self) -> &str {
        self.0.split(':').next().unwrap_or_default()
    }
}

impl TryFrom<String> for AdvisoryId {
    type Error = String;

    fn try_from(id: String) -> Result<Self, Self::Error> {
        Self::parse(&id)
    }
}

impl From<AdvisoryId> for String {
    fn from(id: AdvisoryId) -> Self {
        id.as_str().to_owned()
    }
}

impl std::fmt::Display for AdvisoryId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.0)
    }
}

/// One revision of an advisory: `kr-mofa:kh-poipet@3`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RevisionId {
    /// The advisory.
    pub advisory: AdvisoryId,
    /// 1, 2, 3 …; a higher number supersedes a lower one.
    pub number: u32,
}

impl TryFrom<String> for RevisionId {
    type Error = String;

    fn try_from(id: String) -> Result<Self, Self::Error> {
        let (advisory, number) = id.split_once('@').ok_or_else(|| format!("`{id}` has no `@revision`"))?;
        let number = number.parse().map_err(|_| format!("`{number}` is not a revision number"))?;
        Ok(Self { advisory: AdvisoryId::parse(advisory)?, number })
    }
}

impl From<RevisionId> for String {
    fn from(id: RevisionId) -> Self {
        id.to_string()
    }
}

impl utoipa::PartialSchema for RevisionId {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some("One revision of an advisory"))
            .examples(["kr-mofa:kh-poipet@3"])
            .into()
    }
}

impl utoipa::ToSchema for RevisionId {}

impl std::fmt::Display for RevisionId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&format!("{}@{}", self.advisory, self.number))
    }
}

/// On what ground a revision lets somebody through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExemptionKind {
    /// Passing through without a stay.
    TransitOnly,
    /// Living there.
    Resident,
    /// Holding the issuer's permit.
    Permit,
}

/// A case in which the issuer's prohibition does not bind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Exemption {
    /// The ground.
    pub kind: ExemptionKind,
    /// What the issuer says about it.
    pub text: Texts,
    /// Where it says so.
    pub source_url: String,
}

/// One immutable content of an advisory.
#[derive(Clone, Debug, PartialEq)]
pub struct Revision {
    /// Which advisory, which number.
    pub id: RevisionId,
    /// Who says it.
    pub issuer: IssuerCode,
    /// The level's code on the issuer's scale; none on a withdrawal.
    pub level: Option<String>,
    /// Headline by language.
    pub title: Texts,
    /// What is said, by language.
    pub text: Texts,
    /// From when it is known.
    pub published_at: Timestamp,
    /// In force on `[from, to)`, until a later revision takes over.
    pub valid: Window,
    /// When the issuer said it would look again.
    pub review_due: Option<Timestamp>,
    /// What it covers, as written; a withdrawal may leave it out.
    pub area: Option<Area>,
    /// What the drawn geometry rests on, where the revision says so itself.
    pub basis: Option<Basis>,
    /// How good the drawn geometry is, in metres, where the revision says so itself.
    pub accuracy_m: Option<f64>,
    /// The advisories it outranks inside its own area, even if they are graver.
    pub carves_out_of: Vec<AdvisoryId>,
    /// Ids of legal effects beside those the level brings.
    pub legal_effects: Vec<String>,
    /// Cases in which the prohibition does not bind.
    pub exemptions: Vec<Exemption>,
    /// Where the issuer said it.
    pub source_url: String,
    /// A remark for readers.
    pub note: Option<String>,
}

impl Revision {
    /// Whether this revision ends its advisory.
    pub fn is_withdrawal(&self) -> bool {
        self.level.is_none()
    }
}
