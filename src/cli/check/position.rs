//! The answer about a position, for people.

use jiff::tz::TimeZone;

use super::fact;
use crate::cli::colour::Style;
use crate::cli::page::Page;
use crate::cli::table::{Cell, Table};
use crate::cli::words;
use crate::flows::answer::Line;
use crate::flows::check_location::{LocationAnswer, LocationMatch};
use crate::format::location::LocationQuery;
use crate::geometry::Position;
use crate::live::Snapshot;
use crate::matching::Gap;
use crate::model::{CountryCode, PlaceQuery, Verdict};

/// The whole answer.
pub(super) fn render(snapshot: &Snapshot, query: &LocationQuery, answer: &LocationAnswer) -> String {
    let zone = zone_at(snapshot, query.position);
    let mut page = Page::new();
    let (verdict, style) = words::verdict(answer.verdict);
    page.paragraph(0, &[(&verdict, style), (&sentence(query, answer, &zone), Style::Plain)]);
    page.gap();
    fact(&mut page, "Position", &place(snapshot, query, answer));
    fact(&mut page, "At", &format!("{}, local time there", words::instant(answer.at, &zone)));
    if answer.as_of != answer.at {
        fact(&mut page, "As known", &words::instant(answer.as_of, &zone));
    }
    page.gap();
    page.table(0, &lines(&page, answer, &zone));
    if !answer.matches.is_empty() {
        page.heading("Areas around the position");
    }
    for found in &answer.matches {
        describe(&mut page, snapshot, found, &zone);
    }
    legal_effects(&mut page, &answer.issuers);
    gaps(&mut page, &answer.issuers);
    page.finish()
}

/// The time zone at a position: that of the nearest place known.
pub(super) fn zone_at(snapshot: &Snapshot, position: Position) -> TimeZone {
    let place = snapshot.gazetteer.find(&PlaceQuery::At { position, name: None });
    place.map_or(TimeZone::UTC, |place| place.zone)
}

/// The verdict as a sentence, after its word.
fn sentence(query: &LocationQuery, answer: &LocationAnswer, zone: &TimeZone) -> String {
    let whom = words::whom(std::iter::once(&query.traveller));
    let worst = answer.matches.iter().filter(|m| m.governs).find(|m| m.verdict == answer.verdict);
    let consulted = || words::list(answer.issuers.iter().map(|line| line.issuer.to_string()));
    match (answer.verdict, worst) {
        (Verdict::Indeterminate, _) => {
            let gap = answer.issuers.iter().flat_map(|line| &line.indeterminate).next();
            format!("{whom}: {}.", gap.map_or("something needed is not known", |gap| gap.detail.as_str()))
        }
        (_, Some(worst)) => {
            let title = &worst.fence.title;
            let exempted = worst.exemption.as_ref().map(|e| format!("; exempted, {}", words::exemption(e.kind)));
            format!(
                "{whom}: {title} is at {}, says {}{}.",
                words::level(&worst.fence.level),
                worst.fence.issuer,
                exempted.unwrap_or_default()
            )
        }
        (_, None) => {
            let at = words::instant(answer.at, zone);
            format!("{whom}: nothing said by {} about this place at {at} goes beyond normal precautions.", consulted())
        }
    }
}

fn place(snapshot: &Snapshot, query: &LocationQuery, answer: &LocationAnswer) -> String {
    let position = query.position;
    let accuracy = match position.accuracy_m() {
        0.0 => String::new(),
        m => format!(", known to {}", words::metres(m)),
    };
    let countries = match answer.countries.as_slice() {
        [] => "in no country".to_owned(),
        some => format!("in {}", some.iter().map(|c| country_name(snapshot, *c)).collect::<Vec<_>>().join(" or ")),
    };
    format!("{}, {}{accuracy}, {countries}", position.lat(), position.lon())
}

fn country_name(snapshot: &Snapshot, code: CountryCode) -> String {
    let region = snapshot.regions.get(&code.into());
    region.map_or_else(|| code.to_string(), |region| format!("{} ({code})", region.names.pick("en")))
}

