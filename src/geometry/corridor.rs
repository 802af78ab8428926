//! Where along a line a border is nearer than some metres.

use super::band::{Band, DegreeBox, turned, turns_on_map, widened};
use super::crossing;
use super::index::ShapeIndex;
use super::local::{Local, Plane};
use super::quiet::WIDTH_M;
use super::ruler::Ruler;
use super::shape::{UNITS_PER_DEGREE, Vertex};
use rstar::{AABB, Envelope as _, RTreeObject as _};

/// Longest piece, in units (0.05 degree), that is taken as straight in the local plane: it bulges by less than 2 m at 60° latitude.
const STRAIGHT: u32 = 500_000;
/// Extent in degrees of the stretches of a line that bands are looked up for together.
const TOGETHER: f64 = 1.0;
/// Extent in degrees, and pieces, of a stretch that is measured in one plane.
const MEASURED: f64 = 0.05;
const MEASURED_PIECES: usize = 32;

/// A piece of a line: of each of its edges how long it is, and whether it runs through quiet squares only.
#[derive(Clone, Copy)]
pub(super) struct Way<'a> {
    pub vertices: &'a [Vertex],
    pub lengths_m: &'a [f64],
    pub quiet: &'a [bool],
}

/// Calls with shape and stretch (metres from the start of the line) wherever the border of a shape is nearer than `corridor_m` plus
/// the accuracy of its outline, of those shapes that are asked for. Stretches of one shape may overlap.
///
/// Distances are taken in planes that touch the Earth, where they are never longer than on it: nothing near is missed. They are shorter by
/// at most `d²/2R²` of them at `d` metres, so little more than that is found.
pub(super) fn doubtful(
    index: &ShapeIndex,
    way: Way,
    corridor_m: f64,
    wanted: impl Fn(u32) -> bool,
    add: impl FnMut(u32, (f64, f64)),
) {
    if corridor_m == 0.0 && index.largest_accuracy_m == 0.0 {
        return;
    }
    let pieces = pieces_in_doubt(index, way, corridor_m);
    let mut search = Search { index, corridor_m, wanted, bands: Vec::new(), scratch: Scratch::default(), add };
    let mut rest = &pieces[..];
    while !rest.is_empty() {
        let (together, after) = rest.split_at(within_extent(rest, TOGETHER));
        search.look_up(together);
        rest = after;
    }
}

/// A part of a line short enough to be straight in a plane: its ends in degrees, and where along the line it is.
struct Piece {
    from: Degrees,
    to: Degrees,
    metres: (f64, f64),
}

/// Latitude, longitude.
pub(super) type Degrees = (f64, f64);

/// The pieces outside of quiet squares; all of them for a corridor that is wider than the squares are made for.
fn pieces_in_doubt(index: &ShapeIndex, way: Way, corridor_m: f64) -> Vec<Piece> {
    let relies = corridor_m <= WIDTH_M;
    let mut from_m = 0.0;
    let mut pieces = Vec::new();
    for ((w, length_m), is_quiet) in way.vertices.windows(2).zip(way.lengths_m).zip(way.quiet) {
        if !(relies && *is_quiet) {
            let ruler = Ruler::of(w[0], w[1], *length_m);
            let at = |t: f64| from_m + ruler.at_m(t);
            let all = straight_pieces(w[0], w[1]);
            let doubtful = all.filter(|(from, to, _)| !(relies && index.quiet.is_quiet(index, *from, *to)));
            pieces.extend(doubtful.map(|(from, to, t)| Piece { from, to, metres: (at(t.0), at(t.1)) }));
        }
        from_m += length_m;
    }
    pieces
}

