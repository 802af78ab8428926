//! Reading a data set: shapes as `scripts/bench-data.py` writes them.

use cordon::geometry::{Entry, Policy, Polygon, Shape, Vertex};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The folder of the data sets: `CORDON_BENCH_DATA`, or `bench-data` in the working directory.
pub fn folder() -> PathBuf {
    std::env::var_os("CORDON_BENCH_DATA").map_or_else(|| "bench-data".into(), PathBuf::from)
}

/// The file of a data set.
pub fn path(name: &str) -> PathBuf {
    folder().join(format!("{name}.bin"))
}

/// A data set of the folder by name.
///
/// # Panics
/// When it is not there: `scripts/bench-data.py` makes it.
pub fn load(name: &str) -> Vec<Arc<Shape>> {
    let path = path(name);
    read(&path).unwrap_or_else(|e| panic!("{}: {e}; make it with scripts/bench-data.py", path.display()))
}

/// Counts of parts, of rings, of vertices, then the vertices: all 32-bit little-endian.
///
/// # Errors
/// When the file cannot be read.
pub fn read(path: &Path) -> std::io::Result<Vec<Arc<Shape>>> {
    let bytes = std::fs::read(path)?;
    let mut words = bytes.chunks_exact(4).map(|b| i32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    let mut shapes = Vec::new();
    while let Some(parts) = words.next() {
        let polygons = (0..parts)
            .map(|_| {
                let rings = words.next().expect("a number of rings");
                let mut rings: Vec<Vec<Vertex>> = (0..rings)
                    .map(|_| {
                        let count = words.next().expect("a number of vertices");
                        (0..count)
                            .map(|_| Vertex {
                                lon: words.next().expect("a longitude"),
                                lat: words.next().expect("a latitude"),
                            })
                            .collect()
                    })
                    .collect();
                let shell = rings.remove(0);
                Polygon { shell, holes: rings }
            })
            .collect();
        shapes.push(Arc::new(Shape::from_canonical(polygons)));
    }
    Ok(shapes)
}

/// The shapes as closed entries with exact outlines.
pub fn entries(shapes: &[Arc<Shape>]) -> Vec<Entry> {
    shapes.iter().map(|shape| Entry { shape: shape.clone(), accuracy_m: 0.0, policy: Policy::Closed }).collect()
}
