//! A bundle: everything that is needed to answer for positions in one country without asking, so that a position can stay where it is.
//!
//! Whoever holds the bundle of a country answers exactly as the service does, for every position whose circle of accuracy stays within
//! [`REACH_M`] of the country's outline: a fence or a country that such a position lies in, or may, is drawn no farther from that outline than
//! this and its own accuracy, and all of those are in the bundle.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::error::Error;
use crate::geometry::{Polygon, Shape, ShapeId};
use crate::live::Snapshot;
use crate::matching::FenceIndex;
use crate::matching::fence_index::Listed;
use crate::model::{AdvisoryId, CountryCode};

/// How far from the country's outline the bundle still answers, in metres: where a phone is that stands at the border or on the beach.
pub const REACH_M: f64 = 20_000.0;

/// After so many seconds without having been compared with the service, a bundle is not trusted to be complete.
pub const STALE_AFTER_S: u32 = 24 * 60 * 60;

/// The version of the statement's form.
const FORM: u32 = 1;

/// The statement about a country, to be signed. The same set of fences gives the same statement.
///
/// Coordinates are 10⁻⁷ degree, longitude first; each ring is one list of numbers, the first vertex as it is and the others as what they
/// add to the one before.
///
/// # Errors
/// [`Error::NotFound`] when no outline of the country is known.
pub fn bundle(snapshot: &Snapshot, max_age: SignedDuration, country: CountryCode) -> Result<Value, Error> {
    let index = &snapshot.index;
    let outlines = index.shapes().shapes().map(|(id, _)| id).filter(|id| index.country_of(*id) == Some(country));
    let around: BTreeSet<ShapeId> = outlines.flat_map(|id| index.shapes().around(id, REACH_M)).collect();
    if around.is_empty() {
        return Err(Error::NotFound { what: "country with an outline", id: country.to_string() });
    }
    let countries: BTreeSet<CountryCode> = around.iter().filter_map(|id| index.country_of(*id)).collect();
    let places: BTreeMap<ShapeId, usize> = around.iter().enumerate().map(|(i, id)| (*id, i)).collect();
    Ok(json!({
        "type": "cordon-bundle",
        "form": FORM,
        "country": country,
        "epoch": snapshot.epoch,
        "made_at": snapshot.loaded_at,
        "reach_m": REACH_M,
        "max_age_s": max_age.as_secs(),
        "stale_after_s": STALE_AFTER_S,
        "issuers": issuers(index),
        "shapes": around.iter().map(|id| shape(index, *id)).collect::<Vec<_>>(),
        "advisories": advisories(index, &places),
        "coverage": coverage(index, &countries),
        "refused": refused(index, &countries),
        "places_missing": index.places_missing(),
        // asking for them after an answer would tell the answer
        "missions": snapshot.missions.missions.iter().filter(|mission| mission.helps_in(country)).collect::<Vec<_>>(),
    }))
}

/// Every issuer, in the order that answers keep, with whether it has ever spoken.
fn issuers(index: &FenceIndex) -> Vec<Value> {
    let all = index.issuers().issuers.iter().enumerate();
    all.map(|(i, issuer)| json!({"issuer": **issuer, "has_spoken": index.has_spoken(i)})).collect()
}

fn shape(index: &FenceIndex, id: ShapeId) -> Value {
    let entry = index.shapes().entry(id);
    let (accuracy_m, polygons) = entry.map_or((0.0, Vec::new()), |entry| (entry.accuracy_m, packed(&entry.shape)));
    json!({"country": index.country_of(id), "accuracy_m": accuracy_m, "polygons": polygons})
}

/// The polygons, each as its rings, the shell first.
fn packed(shape: &Shape) -> Vec<Vec<Vec<i64>>> {
    let ring = |ring: &[crate::geometry::Vertex]| {
        let (mut lon, mut lat) = (0, 0);
        let steps = ring.iter().flat_map(|v| {
            let step = [i64::from(v.lon) - lon, i64::from(v.lat) - lat];
            (lon, lat) = (v.lon.into(), v.lat.into());
            step
        });
        steps.collect::<Vec<_>>()
    };
    let polygon = |polygon: &Polygon| polygon.rings().map(|r| ring(r)).collect();
    shape.polygons().iter().map(polygon).collect()
}

/// The advisories with a fence on one of the shapes, each with all its revisions: of those elsewhere, and of withdrawals, only what decides
/// when they take over.
fn advisories(index: &FenceIndex, places: &BTreeMap<ShapeId, usize>) -> Vec<Value> {
    let on_place = |listed: &Listed| Some((listed.fence?, *places.get(&index.fence(listed.fence?).shape)?));
    let concerned = index.advisories().iter().filter(|(_, listed)| listed.iter().any(|one| on_place(one).is_some()));
    let advisory = |(id, listed): (&AdvisoryId, &Vec<Listed>)| {
        let revision = |one: &Listed| {
            let said = &one.revision;
            let mut words = json!({"number": said.id.number, "published_at": said.published_at, "valid": said.valid});
            if let Some((fence, shape)) = on_place(one) {
                let fence = index.fence(fence);
                words["fence"] = json!({
                    "shape": shape, "level": said.level, "basis": fence.basis, "accuracy_m": fence.accuracy_m, "area_m2": fence.area_m2,
                    "title": said.title, "text": said.text, "carves_out_of": said.carves_out_of, "legal_effects": said.legal_effects,
                    "exemptions": said.exemptions, "source_url": said.source_url,
                });
            }
            words
        };
        json!({"advisory": id, "issuer": listed[0].revision.issuer, "revisions": listed.iter().map(revision).collect::<Vec<_>>()})
    };
    concerned.map(advisory).collect()
}

fn coverage(index: &FenceIndex, countries: &BTreeSet<CountryCode>) -> Vec<Value> {
    let known = index.coverages().filter(|(_, coverage)| countries.contains(&coverage.country));
    let mut known: Vec<_> = known.collect();
    known.sort_by_key(|(issuer, coverage)| (*issuer, coverage.country));
    known
        .into_iter()
        .map(|(issuer, coverage)| json!({"issuer": index.issuers().issuers[issuer].code, "known": coverage}))
        .collect()
}

/// The files that could not be read and may speak about one of the countries, in their order.
fn refused(index: &FenceIndex, countries: &BTreeSet<CountryCode>) -> Vec<Value> {
    let concerned = index.refused_files().iter().filter(|file| {
        file.countries.as_ref().is_none_or(|named| named.iter().any(|country| countries.contains(country)))
    });
    concerned
        .map(|file| {
            json!({"file": file.file, "issuer": file.issuer, "countries": file.countries, "reason": file.reason})
        })
        .collect()
}
