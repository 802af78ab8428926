//! JSON into values, with mistakes at their JSON pointer.

use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_path_to_error::{Path, Segment};

use crate::error::{Error, Issue};

/// Reads a document.
///
/// # Errors
/// [`Error::Invalid`] with a JSON pointer to the value that is wrong; a text that is no JSON at all is wrong at its root, with line and
/// column.
pub fn read<T: DeserializeOwned>(text: &[u8]) -> Result<T, Error> {
    // where a mistake is, is followed only once there is one
    if let Some(value) = sound(text) {
        return Ok(value);
    }
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let value: Object<T> = serde_path_to_error::deserialize(&mut deserializer).map_err(|e| {
        let pointer = pointer(e.path());
        let inner = e.into_inner();
        let code = match inner.classify() {
            serde_json::error::Category::Data => "invalid_value",
            _ => "malformed_json",
        };
        let detail = if code == "invalid_value" { plainly(&inner.to_string()) } else { inner.to_string() };
        Issue { pointer, code, detail }
    })?;
    deserializer.end().map_err(|e| Issue { pointer: String::new(), code: "malformed_json", detail: e.to_string() })?;
    Ok(value.0)
}

/// Reads a document that is sound; of one that is not [`read`] says why.
pub fn sound<T: DeserializeOwned>(text: &[u8]) -> Option<T> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    serde_json::from_slice::<Object<T>>(text).ok().map(|value| value.0)
}

/// A document of a form that is not ours, as a tree of values.
///
/// # Errors
/// [`Error::Invalid`] when it is no JSON, with line and column, or names a member of an object twice.
pub fn value(text: &[u8]) -> Result<Value, Error> {
    let malformed =
        |e: serde_json::Error| Issue { pointer: String::new(), code: "malformed_json", detail: e.to_string() };
    distinct(text).map_err(|e| malformed(e).into())
}

/// The same, with only what is wrong.
pub fn distinct(text: &[u8]) -> Result<Value, serde_json::Error> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    serde_json::from_slice::<Distinct>(text).map(|distinct| distinct.0)
}

/// A tree of values whose objects name each member once: by itself serde takes the last of them, and what stood there before is gone.
struct Distinct(Value);

impl<'de> Deserialize<'de> for Distinct {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct DistinctVisitor;

        impl<'de> Visitor<'de> for DistinctVisitor {
            type Value = Value;

            fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                f.write_str("a value")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
                let mut members = serde_json::Map::new();
                while let Some((name, Distinct(value))) = map.next_entry::<String, Distinct>()? {
                    if members.contains_key(&name) {
                        return Err(serde::de::Error::custom(format!("`{name}` is written twice")));
                    }
                    members.insert(name, value);
                }
                Ok(Value::Object(members))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
                let mut values = Vec::new();
                while let Some(Distinct(value)) = list.next_element()? {
                    values.push(value);
                }
                Ok(Value::Array(values))
            }

            fn visit_str<E>(self, text: &str) -> Result<Value, E> {
                Ok(text.into())
            }

            fn visit_bool<E>(self, is: bool) -> Result<Value, E> {
                Ok(is.into())
            }

            fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
                Ok(number.into())
            }

            fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
                Ok(number.into())
            }

            fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
                Ok(number.into())
            }

            fn visit_unit<E>(self) -> Result<Value, E> {
                Ok(Value::Null)
            }
        }

        deserializer.deserialize_any(DistinctVisitor).map(Distinct)
    }
}

/// A value as a message shows it: a text as it is, anything else as it is written, and of both only the beginning.
pub fn shown(value: &Value) -> String {
    const SHOWN: usize = 60;
    let written = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match written.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &written[..end]),
        None => written,
    }
}

/// What serde says of a value, without where in the text that is: the pointer says where in the document.
pub fn plainly(said: &str) -> String {
    let is_place = |place: &str| place.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_alphabetic() || b == b' ');
    let said = match said.rsplit_once(" at line ") {
        Some((said, place)) if is_place(place) => said,
        _ => said,
    };
    if let Some((name, known)) = said.strip_prefix("unknown variant ").and_then(|said| said.split_once(", expected ")) {
        return format!("{name} is none of {}", known.trim_start_matches("one of "));
    }
    if let Some((got, wanted)) = said.strip_prefix("invalid type: ").and_then(|said| said.split_once(", expected ")) {
        return format!("{} where {} belongs", kind_of(got), kind_of(wanted));
    }
    said.to_owned()
}

/// A kind of value as JSON calls it.
fn kind_of(said: &str) -> String {
    match said {
        "sequence" | "a sequence" => "a list".to_owned(),
        "map" | "a map" => "an object".to_owned(),
        "a string" => "a text".to_owned(),
        "f64" => "a number".to_owned(),
        "u8" | "u16" | "u32" | "u64" | "usize" | "i32" | "i64" => "a whole number".to_owned(),
        _ => match said.split_once(' ') {
            Some(("integer" | "boolean", value)) => value.to_owned(),
            Some(("string", value)) => format!("the text {value}"),
            _ => said.trim_start_matches("floating point ").to_owned(),
        },
    }
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
