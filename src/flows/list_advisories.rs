//! What issuers say: found by issuer, country, box, severity and instant, and shown with every revision.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;

use super::answer::LevelWords;
use super::page::{Page, PageQuery};
use crate::error::{Error, Issue};
use crate::format::bbox::BoundingBox;
use crate::format::geojson::{Feature, Outline};
use crate::geometry::{Placement, Position, Shape, ShapeId, Vertex};
use crate::live::Snapshot;
use crate::matching::FenceIndex;
use crate::matching::fence_index::Listed;
use crate::model::area::Target;
use crate::model::{
    AdvisoryId, Area, Basis, CountryCode, Exemption, IssuerCode, Regions, RevisionId, Severity, Texts, Window,
};

/// Which advisories are asked for.
#[derive(Clone, Debug)]
pub struct AdvisoryQuery {
    /// Only of this issuer.
    pub issuer: Option<IssuerCode>,
    /// Only about this country.
    pub country: Option<CountryCode>,
    /// Only those that meet the box.
    pub bbox: Option<BoundingBox>,
    /// Only of this severity or a graver one.
    pub severity_min: Option<Severity>,
    /// In force at this instant.
    pub at: Timestamp,
    /// As known at this instant.
    pub as_of: Timestamp,
    /// Which part of the list.
    pub page: PageQuery,
}

/// One revision of an advisory, without its geometry.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct RevisionWords {
    /// The advisory.
    pub advisory: AdvisoryId,
    /// The revision.
    pub revision: RevisionId,
    /// Who says it.
    pub issuer: IssuerCode,
    /// Headline by language.
    pub title: Texts,
    /// What is said, by language.
    pub text: Texts,
    /// Our reading of the level; 0 on a withdrawal.
    pub severity: Severity,
    /// The level in the issuer's words; null on a withdrawal.
    pub level: Option<LevelWords>,
    /// Whether it ends the advisory.
    pub withdrawn: bool,
    /// Whether it is in force at the instant asked about.
    pub in_force: bool,
    /// From when it is known.
    #[schema(value_type = String, format = DateTime)]
    pub published_at: Timestamp,
    /// In force from this instant on.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub valid_from: Option<Timestamp>,
    /// Until just before this instant, by its own words or because a later revision takes over; null while open.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub valid_to: Option<Timestamp>,
    /// When the issuer said it would look again.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub review_due: Option<Timestamp>,
    /// The countries it speaks about.
    pub countries: Vec<CountryCode>,
    /// What the drawn outline rests on; null on a withdrawal.
    pub basis: Option<Basis>,
    /// The true outline lies within this many metres of the drawn one; null on a withdrawal.
    pub accuracy_m: Option<f64>,
    /// The advisories it outranks inside its own area, even if they are graver.
    pub carves_out_of: Vec<AdvisoryId>,
    /// Ids of the issuer's legal effects beside those the level brings.
    pub legal_effects: Vec<String>,
    /// Cases in which the prohibition does not bind.
    pub exemptions: Vec<Exemption>,
    /// Where the issuer said it.
    pub source_url: String,
    /// On what terms the issuer's texts may be used.
    pub licence: String,
    /// What must be said when they are shown.
    pub attribution: String,
    /// A remark.
    pub note: Option<String>,
}

/// A revision with the shape of its fence.
#[derive(Clone, Debug)]
pub struct ShownRevision {
    /// What is said.
    pub words: RevisionWords,
    /// Where; none on a withdrawal.
    pub shape: Option<Arc<Shape>>,
}

impl ShownRevision {
    /// The revision as a feature, with its geometry.
    pub fn feature(self) -> Feature<RevisionWords> {
        let outline = self.shape.as_deref().map(Outline::Area);
        Feature::new(self.words.revision.to_string(), outline, self.words)
    }
}

