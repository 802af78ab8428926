//! What a revision covers: an expression over regions, shapes and distances, resolved once when it is loaded.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Basis, CountryCode, RegionCode, Regions, region::Boundary};
use crate::geometry::{self, Edges, Limits, Line, Position, RepairReport, Shape, ShapeError};

/// An area as written. The forms and their meaning are in `regions/README.md`.
#[derive(Clone, Debug, PartialEq)]
pub enum Area {
    /// A place by code.
    Region(RegionCode),
    /// A GeoJSON Polygon or MultiPolygon.
    Shape(Value),
    /// The same, as the geometry of the Feature that the revision is written as: no part of an expression.
    Drawn(Value),
    /// More than `inner_m` and at most `outer_m` metres from the target; no inner distance: the target itself too.
    Within {
        /// Metres that are too near, for a ring.
        inner_m: Option<f64>,
        /// Metres that are still in.
        outer_m: f64,
        /// From what.
        of: Target,
    },
    /// In any of them.
    Union(Vec<Area>),
    /// In all of them.
    Intersection(Vec<Area>),
    /// In the first but in none of the others.
    Difference(Vec<Area>),
}

/// What a distance is measured from.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// The border between two countries.
    Border(CountryCode, CountryCode),
    /// A region and what lies around it.
    Region(RegionCode),
    /// A GeoJSON LineString or MultiLineString.
    Line(Value),
    /// A point.
    Point(Position),
}

/// An area resolved to one shape, with how good it is.
#[derive(Clone, Debug)]
pub struct ResolvedArea {
    /// The shape.
    pub shape: Arc<Shape>,
    /// The least of what its parts rest on.
    pub basis: Basis,
    /// The worst accuracy of its parts, in metres.
    pub accuracy_m: f64,
    /// What was repaired in drawn geometry.
    pub repairs: Vec<RepairReport>,
}

/// Why an area could not be read or resolved, and where in the expression.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{detail}")]
pub struct AreaError {
    /// JSON pointer from the expression's own root.
    pub pointer: String,
    /// What is wrong there.
    pub detail: String,
}

impl AreaError {
    fn new(pointer: &str, detail: impl Into<String>) -> Self {
        Self { pointer: pointer.to_owned(), detail: detail.into() }
    }
}

/// One distance, or the two of a ring.
#[derive(Deserialize)]
#[serde(untagged)]
enum Metres {
    Within(f64),
    Ring([f64; 2]),
}

impl Area {
    /// Reads an expression.
    ///
    /// # Errors
    /// With a JSON pointer from the root of `value` and what is wrong there.
    pub fn parse(value: &Value) -> Result<Self, AreaError> {
        Self::parse_at(value, "")
    }

    fn parse_at(value: &Value, pointer: &str) -> Result<Self, AreaError> {
        let many = |name: &str, least: usize| -> Result<Vec<Self>, AreaError> {
            let items: Vec<Value> = member(value, name, pointer)?;
            if items.len() < least {
                return Err(AreaError::new(&format!("{pointer}/{name}"), format!("needs at least {least} area(s)")));
            }
            let parse = |(i, item)| Self::parse_at(item, &format!("{pointer}/{name}/{i}"));
            items.iter().enumerate().map(parse).collect()
        };
        match keys(value).as_slice() {
            ["region"] => Ok(Self::Region(member(value, "region", pointer)?)),
            ["shape"] => Ok(Self::Shape(value["shape"].clone())),
            ["union"] => Ok(Self::Union(many("union", 1)?)),
            ["intersection"] => Ok(Self::Intersection(many("intersection", 1)?)),
            ["difference"] => Ok(Self::Difference(many("difference", 2)?)),
            ["except", "rest_of"] => {
                let mut areas = vec![Self::Region(member(value, "rest_of", pointer)?)];
                areas.extend(many("except", 1)?);
                Ok(Self::Difference(areas))
            }
            ["of", "within_m"] => {
                let of = Target::parse_at(&value["of"], &format!("{pointer}/of"))?;
                let (inner_m, outer_m) = match member(value, "within_m", pointer)? {
                    Metres::Within(outer) => (None, outer),
                    Metres::Ring([inner, outer]) => (Some(inner), outer),
                };
                let inner = inner_m.unwrap_or(0.0);
                if !(0.0 <= inner && inner < outer_m && outer_m <= geometry::area::MAX_WITHIN_M) {
                    let detail =
                        format!("distances must rise from 0 to at most {} metres", geometry::area::MAX_WITHIN_M);
                    return Err(AreaError::new(&format!("{pointer}/within_m"), detail));
                }
                Ok(Self::Within { inner_m, outer_m, of })
            }
            _ => Err(AreaError::new(
                pointer,
                "an area is an object with exactly one of: region; shape; within_m and of; union; intersection; \
                 difference; rest_of and except",
            )),
        }
    }
}

