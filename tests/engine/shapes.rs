//! Random shapes for the property tests: valid by construction, and as degenerate as valid shapes get.

use cordon::geometry::{Polygon, Ring, Shape, Vertex};
use proptest::prelude::*;
use std::collections::HashMap;

/// A vertex from longitude and latitude in units.
pub fn at(lon: i32, lat: i32) -> Vertex {
    Vertex { lon, lat }
}

/// A box as a polygon.
pub fn rectangle(west: i32, south: i32, east: i32, north: i32) -> Polygon {
    let shell = vec![at(west, south), at(east, south), at(east, north), at(west, north), at(west, south)];
    Polygon { shell, holes: vec![] }
}

/// A shape of one ring.
pub fn shape(polygon: Polygon) -> Shape {
    Shape::from_canonical(vec![polygon])
}

/// Squares of a lattice, traced into rings: holes, parts, parts touching at corners, long straight borders.
#[derive(Clone, Debug)]
pub struct Mosaic {
    /// Lattice lines, ascending; one more than squares.
    pub xs: Vec<i32>,
    pub ys: Vec<i32>,
    /// Which squares are filled, row by row.
    pub filled: Vec<bool>,
    /// Around which the squares lie.
    pub middle: (i32, i32),
    /// Turned by 45 degrees, so that borders are diagonal.
    pub slanted: bool,
}

impl Mosaic {
    fn is_filled(&self, x: isize, y: isize) -> bool {
        let (columns, rows) = (self.xs.len() as isize - 1, self.ys.len() as isize - 1);
        (0..columns).contains(&x) && (0..rows).contains(&y) && self.filled[(y * columns + x) as usize]
    }

    fn place(&self, x: usize, y: usize) -> Vertex {
        let (px, py) = (self.xs[x], self.ys[y]);
        let (x, y) = if self.slanted { ((px - py) / 2, i32::midpoint(px, py)) } else { (px, py) };
        at(self.middle.0 + x, self.middle.1 + y)
    }

    /// The filled squares as a shape.
    pub fn shape(&self) -> Shape {
        // directed lattice edges with the filled square on their left
        let mut next: HashMap<(usize, usize), Vec<(usize, usize)>> = HashMap::new();
        for y in 0..self.ys.len() - 1 {
            for x in 0..self.xs.len() - 1 {
                if !self.is_filled(x as isize, y as isize) {
                    continue;
                }
                let (ix, iy) = (x as isize, y as isize);
                let mut edge = |from, to| next.entry(from).or_default().push(to);
                if !self.is_filled(ix, iy - 1) {
                    edge((x, y), (x + 1, y));
                }
                if !self.is_filled(ix + 1, iy) {
                    edge((x + 1, y), (x + 1, y + 1));
                }
                if !self.is_filled(ix, iy + 1) {
                    edge((x + 1, y + 1), (x, y + 1));
                }
                if !self.is_filled(ix - 1, iy) {
                    edge((x, y + 1), (x, y));
                }
            }
        }
        let mut rings = Vec::new();
        while let Some(start) = next.keys().min().copied() {
            let mut ring = vec![start];
            let mut came: Option<(usize, usize)> = None;
            let mut here = start;
            loop {
                let outgoing = next.get_mut(&here).expect("rings close");
                // where two squares touch at a corner, turn left: the ring stays with its square
                let turn = |to: &(usize, usize)| match came {
                    None => 0,
                    Some(from) => {
                        let (ax, ay) = (here.0 as i64 - from.0 as i64, here.1 as i64 - from.1 as i64);
                        let (bx, by) = (to.0 as i64 - here.0 as i64, to.1 as i64 - here.1 as i64);
                        ax * by - ay * bx
                    }
                };
                let choice = (0..outgoing.len()).max_by_key(|i| turn(&outgoing[*i])).expect("one way on");
                let to = outgoing.swap_remove(choice);
                if outgoing.is_empty() {
                    next.remove(&here);
                }
                came = Some(here);
                here = to;
                ring.push(here);
                if here == start {
                    break;
                }
            }
            rings.push(ring);
        }
        self.assemble(rings)
    }

