//! The reverse search: which of many stored positions or legs a new or changed shape may touch.
//!
//! Stored things lie in flat arrays, one per number, so that one pass over them is bound by memory bandwidth; what the boxes
//! let through is then tried against the changed shapes themselves.

use super::batch::Batch;
use super::exact::{HALF_TURN, POLE};
use super::index::{Entry, ShapeIndex};
use super::metric;
use super::position::Position;
use super::shape::{Bounds, Vertex};

/// More boxes than this are joined: a pass over everything is made for each.
const BOXES: usize = 16;

/// A few boxes around the parts of the entries, grown by `metres` plus the accuracy of their outlines, under every name that ±180 has.
fn reach(entries: &[Entry], metres: f64) -> Vec<Bounds> {
    let mut boxes: Vec<Bounds> = entries
        .iter()
        .flat_map(|entry| entry.shape.polygons().iter().map(move |p| (p, metres + entry.accuracy_m)))
        .filter_map(|(polygon, metres)| Some((Bounds::of(&polygon.shell)?, metres)))
        .flat_map(|(bounds, metres)| grown(bounds, metres))
        .collect();
    boxes.sort_unstable_by_key(|b| (b.min.lon, b.min.lat));
    let together = boxes.len().div_ceil(BOXES).max(1);
    boxes.chunks(together).filter_map(|some| Bounds::of(some.iter().flat_map(|b| [&b.min, &b.max]))).collect()
}

/// A box grown by metres; what then reaches beyond ±180 is a box at the other side too.
#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)] // numbers of units, a few turns at most
fn grown(bounds: Bounds, metres: f64) -> impl Iterator<Item = Bounds> {
    const TURN: i64 = 3_600_000_000;
    let (lat_m, _) = metric::least_metres_per_unit(0.0);
    let dy = (metres / lat_m).ceil() as i64 + 1;
    let (south, north) = (i64::from(bounds.min.lat) - dy, i64::from(bounds.max.lat) + dy);
    let farthest = (south.abs().max(north.abs()) as f64 * 1e-7).min(90.0);
    let (_, lon_m) = metric::least_metres_per_unit(farthest);
    let dx = (metres / lon_m).ceil().min(TURN as f64) as i64 + 1;
    let (west, east) = (i64::from(bounds.min.lon) - dx, i64::from(bounds.max.lon) + dx);
    let at = |lon: i64, lat: i64| Vertex {
        lon: lon.clamp(-i64::from(HALF_TURN), HALF_TURN.into()) as i32,
        lat: lat.clamp(-i64::from(POLE), POLE.into()) as i32,
    };
    [0, TURN, -TURN]
        .into_iter()
        .map(move |turn| (west + turn, east + turn))
        .filter(|(west, east)| *west <= TURN / 2 && *east >= -TURN / 2)
        .map(move |(west, east)| Bounds { min: at(west, south), max: at(east, north) })
}

/// Positions in flat arrays; the n-th pushed has id n.
#[derive(Clone, Debug, Default)]
pub struct StoredPositions {
    lon: Vec<i32>,
    lat: Vec<i32>,
    accuracy_m: Vec<f32>,
    largest_accuracy_m: f64,
}

impl StoredPositions {
    /// Stores a position and gives its id.
    #[allow(clippy::cast_possible_truncation)]
    pub fn push(&mut self, position: Position) -> u32 {
        let v = position.vertex();
        self.lon.push(v.lon);
        self.lat.push(v.lat);
        self.accuracy_m.push((position.accuracy_m() as f32).next_up());
        self.largest_accuracy_m = self.largest_accuracy_m.max(position.accuracy_m());
        self.lon.len() as u32 - 1
    }

    /// Puts another position under an id.
    ///
    /// # Panics
    /// When the id was never given out.
    #[allow(clippy::cast_possible_truncation)]
    pub fn set(&mut self, id: u32, position: Position) {
        let v = position.vertex();
        let i = id as usize;
        self.lon[i] = v.lon;
        self.lat[i] = v.lat;
        self.accuracy_m[i] = (position.accuracy_m() as f32).next_up();
        self.largest_accuracy_m = self.largest_accuracy_m.max(position.accuracy_m());
    }

    /// How many positions there are.
    pub fn len(&self) -> usize {
        self.lon.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.lon.is_empty()
    }

