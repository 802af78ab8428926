//! Named places with a boundary, and how well that boundary is known.

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{CountryCode, Texts};
use crate::geometry::{Line, Shape};

/// What a boundary rests on, from the best to the least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    /// Published by the authority that draws it.
    Official,
    /// Computed from such data, or from a dataset made of it.
    Derived,
    /// Drawn from a picture or a printed map.
    Digitised,
    /// Somebody's best reading of words.
    Approximate,
}

/// What kind of place a region is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum RegionKind {
    /// A country or territory with its own ISO 3166-1 code.
    Country,
    /// A first-level division, ISO 3166-2.
    Province,
    /// A second-level division.
    District,
    /// A city or municipality.
    City,
    /// Any other named area.
    Area,
    /// The line between two countries.
    Border,
}

/// The code of a region: ISO 3166-1 (`KH`), ISO 3166-2 (`KH-1`), a local code (`kh-poipet`), or two countries for a border (`KH/TH`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, examples("KH", "KH-1", "kh-poipet"))]
pub struct RegionCode(Box<str>);

impl RegionCode {
    /// Reads a code; see [`RegionCode`] for the forms.
    ///
    /// # Errors
    /// When the text has none of the forms.
    pub fn parse(code: &str) -> Result<Self, String> {
        let upper = |s: &str, len: std::ops::RangeInclusive<usize>| {
            len.contains(&s.len()) && s.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        };
        let slug = |s: &str| {
            !s.is_empty()
                && s.len() <= 64
                && s.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        let ok = if let Some((a, b)) = code.split_once('/') {
            upper(a, 2..=2) && upper(b, 2..=2) && a < b
        } else if let Some((country, rest)) = code.split_once('-') {
            (upper(country, 2..=2) && upper(rest, 1..=3))
                || (country.len() == 2 && country.bytes().all(|b| b.is_ascii_lowercase()) && slug(rest))
        } else {
            upper(code, 2..=2)
        };
        if ok {
            Ok(Self(code.into()))
        } else {
            Err(format!("`{code}` is not a region code such as KH, KH-1, kh-poipet or KH/TH"))
        }
    }

    /// The border between two countries, in either order.
    pub fn border(a: CountryCode, b: CountryCode) -> Self {
        let (a, b) = if a < b { (a, b) } else { (b, a) };
        Self(format!("{a}/{b}").into())
    }

    /// The code as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<CountryCode> for RegionCode {
    fn from(code: CountryCode) -> Self {
        Self(code.as_str().into())
    }
}

impl TryFrom<String> for RegionCode {
    type Error = String;

    fn try_from(code: String) -> Result<Self, Self::Error> {
        Self::parse(&code)
    }
}

impl From<RegionCode> for String {
    fn from(code: RegionCode) -> Self {
        code.0.into()
    }
}

impl std::fmt::Display for RegionCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.0)
    }
}

/// The geometry of a region: an area, or for a border a line.
#[derive(Clone, Debug)]
pub enum Boundary {
    /// What the region covers.
    Area(Arc<Shape>),
    /// Where a border runs.
    Line(Arc<Line>),
}

/// A named place with its boundary.
#[derive(Clone, Debug)]
pub struct Region {
    /// Its code, unique in the data folder.
    pub code: RegionCode,
    /// What kind of place it is.
    pub kind: RegionKind,
    /// The country it belongs to; none for a border and for land that no country code covers.
    pub country: Option<CountryCode>,
    /// The region around it.
    pub parent: Option<RegionCode>,
    /// Its names by language.
    pub names: Texts,
    /// What the boundary rests on.
    pub basis: Basis,
    /// The true border lies within this many metres of the drawn one.
    pub accuracy_m: f64,
    /// Where the boundary comes from.
    pub source: String,
    /// On what terms.
    pub licence: String,
    /// What must be said when it is shown.
    pub attribution: Option<String>,
    /// A remark for readers: a choice that was made, a dispute.
    pub note: Option<String>,
    /// The geometry.
    pub boundary: Boundary,
}

impl Region {
    /// The area, unless the region is a border.
    pub fn shape(&self) -> Option<&Arc<Shape>> {
        match &self.boundary {
            Boundary::Area(shape) => Some(shape),
            Boundary::Line(_) => None,
        }
    }
}

/// All regions, by code, in the order they were read.
#[derive(Clone, Debug, Default)]
pub struct Regions {
    list: Vec<Arc<Region>>,
    by_code: HashMap<RegionCode, usize>,
}

impl Regions {
    /// Adds a region.
    ///
    /// # Errors
    /// Gives the region back when its code is taken.
    pub fn insert(&mut self, region: Region) -> Result<(), Box<Region>> {
        if self.by_code.contains_key(&region.code) {
            return Err(Box::new(region));
        }
        self.by_code.insert(region.code.clone(), self.list.len());
        self.list.push(Arc::new(region));
        Ok(())
    }

    /// The region with this code.
    pub fn get(&self, code: &RegionCode) -> Option<&Arc<Region>> {
        self.by_code.get(code).map(|&i| &self.list[i])
    }

    /// All regions.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Region>> {
        self.list.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}
