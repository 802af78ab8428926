//! The border two areas share: edges that both outlines have, in opposite directions.

use std::collections::{HashMap, HashSet};

use super::line::Line;
use super::plane::{Point, point};
use super::shape::{Polygon, Shape, Vertex};

fn edges(shape: &Shape) -> impl Iterator<Item = (Vertex, Vertex)> {
    shape.polygons().iter().flat_map(Polygon::rings).flat_map(|r| r.windows(2)).map(|w| (w[0], w[1]))
}

/// The edges common to both outlines as a line along `a`'s outline, `a` on its left; `None` when they share no edge.
///
/// Edges are shared when both ends are exactly the same vertices, as in boundaries cut from one data set. Shapes that overlap, or
/// whose common border was drawn twice, share none.
pub fn shared_border(a: &Shape, b: &Shape) -> Option<Line> {
    let others: HashSet<(Vertex, Vertex)> = edges(b).collect();
    let shared: Vec<(Vertex, Vertex)> = edges(a).filter(|&(from, to)| others.contains(&(to, from))).collect();
    // chained in the order of a's outline; a ring that begins in the middle of the border is joined at its start
    let mut pieces: Vec<Vec<Vertex>> = Vec::new();
    for &(from, to) in &shared {
        match pieces.last_mut() {
            Some(piece) if piece.last() == Some(&from) => piece.push(to),
            _ => pieces.push(vec![from, to]),
        }
    }
    let starts: HashMap<Vertex, usize> = pieces.iter().enumerate().map(|(i, p)| (p[0], i)).collect();
    let mut joined = vec![false; pieces.len()];
    for last in 0..pieces.len() {
        let next = pieces[last].last().and_then(|end| starts.get(end)).copied();
        if let Some(next) = next.filter(|&next| next < last && !joined[next]) {
            let mut whole = std::mem::take(&mut pieces[last]);
            whole.extend_from_slice(&pieces[next][1..]);
            pieces[next] = whole;
            joined[last] = true;
        }
    }
    pieces.retain(|p| !p.is_empty());
    if pieces.is_empty() {
        return None;
    }
    let pieces: Vec<Vec<Point>> = pieces.into_iter().map(|p| p.into_iter().map(point).collect()).collect();
    Some(Line::from_points(pieces))
}
