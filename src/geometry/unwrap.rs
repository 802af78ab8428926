//! Rings across ±180 and around the poles: made continuous, closed along the pole, cut at ±180.

use i_overlay::core::fill_rule::FillRule;
use i_overlay::core::overlay_rule::OverlayRule;

use super::error::ShapeError;
use super::plane::{HALF_TURN, POLE, Point, Region, TURN, doubled_area, intersect, overlay, unite};

/// What had to be read into a ring's longitudes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Reading {
    /// The ring crosses ±180 and must be cut there.
    pub crosses: bool,
    /// The ring winds around a pole and was closed along it.
    pub pole: bool,
}

/// Makes the longitudes of a closed ring continuous.
///
/// An edge that jumps more than 180° of longitude is read as the short way round (RFC 7946 section 3.1.9). Two edges look like
/// jumps and are none: an edge along a pole, and the full-width edge from −180 to 180 of a band around the world, which is told
/// from a ring that merely touches ±180 on both sides by the area that is left when the jump is read as no distance at all.
pub(super) fn unwrap(ring: &mut Vec<Point>, path: &str) -> Result<Reading, ShapeError> {
    let outside = |p: &Point| p.x.abs() > HALF_TURN;
    let jumps = |w: &[Point]| (w[1].x - w[0].x).abs() > HALF_TURN;
    let full = |w: &[Point]| (w[1].x - w[0].x).abs() == TURN;
    let along_pole = |w: &[Point]| w[0].y == w[1].y && w[0].y.abs() == POLE;
    if !ring.iter().any(outside) && !ring.windows(2).any(|w| jumps(w) && !along_pole(w)) {
        return Ok(Reading::default());
    }
    let only_full_jumps = !ring.windows(2).any(|w| jumps(w) && !full(w));
    let mut continuous = Vec::with_capacity(ring.len() + 4);
    let mut shift = 0;
    for (i, &p) in ring.iter().enumerate() {
        if i > 0 {
            shift += wrapping_shift(p.x - ring[i - 1].x);
        }
        continuous.push(Point::new(p.x + shift, p.y));
    }
    let winding = continuous[continuous.len() - 1].x - continuous[0].x;
    let planar = |ring: &[Point]| Ok(Reading { crosses: ring.iter().any(outside), pole: false });
    if winding == 0 {
        if only_full_jumps && doubled_area(&continuous) == 0 {
            return planar(ring);
        }
    } else {
        match enclosed_pole(&continuous) {
            Some(pole) if winding.abs() == TURN => {
                *ring = close_along_pole(&continuous, winding, pole);
                return Ok(Reading { crosses: ring.iter().any(outside), pole: true });
            }
            _ if only_full_jumps => return planar(ring),
            _ => return Err(ShapeError::AmbiguousPole { path: path.to_owned() }),
        }
    }
    *ring = continuous;
    Ok(Reading { crosses: ring.iter().any(outside), pole: false })
}

/// The whole turns to add so that a step of longitude becomes at most half a turn.
pub(super) fn wrapping_shift(step: i64) -> i64 {
    let mut shift = 0;
    while step + shift > HALF_TURN {
        shift -= TURN;
    }
    while step + shift < -HALF_TURN {
        shift += TURN;
    }
    shift
}

/// The latitude of the pole a ring around the Earth encloses: the one it touches, else the one on its side of the equator.
fn enclosed_pole(ring: &[Point]) -> Option<i64> {
    let touches = |pole: i64| ring.iter().any(|p| p.y == pole);
    match (touches(POLE), touches(-POLE)) {
        (true, false) => Some(POLE),
        (false, true) => Some(-POLE),
        (false, false) if ring.iter().all(|p| p.y > 0) => Some(POLE),
        (false, false) if ring.iter().all(|p| p.y < 0) => Some(-POLE),
        // it touches both poles, or lies on both sides of the equator
        _ => None,
    }
}

/// Turns a path that goes once around the Earth into a closed ring from ±180 to ±180 with explicit edges to and along the pole.
fn close_along_pole(path: &[Point], winding: i64, pole: i64) -> Vec<Point> {
    let mut path = with_seam_vertices(path);
    // begin where the path meets ±180, which a whole turn does at least once
    let start = path.iter().position(on_seam).unwrap_or(0);
    path.pop();
    path.rotate_left(start);
    let rotated = path.len() - start;
    for p in &mut path[rotated..] {
        p.x += winding;
    }
    let first = path[0];
    // into the usual range: a ring from -180 to 180 needs no cut
    let shift = -HALF_TURN - first.x.min(first.x + winding);
    path.extend([
        Point::new(first.x + winding, first.y),
        Point::new(first.x + winding, pole),
        Point::new(first.x, pole),
        first,
    ]);
    for p in &mut path {
        p.x += shift;
    }
    path
}

