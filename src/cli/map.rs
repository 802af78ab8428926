//! `--map`: one page with a map of the plan, the fences by level and the findings. It opens offline and works without scripts.
//!
//! The picture is drawn here, as SVG; names and numbers are laid over it as text, so that they keep their size on a phone.

use std::collections::BTreeSet;

use askama::Template;

use super::check::plan::{Told, settles};
use super::{check, words};
use crate::flows::answer::LevelWords;
use crate::flows::check_itinerary::{Finding, Indeterminate, ItineraryAnswer, Subject};
use crate::format::itinerary::ItineraryQuery;
use crate::live::Snapshot;
use crate::model::{CountryCode, RegionKind, Verdict};

mod fences;
mod route;
mod view;

use fences::Fences;
use route::{Label, Mark, Way};
use view::View;

/// Countries smaller than this part of the picture are drawn without their name.
const NAMED_SHARE: f64 = 0.03;

#[derive(Template)]
#[template(path = "map.html")]
struct Page {
    title: String,
    verdict: Verdict,
    sentence: String,
    facts: Vec<(&'static str, String)>,
    picture: Option<Picture>,
    subjects: Vec<About>,
    credits: Vec<String>,
}

pub(super) struct Picture {
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
}

/// The number of a finding, at the place where the way enters its area.
pub(super) struct Number {
    pub n: usize,
    pub left: f64,
    pub top: f64,
    /// How many stand at the same place before it.
    pub beside: usize,
    pub title: String,
    pub issuer: String,
}

/// A stop or leg with what is to be said about it.
pub(super) struct About {
    pub id: String,
    pub stop: Option<usize>,
    pub name: String,
    pub when: String,
    pub findings: Vec<Item>,
    pub gaps: Vec<Doubt>,
}

/// One finding in words.
pub(super) struct Item {
    pub n: usize,
    pub verdict: Verdict,
    pub colour: String,
    pub light: bool,
    pub code: String,
    pub names: String,
    pub issuer: String,
    pub title: String,
    pub whom: String,
    pub governs: bool,
    pub details: Vec<String>,
    pub text: String,
    pub effects: Vec<String>,
    pub revision: String,
    /// Empty unless it is a web address.
    pub source: String,
    pub area: Option<usize>,
}

/// What is not known for one reason.
pub(super) struct Doubt {
    pub details: Vec<String>,
    pub settles: &'static str,
}

/// Draws the page.
pub(super) fn page(snapshot: &Snapshot, query: &ItineraryQuery, answer: &ItineraryAnswer) -> Result<String, String> {
    let told = Told { snapshot, query, answer };
    let stops = &query.itinerary.stops;
    let ends = [stops.first(), stops.last()].map(|stop| stop.map_or("", check::plan::name));
    let mut credits = BTreeSet::new();
    let picture = drawn(&told, &mut credits);
    let mut facts = vec![("As known", words::instant(answer.as_of, &told.first_zone()))];
    if let Some(reference) = &answer.reference {
        facts.insert(0, ("Trip", reference.clone()));
    }
    for (id, traveller) in &query.itinerary.party {
        let nationalities: Vec<&str> = traveller.nationalities.iter().map(CountryCode::as_str).collect();
        facts.push(("Traveller", format!("{id} {}", nationalities.join("+"))));
    }
    let page = Page {
        title: format!("{} – {}", ends[0], ends[1]),
        verdict: answer.verdict,
        sentence: told.sentence(),
        facts,
        subjects: subjects(&told, picture.as_ref().map(|picture| &picture.fences)),
        picture,
        credits: credits.into_iter().collect(),
    };
    page.render().map_err(|e| format!("cannot draw the map: {e}"))
}

/// The picture of a plan, if any of its places is known; whom the outlines are from goes to `credits`.
pub(super) fn drawn(told: &Told, credits: &mut BTreeSet<String>) -> Option<Picture> {
    View::around(&route::places(told)).map(|view| picture(told, &view, credits))
}

fn picture(told: &Told, view: &View, credits: &mut BTreeSet<String>) -> Picture {
    let (mut lands, mut countries) = (Vec::new(), Vec::new());
    let avoid: Vec<view::Dot> = route::places(told).iter().map(|at| view.dot(at[0], at[1])).collect();
    for region in told.snapshot.regions.iter().filter(|region| region.kind == RegionKind::Country) {
        let rings = region.shape().map(|shape| view.rings(shape)).unwrap_or_default();
        if rings.is_empty() {
            continue;
        }
        credits.insert(region.attribution.clone().unwrap_or_else(|| format!("{}, {}", region.source, region.licence)));
        let area = |ring: &Vec<view::Dot>| view::area(ring);
        let largest = rings.iter().max_by(|a, b| area(a).total_cmp(&area(b)));
        if let Some(ring) = largest.filter(|ring| area(ring) > NAMED_SHARE * view::WIDTH * view.height)
            && let Some(dot) = view.roomiest(ring, &avoid)
        {
            let name = region.names.pick(&told.query.lang).to_owned();
            countries.push((100.0 * dot[0] / view::WIDTH, 100.0 * dot[1] / view.height, name));
        }
        lands.push(view::path(&rings));
    }
    let fences = fences::draw(told, view);
    let ways = route::ways(told, view);
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
        marks: route::marks(told, view, &fences),
        labels: route::labels(told, view),
        numbers: numbers(told, view),
        fences,
    }
}

