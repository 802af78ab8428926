//! Shapes, fences and coverage in one immutable index.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::in_force::{Step, in_force};
use super::reach::{Reach, Reaches};
use crate::geometry::{Batch, Change, Entry, Margins, Placed, Policy, Position, Shape, ShapeId, ShapeIndex};
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
    /// By shape; those that are no longer in use have nobody.
    on_shape: Vec<Role>,
    coverage: HashMap<(usize, CountryCode), Coverage>,
    /// Every advisory with its revisions in order, withdrawals included.
    advisories: BTreeMap<AdvisoryId, Vec<Listed>>,
    /// Issuers that have said anything, now or ever.
    speaking: Vec<bool>,
    refused: Vec<RefusedFile>,
    places_missing: bool,
    reaches: Reaches,
}

/// A revision with its resolved area; a withdrawal has none.
pub type Resolved = (Arc<Revision>, Option<ResolvedArea>);

impl FenceIndex {
    /// Builds the index. Revisions whose issuer or level is unknown must have been refused before; they are skipped here.
    pub fn build(set: FenceSet) -> Self {
        let mut outlines = Outlines::default();
        for region in set.regions.iter().filter(|region| region.kind == RegionKind::Country) {
            if let (Some(shape), Some(country)) = (region.shape(), region.country) {
                let id = outlines.find_or_add(shape, region.accuracy_m);
                outlines.roles[id].country = Some(country);
            }
        }
        let places_missing = set.places_missing || outlines.roles.is_empty();
        let coverage = set
            .coverage
            .into_iter()
            .filter_map(|(code, coverage)| Some(((set.issuers.find(&code)?.0, coverage.country), coverage)))
            .collect();
        let mut index = Self {
            shapes: ShapeIndex::default(),
            on_shape: Vec::new(),
            speaking: vec![false; set.issuers.issuers.len()],
            issuers: set.issuers,
            fences: Vec::new(),
            coverage,
            advisories: BTreeMap::new(),
            refused: set.refused,
            places_missing,
            reaches: Reaches::default(),
        };
        for (_, revisions) in by_advisory(set.revisions) {
            index.put(revisions, &mut outlines);
        }
        // the n-th entry becomes the n-th shape
        index.shapes = ShapeIndex::build(outlines.added);
        index.on_shape = outlines.roles;
        index
    }

    /// Another index in which the named advisories have exactly these revisions, none meaning that there is no such advisory; this one keeps
    /// working. Only what lies around their outlines is built anew. Equal to building the whole from scratch, but for the numbers of shapes.
    #[must_use]
    pub fn with_changes(&self, changes: BTreeMap<AdvisoryId, Vec<Resolved>>) -> Self {
        let mut outlines = Outlines::of(self);
        let mut index = Self {
            shapes: ShapeIndex::default(),
            on_shape: Vec::new(),
            speaking: vec![false; self.speaking.len()],
            issuers: Arc::clone(&self.issuers),
            fences: Vec::with_capacity(self.fences.len()),
            coverage: self.coverage.clone(),
            advisories: BTreeMap::new(),
            refused: self.refused.clone(),
            places_missing: self.places_missing,
            reaches: Reaches::default(),
        };
        // in the order of advisories, as when built from scratch
        let mut changes = changes.into_iter().peekable();
        for (advisory, listed) in &self.advisories {
            while let Some((_, revisions)) = changes.next_if(|(changed, _)| changed < advisory) {
                index.put(revisions, &mut outlines);
            }
            match changes.next_if(|(changed, _)| changed == advisory) {
                Some((_, revisions)) => index.put(revisions, &mut outlines),
                None => index.keep(listed, self, &mut outlines),
            }
        }
        for (_, revisions) in changes {
            index.put(revisions, &mut outlines);
        }
        let unused = self.shapes.shapes().map(|(id, _)| id).filter(|id| outlines.roles[id.0 as usize].is_nobodys());
        let mut shape_changes: Vec<Change> = unused.map(Change::Withdraw).collect();
        let freed: Vec<usize> = shape_changes
            .iter()
            .filter_map(|change| if let Change::Withdraw(id) = change { Some(id.0 as usize) } else { None })
            .collect();
        shape_changes.extend(outlines.added.into_iter().map(Change::Add));
        let (shapes, added) = self.shapes.replace(shape_changes);
        // new outlines were numbered behind the old ones; the index may give them numbers that became free
        let behind = outlines.known;
        let placed = outlines.roles.split_off(behind);
        let mut roles = outlines.roles;
        for id in freed {
            roles[id] = Role::default();
        }
        for (ShapeId(id), role) in added.into_iter().zip(placed) {
            for &fence in &role.fences {
                index.fences[fence].shape = ShapeId(id);
            }
            if roles.len() <= id as usize {
                roles.resize_with(id as usize + 1, Role::default);
            }
            roles[id as usize] = role;
        }
        index.shapes = shapes;
        index.on_shape = roles;
        index
    }

