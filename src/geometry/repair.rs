//! Repairs applied once, when a geometry is loaded: named rules in a fixed order, each with what it changed.

use i_overlay::core::fill_rule::FillRule;

use super::densify::densify;
use super::error::ShapeError;
use super::geojson::{Raw, RawRing};
use super::limits::Edges;
use super::nesting;
use super::plane::{Point, Region, close, doubled_area, point, region, subtract, unite, vertex};
use super::shape::{Polygon, Shape, Vertex};
use super::surface::{region_m2, signed_ring_m2};
use super::unwrap::{fold, unwrap};

/// The share of an area on which readings of a self-contradicting outline may differ before it is refused instead of repaired.
///
/// 1 %: a loop of a few metres where a digitiser's hand slipped passes, a bow-tie (two corners swapped, half the area gone) does not.
pub const MAX_AMBIGUOUS_SHARE: f64 = 0.01;

/// How often an overlay is repeated when rounding crossings to the grid made new ones; once has always been enough.
const MAX_ROUNDS: usize = 4;

/// One rule that had to be applied, with how much it changed. The rules are applied in the order of the variants.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Repair {
    /// Altitudes or other elements past longitude and latitude were ignored.
    ExtraElementsIgnored {
        /// In how many positions.
        positions: usize,
    },
    /// Coordinates were rounded to 10⁻⁷ degree: no vertex moved more than 8 mm.
    Rounded {
        /// How many positions.
        positions: usize,
    },
    /// A ring whose last vertex was not its first was closed.
    Closed {
        /// How many rings.
        rings: usize,
    },
    /// A ring with edges that jump more than 180° of longitude, or with longitudes beyond ±180, was read as crossing ±180 and cut there.
    CutAtAntimeridian {
        /// How many rings.
        rings: usize,
    },
    /// A ring that winds around a pole got edges along ±180 to the pole and along it.
    ClosedAlongPole {
        /// How many rings.
        rings: usize,
    },
    /// Vertices were added to follow geodesic edges.
    Densified {
        /// How many vertices.
        vertices: usize,
    },
    /// Vertices equal to their predecessor were dropped.
    DuplicatesDropped {
        /// How many vertices.
        vertices: usize,
    },
    /// Vertices at the tip of a spike without area were dropped.
    SpikesDropped {
        /// How many vertices.
        vertices: usize,
    },
    /// Rings without any area were dropped.
    DegenerateRingsDropped {
        /// How many rings.
        rings: usize,
    },
    /// Rings that crossed, overlapped or were nested wrongly were rebuilt: in each polygon the union of the shell's loops less the holes,
    /// then the union of the polygons. Where readings differ the larger danger area was taken.
    Rebuilt {
        /// Shells less holes as written, each loop counted with its sign, in square metres.
        area_before_m2: f64,
        /// The area after, in square metres.
        area_after_m2: f64,
        /// The area on which readings of the outline differ, in square metres; at most [`MAX_AMBIGUOUS_SHARE`] of the area after.
        ambiguous_m2: f64,
    },
}

/// What was repaired when a geometry was loaded; empty when nothing was.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RepairReport {
    /// The rules applied, in their fixed order, each at most once.
    pub repairs: Vec<Repair>,
}

impl RepairReport {
    /// Whether nothing about the outline had to be decided: rounding and ignored altitudes move nothing.
    pub fn is_empty(&self) -> bool {
        !self.repairs.iter().any(|r| !matches!(r, Repair::Rounded { .. } | Repair::ExtraElementsIgnored { .. }))
    }
}