/// The numbers of the findings along ways, side by side where several begin at one place.
fn numbers(told: &Told, view: &View) -> Vec<Number> {
    let mut placed: Vec<view::Dot> = Vec::new();
    let mut numbers = Vec::new();
    for (n, finding) in (1..).zip(&told.answer.findings) {
        let Some(way) = finding.way.as_ref().filter(|_| finding.governs && finding.verdict != Verdict::Clear) else {
            continue;
        };
        let dot = view.dot(way.enters_at[0], way.enters_at[1]);
        let near = |other: &view::Dot| (other[0] - dot[0]).hypot(other[1] - dot[1]) < 30.0;
        let beside = placed.iter().filter(|other| near(other)).count();
        let at = placed.iter().find(|other| near(other)).copied().unwrap_or(dot);
        placed.push(at);
        numbers.push(Number {
            n,
            left: 100.0 * at[0] / view::WIDTH,
            top: 100.0 * at[1] / view.height,
            beside,
            title: finding.fence.title.clone(),
            issuer: finding.fence.issuer.to_string(),
        });
    }
    numbers
}

/// The plan in its order, with everything that is to be said.
pub(super) fn subjects(told: &Told, fences: Option<&Fences>) -> Vec<About> {
    let itinerary = &told.query.itinerary;
    let mut all = Vec::new();
    for (i, stop) in itinerary.stops.iter().enumerate() {
        let zone = stop.place.as_ref().ok().map(|place| place.zone.clone());
        let when = words::span(stop.window.from, stop.window.to, &zone.clone().unwrap_or_else(|| told.first_zone()));
        let about = |subject: &Subject| matches!(subject, Subject::Stop { id, .. } if *id == stop.id);
        let mut entry = collect(told, fences, &about, zone.as_ref());
        entry.id = format!("stop-{}", i + 1);
        (entry.stop, entry.name, entry.when) = (Some(i + 1), check::plan::name(stop).to_owned(), when);
        all.push(entry);
        if let Some(leg) = itinerary.legs.iter().find(|leg| leg.from == i) {
            let about = |subject: &Subject| matches!(subject, Subject::Leg { id, .. } if *id == leg.id);
            let mut entry = collect(told, fences, &about, None);
            entry.id = format!("leg-{}", i + 1);
            let by = check::plan::by(leg.mode).trim_start_matches("the ");
            let (first, rest) = by.split_at(by.chars().next().map_or(0, char::len_utf8));
            entry.name = format!("{}{rest} to {}", first.to_uppercase(), check::plan::name(&itinerary.stops[leg.to]));
            entry.when = leg.line.as_ref().map(|line| words::metres(line.length_m())).unwrap_or_default();
            all.push(entry);
        }
    }
    all
}

fn collect(
    told: &Told,
    fences: Option<&Fences>,
    about: &dyn Fn(&Subject) -> bool,
    zone: Option<&jiff::tz::TimeZone>,
) -> About {
    let findings = (1..).zip(&told.answer.findings).filter(|(_, finding)| about(&finding.subject));
    let gaps: Vec<&Indeterminate> = told.answer.indeterminate.iter().filter(|entry| about(&entry.subject)).collect();
    let said = |entry: &&Indeterminate| match told.concerned(&entry.travellers) {
        whom if whom.is_empty() => entry.detail.clone(),
        whom => format!("{}{whom}", entry.detail),
    };
    let doubt = |alike: &[&Indeterminate]| Doubt {
        details: alike.iter().map(said).collect(),
        settles: settles(alike[0].reason),
    };
    About {
        id: String::new(),
        stop: None,
        name: String::new(),
        when: String::new(),
        findings: findings.map(|(n, finding)| item(told, fences, n, finding, zone)).collect(),
        gaps: gaps.chunk_by(|a, b| a.reason == b.reason).map(doubt).collect(),
    }
}

fn item(told: &Told, fences: Option<&Fences>, n: usize, finding: &Finding, zone: Option<&jiff::tz::TimeZone>) -> Item {
    let fence = &finding.fence;
    let level: &LevelWords = &fence.level;
    let colour = super::colour::Rgb::parse(&level.colour).unwrap_or(super::colour::Rgb(128, 128, 128));
    let index = &told.snapshot.index;
    let drawn = |area: &&fences::Area| index.fence(area.id).revision.id == fence.revision;
    Item {
        n,
        verdict: finding.verdict,
        colour: colour.to_string(),
        light: colour.is_light(),
        code: level.code.clone(),
        names: words::level_names(level),
        issuer: fence.issuer.to_string(),
        title: fence.title.clone(),
        whom: told.concerned(&finding.travellers),
        governs: finding.governs,
        details: told.details(finding, zone),
        text: fence.text.clone(),
        effects: finding.legal_effects.iter().filter_map(words::legal_effect).collect(),
        revision: fence.revision.to_string(),
        // an address from a data file must not become a script
        source: Some(&fence.source_url)
            .filter(|url| url.starts_with("https://") || url.starts_with("http://"))
            .cloned()
            .unwrap_or_default(),
        area: fences.and_then(|fences| fences.areas.iter().find(drawn)).map(|area| area.id),
    }
}