/// A row for each issuer.
fn lines(page: &Page, answer: &LocationAnswer, zone: &TimeZone) -> Table {
    let mut table = Table::new(&["ISSUER", "LEVEL", "", "VERDICT", "IN FORCE SINCE", "SOURCE"]);
    for line in &answer.issuers {
        let (verdict, style) = words::verdict(line.verdict);
        let governing = answer.matches.iter().find(|m| Some(&m.fence.revision) == line.governing.as_ref());
        let (code, names) = level_cells(page, line);
        table.row(vec![
            line.issuer.to_string().into(),
            code,
            names,
            Cell::new(verdict, style),
            governing.map(|m| words::in_force(&m.fence, zone)).unwrap_or_default().into(),
            governing.map(|m| m.fence.source_url.clone()).unwrap_or_default().into(),
        ]);
    }
    table
}

/// The level of a line: its code on the issuer's colour, and its names.
pub(super) fn level_cells(page: &Page, line: &Line) -> (Cell, Cell) {
    match &line.level {
        Some(level) => (Cell::new(page.chip(&level.code), words::level_style(level)), level.names().into()),
        None if line.indeterminate.is_empty() => ("".into(), Cell::new("says nothing about it", Style::Dim)),
        None => ("".into(), Cell::new("not known", Style::Dim)),
    }
}

/// One area: what it is, how the position lies in it, and what stands above it.
fn describe(page: &mut Page, snapshot: &Snapshot, found: &LocationMatch, zone: &TimeZone) {
    let fence = &found.fence;
    let mark = if found.governs { ("▸ ", Style::Bold) } else { ("  ", Style::Plain) };
    let code = page.chip(&fence.level.code);
    let title = format!(" {}", fence.title);
    let rest = format!(" {} · ", fence.level.names());
    let (verdict, style) = words::verdict(found.verdict);
    let title_style = if found.governs { Style::Bold } else { Style::Plain };
    page.paragraph(
        0,
        &[
            mark,
            (&code, words::level_style(&fence.level)),
            (&title, title_style),
            (", ", Style::Plain),
            (rest.trim_start(), Style::Plain),
            (&verdict, style),
            (&format!(", says {}", fence.issuer), Style::Plain),
        ],
    );
    let placement = words::placement(found.placement, found.margin_m, found.on_border);
    page.paragraph(4, &[(&format!("{placement}; {}", words::outline(fence)), Style::Plain)]);
    if let Some(above) = &found.outranked_by {
        page.paragraph(4, &[(&words::outranked(snapshot, fence, above), Style::Plain)]);
    }
    if let Some(exemption) = &found.exemption {
        let text =
            format!("exempted, {}: {} {}", words::exemption(exemption.kind), exemption.text, exemption.source_url);
        page.paragraph(4, &[(&text, Style::Bold)]);
    }
    if found.governs && !fence.text.is_empty() {
        page.paragraph(4, &[(&fence.text, Style::Plain)]);
    }
    let origin = format!("{}, in force since {}, {}", fence.revision, words::in_force(fence, zone), fence.source_url);
    page.paragraph(4, &[(&origin, Style::Dim)]);
}

/// What the law attaches to the lines, as far as it applies or may.
pub(super) fn legal_effects<'a>(page: &mut Page, lines: impl IntoIterator<Item = &'a Line>) {
    let mut said: Vec<String> = Vec::new();
    for effect in lines.into_iter().flat_map(|line| &line.legal_effects).filter_map(words::legal_effect) {
        if said.contains(&effect) {
            continue;
        }
        if said.is_empty() {
            page.heading("Legal effects");
        }
        page.paragraph(2, &[(&effect, Style::Plain)]);
        said.push(effect);
    }
}

/// What is not known, and what would settle it.
fn gaps(page: &mut Page, lines: &[Line]) {
    let all: Vec<&Gap> = lines.iter().flat_map(|line| &line.indeterminate).collect();
    if !all.is_empty() {
        page.heading("Not known");
    }
    for alike in all.chunk_by(|a, b| a.code == b.code) {
        for gap in alike {
            page.paragraph(2, &[(&gap.detail, Style::Plain)]);
        }
        page.paragraph(4, &[("To settle it: ", Style::Dim), (words::settles(alike[0].code), Style::Plain)]);
    }
}
