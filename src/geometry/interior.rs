//! A place inside a shape, to put a label or to stand for it.

use super::plane::{cross, doubled_ring_area};
use super::position::Position;
use super::shape::{Polygon, Shape, Vertex};

/// At which shares of a part's height a place is looked for.
const HEIGHTS: [f64; 7] = [0.5, 0.4, 0.6, 0.25, 0.75, 0.1, 0.9];

impl Shape {
    /// A place strictly inside the area, in the middle of the widest stretch of its largest part (by planar area) half way up;
    /// `None` when the shape is empty or thinner than the grid everywhere it was looked for.
    pub fn interior_point(&self) -> Option<Position> {
        let mut parts: Vec<&Polygon> = self.polygons().iter().collect();
        parts.sort_by_cached_key(|p| std::cmp::Reverse(doubled_ring_area(&p.shell)));
        parts
            .into_iter()
            .find_map(|part| HEIGHTS.iter().find_map(|&height| inside_at(part, height)))
            .map(Position::from)
    }
}

// between two vertices
#[allow(clippy::cast_possible_truncation)]
fn inside_at(part: &Polygon, height: f64) -> Option<Vertex> {
    let lats = || part.shell.iter().map(|v| v.lat);
    let (south, north) = (f64::from(lats().min()?), f64::from(lats().max()?));
    let lat = (south + height * (north - south)).round() as i32;
    let mut meets: Vec<f64> = part
        .rings()
        .flat_map(|r| r.windows(2))
        .filter(|w| (w[0].lat <= lat) != (w[1].lat <= lat))
        .map(|w| {
            let share = (f64::from(lat) - f64::from(w[0].lat)) / (f64::from(w[1].lat) - f64::from(w[0].lat));
            f64::from(w[0].lon) + share * (f64::from(w[1].lon) - f64::from(w[0].lon))
        })
        .collect();
    meets.sort_unstable_by(f64::total_cmp);
    let widest = meets.chunks_exact(2).max_by(|a, b| (a[1] - a[0]).total_cmp(&(b[1] - b[0])))?;
    let middle = Vertex { lon: f64::midpoint(widest[0], widest[1]).round() as i32, lat };
    strictly_inside(part, middle).then_some(middle)
}

/// Whether a vertex lies inside a part and not on its outline. Exact.
fn strictly_inside(part: &Polygon, p: Vertex) -> bool {
    let mut odd = false;
    for w in part.rings().flat_map(|r| r.windows(2)) {
        let (a, b) = if w[0].lat <= w[1].lat { (w[0], w[1]) } else { (w[1], w[0]) };
        let side = cross(a, b, p);
        let beside = (a.lon.min(b.lon)..=a.lon.max(b.lon)).contains(&p.lon) && (a.lat..=b.lat).contains(&p.lat);
        if side == 0 && beside {
            return false;
        }
        odd ^= a.lat <= p.lat && p.lat < b.lat && side > 0;
    }
    odd
}
