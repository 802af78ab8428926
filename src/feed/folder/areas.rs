//! Areas of a data folder, resolved once and kept on disk: the same expression over the same shapes is not computed again at the next start.
//!
//! The file holds nothing that could not be computed, and is trusted only as far as its checksum: one that is damaged, foreign or of another
//! algorithm is ignored and written anew.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};

use crate::geometry::{Limits, Shape, area};
use crate::model::region::Boundary;
use crate::model::{Area, AreaError, AreaResolver, Basis, RegionCode, Regions, ResolvedArea};

/// What an area is known by: a digest of everything its shape depends on.
type Key = [u8; 32];

/// How the file begins: what it is, and in which form.
const MAGIC: &[u8] = b"cordon areas 1\n";

/// Resolves areas over the places of one data folder, and remembers.
pub struct Areas {
    regions: Arc<Regions>,
    resolver: AreaResolver,
    file: Option<PathBuf>,
    kept: HashMap<Key, ResolvedArea>,
    /// What was asked for, by key: what the file should hold.
    used: Mutex<BTreeMap<Key, ResolvedArea>>,
    places: Mutex<HashMap<RegionCode, Key>>,
}

impl std::fmt::Debug for Areas {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Areas({} kept)", self.kept.len())
    }
}

impl Areas {
    /// A resolver over these places, with what `file` keeps from earlier, if there is one.
    pub fn new(regions: Arc<Regions>, limits: &Limits, file: Option<&Path>) -> Self {
        let kept = file.and_then(|file| unpack(&std::fs::read(file).ok()?)).unwrap_or_default();
        Self {
            resolver: AreaResolver::new(Arc::clone(&regions), *limits),
            regions,
            file: file.map(Path::to_owned),
            kept,
            used: Mutex::default(),
            places: Mutex::default(),
        }
    }

    /// Resolves over all cores what is asked for later.
    pub fn prepare<'a>(&self, areas: impl Iterator<Item = &'a Area>) {
        let missing: Vec<&Area> =
            areas.filter(|area| self.key(area).is_none_or(|key| !self.kept.contains_key(&key))).collect();
        self.resolver.prepare(&missing);
    }

    /// As [`AreaResolver::resolve`].
    ///
    /// # Errors
    /// As [`AreaResolver::resolve`].
    pub fn resolve(&self, area: &Area) -> Result<ResolvedArea, AreaError> {
        let Some(key) = self.key(area) else { return self.resolver.resolve(area) };
        let resolved = match self.kept.get(&key) {
            Some(kept) => kept.clone(),
            None => self.resolver.resolve(area)?,
        };
        // a repair is reported each time, so what was repaired is read each time
        if resolved.repairs.is_empty() {
            self.used.lock().unwrap_or_else(PoisonError::into_inner).insert(key, resolved.clone());
        }
        Ok(resolved)
    }

    /// Writes the file if it does not hold exactly what was asked for. That it cannot is no mistake of the data: it is logged.
    pub fn keep(&self) {
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(file) = self.file.as_ref().filter(|_| !used.keys().eq(sorted(&self.kept))) else { return };
        if let Err(e) = replace(file, &pack(&used)) {
            tracing::warn!("resolved areas could not be kept, the next start computes them again: {e}");
        }
    }

    /// What the area is known by; none for one that takes no computing.
    fn key(&self, area: &Area) -> Option<Key> {
        if matches!(area, Area::Region(_) | Area::Shape(_) | Area::Drawn(_)) {
            return None;
        }
        let mut digest = Sha256::new();
        digest.update(area::ALGORITHM.to_le_bytes());
        digest.update(format!("{area:?}"));
        for code in area.regions() {
            digest.update(format!("\n{code} "));
            digest.update(self.place(&code));
        }
        Some(digest.finalize().into())
    }

    /// A digest of a place's outline and how good it is.
    fn place(&self, code: &RegionCode) -> Key {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        *places.entry(code.clone()).or_insert_with(|| {
            let mut bytes = Vec::new();
            if let Some(region) = self.regions.get(code) {
                bytes.extend(format!("{:?} {} ", region.basis, region.accuracy_m).into_bytes());
                match &region.boundary {
                    Boundary::Area(shape) => shape.pack(&mut bytes),
                    Boundary::Line(line) => bytes.extend(format!("{:?}", line.pieces()).into_bytes()),
                }
            }
            Sha256::digest(&bytes).into()
        })
    }
}

fn sorted(kept: &HashMap<Key, ResolvedArea>) -> impl Iterator<Item = &Key> {
    kept.keys().collect::<std::collections::BTreeSet<_>>().into_iter()
}

