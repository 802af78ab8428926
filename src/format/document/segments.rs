//! Bookings as a plan: movements and stays, each with its place in the document, put in order and joined where one ends as another begins.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use serde_json::value::to_raw_value;

use super::{Context, places};
use crate::error::Issue;
use crate::format::draft::{Draft, Source, Sources, assumed};
use crate::format::itinerary::{ItineraryDoc, LegDoc, MemberDoc, PlaceDoc, PolylineDoc, StopDoc};
use crate::format::moment::Moment;
use crate::model::{LocatedPlace, Mode, PlaceQuery, Transit, Window};

/// One end of a movement, or a stay.
#[derive(Clone, Debug, Default)]
pub(super) struct Visit {
    pub place: PlaceDoc,
    /// When it is reached.
    pub arrive: Option<String>,
    /// When it is left.
    pub depart: Option<String>,
    pub transit: Option<Transit>,
    /// Whether nobody stays there: an event or a point that its format gives no end means no more than that.
    pub is_moment: bool,
    pub source: Source,
}

/// A movement.
#[derive(Clone, Debug, Default)]
pub(super) struct Movement {
    pub from: Visit,
    pub to: Visit,
    pub mode: Mode,
    pub geometry: Option<Value>,
    pub polyline: Option<PolylineDoc>,
    /// Whether it goes on, on the same ticket, from where the one before it ended.
    pub connects: bool,
    pub source: Source,
}

/// A part of a journey.
#[derive(Clone, Debug)]
pub(super) enum Segment {
    Movement(Box<Movement>),
    Stay(Box<Visit>),
}

impl Segment {
    /// Where it is: both ends of a movement, or the stay.
    pub fn visits(&self) -> Vec<&Visit> {
        match self {
            Self::Movement(movement) => vec![&movement.from, &movement.to],
            Self::Stay(stay) => vec![stay],
        }
    }

    /// When it begins, to order by.
    fn begins(&self, context: &Context) -> Option<Timestamp> {
        match self {
            Self::Movement(movement) => instant(movement.from.depart.as_ref(), &movement.from.place, context)
                .or_else(|| instant(movement.to.arrive.as_ref(), &movement.to.place, context)),
            Self::Stay(stay) => {
                let window = window(stay.arrive.as_ref(), &stay.place, context)?;
                // who checks in on a day travels there before
                let day = window.to.filter(|to| Some(*to) != window.from);
                day.and_then(|to| to.checked_sub(SignedDuration::from_secs(1)).ok()).or(window.from)
            }
        }
    }
}

/// A time at a place.
pub(super) fn window(text: Option<&String>, place: &PlaceDoc, context: &Context) -> Option<Window> {
    let moment = Moment::parse(text?).ok()?;
    let zone = locate(place, context).map_or(TimeZone::UTC, |place| place.zone);
    Some(moment.window(&zone))
}

/// Its first instant.
fn instant(text: Option<&String>, place: &PlaceDoc, context: &Context) -> Option<Timestamp> {
    window(text, place, context)?.from
}

/// A place, where it can be found.
pub(super) fn locate(place: &PlaceDoc, context: &Context) -> Option<LocatedPlace> {
    let query = match (place.lat, place.lon, place.iata.as_ref().or(place.icao.as_ref())) {
        (Some(lat), Some(lon), _) => {
            PlaceQuery::At { position: crate::geometry::Position::new(lat, lon).ok()?, name: None }
        }
        (_, _, Some(code)) => PlaceQuery::Code { code: code.clone(), country: None },
        _ => PlaceQuery::Name { name: place.name.clone()?, country: place.country? },
    };
    context.gazetteer.find(&query).ok()
}

/// Puts segments in the order of their times; one without a time stays after the one written before it.
pub(super) fn sort(segments: &mut Vec<Segment>, context: &Context) {
    let mut last = Timestamp::MIN;
    let mut keyed: Vec<(Timestamp, Segment)> = segments
        .drain(..)
        .map(|segment| {
            last = segment.begins(context).unwrap_or(last);
            (last, segment)
        })
        .collect();
    keyed.sort_by_key(|(begins, _)| *begins);
    segments.extend(keyed.into_iter().map(|(_, segment)| segment));
}

/// How long a stay is taken to last where neither its other end is written nor anything beside it: as long as most countries let visitors stay.
const STAY: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Ends the stays of which no end is written: when the next thing is booked that is not within a stay, else after [`STAY`]; and the same for
/// their beginning.
fn settle_ends(segments: &mut [Segment], notes: &mut Vec<Issue>, context: &Context) {
    let mut is_first = true;
    for i in 0..segments.len() {
        let (before, after) = segments.split_at_mut(i + 1);
        let Some(Segment::Stay(stay)) = before.last_mut() else {
            is_first &= before.last().is_some_and(|segment| segment.begins(context).is_none());
            continue;
        };
        let (arrives, departs) =
            (window(stay.arrive.as_ref(), &stay.place, context), window(stay.depart.as_ref(), &stay.place, context));
        let is_lodging = |segment: &&Segment| !matches!(segment, Segment::Stay(visit) if visit.is_moment);
        let mut note = |taken: String| notes.push(assumed(stay.source.place(), taken));
        if let (Some(Window { to: Some(arrives), .. }), None) = (arrives, departs) {
            let next = after.iter().filter(is_lodging).find_map(|segment| segment.begins(context));
            if stay.is_moment {
                if !after.iter().any(|segment| segment.begins(context).is_some()) {
                    note("no end is written: taken to last a day".to_owned());
                }
            } else if let Some(ends) = next {
                note(format!("no end is written: taken to stay until {ends}, when the next thing begins"));
                stay.depart = Some(ends.to_string());
            } else if let Ok(ends) = arrives.checked_add(STAY) {
                note(format!("no end is written, and nothing after it: taken to stay until {ends}, 30 days"));
                stay.depart = Some(ends.to_string());
            }
        } else if let (None, Some(Window { from: Some(departs), .. }), true) = (arrives, departs, is_first)
            && let Ok(begins) = departs.checked_sub(STAY)
            && !stay.is_moment
        {
            note(format!("no beginning is written, and nothing before it: taken to stay from {begins} on, 30 days"));
            stay.arrive = Some(begins.to_string());
        }
        is_first &= arrives.is_none() && departs.is_none();
    }
}

