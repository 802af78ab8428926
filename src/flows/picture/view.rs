//! From longitude and latitude to the picture: Mercator around the plan, cut to the frame, simplified to what can be seen.

use std::fmt::Write;

use crate::geometry::{Polygon, Shape, Vertex};

/// The picture's width in its own units; its height follows from what is shown.
pub(super) const WIDTH: f64 = 800.0;

/// What lies this far outside the frame is cut off: further than the widest stroke reaches.
const MARGIN: f64 = 24.0;

/// Details smaller than this are left out: less than a pixel on most screens.
const TOLERANCE: f64 = 0.45;

/// Mercator ends before the poles; the same limit as web maps.
const MAX_LAT: f64 = 85.05;

/// The least that is shown, in degrees: a town and what lies around it.
const LEAST_SPAN: f64 = 0.6;

/// Width over height of the frame: never taller than wide, never a thin strip.
const ASPECT: std::ops::RangeInclusive<f64> = 1.05..=1.6;

/// A point of the picture.
pub(super) type Dot = [f64; 2];

/// The part of the world that is shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct View {
    /// Longitudes are shown within half a turn of this one.
    centre_lon: f64,
    left: f64,
    top: f64,
    scale: f64,
    pub height: f64,
}

fn mercator(lat: f64) -> f64 {
    let lat = lat.clamp(-MAX_LAT, MAX_LAT).to_radians();
    (std::f64::consts::FRAC_PI_4 + lat / 2.0).tan().ln().to_degrees()
}

impl View {
    /// The view around places given as longitude and latitude; `None` without any.
    pub fn around(places: &[[f64; 2]]) -> Option<Self> {
        let mut lons: Vec<f64> = places.iter().map(|place| place[0]).collect();
        lons.sort_by(f64::total_cmp);
        let first = *lons.first()?;
        // the widest gap between neighbouring longitudes, around the globe, is what is not shown
        let turn = lons.iter().copied().skip(1).chain(std::iter::once(first + 360.0));
        let (gap, start) = lons.iter().zip(turn).map(|(a, b)| (b - a, b)).max_by(|a, b| a.0.total_cmp(&b.0))?;
        let span = 360.0 - gap;
        let centre_lon = (start + span / 2.0 + 540.0).rem_euclid(360.0) - 180.0;
        let ys = || places.iter().map(|place| mercator(place[1]));
        let (low, high) = (ys().fold(f64::INFINITY, f64::min), ys().fold(f64::NEG_INFINITY, f64::max));
        let pad = |span: f64| (span * 1.24).max(LEAST_SPAN);
        let (mut width, mut tall) = (pad(span).min(360.0), pad(high - low));
        if width / tall < *ASPECT.start() {
            width = tall * ASPECT.start();
        } else if width / tall > *ASPECT.end() {
            tall = width / ASPECT.end();
        }
        let scale = WIDTH / width;
        Some(Self {
            centre_lon,
            left: -width / 2.0,
            top: f64::midpoint(low, high) + tall / 2.0,
            scale,
            height: tall * scale,
        })
    }

    /// A place in the picture, whichever name of its longitude is nearest to the middle.
    pub fn dot(&self, lon: f64, lat: f64) -> Dot {
        let lon = (lon - self.centre_lon + 540.0).rem_euclid(360.0) - 180.0;
        self.shifted(lon, lat)
    }

    fn shifted(&self, lon: f64, lat: f64) -> Dot {
        [(lon - self.left) * self.scale, (self.top - mercator(lat)) * self.scale]
    }