/// Writes beside the file and renames, so that no reader ever sees half of it.
fn replace(file: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let beside = file.with_extension(format!("{}.new", std::process::id()));
    std::fs::write(&beside, bytes)?;
    std::fs::rename(&beside, file)
}

fn pack(areas: &BTreeMap<Key, ResolvedArea>) -> Vec<u8> {
    let mut body = Vec::new();
    for (key, area) in areas {
        body.extend(key);
        body.push(area.basis as u8);
        body.extend(area.accuracy_m.to_le_bytes());
        area.shape.pack(&mut body);
    }
    [MAGIC, &checksum(&body), &body].concat()
}

fn checksum(body: &[u8]) -> [u8; 32] {
    Sha256::digest(body).into()
}

fn unpack(bytes: &[u8]) -> Option<HashMap<Key, ResolvedArea>> {
    let (sum, body) = bytes.strip_prefix(MAGIC)?.split_first_chunk::<32>()?;
    if checksum(body) != *sum {
        return None;
    }
    let mut areas = HashMap::new();
    let mut rest = body;
    while !rest.is_empty() {
        let (key, after) = rest.split_first_chunk::<32>()?;
        let (basis, after) = after.split_first()?;
        let (accuracy, after) = after.split_first_chunk::<8>()?;
        rest = after;
        let area = ResolvedArea {
            basis: [Basis::Official, Basis::Derived, Basis::Digitised, Basis::Approximate]
                .into_iter()
                .find(|b| *b as u8 == *basis)?,
            accuracy_m: f64::from_le_bytes(*accuracy),
            shape: Arc::new(Shape::unpack(&mut rest)?),
            repairs: vec![],
        };
        areas.insert(*key, area);
    }
    Some(areas)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Region, RegionKind, Texts};
    use serde_json::json;

    fn regions(east: f64, accuracy_m: f64) -> Arc<Regions> {
        let square = json!({"type": "Polygon", "coordinates": [[[0, 0], [east, 0], [east, 9], [0, 9], [0, 0]]]});
        let mut regions = Regions::default();
        let region = Region {
            code: RegionCode::parse("KH").expect("a code"),
            kind: RegionKind::Country,
            country: None,
            parent: None,
            names: Texts::from([("en", "Square")]),
            basis: Basis::Official,
            accuracy_m,
            source: String::new(),
            licence: String::new(),
            attribution: None,
            note: None,
            boundary: Boundary::Area(Arc::new(Shape::from_geojson(&square, &Limits::default()).expect("a shape").0)),
        };
        regions.insert(region).expect("the first");
        Arc::new(regions)
    }

    fn around() -> Area {
        Area::parse(&json!({"within_m": 1000, "of": {"region": "KH"}})).expect("an area")
    }

    #[test]
    fn what_was_resolved_is_known_again_until_anything_it_rests_on_changes() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("areas.kept");
        let open = |east, accuracy| Areas::new(regions(east, accuracy), &Limits::default(), Some(&file));
        let first = open(9.0, 5.0);
        let resolved = first.resolve(&around()).expect("resolved");
        first.keep();

        let again = open(9.0, 5.0);
        assert_eq!(again.kept.len(), 1);
        let known = again.resolve(&around()).expect("known");
        assert_eq!((&known.shape, known.basis, known.accuracy_m), (&resolved.shape, resolved.basis, 5.0));
        assert!(Arc::ptr_eq(&known.shape, &again.resolve(&around()).expect("known").shape), "one shape for the index");

        let redrawn = open(8.0, 5.0).resolve(&around()).expect("resolved");
        assert_ne!(redrawn.shape, resolved.shape);
        let blurred = open(9.0, 6.0).resolve(&around()).expect("resolved");
        assert!((blurred.accuracy_m - 6.0).abs() < f64::EPSILON);
    }

    #[test]
    fn a_damaged_file_is_ignored_and_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("below/areas.kept");
        let open = || Areas::new(regions(9.0, 5.0), &Limits::default(), Some(&file));
        let areas = open();
        areas.resolve(&around()).expect("resolved");
        areas.keep();
        let sound = std::fs::read(&file).expect("written");
        let mut flipped = sound.clone();
        flipped[100] ^= 1;
        for damaged in [b"".as_slice(), b"{}", &sound[..sound.len() / 2], &flipped] {
            std::fs::write(&file, damaged).expect("written");
            let areas = open();
            assert!(areas.kept.is_empty());
            areas.resolve(&around()).expect("resolved");
            areas.keep();
            assert_eq!(std::fs::read(&file).expect("written"), sound);
        }
    }
}
