//! The answer about a travel plan, for people: who, then stop by stop and leg by leg.

use std::collections::{BTreeSet, HashMap};

use jiff::tz::TimeZone;

use super::fact;
use super::position::{legal_effects, level_cells, zone_at};
use crate::cli::colour::Style;
use crate::cli::page::Page;
use crate::cli::table::{Cell, Table};
use crate::cli::words;
use crate::flows::answer::{FenceWords, PlacementWord};
use crate::flows::check_itinerary::{Finding, Indeterminate, ItineraryAnswer, Reason, Subject, WaySource};
use crate::format::itinerary::ItineraryQuery;
use crate::geometry::Position;
use crate::live::Snapshot;
use crate::matching::GapCode;
use crate::model::{CountryCode, Leg, Mode, RevisionId, Stop, Transit, Verdict};

/// How many passages of a way through one area are told each by itself.
const PASSAGES: usize = 8;

/// An answer with everything that its words are taken from.
pub(in crate::cli) struct Told<'a> {
    pub snapshot: &'a Snapshot,
    pub query: &'a ItineraryQuery,
    pub answer: &'a ItineraryAnswer,
}

/// The whole answer.
pub(super) fn render(snapshot: &Snapshot, query: &ItineraryQuery, answer: &ItineraryAnswer) -> String {
    let told = Told { snapshot, query, answer };
    let mut page = Page::new();
    let (verdict, style) = words::verdict(answer.verdict);
    page.paragraph(0, &[(&verdict, style), (&told.sentence(), Style::Plain)]);
    page.gap();
    if let Some(reference) = &answer.reference {
        fact(&mut page, "Trip", reference);
    }
    fact(&mut page, "As known", &words::instant(answer.as_of, &told.first_zone()));
    page.gap();
    page.table(0, &told.party(&page));
    page.heading("Stop by stop, in local time at each place");
    for (i, stop) in query.itinerary.stops.iter().enumerate() {
        told.stop(&mut page, i, stop);
        if let Some(leg) = query.itinerary.legs.iter().find(|leg| leg.from == i) {
            told.leg(&mut page, leg);
        }
    }
    told.notes(&mut page);
    legal_effects(&mut page, answer.party.iter().flat_map(|member| &member.issuers));
    page.finish()
}

