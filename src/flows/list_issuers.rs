//! Who is consulted, on which scale, and how much of what they say is known.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;

use crate::error::Issue;
use crate::live::Snapshot;
use crate::matching::RefusedFile;
use crate::model::{CountryCode, Coverage, Issuer, IssuerCode, Issuers, LegalEffect, Level};

/// All issuers, in the order of the data folder.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct IssuerList {
    /// The set of fences that answers.
    pub epoch: u64,
    /// The version of the mapping from the issuers' levels to severities.
    pub mapping_version: String,
    /// The issuers.
    pub issuers: Vec<IssuerStatus>,
    /// Files that could not be taken and whose issuer could not be told: every issuer's statements may be missing.
    pub refused: Vec<RefusedFile>,
}

/// An issuer with its scale, and what is known of its statements.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct IssuerStatus {
    /// Its code.
    pub code: IssuerCode,
    /// The country it speaks for; null for an organisation.
    pub country: Option<CountryCode>,
    /// The nationalities whose travellers it addresses.
    pub nationalities: Vec<CountryCode>,
    /// Its English name.
    pub name: String,
    /// Its name in its own language.
    pub native_name: String,
    /// Its home page, where it has one.
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
    /// How many of its advisories are known, ended ones included.
    pub advisories: usize,
    /// When its statements were last compared with their source: the oldest of all countries; null when nothing is known.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub verified_at: Option<Timestamp>,
    /// For each country the span over which its statements are known completely.
    pub coverage: Vec<Coverage>,
    /// Files that hold statements of it and could not be taken.
    pub refused: Vec<RefusedFile>,
}

/// Lists the issuers with the state of their data.
pub fn list_issuers(snapshot: &Snapshot) -> IssuerList {
    let index = &snapshot.index;
    let refused = |code: Option<&IssuerCode>| -> Vec<RefusedFile> {
        index.refused_files().iter().filter(|file| file.issuer.as_ref() == code).cloned().collect()
    };
    let status = |(place, issuer): (usize, &Arc<Issuer>)| {
        let mut coverage: Vec<Coverage> =
            index.coverages().filter(|(of, _)| *of == place).map(|(_, coverage)| coverage.clone()).collect();
        coverage.sort_by_key(|coverage| coverage.country);
        let Issuer {
            code,
            country,
            nationalities,
            name,
            native_name,
            url,
            licence,
            attribution,
            languages,
            levels,
            legal_effects,
        } = Issuer::clone(issuer);
        IssuerStatus {
            advisories: index.advisories().keys().filter(|id| id.issuer() == code.as_str()).count(),
            verified_at: coverage.iter().map(|coverage| coverage.verified_at).min(),
            refused: refused(Some(&code)),
            coverage,
            code,
            country,
            nationalities,
            name,
            native_name,
            url,
            licence,
            attribution,
            languages,
            levels,
            legal_effects,
        }
    };
    IssuerList {
        epoch: snapshot.epoch,
        mapping_version: index.issuers().mapping_version.clone(),
        issuers: index.issuers().issuers.iter().enumerate().map(status).collect(),
        refused: refused(None),
    }
}

/// The mistakes of a list at `/issuers`: each one that does not exist.
pub(super) fn unknown_issuers(named: &[IssuerCode], known: &Issuers) -> Vec<Issue> {
    let unknown = named.iter().enumerate().filter(|(_, code)| known.find(code).is_none());
    unknown.map(|(i, code)| unknown_issuer(code, i)).collect()
}

/// The mistake of naming an issuer that does not exist, in a list at `/issuers`.
pub(super) fn unknown_issuer(code: &IssuerCode, i: usize) -> Issue {
    let detail = format!("there is no issuer `{code}`");
    Issue { pointer: format!("/issuers/{i}"), code: "unknown_issuer", detail }
}
