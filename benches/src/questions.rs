//! The positions that are asked for.

use cordon::geometry::{Position, Shape, Vertex};
use std::sync::Arc;

/// Half a turn of longitude in units.
pub const HALF_TURN: i32 = 1_800_000_000;

/// A small generator of reproducible numbers (splitmix64).
pub struct Dice(u64);

impl Dice {
    /// The same seed gives the same numbers.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Any 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number in `low..high`.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        #[allow(clippy::cast_precision_loss)]
        let unit = (self.bits() >> 11) as f64 / (1_u64 << 53) as f64;
        low + unit * (high - low)
    }

    /// An index below `count`.
    #[allow(clippy::cast_possible_truncation)]
    pub fn below(&mut self, count: usize) -> usize {
        (self.bits() % count as u64) as usize
    }
}

/// Anywhere in longitude and latitude.
pub fn uniform(count: usize) -> Vec<Position> {
    let mut dice = Dice::new(1);
    (0..count).map(|_| at(dice.between(-90.0, 90.0), dice.between(-180.0, 180.0))).collect()
}

/// Travellers who move 100 metres from one question to the next, a thousand questions each, beginning in shapes.
pub fn track(shapes: &[Arc<Shape>], count: usize) -> Vec<Position> {
    let mut dice = Dice::new(2);
    let mut positions = Vec::with_capacity(count);
    while positions.len() < count {
        let v = vertex(&mut dice, shapes);
        let heading = dice.between(0.0, std::f64::consts::TAU);
        let (mut lat, mut lon) = (v.lat_degrees().clamp(-80.0, 80.0), v.lon_degrees());
        for _ in 0..1000.min(count - positions.len()) {
            lat = (lat + 0.0009 * heading.cos()).clamp(-85.0, 85.0);
            lon += 0.0009 * heading.sin() / lat.to_radians().cos();
            positions.push(at(lat, lon));
        }
    }
    positions
}

/// Within about a kilometre of a border anywhere: each asks for other memory.
pub fn near_border(shapes: &[Arc<Shape>], count: usize) -> Vec<Position> {
    let mut dice = Dice::new(3);
    (0..count)
        .map(|_| {
            let v = vertex(&mut dice, shapes);
            let lat = (v.lat_degrees() + dice.between(-0.009, 0.009)).clamp(-90.0, 90.0);
            at(lat, v.lon_degrees() + dice.between(-0.009, 0.009))
        })
        .collect()
}

fn at(lat: f64, lon: f64) -> Position {
    // on the grid, so that engines with other number formats are asked for the same place
    Position::from(Position::new(lat, lon).expect("in range").vertex())
}

/// A vertex drawn from all alike.
pub fn vertex(dice: &mut Dice, shapes: &[Arc<Shape>]) -> Vertex {
    loop {
        // large shapes weigh by their vertices: draw a shape, keep it in proportion
        let shape = &shapes[dice.below(shapes.len())];
        let count = shape.vertex_count();
        if dice.below(2000) < count.min(2000) {
            let n = dice.below(count);
            return *shape.polygons().iter().flat_map(|p| p.rings()).flatten().nth(n).expect("counted");
        }
    }
}
