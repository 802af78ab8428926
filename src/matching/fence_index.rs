//! Shapes, fences and coverage in one immutable index.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::in_force::{Step, in_force};
use crate::geometry::{Entry, Placed, Policy, Position, Shape, ShapeId, ShapeIndex};
use crate::model::{
    AdvisoryId, Basis, CountryCode, Coverage, IssuerCode, Issuers, RegionKind, Regions, ResolvedArea, Revision,
    Severity, Traveller, Window,
};

/// The place of a fence in its index.
pub type FenceId = usize;

/// One revision with its shape, as indexed.
#[derive(Clone, Debug)]
pub struct Fence {
    /// What is said.
    pub revision: Arc<Revision>,
    /// The issuer's place in [`FenceIndex::issuers`].
    pub issuer: usize,
    /// The level's place on the issuer's scale, 0 the mildest.
    pub level: usize,
    /// Our reading of the level.
    pub severity: Severity,
    /// Its shape in [`FenceIndex::shapes`].
    pub shape: ShapeId,
    /// What the drawn outline rests on.
    pub basis: Basis,
    /// The true outline lies within this many metres of the drawn one.
    pub accuracy_m: f64,
    /// Size of the area in square metres: among equals the smaller one is the more specific.
    pub area_m2: f64,
    step: Step,
    later: Vec<Step>,
}

impl Fence {
    /// When the fence is in force, as known at `as_of`.
    pub fn in_force(&self, as_of: Timestamp) -> Option<Window> {
        in_force(&self.step, &self.later, as_of)
    }
}

/// A file that was not taken, and whose statements are therefore missing.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct RefusedFile {
    /// Its path below the data folder.
    pub file: String,
    /// The line, counted from 1, where it is wrong.
    pub line: Option<usize>,
    /// Whose statements it holds, as far as the path tells.
    pub issuer: Option<IssuerCode>,
    /// The countries it speaks about; none when that could not be read, so it may be any.
    pub countries: Option<Vec<CountryCode>>,
    /// Why it was refused.
    pub reason: String,
}

/// Everything an index is made of.
#[derive(Clone, Debug, Default)]
pub struct FenceSet {
    /// Issuers and their scales.
    pub issuers: Arc<Issuers>,
    /// Named places; the countries among them decide which statements must be known.
    pub regions: Arc<Regions>,
    /// Revisions with their resolved area; withdrawals have none.
    pub revisions: Vec<(Arc<Revision>, Option<ResolvedArea>)>,
    /// What is known completely.
    pub coverage: Vec<(IssuerCode, Coverage)>,
    /// What could not be read.
    pub refused: Vec<RefusedFile>,
    /// Whether a file of places could not be read, so that a country may be missing.
    pub places_missing: bool,
}

/// A revision in the list of its advisory.
#[derive(Clone, Debug)]
pub struct Listed {
    /// What is said.
    pub revision: Arc<Revision>,
    /// Its fence; none for a withdrawal.
    pub fence: Option<FenceId>,
}

/// All fences, past, present and future, over one spatial index: immutable, shared by every reader.
#[derive(Debug)]
pub struct FenceIndex {
    issuers: Arc<Issuers>,
    shapes: ShapeIndex,
    fences: Vec<Fence>,
    /// By shape: the fences that have it, and the country whose outline it is.
    on_shape: Vec<(Vec<FenceId>, Option<CountryCode>)>,
    coverage: HashMap<(usize, CountryCode), Coverage>,
    /// Every advisory with its revisions in order, withdrawals included.
    advisories: BTreeMap<AdvisoryId, Vec<Listed>>,
    /// Issuers that have said anything, now or ever.
    speaking: Vec<bool>,
    refused: Vec<RefusedFile>,
    places_missing: bool,
}

impl FenceIndex {
    /// Builds the index. Revisions whose issuer or level is unknown must have been refused before; they are skipped here.
    pub fn build(set: FenceSet) -> Self {
        let mut steps: BTreeMap<AdvisoryId, Vec<Step>> = BTreeMap::new();
        for (revision, _) in &set.revisions {
            steps.entry(revision.id.advisory.clone()).or_default().push(step_of(revision));
        }
        let mut shapes = Shapes::default();
        for region in set.regions.iter().filter(|region| region.kind == RegionKind::Country) {
            if let (Some(shape), Some(country)) = (region.shape(), region.country) {
                let id = shapes.insert(shape, region.accuracy_m);
                shapes.roles[id].1 = Some(country);
            }
        }
        let places_missing = set.places_missing || shapes.entries.is_empty();
        let mut fences = Vec::new();
        let mut speaking = vec![false; set.issuers.issuers.len()];
        let mut advisories: BTreeMap<AdvisoryId, Vec<Listed>> = BTreeMap::new();
        for (revision, area) in set.revisions {
            let Some((issuer, known)) = set.issuers.find(&revision.issuer) else { continue };
            speaking[issuer] = true;
            let listed = advisories.entry(revision.id.advisory.clone()).or_default();
            listed.push(Listed { revision: Arc::clone(&revision), fence: None });
            let (Some(area), Some(code)) = (area, revision.level.as_deref()) else { continue };
            let Some((level, severity)) = known.level(code).map(|(i, level)| (i, level.severity)) else { continue };
            if let Some(last) = listed.last_mut() {
                last.fence = Some(fences.len());
            }
            let shape = shapes.insert(&area.shape, area.accuracy_m);
            shapes.roles[shape].0.push(fences.len());
            let step = step_of(&revision);
            let later = steps[&revision.id.advisory].iter().filter(|s| s.number > step.number).copied().collect();
            fences.push(Fence {
                issuer,
                level,
                severity,
                shape: ShapeId(u32::try_from(shape).expect("fewer than 2³² shapes")),
                basis: area.basis,
                accuracy_m: area.accuracy_m,
                area_m2: area.shape.area_m2(),
                step,
                later,
                revision,
            });
        }
        for revisions in advisories.values_mut() {
            revisions.sort_by_key(|listed| listed.revision.id.number);
        }
        let coverage = set
            .coverage
            .into_iter()
            .filter_map(|(code, coverage)| Some(((set.issuers.find(&code)?.0, coverage.country), coverage)))
            .collect();
        Self {
            shapes: ShapeIndex::build(shapes.entries),
            on_shape: shapes.roles,
            issuers: set.issuers,
            fences,
            coverage,
            advisories,
            speaking,
            refused: set.refused,
            places_missing,
        }
    }

