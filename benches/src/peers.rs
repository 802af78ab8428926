//! The peers: each answers which shapes contain a place. Coordinates are degrees in numbers of 64 bits unless said otherwise.

use cordon::geometry::{Polygon, Position, Shape};
use geo::algorithm::indexed::IntervalTreeMultiPolygon;
use geo::{Contains, Coord, Intersects, LineString, MultiPolygon, Point};
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};
use std::ops::ControlFlow;
use std::sync::Arc;

/// An R-tree of boxes, which every peer but the last two needs to find its candidates among many shapes.
struct Boxes(RTree<GeomWithData<Rectangle<[f64; 2]>, u32>>);

impl Boxes {
    fn new(corners: impl Iterator<Item = ([f64; 2], [f64; 2])>) -> Self {
        let boxes = corners.zip(0..).map(|((min, max), i)| GeomWithData::new(Rectangle::from_corners(min, max), i));
        Self(RTree::bulk_load(boxes.collect()))
    }

    fn each(&self, x: f64, y: f64, mut candidate: impl FnMut(u32)) {
        let at = AABB::from_point([x, y]);
        let _ = self.0.locate_in_envelope_intersecting_int(&at, |b| {
            candidate(b.data);
            ControlFlow::<()>::Continue(())
        });
    }
}

fn shape_box(shape: &Shape) -> ([f64; 2], [f64; 2]) {
    let b = shape.bounds().expect("no empty shapes");
    ([b.min.lon_degrees(), b.min.lat_degrees()], [b.max.lon_degrees(), b.max.lat_degrees()])
}

/// A shape as `geo` has it.
pub fn multi_polygon(shape: &Shape) -> MultiPolygon {
    let ring = |ring: &Vec<_>| -> LineString {
        ring.iter().map(|v: &cordon::geometry::Vertex| Coord { x: v.lon_degrees(), y: v.lat_degrees() }).collect()
    };
    shape.polygons().iter().map(|p| geo::Polygon::new(ring(&p.shell), p.holes.iter().map(ring).collect())).collect()
}

/// `rstar` and the interval trees of `geo`.
pub struct IntervalTrees {
    boxes: Boxes,
    trees: Vec<IntervalTreeMultiPolygon<f64>>,
}

impl IntervalTrees {
    /// Builds one tree a shape.
    pub fn new(shapes: &[Arc<Shape>]) -> Self {
        let trees = shapes.iter().map(|s| IntervalTreeMultiPolygon::new(&multi_polygon(s))).collect();
        Self { boxes: Boxes::new(shapes.iter().map(|s| shape_box(s))), trees }
    }

    /// Calls with each shape that contains the place.
    pub fn covering(&self, p: Position, mut found: impl FnMut(u32)) {
        let point = Point::new(p.lon(), p.lat());
        self.boxes.each(p.lon(), p.lat(), |i| {
            if self.trees[i as usize].contains(&point) {
                found(i);
            }
        });
    }
}

/// `rstar` and the plain test of `geo`.
pub struct Naive {
    boxes: Boxes,
    shapes: Vec<MultiPolygon>,
}

impl Naive {
    /// Builds the boxes.
    pub fn new(shapes: &[Arc<Shape>]) -> Self {
        let polygons = shapes.iter().map(|s| multi_polygon(s)).collect();
        Self { boxes: Boxes::new(shapes.iter().map(|s| shape_box(s))), shapes: polygons }
    }

    /// Calls with each shape that contains the place.
    pub fn covering(&self, p: Position, mut found: impl FnMut(u32)) {
        let point = Point::new(p.lon(), p.lat());
        self.boxes.each(p.lon(), p.lat(), |i| {
            if self.shapes[i as usize].intersects(&point) {
                found(i);
            }
        });
    }
}

/// How `tg` indexes rings.
#[derive(Clone, Copy, Debug)]
pub enum TgIndex {
    /// Boxes over runs of segments.
    Natural,
    /// Buckets of segments by latitude.
    YStripes,
}