impl std::fmt::Display for RepairReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (i, repair) in self.repairs.iter().enumerate() {
            write!(f, "{}{repair}", if i == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}

#[derive(Default)]
struct Counts {
    closed: usize,
    cut: usize,
    pole: usize,
    densified: usize,
    duplicates: usize,
    spikes: usize,
    degenerate: usize,
}

/// A ring after the rules that look at one ring at a time.
struct Prepared {
    points: Vec<Point>,
    crosses: bool,
}

/// Applies all rules to a geometry as read.
pub(super) fn repair(raw: Raw, edges: Edges) -> Result<(Shape, RepairReport), ShapeError> {
    let mut counts = Counts::default();
    let mut parts = Vec::new();
    let mut settled = Settled::default();
    for member in raw.members {
        let mut rings = Vec::new();
        for (index, ring) in member.into_iter().enumerate() {
            match prepare(ring, edges, &mut counts)? {
                Some(ring) => rings.push(ring),
                // without its shell a polygon is nothing
                None if index == 0 => break,
                None => {}
            }
        }
        if rings.iter().any(|r| r.crosses) {
            parts.extend(polygons(&settled.settle(&rings)));
        } else if let Some((shell, holes)) = rings.split_first() {
            parts.push(Polygon {
                shell: oriented(&shell.points, true),
                holes: holes.iter().map(|h| oriented(&h.points, false)).collect(),
            });
        }
    }
    if parts.is_empty() {
        return Err(ShapeError::Empty { path: "/coordinates".to_owned(), what: "no ring encloses any area" });
    }
    let (parts, wrong_at) = rebuild_if_needed(parts, &mut settled)?;
    let shape = finish(parts);
    let mut report = RepairReport::default();
    let mut note = |count: usize, repair: fn(usize) -> Repair| {
        if count > 0 {
            report.repairs.push(repair(count));
        }
    };
    note(raw.extra_elements, |positions| Repair::ExtraElementsIgnored { positions });
    note(raw.rounded, |positions| Repair::Rounded { positions });
    note(counts.closed, |rings| Repair::Closed { rings });
    note(counts.cut, |rings| Repair::CutAtAntimeridian { rings });
    note(counts.pole, |rings| Repair::ClosedAlongPole { rings });
    note(counts.densified, |vertices| Repair::Densified { vertices });
    note(counts.duplicates, |vertices| Repair::DuplicatesDropped { vertices });
    note(counts.spikes, |vertices| Repair::SpikesDropped { vertices });
    note(counts.degenerate, |rings| Repair::DegenerateRingsDropped { rings });
    if let Some(at) = wrong_at.or_else(|| settled.contradiction(&shape)) {
        let area_after_m2 = shape.area_m2();
        if settled.ambiguous_m2 > MAX_AMBIGUOUS_SHARE * area_after_m2 {
            return Err(ShapeError::Ambiguous {
                lon: at.lon_degrees(),
                lat: at.lat_degrees(),
                ambiguous_m2: settled.ambiguous_m2,
                area_m2: area_after_m2,
            });
        }
        report.repairs.push(Repair::Rebuilt {
            area_before_m2: settled.before_m2,
            area_after_m2,
            ambiguous_m2: settled.ambiguous_m2,
        });
    }
    Ok((shape, report))
}

/// The rules for one ring; `None` when nothing with an area is left.
fn prepare(raw: RawRing, edges: Edges, counts: &mut Counts) -> Result<Option<Prepared>, ShapeError> {
    let RawRing { path, mut points } = raw;
    if let (Some(&first), Some(&last)) = (points.first(), points.last())
        && (first != last || points.len() == 1)
    {
        points.push(first);
        counts.closed += 1;
    }
    if points.len() < 4 {
        counts.degenerate += 1;
        return Ok(None);
    }
    let reading = unwrap(&mut points, &path)?;
    counts.cut += usize::from(reading.crosses);
    counts.pole += usize::from(reading.pole);
    if let Edges::Geodesic { tolerance_m } = edges {
        let before = points.len();
        points = densify(&points, tolerance_m)?;
        counts.densified += points.len() - before;
    }
    let before = points.len();
    points.dedup();
    counts.duplicates += before - points.len();
    if points.windows(3).any(|w| turns_back(w[0], w[1], w[2]))
        || points.len() > 2 && turns_back(points[points.len() - 2], points[0], points[1])
    {
        let before = points.len();
        points = without_spikes(&points);
        counts.spikes += before - points.len();
    }
    if points.len() < 4 || doubled_area(&points) == 0 && encloses_nothing(&points) {
        counts.degenerate += 1;
        return Ok(None);
    }
    Ok(Some(Prepared { points, crosses: reading.crosses }))
}

/// Whether the path goes `a → b` and straight back over itself to `c`.
fn turns_back(a: Point, b: Point, c: Point) -> bool {
    let (ux, uy) = (i128::from(b.x - a.x), i128::from(b.y - a.y));
    let (vx, vy) = (i128::from(c.x - b.x), i128::from(c.y - b.y));
    ux * vx + uy * vy < 0 && ux * vy == uy * vx
}

/// A closed ring without the tips of its spikes; shorter than four points when it was nothing but spikes.
fn without_spikes(ring: &[Point]) -> Vec<Point> {
    let mut kept: std::collections::VecDeque<Point> = std::collections::VecDeque::with_capacity(ring.len());
    for &p in &ring[..ring.len() - 1] {
        push_unspiked(&mut kept, p);
    }
    // where the ring closes, tips are found by going round once more until nothing changes
    loop {
        let before = kept.len();
        let n = kept.len();
        if n < 3 {
            break;
        }
        if kept[n - 1] == kept[0] || turns_back(kept[n - 2], kept[n - 1], kept[0]) {
            kept.pop_back();
        } else if turns_back(kept[n - 1], kept[0], kept[1]) {
            kept.pop_front();
        }
        if kept.len() == before {
            break;
        }
    }
    kept.extend(kept.front().copied());
    kept.into()
}

fn push_unspiked(kept: &mut std::collections::VecDeque<Point>, p: Point) {
    while kept.len() >= 2 && turns_back(kept[kept.len() - 2], kept[kept.len() - 1], p) {
        kept.pop_back();
    }
    if kept.back() != Some(&p) {
        kept.push_back(p);
    }
}

/// Whether a ring without signed area really covers nothing, as opposed to loops that cancel out (a bow-tie).
fn encloses_nothing(ring: &[Point]) -> bool {
    fold(ring, FillRule::NonZero).is_empty()
}

fn oriented(points: &[Point], counter_clockwise: bool) -> Vec<Vertex> {
    let mut ring: Vec<Vertex> = points.iter().map(|&p| vertex(p)).collect();
    if (doubled_area(points) > 0) != counter_clockwise {
        ring.reverse();
    }
    ring
}

/// Areas of polygons that had to be taken apart.
#[derive(Default)]
struct Settled {
    before_m2: f64,
    ambiguous_m2: f64,
}

impl Settled {
    /// One polygon's area: the shell's loops, all of them, less the holes.
    ///
    /// A shell covers what it winds around at all, a hole only what it winds around an odd number of times: the larger danger area.
    fn settle(&mut self, rings: &[Prepared]) -> Region {
        let Some((shell, holes)) = rings.split_first() else { return Region::new() };
        let shell_m2 = signed_ring_m2(shell.points.iter().copied()).abs();
        let area = fold(&shell.points, FillRule::NonZero);
        self.before_m2 += shell_m2;
        self.ambiguous_m2 += (region_m2(&area) - shell_m2).abs();
        if holes.is_empty() {
            return area;
        }
        let mut each_m2 = 0.0;
        let regions: Vec<Region> = holes
            .iter()
            .map(|hole| {
                let hole_m2 = signed_ring_m2(hole.points.iter().copied()).abs();
                let region = fold(&hole.points, FillRule::EvenOdd);
                let region_m2 = region_m2(&region);
                self.before_m2 -= hole_m2;
                self.ambiguous_m2 += (region_m2 - hole_m2).abs();
                each_m2 += region_m2;
                region
            })
            .collect();
        let together = unite(&regions);
        // a hole in a hole could be meant as an island, a hole outside the shell as a part
        self.ambiguous_m2 += (each_m2 - region_m2(&together)).abs() + region_m2(&subtract(&together, &area));
        subtract(&area, &together)
    }

