//! Where along a segment a border is nearer than some metres.

use super::border::Border;
use super::edge_tree::SpaceBox;
use super::index::ShapeIndex;
use super::metric::{self, Space};
use super::shape::Vertex;

/// Longest piece, in units (0.05 degree), that is taken as straight in the local plane: it bulges by less than 2 m at 60° latitude.
const STRAIGHT: u32 = 500_000;
/// Successive groups for which near borders are looked up together. The box around a long line would meet borders that are nowhere
/// near the line.
const TOGETHER: usize = 12;
/// Extent of a group in degrees.
const GROUP: f64 = 0.05;

/// Calls with shape and stretch (metres from the start of the piece) wherever the border of a shape is nearer than `corridor_m` plus
/// the accuracy of its outline. Stretches of one shape may overlap.
pub(super) fn doubtful(
    index: &ShapeIndex,
    piece: &[Vertex],
    lengths_m: &[f64],
    corridor_m: f64,
    mut add: impl FnMut(u32, (f64, f64)),
) {
    if corridor_m == 0.0 && index.largest_accuracy_m == 0.0 {
        return;
    }
    let groups = groups(piece, lengths_m);
    let mut near = Vec::new();
    for groups in groups.chunks(TOGETHER) {
        let mut around = SpaceBox::EMPTY;
        for group in groups {
            around.join(&group.around);
        }
        near.clear();
        index.near.find(around.corners(), corridor_m, &mut near);
        for &id in &near {
            let member = index.member(id);
            let width_m = corridor_m + member.accuracy_m;
            if width_m > 0.0 {
                stretches(member.border(), groups, width_m, &mut |stretch| add(id, stretch));
            }
        }
    }
}

/// How far a place in a plane or on a chord may be from where it is on the ground, in the widths and distances that decide for many
/// groups at once: far more than it is, so that what these decide, measuring would too.
const SLACK: f64 = 0.001;
const SLACK_M: f64 = 5.0;
/// Groups that reach farther around their middle are not asked about together: their nearest border would have to be looked for too far.
const FAR_M: f64 = 500_000.0;

/// The stretches of successive groups that are near a border: all of them or none where their middle tells, else by halves, and within a
/// group by measuring.
fn stretches(border: &Border, groups: &[Group], width_m: f64, add: &mut impl FnMut((f64, f64))) {
    let (Some(first), Some(last)) = (groups.first(), groups.last()) else { return };
    let middle = groups[groups.len() / 2].middle();
    let at = metric::space_of(middle);
    let farthest = |radius: f64, group: &Group| radius.max(group.farthest_m(at));
    let radius_m = groups.iter().fold(0.0, farthest);
    if radius_m <= FAR_M {
        let reach_m = (width_m + radius_m) * (1.0 + SLACK) + SLACK_M;
        let Some(nearest) = border.nearest(middle, reach_m) else { return };
        if nearest.distance_m + radius_m < width_m * (1.0 - SLACK) - SLACK_M {
            add((first.straight[0].metres.0, last.straight[last.straight.len() - 1].metres.1));
            return;
        }
    }
    if let [group] = groups {
        group.measure(border, width_m, add);
        return;
    }
    let (before, after) = groups.split_at(groups.len() / 2);
    stretches(border, before, width_m, add);
    stretches(border, after, width_m, add);
}

/// Successive parts of a line that share a plane.
struct Group {
    straight: Vec<Straight>,
    around: SpaceBox,
}

impl Group {
    /// Somewhere in the middle.
    fn middle(&self) -> Vertex {
        let (from, to) = (self.straight[0].from, self.straight[self.straight.len() - 1].to);
        Vertex::nearest(f64::midpoint(from.0, to.0), f64::midpoint(from.1, to.1))
    }

    /// How far its farthest place is from another one, along a chord.
    fn farthest_m(&self, at: Space) -> f64 {
        let ends = self.straight.iter().flat_map(|straight| [straight.start, straight.end]);
        ends.map(|end| metric::chord2(at, end)).fold(0.0, f64::max).sqrt()
    }

    /// Measures every part against every edge that may be near.
    fn measure(&self, border: &Border, width_m: f64, add: &mut impl FnMut((f64, f64))) {
        let plane = Plane::around(self.straight[0].from, self.straight[self.straight.len() - 1].to);
        let on_plane = |part: &Straight| (plane.project(part.start), plane.project(part.end), part.metres);
        let flat: Vec<_> = self.straight.iter().map(on_plane).collect();
        border.for_each_near(&self.around, width_m, |e0, e1| {
            let mut p = plane.project(metric::space_of(e0));
            for (_, to, _) in straight_pieces(e0, e1) {
                let q = plane.project(metric::space(to.0, to.1));
                for (start, end, metres) in &flat {
                    if let Some((low, high)) = within_capsule(*start, *end, p, q, width_m) {
                        let at = |t: f64| metres.0 + (metres.1 - metres.0) * t;
                        add((at(low), at(high)));
                    }
                }
                p = q;
            }
        });
    }
}

/// A part of an edge short enough to be straight in a plane, and where along the line it is.
struct Straight {
    from: Degrees,
    to: Degrees,
    /// The same ends in space.
    start: Space,
    end: Space,
    metres: (f64, f64),
}

