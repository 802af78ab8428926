//! The index: which shapes contain a position, which may, and by how many metres.

use super::border::Border;
use super::cells::{Cells, Source, Wanted};
use super::exact::{self, POLE};
use super::metric;
use super::oracle::{self, Oracle, Side};
use super::position::Position;
use super::relate::{self, Margin, Placed, Placement, ShapeId};
use super::shape::{Bounds, Shape, Vertex};
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};
use std::sync::Arc;

/// To whom a border belongs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Policy {
    /// The border belongs to the shape; neighbours that share it both match. For danger.
    #[default]
    Closed,
    /// Western and southern borders belong to the shape, eastern and northern ones to the neighbour: of shapes that tile the plane
    /// exactly one contains each place. For partitions such as countries.
    HalfOpen,
}

/// One shape to be indexed.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The exact outline.
    pub shape: Arc<Shape>,
    /// How well the outline is known, in metres; widens the doubtful band around it.
    pub accuracy_m: f64,
    /// To whom its border belongs.
    pub policy: Policy,
}

/// One change of an index.
#[derive(Clone, Debug)]
pub enum Change {
    /// A new shape.
    Add(Entry),
    /// Another entry under the same id.
    Replace(ShapeId, Entry),
    /// No shape under this id any more; a later addition may take the id again.
    Withdraw(ShapeId),
}

/// One indexed shape.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) accuracy_m: f64,
    pub(super) policy: Policy,
    pub(super) border: Border,
    bounds: Option<Bounds>,
}

impl Member {
    fn new(entry: Entry) -> Self {
        let bounds = entry.shape.bounds();
        Self { accuracy_m: entry.accuracy_m, policy: entry.policy, border: Border::new(entry.shape), bounds }
    }

    pub(super) fn shape(&self) -> &Arc<Shape> {
        self.border.shape()
    }

    fn part_bounds(&self) -> impl Iterator<Item = Bounds> + '_ {
        self.shape().polygons().iter().filter_map(|p| Bounds::of(&p.shell))
    }

    pub(super) fn is_closed(&self) -> bool {
        self.policy == Policy::Closed
    }
}

type NearBox = GeomWithData<Rectangle<[f64; 3]>, u32>;

/// An immutable set of shapes, shared freely between threads; changed by making another ([`Self::replace`]).
#[derive(Clone, Debug)]
pub struct ShapeIndex {
    pub(super) members: Vec<Option<Arc<Member>>>,
    pub(super) cells: Cells,
    /// The shapes that are not in the cells.
    pub(super) slow: Oracle,
    /// The shapes that contain the north pole, and the south pole, ascending.
    poles: [Vec<ShapeId>; 2],
    /// Boxes in space around borders, widened by the accuracy of the outline.
    near: RTree<NearBox>,
    largest_accuracy_m: f64,
}

impl Default for ShapeIndex {
    fn default() -> Self {
        Self::build(Vec::new())
    }
}

impl ShapeIndex {
    /// Indexes the entries; the n-th gets `ShapeId(n)`.
    pub fn build(entries: Vec<Entry>) -> Self {
        let members: Vec<_> = entries.into_iter().map(|entry| Some(Arc::new(Member::new(entry)))).collect();
        let cells = Cells::build(&sources(&members, |_| true));
        Self::assemble(members, cells)
    }

    fn assemble(members: Vec<Option<Arc<Member>>>, cells: Cells) -> Self {
        let near = present(&members)
            .flat_map(|(i, m)| m.border.top().iter().map(move |b| (i, m.accuracy_m, b.corners())))
            .map(|(i, accuracy_m, (min, max))| {
                NearBox::new(Rectangle::from_corners(min.map(|x| x - accuracy_m), max.map(|x| x + accuracy_m)), i)
            })
            .collect();
        let poles = [POLE, -POLE].map(|lat| {
            let pole = Vertex { lon: 0, lat };
            present(&members)
                .filter(|(_, m)| m.bounds.is_some_and(|b| b.min.lat <= 1 - POLE || b.max.lat >= POLE - 1))
                .filter(|(_, m)| oracle::contains(m.shape(), m.is_closed(), pole))
                .map(|(i, _)| ShapeId(i))
                .collect()
        });
        let largest_accuracy_m = present(&members).map(|(_, m)| m.accuracy_m).fold(0.0, f64::max);
        Self { near: RTree::bulk_load(near), slow: Oracle::default(), poles, largest_accuracy_m, cells, members }
    }

    /// A new index with some shapes added, replaced or withdrawn; this one keeps working. Ids of other shapes stay the same.
    /// Also returns the ids of added shapes, in order.
    ///
    /// # Panics
    /// When a change names an id that is not in use.
    #[allow(clippy::cast_possible_truncation)]
    pub fn replace(&self, changes: Vec<Change>) -> (Self, Vec<ShapeId>) {
        let mut members = self.members.clone();
        let mut added = Vec::new();
        let mut touched: Vec<Bounds> = Vec::new();
        for change in changes {
            let (id, entry) = match change {
                Change::Add(entry) => {
                    let id = members.iter().position(Option::is_none).unwrap_or(members.len());
                    if id == members.len() {
                        members.push(None);
                    }
                    added.push(ShapeId(id as u32));
                    (id, Some(entry))
                }
                Change::Replace(id, entry) => (self.index_of(&members, id), Some(entry)),
                Change::Withdraw(id) => (self.index_of(&members, id), None),
            };
            let new = entry.map(|entry| Arc::new(Member::new(entry)));
            for member in [&members[id], &new].into_iter().flatten() {
                touched.extend(member.part_bounds());
            }
            members[id] = new;
        }
        let wanted = Wanted::around(touched.into_iter());
        let sources = sources(&members, |m| m.bounds.is_some_and(|b| wanted.touches(b)));
        let cells = self.cells.rebuild(&sources, &wanted);
        drop(sources);
        (Self::assemble(members, cells), added)
    }