impl Told<'_> {
    /// The verdict as a sentence, after its word.
    pub fn sentence(&self) -> String {
        let (answer, party) = (self.answer, &self.query.itinerary.party);
        let everybody = words::whom(party.iter().map(|(_, traveller)| traveller));
        if answer.verdict == Verdict::Indeterminate {
            let entry = answer.indeterminate.first();
            let why = entry.map(|entry| format!("{}: {}", self.subject(&entry.subject), entry.detail));
            return format!("{everybody}: {}.", why.as_deref().unwrap_or("a part of the plan could not be determined"));
        }
        let mut governing = answer.findings.iter().filter(|finding| finding.governs);
        if let Some(worst) = governing.find(|finding| finding.verdict == answer.verdict) {
            let theirs = party.iter().filter(|(id, _)| worst.travellers.contains(id)).map(|(_, traveller)| traveller);
            let exempted = worst.exemption.as_ref().map(|e| format!("; exempted, {}", words::exemption(e.kind)));
            return format!(
                "{}: {} {} {}, at {}, says {}{}.",
                words::whom(theirs),
                self.subject(&worst.subject),
                touch(worst),
                worst.fence.title,
                words::level(&worst.fence.level),
                worst.fence.issuer,
                exempted.unwrap_or_default()
            );
        }
        let issuers = answer.party.iter().flat_map(|member| &member.issuers).map(|line| line.issuer.to_string());
        let names: BTreeSet<String> = issuers.collect();
        let names = words::list(names.into_iter());
        format!("{everybody}: nothing said by {names} about this plan goes beyond normal precautions.")
    }

    /// What was left out of the document, and what was assumed about it.
    fn notes(&self, page: &mut Page) {
        if self.answer.notes.is_empty() {
            return;
        }
        page.heading("Left out of the document, or assumed about it");
        for note in &self.answer.notes {
            let place = if note.pointer.is_empty() { "the document" } else { &note.pointer };
            page.paragraph(2, &[(place, Style::Dim), (": ", Style::Dim), (&note.detail, Style::Plain)]);
        }
    }

    /// A stop or leg as part of a sentence.
    pub fn subject(&self, subject: &Subject) -> String {
        match subject {
            Subject::Stop { place, id } if place.is_empty() => format!("the stop {id}"),
            Subject::Stop { place, .. } => format!("the stop in {place}"),
            Subject::Leg { id, mode } => match self.query.itinerary.legs.iter().find(|leg| leg.id == *id) {
                Some(leg) => {
                    let stops = &self.query.itinerary.stops;
                    format!("{} from {} to {}", by(*mode), stops[leg.from].name(), stops[leg.to].name())
                }
                None => by(*mode).to_owned(),
            },
        }
    }

    /// The zone in which the plan begins.
    pub fn first_zone(&self) -> TimeZone {
        self.query.itinerary.stops.iter().find_map(zone).unwrap_or(TimeZone::UTC)
    }

    /// A row for each traveller and issuer.
    fn party(&self, page: &Page) -> Table {
        let mut table = Table::new(&["TRAVELLER", "ISSUER", "LEVEL", "", "VERDICT", "BY", "SOURCE"]);
        let shown: HashMap<&RevisionId, &FenceWords> =
            self.answer.findings.iter().map(|finding| (&finding.fence.revision, &finding.fence)).collect();
        for (member, (_, traveller)) in self.answer.party.iter().zip(&self.query.itinerary.party) {
            let nationalities: Vec<&str> = traveller.nationalities.iter().map(CountryCode::as_str).collect();
            for line in &member.issuers {
                let (verdict, style) = words::verdict(line.verdict);
                let fence = line.governing.as_ref().and_then(|governing| shown.get(governing));
                let (code, names) = level_cells(page, line);
                table.row(vec![
                    format!("{} {}", member.traveller, nationalities.join("+")).into(),
                    line.issuer.to_string().into(),
                    code,
                    names,
                    Cell::new(verdict, style),
                    fence.map(|fence| fence.title.clone()).unwrap_or_default().into(),
                    fence.map(|fence| fence.source_url.clone()).unwrap_or_default().into(),
                ]);
            }
        }
        table
    }

    fn stop(&self, page: &mut Page, i: usize, stop: &Stop) {
        let when = match zone(stop) {
            Some(zone) => words::span(stop.window.from, stop.window.to, &zone),
            None => words::span(stop.window.from, stop.window.to, &TimeZone::UTC),
        };
        let change = match stop.transit {
            Some(Transit::Airside) => ", changing planes without entering the country (counts one class lower)",
            Some(Transit::Landside) => ", only changing",
            None => "",
        };
        page.gap();
        page.paragraph(
            0,
            &[
                (&format!("{}. ", i + 1), Style::Bold),
                (stop.name(), Style::Bold),
                (&format!("  {when}{change}"), Style::Plain),
            ],
        );
        let about = |subject: &Subject| matches!(subject, Subject::Stop { id, .. } if *id == stop.id);
        self.about(page, &about, zone(stop).as_ref(), "no area of concern");
    }

    fn leg(&self, page: &mut Page, leg: &Leg) {
        let stops = &self.query.itinerary.stops;
        let found = self.answer.ways.iter().find(|ways| ways.leg == leg.id);
        let length = leg.line.as_ref().map(|line| format!(", {}", words::metres(line.length_m()))).unwrap_or_default();
        let way = match (&leg.line, leg.mode) {
            (_, Mode::Air) => "; an overflight is not an entry, the stops count",
            (None, mode) if mode.is_overland() && !found.is_some_and(|ways| ways.source == WaySource::Router) => {
                "; the way is not known"
            }
            _ => "",
        };
        let text = format!("{} to {}{length}{way}", by(leg.mode), stops[leg.to].name());
        page.gap();
        page.paragraph(3, &[("↓ ", Style::Bold), (&text, Style::Plain)]);
        for line in found.map(super::ways::told).unwrap_or_default() {
            page.paragraph(5, &[(&line, Style::Plain)]);
        }
        let about = |subject: &Subject| matches!(subject, Subject::Leg { id, .. } if *id == leg.id);
        let nothing = if leg.mode.is_overland() { "no area of concern" } else { "" };
        self.about(page, &about, None, nothing);
    }

    /// Everything about one stop or leg; `nothing` where there is nothing.
    fn about(&self, page: &mut Page, about: &dyn Fn(&Subject) -> bool, zone: Option<&TimeZone>, nothing: &str) {
        let mut silent = true;
        for finding in self.answer.findings.iter().filter(|finding| about(&finding.subject)) {
            silent = false;
            self.finding(page, finding, zone);
        }
        let gaps: Vec<&Indeterminate> =
            self.answer.indeterminate.iter().filter(|entry| about(&entry.subject)).collect();
        for alike in gaps.chunk_by(|a, b| a.reason == b.reason) {
            silent = false;
            for entry in alike {
                self.gap(page, entry);
            }
            page.paragraph(9, &[("To settle it: ", Style::Dim), (settles(alike[0].reason), Style::Plain)]);
        }
        if silent && !nothing.is_empty() {
            page.paragraph(5, &[(nothing, Style::Dim)]);
        }
    }

    fn finding(&self, page: &mut Page, finding: &Finding, zone: Option<&TimeZone>) {
        let fence = &finding.fence;
        let (verdict, style) = words::verdict(finding.verdict);
        let title = format!(" {}, {}", fence.title, fence.level.names());
        page.paragraph(
            5,
            &[
                (&page.chip(&fence.level.code), words::level_style(&fence.level)),
                (&title, if finding.governs { Style::Bold } else { Style::Plain }),
                (" · ", Style::Plain),
                (&verdict, style),
                (&format!(", says {}{}", fence.issuer, self.concerned(&finding.travellers)), Style::Plain),
            ],
        );
        for line in self.details(finding, zone) {
            page.paragraph(9, &[(&line, Style::Plain)]);
        }
        page.paragraph(9, &[(&format!("{}, {}", fence.revision, fence.source_url), Style::Dim)]);
    }

    /// Where and when, why not, and on what ground somebody is let through.
    pub fn details(&self, finding: &Finding, zone: Option<&TimeZone>) -> Vec<String> {
        let (snapshot, fence) = (self.snapshot, &finding.fence);
        let mut details = Vec::new();
        if let Some(way) = &finding.way {
            let place = |at: [f64; 2]| format!("{:.5}, {:.5}", at[1], at[0]);
            let there = |at: [f64; 2]| Position::new(at[1], at[0]).map_or(TimeZone::UTC, |p| zone_at(snapshot, p));
            if let Some(usual) = &finding.usual_way {
                details.push(format!("on the usual way, {usual}; whether the leg takes it is not known"));
            } else if way.source == WaySource::Router && way.option > 0 {
                details.push(format!("on way {} of those found", way.option + 1));
            }
            let doubt = if finding.placement == PlacementWord::Possible { ", possibly" } else { "" };
            details.push(format!("{} inside{doubt}; {}", words::metres(way.inside_m), words::outline(fence)));
            let line = |what: &str, along, at, when| {
                format!("{what} after {} at {}{}", words::metres(along), place(at), words::about(when, &there(at)))
            };
            for passage in way.passages.iter().take(PASSAGES) {
                details.push(line("enters", passage.enters_m, passage.enters_at, passage.from));
                details.push(line("leaves", passage.leaves_m, passage.leaves_at, passage.to));
            }
            if way.passage_count > PASSAGES {
                details.push(format!("enters {} times in all", way.passage_count));
                details.push(line("leaves for the last time", way.leaves_m, way.leaves_at, finding.to));
            }
        } else {
            if let Some(usual) = &finding.usual_way {
                details.push(format!("at the usual crossing {usual}; whether the leg takes it is not known"));
            }
            let when = words::span(finding.from, finding.to, zone.unwrap_or(&self.first_zone()));
            let placement = words::placement(finding.placement, None, false);
            details.push(format!("{placement}, {when}; {}", words::outline(fence)));
        }
        if let Some(above) = &finding.outranked_by {
            details.push(words::outranked(snapshot, fence, above));
        }
        if let Some(exemption) = &finding.exemption {
            let ground = words::exemption(exemption.kind);
            details.push(format!("exempted, {ground}: {} {}", exemption.text, exemption.source_url));
        }
        details
    }

    /// For whom, where that is not everybody.
    pub fn concerned(&self, travellers: &[String]) -> String {
        if travellers.len() == self.query.itinerary.party.len() {
            String::new()
        } else {
            format!(" for {}", words::list(travellers.iter().cloned()))
        }
    }

    fn gap(&self, page: &mut Page, entry: &Indeterminate) {
        let (verdict, style) = words::verdict(Verdict::Indeterminate);
        page.paragraph(
            5,
            &[
                (&verdict, style),
                (&self.concerned(&entry.travellers), Style::Plain),
                (": ", Style::Plain),
                (&entry.detail, Style::Plain),
            ],
        );
        if !entry.revisions.is_empty() {
            let revisions = words::list(entry.revisions.iter().map(ToString::to_string));
            page.paragraph(9, &[("Within reach: ", Style::Dim), (&revisions, Style::Plain)]);
        }
    }
}