/// The line in groups that share a plane: successive parts within the extent of one.
fn groups(piece: &[Vertex], lengths_m: &[f64]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut from_m = 0.0;
    for (w, length_m) in piece.windows(2).zip(lengths_m) {
        let mut start = metric::space_of(w[0]);
        for (from, to, range) in straight_pieces(w[0], w[1]) {
            let end = metric::space(to.0, to.1);
            let metres = (from_m + range.0 * length_m, from_m + range.1 * length_m);
            let straight = Straight { from, to, start, end, metres };
            let group = groups.last_mut().filter(|group| {
                let first = group.straight[0].from;
                (to.0 - first.0).abs() <= GROUP && (to.1 - first.1).abs() <= GROUP
            });
            if let Some(group) = group {
                group.around.add_stretch(start, end);
                group.straight.push(straight);
            } else {
                let mut around = SpaceBox::EMPTY;
                around.add_stretch(start, end);
                groups.push(Group { straight: vec![straight], around });
            }
            start = end;
        }
        from_m += length_m;
    }
    groups
}

type Degrees = (f64, f64);

/// The edge in equal pieces short enough to be straight in a plane: ends as latitude and longitude, and their parameters.
fn straight_pieces(a: Vertex, b: Vertex) -> impl Iterator<Item = (Degrees, Degrees, (f64, f64))> {
    let count = a.lon.abs_diff(b.lon).max(a.lat.abs_diff(b.lat)).div_ceil(STRAIGHT).max(1);
    let at = move |i: u32| {
        let t = f64::from(i) / f64::from(count);
        let (from, to) = ((a.lat_degrees(), a.lon_degrees()), (b.lat_degrees(), b.lon_degrees()));
        ((from.0 + (to.0 - from.0) * t, from.1 + (to.1 - from.1) * t), t)
    };
    (0..count).map(move |i| {
        let ((from, t0), (to, t1)) = (at(i), at(i + 1));
        (from, to, (t0, t1))
    })
}

/// The plane that touches the Earth in the middle of a piece; distances near it are true to a few parts in a million.
struct Plane {
    origin: Space,
    east: Space,
    north: Space,
}

impl Plane {
    fn around(from: Degrees, to: Degrees) -> Self {
        let (lat, lon) = (f64::midpoint(from.0, to.0), f64::midpoint(from.1, to.1));
        let (sin_lat, cos_lat) = lat.to_radians().sin_cos();
        let (sin_lon, cos_lon) = lon.to_radians().sin_cos();
        Self {
            origin: metric::space(lat, lon),
            east: [-sin_lon, cos_lon, 0.0],
            north: [-sin_lat * cos_lon, -sin_lat * sin_lon, cos_lat],
        }
    }

    fn project(&self, p: Space) -> [f64; 2] {
        let dot = |axis: &Space| (0..3).map(|i| (p[i] - self.origin[i]) * axis[i]).sum();
        [dot(&self.east), dot(&self.north)]
    }
}

/// Which part (within `0..=1`) of the segment `start → end` is less than `width` from the segment `p – q`: the set is convex, so it is one
/// interval, from the first to the last of where the segment is in a disc at either end or in the strip between.
fn within_capsule(start: [f64; 2], end: [f64; 2], p: [f64; 2], q: [f64; 2], width: f64) -> Option<(f64, f64)> {
    let step = [end[0] - start[0], end[1] - start[1]];
    let mut found: Option<(f64, f64)> = None;
    let mut join = |interval: Option<(f64, f64)>| {
        if let Some((low, high)) = interval.map(|(l, h)| (l.max(0.0), h.min(1.0))).filter(|(l, h)| l <= h) {
            found = Some(found.map_or((low, high), |f| (f.0.min(low), f.1.max(high))));
        }
    };
    join(within_disc(start, step, p, width));
    join(within_disc(start, step, q, width));
    let axis = [q[0] - p[0], q[1] - p[1]];
    let length = axis[0].hypot(axis[1]);
    if length > 0.0 {
        let along = [axis[0] / length, axis[1] / length];
        let across = [-along[1], along[0]];
        let dot = |u: [f64; 2], v: [f64; 2]| u[0] * v[0] + u[1] * v[1];
        let offset = [start[0] - p[0], start[1] - p[1]];
        let first = within_band(dot(offset, along), dot(step, along), 0.0, length);
        let second = within_band(dot(offset, across), dot(step, across), -width, width);
        join(first.zip(second).map(|(a, b)| (a.0.max(b.0), a.1.min(b.1))).filter(|(l, h)| l <= h));
    }
    found
}

/// Where `start + t·step` lies in `low..=high`.
fn within_band(start: f64, step: f64, low: f64, high: f64) -> Option<(f64, f64)> {
    if step == 0.0 {
        return (low..=high).contains(&start).then_some((f64::NEG_INFINITY, f64::INFINITY));
    }
    let (a, b) = ((low - start) / step, (high - start) / step);
    Some((a.min(b), a.max(b)))
}

/// Where `start + t·step` lies in the disc: between the roots of `square·t² + 2·half·t + rest`.
fn within_disc(start: [f64; 2], step: [f64; 2], centre: [f64; 2], radius: f64) -> Option<(f64, f64)> {
    let from = [start[0] - centre[0], start[1] - centre[1]];
    let square = step[0] * step[0] + step[1] * step[1];
    let half = from[0] * step[0] + from[1] * step[1];
    let rest = from[0] * from[0] + from[1] * from[1] - radius * radius;
    if square == 0.0 {
        return (rest <= 0.0).then_some((f64::NEG_INFINITY, f64::INFINITY));
    }
    let root = (half * half - square * rest).sqrt();
    (!root.is_nan()).then(|| ((-half - root) / square, (-half + root) / square))
}