fn on_seam(p: &Point) -> bool {
    (p.x - HALF_TURN).rem_euclid(TURN) == 0
}

/// Adds a vertex wherever an edge crosses an odd multiple of 180°, so that both sides of the cut share it.
pub(super) fn with_seam_vertices(path: &[Point]) -> Vec<Point> {
    let mut out = Vec::with_capacity(path.len() + 4);
    for (i, &b) in path.iter().enumerate() {
        if i > 0 {
            let a = path[i - 1];
            let (low, high) = (a.x.min(b.x), a.x.max(b.x));
            let first = (low + HALF_TURN).div_euclid(TURN) * TURN + HALF_TURN;
            let mut seams = Vec::new();
            let mut seam = first;
            while seam < high {
                if seam > low {
                    seams.push(Point::new(seam, latitude_at(a, b, seam)));
                }
                seam += TURN;
            }
            if a.x > b.x {
                seams.reverse();
            }
            out.append(&mut seams);
        }
        out.push(b);
    }
    out
}

/// The latitude of the edge at a longitude strictly between its ends, rounded to the grid.
// between two latitudes that fit
#[allow(clippy::cast_possible_truncation)]
fn latitude_at(a: Point, b: Point, x: i64) -> i64 {
    // one direction for both, so that a shared edge is cut at one point
    let (a, b) = if (a.x, a.y) <= (b.x, b.y) { (a, b) } else { (b, a) };
    let run = i128::from(b.x - a.x);
    let rise = i128::from(b.y - a.y) * i128::from(x - a.x);
    a.y + (2 * rise + run).div_euclid(2 * run) as i64
}

/// The area of a closed ring, cut at ±180 and moved into the usual range.
pub(super) fn fold(ring: &[Point], fill: FillRule) -> Region {
    let contour = with_seam_vertices(ring);
    let area = overlay([&contour], [], OverlayRule::Subject, fill);
    let turn_of = |x: i64| (x + HALF_TURN).div_euclid(TURN);
    let (low, high) = ring.iter().fold((i64::MAX, i64::MIN), |(l, h), p| (l.min(p.x), h.max(p.x)));
    if low >= -HALF_TURN && high <= HALF_TURN {
        return area;
    }
    let strips: Vec<Region> = (turn_of(low)..=turn_of(high))
        .map(|turn| {
            let (west, east) = (turn * TURN - HALF_TURN, turn * TURN + HALF_TURN);
            let strip = vec![vec![vec![
                Point::new(west, -POLE),
                Point::new(east, -POLE),
                Point::new(east, POLE),
                Point::new(west, POLE),
            ]]];
            let mut part = intersect(&area, &strip);
            part.iter_mut().flatten().flatten().for_each(|p| p.x -= turn * TURN);
            part
        })
        .collect();
    unite(&strips)
}

/// Cuts an open path at ±180 into pieces in the usual range.
pub(super) fn fold_path(path: &[Point]) -> Vec<Vec<Point>> {
    let mut pieces: Vec<Vec<Point>> = Vec::new();
    let mut current_turn = None;
    for edge in with_seam_vertices(path).windows(2) {
        // an edge lies within one turn once seams have vertices; its middle tells which, and one along a seam stays where the path is
        let along_seam = edge[0].x == edge[1].x && on_seam(&edge[0]);
        let middle = (edge[0].x + edge[1].x + TURN).div_euclid(2 * TURN);
        let turn = current_turn.filter(|_| along_seam).unwrap_or(middle);
        let moved = |p: Point| Point::new(p.x - turn * TURN, p.y);
        match pieces.last_mut() {
            Some(piece) if current_turn == Some(turn) => piece.push(moved(edge[1])),
            _ => pieces.push(vec![moved(edge[0]), moved(edge[1])]),
        }
        current_turn = Some(turn);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_is_cut_at_one_latitude_from_both_directions() {
        let (a, b) = (Point::new(1_790_000_000, 3), Point::new(1_810_000_001, 8));
        assert_eq!(latitude_at(a, b, HALF_TURN), latitude_at(b, a, HALF_TURN));
    }

    #[test]
    fn a_path_around_the_earth_is_cut_into_pieces_that_touch_the_seam() {
        let path = [Point::new(1_700_000_000, 0), Point::new(1_900_000_000, 2)];
        let pieces = fold_path(&path);
        assert_eq!(
            pieces,
            [
                vec![Point::new(1_700_000_000, 0), Point::new(HALF_TURN, 1)],
                vec![Point::new(-HALF_TURN, 1), Point::new(-1_700_000_000, 2)]
            ]
        );
    }
}
