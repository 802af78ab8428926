//! Changing an index: another one that shares all that did not change.

use super::cells::Wanted;
use super::index::{self, Entry, Member, Members, ShapeIndex};
use super::relate::ShapeId;
use std::collections::BTreeSet;

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

impl ShapeIndex {
    /// A new index with some shapes added, replaced or withdrawn; this one keeps working, and what it alone needed is freed with it. Ids
    /// of other shapes stay the same. Also returns the ids of added shapes, in order.
    ///
    /// Only the tiles of the cells that the old and new outlines touch are built anew; none for a replacement with the same outline.
    ///
    /// # Panics
    /// When a change names an id that is not in use.
    pub fn replace(&self, changes: Vec<Change>) -> (Self, Vec<ShapeId>) {
        let mut members = self.members.clone();
        let mut added = Vec::new();
        // outlines that changed; boxes that did
        let (mut redrawn, mut moved) = (BTreeSet::new(), BTreeSet::new());
        for change in changes {
            let (id, entry) = match change {
                Change::Add(entry) => {
                    let id = free_id(&mut members);
                    added.push(ShapeId(id));
                    (id, Some(entry))
                }
                Change::Replace(id, entry) => (used_id(&members, id), Some(entry)),
                Change::Withdraw(id) => (used_id(&members, id), None),
            };
            let slot = &mut members[id as usize];
            if let (Some(old), Some(entry)) = (slot.as_ref(), &entry)
                && let Some(kept) = old.kept_for(entry)
            {
                if kept.accuracy_m.to_bits() != old.accuracy_m.to_bits() {
                    moved.insert(id);
                }
                *slot = Some(kept);
            } else {
                redrawn.insert(id);
                moved.insert(id);
                *slot = entry.as_ref().map(Member::new);
            }
        }
        let old = redrawn.iter().filter_map(|id| self.members.get(*id as usize)?.as_ref());
        let new = redrawn.iter().filter_map(|id| members[*id as usize].as_ref());
        let wanted = Wanted::around(old.chain(new).flat_map(Member::part_bounds));
        let distrusted: BTreeSet<u32> = self.slow.ids().filter(|id| !redrawn.contains(id)).collect();
        let cells = index::rebuild(&self.cells, &members, &wanted, &distrusted);
        let were = moved.iter().filter_map(|id| self.members.get(*id as usize)?.as_ref());
        let are = moved.iter().filter_map(|id| members[*id as usize].as_ref());
        let quiet = self.quiet.without(were.chain(are));
        let layers = (self.near.with(&members, &moved), self.bands.with(&members, &moved), quiet);
        let new: Vec<u32> = redrawn.into_iter().filter(|id| members[*id as usize].is_some()).collect();
        (Self::checked(members, cells, layers, &new, Some(&wanted), distrusted), added)
    }
}

#[allow(clippy::cast_possible_truncation)] // fewer than 2³² shapes
fn free_id(members: &mut Members) -> u32 {
    let id = members.iter().position(Option::is_none).unwrap_or(members.len());
    if id == members.len() {
        members.push(None);
    }
    id as u32
}

fn used_id(members: &Members, id: ShapeId) -> u32 {
    assert!(members.get(id.0 as usize).is_some_and(Option::is_some), "shape {} is not in the index", id.0);
    id.0
}
