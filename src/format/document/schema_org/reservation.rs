//! One reservation as a movement or a stay; the names that the dialects give to its ends and times.

use serde_json::Value;

use super::{Context, place, text};
use crate::error::Issue;
use crate::format::document::segments::{Movement, Segment, Visit};
use crate::format::draft::{Source, assumed, doubtful};
use crate::format::json;
use crate::format::moment::Moment;
use crate::model::{Mode, Transit};

/// How each kind of journey names its two ends, the first name that is there.
const JOURNEYS: &[(&str, Mode, &[&str], &[&str])] = &[
    ("FlightReservation", Mode::Air, &["departureAirport"], &["arrivalAirport"]),
    ("TrainReservation", Mode::Rail, &["departureStation"], &["arrivalStation"]),
    (
        "BusReservation",
        Mode::Bus,
        &["departureBusStop", "departureBusStation", "departureStation"],
        &["arrivalBusStop", "arrivalBusStation", "arrivalStation"],
    ),
    ("BoatReservation", Mode::Ferry, &["departureBoatTerminal"], &["arrivalBoatTerminal"]),
];

/// How each kind of stay names its place and its times: Google's name, then `KItinerary`'s.
const STAYS: &[(&str, &[&str], &[&str])] = &[
    ("LodgingReservation", &["checkinTime", "checkinDate"], &["checkoutTime", "checkoutDate"]),
    ("EventReservation", &["startDate", "startTime"], &["endDate", "endTime"]),
    ("FoodEstablishmentReservation", &["startTime", "startDate"], &["endTime", "endDate"]),
    ("TouristAttractionVisit", &["arrivalTime", "startTime"], &["departureTime", "endTime"]),
];

/// Those of a car.
const DRIVES: [&str; 2] = ["RentalCarReservation", "TaxiReservation"];

/// Whether this is a kind of reservation of a journey or stay.
pub(super) fn is_known(kind: &str) -> bool {
    let known = JOURNEYS.iter().map(|(name, ..)| name).chain(STAYS.iter().map(|(name, ..)| name)).chain(&DRIVES);
    known.into_iter().any(|name| *name == kind)
}

/// Reads a reservation; none where it is of no journey or stay.
pub(super) fn segment(
    value: &Value,
    kind: &str,
    at: &str,
    context: &Context,
    notes: &mut Vec<Issue>,
) -> Result<Option<Segment>, Issue> {
    if let Some((_, mode, from, to)) = JOURNEYS.iter().find(|(name, ..)| *name == kind) {
        let trip = value.get("reservationFor").filter(|trip| trip.is_object());
        let Some(trip) = trip else {
            return Err(Issue::invalid(format!("{at}/reservationFor"), "a reservation names its journey"));
        };
        let at = format!("{at}/reservationFor");
        let mut end = |names: &[&str], time: &str| {
            let name = names.iter().find(|name| trip.get(**name).is_some_and(|end| !end.is_null())).copied();
            let there = name.map(|name| (format!("{at}/{name}"), &trip[name]));
            let (place_at, found) = match there {
                Some((at, value)) => (at.clone(), place(value, &at, context, notes)),
                None => (format!("{at}/{}", names[0]), crate::format::itinerary::PlaceDoc::default()),
            };
            let day = (time == "departureTime").then_some("departureDay");
            let when = [Some(time), day].into_iter().flatten().find_map(|name| moment(trip, name, &at, notes));
            (
                found,
                when,
                Source::at(place_at.clone())
                    .with("arrive", format!("{at}/{time}"))
                    .with("depart", format!("{at}/{time}")),
            )
        };
        let (from, depart, source) = end(from, "departureTime");
        let from = Visit { place: from, depart, source, ..Visit::default() };
        let (to, arrive, source) = end(to, "arrivalTime");
        let to = Visit { place: to, arrive, source, ..Visit::default() };
        let movement = Movement { from, to, mode: *mode, source: Source::at(at), ..Movement::default() };
        return Ok(Some(Segment::Movement(Box::new(movement))));
    }
    if DRIVES.contains(&kind) {
        return Ok(Some(drive(value, kind, at, context, notes)));
    }
    if let Some((_, arrive, depart)) = STAYS.iter().find(|(name, ..)| *name == kind) {
        let (at_place, subject) = match value.get("reservationFor").or_else(|| value.get("touristAttraction")) {
            Some(subject) if subject.is_object() => {
                let name = if value.get("reservationFor").is_some() { "reservationFor" } else { "touristAttraction" };
                (format!("{at}/{name}"), subject)
            }
            _ => return Err(Issue::invalid(format!("{at}/reservationFor"), "a reservation names its place")),
        };
        let (at_place, there) = match subject.get("location") {
            Some(location) => (format!("{at_place}/location"), location),
            None => (at_place, subject),
        };
        let found = place(there, &at_place, context, notes);
        let mut time = |names: &[&str]| {
            let own = names.iter().find_map(|name| moment(value, name, at, notes));
            own.or_else(|| names.iter().find_map(|name| moment(subject, name, &at_place, notes)))
        };
        let (arrive, depart) = (time(arrive), time(depart));
        // a table or a ticket is for some hours, whatever it says of them; a room is for nights
        let is_moment = kind != "LodgingReservation";
        let visit = Visit { place: found, arrive, depart, transit: None, is_moment, source: Source::at(at) };
        return Ok(Some(Segment::Stay(Box::new(visit))));
    }
    Ok(None)
}

