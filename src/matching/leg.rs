//! Along a leg: the stretches between which nothing changes, each with the shapes it lies in.

use crate::geometry::{Interval, Passage, Placed, Placement, ShapeId};

/// A stretch of a line over which the set of shapes stays the same; may have no length, where the line only touches a border.
#[derive(Clone, Debug)]
pub struct Stretch {
    /// Metres from the start of the line.
    pub from_m: f64,
    /// Metres from the start of the line.
    pub to_m: f64,
    /// The shapes it is inside of, or may be.
    pub placed: Vec<Placed>,
}

/// Cuts a line where it enters or leaves a shape, or the doubtful band around one. Stretches in no shape at all are left out.
pub fn stretches(passages: &[Passage]) -> Vec<Stretch> {
    let intervals = || passages.iter().flat_map(|passage| passage.inside.iter().chain(&passage.possible));
    let mut cuts: Vec<f64> = intervals().flat_map(|interval| [interval.from_m, interval.to_m]).collect();
    cuts.sort_unstable_by(f64::total_cmp);
    cuts.dedup();
    let spans = cuts.windows(2).map(|pair| (pair[0], pair[1]));
    let touches = intervals().filter(|i| i.from_m >= i.to_m).map(|i| (i.from_m, i.to_m));
    let mut spans: Vec<(f64, f64)> = spans.chain(touches).collect();
    spans.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    spans.dedup();
    let mut passages: Vec<Followed> = passages.iter().map(Followed::new).collect();
    let mut stretch = |(from_m, to_m)| Stretch {
        from_m,
        to_m,
        placed: passages.iter_mut().filter_map(|passage| passage.placed(from_m, to_m)).collect(),
    };
    spans.into_iter().map(&mut stretch).filter(|stretch| !stretch.placed.is_empty()).collect()
}

/// A passage while the spans of the line are gone through in their order: a line may cross a border as often as it has edges.
struct Followed<'a> {
    shape: ShapeId,
    inside: &'a [Interval],
    possible: &'a [Interval],
}

impl<'a> Followed<'a> {
    fn new(passage: &'a Passage) -> Self {
        Self { shape: passage.shape, inside: &passage.inside, possible: &passage.possible }
    }

    /// How a span lies in the shape; none begins before those that were asked about already. Doubt wins over certainty: a span inside but near
    /// the border is possible.
    fn placed(&mut self, from_m: f64, to_m: f64) -> Option<Placed> {
        let placement = if is_within(&mut self.possible, from_m, to_m) {
            Placement::Possible
        } else if is_within(&mut self.inside, from_m, to_m) {
            Placement::Inside
        } else {
            return None;
        };
        Some(Placed { shape: self.shape, placement, on_border: from_m >= to_m })
    }
}

/// Whether an interval holds the span; those that end before it are dropped. Intervals are apart from each other, so that one which ends where the
/// span begins is followed by at most one that holds it.
fn is_within(intervals: &mut &[Interval], from_m: f64, to_m: f64) -> bool {
    let over = intervals.iter().take_while(|interval| interval.to_m < from_m).count();
    *intervals = &intervals[over..];
    intervals.iter().take(2).any(|interval| interval.from_m <= from_m && to_m <= interval.to_m)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    /// Sorted intervals apart from each other, some without length.
    fn intervals() -> impl Strategy<Value = Vec<Interval>> {
        vec((1_u8..4, 0_u8..4), 0..8).prop_map(|steps| {
            let mut at = 0.0;
            let mut next = |(gap, length): (u8, u8)| {
                let from_m = at + f64::from(gap);
                at = from_m + f64::from(length);
                Interval { from_m, to_m: at }
            };
            steps.into_iter().map(&mut next).collect()
        })
    }

    fn passage() -> impl Strategy<Value = Passage> {
        (0_u32..9, intervals(), intervals()).prop_map(|(id, inside, possible)| Passage {
            shape: ShapeId(id),
            inside,
            possible,
            inside_m: 0.0,
        })
    }

    proptest! {
        #[test]
        fn every_stretch_lies_in_what_holds_it(passages in vec(passage(), 1..6)) {
            let found = stretches(&passages);
            prop_assert!(found.windows(2).all(|w| (w[0].from_m, w[0].to_m) < (w[1].from_m, w[1].to_m)));
            for stretch in &found {
                let holds = |intervals: &[Interval]| intervals.iter().any(|i| i.from_m <= stretch.from_m && stretch.to_m <= i.to_m);
                let expected: Vec<_> = passages
                    .iter()
                    .filter_map(|passage| match (holds(&passage.possible), holds(&passage.inside)) {
                        (true, _) => Some((passage.shape, Placement::Possible)),
                        (false, true) => Some((passage.shape, Placement::Inside)),
                        (false, false) => None,
                    })
                    .collect();
                let placed: Vec<_> = stretch.placed.iter().map(|placed| (placed.shape, placed.placement)).collect();
                prop_assert_eq!(placed, expected);
            }
            // nothing of any interval is left out
            for interval in passages.iter().flat_map(|passage| passage.inside.iter().chain(&passage.possible)) {
                let covered: f64 = found
                    .iter()
                    .filter(|s| interval.from_m <= s.from_m && s.to_m <= interval.to_m)
                    .map(|s| s.to_m - s.from_m)
                    .sum();
                prop_assert!((covered - (interval.to_m - interval.from_m)).abs() < f64::EPSILON, "{covered} of {interval:?}");
                prop_assert!(found.iter().any(|s| interval.from_m <= s.from_m && s.to_m <= interval.to_m));
            }
        }
    }
}
