//! `gazetteer/*`: airports, populated places, and the operator's corrections of both.

use std::collections::HashMap;
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::document::read_text;
use super::report::{FileSummary, Report};
use crate::geometry::{Limits, Position};
use crate::model::CountryCode;
use crate::model::gazetteer::{Entry, Gazetteer, Origin};

#[derive(Deserialize)]
struct Airport {
    iata: String,
    icao: String,
    name: String,
    country: CountryCode,
    lat: f64,
    lon: f64,
    zone: String,
}

#[derive(Deserialize)]
struct Place {
    name: String,
    country: CountryCode,
    lat: f64,
    lon: f64,
    zone: String,
    population: u64,
    names: String,
}

#[derive(Deserialize)]
struct Override {
    code_or_name: String,
    country: CountryCode,
    name: String,
    lat: f64,
    lon: f64,
    zone: String,
    #[serde(rename = "note")]
    _note: String,
}

/// Reads the three tables; a row that is wrong is left out and reported, since other rows do not depend on it.
pub(super) fn read(root: &Path, limits: &Limits, report: &mut Report) -> Gazetteer {
    let mut known = HashMap::new();
    let mut entries = table((root, limits), "gazetteer/overrides.csv", b',', report, |line, row: Override| {
        if let Some(first) = known.insert((row.code_or_name.to_lowercase(), row.country), line) {
            return Err(format!("`{}` in {} is also in line {first}", row.code_or_name, row.country));
        }
        let names = [row.code_or_name.clone(), row.name.clone()].into();
        entry(row.name, names, row.country, (row.lat, row.lon), row.zone, 0, Origin::Override)
    });
    entries.extend(table((root, limits), "gazetteer/airports.csv.gz", b',', report, |_, row: Airport| {
        let codes = [row.iata, row.icao].into_iter().filter(|code| !code.is_empty()).collect();
        entry(row.name, codes, row.country, (row.lat, row.lon), row.zone, 0, Origin::Airports)
    }));
    entries.extend(table((root, limits), "gazetteer/places.tsv.gz", b'\t', report, |_, row: Place| {
        let others = row.names.split('|').filter(|name| !name.is_empty()).map(str::to_owned);
        let names = std::iter::once(row.name.clone()).chain(others).collect();
        entry(row.name, names, row.country, (row.lat, row.lon), row.zone, row.population, Origin::Places)
    }));
    Gazetteer::new(entries)
}

fn entry(
    name: String,
    keys: Vec<String>,
    country: CountryCode,
    (lat, lon): (f64, f64),
    zone: String,
    population: u64,
    origin: Origin,
) -> Result<Entry, String> {
    let position = Position::new(lat, lon).map_err(|e| e.to_string())?;
    Ok(Entry { name, keys, country, position, zone, population, origin })
}

fn table<R: DeserializeOwned>(
    (root, limits): (&Path, &Limits),
    file: &str,
    delimiter: u8,
    report: &mut Report,
    mut entry: impl FnMut(usize, R) -> Result<Entry, String>,
) -> Vec<Entry> {
    let path = root.join(file);
    if !path.exists() {
        report.warn(file, None, "is not there: places cannot be found by what it would hold");
        return Vec::new();
    }
    let text = match read_text(&path, limits) {
        Ok(text) => text,
        Err(wrong) => {
            report.error(file, wrong.line, wrong.detail);
            return Vec::new();
        }
    };
    let tabs = delimiter == b'\t';
    // tab-separated tables quote nothing: a name may begin with a quotation mark
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).quoting(!tabs).from_reader(text.as_bytes());
    let mut entries = Vec::new();
    for (line, row) in (2..).zip(reader.deserialize::<R>()) {
        match row.map_err(|e| e.to_string()).and_then(|row| entry(line, row)) {
            Ok(entry) => entries.push(entry),
            Err(detail) => report.warn(file, line, format!("row left out: {detail}")),
        }
    }
    report.files.push(FileSummary { file: file.to_owned(), entries: entries.len() });
    entries
}
