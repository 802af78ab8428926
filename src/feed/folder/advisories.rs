//! `advisories/<issuer>/*.geojson`: what issuers say, one feature per revision.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use serde::Deserialize;

use super::areas::Areas;
use super::document::{Wrong, read_collection};
use super::report::{Repaired, Report};
use crate::error::{Error, Issue};
use crate::format::revision::{self, Defaults};
use crate::geometry::Limits;
use crate::model::{AdvisoryId, Coverage, Issuer, IssuerCode, Issuers, ResolvedArea, Revision, RevisionId};

/// What a collection says beside its features.
#[derive(Deserialize)]
struct Members {
    issuer: IssuerCode,
    coverage: Vec<Coverage>,
    source: Option<String>,
    licence: Option<String>,
}

/// A revision with its resolved area, its line and its text.
pub(super) struct Read {
    pub line: usize,
    pub text: String,
    pub revision: Arc<Revision>,
    pub area: Option<ResolvedArea>,
}

/// What one file says.
pub(super) struct File {
    pub coverage: Vec<Coverage>,
    /// Empty when the file is refused; its coverage then tells what is missing.
    pub revisions: Vec<Read>,
}

/// Reads one file of an issuer, all but the areas; everything wrong with it goes into the report.
///
/// `None`: not even what the file speaks about could be read.
pub(super) fn read(
    file: &str,
    text: &str,
    issuer: &Issuer,
    issuers: &Issuers,
    limits: &Limits,
    report: &mut Report,
) -> Option<File> {
    let (members, features) = match read_collection::<Members>(text) {
        Ok(collection) => collection,
        Err(Wrong { line, detail }) => {
            report.error(file, line, detail);
            return None;
        }
    };
    if members.issuer != issuer.code {
        report.error(file, 1, format!("issuer `{}` is not the folder's, `{}`", members.issuer, issuer.code));
    }
    for (name, value) in [("source", &members.source), ("licence", &members.licence)] {
        if value.as_ref().is_none_or(|v| v.trim().is_empty()) {
            report.error(file, 1, format!("the collection has no {name}"));
        }
    }
    let mut revisions = Vec::with_capacity(features.len());
    for (line, text) in features {
        if let Err(e) = limits.look_over(text.as_bytes()) {
            report.error(file, line, format!("the feature{e}"));
            continue;
        }
        match revision::read(text.as_bytes(), issuers, Defaults::default()) {
            Ok(revision) if revision.issuer != issuer.code => {
                report.error(file, line, format!("{}: the advisory is not one of `{}`", revision.id, issuer.code));
            }
            Ok(revision) => {
                revisions.push(Read { line, text: text.to_owned(), revision: Arc::new(revision), area: None });
            }
            Err(error) => {
                let name = revision::name_of(text.as_bytes());
                let issues = if let Error::Invalid(issues) = error { issues } else { vec![] };
                for issue in issues {
                    report.error(file, line, worded(name.as_deref(), &issue));
                }
            }
        }
    }
    Some(File { coverage: members.coverage, revisions })
}

/// Resolves the areas of a file.
pub(super) fn resolve(file: &str, contents: &mut File, areas: &Areas, report: &mut Report) {
    contents.revisions.retain_mut(|read| {
        let id = read.revision.id.to_string();
        match revision::resolve(&read.revision, |area| areas.resolve(area)) {
            Ok(area) => {
                for repairs in area.iter().flat_map(|area| &area.repairs) {
                    let (file, line, id) = (file.to_owned(), read.line, id.clone());
                    report.repaired.push(Repaired { file, line, id, repairs: repairs.to_string() });
                }
                read.area = area;
                true
            }
            Err(issue) => {
                report.error(file, read.line, worded(Some(&id), &issue));
                false
            }
        }
    });
}

/// A mistake as one line: which revision, where in it, what.
fn worded(name: Option<&str>, issue: &Issue) -> String {
    let place = issue.pointer.trim_start_matches('/').trim_start_matches("properties/");
    // the line and column of JSON count from the feature's own start
    let detail = issue.detail.split(" at line ").next().unwrap_or_default();
    [name.unwrap_or_default(), place, detail].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": ")
}

/// Rules between revisions, over all files and what was published: numbers given once, periods of one advisory that do not overlap,
/// carve-outs that exist.
pub(super) fn check_together(
    files: &[(String, IssuerCode, File)],
    published: &BTreeSet<RevisionId>,
    report: &mut Report,
) {
    let known_otherwise: HashSet<&AdvisoryId> = published.iter().map(|id| &id.advisory).collect();
    let mut by_advisory: HashMap<&AdvisoryId, Vec<(&str, &Read)>> = HashMap::new();
    for (file, _, contents) in files {
        for read in &contents.revisions {
            by_advisory.entry(&read.revision.id.advisory).or_default().push((file, read));
        }
    }
    for revisions in by_advisory.values_mut() {
        revisions.sort_by_key(|(_, read)| read.revision.id.number);
        for pair in revisions.windows(2) {
            let ((_, earlier), (file, later)) = (pair[0], pair[1]);
            let (a, b) = (&earlier.revision, &later.revision);
            if a.id.number == b.id.number {
                report.error(file, later.line, format!("{} is there twice", b.id));
            } else if let (Some(end), Some(start)) = (a.valid.to, b.valid.from)
                && end > start
            {
                let detail = format!(
                    "{} is in force until {end}, but {} takes over at {start}: the periods overlap",
                    a.id, b.id
                );
                report.error(file, later.line, detail);
            }
        }
    }
    for (file, _, contents) in files {
        for read in &contents.revisions {
            if published.contains(&read.revision.id) {
                let detail = format!(
                    "{} was published otherwise and stands; write the next number into the file, or leave it out",
                    read.revision.id
                );
                report.error(file, read.line, detail);
            }
            for carved in &read.revision.carves_out_of {
                if !by_advisory.contains_key(carved) && !known_otherwise.contains(carved) {
                    let detail = format!("{} carves out of `{carved}`, which does not exist", read.revision.id);
                    report.error(file, read.line, detail);
                }
            }
        }
    }
}
