//! Plans on the picture: the ways between the stops, the parts of them inside a fence, and the stops with their names.

use super::Scene;
use super::fences::Fences;
use super::view::{Dot, View, WIDTH};
use crate::geometry::{Line, Position};
use crate::model::{Itinerary, Leg, Mode};

/// A great circle is drawn with a corner every so many metres.
const STEP_M: f64 = 40_000.0;

/// A way may end this far from its stop before the piece between is drawn as not known.
const GAP_M: f64 = 2_000.0;

/// Narrow pages show the picture this many pixels wide; names that do not overlap there do not anywhere.
const NARROW: f64 = 330.0;

/// How a name is set, in pixels: height of a line, and width of a column of letters.
const LETTER: [f64; 2] = [7.2, 18.0];

/// More names than this hide each other and the picture.
const MOST_NAMES: usize = 30;

/// A way between two stops.
#[allow(missing_docs)]
pub struct Way {
    /// `given`, `air` or `unknown`.
    pub kind: &'static str,
    pub path: String,
}

/// A part of a way inside a fence.
#[allow(missing_docs)]
pub struct Mark {
    pub issuer: String,
    pub level: usize,
    pub possible: bool,
    pub path: String,
}

/// Something at a place, laid over the picture so that letters keep their size; in percent of the picture.
#[allow(missing_docs)]
pub struct Label {
    pub left: f64,
    pub top: f64,
    /// On which side of its place the name stands: `e`, `w`, `n`, `s`.
    pub side: &'static str,
    pub text: String,
    /// What on the page is about it.
    pub about: String,
}

/// All places that the picture must show.
pub(super) fn places(scene: &Scene) -> Vec<[f64; 2]> {
    let all = scene.plans.iter().flat_map(|plan| {
        let stops = plan.itinerary.stops.iter().filter_map(|stop| stop.place.as_ref().ok());
        let ways = plan.itinerary.legs.iter().flat_map(|leg| lines(&plan.itinerary, leg));
        stops.map(|place| coordinates(place.position)).chain(ways.flat_map(|(_, line)| vertices(&line)))
    });
    all.collect()
}

/// The ways, each with how it is known.
pub(super) fn ways(scene: &Scene, view: &View) -> Vec<Way> {
    let legs = scene.plans.iter().flat_map(|plan| plan.itinerary.legs.iter().map(|leg| lines(&plan.itinerary, leg)));
    legs.flatten().map(|(kind, line)| Way { kind, path: view.line(vertices(&line)) }).collect()
}

fn lines(itinerary: &Itinerary, leg: &Leg) -> Vec<(&'static str, Line)> {
    let end = |stop: usize| itinerary.stops[stop].place.as_ref().ok().map(|place| place.position);
    let between = |from: Position, to: Position| Line::great_circle(from, to, STEP_M).ok();
    let (from, to) = (end(leg.from), end(leg.to));
    match (&leg.line, leg.mode) {
        (_, Mode::Stay) => vec![],
        (Some(line), mode) => {
            let kind = if mode == Mode::Air { "air" } else { "given" };
            let (first, last) = (line.point_at_m(0.0), line.point_at_m(line.length_m()));
            let gap = |stop: Option<Position>, end: Position| {
                let stop = stop.filter(|stop| stop.distance_m(end) > GAP_M + stop.accuracy_m())?;
                Some(("unknown", between(stop, end)?))
            };
            let gaps = [gap(from, first), gap(to, last)];
            let jumps = leg.jumps().filter_map(|(from, to)| Some(("unknown", between(from, to)?)));
            std::iter::once((kind, line.clone())).chain(gaps.into_iter().flatten()).chain(jumps).collect()
        }
        (None, mode) if mode.is_overland() && found(leg).next().is_some() => {
            found(leg).map(|line| ("given", line.clone())).collect()
        }
        (None, mode) => {
            let kind = if mode == Mode::Air { "air" } else { "unknown" };
            let line = from.zip(to).and_then(|(from, to)| between(from, to));
            line.map(|line| (kind, line)).into_iter().collect()
        }
    }
}

/// The ways a routing engine found.
fn found(leg: &Leg) -> impl Iterator<Item = &Line> {
    let routes = leg.routed.as_ref().and_then(|routed| routed.routes.as_ref().ok());
    routes.into_iter().flat_map(|routes| routes.iter()).map(|route| &route.line)
}