    /// A place to name when readings of an outline cut at ±180 differ by more than rounding at the cut can.
    fn contradiction(&self, shape: &Shape) -> Option<Vertex> {
        (self.ambiguous_m2 > 1e-6 * shape.area_m2())
            .then(|| shape.polygons().first().and_then(|p| p.shell.first()).copied())
            .flatten()
    }
}

/// Parts as they are when valid; otherwise rebuilt, with a place where they were wrong.
fn rebuild_if_needed(parts: Vec<Polygon>, settled: &mut Settled) -> Result<(Vec<Polygon>, Option<Vertex>), ShapeError> {
    let Err(at) = nesting::check(&parts) else { return Ok((parts, None)) };
    let regions: Vec<Region> = parts
        .iter()
        .map(|part| {
            let rings: Vec<Prepared> = part
                .rings()
                .map(|r| Prepared { points: r.iter().map(|&v| point(v)).collect(), crosses: false })
                .collect();
            settled.settle(&rings)
        })
        .collect();
    Ok((valid_polygons(unite(&regions))?, Some(at)))
}

fn polygons(region: &Region) -> Vec<Polygon> {
    region
        .iter()
        .filter_map(|part| part.split_first())
        .map(|(shell, holes)| Polygon { shell: close(shell), holes: holes.iter().map(|h| close(h)).collect() })
        .collect()
}

/// Parts from the overlay engine, checked by our own rules: nothing passes as valid because an engine says so.
fn valid_polygons(mut region_: Region) -> Result<Vec<Polygon>, ShapeError> {
    for round in 0.. {
        let parts = polygons(&region_);
        match nesting::check(&parts) {
            Ok(()) => return Ok(parts),
            Err(at) if round == MAX_ROUNDS => {
                return Err(ShapeError::Unrepairable { lon: at.lon_degrees(), lat: at.lat_degrees() });
            }
            Err(_) => region_ = unite([&region(&parts)]),
        }
    }
    Ok(Vec::new())
}

/// A canonical shape from the result of an overlay; may be empty.
pub(super) fn shape_of(region: Region) -> Result<Shape, ShapeError> {
    Ok(finish(valid_polygons(region)?))
}

/// Puts parts into the one order they are kept in, so that equal areas with equal vertices are equal values.
fn finish(mut parts: Vec<Polygon>) -> Shape {
    for part in &mut parts {
        for ring in std::iter::once(&mut part.shell).chain(&mut part.holes) {
            ring.pop();
            let first = ring.iter().enumerate().min_by_key(|&(_, v)| *v).map_or(0, |(i, _)| i);
            ring.rotate_left(first);
            ring.extend(ring.first().copied());
        }
        part.holes.sort_unstable();
    }
    parts.sort_unstable_by(|a, b| a.shell.cmp(&b.shell).then_with(|| a.holes.cmp(&b.holes)));
    Shape::from_canonical(parts)
}

impl std::fmt::Display for Repair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::ExtraElementsIgnored { positions } => write!(f, "ignored altitudes in {positions} positions"),
            Self::Rounded { positions } => write!(f, "rounded {positions} positions to 1e-7 degree"),
            Self::Closed { rings } => write!(f, "closed {rings} rings"),
            Self::CutAtAntimeridian { rings } => write!(f, "cut {rings} rings at the antimeridian"),
            Self::ClosedAlongPole { rings } => write!(f, "closed {rings} rings along a pole"),
            Self::Densified { vertices } => write!(f, "added {vertices} vertices along geodesics"),
            Self::DuplicatesDropped { vertices } => write!(f, "dropped {vertices} repeated vertices"),
            Self::SpikesDropped { vertices } => write!(f, "dropped {vertices} vertices of spikes"),
            Self::DegenerateRingsDropped { rings } => write!(f, "dropped {rings} rings without area"),
            Self::Rebuilt { area_before_m2, area_after_m2, ambiguous_m2 } => write!(
                f,
                "rebuilt crossing or overlapping rings: {area_before_m2:.0} m² became {area_after_m2:.0} m², \
                 {ambiguous_m2:.0} m² of it in doubt and kept as danger"
            ),
        }
    }
}
