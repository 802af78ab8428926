//! Where everything is that is watched, in flat arrays in memory: which of a million subjects a changed area may touch.

use std::collections::HashMap;

use crate::geometry::{Entry, StoredLegs, StoredPositions};
use crate::model::Places;

/// The place of a subject in the arrays.
type Slot = u32;

/// One subject's row.
#[derive(Clone, Copy, Debug)]
struct Kept {
    id: u128,
    shard: u8,
    /// Its place among the positions, where it has one position and no legs: then it can move without leaving a gap.
    single: Option<u32>,
    always: bool,
    gone: bool,
}

/// Subjects that may be touched, by shard.
pub type Touched = HashMap<u8, Vec<u128>>;

/// The arrays. What is replaced or removed leaves a gap; [`Self::is_worn`] says when it is time to begin anew.
#[derive(Debug, Default)]
pub struct Watched {
    kept: Vec<Kept>,
    by_id: HashMap<u128, Slot>,
    positions: StoredPositions,
    of_position: Vec<Slot>,
    legs: StoredLegs,
    of_leg: Vec<Slot>,
    gaps: usize,
}

impl Watched {
    /// Gaps that are never worth the trouble.
    const FEW: usize = 10_000;

    /// Puts in a subject, or its new places.
    #[allow(clippy::cast_possible_truncation)] // fewer than 2³² subjects
    pub fn put(&mut self, id: u128, shard: u8, places: &Places) {
        let single = matches!((places.positions.as_slice(), places.boxes.as_slice()), ([_], []));
        if let Some(&slot) = self.by_id.get(&id) {
            let kept = &mut self.kept[slot as usize];
            if let (true, Some(position)) = (single, kept.single) {
                kept.always = places.always;
                self.positions.set(position, places.positions[0]);
                return;
            }
            kept.gone = true;
            self.gaps += 1;
        }
        let slot = self.kept.len() as Slot;
        let mut kept = Kept { id, shard, single: None, always: places.always, gone: false };
        for position in &places.positions {
            let at = self.positions.push(*position);
            kept.single = single.then_some(at);
            self.of_position.push(slot);
        }
        if !places.boxes.is_empty() {
            self.legs.push_boxes(&places.boxes);
            self.of_leg.push(slot);
        }
        self.kept.push(kept);
        self.by_id.insert(id, slot);
    }

    /// Takes out a subject that is no longer there.
    pub fn remove(&mut self, id: u128) {
        if let Some(slot) = self.by_id.remove(&id) {
            self.kept[slot as usize].gone = true;
            self.gaps += 1;
        }
    }

    /// How many subjects there are.
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// Whether the gaps are more than what is there.
    pub fn is_worn(&self) -> bool {
        self.gaps > self.by_id.len() + Self::FEW
    }

    /// The subjects that one of the entries touches or may touch, and those that are always looked at. Give the old and the new entry of a
    /// changed shape.
    pub fn touched(&self, entries: &[Entry]) -> Touched {
        let mut marked = vec![false; self.kept.len()];
        if !entries.is_empty() {
            for position in self.positions.may_touch(entries) {
                marked[self.of_position[position as usize] as usize] = true;
            }
            for leg in self.legs.may_touch(entries, 0.0) {
                marked[self.of_leg[leg as usize] as usize] = true;
            }
        }
        self.collect(|slot, kept| marked[slot] || kept.always)
    }

    /// All of them: when everything may have changed.
    pub fn all(&self) -> Touched {
        self.collect(|_, _| true)
    }

    /// How many subjects the entries touch or may touch.
    pub fn reach(&self, entries: &[Entry]) -> usize {
        let mut slots: Vec<Slot> =
            self.positions.may_touch(entries).iter().map(|&p| self.of_position[p as usize]).collect();
        slots.extend(self.legs.may_touch(entries, 0.0).iter().map(|&leg| self.of_leg[leg as usize]));
        slots.sort_unstable();
        slots.dedup();
        slots.into_iter().filter(|&slot| !self.kept[slot as usize].gone).count()
    }

    fn collect(&self, wanted: impl Fn(usize, &Kept) -> bool) -> Touched {
        let mut touched = Touched::new();
        for (slot, kept) in self.kept.iter().enumerate().filter(|(_, kept)| !kept.gone) {
            if wanted(slot, kept) {
                touched.entry(kept.shard).or_default().push(kept.id);
            }
        }
        touched
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::geometry::{Policy, Position, boxes_around};

    fn at(lon: f64) -> Places {
        Places { positions: vec![Position::new(10.0, lon).expect("a place")], ..Places::default() }
    }

    fn square(lon: f64) -> Entry {
        let ring = [(lon, 9.0), (lon + 1.0, 9.0), (lon + 1.0, 11.0), (lon, 11.0), (lon, 9.0)];
        let coordinates: Vec<_> = ring.iter().map(|(x, y)| serde_json::json!([x, y])).collect();
        let polygon = serde_json::json!({"type": "Polygon", "coordinates": [coordinates]});
        let shape = crate::geometry::Shape::from_geojson(&polygon, &crate::geometry::Limits::default());
        Entry { shape: Arc::new(shape.expect("a square").0), accuracy_m: 0.0, policy: Policy::Closed }
    }

    fn ids(touched: &Touched) -> Vec<u128> {
        let mut ids: Vec<u128> = touched.values().flatten().copied().collect();
        ids.sort_unstable();
        ids
    }

    #[test]
    fn a_subject_is_found_where_it_is_and_not_where_it_was() {
        let mut watched = Watched::default();
        watched.put(1, 0, &at(20.5));
        watched.put(2, 7, &at(30.5));
        assert_eq!(ids(&watched.touched(&[square(20.0)])), [1]);
        watched.put(1, 0, &at(30.7));
        assert_eq!(ids(&watched.touched(&[square(20.0)])), []);
        assert_eq!(ids(&watched.touched(&[square(30.0)])), [1, 2]);
        // from one place to a plan of two with a leg between, and back
        let mut plan = at(20.5);
        plan.positions.extend(at(22.5).positions);
        let line = [plan.positions[0].vertex(), plan.positions[1].vertex()];
        plan.boxes = boxes_around(&[line.to_vec()], 50.0, 8);
        watched.put(1, 0, &plan);
        assert_eq!(watched.len(), 2);
        assert_eq!(ids(&watched.touched(&[square(21.0)])), [1]);
        assert_eq!(watched.reach(&[square(20.0), square(22.0), square(30.0)]), 2);
        watched.put(1, 0, &at(40.5));
        assert_eq!(ids(&watched.touched(&[square(21.0), square(20.0)])), []);
        watched.remove(2);
        assert_eq!(ids(&watched.all()), [1]);
        assert_eq!(watched.reach(&[square(30.0)]), 0);
    }

    #[test]
    fn somebody_who_is_about_to_leave_is_always_looked_at() {
        let mut watched = Watched::default();
        watched.put(1, 3, &Places { always: true, ..at(20.5) });
        assert_eq!(watched.touched(&[square(80.0)]), Touched::from([(3, vec![1])]));
        watched.put(1, 3, &at(20.5));
        assert!(watched.touched(&[square(80.0)]).is_empty());
    }
}
