//! Quiet squares: where no border comes near, nothing changes along a way, and nothing has to be measured.
//!
//! Most of any way lies far from every border. The map is cut into squares of 0.026°, one bit each: set where a border, widened by the
//! accuracy of its outline and by [`WIDTH_M`], touches the square. A way through squares whose bits are clear crosses no border and is in
//! doubt about none. The bits of a tile are found when the first way runs through it, and kept until a shape around it changes.

use super::band::{DegreeBox, degrees, turned, turns_on_map, widened};
use super::cells::{COLUMNS, ORIGIN, ROWS, TILE_SHIFT};
use super::corridor::{Degrees, straight_pieces};
use super::index::{Member, ShapeIndex};
use super::shape::{UNITS_PER_DEGREE, Vertex};
use rstar::AABB;
use std::ops::RangeInclusive;
use std::sync::{Arc, OnceLock};

/// Corridors up to this width, in metres, may rely on the squares.
pub(super) const WIDTH_M: f64 = 500.0;
/// How much farther than its width a corridor may reach: its planes shorten a distance of 100 km by less than this.
const SLACK_M: f64 = 20.0;
/// The side of a square is two to this in units.
const SHIFT: u32 = TILE_SHIFT - 6;

/// The bits of a tile: a row of squares each, from the south; the lowest bit is the westernmost.
type Rows = [u64; 64];

/// A tile, if it was looked at; none where all of it is quiet.
type Tile = OnceLock<Option<Arc<Rows>>>;

/// What is known of the quiet squares of one set of shapes.
#[derive(Clone, Debug)]
pub(super) struct Quiet {
    tiles: Box<[Tile]>,
}

impl Quiet {
    /// Nothing was looked at yet.
    pub fn unknown() -> Self {
        Self { tiles: vec![Tile::new(); COLUMNS * ROWS].into() }
    }

    /// The same, without what the borders of some members come near to.
    pub fn without<'a>(&self, members: impl Iterator<Item = &'a Member>) -> Self {
        let mut tiles = self.tiles.clone();
        for member in members {
            let Some(bounds) = member.bounds() else { continue };
            for (columns, rows) in squares_near(&degrees(bounds), member.accuracy_m) {
                for row in rows.start() >> 6..=rows.end() >> 6 {
                    for column in columns.start() >> 6..=columns.end() >> 6 {
                        tiles[tile(column, row)] = Tile::new();
                    }
                }
            }
        }
        Self { tiles }
    }

    /// Whether a segment, straight in longitude and latitude, runs through quiet squares only.
    pub fn is_quiet(&self, index: &ShapeIndex, from: Degrees, to: Degrees) -> bool {
        let (from, to) = (in_squares(from), in_squares(to));
        let (low, high) = if from.1 <= to.1 { (from, to) } else { (to, from) };
        let (first, last) = (whole(low.1), whole(high.1));
        if first == last {
            return self.is_row_quiet(index, first, low.0, high.0);
        }
        let slope = (high.0 - low.0) / (high.1 - low.1);
        let at = |y: f64| low.0 + slope * (y - low.1);
        (first..=last).all(|row| {
            let south = if row == first { low.0 } else { at(f64::from(row)) };
            let north = if row == last { high.0 } else { at(f64::from(row + 1)) };
            self.is_row_quiet(index, row, south, north)
        })
    }

    /// Whether a place lies in a quiet square.
    pub fn has(&self, index: &ShapeIndex, v: Vertex) -> bool {
        let (x, y) = in_squares(v.degrees());
        self.is_row_quiet(index, whole(y), x, x)
    }

    /// Whether all squares of a row are quiet between two places.
    fn is_row_quiet(&self, index: &ShapeIndex, row: u32, one: f64, other: f64) -> bool {
        let (west, east) = (whole(one.min(other)), whole(one.max(other)));
        (west >> 6..=east >> 6).all(|column| {
            let tile = tile(column, row >> 6);
            let Some(rows) = self.tiles[tile].get_or_init(|| busy(index, tile)) else { return true };
            rows[(row & 63) as usize] & bits(column, west, east) == 0
        })
    }
}

/// The number of a tile, by its column and row.
fn tile(column: u32, row: u32) -> usize {
    row as usize * COLUMNS + column as usize
}

/// The bits of the squares from `west` to `east` that lie in a column of tiles.
fn bits(column: u32, west: u32, east: u32) -> u64 {
    let first = west.max(column << 6) & 63;
    let last = east.min(column << 6 | 63) & 63;
    u64::MAX << first & u64::MAX >> (63 - last)
}

/// A place counted in squares from the origin: eastwards, northwards.
fn in_squares((lat, lon): Degrees) -> (f64, f64) {
    const SIDE: f64 = (1 << SHIFT) as f64;
    let count = |degrees: f64, origin: i32| (degrees * UNITS_PER_DEGREE - f64::from(origin)) / SIDE;
    (count(lon, ORIGIN.lon), count(lat, ORIGIN.lat))
}