    fn index_of(&self, members: &[Option<Arc<Member>>], id: ShapeId) -> usize {
        let i = id.0 as usize;
        assert!(members.get(i).is_some_and(Option::is_some), "shape {i} is not in the index");
        i
    }

    /// The shapes in the index, by ascending id.
    pub fn shapes(&self) -> impl Iterator<Item = (ShapeId, &Arc<Shape>)> {
        self.members.iter().enumerate().filter_map(|(i, m)| m.as_ref().map(|m| (ShapeId(i as u32), m.shape())))
    }

    pub(super) fn member(&self, shape: u32) -> &Member {
        self.members[shape as usize].as_ref().expect("ids come from this index")
    }

    /// Appends all shapes that contain the position, ascending: exact on the 10⁻⁷ degree grid, uncertainties left out.
    pub fn covering(&self, position: Position, out: &mut Vec<ShapeId>) {
        self.covering_vertex(position.vertex(), out);
    }

    pub(super) fn covering_vertex(&self, v: Vertex, out: &mut Vec<ShapeId>) {
        let start = out.len();
        if exact::is_pole(v) {
            out.extend(&self.poles[usize::from(v.lat < 0)]);
            return;
        }
        self.cells.covering(v, out);
        if !self.slow.is_empty() {
            self.slow.covering(v, out);
        }
        if out.len() - start > 1 {
            out[start..].sort_unstable();
        }
    }

    /// Appends all shapes that contain the position or may, ascending, without measuring more than that takes.
    pub fn place(&self, position: Position, out: &mut Vec<(ShapeId, Placement)>) {
        let v = position.vertex();
        let mut covering = Vec::new();
        self.covering_vertex(v, &mut covering);
        let start = out.len();
        let farthest_m = position.accuracy_m() + self.largest_accuracy_m;
        if farthest_m == 0.0 || (self.slow.is_empty() && self.cells.clearance_m(v) > farthest_m) {
            out.extend(covering.into_iter().map(|shape| (shape, Placement::Inside)));
            return;
        }
        let mut near = Vec::new();
        self.near(v, position.accuracy_m(), &mut near);
        for &id in &near {
            let member = self.member(id);
            let uncertainty_m = position.accuracy_m() + member.accuracy_m;
            let doubtful = uncertainty_m > 0.0
                && (relate::side(&member.border, v) == Side::Border
                    || member.border.nearest(v, uncertainty_m).is_some_and(|n| n.distance_m < uncertainty_m));
            if doubtful {
                out.push((ShapeId(id), Placement::Possible));
            }
        }
        let doubtful = out.len();
        for shape in covering {
            if out[start..doubtful].binary_search_by_key(&shape, |o| o.0).is_err() {
                out.push((shape, Placement::Inside));
            }
        }
        out[start..].sort_unstable_by_key(|o| o.0);
    }

    /// All shapes that contain the position or may, ascending, each with its margin.
    pub fn locate(&self, position: Position) -> Vec<Placed> {
        let mut placed = Vec::new();
        self.place(position, &mut placed);
        let v = position.vertex();
        placed
            .into_iter()
            .map(|(shape, placement)| {
                let border = &self.member(shape.0).border;
                let side = relate::side(border, v);
                let margin = relate::margin(border, v, side);
                Placed {
                    shape,
                    placement,
                    margin_m: margin.signed_m,
                    on_border: side == Side::Border,
                    nearest: margin.nearest,
                }
            })
            .collect()
    }

    /// How far a position is from the border of one shape, and the nearest border point.
    ///
    /// # Panics
    /// When the shape is not in the index.
    pub fn margin(&self, shape: ShapeId, position: Position) -> Margin {
        let border = &self.member(shape.0).border;
        let v = position.vertex();
        relate::margin(border, v, relate::side(border, v))
    }

    pub(super) fn has_doubtful_outlines(&self) -> bool {
        self.largest_accuracy_m > 0.0
    }

    /// Ids of shapes whose border, widened by the accuracy of the outline, may be within a distance, ascending.
    pub(super) fn near(&self, v: Vertex, metres: f64, out: &mut Vec<u32>) {
        let at = metric::space_of(v);
        let reach = metres + 1.0;
        let cube = AABB::from_corners(at.map(|x| x - reach), at.map(|x| x + reach));
        self.near_box(&cube, out);
    }

    pub(super) fn near_box(&self, cube: &AABB<[f64; 3]>, out: &mut Vec<u32>) {
        out.extend(self.near.locate_in_envelope_intersecting(cube).map(|b| b.data));
        out.sort_unstable();
        out.dedup();
    }
}

/// The members that are there, with their ids.
#[allow(clippy::cast_possible_truncation)] // fewer than 2³² shapes
fn present(members: &[Option<Arc<Member>>]) -> impl Iterator<Item = (u32, &Arc<Member>)> {
    members.iter().enumerate().filter_map(|(i, m)| m.as_ref().map(|m| (i as u32, m)))
}

fn sources(members: &[Option<Arc<Member>>], which: impl Fn(&Member) -> bool) -> Vec<Source<'_>> {
    present(members)
        .filter(|(_, m)| which(m))
        .map(|(id, m)| Source { id, shape: m.shape(), is_closed: m.is_closed() })
        .collect()
}