/// Lists the revisions in force at an instant, as known at another, in the order of their advisories' ids.
///
/// # Errors
/// [`Error::Invalid`] when there is no such issuer.
pub fn list_advisories(snapshot: &Snapshot, query: &AdvisoryQuery) -> Result<Page<ShownRevision>, Error> {
    let reader = Reader::new(snapshot, query.at, query.as_of);
    if let Some(issuer) = query.issuer.as_ref().filter(|issuer| reader.index.issuers().get(issuer).is_none()) {
        let detail = format!("there is no issuer `{issuer}`");
        return Err(Issue { pointer: "issuer".to_owned(), code: "unknown_issuer", detail }.into());
    }
    let in_force = reader.index.advisories().values().flatten().filter(|listed| {
        let Some(fence) = listed.fence.map(|fence| reader.index.fence(fence)) else { return false };
        query.issuer.as_ref().is_none_or(|issuer| *issuer == listed.revision.issuer)
            && query.severity_min.is_none_or(|least| fence.severity >= least)
            && reader.period(listed).is_some_and(|period| period.contains(query.at))
            && query.bbox.as_ref().is_none_or(|bbox| reader.shape(listed).is_some_and(|shape| bbox.meets(shape)))
            && query.country.is_none_or(|country| reader.countries(listed).contains(&country))
    });
    let Page { items, next } = query.page.take(in_force, |listed| listed.revision.id.advisory.as_str());
    Ok(Page { items: items.into_iter().map(|listed| reader.show(listed)).collect(), next })
}

/// One advisory: the revision in force at `at`, else the last one known at `as_of`.
///
/// # Errors
/// [`Error::NotFound`] when there is none, or none was known yet.
pub fn advisory(snapshot: &Snapshot, id: &str, at: Timestamp, as_of: Timestamp) -> Result<ShownRevision, Error> {
    let reader = Reader::new(snapshot, at, as_of);
    let known = reader.known(id)?;
    let in_force = known.iter().find(|listed| reader.period(listed).is_some_and(|period| period.contains(at)));
    let shown = in_force.or(known.last()).ok_or_else(|| not_found(id))?;
    Ok(reader.show(shown))
}

/// Every revision of an advisory that was known at `as_of`, withdrawals included, the first one first.
///
/// # Errors
/// [`Error::NotFound`] when there is none, or none was known yet.
pub fn revisions(snapshot: &Snapshot, id: &str, at: Timestamp, as_of: Timestamp) -> Result<Vec<ShownRevision>, Error> {
    let reader = Reader::new(snapshot, at, as_of);
    let known = reader.known(id)?;
    if known.is_empty() {
        return Err(not_found(id));
    }
    Ok(known.into_iter().map(|listed| reader.show(listed)).collect())
}

/// The countries that an area, and the shape that it comes to, speak about.
pub fn countries(snapshot: &Snapshot, area: Option<&Area>, shape: Option<&Shape>) -> BTreeSet<CountryCode> {
    Reader::new(snapshot, snapshot.loaded_at, snapshot.loaded_at).countries_of(area, shape)
}

/// The number of an advisory's last revision, whatever its period; none when there is no such advisory.
pub fn last_number(snapshot: &Snapshot, id: &str) -> Option<u32> {
    let listed = snapshot.index.advisories().get(&AdvisoryId::parse(id).ok()?)?;
    listed.last().map(|listed| listed.revision.id.number)
}

fn not_found(id: &str) -> Error {
    Error::NotFound { what: "advisory", id: id.to_owned() }
}

/// Looks things up for one request.
struct Reader<'a> {
    index: &'a FenceIndex,
    regions: &'a Regions,
    shapes: HashMap<ShapeId, &'a Arc<Shape>>,
    at: Timestamp,
    as_of: Timestamp,
}

impl<'a> Reader<'a> {
    fn new(snapshot: &'a Snapshot, at: Timestamp, as_of: Timestamp) -> Self {
        let index = &snapshot.index;
        Self { index, regions: &snapshot.regions, shapes: index.shapes().shapes().collect(), at, as_of }
    }