/// The edge in equal pieces short enough to be straight in a plane: ends as latitude and longitude, and their parameters.
pub(super) fn straight_pieces(a: Vertex, b: Vertex) -> impl Iterator<Item = (Degrees, Degrees, (f64, f64))> {
    let count = a.lon.abs_diff(b.lon).max(a.lat.abs_diff(b.lat)).div_ceil(STRAIGHT).max(1);
    let (from, to) = (a.degrees(), b.degrees());
    let at = move |i: u32| {
        if i == count {
            return (to, 1.0);
        }
        let t = f64::from(i) / f64::from(count);
        ((from.0 + (to.0 - from.0) * t, from.1 + (to.1 - from.1) * t), t)
    };
    (0..count).map(move |i| {
        let ((from, t0), (to, t1)) = (at(i), at(i + 1));
        (from, to, (t0, t1))
    })
}

/// How many of the pieces, one at least, stay that near to the first.
fn within_extent(pieces: &[Piece], degrees: f64) -> usize {
    let first = pieces[0].from;
    let is_near = |end: Degrees| (end.0 - first.0).abs() <= degrees && (end.1 - first.1).abs() <= degrees;
    pieces.iter().skip(1).take_while(|piece| is_near(piece.from) && is_near(piece.to)).count() + 1
}

fn around(pieces: &[Piece]) -> DegreeBox {
    let mut around = AABB::new_empty();
    for end in pieces.iter().flat_map(|piece| [piece.from, piece.to]) {
        around.merge(&AABB::from_point([end.1, end.0]));
    }
    around
}

/// A run of border edges whose band meets the stretch that is looked at.
#[derive(Clone, Copy)]
struct Candidate {
    band: DegreeBox,
    member: u32,
    run: u32,
}

struct Search<'a, W, A> {
    index: &'a ShapeIndex,
    corridor_m: f64,
    wanted: W,
    /// The candidates of all stretches on the way down, one after the other.
    bands: Vec<Candidate>,
    scratch: Scratch,
    add: A,
}

#[derive(Default)]
struct Scratch {
    pieces: Vec<Flat>,
    /// Pieces that are not yet near to the border for all of their length.
    open: Vec<usize>,
    found: Vec<(f64, f64)>,
}

impl<W: Fn(u32) -> bool, A: FnMut(u32, (f64, f64))> Search<'_, W, A> {
    /// Looks the bands up that meet a stretch, and measures where it is near to their borders.
    fn look_up(&mut self, pieces: &[Piece]) {
        let around = widened(&around(pieces), self.corridor_m);
        self.bands.clear();
        for turns in turns_on_map(&around) {
            let candidate = |band: &Band| {
                let (member, run) = band.data;
                Candidate { band: turned(&band.envelope(), -turns), member, run }
            };
            let there = turned(&around, turns);
            let wanted = self.index.bands.meeting(&there).filter(|band| (self.wanted)(band.data.0));
            self.bands.extend(wanted.map(candidate));
        }
        self.bands.sort_unstable_by_key(|candidate| (candidate.member, candidate.run));
        self.narrow(pieces, 0);
    }

    /// Goes on by halves with the candidates from `first` on, until a stretch is short enough to be measured.
    fn narrow(&mut self, pieces: &[Piece], first: usize) {
        let end = self.bands.len();
        let around = widened(&around(pieces), self.corridor_m);
        for i in first..end {
            if self.bands[i].band.intersects(&around) {
                self.bands.push(self.bands[i]);
            }
        }
        if self.bands.len() > end {
            if pieces.len() <= MEASURED_PIECES && within_extent(pieces, MEASURED) == pieces.len() {
                self.measure(pieces, end);
            } else {
                let (before, after) = pieces.split_at(pieces.len() / 2);
                self.narrow(before, end);
                self.narrow(after, end);
            }
        }
        self.bands.truncate(end);
    }

    /// Measures every piece against the edges of the candidates from `first` on.
    fn measure(&mut self, pieces: &[Piece], first: usize) {
        let (from, to) = (pieces[0].from, pieces[pieces.len() - 1].to);
        let plane = Local::at(f64::midpoint(from.0, to.0), f64::midpoint(from.1, to.1));
        let Scratch { pieces: flat, open, found } = &mut self.scratch;
        flat.clear();
        flat.extend(pieces.iter().map(|piece| Flat::new(plane.place(piece.from), plane.place(piece.to), piece.metres)));
        let bounds = flat.iter().fold(FlatBox::EMPTY, |all, piece| all.union(&piece.bounds));
        for of_member in self.bands[first..].chunk_by(|a, b| a.member == b.member) {
            let member = self.index.member(of_member[0].member);
            let width_m = self.corridor_m + member.accuracy_m;
            if width_m == 0.0 {
                continue;
            }
            let reach = Reach::new(&widened(&around(pieces), width_m));
            found.clear();
            open.clear();
            open.extend(0..flat.len());
            'edges: for candidate in of_member {
                let edges = member.border().run_of_edges(candidate.run);
                // where the edge before ended
                let mut placed = None;
                for w in edges.windows(2).filter(|w| reach.may_meet(w[0], w[1])) {
                    let known = placed.filter(|(end, _)| *end == w[0]).map(|(_, p)| p);
                    let mut p = known.unwrap_or_else(|| plane.place(w[0].degrees()));
                    for (_, to, _) in straight_pieces(w[0], w[1]) {
                        let (from, q) = (p, plane.place(to));
                        p = q;
                        if !FlatBox::around(from, q, width_m).meets(&bounds) {
                            continue;
                        }
                        let capsule = Capsule::new(from, q, width_m);
                        open.retain(|i| {
                            let piece = &flat[*i];
                            let Some((low, high)) = capsule.stretch(piece) else { return true };
                            found.push((piece.at_m(low), piece.at_m(high)));
                            low > 0.0 || high < 1.0
                        });
                        if open.is_empty() {
                            break 'edges;
                        }
                    }
                    placed = Some((w[1], p));
                }
            }
            crossing::merge(found);
            for stretch in found.iter() {
                (self.add)(of_member[0].member, *stretch);
            }
        }
    }
}