// what is out of range becomes the end of it
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn whole(squares: f64) -> u32 {
    squares as u32
}

/// Columns and rows of the squares within a border's accuracy and [`WIDTH_M`] of what is in a box, at either end of the map.
fn squares_near(
    bounds: &DegreeBox,
    accuracy_m: f64,
) -> impl Iterator<Item = (RangeInclusive<u32>, RangeInclusive<u32>)> + use<> {
    let near = widened(bounds, accuracy_m + WIDTH_M + SLACK_M);
    turns_on_map(&near).map(move |turns| {
        let near = turned(&near, turns);
        let corner = |[lon, lat]: [f64; 2]| in_squares((lat, lon));
        let ((west, south), (east, north)) = (corner(near.lower()), corner(near.upper()));
        // a tile wider and higher than the map: no square is out of range
        let most = |tiles: usize| u32::try_from(tiles).map_or(0, |tiles| (tiles << 6) - 1);
        let (east, north) = (whole(east).min(most(COLUMNS)), whole(north).min(most(ROWS)));
        (whole(west)..=east, whole(south)..=north)
    })
}

/// Looks at a tile: the bits of its squares that a border comes near to; none where there are none.
fn busy(index: &ShapeIndex, at: usize) -> Option<Arc<Rows>> {
    let (column, row) = (at % COLUMNS, at / COLUMNS);
    let mut marks: Rows = [0; 64];
    let around = widened(&degrees_of(column, row), WIDTH_M + SLACK_M);
    for turns in turns_on_map(&around) {
        for band in index.bands.meeting(&turned(&around, turns)) {
            let (member, run) = band.data;
            let member = index.member(member);
            let edges = member.border().run_of_edges(run).windows(2);
            for (from, to, _) in edges.flat_map(|w| straight_pieces(w[0], w[1])) {
                let piece = AABB::from_corners([from.1, from.0], [to.1, to.0]);
                for (columns, rows) in squares_near(&piece, member.accuracy_m) {
                    mark(&mut marks, (column, row), &columns, &rows);
                }
            }
        }
    }
    (marks != [0; 64]).then(|| Arc::new(marks))
}

/// Sets the bits of those of the squares that lie in a tile.
// tiles are few
#[allow(clippy::cast_possible_truncation)]
fn mark(marks: &mut Rows, (column, row): (usize, usize), columns: &RangeInclusive<u32>, rows: &RangeInclusive<u32>) {
    let (column, row) = (column as u32, row as u32);
    let (west, east) = ((*columns.start()).max(column << 6), (*columns.end()).min(column << 6 | 63));
    let (south, north) = ((*rows.start()).max(row << 6), (*rows.end()).min(row << 6 | 63));
    if west <= east && south <= north {
        for row in south..=north {
            marks[(row & 63) as usize] |= bits(column, west, east);
        }
    }
}

