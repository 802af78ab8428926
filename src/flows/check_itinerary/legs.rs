//! The legs of a plan: along their way where it is known, and by what lies within reach where it is not.

use std::borrow::Cow;

use jiff::Timestamp;

use super::collect::{Member, Stage};
use super::{Reason, Subject, stops};
use crate::geometry::{Line, Placed, Placement, Position, ShapeId};
use crate::matching::{FenceIndex, Presence, Stretch, judge, stretches};
use crate::model::{Itinerary, Leg, Severity, Window};

/// How much longer than the straight line a way may be: roads around a lake or a range seldom are longer than half as much again.
const DETOUR: f64 = 1.5;

/// What a detour may always add, in metres, however short the leg: a town's ring road.
const DETOUR_ALWAYS_M: f64 = 5_000.0;

/// How far a given way may end from its stop without leaving a piece of the way unknown, in metres: across a town.
const GAP_M: f64 = 2_000.0;

/// How long the pieces of a great circle are, in metres: straight in longitude and latitude, they keep near enough to it.
const STEP_M: f64 = 20_000.0;

/// A leg with everything that was looked up about it, once for all of the party.
pub(super) struct TravelledLeg<'a> {
    leg: &'a Leg,
    /// Along the way that was given.
    stretches: Vec<Stretch>,
    length_m: f64,
    /// Shapes in which the plan has a stay: an exemption for passing through does not hold there.
    stays_in: Vec<ShapeId>,
    /// The pieces whose way is not known.
    unknown: Vec<UnknownWay>,
    /// Stops of the leg that were not found, so that nothing can be said of the way there.
    lost: bool,
}

/// A piece of an overland leg whose way is not known.
struct UnknownWay {
    /// The shapes within reach, each with its distance from the straight line, and whether that line itself touches them.
    reach: Vec<(ShapeId, f64)>,
    reach_m: f64,
}

/// Looks up every leg once.
pub(super) fn travel<'a>(index: &FenceIndex, itinerary: &'a Itinerary, corridor_m: f64) -> Vec<TravelledLeg<'a>> {
    let stays_in: Vec<ShapeId> = itinerary
        .stops
        .iter()
        .filter(|stop| !stops::is_passing(stop))
        .filter_map(|stop| stop.place.as_ref().ok())
        .flat_map(|place| index.locate(place.position))
        .map(|placed| placed.shape)
        .collect();
    itinerary.legs.iter().map(|leg| look_up(index, itinerary, leg, corridor_m, &stays_in)).collect()
}

fn look_up<'a>(
    index: &FenceIndex,
    itinerary: &Itinerary,
    leg: &'a Leg,
    corridor_m: f64,
    stays_in: &[ShapeId],
) -> TravelledLeg<'a> {
    let ends = [leg.from, leg.to].map(|stop| itinerary.stops[stop].place.as_ref().ok().map(|place| place.position));
    let mut travelled = TravelledLeg {
        leg,
        stretches: Vec::new(),
        length_m: 0.0,
        stays_in: stays_in.to_vec(),
        unknown: Vec::new(),
        lost: false,
    };
    if !leg.mode.is_overland() {
        return travelled;
    }
    let mut unknown = |from: Position, to: Position| travelled.unknown.push(unknown_way(index, from, to));
    match &leg.line {
        Some(line) => {
            let (first, last) = (line.point_at_m(0.0), line.point_at_m(line.length_m()));
            for (stop, end) in [(ends[0], first), (ends[1], last)] {
                if let Some(stop) = stop.filter(|stop| stop.distance_m(end) > GAP_M + stop.accuracy_m()) {
                    unknown(stop, end);
                }
            }
            travelled.length_m = line.length_m();
            travelled.stretches = stretches(&index.shapes().along(line.pieces(), corridor_m));
        }
        None => match ends {
            [Some(from), Some(to)] => unknown(from, to),
            _ => travelled.lost = true,
        },
    }
    travelled
}

/// What lies within reach of a way that is not known.
///
/// All ways from one place to another that are at most [`DETOUR`] times as long as the straight line lie in an ellipse around the two;
/// every point of it is nearer to the line than its half-width.
fn unknown_way(index: &FenceIndex, from: Position, to: Position) -> UnknownWay {
    let reach_m = reach_m(from, to);
    let line = Line::great_circle(from, to, STEP_M).ok();
    let reach = match &line {
        Some(line) => index.shapes().within_line(line.pieces(), reach_m),
        // the two ends are one place
        None => index.shapes().within(from, reach_m),
    };
    UnknownWay { reach, reach_m }
}

/// How far from the straight line a way may run that is not known.
fn reach_m(from: Position, to: Position) -> f64 {
    let straight_m = from.distance_m(to);
    let longest_m = straight_m * DETOUR + DETOUR_ALWAYS_M;
    (longest_m.powi(2) - straight_m.powi(2)).sqrt() / 2.0 + from.accuracy_m().max(to.accuracy_m())
}

