//! Every time the way of a leg is inside of a fence: gathered stretch by stretch, told with places and times.

use super::{Passage, Way, WaySource};
use crate::flows::answer::PlacementWord;
use crate::geometry::{self, Placement};
use crate::matching::Judged;
use crate::model::Window;

/// One stretch of a leg's way.
#[derive(Clone, Copy)]
pub(super) struct StretchOf<'a> {
    pub from_m: f64,
    pub to_m: f64,
    pub line: &'a geometry::Line,
    pub source: WaySource,
    pub option: usize,
}

/// The passages of one way through one fence, in their order.
pub(super) struct Passages<'a> {
    way: StretchOf<'a>,
    inside_m: f64,
    listed: Vec<Through>,
    count: usize,
}

/// From an entry to the next exit.
struct Through {
    from_m: f64,
    to_m: f64,
    placement: PlacementWord,
    during: Window,
}

impl<'a> Passages<'a> {
    /// Those in a first stretch.
    pub fn new(stretch: StretchOf<'a>, judged: &Judged) -> Self {
        let way = StretchOf { to_m: stretch.from_m, ..stretch };
        let mut passages = Self { way, inside_m: 0.0, listed: Vec::new(), count: 0 };
        passages.extend(stretch, judged);
        passages
    }

    /// Goes on with a later stretch. A fence on several of the ways that were found is described along the first.
    pub fn extend(&mut self, stretch: StretchOf<'a>, judged: &Judged) {
        if (stretch.source, stretch.option) != (self.way.source, self.way.option) {
            return;
        }
        let goes_on = self.count > 0 && stretch.from_m <= self.way.to_m;
        self.inside_m += stretch.to_m - stretch.from_m;
        self.way.to_m = self.way.to_m.max(stretch.to_m);
        let placement = judged.placed.placement.into();
        if goes_on {
            if let Some(last) = self.listed.last_mut().filter(|_| self.count <= Way::LISTED) {
                last.to_m = self.way.to_m;
                last.during = last.during.hull(&judged.during);
                if judged.placed.placement == Placement::Inside {
                    last.placement = placement;
                }
            }
            return;
        }
        self.count += 1;
        if self.count <= Way::LISTED {
            let (from_m, to_m) = (stretch.from_m, stretch.to_m);
            self.listed.push(Through { from_m, to_m, placement, during: judged.during });
        }
    }

    /// What is told of them.
    pub fn way(self) -> Way {
        let at = |metres: f64| {
            let position = self.way.line.point_at_m(metres);
            [position.lon(), position.lat()]
        };
        let passage = |through: &Through| Passage {
            enters_m: through.from_m,
            leaves_m: through.to_m,
            enters_at: at(through.from_m),
            leaves_at: at(through.to_m),
            placement: through.placement,
            from: through.during.from,
            to: through.during.to,
        };
        Way {
            enters_m: self.way.from_m,
            leaves_m: self.way.to_m,
            inside_m: self.inside_m,
            enters_at: at(self.way.from_m),
            leaves_at: at(self.way.to_m),
            passages: self.listed.iter().map(passage).collect(),
            passage_count: self.count,
            source: self.way.source,
            option: self.way.option,
        }
    }
}
