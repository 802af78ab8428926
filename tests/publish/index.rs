//! A set of fences made by changes answers as one built from scratch does, whatever was published and withdrawn before.

use std::collections::BTreeMap;
use std::sync::Arc;

use cordon::geometry::{Limits, Position, Shape};
use cordon::matching::fence_index::Resolved;
use cordon::matching::{FenceIndex, FenceSet};
use cordon::model::region::Boundary;
use cordon::model::{
    AdvisoryId, Area, Basis, CountryCode, Issuers, Region, RegionCode, RegionKind, Regions, ResolvedArea, Revision,
    RevisionId, Texts, Window,
};
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::json;

fn square(west: f64, south: f64, side: f64) -> Arc<Shape> {
    let (e, n) = (west + side, south + side);
    let ring =
        json!({"type": "Polygon", "coordinates": [[[west, south], [e, south], [e, n], [west, n], [west, south]]]});
    Arc::new(Shape::from_geojson(&ring, &Limits::default()).expect("a shape").0)
}

/// What the ground is: two countries side by side, two issuers.
fn ground() -> FenceSet {
    let mut regions = Regions::default();
    for (code, west) in [("KH", 0.0), ("TH", 10.0)] {
        let country = CountryCode::parse(code).expect("a code");
        let boundary = Boundary::Area(square(west, 0.0, 10.0));
        let (kind, names, basis) = (RegionKind::Country, Texts::from([("en", code)]), Basis::Official);
        let (source, licence) = (String::new(), String::new());
        let region = Region {
            code: RegionCode::from(country),
            kind,
            country: Some(country),
            parent: None,
            names,
            basis,
            accuracy_m: 0.0,
            source,
            licence,
            attribution: None,
            note: None,
            boundary,
        };
        regions.insert(region).expect("once");
    }
    let level = |code: &str, severity: u8| json!({"code": code, "name": code, "native_name": code, "colour": "#123456", "meaning": "", "severity": severity, "citation": "x"});
    let issuer = |code: &str| {
        json!({"code": code, "country": null, "nationalities": [], "name": code, "native_name": code, "url": null, "licence": "",
               "attribution": "", "languages": [], "levels": [level("1", 1), level("4", 5)], "legal_effects": []})
    };
    let issuers = json!({"mapping_version": "t", "issuers": [issuer("one"), issuer("two")]});
    let issuers: Issuers = serde_json::from_value(issuers).expect("issuers");
    FenceSet { issuers: Arc::new(issuers), regions: Arc::new(regions), ..FenceSet::default() }
}

/// One revision: which of a few outlines (two are the countries' own), how good, from when, or a withdrawal.
#[derive(Clone, Debug)]
struct Said {
    outline: Option<usize>,
    accuracy_m: f64,
    level: &'static str,
    from: i64,
}

fn said() -> impl Strategy<Value = Said> {
    (
        proptest::option::weighted(0.85, 0..7_usize),
        prop_oneof![Just(0.0), Just(500.0)],
        prop_oneof![Just("1"), Just("4")],
        0..50_i64,
    )
        .prop_map(|(outline, accuracy_m, level, from)| Said { outline, accuracy_m, level, from })
}

/// Rounds of publications: in each some advisories get other revisions, or none at all.
fn rounds() -> impl Strategy<Value = Vec<BTreeMap<usize, Vec<Said>>>> {
    let change = proptest::collection::btree_map(0..6_usize, proptest::collection::vec(said(), 0..4), 0..4);
    proptest::collection::vec(change, 1..6)
}

fn advisory(i: usize) -> AdvisoryId {
    AdvisoryId::parse(&format!("{}:a{i}", ["one", "two"][i % 2])).expect("an id")
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("an instant")
}

