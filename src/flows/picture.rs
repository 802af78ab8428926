//! A picture of plans: the countries, the fences by level, the ways and where they run inside a fence.
//!
//! It is drawn here, as SVG; names and numbers are laid over it as text, so that they keep their size on a phone.

use std::borrow::Cow;
use std::collections::BTreeSet;

use jiff::Timestamp;

use super::check_itinerary::{Finding, ItineraryAnswer};
use crate::format::itinerary::ItineraryQuery;
use crate::live::Snapshot;
use crate::model::{IssuerCode, Itinerary, RegionKind, RevisionId, Verdict};

pub mod fences;
mod view;
mod ways;

use fences::Fences;
use view::View;
use ways::{Label, Mark, Way};

/// Countries smaller than this part of the picture are drawn without their name.
const NAMED_SHARE: f64 = 0.03;

/// What is to be drawn.
pub struct Scene<'a> {
    /// What knows the fences and the countries.
    pub snapshot: &'a Snapshot,
    /// The language of names.
    pub lang: &'a str,
    /// What was known at this instant.
    pub as_of: Timestamp,
    /// How far on either side of a way the true one may run, in metres.
    pub corridor_m: f64,
    /// The plans, with what was found about each.
    pub plans: Vec<Plan<'a>>,
}

/// One plan on the picture.
pub struct Plan<'a> {
    /// Where it leads.
    pub itinerary: Cow<'a, Itinerary>,
    /// What it leads to.
    pub verdict: Verdict,
    /// Every issuer that was consulted, with what it concludes.
    pub issuers: Vec<(IssuerCode, Verdict)>,
    /// What touches it, in the order of its findings.
    pub touches: Vec<Touch>,
}

/// A finding about a plan.
pub struct Touch {
    /// The number that the page gives it.
    pub n: usize,
    /// The revision.
    pub revision: RevisionId,
    /// Where the stop or leg is in the caller's document.
    pub source_pointer: String,
    /// Longitude and latitude of where the way enters it.
    pub enters_at: Option<[f64; 2]>,
    /// Whether it is of concern: it governs, and is not clear.
    pub concerns: bool,
}

/// A picture, ready for `picture.html`.
#[allow(missing_docs)]
pub struct Picture {
    /// Which kinds of ways there are, for the legend.
    pub given: bool,
    pub air: bool,
    pub unknown: bool,
    pub width: f64,
    pub height: f64,
    pub lands: Vec<String>,
    pub countries: Vec<(f64, f64, String)>,
    pub fences: Fences,
    pub ways: Vec<Way>,
    pub marks: Vec<Mark>,
    pub labels: Vec<Label>,
    pub numbers: Vec<Number>,
    /// Whom the outlines are from.
    pub credits: BTreeSet<String>,
}

/// The number of a finding, at the place where the way enters its area.
#[allow(missing_docs)]
pub struct Number {
    pub n: usize,
    pub left: f64,
    pub top: f64,
    /// How many stand at the same place before it.
    pub beside: usize,
    pub title: String,
    pub issuer: String,
}

impl<'a> Scene<'a> {
    /// The scene of one plan and the answer about it.
    pub fn of(snapshot: &'a Snapshot, query: &'a ItineraryQuery, answer: &ItineraryAnswer) -> Self {
        let lines = answer.party.iter().flat_map(|member| &member.issuers);
        let touch = |(n, finding): (usize, &Finding)| Touch {
            n,
            revision: finding.fence.revision.clone(),
            source_pointer: finding.source_pointer.clone(),
            enters_at: finding.way.as_ref().map(|way| way.enters_at),
            concerns: finding.governs && finding.verdict != Verdict::Clear,
        };
        let plan = Plan {
            itinerary: Cow::Borrowed(&query.itinerary),
            verdict: answer.verdict,
            issuers: lines.map(|line| (line.issuer.clone(), line.verdict)).collect(),
            touches: (1..).zip(&answer.findings).map(touch).collect(),
        };
        Self { snapshot, lang: &query.lang, as_of: query.as_of, corridor_m: query.corridor_m, plans: vec![plan] }
    }

    /// The picture, if any of its places is known.
    pub fn picture(&self) -> Option<Picture> {
        View::around(&ways::places(self)).map(|view| self.drawn(&view))
    }

    fn drawn(&self, view: &View) -> Picture {
        let (mut lands, mut countries, mut credits) = (Vec::new(), Vec::new(), BTreeSet::new());
        let avoid: Vec<view::Dot> = ways::places(self).iter().map(|at| view.dot(at[0], at[1])).collect();
        for region in self.snapshot.regions.iter().filter(|region| region.kind == RegionKind::Country) {
            let rings = region.shape().map(|shape| view.rings(shape)).unwrap_or_default();
            if rings.is_empty() {
                continue;
            }
            let origin = || format!("{}, {}", region.source, region.licence);
            credits.insert(region.attribution.clone().unwrap_or_else(origin));
            let area = |ring: &Vec<view::Dot>| view::area(ring);
            let largest = rings.iter().max_by(|a, b| area(a).total_cmp(&area(b)));
            if let Some(ring) = largest.filter(|ring| area(ring) > NAMED_SHARE * view::WIDTH * view.height)
                && let Some(dot) = view.roomiest(ring, &avoid)
            {
                let name = region.names.pick(self.lang).to_owned();
                countries.push((100.0 * dot[0] / view::WIDTH, 100.0 * dot[1] / view.height, name));
            }
            lands.push(view::path(&rings));
        }
        let fences = fences::draw(self, view);
        let ways = ways::ways(self, view);
        let has = |kind: &str| ways.iter().any(|way| way.kind == kind);
        Picture {
            given: has("given"),
            air: has("air"),
            unknown: has("unknown"),
            width: view::WIDTH,
            height: view.height,
            lands,
            countries,
            ways,
            marks: ways::marks(self, view, &fences),
            labels: ways::labels(self, view),
            numbers: self.numbers(view),
            fences,
            credits,
        }
    }

    /// What touches any of the plans, in the order of the findings.
    fn touches(&self) -> impl Iterator<Item = &Touch> {
        self.plans.iter().flat_map(|plan| &plan.touches)
    }

    /// The numbers of the findings along ways, side by side where several begin at one place.
    fn numbers(&self, view: &View) -> Vec<Number> {
        let index = &self.snapshot.index;
        let mut placed: Vec<view::Dot> = Vec::new();
        let mut numbers = Vec::new();
        for touch in self.touches() {
            let Some(enters_at) = touch.enters_at.filter(|_| touch.concerns) else { continue };
            let Some(fence) = index.fences().iter().find(|fence| fence.revision.id == touch.revision) else { continue };
            let dot = view.dot(enters_at[0], enters_at[1]);
            let near = |other: &view::Dot| (other[0] - dot[0]).hypot(other[1] - dot[1]) < 30.0;
            let beside = placed.iter().filter(|other| near(other)).count();
            let at = placed.iter().find(|other| near(other)).copied().unwrap_or(dot);
            placed.push(at);
            numbers.push(Number {
                n: touch.n,
                left: 100.0 * at[0] / view::WIDTH,
                top: 100.0 * at[1] / view.height,
                beside,
                title: fence.revision.title.pick(self.lang).to_owned(),
                issuer: fence.revision.issuer.to_string(),
            });
        }
        numbers
    }
}