/// The box of a tile.
#[allow(clippy::cast_precision_loss)] // tiles are few
fn degrees_of(column: usize, row: usize) -> DegreeBox {
    const SIDE: f64 = (1 << TILE_SHIFT) as f64;
    let corner = |column: usize, row: usize| {
        let degrees = |tiles: usize, origin: i32| (tiles as f64 * SIDE + f64::from(origin)) / UNITS_PER_DEGREE;
        [degrees(column, ORIGIN.lon), degrees(row, ORIGIN.lat)]
    };
    AABB::from_corners(corner(column, row), corner(column + 1, row + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{Change, Entry, Policy, Polygon, Position, Shape, ShapeId};
    use proptest::prelude::*;

    /// Meridians and parallels around which shapes and ways are laid: in the open, beside ±180, towards a pole.
    const AROUND: [(f64, f64); 5] = [(10.0, 20.0), (-35.0, 179.2), (64.0, -179.0), (-82.0, 100.0), (87.0, 60.0)];

    /// South-west corner from the middle of the region, width and height in degrees, accuracy in metres.
    type Box = ((f64, f64), (f64, f64), f64);

    fn boxes() -> impl Strategy<Value = Vec<Box>> {
        let one = ((-2.0..2.0_f64, -1.0..1.0_f64), (0.001..0.8_f64, 0.001..0.8_f64), 0.0..9_000.0_f64);
        proptest::collection::vec(one, 0..6)
    }

    fn place((lat, lon): (f64, f64), (east, north): (f64, f64)) -> Vertex {
        let lon = lon + east;
        Vertex::nearest(
            lat + north,
            if lon > 180.0 {
                lon - 360.0
            } else if lon < -180.0 {
                lon + 360.0
            } else {
                lon
            },
        )
    }

    /// A box as a shape; none that would reach over ±180.
    fn entry(around: (f64, f64), (corner, (width, height), accuracy_m): &Box) -> Option<Entry> {
        let at = |x: f64, y: f64| place(around, (corner.0 + x * width, corner.1 + y * height));
        let shell = vec![at(0.0, 0.0), at(1.0, 0.0), at(1.0, 1.0), at(0.0, 1.0), at(0.0, 0.0)];
        let is_whole = shell.iter().all(|v| (v.lon > 0) == (shell[0].lon > 0)) || around.1.abs() < 170.0;
        let shape = || Arc::new(Shape::from_canonical(vec![Polygon { shell, holes: vec![] }]));
        is_whole.then(|| Entry { shape: shape(), accuracy_m: *accuracy_m, policy: Policy::Closed })
    }

    fn ways() -> impl Strategy<Value = Vec<((f64, f64), (f64, f64))>> {
        let step = prop_oneof![-0.05..0.05_f64, -1.5..1.5_f64];
        proptest::collection::vec(((-2.0..2.0_f64, -1.0..1.0_f64), (step.clone(), step)), 1..12)
    }

    /// The ends of a way in degrees; none for one over ±180, which is cut there.
    fn ends(around: (f64, f64), (from, step): ((f64, f64), (f64, f64))) -> Option<(Degrees, Degrees)> {
        let (a, b) = (place(around, from), place(around, (from.0 + step.0, from.1 + step.1)));
        (a.lon.abs_diff(b.lon) < 1_800_000_000).then(|| (a.degrees(), b.degrees()))
    }

    proptest! {
        #[test]
        fn what_is_quiet_is_far_from_every_border(around in prop::sample::select(&AROUND[..]), boxes in boxes(), ways in ways()) {
            let entries: Vec<Entry> = boxes.iter().filter_map(|b| entry(around, b)).collect();
            let index = ShapeIndex::build(entries.clone());
            for (from, to) in ways.into_iter().filter_map(|way| ends(around, way)) {
                if !index.quiet.is_quiet(&index, from, to) {
                    continue;
                }
                for t in (0..=40).map(|i| f64::from(i) / 40.0) {
                    let at = (from.0 + (to.0 - from.0) * t, from.1 + (to.1 - from.1) * t);
                    let position = Position::new(at.0, at.1).expect("a position");
                    for (id, entry) in (0..).zip(&entries) {
                        let margin_m = index.margin(ShapeId(id), position).signed_m.abs();
                        prop_assert!(margin_m >= entry.accuracy_m + WIDTH_M, "{margin_m} m of {} at {at:?}", entry.accuracy_m);
                    }
                }
            }
        }

        #[test]
        fn squares_far_from_every_border_are_quiet(boxes in boxes(), from in (-2.0..2.0_f64, -1.0..1.0_f64)) {
            let around = AROUND[0];
            let entries: Vec<Entry> = boxes.iter().filter_map(|b| entry(around, b)).collect();
            let index = ShapeIndex::build(entries.clone());
            let at = place(around, from).degrees();
            let position = Position::new(at.0, at.1).expect("a position");
            // the diagonal of a square, and what a box around an edge's piece and its band has in its corners
            let is_far = |(id, entry): (u32, &Entry)| {
                index.margin(ShapeId(id), position).signed_m.abs() > 1.5 * (entry.accuracy_m + WIDTH_M) + 8_000.0
            };
            if (0..).zip(&entries).all(is_far) {
                prop_assert!(index.quiet.is_quiet(&index, at, at));
            }
        }

        #[test]
        fn a_changed_set_knows_what_one_made_anew_knows(
            around in prop::sample::select(&AROUND[..]), before in boxes(), after in boxes(), ways in ways(),
        ) {
            let entries = |boxes: &[Box]| -> Vec<Entry> { boxes.iter().filter_map(|b| entry(around, b)).collect() };
            let (before, after) = (entries(&before), entries(&after));
            let ways: Vec<(Degrees, Degrees)> = ways.into_iter().filter_map(|way| ends(around, way)).collect();
            let old = ShapeIndex::build(before.clone());
            let answers = |index: &ShapeIndex| -> Vec<bool> {
                ways.iter().map(|(from, to)| index.quiet.is_quiet(index, *from, *to)).collect()
            };
            answers(&old);
            let withdrawn = (0..).take(before.len()).map(|id| Change::Withdraw(ShapeId(id)));
            let (changed, _) = old.replace(withdrawn.chain(after.iter().cloned().map(Change::Add)).collect());
            prop_assert_eq!(answers(&changed), answers(&ShapeIndex::build(after)));
            prop_assert_eq!(answers(&old), answers(&ShapeIndex::build(before)));
        }
    }
}
