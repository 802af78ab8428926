//! `places/**/*.geojson`: named boundaries.

use serde::Deserialize;

use super::document::{Wrong, read_collection, read_feature};
use super::report::{Repaired, Report};
use crate::geometry::{Edges, Limits, Line, Shape};
use crate::model::region::Boundary;
use crate::model::{Basis, CountryCode, Region, RegionCode, RegionKind, Texts};

/// What a collection says for all of its features.
#[derive(Deserialize)]
struct Defaults {
    basis: Option<Basis>,
    accuracy_m: Option<f64>,
    source: Option<String>,
    licence: Option<String>,
    attribution: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Properties {
    code: RegionCode,
    kind: RegionKind,
    country: Option<CountryCode>,
    parent: Option<RegionCode>,
    names: Texts,
    basis: Option<Basis>,
    accuracy_m: Option<f64>,
    source: Option<String>,
    licence: Option<String>,
    attribution: Option<String>,
    note: Option<String>,
}

/// Reads one file; everything wrong with it goes into the report, and then it gives nothing.
pub(super) fn read(file: &str, text: &str, limits: &Limits, report: &mut Report) -> Option<Vec<Region>> {
    let (defaults, features) = match read_collection::<Defaults>(text) {
        Ok(collection) => collection,
        Err(Wrong { line, detail }) => {
            report.error(file, line, detail);
            return None;
        }
    };
    let mut regions = Vec::with_capacity(features.len());
    let mut sound = true;
    for feature in features {
        let region = read_feature::<Properties>(feature).and_then(|feature| {
            let line = feature.line;
            let wrong = |detail: String| Wrong { line: Some(line), detail };
            let geometry = feature.geometry.ok_or_else(|| wrong("has no geometry".to_owned()))?;
            region(&defaults, feature.properties, geometry, limits, |repaired| {
                report.repaired.push(Repaired { file: file.to_owned(), line, ..repaired });
            })
            .map_err(wrong)
        });
        match region {
            Ok(region) => regions.push(region),
            Err(Wrong { line, detail }) => {
                report.error(file, line, detail);
                sound = false;
            }
        }
    }
    sound.then_some(regions)
}

fn region(
    defaults: &Defaults,
    properties: Properties,
    geometry: &str,
    limits: &Limits,
    mut repaired: impl FnMut(Repaired),
) -> Result<Region, String> {
    let code = &properties.code;
    if properties.names.get("en").is_none_or(|name| name.trim().is_empty()) {
        return Err(format!("{code}: names.en is missing"));
    }
    let missing = |name: &str| format!("{code}: {name} is missing, both here and on the collection");
    let basis = properties.basis.or(defaults.basis).ok_or_else(|| missing("basis"))?;
    let accuracy_m = properties.accuracy_m.or(defaults.accuracy_m).ok_or_else(|| missing("accuracy_m"))?;
    if !(0.0..=100_000.0).contains(&accuracy_m) {
        return Err(format!("{code}: accuracy_m {accuracy_m} is not between 0 and 100,000"));
    }
    let source = properties.source.or_else(|| defaults.source.clone()).ok_or_else(|| missing("source"))?;
    let licence = properties.licence.or_else(|| defaults.licence.clone()).ok_or_else(|| missing("licence"))?;
    let boundary = if properties.kind == RegionKind::Border {
        let line = Line::from_geojson_text(geometry.as_bytes(), limits, Edges::Planar)
            .map_err(|e| format!("{code}: geometry{e}"))?;
        Boundary::Line(line.into())
    } else {
        let (shape, repairs) = Shape::from_geojson_text(geometry.as_bytes(), limits, Edges::Planar)
            .map_err(|e| format!("{code}: geometry{e}"))?;
        if !repairs.is_empty() {
            let repairs = repairs.to_string();
            repaired(Repaired { file: String::new(), line: 0, id: code.to_string(), repairs });
        }
        Boundary::Area(shape.into())
    };
    Ok(Region {
        kind: properties.kind,
        country: properties.country,
        parent: properties.parent,
        names: properties.names,
        basis,
        accuracy_m,
        source,
        licence,
        attribution: properties.attribution.or_else(|| defaults.attribution.clone()),
        note: properties.note,
        boundary,
        code: properties.code,
    })
}
