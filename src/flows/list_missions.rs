//! Whom a traveller calls: the missions of issuers, and their worldwide lines.

use std::sync::Arc;

use serde::Serialize;

use crate::error::{Error, Issue};
use crate::live::Snapshot;
use crate::model::mission::Mission;
use crate::model::{CountryCode, IssuerCode};

/// Which missions are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MissionQuery {
    /// Only of this issuer.
    pub issuer: Option<IssuerCode>,
    /// Only those that help travellers in this country.
    pub country: Option<CountryCode>,
}

/// Missions, in the order of the data folder.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct MissionList {
    /// The set of fences that answers.
    pub epoch: u64,
    /// Where the data as a whole comes from, and how far it may be trusted.
    pub source: Option<String>,
    /// The missions.
    #[schema(value_type = Vec<Mission>)]
    pub missions: Vec<Arc<Mission>>,
}

/// Lists the missions that help somebody there.
///
/// # Errors
/// When there is no such issuer.
pub fn list_missions(snapshot: &Snapshot, query: &MissionQuery) -> Result<MissionList, Error> {
    if let Some(issuer) = query.issuer.as_ref().filter(|issuer| snapshot.index.issuers().get(issuer).is_none()) {
        let detail = format!("there is no issuer `{issuer}`");
        return Err(Issue { pointer: "issuer".to_owned(), code: "unknown_issuer", detail }.into());
    }
    let asked_for = |mission: &&Arc<Mission>| {
        query.issuer.as_ref().is_none_or(|issuer| &mission.issuer == issuer)
            && query.country.is_none_or(|country| mission.helps_in(country))
    };
    Ok(MissionList {
        epoch: snapshot.epoch,
        source: snapshot.missions.source.clone(),
        missions: snapshot.missions.missions.iter().filter(asked_for).cloned().collect(),
    })
}
