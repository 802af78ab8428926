//! GeoJSON as it is given out: features with their geometry, id and box.

use serde::Serialize;
use serde_json::value::RawValue;

use super::bbox;
use crate::geometry::{Bounds, Line, Shape};
use crate::model::region::Boundary;

/// A geometry written out once, as text.
pub type Geometry = Box<RawValue>;

/// One feature.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Feature<P> {
    /// Always `Feature`.
    #[serde(rename = "type")]
    #[schema(value_type = String, pattern = "^Feature$")]
    kind: &'static str,
    /// Unique in its collection.
    pub id: String,
    /// West, south, east, north in degrees.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bbox: Option<[f64; 4]>,
    /// A Polygon, MultiPolygon, LineString or MultiLineString; null where there is none.
    #[schema(value_type = Option<Object>)]
    pub geometry: Option<Geometry>,
    /// Everything else.
    pub properties: P,
}

impl<P> Feature<P> {
    /// A feature with a geometry, or without.
    pub fn new(id: impl Into<String>, outline: Option<Outline>, properties: P) -> Self {
        Self {
            kind: "Feature",
            id: id.into(),
            bbox: outline.as_ref().and_then(Outline::bounds).map(|bounds| bbox::degrees(&bounds)),
            geometry: outline.as_ref().and_then(Outline::geometry),
            properties,
        }
    }
}

/// What a feature is drawn from.
#[derive(Clone, Copy, Debug)]
pub enum Outline<'a> {
    /// An area.
    Area(&'a Shape),
    /// A line.
    Line(&'a Line),
}

impl<'a> From<&'a Boundary> for Outline<'a> {
    fn from(boundary: &'a Boundary) -> Self {
        match boundary {
            Boundary::Area(shape) => Self::Area(shape),
            Boundary::Line(line) => Self::Line(line),
        }
    }
}

impl Outline<'_> {
    /// The smallest box around it.
    pub fn bounds(&self) -> Option<Bounds> {
        match self {
            Self::Area(shape) => shape.bounds(),
            Self::Line(line) => line.bounds(),
        }
    }

    fn geometry(&self) -> Option<Geometry> {
        let geometry = match self {
            Self::Area(shape) => shape.to_geojson(),
            Self::Line(line) => line.to_geojson(),
        };
        serde_json::value::to_raw_value(&geometry).ok()
    }
}

/// Features, with a link to the next page where there is one.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct FeatureCollection<P> {
    /// Always `FeatureCollection`.
    #[serde(rename = "type")]
    #[schema(value_type = String, pattern = "^FeatureCollection$")]
    kind: &'static str,
    /// What must be said when these are shown.
    pub attribution: Vec<String>,
    /// Where the next page is; null on the last.
    pub next: Option<String>,
    /// The features.
    pub features: Vec<Feature<P>>,
}

impl<P> FeatureCollection<P> {
    /// One page of features; each attribution is listed once.
    pub fn new<'a>(
        features: Vec<Feature<P>>,
        next: Option<String>,
        attributions: impl Iterator<Item = Option<&'a str>>,
    ) -> Self {
        let mut attribution: Vec<String> = attributions.flatten().map(str::to_owned).collect();
        attribution.sort_unstable();
        attribution.dedup();
        Self { kind: "FeatureCollection", attribution, next, features }
    }
}