fn resolved(set: &FenceSet, advisory: &AdvisoryId, number: u32, said: &Said) -> Resolved {
    let shape = said.outline.map(|outline| match outline {
        0 | 1 => Arc::clone(set.regions.iter().nth(outline).and_then(|region| region.shape()).expect("a country")),
        // made anew each time: equal, and not the same
        outline => square(f64::from(u32::try_from(outline).expect("few")) * 2.0, 3.0, 4.0),
    });
    let revision = Revision {
        id: RevisionId { advisory: advisory.clone(), number },
        issuer: cordon::model::IssuerCode::parse(advisory.issuer()).expect("a code"),
        level: shape.as_ref().map(|_| said.level.to_owned()),
        title: Texts::from([("en", "t")]),
        text: Texts::from([("en", "t")]),
        published_at: at(0),
        valid: Window::new(at(said.from), None),
        review_due: None,
        area: Some(Area::Region(RegionCode::parse("KH").expect("a code"))),
        basis: None,
        accuracy_m: None,
        carves_out_of: vec![],
        legal_effects: vec![],
        exemptions: vec![],
        source_url: "x".to_owned(),
        note: None,
    };
    let accuracy_m = said.accuracy_m;
    (Arc::new(revision), shape.map(|shape| ResolvedArea { shape, basis: Basis::Derived, accuracy_m, repairs: vec![] }))
}

/// Everything an index says about a place, by names that do not depend on how it was made.
fn answers(index: &FenceIndex, position: Position) -> Vec<String> {
    let mut said: Vec<String> = index
        .locate(position)
        .into_iter()
        .flat_map(|placed| {
            let margin_m = index.shapes().margin(placed.shape, position).signed_m;
            let country =
                index.country_of(placed.shape).map(|country| format!("{country} {:?} {margin_m}", placed.placement));
            let fences = index.fences_on(placed.shape).iter().map(|&fence| {
                let fence = index.fence(fence);
                let force = fence.in_force(at(100));
                format!(
                    "{} {:?} {margin_m} {} {:?} {force:?} {}",
                    fence.revision.id, placed.placement, fence.level, fence.severity, fence.area_m2
                )
            });
            country.into_iter().chain(fences).collect::<Vec<_>>()
        })
        .collect();
    said.sort();
    said
}

fn listed(index: &FenceIndex) -> Vec<(String, bool)> {
    index
        .advisories()
        .values()
        .flatten()
        .map(|listed| (listed.revision.id.to_string(), listed.fence.is_some()))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(80))]
    #[test]
    fn changed_equals_built(first in rounds(), places in proptest::collection::vec((0.0..10.0_f64, -1.0..21.0_f64), 20)) {
        let set = ground();
        let mut index = FenceIndex::build(set.clone());
        let mut now: BTreeMap<AdvisoryId, Vec<Resolved>> = BTreeMap::new();
        for round in first {
            let changes: BTreeMap<AdvisoryId, Vec<Resolved>> = round.iter().map(|(i, revisions)| {
                let id = advisory(*i);
                let revisions = (1..).zip(revisions).map(|(number, said)| resolved(&set, &id, number, said)).collect();
                (id, revisions)
            }).collect();
            let before = index;
            let listed_before = listed(&before);
            index = before.with_changes(changes.clone());
            prop_assert_eq!(listed(&before), listed_before, "whoever holds the old one keeps it");
            now.extend(changes);
            let built = FenceIndex::build(FenceSet { revisions: now.values().flatten().cloned().collect(), ..set.clone() });
            prop_assert_eq!(listed(&index), listed(&built));
            prop_assert_eq!(index.fences().len(), built.fences().len());
            prop_assert_eq!(index.shapes().shapes().count(), built.shapes().shapes().count(), "an outline that nobody has is gone");
            for &(lat, lon) in &places {
                let position = Position::new(lat, lon).expect("a place");
                prop_assert_eq!(answers(&index, position), answers(&built, position));
            }
            let heard = |index: &FenceIndex| index.issuers_for(&cordon::model::Traveller::default(), &[]).expect("nobody named");
            prop_assert_eq!(heard(&index), heard(&built));
        }
    }
}