    /// The place in a ring that is furthest from its edges, from those of the frame, and from a line drawn through other dots: room for
    /// a name.
    pub fn roomiest(&self, ring: &[Dot], line: &[Dot]) -> Option<Dot> {
        const STEPS: u8 = 24;
        let share = |i: u8| (f64::from(i) + 0.5) / f64::from(STEPS);
        let grid = (0..STEPS).flat_map(|x| (0..STEPS).map(move |y| [share(x) * WIDTH, share(y) * self.height]));
        let inside = |dot: &Dot| {
            let crosses = |(a, b): (Dot, Dot)| {
                (a[1] > dot[1]) != (b[1] > dot[1]) && dot[0] < a[0] + (dot[1] - a[1]) / (b[1] - a[1]) * (b[0] - a[0])
            };
            edges(ring).filter(|edge| crosses(*edge)).count() % 2 == 1
        };
        let room = |dot: &Dot| {
            let near = edges(ring).chain(line.windows(2).map(|pair| (pair[0], pair[1])));
            let nearest = near.map(|(a, b)| from_edge2(*dot, a, b).sqrt()).fold(f64::INFINITY, f64::min);
            // a name is wide: the left and right ends of the frame are nearer than they look
            nearest.min(dot[0] / 1.5).min((WIDTH - dot[0]) / 1.5).min(dot[1]).min(self.height - dot[1])
        };
        grid.filter(inside).max_by(|a, b| room(a).total_cmp(&room(b))).filter(|dot| room(dot) > 20.0)
    }

    /// The visible rings of a shape; a shape at ±180 may be seen on both sides of the picture.
    pub fn rings(&self, shape: &Shape) -> Vec<Vec<Dot>> {
        let turns = [-360.0, 0.0, 360.0];
        let seen = |polygon: &Polygon| {
            let corner = |v: Vertex, turn: f64| self.shifted(v.lon_degrees() - self.centre_lon + turn, v.lat_degrees());
            let rings = turns.into_iter().flat_map(|turn| {
                let ring = |ring: &Vec<Vertex>| self.cut(ring.iter().map(|v| corner(*v, turn)).collect());
                let shell = Some(ring(&polygon.shell)).filter(|shell| !shell.is_empty());
                let holes = shell.is_some().then(|| polygon.holes.iter().map(ring).collect::<Vec<_>>());
                shell.into_iter().chain(holes.into_iter().flatten()).collect::<Vec<_>>()
            });
            rings.filter(|ring| ring.len() >= 3).collect::<Vec<_>>()
        };
        shape.polygons().iter().flat_map(seen).collect()
    }

    /// A line through places, broken where it would jump across the picture.
    pub fn line(&self, places: impl IntoIterator<Item = [f64; 2]>) -> String {
        let mut path = String::new();
        let mut before: Option<Dot> = None;
        for place in places {
            let dot = self.dot(place[0], place[1]);
            let jumps = before.is_none_or(|b| (b[0] - dot[0]).abs() > 180.0 * self.scale);
            push(&mut path, !jumps, dot);
            before = Some(dot);
        }
        path
    }

    /// A ring (without its repeated last point), cut to the frame and simplified; empty when it is not seen.
    fn cut(&self, mut ring: Vec<Dot>) -> Vec<Dot> {
        ring.pop();
        let (right, bottom) = (WIDTH + MARGIN, self.height + MARGIN);
        // keeps what lies on the inner side of one edge of the frame, for each of the four
        for (axis, limit, sign) in [(0, -MARGIN, 1.0), (0, right, -1.0), (1, -MARGIN, 1.0), (1, bottom, -1.0)] {
            let inside = |dot: &Dot| (dot[axis] - limit) * sign >= 0.0;
            if ring.iter().all(inside) {
                continue;
            }
            let mut kept = Vec::new();
            for (i, dot) in ring.iter().enumerate() {
                let before = ring[(i + ring.len() - 1) % ring.len()];
                if inside(&before) != inside(dot) {
                    let share = (limit - before[axis]) / (dot[axis] - before[axis]);
                    kept.push([before[0] + share * (dot[0] - before[0]), before[1] + share * (dot[1] - before[1])]);
                }
                if inside(dot) {
                    kept.push(*dot);
                }
            }
            ring = kept;
        }
        simplify(&ring)
    }
}

/// A step of SVG path data: drawn, or only moved to.
fn push(path: &mut String, drawn: bool, dot: Dot) {
    // writing to a string does not fail
    let _ = write!(path, "{}{:.1} {:.1}", if drawn { "L" } else { "M" }, dot[0], dot[1]);
}

