//! Every shape of `regions/` against engines that share nothing with ours: GEOS, PostGIS, PROJ, and an exact test of their quarrels.
//!
//! This side asks the product and writes shapes, points and answers down; compare.py asks the others and judges. `make test` installs
//! them. The number of points is `CORDON_ORACLE_POINTS` (`make soak` asks for ten million).

mod points;

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use cordon::feed::folder;
use cordon::geometry::{Entry, Limits, Policy, Position, Ring, Shape, ShapeId, ShapeIndex, Vertex};
use points::{Asked, Points};

const DEFAULT_POINTS: usize = 150_000;
/// Points in one file: what the judges hold in memory at a time.
const BATCH: usize = 500_000;
/// Distances measured by the other side: few, since each looks at every edge of its shape.
const MARGINS: usize = 3000;
/// Long edges followed through all shapes: the other side measures each in thousands of steps.
const LINES: usize = 400;

#[test]
fn all_shapes_agree_with_independent_engines() {
    let python = std::env::var_os("CORDON_ORACLE_PYTHON").map(PathBuf::from).filter(|python| python.is_file());
    let python = python
        .expect("CORDON_ORACLE_PYTHON does not name a Python with the oracles; run `make test`, which installs it");
    let wanted =
        std::env::var("CORDON_ORACLE_POINTS").map_or(DEFAULT_POINTS, |n| n.parse().expect("a number of points"));
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));

    let shapes = all_shapes(&root.join("regions"));
    assert!(shapes.len() > 100, "only {} shapes in regions/: the test would say little", shapes.len());
    let entry = |shape: &Arc<Shape>| Entry { shape: Arc::clone(shape), accuracy_m: 0.0, policy: Policy::Closed };
    let index = ShapeIndex::build(shapes.iter().map(|(_, shape)| entry(shape)).collect());

    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("oracle");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("the folder for tests can be written");
    write_shapes(&folder.join("shapes.ndjson"), &shapes).expect("shapes can be written");
    let mut points = Points::new(shapes.iter().map(|(_, shape)| shape.as_ref()));
    for batch in 0..wanted.div_ceil(BATCH) {
        let asked = points.take(BATCH.min(wanted - batch * BATCH));
        write_answers(&folder.join(format!("points-{batch:03}.csv")), &asked, &index).expect("answers can be written");
        if batch == 0 {
            write_margins(&folder.join("margins-000.csv"), &asked, &index).expect("margins can be written");
            write_lines(&folder.join("lines-000.csv"), &asked, &index).expect("lines can be written");
        }
    }

    let oracle = root.join("tests/oracle");
    let judged = Command::new("bash")
        .arg(oracle.join("postgres.sh"))
        .args([python, oracle.join("compare.py"), folder.clone()])
        .status()
        .expect("bash runs");
    assert!(
        judged.success(),
        "the independent engines do not agree; the questions and our answers are in {}",
        folder.display()
    );
    fs::remove_dir_all(&folder).expect("the folder can be removed");
}

/// Every shape a folder holds, of regions and of revisions, each once, with a name for the report.
fn all_shapes(regions: &Path) -> Vec<(String, Arc<Shape>)> {
    let folder = folder::read(regions, &Limits::default());
    assert!(!folder.report.has_errors(), "regions/ has errors: {:?}", folder.report.problems);
    let places = folder.fences.regions.iter();
    let places = places.filter_map(|region| Some((format!("region {}", region.code), Arc::clone(region.shape()?))));
    let areas = folder.fences.revisions.iter();
    let areas = areas
        .filter_map(|(revision, area)| Some((format!("revision {}", revision.id), Arc::clone(&area.as_ref()?.shape))));
    let mut known = HashSet::new();
    places.chain(areas).filter(|(_, shape)| known.insert(Arc::as_ptr(shape))).collect()
}

