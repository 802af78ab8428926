//! The index: which shapes contain a position, which may, and by how many metres.

use super::band::Band;
use super::border::Border;
use super::cells::{Cells, Source, Wanted};
use super::exact::{self, HALF_TURN, POLE};
use super::metric;
use super::near::{Layered, NearBox};
use super::oracle::{self, Oracle, Side};
use super::parallel;
use super::position::Position;
use super::quiet::Quiet;
use super::relate::{self, ShapeId};
use super::shape::{Bounds, Shape, Vertex};
use super::trust;
use std::collections::BTreeSet;
use std::sync::Arc;

/// To whom a border belongs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Policy {
    /// The border belongs to the shape; neighbours that share it both match. For danger.
    #[default]
    Closed,
    /// Western and southern borders belong to the shape, eastern and northern ones to the neighbour: of shapes that tile the plane
    /// exactly one contains each place. For partitions such as countries.
    HalfOpen,
}

/// One shape to be indexed.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The exact outline.
    pub shape: Arc<Shape>,
    /// How well the outline is known, in metres; widens the doubtful band around it.
    pub accuracy_m: f64,
    /// To whom its border belongs.
    pub policy: Policy,
}

/// One indexed shape.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) accuracy_m: f64,
    pub(super) policy: Policy,
    bounds: Option<Bounds>,
    border: Arc<Border>,
}

impl Member {
    pub(super) fn new(entry: &Entry) -> Self {
        let Entry { shape, accuracy_m, policy } = entry;
        let border = Arc::new(Border::new(shape.clone()));
        Self { accuracy_m: *accuracy_m, policy: *policy, bounds: shape.bounds(), border }
    }

    pub(super) fn border(&self) -> &Border {
        &self.border
    }

    pub(super) fn shape(&self) -> &Arc<Shape> {
        self.border.shape()
    }

    pub(super) fn bounds(&self) -> Option<Bounds> {
        self.bounds
    }

    pub(super) fn part_bounds(&self) -> impl Iterator<Item = Bounds> + '_ {
        self.shape().polygons().iter().filter_map(|p| Bounds::of(&p.shell))
    }

    pub(super) fn is_closed(&self) -> bool {
        self.policy == Policy::Closed
    }

    /// The same member for a new entry with the same outline and policy.
    pub(super) fn kept_for(&self, entry: &Entry) -> Option<Self> {
        let is_same =
            self.policy == entry.policy && (Arc::ptr_eq(self.shape(), &entry.shape) || *self.shape() == entry.shape);
        is_same.then(|| Self { accuracy_m: entry.accuracy_m, ..self.clone() })
    }

    fn may_contain(&self, pole: Vertex) -> bool {
        // a half-open shape that ends one unit south of the pole contains it
        self.bounds.is_some_and(|b| if pole.lat < 0 { b.min.lat == -POLE } else { b.max.lat >= POLE - 1 })
            && oracle::contains(self.shape(), self.is_closed(), pole)
    }
}

/// A member for each id in use.
pub(super) type Members = Vec<Option<Member>>;

/// An immutable set of shapes, shared freely between threads; changed by making another ([`Self::replace`]).
#[derive(Clone, Debug)]
pub struct ShapeIndex {
    pub(super) members: Members,
    pub(super) cells: Cells,
    /// The shapes that are not in the cells.
    pub(super) slow: Oracle,
    /// The shapes that contain the north pole, and the south pole, ascending.
    poles: [Vec<ShapeId>; 2],
    pub(super) near: Layered<NearBox>,
    pub(super) bands: Layered<Band>,
    pub(super) quiet: Quiet,
    pub(super) largest_accuracy_m: f64,
}

impl Default for ShapeIndex {
    fn default() -> Self {
        Self::build(Vec::new())
    }
}