    fn assemble(&self, rings: Vec<Vec<(usize, usize)>>) -> Shape {
        let area = |ring: &[(usize, usize)]| -> i64 {
            ring.windows(2).map(|w| w[0].0 as i64 * w[1].1 as i64 - w[1].0 as i64 * w[0].1 as i64).sum()
        };
        let placed = |ring: &[(usize, usize)]| -> Ring { ring.iter().map(|&(x, y)| self.place(x, y)).collect() };
        let (shells, holes): (Vec<_>, Vec<_>) = rings.into_iter().partition(|r| area(r) > 0);
        let mut polygons: Vec<Polygon> = shells.iter().map(|r| Polygon { shell: placed(r), holes: vec![] }).collect();
        for hole in &holes {
            // the filled square left of a hole's first edge belongs to the smallest shell around it
            let owner = (0..shells.len())
                .filter(|&i| surrounds(&shells[i], hole))
                .min_by_key(|&i| area(&shells[i]))
                .expect("a hole lies in a shell");
            polygons[owner].holes.push(placed(hole));
        }
        Shape::from_canonical(polygons)
    }
}

/// Whether a lattice ring surrounds the middle of the empty square on the right of another ring's first edge.
fn surrounds(shell: &[(usize, usize)], hole: &[(usize, usize)]) -> bool {
    let (from, to) = (hole[0], hole[1]);
    let (dx, dy) = (to.0 as i64 - from.0 as i64, to.1 as i64 - from.1 as i64);
    // in half squares: the middle of the edge, one half to the right
    let (x, y) = (from.0 as i64 + to.0 as i64 + dy, from.1 as i64 + to.1 as i64 - dx);
    shell
        .windows(2)
        .filter(|w| w[0].0 == w[1].0 && 2 * (w[0].0 as i64) < x)
        .filter(|w| (2 * (w[0].1 as i64) < y) != (2 * (w[1].1 as i64) < y))
        .count()
        % 2
        == 1
}

fn lines(count: usize, low: i32, high: i32) -> impl Strategy<Value = Vec<i32>> {
    // even numbers, so that the slanted lattice has whole corners
    proptest::collection::btree_set(low / 2..=high / 2, count).prop_map(|s| s.into_iter().map(|x| x * 2).collect())
}

/// Mosaics within a square of a side around a middle.
pub fn mosaics(middle: (i32, i32), reach: i32) -> impl Strategy<Value = Mosaic> {
    (2..6_usize, 2..6_usize).prop_flat_map(move |(columns, rows)| {
        (
            lines(columns + 1, -reach, reach),
            lines(rows + 1, -reach, reach),
            proptest::collection::vec(any::<bool>(), columns * rows),
            any::<bool>(),
        )
            .prop_map(move |(xs, ys, filled, slanted)| Mosaic { xs, ys, filled, middle, slanted })
    })
}

/// Rings around a middle with one corner a direction, spiky when `spread` is near 1.
pub fn stars(middle: (i32, i32), reach: f64) -> impl Strategy<Value = Shape> {
    (proptest::collection::vec(0.3..1.0_f64, 3..40), 0.0..1.0_f64).prop_map(move |(radii, turn)| {
        let step = std::f64::consts::TAU / radii.len() as f64;
        let mut shell: Ring = radii
            .iter()
            .enumerate()
            .map(|(i, r)| {
                let angle = (i as f64 + turn) * step;
                at(middle.0 + (r * reach * angle.cos()) as i32, middle.1 + (r * reach * angle.sin()) as i32)
            })
            .collect();
        shell.push(shell[0]);
        shape(Polygon { shell, holes: vec![] })
    })
}
