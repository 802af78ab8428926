//! `advisories/<issuer>/*.geojson`: what issuers say, one feature per revision.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::document::{Wrong, read_collection};
use super::report::{Repaired, Report};
use crate::model::{
    AdvisoryId, Area, AreaResolver, Basis, Coverage, Exemption, Issuer, IssuerCode, ResolvedArea, Revision, RevisionId,
    Texts, Window,
};

/// What a collection says beside its features.
#[derive(Deserialize)]
struct Members {
    issuer: IssuerCode,
    coverage: Vec<Coverage>,
    source: Option<String>,
    licence: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Properties {
    advisory: AdvisoryId,
    revision: u32,
    level: Option<String>,
    #[serde(default)]
    withdrawn: bool,
    title: Texts,
    text: Texts,
    published_at: Timestamp,
    valid_from: Timestamp,
    valid_to: Option<Timestamp>,
    review_due: Option<Timestamp>,
    area: Option<Value>,
    basis: Option<Basis>,
    accuracy_m: Option<f64>,
    #[serde(default)]
    carves_out_of: Vec<AdvisoryId>,
    #[serde(default)]
    legal_effects: Vec<String>,
    #[serde(default)]
    exemptions: Vec<Exemption>,
    source_url: String,
    note: Option<String>,
}

/// A revision with its resolved area and its line.
pub(super) struct Read {
    pub line: usize,
    pub revision: Arc<Revision>,
    pub area: Option<ResolvedArea>,
}

/// What one file says.
pub(super) struct File {
    pub coverage: Vec<Coverage>,
    /// Empty when the file is refused; its coverage then tells what is missing.
    pub revisions: Vec<Read>,
}

/// Reads one file of an issuer; everything wrong with it goes into the report.
///
/// `None`: not even what the file speaks about could be read.
pub(super) fn read(
    file: &str,
    text: &str,
    issuer: &Issuer,
    resolver: &mut AreaResolver,
    report: &mut Report,
) -> Option<File> {
    let (members, features) = match read_collection::<Members, Properties>(text) {
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
    for feature in features {
        let read = feature.and_then(|feature| {
            let line = feature.line;
            revision(issuer, feature.properties, feature.geometry, resolver)
                .map(|(revision, area)| Read { line, revision: Arc::new(revision), area })
                .map_err(|detail| Wrong { line: Some(line), detail })
        });
        match read {
            Ok(read) => {
                for repairs in read.area.iter().flat_map(|area| &area.repairs) {
                    let (id, repairs) = (read.revision.id.to_string(), repairs.to_string());
                    report.repaired.push(Repaired { file: file.to_owned(), line: read.line, id, repairs });
                }
                revisions.push(read);
            }
            Err(Wrong { line, detail }) => report.error(file, line, detail),
        }
    }
    Some(File { coverage: members.coverage, revisions })
}

fn revision(
    issuer: &Issuer,
    properties: Properties,
    geometry: Option<&str>,
    resolver: &mut AreaResolver,
) -> Result<(Revision, Option<ResolvedArea>), String> {
    let id = RevisionId { advisory: properties.advisory, number: properties.revision };
    let err = |detail: String| format!("{id}: {detail}");
    if id.advisory.issuer() != issuer.code.as_str() {
        return Err(err(format!("the advisory is not one of `{}`", issuer.code)));
    }
    if id.number == 0 {
        return Err(err("revisions are numbered from 1".to_owned()));
    }
    match (&properties.level, properties.withdrawn) {
        (None, false) => return Err(err("level is missing, and the revision is not a withdrawal".to_owned())),
        (Some(_), true) => return Err(err("a withdrawal has no level".to_owned())),
        (Some(level), false) if issuer.level(level).is_none() => {
            let known: Vec<&str> = issuer.levels.iter().map(|l| l.code.as_str()).collect();
            return Err(err(format!("level `{level}` is not one of {}", known.join(", "))));
        }
        _ => {}
    }
    if let Some(unknown) = properties.legal_effects.iter().find(|effect| issuer.legal_effect(effect).is_none()) {
        return Err(err(format!("legal effect `{unknown}` is not one of `{}`", issuer.code)));
    }
    for (name, texts) in [("title", &properties.title), ("text", &properties.text)] {
        if texts.is_empty() && !properties.withdrawn {
            return Err(err(format!("{name} is empty")));
        }
    }
    if properties.source_url.trim().is_empty() {
        return Err(err("source_url is empty".to_owned()));
    }
    if properties.valid_to.is_some_and(|to| to <= properties.valid_from) {
        return Err(err("valid_to is not after valid_from".to_owned()));
    }
    let (area, resolved) = area(geometry, properties.area, properties.withdrawn, resolver).map_err(err)?;
    let resolved = resolved.map(|mut resolved| {
        resolved.basis = properties.basis.unwrap_or(resolved.basis);
        resolved.accuracy_m = properties.accuracy_m.unwrap_or(resolved.accuracy_m);
        resolved
    });
    let revision = Revision {
        issuer: issuer.code.clone(),
        level: properties.level,
        title: properties.title,
        text: properties.text,
        published_at: properties.published_at,
        valid: Window::new(properties.valid_from, properties.valid_to),
        review_due: properties.review_due,
        area,
        basis: properties.basis,
        accuracy_m: properties.accuracy_m,
        carves_out_of: properties.carves_out_of,
        legal_effects: properties.legal_effects,
        exemptions: properties.exemptions,
        source_url: properties.source_url,
        note: properties.note,
        id,
    };
    Ok((revision, resolved))
}

/// The area of a revision: drawn, or an expression; a withdrawal needs none.
fn area(
    geometry: Option<&str>,
    expression: Option<Value>,
    withdrawn: bool,
    resolver: &mut AreaResolver,
) -> Result<(Option<Area>, Option<ResolvedArea>), String> {
    let area = match (geometry, expression) {
        (Some(_), Some(_)) => return Err("has both a geometry and an area; write one of them".to_owned()),
        (Some(geometry), None) => {
            let value = serde_json::from_str(geometry).map_err(|e| format!("geometry: {e}"))?;
            Area::Shape(value)
        }
        (None, Some(value)) => Area::parse(&value).map_err(|e| format!("area{}: {}", e.pointer, e.detail))?,
        (None, None) if withdrawn => return Ok((None, None)),
        (None, None) => return Err("has neither a geometry nor an area".to_owned()),
    };
    if withdrawn {
        return Ok((Some(area), None));
    }
    let resolved = resolver.resolve(&area).map_err(|e| match e.pointer.strip_prefix("/shape") {
        Some(below) if geometry.is_some() => format!("geometry{below}: {}", e.detail),
        _ => format!("area{}: {}", e.pointer, e.detail),
    })?;
    Ok((Some(area), Some(resolved)))
}

/// Rules between revisions, over all files: numbers given once, periods of one advisory that do not overlap, carve-outs that exist.
pub(super) fn check_together(files: &[(String, IssuerCode, File)], report: &mut Report) {
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
            for carved in &read.revision.carves_out_of {
                if !by_advisory.contains_key(carved) {
                    let detail = format!("{} carves out of `{carved}`, which does not exist", read.revision.id);
                    report.error(file, read.line, detail);
                }
            }
        }
    }
}
