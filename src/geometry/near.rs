//! Which borders may be near something: an R-tree of boxes in space, and a small one over it for what changed since.

use super::index::{Member, Members, present};
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};
use std::collections::BTreeSet;
use std::sync::Arc;

type NearBox = GeomWithData<Rectangle<[f64; 3]>, u32>;

/// Boxes in space around all borders, each widened by the accuracy of its outline.
#[derive(Clone, Debug)]
pub(super) struct Near {
    packed: Arc<RTree<NearBox>>,
    /// Members that changed after the tree was packed: it no longer speaks for them.
    changed: BTreeSet<u32>,
    over: RTree<NearBox>,
}

impl Near {
    pub(super) fn new(members: &Members) -> Self {
        let boxes = present(members).flat_map(|(id, m)| boxes(id, m)).collect();
        Self { packed: Arc::new(RTree::bulk_load(boxes)), changed: BTreeSet::new(), over: RTree::new() }
    }

    /// The same with some members changed, which `members` already has.
    pub(super) fn with(&self, members: &Members, changed: &BTreeSet<u32>) -> Self {
        let changed: BTreeSet<u32> = self.changed.union(changed).copied().collect();
        // many changes cost every question; packing anew costs one change
        if changed.len() * 16 > members.len() {
            return Self::new(members);
        }
        let over = changed.iter().filter_map(|id| members[*id as usize].as_ref().map(|m| (*id, m)));
        let over = RTree::bulk_load(over.flat_map(|(id, m)| boxes(id, m)).collect());
        Self { packed: self.packed.clone(), changed, over }
    }

    /// Appends the ids of members with a box that meets the cube around `min` and `max` grown by `metres`; leaves all sorted.
    pub(super) fn find(&self, (min, max): ([f64; 3], [f64; 3]), metres: f64, out: &mut Vec<u32>) {
        // boxes are rounded outwards, but places on the ellipsoid are computed with an error of nanometres
        let reach = metres + 1.0;
        let cube = AABB::from_corners(min.map(|x| x - reach), max.map(|x| x + reach));
        let packed = self.packed.locate_in_envelope_intersecting(&cube).map(|b| b.data);
        out.extend(packed.filter(|id| !self.changed.contains(id)));
        out.extend(self.over.locate_in_envelope_intersecting(&cube).map(|b| b.data));
        out.sort_unstable();
        out.dedup();
    }
}

fn boxes(id: u32, member: &Member) -> impl Iterator<Item = NearBox> + '_ {
    member.border().top().iter().map(move |b| {
        let (min, max) = b.corners();
        let (min, max) = (min.map(|x| x - member.accuracy_m), max.map(|x| x + member.accuracy_m));
        NearBox::new(Rectangle::from_corners(min, max), id)
    })
}
