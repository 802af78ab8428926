//! Many at once: the same answers as one by one.

use crate::covering::{covering, probes, sets};
use cordon::geometry::{Batch, Position, ShapeIndex};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn equal_one_by_one(mut entries in sets(), outline_m in prop_oneof![Just(0.0), 0.0..2000.0_f64], accuracy_m in prop_oneof![Just(0.0), 0.0..50_000.0_f64]) {
        entries[0].accuracy_m = outline_m;
        let index = ShapeIndex::build(entries.clone());
        let exact: Vec<Position> = probes(&entries).into_iter().map(Position::from).collect();
        let mut covered = Batch::default();
        index.covering_batch(&exact, &mut covered);
        prop_assert_eq!(covered.len(), exact.len());
        for (p, found) in exact.iter().zip(covered.iter()) {
            prop_assert_eq!(found, covering(&index, p.vertex()));
        }
        let few = &exact[..exact.len().min(200)];
        let doubtful: Vec<Position> = few.iter().map(|p| p.with_accuracy(accuracy_m).unwrap()).collect();
        let mut placed = Batch::default();
        index.locate_batch(&doubtful, &mut placed);
        for (p, found) in doubtful.iter().zip(placed.iter()) {
            prop_assert_eq!(found, index.locate(*p));
            for l in found {
                let margin_m = index.margin(l.shape, *p).signed_m;
                let uncertainty_m = accuracy_m + entries[l.shape.0 as usize].accuracy_m;
                prop_assert_eq!(l.placement == cordon::geometry::Placement::Possible, margin_m.abs() < uncertainty_m, "{:?}", l);
                prop_assert!(margin_m <= 0.0 || margin_m < uncertainty_m);
                prop_assert_eq!(l.on_border, margin_m == 0.0, "{:?}", l);
            }
        }
    }
}
