//! Parts of a line: the place of it nearest to a position, and what lies between two places.

use super::line::Line;
use super::metric::{self, Space};
use super::position::Position;
use super::shape::Vertex;

impl Line {
    /// The place of the line nearest to a position: metres along the line, and metres between the two.
    ///
    /// Found along the chord of each edge: good to a thousandth of the edge's length, which is what a rough line is for.
    pub fn nearest(&self, position: Position) -> (f64, f64) {
        let place = metric::space(position.lat(), position.lon());
        let edges =
            self.pieces().iter().zip(self.metres()).flat_map(|(piece, metres)| piece.windows(2).zip(metres.windows(2)));
        let along = edges.map(|(ends, metres)| {
            let share = share(metric::space_of(ends[0]), metric::space_of(ends[1]), place);
            metres[0] + share * (metres[1] - metres[0])
        });
        along
            .map(|metres| (metres, self.point_at_m(metres).distance_m(position)))
            .min_by(|a, b| a.1.total_cmp(&b.1))
            .unwrap_or((0.0, f64::INFINITY))
    }

    /// What lies between two places of the line, given in metres along it; from the second back to the first where it is the smaller.
    ///
    /// `None` where that has no length.
    pub fn part(&self, from_m: f64, to_m: f64) -> Option<Self> {
        let (low, high) = if from_m <= to_m { (from_m, to_m) } else { (to_m, from_m) };
        let mut pieces: Vec<Vec<Vertex>> = Vec::new();
        for (piece, metres) in self.pieces().iter().zip(self.metres()) {
            let (Some(&start), Some(&end)) = (metres.first(), metres.last()) else { continue };
            let (low, high) = (low.max(start), high.min(end));
            if low >= high {
                continue;
            }
            // the end of a piece at ±180 has the name that this piece gives it
            let first = (low > start).then(|| self.point_at_m(low).vertex());
            let last = (high < end).then(|| self.point_at_m(high).vertex());
            let between = piece.iter().zip(metres).filter(|(_, m)| (low..=high).contains(*m)).map(|(v, _)| *v);
            let mut part: Vec<Vertex> = first.into_iter().chain(between).chain(last).collect();
            part.dedup();
            pieces.push(part);
        }
        if from_m > to_m {
            pieces.reverse();
            for piece in &mut pieces {
                piece.reverse();
            }
        }
        pieces.retain(|piece| piece.len() >= 2);
        let points = |piece: Vec<Vertex>| piece.into_iter().map(super::plane::point).collect();
        (!pieces.is_empty()).then(|| Self::from_points(pieces.into_iter().map(points).collect()))
    }
}

/// Where on the chord from `a` to `b` a place in space is nearest: 0.0 at `a`, 1.0 at `b`.
fn share(a: Space, b: Space, place: Space) -> f64 {
    let (along, to) = ([0, 1, 2].map(|i| b[i] - a[i]), [0, 1, 2].map(|i| place[i] - a[i]));
    let dot = |x: Space, y: Space| x[0] * y[0] + x[1] * y[1] + x[2] * y[2];
    let length2 = dot(along, along);
    if length2 == 0.0 { 0.0 } else { (dot(along, to) / length2).clamp(0.0, 1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{Edges, Limits};

    fn line(coordinates: &serde_json::Value) -> Line {
        let geometry = serde_json::json!({"type": "LineString", "coordinates": coordinates});
        Line::from_geojson(&geometry, &Limits::default(), Edges::Planar).expect("a line")
    }

    fn at(lat: f64, lon: f64) -> Position {
        Position::new(lat, lon).expect("a position")
    }

    #[test]
    fn the_nearest_place_is_on_the_line() {
        let line = line(&serde_json::json!([[100.0, 13.0], [101.0, 13.0], [101.0, 14.0]]));
        let (metres, apart) = line.nearest(at(13.5, 101.1));
        assert!(
            (line.point_at_m(metres).lat() - 13.5).abs() < 1e-3 && (apart - 10_830.0).abs() < 50.0,
            "{metres} {apart}"
        );
        assert!(line.nearest(at(13.0, 99.0)).0 < 1e-6);
    }

    #[test]
    fn a_part_may_run_backwards() {
        let whole = line(&serde_json::json!([[100.0, 13.0], [101.0, 13.0], [101.0, 14.0]]));
        let length = whole.length_m();
        let back = whole.part(length - 1000.0, 1000.0).expect("a part");
        assert!((back.length_m() - (length - 2000.0)).abs() < 1.0, "{} {length}", back.length_m());
        assert!(back.point_at_m(0.0).distance_m(whole.point_at_m(length - 1000.0)) < 0.1);
        assert!(whole.part(5.0, 5.0).is_none());
    }

    #[test]
    fn a_part_across_the_antimeridian_stays_cut() {
        let whole = line(&serde_json::json!([[179.0, -17.0], [-179.0, -17.0]]));
        let part = whole.part(50_000.0, whole.length_m() - 50_000.0).expect("a part");
        assert_eq!(part.pieces().len(), 2);
        assert!((part.length_m() - (whole.length_m() - 100_000.0)).abs() < 1.0);
    }
}
