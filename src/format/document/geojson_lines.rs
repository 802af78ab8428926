//! GeoJSON (RFC 7946): lines are legs, points are stops, in the order they are written; `mode`, `depart`, `arrive` and `name` from properties.

use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde_json::{Value, json};

use super::segments::{self, Movement, Segment, Visit};
use super::{Context, Drafts};
use crate::error::Issue;
use crate::format::draft::{Source, dropped};
use crate::format::itinerary::PlaceDoc;
use crate::format::json;
use crate::format::moment::Moment;
use crate::model::Mode;

/// Reads a document.
pub(super) fn read(value: &Value, context: &Context) -> Drafts {
    let mut reading = Reading::default();
    match kind(value) {
        "FeatureCollection" => {
            for (i, feature) in value["features"].as_array().into_iter().flatten().enumerate() {
                reading.feature(feature, &format!("/features/{i}"));
            }
        }
        "Feature" => reading.feature(value, ""),
        _ => reading.geometry(value, "", &Value::Null, "/properties"),
    }
    if !reading.issues.is_empty() {
        return Err(reading.issues);
    }
    Ok(vec![segments::join(None, Vec::new(), reading.parts, reading.notes, context)])
}

fn kind(value: &Value) -> &str {
    value.get("type").and_then(Value::as_str).unwrap_or_default()
}

#[derive(Default)]
struct Reading {
    parts: Vec<Segment>,
    notes: Vec<Issue>,
    issues: Vec<Issue>,
}

impl Reading {
    fn feature(&mut self, feature: &Value, at: &str) {
        if kind(feature) != "Feature" {
            self.notes.push(dropped(at, "is no feature"));
            return;
        }
        let properties = feature.get("properties").unwrap_or(&Value::Null);
        self.geometry(&feature["geometry"], &format!("{at}/geometry"), properties, &format!("{at}/properties"));
    }

    fn geometry(&mut self, geometry: &Value, at: &str, properties: &Value, properties_at: &str) {
        let coordinates = geometry.get("coordinates").unwrap_or(&Value::Null);
        match kind(geometry) {
            "LineString" => self.line(coordinates, &format!("{at}/coordinates"), properties, properties_at),
            "MultiLineString" => {
                for (i, line) in coordinates.as_array().into_iter().flatten().enumerate() {
                    self.line(line, &format!("{at}/coordinates/{i}"), properties, properties_at);
                }
            }
            "Point" => self.point(coordinates, &format!("{at}/coordinates"), properties, properties_at),
            "MultiPoint" => {
                for (i, point) in coordinates.as_array().into_iter().flatten().enumerate() {
                    self.point(point, &format!("{at}/coordinates/{i}"), properties, properties_at);
                }
            }
            "GeometryCollection" => {
                for (i, member) in geometry["geometries"].as_array().into_iter().flatten().enumerate() {
                    // one level: collections within collections are discouraged by the format itself
                    if kind(member) == "GeometryCollection" {
                        self.notes.push(dropped(format!("{at}/geometries/{i}"), "a collection within a collection"));
                    } else {
                        self.geometry(member, &format!("{at}/geometries/{i}"), properties, properties_at);
                    }
                }
            }
            _ => {
                let other = json::shown(geometry.get("type").unwrap_or(geometry));
                self.notes.push(dropped(at, format!("`{other}` is neither a line nor a point")));
            }
        }
    }

    fn line(&mut self, line: &Value, at: &str, properties: &Value, properties_at: &str) {
        let points = line.as_array().map(Vec::as_slice).unwrap_or_default();
        let (Some(first), Some(last)) = (points.first(), points.last()) else {
            self.notes.push(dropped(at, "has no positions"));
            return;
        };
        let mode = properties.get("mode").filter(|mode| !mode.is_null()).map(|mode| {
            let word: serde::de::value::StrDeserializer<serde::de::value::Error> =
                mode.as_str().unwrap_or_default().into_deserializer();
            Mode::deserialize(word).map_err(|e| match mode {
                Value::String(_) => json::plainly(&e.to_string()),
                other => format!("`{}` is no text", json::shown(other)),
            })
        });
        let mode = match mode.transpose() {
            Ok(mode) => mode.unwrap_or_default(),
            Err(e) => {
                self.issues.push(Issue::invalid(format!("{properties_at}/mode"), e));
                return;
            }
        };
        let (from, to) =
            (self.place(first, &format!("{at}/0")), self.place(last, &format!("{at}/{}", points.len() - 1)));
        let (Some(from), Some(to)) = (from, to) else { return };
        let depart = self.time(properties, "depart", properties_at);
        let arrive = self.time(properties, "arrive", properties_at);
        let end = |i: usize| Source::at(format!("{at}/{i}"));
        self.parts.push(Segment::Movement(Box::new(Movement {
            from: Visit { place: from, depart, source: end(0), ..Visit::default() },
            to: Visit { place: to, arrive, source: end(points.len() - 1), ..Visit::default() },
            mode,
            geometry: Some(json!({"type": "LineString", "coordinates": line})),
            source: Source::at(at),
            ..Movement::default()
        })));
    }

    fn point(&mut self, point: &Value, at: &str, properties: &Value, properties_at: &str) {
        let Some(mut place) = self.place(point, at) else { return };
        place.name = properties.get("name").and_then(Value::as_str).map(str::to_owned);
        let arrive = self.time(properties, "arrive", properties_at);
        let depart = self.time(properties, "depart", properties_at);
        self.parts.push(Segment::Stay(Box::new(Visit {
            place,
            arrive,
            depart,
            transit: None,
            is_moment: true,
            source: Source::at(at),
        })));
    }

    /// Longitude first.
    fn place(&mut self, position: &Value, at: &str) -> Option<PlaceDoc> {
        let number = |i: usize| position.get(i).and_then(Value::as_f64);
        let (Some(lon), Some(lat)) = (number(0), number(1)) else {
            let detail = format!("`{}` is no position [longitude, latitude]", json::shown(position));
            self.issues.push(Issue::invalid(at, detail));
            return None;
        };
        Some(PlaceDoc { lat: Some(lat), lon: Some(lon), ..PlaceDoc::default() })
    }

    fn time(&mut self, properties: &Value, name: &str, at: &str) -> Option<String> {
        let written = properties.get(name).filter(|written| !written.is_null())?;
        let text = json::shown(written);
        match Moment::parse(&text) {
            Ok(_) => Some(text),
            Err(detail) => {
                self.issues.push(Issue::invalid(format!("{at}/{name}"), detail));
                None
            }
        }
    }
}