impl Area {
    /// The codes of all regions that resolving it may look at; of those that do not exist, too.
    pub fn regions(&self) -> BTreeSet<RegionCode> {
        let mut codes = BTreeSet::new();
        self.visit(&mut |part| match part {
            Self::Region(code) | Self::Within { of: Target::Region(code), .. } => {
                codes.insert(code.clone());
            }
            Self::Within { of: Target::Border(a, b), .. } => {
                codes.extend([RegionCode::border(*a, *b), (*a).into(), (*b).into()]);
            }
            _ => {}
        });
        codes
    }

    /// Shows every part of the expression, the whole first.
    fn visit<'a>(&'a self, see: &mut impl FnMut(&'a Self)) {
        see(self);
        if let Self::Union(parts) | Self::Intersection(parts) | Self::Difference(parts) = self {
            for part in parts {
                part.visit(see);
            }
        }
    }
}

/// Resolves areas, every part of an expression once: revisions mostly keep their area, and governments measure from the same borders.
pub struct AreaResolver {
    regions: Arc<Regions>,
    limits: Limits,
    resolved: Mutex<HashMap<String, ResolvedArea>>,
}

impl AreaResolver {
    /// A resolver over these regions.
    pub fn new(regions: Arc<Regions>, limits: Limits) -> Self {
        Self { regions, limits, resolved: Mutex::default() }
    }

    /// Whether it resolves over these regions.
    pub fn is_over(&self, regions: &Arc<Regions>) -> bool {
        Arc::ptr_eq(&self.regions, regions)
    }

    /// How many areas it keeps.
    pub fn count(&self) -> usize {
        self.resolved.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Resolves what is asked for later, over all cores: first the distances, which cost most and are shared, then the areas. What is wrong
    /// with one is said when it is asked for.
    pub fn prepare(&self, areas: &[&Area]) {
        let mut seen = BTreeSet::new();
        let mut distances = Vec::new();
        for area in areas {
            area.visit(&mut |part| {
                if matches!(part, Area::Within { .. }) && seen.insert(format!("{part:?}")) {
                    distances.push(part);
                }
            });
        }
        let whole: Vec<&Area> = areas.iter().copied().filter(|area| seen.insert(format!("{area:?}"))).collect();
        for round in [distances, whole] {
            geometry::parallel::each(&round, |area| {
                let _ = self.resolve(area);
            });
        }
    }

    /// The shape of an area, with the basis and accuracy of its least certain part.
    ///
    /// # Errors
    /// When a region is unknown, a geometry is invalid, it nests too deep, or two countries share no known border; with the place in the expression.
    pub fn resolve(&self, area: &Area) -> Result<ResolvedArea, AreaError> {
        self.resolve_at(area, "", 1)
    }

    fn resolve_at(&self, area: &Area, pointer: &str, depth: usize) -> Result<ResolvedArea, AreaError> {
        let max_depth = self.limits.max_depth;
        if depth > max_depth {
            return Err(AreaError::new(pointer, format!("an area nests deeper than {max_depth} levels")));
        }
        let key = format!("{area:?}");
        // whoever holds the lock only looks up or inserts
        let resolved = || self.resolved.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = resolved().get(&key) {
            return Ok(known.clone());
        }
        let failed = |e: ShapeError| AreaError::new(pointer, e.to_string());
        let all = |items: &[Area], name: &str| -> Result<Vec<ResolvedArea>, AreaError> {
            let resolve =
                |(i, item): (usize, &Area)| self.resolve_at(item, &format!("{pointer}/{name}/{i}"), depth + 1);
            items.iter().enumerate().map(resolve).collect()
        };
        let area = match area {
            Area::Region(code) => {
                let region = find(&self.regions, code, &format!("{pointer}/region"))?;
                let shape = region.shape().ok_or_else(|| {
                    let detail = format!("`{code}` is a line, not an area; use within_m of it");
                    AreaError::new(&format!("{pointer}/region"), detail)
                })?;
                let (basis, accuracy_m) = (region.basis, region.accuracy_m);
                ResolvedArea { shape: Arc::clone(shape), basis, accuracy_m, repairs: vec![] }
            }
            Area::Shape(value) | Area::Drawn(value) => {
                let name = if matches!(area, Area::Shape(_)) { "/shape" } else { "" };
                let (shape, report) = Shape::from_geojson(value, &self.limits)
                    .map_err(|e| AreaError::new(&format!("{pointer}{name}{}", e.path()), e.to_string()))?;
                let repairs = if report.is_empty() { vec![] } else { vec![report] };
                ResolvedArea { shape: Arc::new(shape), basis: Basis::Official, accuracy_m: 0.0, repairs }
            }
            Area::Within { inner_m, outer_m, of } => {
                of.surround(*inner_m, *outer_m, &self.regions, &self.limits, pointer)?
            }
            Area::Union(items) => combine(all(items, "union")?, geometry::area::union).map_err(failed)?,
            Area::Intersection(items) => {
                combine(all(items, "intersection")?, geometry::area::intersection).map_err(failed)?
            }
            Area::Difference(items) => {
                combine(all(items, "difference")?, |shapes| geometry::area::difference(shapes[0], &shapes[1..]))
                    .map_err(failed)?
            }
        };
        if area.shape.is_empty() {
            return Err(AreaError::new(pointer, "the area is empty"));
        }
        // two threads may have resolved it at once: all must hold one shape, by which the index knows it again
        Ok(resolved().entry(key).or_insert(area).clone())
    }
}

/// One shape from many, with the least basis and the worst accuracy among them.
fn combine(
    parts: Vec<ResolvedArea>,
    operation: impl FnOnce(&[&Shape]) -> Result<Shape, ShapeError>,
) -> Result<ResolvedArea, ShapeError> {
    let shapes: Vec<&Shape> = parts.iter().map(|part| part.shape.as_ref()).collect();
    let shape = Arc::new(operation(&shapes)?);
    Ok(ResolvedArea {
        shape,
        // a combination is at best derived, even from official parts
        basis: parts.iter().map(|part| part.basis).max().unwrap_or(Basis::Derived).max(Basis::Derived),
        accuracy_m: parts.iter().map(|part| part.accuracy_m).fold(0.0, f64::max),
        repairs: parts.into_iter().flat_map(|part| part.repairs).collect(),
    })
}

/// The names of an object's members, sorted; none for anything else.
fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value.as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect();
    keys.sort_unstable();
    keys
}

