//! The index: which shapes contain a position, which may, and by how many metres.

use super::border::Border;
use super::metric;
use super::oracle::{Oracle, Side};
use super::position::Position;
use super::relate::{self, Margin, Placed, Placement};
use super::shape::{Shape, Vertex};
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};
use std::sync::Arc;

/// The place of a shape in one index; stays the same in indexes made from it by [`ShapeIndex::replace`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ShapeId(pub u32);

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
}

impl Member {
    fn new(entry: Entry) -> Self {
        Self { accuracy_m: entry.accuracy_m, policy: entry.policy, border: Border::new(entry.shape) }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.policy == Policy::Closed
    }
}

type NearBox = GeomWithData<Rectangle<[f64; 3]>, u32>;

/// An immutable set of shapes, shared freely between threads; changed by making another ([`Self::replace`]).
#[derive(Clone, Debug, Default)]
pub struct ShapeIndex {
    pub(super) members: Vec<Option<Arc<Member>>>,
    slow: Oracle,
    /// Boxes in space around borders, widened by the accuracy of the outline.
    near: RTree<NearBox>,
}

impl ShapeIndex {
    /// Indexes the entries; the n-th gets `ShapeId(n)`.
    pub fn build(entries: Vec<Entry>) -> Self {
        Self::of_members(entries.into_iter().map(|entry| Some(Arc::new(Member::new(entry)))).collect())
    }

    #[allow(clippy::cast_possible_truncation)] // fewer than 2³² shapes
    fn of_members(members: Vec<Option<Arc<Member>>>) -> Self {
        let present = || members.iter().enumerate().filter_map(|(i, m)| m.as_ref().map(|m| (i as u32, m)));
        let slow = Oracle::build(present().map(|(i, m)| (i, m.border.shape().clone(), m.is_closed())));
        let near = present()
            .flat_map(|(i, m)| m.border.top().iter().map(move |b| (i, m.accuracy_m, b.corners())))
            .map(|(i, accuracy_m, (min, max))| {
                NearBox::new(Rectangle::from_corners(min.map(|x| x - accuracy_m), max.map(|x| x + accuracy_m)), i)
            })
            .collect();
        Self { near: RTree::bulk_load(near), slow, members }
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
        for change in changes {
            match change {
                Change::Add(entry) => {
                    let id = members.iter().position(Option::is_none).unwrap_or(members.len());
                    if id == members.len() {
                        members.push(None);
                    }
                    members[id] = Some(Arc::new(Member::new(entry)));
                    added.push(ShapeId(id as u32));
                }
                Change::Replace(id, entry) => {
                    assert!(members[id.0 as usize].is_some(), "shape {} is not in the index", id.0);
                    members[id.0 as usize] = Some(Arc::new(Member::new(entry)));
                }
                Change::Withdraw(id) => {
                    assert!(members[id.0 as usize].take().is_some(), "shape {} is not in the index", id.0);
                }
            }
        }
        (Self::of_members(members), added)
    }

    /// The shapes in the index, by ascending id.
    #[allow(clippy::cast_possible_truncation)]
    pub fn shapes(&self) -> impl Iterator<Item = (ShapeId, &Arc<Shape>)> {
        self.members.iter().enumerate().filter_map(|(i, m)| m.as_ref().map(|m| (ShapeId(i as u32), m.border.shape())))
    }

    pub(super) fn member(&self, shape: u32) -> &Member {
        self.members[shape as usize].as_ref().expect("ids come from this index")
    }

    /// Appends all shapes that contain the position, ascending: exact on the 10⁻⁷ degree grid, uncertainties left out.
    pub fn covering(&self, position: Position, out: &mut Vec<ShapeId>) {
        self.covering_vertex(position.vertex(), out);
    }

    pub(super) fn covering_vertex(&self, v: Vertex, out: &mut Vec<ShapeId>) {
        let mut ids = Vec::new();
        self.slow.covering(v, &mut ids);
        out.extend(ids.into_iter().map(ShapeId));
    }

    /// Appends all shapes that contain the position or may, ascending, without measuring more than that takes.
    pub fn place(&self, position: Position, out: &mut Vec<(ShapeId, Placement)>) {
        let v = position.vertex();
        let mut covering = Vec::new();
        self.covering_vertex(v, &mut covering);
        let mut near = Vec::new();
        self.near(v, position.accuracy_m(), &mut near);
        let start = out.len();
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
        self.members.iter().flatten().any(|m| m.accuracy_m > 0.0)
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
