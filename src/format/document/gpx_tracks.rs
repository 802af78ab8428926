//! GPX 1.1: each segment of a track is a leg along its points, each route one along its points, waypoints alone are stops.

use gpx::{Gpx, Waypoint};
use serde_json::{Value, json};

use super::segments::{self, Movement, Segment, Visit};
use super::{Context, Drafts};
use crate::error::Issue;
use crate::format::draft::{Source, doubtful, dropped};
use crate::format::itinerary::PlaceDoc;

/// Reads a file.
pub(super) fn read(text: &[u8], context: &Context) -> Drafts {
    let mut counted = Counted { text, lines: 1 };
    let read = gpx::read(&mut counted);
    let file: Gpx = read.map_err(|e| {
        let mut detail = format!("is no GPX that can be read: {e}");
        if let Some(cause) = std::error::Error::source(&e) {
            detail = format!("{detail}: {cause}");
        }
        vec![Issue::invalid(format!("line {}", counted.lines), detail)]
    })?;
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
            let near = |part: &Segment| matches!(part, Segment::Movement(way) if passes(way, point));
            if parts.iter().any(near) {
                notes.push(dropped(at, "a waypoint that the way passes by"));
            } else {
                notes.push(doubtful(at, "a waypoint that no way passes by: whether anybody goes there is not said"));
            }
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

/// How far from a waypoint a way passes it by, in metres: across a town.
const PASSING_M: f64 = 2_000.0;

/// Whether a way passes a waypoint by.
fn passes(way: &Movement, point: &Waypoint) -> bool {
    let positions = way.geometry.as_ref().and_then(|geometry| geometry["coordinates"].as_array());
    let position = |position: &Value| Some([position.get(0)?.as_f64()?, position.get(1)?.as_f64()?]);
    let positions: Vec<[f64; 2]> = positions.into_iter().flatten().filter_map(position).collect();
    let at = [point.point().x(), point.point().y()];
    positions.windows(2).any(|piece| off_m(at, piece[0], piece[1]) <= PASSING_M)
}

/// How far a position is from a piece of a way, in metres; pieces are short enough to be flat.
fn off_m(at: [f64; 2], from: [f64; 2], to: [f64; 2]) -> f64 {
    const METRES: f64 = 111_195.0;
    let scale = [at[1].to_radians().cos() * METRES, METRES];
    let flat = |p: [f64; 2]| {
        // the shorter way round, across the antimeridian
        let east = (p[0] - at[0] + 540.0).rem_euclid(360.0) - 180.0;
        [east * scale[0], (p[1] - at[1]) * scale[1]]
    };
    let (a, b) = (flat(from), flat(to));
    let along = [b[0] - a[0], b[1] - a[1]];
    let length = along[0].mul_add(along[0], along[1] * along[1]);
    let share = if length > 0.0 { (-(a[0] * along[0] + a[1] * along[1]) / length).clamp(0.0, 1.0) } else { 0.0 };
    share.mul_add(along[0], a[0]).hypot(share.mul_add(along[1], a[1]))
}

/// A text that counts the lines that were read of it: the reader goes byte by byte, and does not say where a mistake is.
struct Counted<'a> {
    text: &'a [u8],
    lines: usize,
}

impl std::io::Read for Counted<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let read = self.text.read(into)?;
        self.lines += into[..read].iter().filter(|&&byte| byte == b'\n').count();
        Ok(read)
    }
}

fn visit(point: &Waypoint, at: &str) -> Visit {
    let place = PlaceDoc {
        lat: Some(point.point().y()),
        lon: Some(point.point().x()),
        name: point.name.clone(),
        ..PlaceDoc::default()
    };
    Visit { place, arrive: time(point), is_moment: true, source: Source::at(at), ..Visit::default() }
}

fn time(point: &Waypoint) -> Option<String> {
    point.time.and_then(|time| time.format().ok())
}
