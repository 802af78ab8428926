//! Issuers, their own scales, and what the law attaches to a level.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{CountryCode, Severity, Texts};

/// The code of an issuer: `kr-mofa`, `us-state`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, pattern = "^[a-z0-9-]{1,32}$", examples("kr-mofa"))]
pub struct IssuerCode(Arc<str>);

impl IssuerCode {
    /// Reads a code: lower-case letters, digits and dashes, at most 32.
    ///
    /// # Errors
    /// When the text has another form.
    pub fn parse(code: &str) -> Result<Self, String> {
        let ok = (1..=32).contains(&code.len())
            && code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if ok { Ok(Self(code.into())) } else { Err(format!("`{code}` is not an issuer code such as kr-mofa")) }
    }

    /// The code as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for IssuerCode {
    type Error = String;

    fn try_from(code: String) -> Result<Self, Self::Error> {
        Self::parse(&code)
    }
}

impl From<IssuerCode> for String {
    fn from(code: IssuerCode) -> Self {
        code.as_str().to_owned()
    }
}

impl std::fmt::Display for IssuerCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.0)
    }
}

/// One step of an issuer's own scale.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Level {
    /// The issuer's code for it.
    pub code: String,
    /// Its official English name.
    pub name: String,
    /// Its name in the issuer's language.
    pub native_name: String,
    /// The issuer's colour, `#rrggbb`.
    pub colour: String,
    /// What it asks of a traveller.
    pub meaning: String,
    /// Our reading of it.
    pub severity: Severity,
    /// Where that reading comes from.
    pub citation: String,
}

/// What kind of legal consequence a level has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LegalKind {
    /// Travel insurance may not pay.
    InsuranceLikelyAffected,
    /// A contract may be ended or changed.
    ContractRights,
    /// The passport may not be used there.
    PassportRestriction,
    /// Going there is an offence.
    CriminalPenalty,
    /// Workers may not be sent there.
    WorkerDeploymentBan,
}

impl LegalKind {
    /// The word used in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InsuranceLikelyAffected => "insurance_likely_affected",
            Self::ContractRights => "contract_rights",
            Self::PassportRestriction => "passport_restriction",
            Self::CriminalPenalty => "criminal_penalty",
            Self::WorkerDeploymentBan => "worker_deployment_ban",
        }
    }

    /// Whether this kind forbids the journey, rather than changing its terms: only then does severity 5 mean *prohibited*.
    pub fn forbids(self) -> bool {
        matches!(self, Self::PassportRestriction | Self::CriminalPenalty)
    }
}

/// A ground on which an exceptional permit is given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PermitGround {
    /// A stable code.
    pub code: String,
    /// What it means.
    pub text: Texts,
}

/// What the law does to somebody who goes where a level holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LegalEffect {
    /// Unique within the issuer.
    pub id: String,
    /// What kind of consequence it is.
    pub kind: LegalKind,
    /// The level codes that bring it by themselves; empty when only a named revision does.
    pub levels: Vec<String>,
    /// Whom it binds; empty: everyone.
    pub nationalities: Vec<CountryCode>,
    /// The statute or practice.
    pub statute: String,
    /// What it says, in our words.
    pub text: Texts,
    /// Where to read it.
    pub url: Option<String>,
    /// On which grounds a permit is given.
    #[serde(default)]
    pub permit_grounds: Vec<PermitGround>,
}

/// An authority that publishes advisories on its own scale.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Issuer {
    /// Its code.
    pub code: IssuerCode,
    /// The country it speaks for; none for an organisation.
    pub country: Option<CountryCode>,
    /// The nationalities whose travellers it addresses.
    pub nationalities: Vec<CountryCode>,
    /// Its English name.
    pub name: String,
    /// Its name in its own language.
    pub native_name: String,
    /// Its home page.
    pub url: Option<String>,
    /// On what terms its texts may be used.
    pub licence: String,
    /// What must be said when they are shown.
    pub attribution: String,
    /// The languages it publishes in.
    pub languages: Vec<String>,
    /// Its scale, from the mildest step to the gravest.
    pub levels: Vec<Level>,
    /// The legal consequences its levels have.
    pub legal_effects: Vec<LegalEffect>,
}

impl Issuer {
    /// A step of the scale with its place in the order, the mildest first.
    pub fn level(&self, code: &str) -> Option<(usize, &Level)> {
        self.levels.iter().enumerate().find(|(_, level)| level.code == code)
    }

    /// The legal effect with this id.
    pub fn legal_effect(&self, id: &str) -> Option<&LegalEffect> {
        self.legal_effects.iter().find(|effect| effect.id == id)
    }
}

/// All issuers, in the order of `issuers.json`, with the version of the severity mapping.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issuers {
    /// The version of the mapping from levels to severities.
    pub mapping_version: String,
    /// What the mapping rests on as a whole.
    #[serde(default)]
    pub source: Option<String>,
    /// The issuers.
    pub issuers: Vec<Arc<Issuer>>,
}

impl Issuers {
    /// The issuer with this code, and its place in the order.
    pub fn find(&self, code: &IssuerCode) -> Option<(usize, &Arc<Issuer>)> {
        self.issuers.iter().enumerate().find(|(_, issuer)| &issuer.code == code)
    }

    /// The issuer with this code.
    pub fn get(&self, code: &IssuerCode) -> Option<&Arc<Issuer>> {
        self.find(code).map(|(_, issuer)| issuer)
    }
}
