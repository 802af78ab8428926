//! GeoJSON feature collections as files: read with the line of every feature, so that an error can name it.

use std::io::Read;
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::geometry::Limits;

/// What a collection holds beside its features.
#[derive(Deserialize)]
struct Collection<'a> {
    #[serde(rename = "type")]
    kind: String,
    #[serde(borrow)]
    features: Vec<&'a RawValue>,
}

/// A feature before its properties are understood.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFeature<'a> {
    #[serde(rename = "type")]
    kind: String,
    #[serde(borrow)]
    geometry: Option<&'a RawValue>,
    #[serde(borrow)]
    properties: &'a RawValue,
    #[serde(default)]
    #[allow(dead_code)] // a GeoJSON member that editors write; our id is built from the properties
    id: Option<serde_json::Value>,
    #[serde(default)]
    #[allow(dead_code)] // likewise
    bbox: Option<Vec<f64>>,
}

/// One feature with its line.
pub struct Feature<'a, P> {
    /// The line it begins on, counted from 1.
    pub line: usize,
    /// The JSON text of its geometry; none for null.
    pub geometry: Option<&'a str>,
    /// Its properties.
    pub properties: P,
}

/// Something wrong, and on which line.
pub struct Wrong {
    /// Counted from 1.
    pub line: Option<usize>,
    /// What.
    pub detail: String,
}

/// Reads a file, unpacked if its name ends in `.gz`.
///
/// # Errors
/// When it cannot be read, is larger than the limit once unpacked, or is not UTF-8.
pub fn read_text(path: &Path, limits: &Limits) -> Result<String, Wrong> {
    let max_bytes = limits.max_bytes as u64;
    let wrong = |detail: String| Wrong { line: None, detail };
    let file = std::fs::File::open(path).map_err(|e| wrong(format!("cannot be opened: {e}")))?;
    let mut bytes = Vec::new();
    let unpacked: Box<dyn Read> = if path.extension().is_some_and(|e| e == "gz") {
        Box::new(flate2::read::MultiGzDecoder::new(file))
    } else {
        Box::new(file)
    };
    let mut limited = unpacked.take(max_bytes.saturating_add(1));
    limited.read_to_end(&mut bytes).map_err(|e| wrong(format!("cannot be read: {e}")))?;
    if bytes.len() as u64 > max_bytes {
        return Err(wrong(format!("is larger than {max_bytes} bytes")));
    }
    let text = String::from_utf8(bytes).map_err(|e| {
        let line = 1 + e.as_bytes()[..e.utf8_error().valid_up_to()].iter().filter(|&&b| b == b'\n').count();
        Wrong { line: Some(line), detail: "is not UTF-8 here".to_owned() }
    })?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// The line and the text of a feature.
pub type Written<'a> = (usize, &'a str);

/// Splits a collection into its own members, read as `C`, and the texts of its features, each with its line.
///
/// The collection's members come first even when a feature is wrong, so that the caller knows what the file speaks about.
///
/// # Errors
/// When the text is not a feature collection; then nothing is known of it.
pub fn read_collection<C: DeserializeOwned>(text: &str) -> Result<(C, Vec<Written<'_>>), Wrong> {
    let json = |e: serde_json::Error| Wrong { line: Some(e.line()), detail: json_detail(&e) };
    let collection: Collection = serde_json::from_str(text).map_err(json)?;
    if collection.kind != "FeatureCollection" {
        return Err(Wrong { line: Some(1), detail: format!("is a `{}`, not a FeatureCollection", collection.kind) });
    }
    let members: C = serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_str(text)).map_err(|e| {
        Wrong { line: Some(e.inner().line()), detail: format!("{}: {}", e.path(), json_detail(e.inner())) }
    })?;
    let mut lines = Lines { text, line: 1, offset: 0 };
    let features = collection.features.into_iter().map(|raw| (lines.of(raw.get()), raw.get())).collect();
    Ok((members, features))
}

/// Reads a feature, its properties as `P`.
///
/// # Errors
/// What is wrong with it, with its line.
pub fn read_feature<P: DeserializeOwned>((line, text): Written<'_>) -> Result<Feature<'_, P>, Wrong> {
    let wrong = |detail: String| Wrong { line: Some(line), detail };
    let feature: RawFeature =
        serde_json::from_str(text).map_err(|e| wrong(format!("not a feature: {}", json_detail(&e))))?;
    if feature.kind != "Feature" {
        return Err(wrong(format!("is a `{}`, not a Feature", feature.kind)));
    }
    let properties = serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_str(
        feature.properties.get(),
    ))
    .map_err(|e| match e.path().to_string().as_str() {
        "." => wrong(format!("properties: {}", json_detail(e.inner()))),
        path => wrong(format!("properties.{path}: {}", json_detail(e.inner()))),
    })?;
    Ok(Feature { line, geometry: feature.geometry.map(RawValue::get), properties })
}

/// The message of a JSON error without its own line and column, which count from the wrong start.
fn json_detail(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or(&text).to_owned()
}

/// Counts lines up to slices of one text that come in order.
struct Lines<'a> {
    text: &'a str,
    line: usize,
    offset: usize,
}

impl Lines<'_> {
    fn of(&mut self, slice: &str) -> usize {
        let offset = slice.as_ptr() as usize - self.text.as_ptr() as usize;
        self.line += self.text.as_bytes()[self.offset..offset].iter().filter(|&&b| b == b'\n').count();
        self.offset = offset;
        self.line
    }
}
