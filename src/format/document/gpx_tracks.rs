//! GPX 1.1: each segment of a track is a leg along its points, each route one along its points, waypoints alone are stops.

use gpx::{Gpx, Waypoint};
use serde_json::json;

use super::segments::{self, Movement, Segment, Visit};
use super::{Context, Drafts};
use crate::error::Issue;
use crate::format::draft::{Source, dropped};
use crate::format::itinerary::PlaceDoc;

/// Reads a file.
pub(super) fn read(text: &[u8], context: &Context) -> Drafts {
    let file: Gpx =
        gpx::read(text).map_err(|e| vec![Issue::invalid("", format!("is no GPX that can be read: {e}"))])?;
    let mut notes = Vec::new();
    let mut parts = Vec::new();
    for (t, track) in file.tracks.iter().enumerate() {
        for (s, segment) in track.segments.iter().enumerate() {
            let at = format!("track {}, segment {}", t + 1, s + 1);
            leg(&segment.points, &at, context, &mut parts, &mut notes)?;
        }
    }
    for (r, route) in file.routes.iter().enumerate() {
        leg(&route.points, &format!("route {}", r + 1), context, &mut parts, &mut notes)?;
    }
    for (w, point) in file.waypoints.iter().enumerate() {
        let at = format!("waypoint {}", w + 1);
        if parts.iter().any(|part| matches!(part, Segment::Movement(_))) {
            notes.push(dropped(at, "a waypoint beside the way"));
        } else {
            parts.push(Segment::Stay(Box::new(visit(point, &at))));
        }
    }
    segments::sort(&mut parts, context);
    let name = file.metadata.and_then(|metadata| metadata.name);
    Ok(vec![segments::join(name, Vec::new(), parts, notes, context)])
}

fn leg(
    points: &[Waypoint],
    at: &str,
    context: &Context,
    parts: &mut Vec<Segment>,
    notes: &mut Vec<Issue>,
) -> Result<(), Vec<Issue>> {
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        notes.push(dropped(at, "has no points"));
        return Ok(());
    };
    if points.len() > context.limits.max_vertices {
        let detail = format!("{} points are more than the {} taken", points.len(), context.limits.max_vertices);
        return Err(vec![Issue::invalid(at, detail)]);
    }
    if points.iter().all(|point| point.point() == first.point()) {
        parts.push(Segment::Stay(Box::new(Visit { depart: time(last), ..visit(first, at) })));
        return Ok(());
    }
    let coordinates: Vec<[f64; 2]> = points.iter().map(|point| [point.point().x(), point.point().y()]).collect();
    let mut from = visit(first, &format!("{at}, point 1"));
    from.depart = from.arrive.take();
    parts.push(Segment::Movement(Box::new(Movement {
        from,
        to: visit(last, &format!("{at}, point {}", points.len())),
        geometry: Some(json!({"type": "LineString", "coordinates": coordinates})),
        source: Source::at(at),
        ..Movement::default()
    })));
    Ok(())
}

fn visit(point: &Waypoint, at: &str) -> Visit {
    let place = PlaceDoc {
        lat: Some(point.point().y()),
        lon: Some(point.point().x()),
        name: point.name.clone(),
        ..PlaceDoc::default()
    };
    Visit { place, arrive: time(point), source: Source::at(at), ..Visit::default() }
}

fn time(point: &Waypoint) -> Option<String> {
    point.time.and_then(|time| time.format().ok())
}
