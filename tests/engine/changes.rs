//! Indexes made by changes: the same as built from scratch, in any order.

use crate::covering::{brute_force, covering, entry, probes, sets};
use crate::shapes::{rectangle, shape};
use cordon::geometry::{Change, Entry, Policy, Position, ShapeId, ShapeIndex};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    Add(usize),
    Replace(prop::sample::Index, usize),
    Withdraw(prop::sample::Index),
}

fn steps() -> impl Strategy<Value = Vec<Vec<Step>>> {
    let step = prop_oneof![
        (0..6_usize).prop_map(Step::Add),
        (any::<prop::sample::Index>(), 0..6_usize).prop_map(|(at, new)| Step::Replace(at, new)),
        any::<prop::sample::Index>().prop_map(Step::Withdraw),
    ];
    proptest::collection::vec(proptest::collection::vec(step, 1..4), 1..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn changed_equals_built(entries in sets(), rounds in steps()) {
        let pick = |i: usize| entries[i % entries.len()].clone();
        let mut index = ShapeIndex::build(entries.clone());
        let mut now: Vec<Option<Entry>> = entries.iter().cloned().map(Some).collect();
        let old = index.clone();
        for round in rounds {
            let mut changes = Vec::new();
            let mut expected = Vec::new();
            for step in round {
                let used: Vec<usize> = (0..now.len()).filter(|i| now[*i].is_some()).collect();
                match step {
                    Step::Add(new) => {
                        let id = now.iter().position(Option::is_none).unwrap_or(now.len());
                        if id == now.len() { now.push(None); }
                        now[id] = Some(pick(new));
                        expected.push(ShapeId(id as u32));
                        changes.push(Change::Add(pick(new)));
                    }
                    Step::Replace(at, new) if !used.is_empty() => {
                        let id = used[at.index(used.len())];
                        now[id] = Some(pick(new));
                        changes.push(Change::Replace(ShapeId(id as u32), pick(new)));
                    }
                    Step::Withdraw(at) if !used.is_empty() => {
                        let id = used[at.index(used.len())];
                        now[id] = None;
                        changes.push(Change::Withdraw(ShapeId(id as u32)));
                    }
                    Step::Replace(..) | Step::Withdraw(_) => {}
                }
            }
            let (next, added) = index.replace(changes);
            prop_assert_eq!(added, expected);
            index = next;
        }
        let ids: Vec<ShapeId> = (0..now.len()).filter(|i| now[*i].is_some()).map(|i| ShapeId(i as u32)).collect();
        let present: Vec<Entry> = now.into_iter().flatten().collect();
        for v in probes(&entries) {
            let expected: Vec<ShapeId> = brute_force(&present, v).into_iter().map(|id| ids[id.0 as usize]).collect();
            prop_assert_eq!(covering(&index, v), expected, "at {:?}", v);
            prop_assert_eq!(covering(&old, v), brute_force(&entries, v), "the old index, at {:?}", v);
        }
        if let Some(v) = probes(&present).last() {
            let p = Position::from(*v);
            let rebuilt = ShapeIndex::build(present);
            let within = |index: &ShapeIndex| -> Vec<f64> { index.within(p, 1e6).into_iter().map(|w| w.1).collect() };
            prop_assert_eq!(within(&index), within(&rebuilt));
        }
    }
}

#[test]
fn memory_is_returned() {
    let square = |i: i32| entry(shape(rectangle(i * 1_000_000, 0, i * 1_000_000 + 900_000, 900_000)), Policy::Closed);
    let index = ShapeIndex::build((0..100).map(square).collect());
    let before = index.heap_bytes();
    let mut now = index;
    for round in 0..50 {
        let (next, added) = now.replace(vec![Change::Add(square(round * 3)), Change::Add(square(round))]);
        now = next.replace(added.into_iter().map(Change::Withdraw).collect()).0;
    }
    let after = now.heap_bytes();
    assert_eq!(before.cells, after.cells);
    assert!(after.borders <= before.borders + 1000, "{before:?} {after:?}");
}