impl ShapeIndex {
    /// Indexes the entries; the n-th gets `ShapeId(n)`.
    #[allow(clippy::needless_pass_by_value)] // whoever indexes entries is done with them
    pub fn build(entries: Vec<Entry>) -> Self {
        let members: Members = parallel::map(&entries, || (), |(), entry| Some(Member::new(entry)));
        let cells = Cells::build(&sources(&members, |_, _| true));
        let (near, bands) = (Layered::new(&members), Layered::new(&members));
        let ids: Vec<u32> = present(&members).map(|(id, _)| id).collect();
        Self::checked(members, cells, (near, bands, Quiet::unknown()), &ids, None, BTreeSet::new())
    }

    /// Puts an index together; `new` shapes are tried first, and others where they touch tiles that were `rebuilt`. Those found wrong join the
    /// `distrusted`.
    pub(super) fn checked(
        members: Members,
        mut cells: Cells,
        (near, bands, quiet): (Layered<NearBox>, Layered<Band>, Quiet),
        new: &[u32],
        rebuilt: Option<&Wanted>,
        mut distrusted: BTreeSet<u32>,
    ) -> Self {
        let member = |id: u32| members[id as usize].as_ref().expect("new shapes are members");
        let is_beside = |(id, m): &(u32, &Member)| {
            let touches = m.bounds.zip(rebuilt).is_some_and(|(bounds, rebuilt)| rebuilt.touches(bounds));
            touches && new.binary_search(id).is_err() && !distrusted.contains(id)
        };
        let beside = present(&members).filter(is_beside).map(|(id, _)| (id, rebuilt));
        let tried: Vec<(u32, Option<&Wanted>)> = new.iter().map(|id| (*id, None)).chain(beside).collect();
        let agrees = |(): &mut (), (id, tiles): &(u32, Option<&Wanted>)| {
            trust::agrees(&cells, *id, member(*id).shape(), member(*id).is_closed(), *tiles)
        };
        let agree = parallel::map(&tried, || (), agrees);
        let wrong: Vec<u32> = tried.iter().zip(agree).filter(|(_, agrees)| !agrees).map(|((id, _), _)| *id).collect();
        if !wrong.is_empty() {
            distrusted.extend(&wrong);
            let wanted = Wanted::around(wrong.iter().flat_map(|id| member(*id).part_bounds()));
            cells = rebuild(&cells, &members, &wanted, &distrusted);
        }
        let slow = distrusted.iter().map(|id| (*id, member(*id).shape().clone(), member(*id).is_closed()));
        let poles = [POLE, -POLE].map(|lat| {
            let pole = Vertex { lon: 0, lat };
            present(&members).filter(|(_, m)| m.may_contain(pole)).map(|(id, _)| ShapeId(id)).collect()
        });
        let largest_accuracy_m = present(&members).map(|(_, m)| m.accuracy_m).fold(0.0, f64::max);
        Self { slow: Oracle::build(slow), near, bands, quiet, poles, largest_accuracy_m, cells, members }
    }