    /// Ids of positions one of the entries contains or may contain, ascending. Give the old and the new entry of a changed shape.
    #[allow(clippy::needless_bitwise_bool)] // no branches in a pass over everything
    pub fn may_touch(&self, entries: &[Entry]) -> Vec<u32> {
        let boxes = reach(entries, self.largest_accuracy_m);
        let index = ShapeIndex::build(entries.to_vec());
        let ids = candidates(self.len(), &boxes, |i, b| {
            (b.min.lon <= self.lon[i])
                & (self.lon[i] <= b.max.lon)
                & (b.min.lat <= self.lat[i])
                & (self.lat[i] <= b.max.lat)
        });
        let mut touched = Vec::new();
        let mut located = Batch::default();
        for ids in ids.chunks(4096) {
            let positions: Vec<Position> = ids.iter().map(|&id| self.position(id as usize)).collect();
            index.locate_batch(&positions, &mut located);
            touched.extend(ids.iter().zip(located.iter()).filter(|(_, placed)| !placed.is_empty()).map(|(id, _)| *id));
        }
        touched
    }

    fn position(&self, i: usize) -> Position {
        let accuracy_m = f64::from(self.accuracy_m[i]).min(Position::MAX_ACCURACY_M);
        let exact = Position::from(Vertex { lon: self.lon[i], lat: self.lat[i] });
        exact.with_accuracy(accuracy_m).expect("accuracies are in range")
    }
}

/// Legs as boxes in flat arrays; a long leg has several. The n-th pushed has id n.
#[derive(Clone, Debug, Default)]
pub struct StoredLegs {
    min_lon: Vec<i32>,
    min_lat: Vec<i32>,
    max_lon: Vec<i32>,
    max_lat: Vec<i32>,
    leg: Vec<u32>,
    count: u32,
}

impl StoredLegs {
    /// Edges under one box.
    const EDGES: usize = 8;

    /// Stores a leg given as pieces cut at ±180, and gives its id.
    pub fn push(&mut self, pieces: &[Vec<Vertex>]) -> u32 {
        for piece in pieces {
            let mut from = 0;
            while from < piece.len() {
                let to = (from + Self::EDGES).min(piece.len() - 1);
                self.push_box(Bounds::of(&piece[from..=to]).expect("at least one vertex"));
                if to == piece.len() - 1 {
                    break;
                }
                from = to;
            }
        }
        self.count += 1;
        self.count - 1
    }

    /// Stores a leg given as boxes that are already as wide as its way is unknown ([`boxes_around`]), and gives its id.
    pub fn push_boxes(&mut self, boxes: &[Bounds]) -> u32 {
        for b in boxes {
            self.push_box(*b);
        }
        self.count += 1;
        self.count - 1
    }

    fn push_box(&mut self, b: Bounds) {
        self.min_lon.push(b.min.lon);
        self.min_lat.push(b.min.lat);
        self.max_lon.push(b.max.lon);
        self.max_lat.push(b.max.lat);
        self.leg.push(self.count);
    }

    /// How many legs there are.
    pub fn len(&self) -> usize {
        self.count as usize
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Ids of legs whose boxes come within `corridor_m` plus accuracy of a part of one of the entries, ascending: all that need to be
    /// looked at again.
    #[allow(clippy::needless_bitwise_bool)]
    pub fn may_touch(&self, entries: &[Entry], corridor_m: f64) -> Vec<u32> {
        let boxes = reach(entries, corridor_m);
        let mut ids: Vec<u32> = candidates(self.leg.len(), &boxes, |i, b| {
            (self.min_lon[i] <= b.max.lon)
                & (b.min.lon <= self.max_lon[i])
                & (self.min_lat[i] <= b.max.lat)
                & (b.min.lat <= self.max_lat[i])
        })
        .into_iter()
        .map(|i| self.leg[i as usize])
        .collect();
        ids.dedup();
        ids
    }
}

/// Boxes around everything within `metres` of a line given as pieces cut at ±180: `most` of them, or a few more at the cuts.
pub fn boxes_around(pieces: &[Vec<Vertex>], metres: f64, most: usize) -> Vec<Bounds> {
    let edges: usize = pieces.iter().map(|piece| piece.len().saturating_sub(1)).sum();
    let together = edges.div_ceil(most.max(1)).max(1);
    let mut boxes = Vec::new();
    for piece in pieces {
        let mut from = 0;
        while from + 1 < piece.len() {
            let to = (from + together).min(piece.len() - 1);
            boxes.extend(Bounds::of(&piece[from..=to]).into_iter().flat_map(|b| grown(b, metres)));
            from = to;
        }
    }
    boxes
}

/// Which of `0..count` meet one of the boxes, ascending.
#[allow(clippy::cast_possible_truncation)]
fn candidates(count: usize, boxes: &[Bounds], meets: impl Fn(usize, &Bounds) -> bool) -> Vec<u32> {
    let mut marked = vec![false; count];
    for b in boxes {
        for (i, mark) in marked.iter_mut().enumerate() {
            *mark |= meets(i, b);
        }
    }
    (0..count as u32).filter(|i| marked[*i as usize]).collect()
}
