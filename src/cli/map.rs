//! `--map`: one page with a map of the plan, the fences by level and the findings. It opens offline and works without scripts.
//!
//! The picture is that of [`crate::flows::picture`].

use askama::Template;

use super::check::plan::{Told, settles};
use super::{check, words};
use crate::flows::answer::LevelWords;
use crate::flows::check_itinerary::{Finding, Indeterminate, ItineraryAnswer, Subject};
use crate::flows::picture::fences::{Area, Fences};
use crate::flows::picture::{Picture, Scene};
use crate::format::itinerary::ItineraryQuery;
use crate::live::Snapshot;
use crate::model::{CountryCode, Rgb, Stop, Verdict};

#[derive(Template)]
#[template(path = "map.html")]
struct Page {
    title: String,
    verdict: Verdict,
    sentence: String,
    facts: Vec<(&'static str, String)>,
    picture: Option<Picture>,
    subjects: Vec<About>,
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
    let ends = [stops.first(), stops.last()].map(|stop| stop.map_or("", Stop::name));
    let picture = Scene::of(snapshot, query, answer).picture();
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
    };
    page.render().map_err(|e| format!("cannot draw the map: {e}"))
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
        (entry.stop, entry.name, entry.when) = (Some(i + 1), stop.name().to_owned(), when);
        all.push(entry);
        if let Some(leg) = itinerary.legs.iter().find(|leg| leg.from == i) {
            let about = |subject: &Subject| matches!(subject, Subject::Leg { id, .. } if *id == leg.id);
            let mut entry = collect(told, fences, &about, None);
            entry.id = format!("leg-{}", i + 1);
            let by = check::plan::by(leg.mode).trim_start_matches("the ");
            let (first, rest) = by.split_at(by.chars().next().map_or(0, char::len_utf8));
            entry.name = format!("{}{rest} to {}", first.to_uppercase(), itinerary.stops[leg.to].name());
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
    let colour = Rgb::parse(&level.colour).unwrap_or(Rgb(128, 128, 128));
    let index = &told.snapshot.index;
    let drawn = |area: &&Area| index.fence(area.id).revision.id == fence.revision;
    Item {
        n,
        verdict: finding.verdict,
        colour: colour.to_string(),
        light: colour.is_light(),
        code: level.code.clone(),
        names: level.names(),
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
