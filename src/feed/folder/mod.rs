//! The data folder: places, issuers, advisories and gazetteer read from disk. A file is taken whole or not at all.
//!
//! The forms are described in `regions/README.md`. Reading never fails as a whole: what is wrong with a file goes into the
//! [`Report`], the file is refused, and what it would have said is remembered as missing, so that no answer mistakes it for silence.

mod advisories;
mod areas;
mod corridors;
mod document;
mod gazetteer;
mod missions;
mod places;
mod report;

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};

pub use areas::Areas;
pub use report::{FileSummary, Gravity, Problem, Repaired, Report};

use crate::geometry::{Limits, parallel};
use crate::matching::{FenceSet, RefusedFile};
use crate::model::gazetteer::Gazetteer;
use crate::model::{Corridors, IssuerCode, Issuers, Missions, Regions, RevisionId};

/// What a folder holds, as far as it could be taken.
#[derive(Debug, Default)]
pub struct Folder {
    /// Everything an index is built from.
    pub fences: FenceSet,
    /// Places by name and code.
    pub gazetteer: Arc<Gazetteer>,
    /// Usual ways and border crossings.
    pub corridors: Arc<Corridors>,
    /// Whom to call.
    pub missions: Arc<Missions>,
    /// The revisions that were taken, as written.
    pub documents: Vec<Document>,
    /// A digest of issuers and places, on which every revision rests.
    pub ground: String,
    /// A digest of what is known completely.
    pub knowledge: String,
    /// What was found on the way.
    pub report: Report,
}

/// A revision as it stands in its file.
#[derive(Clone, Debug)]
pub struct Document {
    /// The file's path below the data folder, with `/` between its parts.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
    /// Which revision it is.
    pub revision: RevisionId,
    /// The Feature.
    pub text: String,
}

/// Reads a data folder.
pub fn read(root: &Path, limits: &Limits) -> Folder {
    read_keeping(root, limits, None, &BTreeSet::new()).0
}

/// Reads a data folder; the gazetteer, on which nothing else depends, beside the rest. Areas that `kept` holds are not computed again. Also gives
/// what further areas over the same places are resolved with.
///
/// A file may not hold a revision that was `published` otherwise.
pub fn read_keeping(
    root: &Path,
    limits: &Limits,
    kept: Option<&Path>,
    published: &BTreeSet<RevisionId>,
) -> (Folder, Areas) {
    if !root.is_dir() {
        let mut folder = Folder::default();
        folder.report.error("", None, format!("{} is not a folder", root.display()));
        return (folder, Areas::new(Arc::default(), limits, None));
    }
    std::thread::scope(|scope| {
        let gazetteer = scope.spawn(|| {
            let mut report = Report::default();
            (gazetteer::read(root, limits, &mut report), report)
        });
        let (mut folder, areas) = read_statements(root, limits, kept, published);
        let (gazetteer, report) = gazetteer.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        folder.gazetteer = Arc::new(gazetteer);
        folder.report.append(report);
        (folder, areas)
    })
}

/// Everything but the gazetteer.
fn read_statements(
    root: &Path,
    limits: &Limits,
    kept: Option<&Path>,
    published: &BTreeSet<RevisionId>,
) -> (Folder, Areas) {
    let mut folder = Folder::default();
    let report = &mut folder.report;
    let issuers = Arc::new(read_issuers(root, limits, report));
    folder.missions = Arc::new(missions::read(root, limits, &issuers, report));
    let regions = Arc::new(read_places(root, limits, report));
    let areas = Areas::new(Arc::clone(&regions), limits, kept);
    let mut refused = Vec::new();
    let files = read_advisories(root, limits, &issuers, &areas, published, report, &mut refused);
    folder.ground = digest_of(
        std::iter::once(root.join("issuers.json"))
            .chain(geojson_files(&root.join("places")))
            .map(|path| std::fs::read(path).unwrap_or_default()),
    );
    folder.knowledge =
        digest_of(files.iter().map(|(file, _, contents)| format!("{file} {:?}", contents.coverage).into_bytes()));
    let places_missing = report.problems.iter().any(|p| p.gravity == Gravity::Error && p.file.starts_with("places/"));
    folder.corridors = Arc::new(corridors::read(root, limits, report));
    folder.fences = FenceSet { issuers, regions, refused, places_missing, ..FenceSet::default() };
    for (file, issuer, contents) in files {
        if let Some(problem) = folder.report.refusal(&file) {
            folder.fences.refused.push(RefusedFile {
                line: problem.line,
                reason: problem.detail.clone(),
                issuer: Some(issuer),
                countries: Some(contents.coverage.iter().map(|c| c.country).collect()),
                file,
            });
        } else {
            folder.fences.coverage.extend(contents.coverage.into_iter().map(|c| (issuer.clone(), c)));
            for read in contents.revisions {
                let revision = read.revision.id.clone();
                folder.documents.push(Document { file: file.clone(), line: read.line, revision, text: read.text });
                folder.fences.revisions.push((read.revision, read.area));
            }
        }
    }
    (folder, areas)
}

/// The issuers alone; none where they cannot be read.
pub fn issuers(root: &Path) -> Option<Issuers> {
    let issuers = read_issuers(root, &Limits::default(), &mut Report::default());
    if issuers.issuers.is_empty() { None } else { Some(issuers) }
}