/// Every line by which a leg may be concerned, with how far from it: the way itself, and the straight line for what is not known of it.
pub(super) fn reach_of<'a>(itinerary: &Itinerary, leg: &'a Leg, corridor_m: f64) -> Vec<(Cow<'a, Line>, f64)> {
    let ends = [leg.from, leg.to].map(|stop| itinerary.stops[stop].place.as_ref().ok().map(|place| place.position));
    if !leg.mode.is_overland() {
        return Vec::new();
    }
    let straight = |from: Position, to: Position| {
        // a line that goes nowhere has no boxes: twice the step of the grid
        let line = Line::great_circle(from, to, STEP_M).or_else(|_| {
            let beside = Position::new(to.lat(), to.lon() + if to.lon() > 0.0 { -1e-6 } else { 1e-6 });
            Line::great_circle(from, beside.unwrap_or(to), STEP_M)
        });
        line.ok().map(|line| (Cow::Owned(line), reach_m(from, to)))
    };
    match &leg.line {
        Some(line) => {
            let ways = [(ends[0], line.point_at_m(0.0)), (ends[1], line.point_at_m(line.length_m()))];
            let gaps = ways.into_iter().filter_map(|(stop, end)| straight(stop?, end));
            std::iter::once((Cow::Borrowed(line), corridor_m)).chain(gaps).collect()
        }
        None => match ends {
            [Some(from), Some(to)] => straight(from, to).into_iter().collect(),
            _ => Vec::new(),
        },
    }
}

fn subject(leg: &Leg) -> Subject {
    Subject::Leg { id: leg.id.clone(), mode: leg.mode }
}

impl TravelledLeg<'_> {
    /// Judges the leg for one traveller.
    pub(super) fn judge(&self, member: &mut Member) {
        let (leg, subject) = (self.leg, subject(self.leg));
        if self.lost {
            let detail = "an end of the leg was not found, so its way is not known".to_owned();
            member.indeterminate(subject, None, Reason::UnresolvedPlace, detail, vec![], &leg.pointer);
            return;
        }
        for stretch in &self.stretches {
            let window = self.window(stretch.from_m, stretch.to_m);
            let presence = Presence { window, transit: None, passing: true, stays_in: &self.stays_in };
            let judgement = judge(member.words.index, &stretch.placed, &presence, member.words.question);
            let stage = Stage { from_m: stretch.from_m, to_m: stretch.to_m, line: leg.line.as_ref() };
            member.judged(&subject, &judgement, Some(&stage), None, &leg.pointer);
        }
        for way in &self.unknown {
            self.judge_unknown(way, &subject, member);
        }
    }

    /// A straight line is not evidence (design rule 10): where anything of severity 3 or more lies within reach the leg is
    /// indeterminate; milder statements within reach count as possible.
    fn judge_unknown(&self, way: &UnknownWay, subject: &Subject, member: &mut Member) {
        let index = member.words.index;
        let window = self.leg.departs.hull(&self.leg.arrives);
        let crossed = way.reach.iter().filter(|(_, distance_m)| *distance_m <= 0.0);
        let possible = |shape: ShapeId| Placed {
            shape,
            placement: Placement::Possible,
            margin_m: 0.0,
            on_border: false,
            nearest: None,
        };
        let placed: Vec<Placed> = crossed.map(|(shape, _)| possible(*shape)).collect();
        let presence = Presence { window, transit: None, passing: true, stays_in: &self.stays_in };
        let grave = grave(way, &window, member);
        if grave.is_empty() {
            let judgement = judge(index, &placed, &presence, member.words.question);
            member.judged(subject, &judgement, None, None, &self.leg.pointer);
            return;
        }
        let revisions = grave.iter().map(|&fence| index.fence(fence).revision.id.clone()).collect();
        let worst = &index.fence(grave[0]).revision;
        let detail = format!(
            "the way is not known, and {} of severity 3 or more lie within {:.0} km of the straight line, the gravest {} ({}); \
             give the leg's geometry",
            match grave.len() {
                1 => "1 area".to_owned(),
                n => format!("{n} areas"),
            },
            way.reach_m / 1000.0,
            worst.id,
            worst.title.pick(member.words.lang),
        );
        let mut issuers: Vec<usize> = grave.iter().map(|&fence| index.fence(fence).issuer).collect();
        issuers.sort_unstable();
        issuers.dedup();
        let reason = Reason::MissingRoute;
        member.indeterminate(subject.clone(), Some(&issuers), reason, detail, revisions, &self.leg.pointer);
    }

    /// When somebody is between two points of the leg: time runs along it in proportion to distance, as wide as its ends are unknown.
    fn window(&self, from_m: f64, to_m: f64) -> Window {
        let (departs, arrives) = (self.leg.departs, self.leg.arrives);
        let at = |start: Option<Timestamp>, end: Option<Timestamp>, metres: f64| {
            let (start, end) = (start?, end?);
            let share = if self.length_m > 0.0 { (metres / self.length_m).clamp(0.0, 1.0) } else { 0.0 };
            start.checked_add(end.max(start).duration_since(start).mul_f64(share)).ok()
        };
        let window = Window {
            from: at(departs.from, arrives.from, from_m).or(departs.from),
            to: at(departs.to, arrives.to, to_m).or(arrives.to),
        };
        match (window.from, window.to) {
            (Some(from), Some(to)) if to < from => Window { from: window.from, to: window.from },
            _ => window,
        }
    }
}

/// The fences of severity 3 or more within reach that are in force during the leg, the gravest first.
fn grave(way: &UnknownWay, window: &Window, member: &Member) -> Vec<usize> {
    let (index, question) = (member.words.index, member.words.question);
    let mut grave: Vec<usize> = way
        .reach
        .iter()
        .flat_map(|(shape, _)| index.fences_on(*shape))
        .copied()
        .filter(|&id| {
            let fence = index.fence(id);
            fence.severity >= Severity::AVOID_NON_ESSENTIAL
                && question.issuers.contains(&fence.issuer)
                && fence.in_force(question.as_of).is_some_and(|period| window.during(&period).is_some())
        })
        .collect();
    grave.sort_by_key(|&id| (std::cmp::Reverse(index.fence(id).severity), id));
    grave
}
