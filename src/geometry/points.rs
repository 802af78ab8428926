//! The nearest of many points, on the sphere: right across the antimeridian and at the poles.

use rstar::RTree;
use rstar::primitives::GeomWithData;

use super::Position;

/// Points as unit vectors in an R-tree: the chord between two of them grows with their distance on the globe.
#[derive(Debug, Default)]
pub struct PointIndex {
    tree: RTree<GeomWithData<[f64; 3], usize>>,
}

impl PointIndex {
    /// Indexes points; each is known by its place in the order given.
    pub fn new(points: impl Iterator<Item = Position>) -> Self {
        let points = points.enumerate().map(|(i, position)| GeomWithData::new(unit_vector(position), i)).collect();
        Self { tree: RTree::bulk_load(points) }
    }

    /// The point nearest to a position; `None` without any.
    pub fn nearest(&self, position: Position) -> Option<usize> {
        self.tree.nearest_neighbor(&unit_vector(position)).map(|found| found.data)
    }
}

fn unit_vector(position: Position) -> [f64; 3] {
    let (lat, lon) = (position.lat().to_radians(), position.lon().to_radians());
    [lat.cos() * lon.cos(), lat.cos() * lon.sin(), lat.sin()]
}
