//! JSON into values, with mistakes at their JSON pointer.

use serde::de::DeserializeOwned;
use serde_path_to_error::{Path, Segment};

use crate::error::{Error, Issue};

/// Reads a document.
///
/// # Errors
/// [`Error::Invalid`] with a JSON pointer to the value that is wrong; a text that is no JSON at all is wrong at its root, with line and
/// column.
pub fn read<T: DeserializeOwned>(text: &[u8]) -> Result<T, Error> {
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|e| {
        let pointer = pointer(e.path());
        let inner = e.into_inner();
        let code = match inner.classify() {
            serde_json::error::Category::Data => "invalid_value",
            _ => "malformed_json",
        };
        Issue { pointer, code, detail: inner.to_string() }
    })?;
    deserializer.end().map_err(|e| Issue { pointer: String::new(), code: "malformed_json", detail: e.to_string() })?;
    Ok(value)
}

/// A serde path as JSON pointer, RFC 6901.
fn pointer(path: &Path) -> String {
    use std::fmt::Write;
    let mut pointer = String::new();
    for segment in path {
        let _ = match segment {
            Segment::Seq { index } => write!(pointer, "/{index}"),
            Segment::Map { key } => write!(pointer, "/{}", escape(key)),
            Segment::Enum { .. } | Segment::Unknown => Ok(()),
        };
    }
    pointer
}

/// One reference token, escaped for a JSON pointer.
pub fn escape(token: &str) -> String {
    token.replace('~', "~0").replace('/', "~1")
}
