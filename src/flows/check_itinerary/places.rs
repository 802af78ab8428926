//! Where a plan may be touched: its stops, and boxes around its legs as wide as their way is unknown.

use super::legs::reach_of;
use super::stops::as_far_as_the_border;
use crate::geometry::boxes_around;
use crate::model::{Itinerary, Places};

/// Boxes around one leg, at most: a long road still has them short, and a plan stays small.
const BOXES: usize = 32;

/// Everything by which a changed area may concern the plan.
pub fn places(itinerary: &Itinerary, corridor_m: f64) -> Places {
    let stops = itinerary.stops.iter().filter_map(|stop| stop.place.as_ref().ok());
    let ways = itinerary.legs.iter().flat_map(|leg| reach_of(itinerary, leg, corridor_m));
    Places {
        positions: stops.map(as_far_as_the_border).collect(),
        boxes: ways.flat_map(|(line, metres)| boxes_around(line.pieces(), metres, BOXES)).collect(),
        always: false,
    }
}