/// A stay that something else was booked in the middle of.
struct Open {
    stay: Visit,
    ends: Timestamp,
    interrupted: bool,
}

/// Joins segments, which are in order, to one plan.
pub(super) fn join(
    reference: Option<String>,
    party: Vec<(MemberDoc, Source)>,
    mut segments: Vec<Segment>,
    mut notes: Vec<Issue>,
    context: &Context,
) -> Draft {
    settle_ends(&mut segments, &mut notes, context);
    let mut joint = Joint::default();
    let mut open: Vec<Open> = Vec::new();
    for segment in segments {
        let begins = segment.begins(context);
        joint.close(&mut open, begins, &mut notes);
        if let (Some(last), Some(_)) = (open.last_mut(), begins) {
            last.interrupted = true;
            joint.leave_open();
        }
        match segment {
            Segment::Movement(movement) => joint.travel(*movement),
            Segment::Stay(stay) => {
                let ends = instant(stay.depart.as_ref(), &stay.place, context);
                joint.visit((*stay).clone());
                if let Some(ends) = ends {
                    open.push(Open { stay: *stay, ends, interrupted: false });
                }
            }
        }
    }
    joint.close(&mut open, None, &mut notes);
    let (members, party): (Vec<MemberDoc>, Vec<Source>) = party.into_iter().unzip();
    let Joint { stops, legs, connections } = joint;
    let (stops, stop_sources) = stops.into_iter().unzip();
    let (legs, leg_sources) = legs.into_iter().unzip();
    Draft {
        doc: ItineraryDoc { reference, party: members, stops, legs },
        sources: Sources::Foreign { party, stops: stop_sources, legs: leg_sources },
        connections,
        notes,
    }
}

#[derive(Default)]
struct Joint {
    stops: Vec<(StopDoc, Source)>,
    legs: Vec<(LegDoc, Source)>,
    connections: Vec<usize>,
}

impl Joint {
    /// Ends the stays that are over when the next segment begins; returns to one that was interrupted and is not over yet by then.
    fn close(&mut self, open: &mut Vec<Open>, begins: Option<Timestamp>, notes: &mut Vec<Issue>) {
        let over = |open: &Open| begins.is_none_or(|begins| begins >= open.ends);
        while let Some(last) = open.pop_if(|last| over(last)) {
            if !last.interrupted {
                continue;
            }
            let at_stay = self.stops.last().is_some_and(|(stop, _)| places::same(&stop.place, &last.stay.place));
            let detail = "something else is booked during this stay; taken to return to it until its end".to_owned();
            notes.push(assumed(last.stay.source.place(), detail));
            let back = Visit { arrive: None, ..last.stay };
            if at_stay {
                self.visit(back);
            } else {
                self.push(back);
            }
        }
    }

    /// The stop at hand is left before its booked end: when, the movement says.
    fn leave_open(&mut self) {
        if let Some((stop, _)) = self.stops.last_mut() {
            stop.depart = None;
        }
    }

    /// The stop of a visit: the last one if it is the same place.
    fn visit(&mut self, visit: Visit) -> usize {
        match self.stops.last_mut() {
            Some((stop, _)) if places::same(&stop.place, &visit.place) => {
                places::reach_to(&mut stop.place, &visit.place);
                stop.arrive = stop.arrive.take().or(visit.arrive);
                stop.depart = visit.depart.or(stop.depart.take());
                stop.transit = stop.transit.or(visit.transit);
                self.stops.len() - 1
            }
            _ => self.push(visit),
        }
    }

    fn push(&mut self, visit: Visit) -> usize {
        let Visit { place, arrive, depart, transit, is_moment: _, source } = visit;
        let id = format!("s{}", self.stops.len() + 1);
        self.stops.push((StopDoc { id, place, arrive, depart, transit }, source));
        self.stops.len() - 1
    }

    fn travel(&mut self, movement: Movement) {
        let from = self.visit(movement.from);
        if movement.connects {
            self.connections.push(from);
        }
        // a round trip on one ticket comes back to where it began: that is a second visit
        let to = self.push(movement.to);
        let leg = LegDoc {
            id: format!("l{}", self.legs.len() + 1),
            from: self.stops[from].0.id.clone(),
            to: self.stops[to].0.id.clone(),
            mode: movement.mode,
            geometry: movement.geometry.and_then(|geometry| to_raw_value(&geometry).ok()),
            polyline: movement.polyline,
            depart: None,
            arrive: None,
        };
        self.legs.push((leg, movement.source));
    }
}
