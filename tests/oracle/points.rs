//! Where to ask: anywhere, near borders, exactly on them, one unit beside them, at vertices, on ±180 and at the poles. The same every run.

use cordon::geometry::{Bounds, Polygon, Shape, Vertex};

const HALF_TURN: i32 = 1_800_000_000;
const POLE: i32 = 900_000_000;

/// A point to be asked about.
pub struct Asked {
    /// Where, on the grid.
    pub at: Vertex,
    /// What it was made to be, for the report.
    pub kind: &'static str,
    /// For which shape it was made, by number.
    pub shape: Option<usize>,
}

/// An endless supply of points around given shapes.
pub struct Points {
    shapes: Vec<(Bounds, Vec<(Vertex, Vertex)>)>,
    /// Numbers of the shapes that have an edge.
    numbers: Vec<usize>,
    random: Random,
    taken: usize,
    turn: usize,
}

impl Points {
    pub fn new<'a>(shapes: impl Iterator<Item = &'a Shape>) -> Self {
        let (mut kept, mut numbers) = (Vec::new(), Vec::new());
        for (number, shape) in shapes.enumerate() {
            let rings = shape.polygons().iter().flat_map(Polygon::rings);
            let edges: Vec<_> = rings.flat_map(|ring| ring.windows(2).map(|pair| (pair[0], pair[1]))).collect();
            if let Some(bounds) = shape.bounds() {
                kept.push((bounds, edges));
                numbers.push(number);
            }
        }
        Self { shapes: kept, numbers, random: Random(0x00C0_4D04), taken: 0, turn: 0 }
    }

    /// The next points: shape after shape, of each kind in turn, every seventh anywhere on Earth or on the edge of the map.
    pub fn take(&mut self, count: usize) -> Vec<Asked> {
        (0..count).map(|_| self.next()).collect()
    }

    fn next(&mut self) -> Asked {
        self.taken += 1;
        if self.taken.is_multiple_of(7) {
            return self.anywhere();
        }
        let shape = self.turn % self.shapes.len();
        let (kind, at) = self.around(shape, self.turn / self.shapes.len());
        self.turn += 1;
        Asked { at, kind, shape: Some(self.numbers[shape]) }
    }

    fn anywhere(&mut self) -> Asked {
        let lon = self.random.between(-HALF_TURN, HALF_TURN);
        let lat = self.random.between(-POLE, POLE);
        let side = if self.random.below(2) == 0 { 1 } else { -1 };
        let (kind, at) = match self.random.below(10) {
            0 => ("at a pole", Vertex { lon, lat: side * POLE }),
            1 => ("on ±180", Vertex { lon: side * HALF_TURN, lat }),
            2 => ("beside ±180", Vertex { lon: side * (HALF_TURN - 1), lat }),
            _ => ("anywhere", Vertex { lon, lat }),
        };
        Asked { at, kind, shape: None }
    }

    fn around(&mut self, shape: usize, round: usize) -> (&'static str, Vertex) {
        let (bounds, edges) = &self.shapes[shape];
        let random = &mut self.random;
        let (a, b) = edges[random.below(edges.len())];
        match round % 5 {
            0 => {
                let at = Vertex {
                    lon: random.between(bounds.min.lon, bounds.max.lon),
                    lat: random.between(bounds.min.lat, bounds.max.lat),
                };
                ("in the box", at)
            }
            1 => {
                let reach = 1 << random.below(18);
                let at = along(a, b, i64::from(random.between(0, 1000)), 1000);
                ("near a border", shifted(at, random.between(-reach, reach), random.between(-reach, reach)))
            }
            2 => ("at a vertex", a),
            kind => {
                let mut at = ("at a vertex", a);
                for _ in 0..64 {
                    let (a, b) = edges[random.below(edges.len())];
                    // between the ends of an edge the grid has as many points as the greatest common divisor allows
                    let steps = divisor(i64::from(b.lon) - i64::from(a.lon), i64::from(b.lat) - i64::from(a.lat));
                    if steps > 1 {
                        let step = 1 + i64::from(random.between(0, i32::try_from(steps - 2).unwrap_or(i32::MAX)));
                        at = ("on an edge", along(a, b, step, steps));
                        break;
                    }
                }
                let beside = [(1, 0), (-1, 0), (0, 1), (0, -1)][random.below(4)];
                if kind == 3 { at } else { ("one unit beside a border", shifted(at.1, beside.0, beside.1)) }
            }
        }
    }
}

/// The point `step` of `steps` along an edge, exact where it is on the grid and nearby elsewhere.
#[allow(clippy::cast_possible_truncation)] // between two i32
fn along(a: Vertex, b: Vertex, step: i64, steps: i64) -> Vertex {
    let between = |a: i32, b: i32| {
        let (a, b) = (i128::from(a), i128::from(b));
        (a + (b - a) * i128::from(step) / i128::from(steps)) as i32
    };
    Vertex { lon: between(a.lon, b.lon), lat: between(a.lat, b.lat) }
}

fn shifted(at: Vertex, east: i32, north: i32) -> Vertex {
    Vertex { lon: (at.lon + east).clamp(-HALF_TURN, HALF_TURN), lat: (at.lat + north).clamp(-POLE, POLE) }
}

fn divisor(a: i64, b: i64) -> i64 {
    if b == 0 { a.abs() } else { divisor(b, a % b) }
}

/// Splitmix64: small, and the same on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    #[allow(clippy::cast_possible_truncation)] // below a usize
    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// A whole number from `low` to `high`, both included.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // between two i32
    fn between(&mut self, low: i32, high: i32) -> i32 {
        let span = (i64::from(high) - i64::from(low) + 1) as u64;
        (i64::from(low) + (self.next() % span).cast_signed()) as i32
    }
}
