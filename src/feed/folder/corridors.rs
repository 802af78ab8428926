//! `corridors/*.geojson`: usual ways and border crossings, as the operator keeps them.

use std::path::Path;

use serde::Deserialize;

use super::document::{Wrong, read_collection, read_feature};
use super::report::{FileSummary, Report};
use crate::geometry::{Edges, Limits, Line, Position};
use crate::model::{Corridor, Corridors, CountryCode, Crossing, Texts};

/// What a collection says for all of its features.
#[derive(Deserialize)]
struct Defaults {
    source: Option<String>,
    accuracy_m: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Properties {
    id: String,
    names: Texts,
    /// Of a crossing.
    between: Option<[CountryCode; 2]>,
    accuracy_m: Option<f64>,
    source: Option<String>,
    #[serde(rename = "note")]
    _note: Option<String>,
}

#[derive(Deserialize)]
struct Point {
    coordinates: [f64; 2],
}

/// Reads the table; a feature that is wrong makes its file refused, and then the table says nothing of it.
pub(super) fn read(root: &Path, limits: &Limits, report: &mut Report) -> Corridors {
    let mut table = Corridors::default();
    for path in super::geojson_files(&root.join("corridors")) {
        let file = super::name_below(root, &path);
        let Some(text) = super::read_text(&path, &file, limits, report) else { continue };
        match read_file(&text, limits) {
            Ok(read) => {
                let entries = read.corridors.len() + read.crossings.len();
                report.files.push(FileSummary { file, entries });
                table.corridors.extend(read.corridors);
                table.crossings.extend(read.crossings);
            }
            Err(wrong) => report.error(&file, wrong.line, wrong.detail),
        }
    }
    table
}

fn read_file(text: &str, limits: &Limits) -> Result<Corridors, Wrong> {
    let (defaults, features) = read_collection::<Defaults>(text)?;
    let mut table = Corridors::default();
    for feature in features {
        let feature = read_feature::<Properties>(feature)?;
        let wrong = |detail: String| Wrong { line: Some(feature.line), detail };
        let geometry = feature.geometry.ok_or_else(|| wrong("has no geometry".to_owned()))?;
        let Properties { id, names, between, accuracy_m, source, .. } = feature.properties;
        let source = source.or_else(|| defaults.source.clone()).unwrap_or_default();
        if source.trim().is_empty() {
            return Err(wrong(format!("`{id}` has no source")));
        }
        let accuracy_m = accuracy_m.or(defaults.accuracy_m).filter(|metres| metres.is_finite() && *metres > 0.0);
        let width_m = accuracy_m.ok_or_else(|| wrong(format!("`{id}` has no accuracy_m above 0")))?;
        if let Some(mut between) = between {
            let point: Point = serde_json::from_str(geometry).map_err(|_| wrong(format!("`{id}` is no Point")))?;
            let [lon, lat] = point.coordinates;
            let position = Position::new(lat, lon).and_then(|at| at.with_accuracy(width_m));
            let position = position.map_err(|e| wrong(e.to_string()))?;
            between.sort_unstable();
            table.crossings.push(Crossing { id, names, position, between, source });
        } else {
            let line = Line::from_geojson_text(geometry.as_bytes(), limits, Edges::Planar);
            let line = line.map_err(|e| wrong(e.to_string()))?;
            table.corridors.push(Corridor { id, names, line, width_m, source });
        }
    }
    Ok(table)
}