fn read_issuers(root: &Path, limits: &Limits, report: &mut Report) -> Issuers {
    const FILE: &str = "issuers.json";
    let text = match document::read_text(&root.join(FILE), limits) {
        Ok(text) => text,
        Err(wrong) => {
            report.error(FILE, wrong.line, wrong.detail);
            return Issuers::default();
        }
    };
    let issuers: Issuers = match serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_str(&text)) {
        Ok(issuers) => issuers,
        Err(e) => {
            report.error(FILE, e.inner().line(), format!("{}: {}", e.path(), e.inner()));
            return Issuers::default();
        }
    };
    let mut seen = HashSet::new();
    for issuer in &issuers.issuers {
        if !seen.insert(&issuer.code) {
            report.error(FILE, None, format!("issuer `{}` is there twice", issuer.code));
        }
        let mut levels = HashSet::new();
        for level in &issuer.levels {
            if !levels.insert(&level.code) {
                report.error(FILE, None, format!("{}: level `{}` is there twice", issuer.code, level.code));
            }
            if level.citation.trim().is_empty() {
                report.error(FILE, None, format!("{}: level `{}` has no citation", issuer.code, level.code));
            }
        }
        if issuer.levels.windows(2).any(|pair| pair[0].severity > pair[1].severity) {
            report.error(FILE, None, format!("{}: levels do not run from the mildest to the gravest", issuer.code));
        }
        for effect in &issuer.legal_effects {
            if let Some(level) = effect.levels.iter().find(|level| issuer.level(level).is_none()) {
                let detail = format!("{}: legal effect `{}` names the unknown level `{level}`", issuer.code, effect.id);
                report.error(FILE, None, detail);
            }
        }
    }
    report.files.push(FileSummary { file: FILE.to_owned(), entries: issuers.issuers.len() });
    if report.refusal(FILE).is_some() { Issuers::default() } else { issuers }
}

fn read_places(root: &Path, limits: &Limits, report: &mut Report) -> Regions {
    let mut regions = Regions::default();
    let read = parallel::each(&geojson_files(&root.join("places")), |path| {
        let (file, mut report) = (name_below(root, path), Report::default());
        let text = read_text(path, &file, limits, &mut report);
        let read = text.and_then(|text| places::read(&file, &text, limits, &mut report));
        (file, read, report)
    });
    for (file, read, found) in read {
        report.append(found);
        let Some(read) = read else { continue };
        report.files.push(FileSummary { file: file.clone(), entries: read.len() });
        for region in read {
            if let Err(taken) = regions.insert(region) {
                report.error(&file, None, format!("region `{}` is there twice; the first one is used", taken.code));
            }
        }
    }
    if regions.is_empty() {
        report.warn("places", None, "holds no region");
    }
    for region in regions.iter() {
        if let Some(parent) = region.parent.as_ref().filter(|parent| regions.get(parent).is_none()) {
            report.warn("places", None, format!("region `{}` names the unknown parent `{parent}`", region.code));
        }
    }
    regions
}

/// All advisory files with their issuer, checked alone and together; files that cannot even be read go to `refused`.
fn read_advisories(
    root: &Path,
    limits: &Limits,
    issuers: &Issuers,
    areas: &Areas,
    published: &BTreeSet<RevisionId>,
    report: &mut Report,
    refused: &mut Vec<RefusedFile>,
) -> Vec<(String, IssuerCode, advisories::File)> {
    let mut files = Vec::new();
    for path in geojson_files(&root.join("advisories")) {
        let file = name_below(root, &path);
        let folder = path.parent().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
        let issuer =
            folder.as_deref().and_then(|name| IssuerCode::parse(name).ok()).and_then(|code| issuers.get(&code));
        // without issuers nothing can be read: that is one mistake, not one in every file
        if issuer.is_none() && !issuers.issuers.is_empty() {
            report.error(&file, None, format!("lies in `{}`, which is no issuer's code", folder.unwrap_or_default()));
        }
        let read = issuer.and_then(|issuer| {
            let text = read_text(&path, &file, limits, report)?;
            advisories::read(&file, &text, issuer, issuers, limits, report)
        });
        if let (Some(issuer), Some(contents)) = (issuer, read) {
            report.files.push(FileSummary { file: file.clone(), entries: contents.revisions.len() });
            files.push((file, issuer.code.clone(), contents));
        } else {
            let problem = report.refusal(&file);
            refused.push(RefusedFile {
                line: problem.and_then(|p| p.line),
                reason: problem.map(|p| p.detail.clone()).unwrap_or_default(),
                issuer: issuer.map(|issuer| issuer.code.clone()),
                countries: None,
                file,
            });
        }
    }
    let written = files.iter().flat_map(|(_, _, contents)| &contents.revisions);
    areas.prepare(written.filter(|read| !read.revision.is_withdrawal()).filter_map(|read| read.revision.area.as_ref()));
    for (file, _, contents) in &mut files {
        advisories::resolve(file, contents, areas, report);
    }
    advisories::check_together(&files, published, report);
    files
}

fn digest_of(contents: impl Iterator<Item = Vec<u8>>) -> String {
    let mut digest = Sha256::new();
    for content in contents {
        digest.update((content.len() as u64).to_le_bytes());
        digest.update(content);
    }
    format!("{:x}", digest.finalize())
}

fn read_text(path: &Path, file: &str, limits: &Limits, report: &mut Report) -> Option<String> {
    document::read_text(path, limits).map_err(|wrong| report.error(file, wrong.line, wrong.detail)).ok()
}

/// All GeoJSON files below a folder, packed or not, in the order of their names.
fn geojson_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if path.is_dir() {
                folders.push(path);
            } else if name.ends_with(".geojson") || name.ends_with(".geojson.gz") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// A path below the folder with `/` between its parts, as it is named in messages.
fn name_below(root: &Path, path: &Path) -> String {
    let below = path.strip_prefix(root).unwrap_or(path);
    below.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}