/// A box on the grid, within which an edge has to come to matter.
struct Reach {
    west: i32,
    south: i32,
    east: i32,
    north: i32,
}

impl Reach {
    // what is out of range becomes the end of it, which is farther than anything on the map
    #[allow(clippy::cast_possible_truncation)]
    fn new(bounds: &DegreeBox) -> Self {
        let ([west, south], [east, north]) = (bounds.lower(), bounds.upper());
        let over_seam = west < -180.0 || east > 180.0;
        let (west, east) = if over_seam { (-180.0, 180.0) } else { (west, east) };
        let low = |degrees: f64| (degrees * UNITS_PER_DEGREE).floor() as i32;
        let high = |degrees: f64| (degrees * UNITS_PER_DEGREE).ceil() as i32;
        Self { west: low(west), south: low(south), east: high(east), north: high(north) }
    }

    fn may_meet(&self, a: Vertex, b: Vertex) -> bool {
        a.lon.max(b.lon) >= self.west
            && a.lon.min(b.lon) <= self.east
            && a.lat.max(b.lat) >= self.south
            && a.lat.min(b.lat) <= self.north
    }
}

/// A box in a plane.
#[derive(Clone, Copy)]
struct FlatBox {
    min: Plane,
    max: Plane,
}

impl FlatBox {
    const EMPTY: Self = Self { min: [f64::INFINITY; 2], max: [f64::NEG_INFINITY; 2] };

    fn around(a: Plane, b: Plane, width: f64) -> Self {
        let ends = |i: usize| (a[i].min(b[i]) - width, a[i].max(b[i]) + width);
        let ((west, east), (south, north)) = (ends(0), ends(1));
        Self { min: [west, south], max: [east, north] }
    }

    fn union(&self, other: &Self) -> Self {
        let least = |i: usize| self.min[i].min(other.min[i]);
        let most = |i: usize| self.max[i].max(other.max[i]);
        Self { min: [least(0), least(1)], max: [most(0), most(1)] }
    }