    /// The spatial index.
    pub fn shapes(&self) -> &ShapeIndex {
        &self.shapes
    }

    /// The issuers, in the order their numbers in this index mean.
    pub fn issuers(&self) -> &Arc<Issuers> {
        &self.issuers
    }

    /// A fence.
    pub fn fence(&self, id: FenceId) -> &Fence {
        &self.fences[id]
    }

    /// All fences.
    pub fn fences(&self) -> &[Fence] {
        &self.fences
    }

    /// Every advisory with its revisions in order, withdrawals included.
    pub fn advisories(&self) -> &BTreeMap<AdvisoryId, Vec<Listed>> {
        &self.advisories
    }

    /// What is known completely, by issuer and country.
    pub fn coverages(&self) -> impl Iterator<Item = (usize, &Coverage)> {
        self.coverage.iter().map(|((issuer, _), coverage)| (*issuer, coverage))
    }

    /// Whether a country may be missing: then a position in none is not known to be at sea.
    pub fn places_missing(&self) -> bool {
        self.places_missing
    }

    /// All files that were not taken.
    pub fn refused_files(&self) -> &[RefusedFile] {
        &self.refused
    }

    /// Every shape that may hold the position, fences and countries alike.
    pub fn locate(&self, position: Position) -> Vec<Placed> {
        self.shapes.locate(position)
    }

    /// The fences that have a shape.
    pub fn fences_on(&self, shape: ShapeId) -> &[FenceId] {
        &self.on_shape[shape.0 as usize].0
    }

    /// The country whose outline a shape is.
    pub fn country_of(&self, shape: ShapeId) -> Option<CountryCode> {
        self.on_shape[shape.0 as usize].1
    }

    /// What is known completely of an issuer about a country.
    pub fn coverage(&self, issuer: usize, country: CountryCode) -> Option<&Coverage> {
        self.coverage.get(&(issuer, country))
    }

    /// The refused files that may have held something of this issuer about this country.
    pub fn refused(&self, issuer: usize, country: CountryCode) -> impl Iterator<Item = &RefusedFile> {
        let code = &self.issuers.issuers[issuer].code;
        self.refused.iter().filter(move |file| {
            file.issuer.as_ref().is_none_or(|i| i == code)
                && file.countries.as_ref().is_none_or(|countries| countries.contains(&country))
        })
    }

    /// The issuers a traveller listens to: those of their nationalities and those named; every issuer when neither gives any.
    ///
    /// An organisation, which addresses no nationality, is heard by everyone once it has said something.
    /// Returns places in [`Self::issuers`], in order.
    ///
    /// # Errors
    /// Gives back the place in `named` of a code that no issuer has.
    pub fn issuers_for(&self, traveller: &Traveller, named: &[IssuerCode]) -> Result<Vec<usize>, usize> {
        let mut chosen = vec![false; self.issuers.issuers.len()];
        for (i, code) in named.iter().enumerate() {
            chosen[self.issuers.find(code).ok_or(i)?.0] = true;
        }
        for (i, issuer) in self.issuers.issuers.iter().enumerate() {
            chosen[i] |= issuer.nationalities.iter().any(|n| traveller.nationalities.contains(n));
        }
        let nobody = !chosen.contains(&true);
        for (i, issuer) in self.issuers.issuers.iter().enumerate() {
            let organisation = issuer.nationalities.is_empty();
            chosen[i] |= (organisation && self.speaking[i]) || (nobody && !organisation);
        }
        Ok((0..chosen.len()).filter(|&i| chosen[i]).collect())
    }

    /// How long statements are trusted after they were last compared with their source, where no other setting says so.
    pub const DEFAULT_MAX_AGE: SignedDuration = SignedDuration::from_hours(30 * 24);
}

fn step_of(revision: &Revision) -> Step {
    Step { number: revision.id.number, published_at: revision.published_at, valid: revision.valid }
}

/// Collects shapes, each once, with what they are the outline of.
#[derive(Default)]
struct Shapes {
    entries: Vec<Entry>,
    roles: Vec<(Vec<FenceId>, Option<CountryCode>)>,
    known: HashMap<(*const Shape, u64), usize>,
}

impl Shapes {
    fn insert(&mut self, shape: &Arc<Shape>, accuracy_m: f64) -> usize {
        *self.known.entry((Arc::as_ptr(shape), accuracy_m.to_bits())).or_insert_with(|| {
            self.entries.push(Entry { shape: Arc::clone(shape), accuracy_m, policy: Policy::Closed });
            self.roles.push(Default::default());
            self.entries.len() - 1
        })
    }
}
