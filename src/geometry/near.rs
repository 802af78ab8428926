//! Which borders may be near something: R-trees of boxes, each with a small one over it for what changed since.

use super::index::{Member, Members, present};
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree, RTreeNode, RTreeObject};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A box that stands for a member or a part of it.
pub(super) trait Part: RTreeObject + Sized {
    /// All parts of a member.
    fn all(id: u32, member: &Member) -> impl Iterator<Item = Self>;
    /// The member's id.
    fn member(&self) -> u32;
}

/// The parts of all members, to be found by boxes.
#[derive(Clone, Debug)]
pub(super) struct Layered<P: Part> {
    packed: Arc<RTree<P>>,
    /// Members that changed after the tree was packed: it no longer speaks for them.
    changed: BTreeSet<u32>,
    over: RTree<P>,
}

impl<P: Part> Layered<P> {
    pub(super) fn new(members: &Members) -> Self {
        let parts = present(members).flat_map(|(id, m)| P::all(id, m)).collect();
        Self { packed: Arc::new(RTree::bulk_load(parts)), changed: BTreeSet::new(), over: RTree::new() }
    }

    /// The same with some members changed, which `members` already has.
    pub(super) fn with(&self, members: &Members, changed: &BTreeSet<u32>) -> Self {
        let changed: BTreeSet<u32> = self.changed.union(changed).copied().collect();
        // many changes cost every question; packing anew costs one change
        if changed.len() * 16 > members.len() {
            return Self::new(members);
        }
        let over = changed.iter().filter_map(|id| members[*id as usize].as_ref().map(|m| (*id, m)));
        let over = RTree::bulk_load(over.flat_map(|(id, m)| P::all(id, m)).collect());
        Self { packed: self.packed.clone(), changed, over }
    }

    /// Bytes on the heap, without what holds nodes together.
    pub(super) fn heap_bytes(&self) -> usize {
        (self.packed.size() + self.over.size()) * size_of::<RTreeNode<P>>()
    }

    /// The parts whose boxes meet another.
    pub(super) fn meeting<'a>(&'a self, bounds: &'a P::Envelope) -> impl Iterator<Item = &'a P> {
        let packed = self.packed.locate_in_envelope_intersecting(bounds);
        let unchanged = packed.filter(|part| !self.changed.contains(&part.member()));
        unchanged.chain(self.over.locate_in_envelope_intersecting(bounds))
    }
}

/// A box in space around a part of a border, widened by the accuracy of its outline.
pub(super) type NearBox = GeomWithData<Rectangle<[f64; 3]>, u32>;

impl Part for NearBox {
    fn all(id: u32, member: &Member) -> impl Iterator<Item = Self> {
        member.border().top().iter().map(move |b| {
            let (min, max) = b.corners();
            let (min, max) = (min.map(|x| x - member.accuracy_m), max.map(|x| x + member.accuracy_m));
            NearBox::new(Rectangle::from_corners(min, max), id)
        })
    }

    fn member(&self) -> u32 {
        self.data
    }
}

impl Layered<NearBox> {
    /// Appends the ids of members with a box that meets the cube around `min` and `max` grown by `metres`; leaves all sorted.
    pub(super) fn find(&self, (min, max): ([f64; 3], [f64; 3]), metres: f64, out: &mut Vec<u32>) {
        // boxes are rounded outwards, but places on the ellipsoid are computed with an error of nanometres
        let reach = metres + 1.0;
        let cube = AABB::from_corners(min.map(|x| x - reach), max.map(|x| x + reach));
        out.extend(self.meeting(&cube).map(Part::member));
        out.sort_unstable();
        out.dedup();
    }
}