    fn meets(&self, other: &Self) -> bool {
        (0..2).all(|i| self.min[i] <= other.max[i] && other.min[i] <= self.max[i])
    }
}

/// A piece of the line in a plane.
struct Flat {
    start: Plane,
    step: Plane,
    bounds: FlatBox,
    metres: (f64, f64),
}

impl Flat {
    fn new(start: Plane, end: Plane, metres: (f64, f64)) -> Self {
        let step = [end[0] - start[0], end[1] - start[1]];
        Self { start, step, bounds: FlatBox::around(start, end, 0.0), metres }
    }

    /// Metres along the line at a share of the piece.
    fn at_m(&self, t: f64) -> f64 {
        self.metres.0 + (self.metres.1 - self.metres.0) * t
    }
}

/// Everything less than a width from an edge.
struct Capsule {
    ends: [Plane; 2],
    /// The unit vector along the edge; none where it has no length.
    along: Option<Plane>,
    length: f64,
    width: f64,
    bounds: FlatBox,
}

impl Capsule {
    fn new(p: Plane, q: Plane, width: f64) -> Self {
        let axis = [q[0] - p[0], q[1] - p[1]];
        let length = dot(axis, axis).sqrt();
        let along = (length > 0.0).then(|| [axis[0] / length, axis[1] / length]);
        Self { ends: [p, q], along, length, width, bounds: FlatBox::around(p, q, width) }
    }

    /// Which part (within `0..=1`) of the piece lies in it: the set is convex, so it is one interval, from the first to the last of
    /// where the piece is in a disc at either end or in the strip between.
    fn stretch(&self, piece: &Flat) -> Option<(f64, f64)> {
        if !self.bounds.meets(&piece.bounds) {
            return None;
        }
        let mut found: Option<(f64, f64)> = None;
        let mut join = |interval: Option<(f64, f64)>| {
            if let Some((low, high)) = interval.map(|(l, h)| (l.max(0.0), h.min(1.0))).filter(|(l, h)| l <= h) {
                found = Some(found.map_or((low, high), |f| (f.0.min(low), f.1.max(high))));
            }
        };
        for end in self.ends {
            join(within_disc(piece, end, self.width));
        }
        if let Some(along) = self.along {
            let across = [-along[1], along[0]];
            let offset = [piece.start[0] - self.ends[0][0], piece.start[1] - self.ends[0][1]];
            let first = within_band(dot(offset, along), dot(piece.step, along), 0.0, self.length);
            let second = within_band(dot(offset, across), dot(piece.step, across), -self.width, self.width);
            join(first.zip(second).map(|(a, b)| (a.0.max(b.0), a.1.min(b.1))).filter(|(l, h)| l <= h));
        }
        found
    }
}

fn dot(u: Plane, v: Plane) -> f64 {
    u[0] * v[0] + u[1] * v[1]
}

/// Where `start + t·step` lies in `low..=high`.
fn within_band(start: f64, step: f64, low: f64, high: f64) -> Option<(f64, f64)> {
    if step == 0.0 {
        return (low..=high).contains(&start).then_some((f64::NEG_INFINITY, f64::INFINITY));
    }
    let (a, b) = ((low - start) / step, (high - start) / step);
    Some((a.min(b), a.max(b)))
}

/// Where the piece lies in the disc: between the roots of `square·t² + 2·half·t + rest`.
fn within_disc(piece: &Flat, centre: Plane, radius: f64) -> Option<(f64, f64)> {
    let from = [piece.start[0] - centre[0], piece.start[1] - centre[1]];
    let (square, half) = (dot(piece.step, piece.step), dot(from, piece.step));
    let rest = dot(from, from) - radius * radius;
    if square == 0.0 {
        return (rest <= 0.0).then_some((f64::NEG_INFINITY, f64::INFINITY));
    }
    let root = (half * half - square * rest).sqrt();
    (!root.is_nan()).then(|| ((-half - root) / square, (-half + root) / square))
}