/// One GeoJSON MultiPolygon a line, in integers of 10⁻⁷ degree.
fn write_shapes(file: &Path, shapes: &[(String, Arc<Shape>)]) -> std::io::Result<()> {
    let ring = |ring: &Ring| join(ring.iter().map(|v| format!("[{},{}]", v.lon, v.lat)));
    let mut out = BufWriter::new(File::create(file)?);
    for (id, (name, shape)) in shapes.iter().enumerate() {
        let polygons = join(shape.polygons().iter().map(|polygon| join(polygon.rings().map(ring))));
        let geometry = format!(r#"{{"type":"MultiPolygon","coordinates":{polygons}}}"#);
        writeln!(out, r#"{{"id":{id},"name":"{name}","geometry":{geometry}}}"#)?;
    }
    out.flush()
}

fn join(parts: impl Iterator<Item = String>) -> String {
    format!("[{}]", parts.collect::<Vec<_>>().join(","))
}

fn write_answers(file: &Path, asked: &[Asked], index: &ShapeIndex) -> std::io::Result<()> {
    let mut out = BufWriter::new(File::create(file)?);
    writeln!(out, "lon,lat,kind,covering")?;
    let mut covering: Vec<ShapeId> = Vec::new();
    for Asked { at: Vertex { lon, lat }, kind, .. } in asked {
        covering.clear();
        index.covering(Position::from(Vertex { lon: *lon, lat: *lat }), &mut covering);
        let ids = covering.iter().map(|id| id.0.to_string()).collect::<Vec<_>>().join(" ");
        writeln!(out, "{lon},{lat},{kind},{ids}")?;
    }
    out.flush()
}

/// Distances to the border, of points that were made for a shape, spread over all of them.
fn write_margins(file: &Path, asked: &[Asked], index: &ShapeIndex) -> std::io::Result<()> {
    let mut out = BufWriter::new(File::create(file)?);
    writeln!(out, "lon,lat,shape,margin_m,nearest_lon,nearest_lat")?;
    let of_shapes: Vec<(Vertex, usize)> = asked.iter().filter_map(|asked| Some((asked.at, asked.shape?))).collect();
    for (at, shape) in of_shapes.iter().step_by(of_shapes.len().div_ceil(MARGINS).max(1)) {
        let id = ShapeId(u32::try_from(*shape).expect("fewer than 2³² shapes"));
        let margin = index.margin(id, Position::from(*at));
        let nearest = margin.nearest.map_or(",".to_owned(), |p| format!("{},{}", p.lon(), p.lat()));
        writeln!(out, "{},{},{shape},{},{nearest}", at.lon, at.lat, margin.signed_m)?;
    }
    out.flush()
}

/// Where edges of up to half the Earth enter and leave shapes.
fn write_lines(file: &Path, asked: &[Asked], index: &ShapeIndex) -> std::io::Result<()> {
    let mut out = BufWriter::new(File::create(file)?);
    writeln!(out, "from_lon,from_lat,to_lon,to_lat,inside")?;
    // what has several names is no matter of metres
    let has_one_name = |v: &Vertex| v.lon.abs() < 1_800_000_000 && v.lat.abs() < 900_000_000;
    let places: Vec<Vertex> = asked.iter().map(|asked| asked.at).filter(has_one_name).collect();
    let pairs = places.as_chunks::<2>().0.iter().filter(|[a, b]| a.lon.abs_diff(b.lon) <= 1_800_000_000);
    for [a, b] in pairs.step_by((places.len() / 4 / LINES).max(1)).take(LINES) {
        let passages = index.along(&[vec![*a, *b]], 0.0);
        let inside = passages.iter().map(|passage| {
            let stretches = passage.inside.iter().map(|i| format!("{}:{}", i.from_m, i.to_m));
            format!("{} {}", passage.shape.0, stretches.collect::<Vec<_>>().join(" "))
        });
        writeln!(out, "{},{},{},{},{}", a.lon, a.lat, b.lon, b.lat, inside.collect::<Vec<_>>().join(";"))?;
    }
    out.flush()
}
