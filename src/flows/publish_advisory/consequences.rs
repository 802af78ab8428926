//! What a revision means once it is published: the area as it was understood, and what answers can rest on around it.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;

use crate::flows::list_advisories;
use crate::format::bbox;
use crate::geometry::{Entry, Policy, ShapeId};
use crate::live::Snapshot;
use crate::model::{AdvisoryId, Basis, CountryCode, ResolvedArea, Revision};

/// An area as it was understood.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct AreaSummary {
    /// West, south, east, north in degrees.
    pub bbox: Option<[f64; 4]>,
    /// Its size in square kilometres.
    pub area_km2: f64,
    /// How many vertices its outline has.
    pub vertices: usize,
    /// What the outline rests on.
    pub basis: Basis,
    /// The true outline lies within this many metres of the drawn one.
    pub accuracy_m: f64,
    /// What was repaired in drawn geometry, by which rules and by how much.
    pub repairs: Vec<String>,
}

/// What is known of the issuer about a country beside the revision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct CoverageNote {
    /// The country.
    pub country: CountryCode,
    /// When the issuer's statements about it were last compared with their source; null when they never were: outside the area answers stay
    /// indeterminate.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub verified_at: Option<Timestamp>,
}

/// How many of those who are watched a revision may touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Reach {
    /// Plans and last positions, in its area or in one that the advisory had before.
    pub subjects: usize,
}

/// What follows.
pub(super) struct Consequences {
    pub area: Option<AreaSummary>,
    pub coverage: Vec<CoverageNote>,
}

impl Consequences {
    pub fn of(revision: &Revision, area: Option<&ResolvedArea>, snapshot: &Snapshot) -> Self {
        let issuer = snapshot.index.issuers().find(&revision.issuer).map(|(place, _)| place);
        let countries: BTreeSet<CountryCode> = match area {
            Some(resolved) => list_advisories::countries(snapshot, revision.area.as_ref(), Some(&resolved.shape)),
            None => BTreeSet::new(),
        };
        let verified = |country| snapshot.index.coverage(issuer?, country).map(|coverage| coverage.verified_at);
        Self {
            area: area.map(|area| AreaSummary {
                bbox: area.shape.bounds().map(|bounds| bbox::degrees(&bounds)),
                area_km2: (area.shape.area_m2() / 1e3).round() / 1e3,
                vertices: area.shape.vertex_count(),
                basis: area.basis,
                accuracy_m: area.accuracy_m,
                repairs: area.repairs.iter().map(ToString::to_string).collect(),
            }),
            coverage: countries
                .into_iter()
                .map(|country| CoverageNote { country, verified_at: verified(country) })
                .collect(),
        }
    }
}

/// The areas that an advisory ever had, and the one that it is to have: whoever is in one of them may be concerned, or no longer.
pub(super) fn entries(snapshot: &Snapshot, advisory: &AdvisoryId, area: Option<&ResolvedArea>) -> Vec<Entry> {
    let index = &snapshot.index;
    let before = index.advisories().get(advisory).into_iter().flatten();
    let mut shapes: Vec<ShapeId> = before.filter_map(|listed| listed.fence).map(|id| index.fence(id).shape).collect();
    shapes.sort_unstable();
    shapes.dedup();
    let before = shapes.into_iter().filter_map(|id| index.shapes().entry(id));
    let to_be =
        area.map(|area| Entry { shape: Arc::clone(&area.shape), accuracy_m: area.accuracy_m, policy: Policy::Closed });
    before.chain(to_be).collect()
}