/// SVG path data of rings.
pub(super) fn path(rings: &[Vec<Dot>]) -> String {
    let mut path = String::new();
    for ring in rings {
        for (i, dot) in ring.iter().enumerate() {
            push(&mut path, i > 0, *dot);
        }
        path.push('Z');
    }
    path
}

/// The area of a ring.
pub(super) fn area(ring: &[Dot]) -> f64 {
    let twice: f64 = edges(ring).map(|(a, b)| a[0] * b[1] - b[0] * a[1]).sum();
    twice.abs() / 2.0
}

fn edges(ring: &[Dot]) -> impl Iterator<Item = (Dot, Dot)> + '_ {
    let before = ring.iter().cycle().skip(ring.len().saturating_sub(1));
    before.zip(ring).map(|(a, b)| (*a, *b))
}

/// Leaves out what is too small to see, by Douglas and Peucker's rule; a ring that is too small itself is left out altogether.
fn simplify(ring: &[Dot]) -> Vec<Dot> {
    let (Some(&first), true) = (ring.first(), ring.len() >= 3) else { return Vec::new() };
    let distance2 = |a: Dot, b: Dot| (a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2);
    let far =
        (0..ring.len()).max_by(|&i, &j| distance2(first, ring[i]).total_cmp(&distance2(first, ring[j]))).unwrap_or(0);
    if distance2(first, ring[far]) < 1.0 {
        return Vec::new();
    }
    let at = |i: usize| ring[i % ring.len()];
    let mut keep = vec![false; ring.len() + 1];
    (keep[0], keep[far]) = (true, true);
    let mut spans = vec![(0, far), (far, ring.len())];
    while let Some((from, to)) = spans.pop() {
        let worst = (from + 1..to)
            .map(|i| (from_edge2(at(i), at(from), at(to)), i))
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .filter(|(distance2, _)| *distance2 > TOLERANCE * TOLERANCE);
        if let Some((_, i)) = worst {
            keep[i] = true;
            spans.extend([(from, i), (i, to)]);
        }
    }
    ring.iter().zip(&keep).filter(|(_, keep)| **keep).map(|(dot, _)| *dot).collect()
}

/// The square of the distance from a dot to the edge between two others.
fn from_edge2(dot: Dot, a: Dot, b: Dot) -> f64 {
    let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
    let length2 = dx * dx + dy * dy;
    let share =
        if length2 == 0.0 { 0.0 } else { (((dot[0] - a[0]) * dx + (dot[1] - a[1]) * dy) / length2).clamp(0.0, 1.0) };
    (dot[0] - a[0] - share * dx).powi(2) + (dot[1] - a[1] - share * dy).powi(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_across_the_antimeridian_is_shown_in_one_piece() {
        let view = View::around(&[[177.0, -17.0], [-150.0, -17.5]]).expect("a view");
        let (fiji, tahiti) = (view.dot(177.0, -17.0), view.dot(-150.0, -17.5));
        assert!(
            [fiji, tahiti].iter().all(|dot| (0.0..WIDTH).contains(&dot[0]) && (0.0..view.height).contains(&dot[1]))
        );
        assert!(fiji[0] < tahiti[0] && tahiti[0] - fiji[0] > 0.5 * WIDTH);
    }

    #[test]
    fn rings_are_cut_to_the_frame() {
        let view = View::around(&[[100.0, 13.0], [104.0, 14.0]]).expect("a view");
        let [right, low] = [WIDTH + MARGIN, view.height + MARGIN];
        let huge = vec![[-1e5, -1e5], [1e5, -1e5], [1e5, 1e5], [-1e5, 1e5], [-1e5, -1e5]];
        let seen = view.cut(huge);
        assert!((area(&seen) - (right + MARGIN) * (low + MARGIN)).abs() < 1.0);
        let room = view.roomiest(&seen, &[[0.0, 0.0], [WIDTH, 0.0]]).expect("room");
        assert!(room[1] > view.height / 3.0);
        assert!(view.cut(vec![[-500.0, 0.0], [-400.0, 0.0], [-400.0, 50.0], [-500.0, 0.0]]).is_empty());
    }
}