/// The parts of the ways that lie inside a fence of concern, the gravest on top.
pub(super) fn marks(scene: &Scene, view: &View, fences: &Fences) -> Vec<Mark> {
    let index = &scene.snapshot.index;
    let legs = scene.plans.iter().flat_map(|plan| plan.itinerary.legs.iter().map(move |leg| (plan, leg)));
    let lines = legs
        .filter(|(_, leg)| leg.mode.is_overland())
        .flat_map(|(plan, leg)| leg.line.iter().chain(found(leg)).map(move |line| (plan, leg, line)));
    // for each area, since the gravest lies on top of everything milder
    let mut marks: Vec<Vec<Mark>> = fences.areas.iter().map(|_| Vec::new()).collect();
    for (plan, leg, line) in lines {
        let passages = index.shapes().along(line.pieces(), scene.corridor_m);
        for (area, marks) in fences.areas.iter().zip(&mut marks) {
            let fence = index.fence(area.id);
            let mut about = plan.touches.iter().filter(|touch| touch.source_pointer == leg.pointer);
            let found = about.any(|touch| touch.revision == fence.revision.id);
            let passage = passages.iter().find(|passage| passage.shape == fence.shape);
            let (true, true, Some(passage)) = (found, area.patterned, passage) else { continue };
            for (intervals, possible) in [(&passage.possible, true), (&passage.inside, false)] {
                let parts = intervals.iter().filter(|interval| interval.to_m > interval.from_m);
                let path: String = parts.map(|i| view.line(part(line, i.from_m, i.to_m))).collect();
                if !path.is_empty() {
                    marks.push(Mark { issuer: area.issuer.clone(), level: area.level, possible, path });
                }
            }
        }
    }
    marks.into_iter().flatten().collect()
}

/// The names of the stops, each on the side where it covers least.
pub(super) fn labels(scene: &Scene, view: &View) -> Vec<Label> {
    let shrink = NARROW / WIDTH;
    let (width, height) = (NARROW, view.height * shrink);
    let mut found: Vec<(String, Dot, &str)> = Vec::new();
    for (plan, k) in scene.plans.iter().zip(1..) {
        for (stop, n) in plan.itinerary.stops.iter().zip(1..) {
            let Ok(place) = &stop.place else { continue };
            let at = coordinates(place.position);
            let dot = view.dot(at[0], at[1]);
            let about = if scene.plans.len() == 1 { format!("stop-{n}") } else { format!("trip-{k}") };
            // plans often lead to the same places
            let is_here = |(_, other, name): &(String, Dot, &str)| {
                other.map(f64::to_bits) == dot.map(f64::to_bits) && *name == stop.name()
            };
            if scene.plans.len() == 1 || !found.iter().any(is_here) {
                found.push((about, dot, stop.name()));
            }
        }
    }
    found.truncate(MOST_NAMES);
    let mut taken: Vec<[f64; 4]> =
        found.iter().map(|(_, dot, _)| [dot[0] * shrink - 6.0, dot[1] * shrink - 6.0, 12.0, 12.0]).collect();
    let mut labels = Vec::new();
    for (about, dot, text) in found {
        let (x, y) = (dot[0] * shrink, dot[1] * shrink);
        #[allow(clippy::cast_precision_loss)] // a name has few letters
        let wide = unicode_width::UnicodeWidthStr::width(text) as f64 * LETTER[0] + 8.0;
        let boxes = [
            ("e", [x + 8.0, y - LETTER[1] / 2.0, wide, LETTER[1]]),
            ("w", [x - 8.0 - wide, y - LETTER[1] / 2.0, wide, LETTER[1]]),
            ("n", [x - wide / 2.0, y - 8.0 - LETTER[1], wide, LETTER[1]]),
            ("s", [x - wide / 2.0, y + 8.0, wide, LETTER[1]]),
        ];
        let cost = |b: &[f64; 4]| {
            let outside =
                (-b[0]).max(0.0) + (b[0] + b[2] - width).max(0.0) + (-b[1]).max(0.0) + (b[1] + b[3] - height).max(0.0);
            taken.iter().map(|other| overlap(b, other)).sum::<f64>() + 20.0 * outside
        };
        let best = boxes.iter().min_by(|a, b| cost(&a.1).total_cmp(&cost(&b.1)));
        let Some((side, placed)) = best.copied() else { continue };
        taken.push(placed);
        labels.push(Label {
            left: 100.0 * dot[0] / WIDTH,
            top: 100.0 * dot[1] / view.height,
            side,
            text: text.to_owned(),
            about,
        });
    }
    labels
}

/// How much two boxes (left, top, width, height) share.
fn overlap(a: &[f64; 4], b: &[f64; 4]) -> f64 {
    let shared = |i: usize| ((a[i] + a[i + 2]).min(b[i] + b[i + 2]) - a[i].max(b[i])).max(0.0);
    shared(0) * shared(1)
}

fn coordinates(position: Position) -> [f64; 2] {
    [position.lon(), position.lat()]
}

fn vertices(line: &Line) -> Vec<[f64; 2]> {
    line.pieces().iter().flatten().map(|v| [v.lon_degrees(), v.lat_degrees()]).collect()
}

/// The places of a line between two distances from its start.
fn part(line: &Line, from_m: f64, to_m: f64) -> Vec<[f64; 2]> {
    let corners = line.pieces().iter().flatten().zip(line.metres().iter().flatten());
    let between = corners.filter(|(_, m)| (from_m..to_m).contains(*m)).map(|(v, _)| [v.lon_degrees(), v.lat_degrees()]);
    let end = |metres: f64| coordinates(line.point_at_m(metres));
    std::iter::once(end(from_m)).chain(between).chain(std::iter::once(end(to_m))).collect()
}