    /// The same fences with other words on what is known completely and what could not be read.
    #[must_use]
    pub fn with_knowledge(mut self, coverage: Vec<(IssuerCode, Coverage)>, refused: Vec<RefusedFile>) -> Self {
        self.coverage = coverage
            .into_iter()
            .filter_map(|(code, coverage)| Some(((self.issuers.find(&code)?.0, coverage.country), coverage)))
            .collect();
        self.with_refused(refused)
    }

    /// The same fences with other words on what could not be read.
    #[must_use]
    pub fn with_refused(mut self, refused: Vec<RefusedFile>) -> Self {
        self.refused = refused;
        self
    }

    /// Lists an advisory with all its revisions, and raises their fences.
    fn put(&mut self, mut revisions: Vec<Resolved>, outlines: &mut Outlines) {
        revisions.sort_by_key(|(revision, _)| revision.id.number);
        let steps: Vec<Step> = revisions.iter().map(|(revision, _)| step_of(revision)).collect();
        for (i, (revision, area)) in revisions.into_iter().enumerate() {
            let Some((issuer, known)) = self.issuers.find(&revision.issuer) else { continue };
            self.speaking[issuer] = true;
            let level = revision.level.as_deref().and_then(|code| known.level(code));
            let fence = area.zip(level.map(|(i, level)| (i, level.severity))).map(|(area, (level, severity))| {
                let shape = outlines.find_or_add(&area.shape, area.accuracy_m);
                outlines.roles[shape].fences.push(self.fences.len());
                self.fences.push(Fence {
                    issuer,
                    level,
                    severity,
                    shape: shape_id(shape),
                    basis: area.basis,
                    accuracy_m: area.accuracy_m,
                    area_m2: area.shape.area_m2(),
                    step: steps[i],
                    later: steps.iter().filter(|step| step.number > steps[i].number).copied().collect(),
                    revision: Arc::clone(&revision),
                });
                self.fences.len() - 1
            });
            self.advisories.entry(revision.id.advisory.clone()).or_default().push(Listed { revision, fence });
        }
    }

