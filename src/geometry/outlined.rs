//! An area in very few vertices without losing any of it: a routing engine takes a hundred.
//!
//! Step by step what adds the least area is done: a dent is filled, or an edge between two corners goes and its neighbours are drawn out
//! until they meet.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use i_overlay::core::fill_rule::FillRule;
use i_overlay::core::overlay_rule::OverlayRule;

use super::error::ShapeError;
use super::exact::{HALF_TURN, POLE, side};
use super::oracle::{Side, shape_side};
use super::plane::{Point, cross, open, overlay, point};
use super::repair::shape_of;
use super::shape::{Shape, Vertex};

/// How often outlines that ran into one another are made one and counted again.
const ROUNDS: usize = 4;

impl Shape {
    /// The shape without its holes in outlines of at most `most` vertices, the repeated last ones included. It contains the original (but for
    /// centimetres, as new corners lie on the grid) and none of the places `out` that lie outside the original's outlines; none
    /// when that cannot be done.
    ///
    /// # Errors
    /// As [`super::area::union`].
    pub fn outlined(&self, most: usize, out: &[Vertex]) -> Result<Option<Self>, ShapeError> {
        let mut shape = filled(self.polygons().iter().map(|polygon| open(&polygon.shell)).collect())?;
        let out: Vec<Vertex> = out.iter().filter(|&&v| shape_side(&shape, v) == Side::Outside).copied().collect();
        for _ in 0..ROUNDS {
            // outlines that ran into one another may have closed around a place
            if out.iter().any(|&v| shape_side(&shape, v) != Side::Outside) {
                break;
            }
            if shape.vertex_count() <= most {
                return Ok(Some(shape));
            }
            let Some(fewer) = Outlines::of(&shape).reduced(most, &out) else { break };
            shape = filled(fewer)?;
        }
        Ok(None)
    }
}

/// What counter-clockwise contours cover, its holes too. They may cross: where one covers a place, it is covered.
fn filled(mut contours: Vec<Vec<Point>>) -> Result<Shape, ShapeError> {
    loop {
        let shape = shape_of(overlay(&contours, [], OverlayRule::Subject, FillRule::Positive))?;
        if shape.polygons().iter().all(|polygon| polygon.holes.is_empty()) {
            return Ok(shape);
        }
        contours = shape.polygons().iter().map(|polygon| open(&polygon.shell)).collect();
    }
}

/// Rings as linked vertices.
struct Outlines {
    nodes: Vec<Node>,
    /// How many vertices each ring has left.
    left: Vec<usize>,
    steps: BinaryHeap<Reverse<Planned>>,
}

struct Node {
    at: Vertex,
    before: usize,
    after: usize,
    ring: usize,
    /// Moves on whenever what may be done here changes; none once it is gone.
    state: Option<u32>,
}

/// What may be done at a vertex: the doubled area it adds, where, in which state of it, and what becomes of it.
type Planned = (i128, usize, u32, Step);

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    /// It goes, as it is a dent.
    Fill,
    /// It moves here, and the next one goes.
    Join(Vertex),
}

impl Outlines {
    fn of(shape: &Shape) -> Self {
        let mut all = Self { nodes: Vec::new(), left: Vec::new(), steps: BinaryHeap::new() };
        for polygon in shape.polygons() {
            let (first, count) = (all.nodes.len(), polygon.shell.len() - 1);
            let nodes = polygon.shell[..count].iter().enumerate().map(|(i, &at)| Node {
                at,
                before: first + (i + count - 1) % count,
                after: first + (i + 1) % count,
                ring: all.left.len(),
                state: Some(0),
            });
            all.nodes.extend(nodes);
            all.left.push(count);
        }
        all
    }