    fn known(&self, id: &str) -> Result<Vec<&'a Listed>, Error> {
        let listed = AdvisoryId::parse(id).ok().and_then(|id| self.index.advisories().get(&id));
        let listed = listed.ok_or_else(|| not_found(id))?;
        Ok(listed.iter().filter(|listed| listed.revision.published_at <= self.as_of).collect())
    }

    fn period(&self, listed: &Listed) -> Option<Window> {
        self.index.fence(listed.fence?).in_force(self.as_of)
    }

    fn shape(&self, listed: &Listed) -> Option<&'a Arc<Shape>> {
        self.shapes.get(&self.index.fence(listed.fence?).shape).copied()
    }

    fn show(&self, listed: &Listed) -> ShownRevision {
        let revision = &listed.revision;
        let fence = listed.fence.map(|fence| self.index.fence(fence));
        let issuer = self.index.issuers().get(&revision.issuer);
        let period = self.period(listed);
        let valid = period.unwrap_or(revision.valid);
        let words = RevisionWords {
            advisory: revision.id.advisory.clone(),
            revision: revision.id.clone(),
            issuer: revision.issuer.clone(),
            title: revision.title.clone(),
            text: revision.text.clone(),
            severity: fence.map_or(Severity::NO_STATEMENT, |fence| fence.severity),
            level: fence.zip(issuer).map(|(fence, issuer)| (&issuer.levels[fence.level]).into()),
            withdrawn: revision.is_withdrawal(),
            in_force: period.is_some_and(|period| period.contains(self.at)),
            published_at: revision.published_at,
            valid_from: valid.from,
            valid_to: valid.to,
            review_due: revision.review_due,
            countries: self.countries(listed).into_iter().collect(),
            basis: fence.map(|fence| fence.basis),
            accuracy_m: fence.map(|fence| fence.accuracy_m),
            carves_out_of: revision.carves_out_of.clone(),
            legal_effects: revision.legal_effects.clone(),
            exemptions: revision.exemptions.clone(),
            source_url: revision.source_url.clone(),
            licence: issuer.map(|issuer| issuer.licence.clone()).unwrap_or_default(),
            attribution: issuer.map(|issuer| issuer.attribution.clone()).unwrap_or_default(),
            note: revision.note.clone(),
        };
        ShownRevision { words, shape: self.shape(listed).cloned() }
    }

    /// The countries a revision speaks about: those its area names; of a drawn area, those its vertices lie in.
    fn countries(&self, listed: &Listed) -> BTreeSet<CountryCode> {
        self.countries_of(listed.revision.area.as_ref(), self.shape(listed).map(Arc::as_ref))
    }

    fn countries_of(&self, area: Option<&Area>, shape: Option<&Shape>) -> BTreeSet<CountryCode> {
        let mut countries = BTreeSet::new();
        let drawn = area.is_some_and(|area| self.named(area, &mut countries));
        if drawn && let Some(shape) = shape {
            self.around(shape, &mut countries);
        }
        countries
    }

    /// Adds the countries that an expression names; true when a part of it is drawn instead.
    fn named(&self, area: &Area, countries: &mut BTreeSet<CountryCode>) -> bool {
        match area {
            Area::Region(code) | Area::Within { of: Target::Region(code), .. } => {
                countries.extend(self.regions.get(code).and_then(|region| region.country));
                false
            }
            Area::Within { of: Target::Border(a, b), .. } => {
                countries.extend([*a, *b]);
                false
            }
            Area::Shape(_) | Area::Drawn(_) | Area::Within { of: Target::Line(_) | Target::Point(_), .. } => true,
            Area::Union(areas) => areas.iter().fold(false, |drawn, area| self.named(area, countries) | drawn),
            // what is cut from the first, or cut out of it, lies in it
            Area::Intersection(areas) => {
                let mut parts = areas.iter().map(|area| {
                    let mut part = BTreeSet::new();
                    (self.named(area, &mut part), part)
                });
                let (mut drawn, mut common) = parts.next().unwrap_or_default();
                for (also_drawn, part) in parts {
                    common.retain(|country| part.contains(country) || also_drawn);
                    drawn &= also_drawn;
                }
                countries.extend(common);
                drawn
            }
            Area::Difference(areas) => areas.first().is_some_and(|area| self.named(area, countries)),
        }
    }

    /// Adds the countries that a shape's vertices certainly lie in; when none is certain, those they may lie in.
    fn around(&self, shape: &Shape, countries: &mut BTreeSet<CountryCode>) {
        /// As many vertices of a ring are looked at: enough for a drawn area, which is seldom larger than a province.
        const SAMPLES: usize = 64;
        let (mut certain, mut possible) = (BTreeSet::new(), BTreeSet::new());
        for polygon in shape.polygons() {
            let step = polygon.shell.len().div_ceil(SAMPLES).max(1);
            for placed in
                polygon.shell.iter().step_by(step).flat_map(|v: &Vertex| self.index.locate(Position::from(*v)))
            {
                if let Some(country) = self.index.country_of(placed.shape) {
                    let inside = placed.placement == Placement::Inside && !placed.on_border;
                    if inside { &mut certain } else { &mut possible }.insert(country);
                }
            }
        }
        countries.extend(if certain.is_empty() { possible } else { certain });
    }
}