    /// Lists an advisory as another index does.
    fn keep(&mut self, listed: &[Listed], other: &Self, outlines: &mut Outlines) {
        for old in listed {
            let fence = old.fence.map(|fence| {
                let fence = other.fence(fence).clone();
                outlines.roles[fence.shape.0 as usize].fences.push(self.fences.len());
                self.fences.push(fence);
                self.fences.len() - 1
            });
            if let Some((issuer, _)) = self.issuers.find(&old.revision.issuer) {
                self.speaking[issuer] = true;
            }
            let listed = Listed { revision: Arc::clone(&old.revision), fence };
            self.advisories.entry(old.revision.id.advisory.clone()).or_default().push(listed);
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

    /// The fence of a revision; none for a withdrawal, or when there is no such revision.
    pub fn fence_of(&self, advisory: &AdvisoryId, number: u32) -> Option<FenceId> {
        let listed = self.advisories.get(advisory)?.iter().find(|listed| listed.revision.id.number == number)?;
        listed.fence
    }

    /// Whether two fences are drawn alike, to the same accuracy.
    pub fn same_outline(&self, a: FenceId, b: FenceId) -> bool {
        let (a, b) = (self.fences[a].shape, self.fences[b].shape);
        let same = |a: Entry, b: Entry| a.shape == b.shape && a.accuracy_m.to_bits() == b.accuracy_m.to_bits();
        a == b || self.shapes.entry(a).zip(self.shapes.entry(b)).is_some_and(|(a, b)| same(a, b))
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

    /// The same for each of many positions, faster than one by one. `out` is emptied first and keeps its memory.
    pub fn locate_batch(&self, positions: &[Position], out: &mut Batch<Placed>) {
        self.shapes.locate_batch(positions, out);
    }

    /// Measures how far a position is from borders.
    pub fn margins(&self, position: Position) -> Margins<'_> {
        self.shapes.margins(position)
    }

    /// Every shape within reach of a way from one place to another that is not known.
    pub fn reach(&self, from: Position, to: Position) -> Arc<Reach> {
        self.reaches.between(&self.shapes, from, to)
    }

    /// The fences that have a shape.
    pub fn fences_on(&self, shape: ShapeId) -> &[FenceId] {
        &self.on_shape[shape.0 as usize].fences
    }

    /// For each shape whether it can bear on somebody who hears some issuers: as a country, or by a fence of theirs that is in force at some
    /// instant of a window, as known at `as_of`.
    pub fn bearing(&self, issuers: &[usize], window: &Window, as_of: Timestamp) -> Vec<bool> {
        let in_force = |fence: &Fence| fence.in_force(as_of).is_some_and(|period| window.touches(&period));
        let speaks = |fence: &FenceId| issuers.contains(&self.fences[*fence].issuer) && in_force(&self.fences[*fence]);
        self.on_shape.iter().map(|role| role.country.is_some() || role.fences.iter().any(speaks)).collect()
    }

    /// The country whose outline a shape is.
    pub fn country_of(&self, shape: ShapeId) -> Option<CountryCode> {
        self.on_shape[shape.0 as usize].country
    }

    /// Whether it is known where a country is.
    pub fn has_outline(&self, country: CountryCode) -> bool {
        self.on_shape.iter().any(|role| role.country == Some(country))
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

    /// Whether an issuer has said anything, now or ever.
    pub fn has_spoken(&self, issuer: usize) -> bool {
        self.speaking[issuer]
    }

    /// How long statements are trusted after they were last compared with their source, where no other setting says so.
    pub const DEFAULT_MAX_AGE: SignedDuration = SignedDuration::from_hours(30 * 24);
}

fn step_of(revision: &Revision) -> Step {
    Step { number: revision.id.number, published_at: revision.published_at, valid: revision.valid }
}

/// All revisions by advisory, in order.
fn by_advisory(revisions: Vec<Resolved>) -> BTreeMap<AdvisoryId, Vec<Resolved>> {
    let mut advisories: BTreeMap<AdvisoryId, Vec<Resolved>> = BTreeMap::new();
    for resolved in revisions {
        advisories.entry(resolved.0.id.advisory.clone()).or_default().push(resolved);
    }
    advisories
}

fn shape_id(number: usize) -> ShapeId {
    ShapeId(u32::try_from(number).expect("fewer than 2³² shapes"))
}

/// What a shape is the outline of.
#[derive(Clone, Debug, Default)]
struct Role {
    fences: Vec<FenceId>,
    country: Option<CountryCode>,
    accuracy_m: f64,
}

impl Role {
    fn is_nobodys(&self) -> bool {
        self.fences.is_empty() && self.country.is_none()
    }
}

/// An outline with its number.
type Numbered = (usize, Arc<Shape>);

/// Collects outlines, each once, with what they are the outline of.
#[derive(Default)]
struct Outlines {
    /// How many there were before any was added.
    known: usize,
    /// Those that were added.
    added: Vec<Entry>,
    /// Of the known ones by their number, then of the added ones.
    roles: Vec<Role>,
    /// By address and accuracy.
    found: HashMap<(*const Shape, u64), usize>,
    /// By the number of vertices, with accuracy, for a shape that was resolved again.
    alike: HashMap<(usize, u64), Vec<Numbered>>,
}

impl Outlines {
    /// The outlines of an index, with its countries and without its fences.
    fn of(index: &FenceIndex) -> Self {
        let kept = |role: &Role| Role { fences: Vec::new(), ..role.clone() };
        let mut outlines =
            Self { known: index.on_shape.len(), roles: index.on_shape.iter().map(kept).collect(), ..Self::default() };
        for (ShapeId(id), shape) in index.shapes.shapes() {
            outlines.remember(shape, id as usize);
        }
        outlines
    }

    fn remember(&mut self, shape: &Arc<Shape>, number: usize) {
        let accuracy = self.roles[number].accuracy_m.to_bits();
        self.found.insert((Arc::as_ptr(shape), accuracy), number);
        self.alike.entry((shape.vertex_count(), accuracy)).or_default().push((number, Arc::clone(shape)));
    }

    /// The number of an outline, which is added if there is none like it.
    fn find_or_add(&mut self, shape: &Arc<Shape>, accuracy_m: f64) -> usize {
        let accuracy = accuracy_m.to_bits();
        if let Some(&number) = self.found.get(&(Arc::as_ptr(shape), accuracy)) {
            return number;
        }
        let alike = self.alike.get(&(shape.vertex_count(), accuracy)).into_iter().flatten();
        if let Some((number, _)) = alike.clone().find(|(_, known)| known == shape) {
            return *number;
        }
        let number = self.roles.len();
        self.added.push(Entry { shape: Arc::clone(shape), accuracy_m, policy: Policy::Closed });
        self.roles.push(Role { accuracy_m, ..Role::default() });
        self.remember(shape, number);
        number
    }
}