    /// The shapes that cells and oracle do not agree about, ascending: they are answered by the oracle alone, slowly. There should be
    /// none; a shape that breaks its invariants can be one.
    pub fn distrusted(&self) -> impl Iterator<Item = ShapeId> + '_ {
        self.slow.ids().map(ShapeId)
    }

    /// The shapes in the index, by ascending id.
    pub fn shapes(&self) -> impl Iterator<Item = (ShapeId, &Arc<Shape>)> {
        present(&self.members).map(|(id, m)| (ShapeId(id), m.shape()))
    }

    pub(super) fn member(&self, shape: u32) -> &Member {
        self.members[shape as usize].as_ref().expect("ids come from this index")
    }

    /// Appends all shapes that contain the position, ascending: exact on the 10⁻⁷ degree grid, uncertainties left out.
    pub fn covering(&self, position: Position, out: &mut Vec<ShapeId>) {
        self.covering_vertex(position.vertex(), out);
    }

    pub(super) fn covering_vertex(&self, v: Vertex, out: &mut Vec<ShapeId>) {
        let start = out.len();
        if exact::is_pole(v) {
            out.extend(&self.poles[usize::from(v.lat < 0)]);
            return;
        }
        self.cells.covering(v, out);
        if !self.slow.is_empty() {
            self.slow.covering(v, out);
        }
        if out.len() - start > 1 {
            out[start..].sort_unstable();
        }
    }

    /// How a place lies to all shapes of the cells.
    pub(super) fn sides(&self, v: Vertex) -> Sides {
        let mut sides = Sides { of_touching: Vec::new(), full: Vec::new() };
        if !has_other_names(v) {
            self.cells.around(self.cells.find(v), v, &mut sides.full, |id, contains, is_on_border| {
                let side = if contains { Side::Inside } else { Side::Outside };
                sides.of_touching.push((id, if is_on_border { Side::Border } else { side }));
            });
            sides.of_touching.sort_unstable_by_key(|(id, _)| *id);
            sides.full.sort_unstable();
        }
        sides
    }

    /// A shape as it was indexed; none when the id is not in use.
    pub fn entry(&self, shape: ShapeId) -> Option<Entry> {
        let member = self.members.get(shape.0 as usize)?.as_ref()?;
        Some(Entry { shape: Arc::clone(member.shape()), accuracy_m: member.accuracy_m, policy: member.policy })
    }

    /// Bytes on the heap of the cells and of the search trees over borders. The shapes themselves are the caller's.
    pub fn heap_bytes(&self) -> HeapBytes {
        let borders = self.members.iter().flatten().map(|m| m.border.heap_bytes() + size_of::<Border>()).sum::<usize>();
        HeapBytes {
            cells: self.cells.heap_bytes(),
            borders: borders
                + self.members.len() * size_of::<Option<Member>>()
                + self.near.heap_bytes()
                + self.bands.heap_bytes(),
        }
    }

    /// Ids of shapes whose border, widened by the accuracy of the outline, may be within a distance; all sorted.
    pub(super) fn near(&self, v: Vertex, metres: f64, out: &mut Vec<u32>) {
        let at = metric::space_of(v);
        self.near.find((at, at), metres, out);
    }
}

/// Memory of an index, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeapBytes {
    /// The cells, those shared with older indexes included.
    pub cells: usize,
    /// What finds nearest borders.
    pub borders: usize,
}

/// How a place lies to the shapes of the cells, by ascending id; empty where the place has several names.
#[derive(Debug)]
pub(super) struct Sides {
    of_touching: Vec<(ShapeId, Side)>,
    full: Vec<ShapeId>,
}

impl Sides {
    pub(super) fn of(&self, index: &ShapeIndex, id: u32, v: Vertex) -> Side {
        if has_other_names(v) || index.slow.ids().any(|slow| slow == id) {
            return relate::side(index.member(id).border(), v);
        }
        let shape = ShapeId(id);
        match self.of_touching.binary_search_by_key(&shape, |(touching, _)| *touching) {
            Ok(i) => self.of_touching[i].1,
            Err(_) if self.full.binary_search(&shape).is_ok() => Side::Inside,
            Err(_) => Side::Outside,
        }
    }
}

/// Whether a place is a pole or on ±180.
pub(super) fn has_other_names(v: Vertex) -> bool {
    v.lon.abs() == HALF_TURN || exact::is_pole(v)
}

/// The members that are there, with their ids.
#[allow(clippy::cast_possible_truncation)] // fewer than 2³² shapes
pub(super) fn present(members: &Members) -> impl Iterator<Item = (u32, &Member)> {
    members.iter().enumerate().filter_map(|(id, m)| m.as_ref().map(|m| (id as u32, m)))
}

/// The cells with some tiles built anew, distrusted shapes left out.
pub(super) fn rebuild(cells: &Cells, members: &Members, wanted: &Wanted, distrusted: &BTreeSet<u32>) -> Cells {
    let touching = |id: u32, m: &Member| !distrusted.contains(&id) && m.bounds.is_some_and(|b| wanted.touches(b));
    cells.rebuild(&sources(members, touching), wanted)
}

fn sources(members: &Members, which: impl Fn(u32, &Member) -> bool) -> Vec<Source<'_>> {
    present(members)
        .filter(|(id, m)| which(*id, m))
        .map(|(id, m)| Source { id, shape: m.shape(), is_closed: m.is_closed() })
        .collect()
}
