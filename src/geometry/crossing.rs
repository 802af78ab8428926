//! Where a line segment crosses the border of a shape, decided in integers.
//!
//! A segment is looked at twice, moved a hair to its left and a hair to its right. A moved segment meets no vertex and runs along
//! no edge, so it is inside after an odd number of crossings and outside after an even one: nothing else can happen. The
//! closed shape contains what either of the two is inside of, touches in single points included.

use super::exact;
use super::shape::Vertex;
use std::cmp::Ordering;

/// To which side of itself a segment is moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hair {
    /// To the left: vertices on the segment count as right of it.
    Left,
    /// To the right: vertices on the segment count as left of it.
    Right,
}

/// Where along the line through `a` (0) and `b` (1) the moved line crosses the edge, if it does; may be outside `0..=1`.
///
/// The sign of the result and of `1 -` the result are exact; the value is rounded once. Edges that share the vertex on the line
/// give the same value.
pub fn crossing(a: Vertex, b: Vertex, edge: (Vertex, Vertex), hair: Hair) -> Option<f64> {
    let (s0, s1) = (exact::side(a, b, edge.0), exact::side(a, b, edge.1));
    let is_left = |s: Ordering| match hair {
        Hair::Left => s == Ordering::Greater,
        Hair::Right => s != Ordering::Less,
    };
    if is_left(s0) == is_left(s1) {
        return None;
    }
    Some(match (s0, s1) {
        (Ordering::Equal, _) => parameter(a, b, edge.0),
        (_, Ordering::Equal) => parameter(a, b, edge.1),
        _ => {
            let (from_a, from_b) = (exact::cross(edge.0, edge.1, a), exact::cross(edge.0, edge.1, b));
            ratio(from_a, from_a - from_b)
        }
    })
}

/// Where along the line through `a` and `b` a vertex on that line lies.
pub fn parameter(a: Vertex, b: Vertex, on_line: Vertex) -> f64 {
    let (dx, dy) = (i64::from(b.lon) - i64::from(a.lon), i64::from(b.lat) - i64::from(a.lat));
    if dx.abs() >= dy.abs() {
        ratio((i64::from(on_line.lon) - i64::from(a.lon)).into(), dx.into())
    } else {
        ratio((i64::from(on_line.lat) - i64::from(a.lat)).into(), dy.into())
    }
}

/// Inside intervals along the segment, clipped to `0..=1`, from the parameters of the crossings of one hair. Either the (moved) start
/// of the segment is known to be inside or outside, and crossings before it are left out; or all crossings of the endless
/// line are given, which begins outside.
pub fn intervals(crossings: &mut [f64], starts_inside: bool, out: &mut Vec<(f64, f64)>) {
    crossings.sort_unstable_by(f64::total_cmp);
    let mut entered: Option<f64> = starts_inside.then_some(0.0);
    for &t in crossings.iter().filter(|t| **t <= 1.0) {
        entered = match entered {
            Some(from) => {
                if t >= 0.0 {
                    out.push((from.max(0.0), t));
                }
                None
            }
            None => Some(t),
        };
    }
    if let Some(from) = entered {
        out.push((from.max(0.0), 1.0));
    }
}

/// Merges intervals that overlap or touch; leaves them sorted.
pub fn merge(intervals: &mut Vec<(f64, f64)>) {
    intervals.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    intervals.dedup_by(|next, last| {
        let joined = next.0 <= last.1;
        if joined {
            last.1 = last.1.max(next.1);
        }
        joined
    });
}

// 128-bit integers of at most 65 bits: rounding once each is exact enough, and the sign survives
#[allow(clippy::cast_precision_loss)]
fn ratio(part: i128, whole: i128) -> f64 {
    part as f64 / whole as f64
}
