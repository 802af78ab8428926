//! JSON into values, with mistakes at their JSON pointer.

use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_path_to_error::{Path, Segment};

use crate::error::{Error, Issue};

/// Reads a document.
///
/// # Errors
/// [`Error::Invalid`] with a JSON pointer to the value that is wrong; a text that is no JSON at all is wrong at its root, with line and
/// column.
pub fn read<T: DeserializeOwned>(text: &[u8]) -> Result<T, Error> {
    // where a mistake is, is followed only once there is one
    if let Ok(value) = serde_json::from_slice::<Object<T>>(text) {
        return Ok(value.0);
    }
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let value: Object<T> = serde_path_to_error::deserialize(&mut deserializer).map_err(|e| {
        let pointer = pointer(e.path());
        let inner = e.into_inner();
        let code = match inner.classify() {
            serde_json::error::Category::Data => "invalid_value",
            _ => "malformed_json",
        };
        Issue { pointer, code, detail: inner.to_string() }
    })?;
    deserializer.end().map_err(|e| Issue { pointer: String::new(), code: "malformed_json", detail: e.to_string() })?;
    Ok(value.0)
}

/// A value written as an object. By itself serde also takes a list for a structure, its members in order: a position written
/// `[longitude, latitude]`, as in GeoJSON, would be read the wrong way round without a word.
#[derive(Clone, Debug)]
pub(super) struct Object<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Object)
            }
        }

        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

/// For `#[serde(deserialize_with)]`: a structure that must be written as an object.
pub fn object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    Object::deserialize(deserializer).map(|object| object.0)
}

/// For `#[serde(default, deserialize_with)]`: the same, where it may be missing or null.
pub fn maybe_object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    Option::<Object<T>>::deserialize(deserializer).map(|object| object.map(|object| object.0))
}

/// For `#[serde(deserialize_with)]`: a list of structures that must be written as objects.
pub fn objects<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Vec::<Object<T>>::deserialize(deserializer).map(|objects| objects.into_iter().map(|object| object.0).collect())
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
