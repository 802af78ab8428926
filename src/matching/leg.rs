//! Along a leg: the stretches between which nothing changes, each with the shapes it lies in.

use crate::geometry::{Interval, Passage, Placed, Placement};

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
    let stretch = |(from_m, to_m)| Stretch {
        from_m,
        to_m,
        placed: passages.iter().filter_map(|passage| placed(passage, from_m, to_m)).collect(),
    };
    spans.into_iter().map(stretch).filter(|stretch| !stretch.placed.is_empty()).collect()
}

/// How a stretch lies in one shape. Doubt wins over certainty: a stretch inside but near the border is possible.
fn placed(passage: &Passage, from_m: f64, to_m: f64) -> Option<Placed> {
    let within = |intervals: &[Interval]| intervals.iter().any(|i| i.from_m <= from_m && to_m <= i.to_m);
    let placement = if within(&passage.possible) {
        Placement::Possible
    } else if within(&passage.inside) {
        Placement::Inside
    } else {
        return None;
    };
    Some(Placed { shape: passage.shape, placement, on_border: from_m >= to_m })
}
