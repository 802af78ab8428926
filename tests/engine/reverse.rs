//! The reverse search: nothing that may touch is left out.

use crate::covering::sets;
use crate::shapes::{at, rectangle, shape};
use cordon::geometry::{Entry, Policy, Position, ShapeIndex, StoredLegs, StoredPositions, boxes_around};
use proptest::prelude::*;
use std::sync::Arc;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn finds_what_the_index_finds(mut entries in sets(), places in proptest::collection::vec((-50_000..50_000_i32, -50_000..50_000_i32, 0.0..3000.0_f64), 1..60), outline_m in 0.0..1000.0_f64) {
        let Some(near) = entries[0].shape.polygons().first().map(|p| p.shell[0]) else { return Ok(()) };
        entries[0].accuracy_m = outline_m;
        let changed = &entries[..1];
        let index = ShapeIndex::build(changed.to_vec());
        let (mut positions, mut legs, mut boxed) = (StoredPositions::default(), StoredLegs::default(), StoredLegs::default());
        let mut expected = (Vec::new(), Vec::new());
        for (dx, dy, accuracy_m) in places {
            let v = at(near.lon + dx, near.lat + dy);
            let p = Position::from(v).with_accuracy(accuracy_m).unwrap();
            let id = positions.push(p);
            if !index.locate(p).is_empty() { expected.0.push(id); }
            let line = vec![v, at(v.lon + 9_000, v.lat - 4_000)];
            let id = legs.push(std::slice::from_ref(&line));
            boxed.push_boxes(&boxes_around(std::slice::from_ref(&line), 200.0, 4));
            if !index.along(&[line], 200.0).is_empty() { expected.1.push(id); }
        }
        prop_assert_eq!(positions.may_touch(changed), expected.0);
        for found in [legs.may_touch(changed, 200.0), boxed.may_touch(changed, 0.0)] {
            prop_assert!(expected.1.iter().all(|id| found.contains(id)));
        }
    }
}

#[test]
fn reaches_across_the_cut() {
    let east = Entry {
        shape: Arc::new(shape(rectangle(1_799_000_000, 0, 1_799_999_000, 1_000_000))),
        accuracy_m: 0.0,
        policy: Policy::Closed,
    };
    let mut positions = StoredPositions::default();
    let beyond = positions.push(Position::new(0.05, -179.9995).unwrap().with_accuracy(100.0).unwrap());
    positions.push(Position::new(0.05, -179.9995).unwrap().with_accuracy(10.0).unwrap());
    assert_eq!(positions.may_touch(std::slice::from_ref(&east)), [beyond]);
    let mut legs = StoredLegs::default();
    let crossing =
        [vec![at(1_799_999_500, 10), at(1_800_000_000, 10)], vec![at(-1_800_000_000, 10), at(-1_799_000_000, 10)]];
    let leg = legs.push(&crossing);
    legs.push(&[vec![at(0, 0), at(100, 100)]]);
    let mut boxed = StoredLegs::default();
    boxed.push_boxes(&boxes_around(&crossing, 50.0, 1));
    assert_eq!(boxed.may_touch(std::slice::from_ref(&east), 0.0), [0]);
    assert_eq!(legs.may_touch(&[east], 50.0), [leg]);
}