/// A member of an object, read as `T`.
fn member<T: DeserializeOwned>(value: &Value, name: &str, pointer: &str) -> Result<T, AreaError> {
    T::deserialize(&value[name]).map_err(|e| AreaError::new(&format!("{pointer}/{name}"), e.to_string()))
}

fn find<'a>(regions: &'a Regions, code: &RegionCode, pointer: &str) -> Result<&'a Arc<super::Region>, AreaError> {
    regions.get(code).ok_or_else(|| AreaError::new(pointer, format!("no region has the code `{code}`")))
}

impl Target {
    fn parse_at(value: &Value, pointer: &str) -> Result<Self, AreaError> {
        match keys(value).as_slice() {
            ["border"] => {
                let [a, b] = member(value, "border", pointer)?;
                Ok(Self::Border(a, b))
            }
            ["region"] => Ok(Self::Region(member(value, "region", pointer)?)),
            ["line"] => Ok(Self::Line(value["line"].clone())),
            ["point"] => {
                let [lon, lat]: [f64; 2] = member(value, "point", pointer)?;
                Position::new(lat, lon)
                    .map(Self::Point)
                    .map_err(|e| AreaError::new(&format!("{pointer}/point"), e.to_string()))
            }
            _ => Err(AreaError::new(pointer, "a target is an object with exactly one of: border, region, line, point")),
        }
    }

    fn surround(
        &self,
        inner_m: Option<f64>,
        outer_m: f64,
        regions: &Regions,
        limits: &Limits,
        pointer: &str,
    ) -> Result<ResolvedArea, AreaError> {
        let around = |target: geometry::area::Target, basis: Basis, accuracy_m: f64| {
            let shape = match inner_m {
                Some(inner) => geometry::area::ring(target, inner, outer_m),
                None => geometry::area::within(target, outer_m),
            };
            let shape = shape.map_err(|e| AreaError::new(&format!("{pointer}/within_m"), e.to_string()))?;
            Ok(ResolvedArea { shape: Arc::new(shape), basis: basis.max(Basis::Derived), accuracy_m, repairs: vec![] })
        };
        match self {
            Self::Point(position) => around(geometry::area::Target::Point(*position), Basis::Derived, 0.0),
            Self::Line(value) => {
                let line = Line::from_geojson(value, limits, Edges::Planar)
                    .map_err(|e| AreaError::new(&format!("{pointer}/of/line{}", e.path()), e.to_string()))?;
                around(geometry::area::Target::Line(&line), Basis::Derived, 0.0)
            }
            Self::Region(code) => {
                let region = find(regions, code, &format!("{pointer}/of/region"))?;
                let target = match &region.boundary {
                    Boundary::Line(line) => geometry::area::Target::Line(line),
                    Boundary::Area(shape) => geometry::area::Target::Shape(shape),
                };
                around(target, region.basis, region.accuracy_m)
            }
            Self::Border(a, b) => {
                let pointer = format!("{pointer}/of/border");
                if let Some(border) = regions.get(&RegionCode::border(*a, *b))
                    && let Boundary::Line(line) = &border.boundary
                {
                    return around(geometry::area::Target::Line(line), border.basis, border.accuracy_m);
                }
                // no drawn border: what the two outlines have in common
                let (a, b) = (find(regions, &(*a).into(), &pointer)?, find(regions, &(*b).into(), &pointer)?);
                let line = a.shape().zip(b.shape()).and_then(|(a, b)| geometry::area::shared_border(a, b)).ok_or_else(
                    || AreaError::new(&pointer, format!("no border is known between {} and {}", a.code, b.code)),
                )?;
                around(geometry::area::Target::Line(&line), a.basis.max(b.basis), a.accuracy_m.max(b.accuracy_m))
            }
        }
    }
}
