//! Named places: found by kind, country, box or words, and shown with how well their boundary is known.

use std::sync::Arc;

use serde::Serialize;

use super::page::{Page, PageQuery};
use crate::error::Error;
use crate::format::bbox::{self, BoundingBox};
use crate::format::geojson::{Feature, Outline};
use crate::live::Snapshot;
use crate::model::region::Boundary;
use crate::model::{Basis, CountryCode, Region, RegionCode, RegionKind, Texts};

/// Which places are asked for.
#[derive(Clone, Debug)]
pub struct RegionQuery {
    /// Only of this kind.
    pub kind: Option<RegionKind>,
    /// Only of this country; a border belongs to both of its own.
    pub country: Option<CountryCode>,
    /// Only those that meet the box.
    pub bbox: Option<BoundingBox>,
    /// Only those whose code or name, in any language, holds these words.
    pub words: Option<String>,
    /// Which part of the list.
    pub page: PageQuery,
}

/// A place without its geometry.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct RegionWords {
    /// Its code.
    pub code: RegionCode,
    /// What kind of place it is.
    pub kind: RegionKind,
    /// The country it belongs to; null for a border and for land that no country code covers.
    pub country: Option<CountryCode>,
    /// The region around it.
    pub parent: Option<RegionCode>,
    /// Its names by language.
    pub names: Texts,
    /// West, south, east, north in degrees; from -180 to 180 where it crosses the antimeridian.
    pub bbox: Option<[f64; 4]>,
    /// What the boundary rests on.
    pub basis: Basis,
    /// The true border lies within this many metres of the drawn one.
    pub accuracy_m: f64,
    /// Where the boundary comes from.
    pub source: String,
    /// On what terms.
    pub licence: String,
    /// What must be said when it is shown.
    pub attribution: Option<String>,
    /// A remark: a choice that was made, a dispute.
    pub note: Option<String>,
}

impl From<&Region> for RegionWords {
    fn from(region: &Region) -> Self {
        Self {
            code: region.code.clone(),
            kind: region.kind,
            country: region.country,
            parent: region.parent.clone(),
            names: region.names.clone(),
            bbox: Outline::from(&region.boundary).bounds().map(|bounds| bbox::degrees(&bounds)),
            basis: region.basis,
            accuracy_m: region.accuracy_m,
            source: region.source.clone(),
            licence: region.licence.clone(),
            attribution: region.attribution.clone(),
            note: region.note.clone(),
        }
    }
}

/// The place as a feature, with its geometry.
pub fn feature(region: &Region) -> Feature<RegionWords> {
    Feature::new(region.code.as_str(), Some(Outline::from(&region.boundary)), region.into())
}

/// Lists the places asked for, in the order of their codes.
pub fn list_regions(snapshot: &Snapshot, query: &RegionQuery) -> Page<Arc<Region>> {
    let words = query.words.as_ref().map(|words| words.to_lowercase());
    let wanted = |region: &&Arc<Region>| {
        query.kind.is_none_or(|kind| kind == region.kind)
            && query.country.is_none_or(|country| is_of(region, country))
            && words.as_ref().is_none_or(|words| holds(region, words))
            && query.bbox.as_ref().is_none_or(|bbox| meets(region, bbox))
    };
    let Page { items, next } = query.page.take(snapshot.regions.iter().filter(wanted), |region| region.code.as_str());
    Page { items: items.into_iter().cloned().collect(), next }
}

/// The place with this code.
///
/// # Errors
/// [`Error::NotFound`] when there is none.
pub fn region(snapshot: &Snapshot, code: &str) -> Result<Arc<Region>, Error> {
    let found = RegionCode::parse(code).ok().and_then(|code| snapshot.regions.get(&code).cloned());
    found.ok_or_else(|| Error::NotFound { what: "region", id: code.to_owned() })
}

fn is_of(region: &Region, country: CountryCode) -> bool {
    let sides = region.code.as_str().split('/');
    region.country == Some(country)
        || (region.kind == RegionKind::Border && sides.into_iter().any(|side| side == country.as_str()))
}

fn holds(region: &Region, words: &str) -> bool {
    let mut texts = region.names.iter().map(|(_, name)| name).chain([region.code.as_str()]);
    texts.any(|text| text.to_lowercase().contains(words))
}

fn meets(region: &Region, bbox: &BoundingBox) -> bool {
    match &region.boundary {
        Boundary::Area(shape) => bbox.meets(shape),
        Boundary::Line(line) => line.bounds().is_some_and(|bounds| bbox.meets_bounds(&bounds)),
    }
}