    /// The contours when no more than `most` vertices are left, those that close the rings counted too.
    fn reduced(mut self, most: usize, out: &[Vertex]) -> Option<Vec<Vec<Point>>> {
        for node in 0..self.nodes.len() {
            self.plan(node, out);
        }
        let mut count = self.left.iter().map(|left| left + 1).sum::<usize>();
        while count > most {
            let Reverse((_, node, state, step)) = self.steps.pop()?;
            if self.nodes[node].state == Some(state) && self.left[self.nodes[node].ring] > 3 {
                self.take(node, step, out);
                count -= 1;
            }
        }
        let mut contours = vec![Vec::new(); self.left.len()];
        let mut firsts: Vec<Option<usize>> = vec![None; self.left.len()];
        for (i, node) in self.nodes.iter().enumerate().filter(|(_, node)| node.state.is_some()) {
            firsts[node.ring].get_or_insert(i);
        }
        for (contour, first) in contours.iter_mut().zip(firsts) {
            let mut node = first?;
            loop {
                contour.push(point(self.nodes[node].at));
                node = self.nodes[node].after;
                if Some(node) == first {
                    break;
                }
            }
        }
        Some(contours)
    }

    fn take(&mut self, node: usize, step: Step, out: &[Vertex]) {
        let gone = match step {
            Step::Fill => node,
            Step::Join(corner) => {
                self.nodes[node].at = corner;
                self.nodes[node].after
            }
        };
        let (before, after) = (self.nodes[gone].before, self.nodes[gone].after);
        (self.nodes[before].after, self.nodes[after].before) = (after, before);
        self.nodes[gone].state = None;
        self.left[self.nodes[gone].ring] -= 1;
        // a step looks at one vertex before it and two after it
        let mut changed = after;
        for _ in 0..4 {
            self.plan(changed, out);
            changed = self.nodes[changed].before;
        }
    }

    /// Plans what adds the least at a vertex.
    fn plan(&mut self, node: usize, out: &[Vertex]) {
        let Node { before, after, state: Some(state), .. } = self.nodes[node] else { return };
        self.nodes[node].state = Some(state + 1);
        let [a, b, c, d] = [before, node, after, self.nodes[after].after].map(|node| self.nodes[node].at);
        let planned = if cross(a, b, c) <= 0 {
            Some((cross(a, c, b), [a, c, b], Step::Fill))
        } else {
            meeting(a, b, c, d).map(|corner| (cross(b, corner, c), [b, corner, c], Step::Join(corner)))
        };
        if let Some((area, added, step)) = planned
            && !out.iter().any(|&v| holds(added, v))
        {
            self.steps.push(Reverse((area, node, state + 1, step)));
        }
    }
}

/// Where the edges before and after a convex edge `b – c` meet when they are drawn out.
// rounded to the grid, and in range
#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
fn meeting(a: Vertex, b: Vertex, c: Vertex, d: Vertex) -> Option<Vertex> {
    if cross(b, c, d) <= 0 {
        return None;
    }
    let by =
        |from: Vertex, to: Vertex| [f64::from(to.lon) - f64::from(from.lon), f64::from(to.lat) - f64::from(from.lat)];
    let (out, back, across) = (by(a, b), by(d, c), by(a, d));
    let turn = out[1] * back[0] - out[0] * back[1];
    // edges that turn half round or more meet on the other side
    let share = if turn > 0.0 { (across[1] * back[0] - across[0] * back[1]) / turn } else { return None };
    let (lon, lat) = (f64::from(a.lon) + share * out[0], f64::from(a.lat) + share * out[1]);
    let in_range = lon.abs() <= f64::from(HALF_TURN) && lat.abs() <= f64::from(POLE);
    in_range.then(|| Vertex { lon: lon.round() as i32, lat: lat.round() as i32 })
}

/// Whether a counter-clockwise triangle holds a place, or its border does.
fn holds(triangle: [Vertex; 3], v: Vertex) -> bool {
    (0..3).all(|i| side(triangle[i], triangle[(i + 1) % 3], v).is_ge())
}