/// What would settle a doubt.
pub(in crate::cli) fn settles(reason: Reason) -> &'static str {
    match reason {
        Reason::UnresolvedPlace => "give the place's lat and lon",
        Reason::RoutingFailed => "ask again when the routing engine answers, or give the way in the leg's `geometry`",
        Reason::MissingRoute => "give the way as a GeoJSON LineString in the leg's `geometry`",
        Reason::NotCovered => words::settles(GapCode::NotCovered),
        Reason::BeforeRecords => words::settles(GapCode::BeforeRecords),
        Reason::Stale => words::settles(GapCode::Stale),
        Reason::DoubtfulDocument => "correct the document, or give the plan with `stops` of its own",
        Reason::RefusedFile => words::settles(GapCode::RefusedFile),
    }
}

fn zone(stop: &Stop) -> Option<TimeZone> {
    stop.place.as_ref().ok().map(|place| place.zone.clone())
}

/// How somebody moves, as the beginning of a sentence's subject.
pub(in crate::cli) fn by(mode: Mode) -> &'static str {
    match mode {
        Mode::Air => "the flight",
        Mode::Rail => "the train",
        Mode::Bus => "the bus",
        Mode::Car => "the drive",
        Mode::Ferry => "the ferry",
        Mode::Foot => "the walk",
        Mode::Stay => "the stay",
        Mode::Unknown => "the leg",
    }
}

/// How a stop or leg touches an area.
fn touch(finding: &Finding) -> String {
    match (&finding.way, finding.placement) {
        (Some(way), PlacementWord::Inside) => format!("runs {} through", words::metres(way.inside_m)),
        (Some(_), PlacementWord::Possible) => "may run through".to_owned(),
        (None, PlacementWord::Inside) => "lies in".to_owned(),
        (None, PlacementWord::Possible) => "may lie in".to_owned(),
    }
}