/// A car from where it is taken to where it is left.
fn drive(value: &Value, kind: &str, at: &str, context: &Context, notes: &mut Vec<Issue>) -> Segment {
    let mut end = |names: &[&str]| {
        let name = names.iter().find(|name| value.get(**name).is_some()).copied();
        let found = name.map(|name| place(&value[name], &format!("{at}/{name}"), context, notes));
        (found.unwrap_or_default(), Source::at(format!("{at}/{}", name.unwrap_or(names[0]))))
    };
    let (from, from_source) = end(&["pickupLocation"]);
    let (to, to_source) = end(&["dropoffLocation", "pickupLocation"]);
    if kind == "RentalCarReservation" {
        notes.push(assumed(at, "where a rented car is driven in between is not written in its reservation"));
    }
    let depart = moment(value, "pickupTime", at, notes);
    let arrive = moment(value, "dropoffTime", at, notes);
    Segment::Movement(Box::new(Movement {
        from: Visit { place: from, depart, source: from_source, ..Visit::default() },
        to: Visit { place: to, arrive, source: to_source, ..Visit::default() },
        mode: Mode::Car,
        source: Source::at(at),
        ..Movement::default()
    }))
}

/// What makes two reservations one journey.
pub(super) fn identity(segment: &Segment) -> String {
    let visit = |visit: &Visit| {
        let Visit { place, arrive, depart, transit: None | Some(Transit::Airside | Transit::Landside), .. } = visit;
        format!("{place:?} {arrive:?} {depart:?}")
    };
    match segment {
        Segment::Movement(movement) => format!("{} → {}", visit(&movement.from), visit(&movement.to)),
        Segment::Stay(stay) => visit(stay),
    }
}

/// A time: text, or an object with the text and perhaps its zone. What is no time leaves the answer in doubt.
fn moment(value: &Value, name: &str, at: &str, notes: &mut Vec<Issue>) -> Option<String> {
    let written = value.get(name).filter(|written| !written.is_null())?;
    let (time, zone) = match written {
        Value::Object(_) => (text(written, "@value"), text(written, "timezone")),
        other => (Some(json::shown(other).trim().to_owned()), None),
    };
    let time = time.unwrap_or_default();
    let known = match Moment::parse(&time) {
        Ok(Moment::Local(_)) => match zone.filter(|zone| jiff::tz::TimeZone::get(zone).is_ok()) {
            Some(zone) => Ok(format!("{time}[{zone}]")),
            None => Ok(time),
        },
        Ok(_) => Ok(time),
        Err(detail) => Err(detail),
    };
    known.map_err(|detail| notes.push(doubtful(format!("{at}/{name}"), detail))).ok()
}
