//! The fences on the picture: those that speak during the plan, in their issuer's colour and with a pattern of their own.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Scene;
use super::view::{View, path};
use crate::flows::answer::LevelWords;
use crate::matching::FenceId;
use crate::model::{Rgb, Severity, Verdict, Window};

/// From here on a fence is drawn even if the plan does not touch it: a traveller may want to know what lies beside the road.
const WORTH_KNOWING: Severity = Severity::AVOID_NON_ESSENTIAL;

/// With more issuers than this only the gravest are switched on at first: colours over colours say nothing.
const READABLE: usize = 3;

/// How a level looks, and what the legend says about it.
#[allow(missing_docs)]
pub struct Level {
    /// Names its class and pattern in the page.
    pub n: usize,
    pub severity: u8,
    pub colour: Rgb,
    /// A colour that stands out from the level's, drawn under it.
    pub casing: Rgb,
    pub code: String,
    pub names: String,
    /// The verdict it leads to.
    pub verdict: &'static str,
}

/// An issuer with the levels that are on the picture.
#[allow(missing_docs)]
pub struct Issuer {
    pub code: String,
    pub name: String,
    pub shown: bool,
    pub levels: Vec<Level>,
}

/// One fence.
#[allow(missing_docs)]
pub struct Area {
    pub id: FenceId,
    pub issuer: String,
    pub level: usize,
    pub patterned: bool,
    pub title: String,
    pub path: String,
    /// The number of the first finding about it.
    pub finding: Option<usize>,
}

/// What is drawn of fences, the mildest first, so that the gravest lie on top.
#[allow(missing_docs)]
pub struct Fences {
    pub issuers: Vec<Issuer>,
    pub areas: Vec<Area>,
}

/// Chooses and draws the fences.
pub(super) fn draw(scene: &Scene, view: &View) -> Fences {
    let index = &scene.snapshot.index;
    let stops = scene.plans.iter().flat_map(|plan| &plan.itinerary.stops);
    let during = stops.map(|stop| stop.window).reduce(|a, b| a.hull(&b)).unwrap_or(Window::ALWAYS);
    let lines = || scene.plans.iter().flat_map(|plan| &plan.issuers);
    let shapes: HashMap<_, _> = index.shapes().shapes().collect();
    let mut areas = Vec::new();
    let mut fences: Vec<FenceId> = (0..index.fences().len()).collect();
    fences.sort_by_key(|&id| (index.fence(id).severity, id));
    let mut looks: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    for id in fences {
        let fence = index.fence(id);
        let revision = &fence.revision;
        let finding = scene.touches().find(|touch| touch.revision == revision.id);
        let asked = lines().any(|(issuer, _)| *issuer == revision.issuer);
        let speaks = fence.in_force(scene.as_of).is_some_and(|period| during.during(&period).is_some());
        if !(asked && speaks && (finding.is_some() || fence.severity >= WORTH_KNOWING)) {
            continue;
        }
        let Some(shape) = shapes.get(&fence.shape) else { continue };
        let rings = view.rings(shape);
        if rings.is_empty() {
            continue;
        }
        let looked = looks.len();
        areas.push(Area {
            id,
            issuer: revision.issuer.to_string(),
            level: *looks.entry((fence.issuer, fence.level)).or_insert(looked),
            patterned: fence.severity.get() > 1,
            title: revision.title.pick(scene.lang).to_owned(),
            path: path(&rings),
            finding: finding.map(|touch| touch.n),
        });
    }
    let worst = scene.plans.iter().map(|plan| plan.verdict).fold(Verdict::Clear, Verdict::worse);
    let gravest = lines().find(|(_, verdict)| *verdict == worst).map(|(issuer, _)| issuer.to_string());
    let many = looks.keys().map(|(issuer, _)| issuer).collect::<BTreeSet<_>>().len() > READABLE;
    let mut issuers: BTreeMap<usize, Issuer> = BTreeMap::new();
    for ((issuer, level), n) in looks {
        let known = &index.issuers().issuers[issuer];
        let level = &known.levels[level];
        let code = known.code.to_string();
        let colour = Rgb::parse(&level.colour).unwrap_or(Rgb(128, 128, 128));
        let entry = issuers.entry(issuer).or_insert_with(|| Issuer {
            shown: !many || gravest.as_ref() == Some(&code),
            code,
            name: known.name.clone(),
            levels: Vec::new(),
        });
        entry.levels.push(Level {
            n,
            severity: level.severity.get(),
            colour,
            casing: if colour.is_light() { Rgb(40, 40, 40) } else { Rgb(255, 255, 255) },
            code: level.code.clone(),
            names: LevelWords::from(level).names(),
            verdict: Verdict::from(level.severity).as_str(),
        });
    }
    Fences { issuers: issuers.into_values().collect(), areas }
}