/// `rstar` over parts, and `tg`, in C.
pub struct Tg {
    boxes: Boxes,
    parts: Vec<(*mut tg_sys::tg_geom, u32)>,
    /// Degrees, or units: whole numbers, in which `tg` rounds less.
    scale: f64,
}

impl Tg {
    /// Builds one polygon a part; with `scale` 1 in degrees, with 10⁷ in whole units.
    ///
    /// # Panics
    /// When `tg` refuses a polygon.
    pub fn new(shapes: &[Arc<Shape>], index: TgIndex, scale: f64) -> Self {
        let all = || shapes.iter().zip(0_u32..).flat_map(|(s, i)| s.polygons().iter().map(move |p| (p, i)));
        let parts = all().map(|(polygon, i)| (geometry(polygon, index, scale), i)).collect();
        let boxes = Boxes::new(all().map(|(polygon, _)| shape_box(&Shape::from_canonical(vec![polygon.clone()]))));
        Self { boxes, parts, scale }
    }

    /// Calls with each shape that contains the place; with a shape twice when parts of it touch there.
    pub fn covering(&self, p: Position, mut found: impl FnMut(u32)) {
        let (x, y) =
            if self.scale == 1.0 { (p.lon(), p.lat()) } else { (f64::from(p.vertex().lon), f64::from(p.vertex().lat)) };
        self.boxes.each(p.lon(), p.lat(), |i| {
            let (part, shape) = self.parts[i as usize];
            // SAFETY: the geometry lives until self is dropped
            if unsafe { tg_sys::GeometryPredicates::tg_geom_intersects_xy(part, x, y) } {
                found(shape);
            }
        });
    }
}

impl Drop for Tg {
    fn drop(&mut self) {
        for (part, _) in &self.parts {
            // SAFETY: each was made by tg and is freed once
            unsafe { tg_sys::GeometryConstructors::tg_geom_free(*part) };
        }
    }
}

fn native(index: TgIndex) -> tg_sys::tg_index {
    match index {
        TgIndex::Natural => tg_sys::tg_index::TG_NATURAL,
        TgIndex::YStripes => tg_sys::tg_index::TG_YSTRIPES,
    }
}

fn geometry(polygon: &Polygon, index: TgIndex, scale: f64) -> *mut tg_sys::tg_geom {
    let ring = |ring: &Vec<cordon::geometry::Vertex>| {
        let points: Vec<tg_sys::tg_point> = ring
            .iter()
            .map(|v| {
                let (x, y) = if scale == 1.0 {
                    (v.lon_degrees(), v.lat_degrees())
                } else {
                    (f64::from(v.lon), f64::from(v.lat))
                };
                tg_sys::tg_point { x, y }
            })
            .collect();
        let count = i32::try_from(points.len()).expect("rings of less than two thousand million vertices");
        // SAFETY: tg copies the points
        unsafe { tg_sys::RingFuncs::tg_ring_new_ix(points.as_ptr(), count, native(index)) }
    };
    let shell = ring(&polygon.shell);
    let holes: Vec<*const tg_sys::tg_ring> = polygon.holes.iter().map(|h| ring(h).cast_const()).collect();
    let count = i32::try_from(holes.len()).expect("few holes");
    // SAFETY: tg counts references: what is made here is kept by what is made of it, and given up at once
    unsafe {
        let poly = tg_sys::PolyFuncs::tg_poly_new(shell, holes.as_ptr(), count);
        let geometry = tg_sys::GeometryConstructors::tg_geom_new_polygon(poly);
        assert!(!geometry.is_null(), "tg is out of memory");
        tg_sys::PolyFuncs::tg_poly_free(poly);
        tg_sys::RingFuncs::tg_ring_free(shell);
        holes.iter().for_each(|h| tg_sys::RingFuncs::tg_ring_free(h.cast_mut()));
        geometry
    }
}
