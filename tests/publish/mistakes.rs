//! Broken documents: everything wrong at its place, and nothing published.

use cordon::error::Error;
use cordon::flows::seen::Seen;
use serde_json::{Value, json};

use crate::databases::Database;
use crate::instance::{Instance, embassy, feature, town};

/// Each with the pointers of what is wrong.
fn broken() -> Vec<(Value, &'static [&'static str])> {
    let ring = |ring: Value| json!({"type": "Polygon", "coordinates": [ring]});
    vec![
        (json!([]), &[""]),
        (json!({"type": "Feature"}), &[""]),
        (json!({"type": "Point", "geometry": null, "properties": town("4", json!({}))["properties"]}), &["/type"]),
        (town("9", json!({})), &["/properties/level"]),
        (town("4", json!({"revision": 7})), &["/properties/revision"]),
        (town("4", json!({"revision": 0})), &["/properties/revision"]),
        (town("4", json!({"colour": "red"})), &["/properties/colour"]),
        (town("4", json!({"title": {}, "text": {"en": " "}})), &["/properties/title", "/properties/text"]),
        (town("4", json!({"source_url": ""})), &["/properties/source_url"]),
        (town("4", json!({"source_url": "javascript:alert(1)"})), &["/properties/source_url"]),
        (town("4", json!({"source_url": "example.org/advice"})), &["/properties/source_url"]),
        (
            town("4", json!({"exemptions": [{"kind": "resident", "text": {}, "source_url": "data:text/html,x"}]})),
            &["/properties/exemptions/0/source_url"],
        ),
        (town("4", json!({"valid_from": "2025-10-21T00:00:00"})), &["/properties/valid_from"]),
        (
            town("4", json!({"valid_from": "2025-10-21T00:00:00Z", "valid_to": "2025-10-21T00:00:00Z"})),
            &["/properties/valid_to"],
        ),
        (town("4", json!({"published_at": "2025-10-21T00:00:00Z"})), &["/properties/published_at"]),
        (
            town("4", json!({"legal_effects": ["none"], "carves_out_of": ["kr-mofa:kh"]})),
            &["/properties/legal_effects/0"],
        ),
        (town("4", json!({"carves_out_of": ["kr-mofa:kh", "kr-mofa:moon"]})), &["/properties/carves_out_of/1"]),
        (town("4", json!({"carves_out_of": ["us-state:kh"]})), &["/properties/carves_out_of/0"]),
        (town("4", json!({"title": {"??": "Town"}})), &["/properties/title/??"]),
        (
            town("4", json!({"exemptions": [{"kind": "luck", "text": {}, "source_url": "x"}]})),
            &["/properties/exemptions/0/kind"],
        ),
        (town("4", json!({"accuracy_m": -1})), &["/properties/accuracy_m"]),
        (feature("xx-none:a", "4", json!({"area": {"region": "KH"}})), &["/properties/advisory"]),
        (feature("kr-mofa:Big", "4", json!({"area": {"region": "KH"}})), &["/properties/advisory"]),
        (feature("kr-mofa:a", "4", json!({})), &["/geometry"]),
        (
            town("4", json!({"area": {"union": [{"region": "KH"}, {"region": "KH-99"}]}})),
            &["/properties/area/union/1/region"],
        ),
        (town("4", json!({"area": {"within_m": 0, "of": {"point": [1, 1]}}})), &["/properties/area/within_m"]),
        (
            town("4", json!({"area": {"region": "KH"}, "geometry": ring(json!([[0, 0], [1, 0], [1, 1], [0, 0]]))})),
            &["/properties/area"],
        ),
        (
            town("4", json!({"geometry": ring(json!([[0, 0], [1, 0], [1, 91], [0, 0]]))})),
            &["/geometry/coordinates/0/2"],
        ),
        (town("4", json!({"geometry": {"type": "Circle"}})), &["/geometry"]),
        (
            town("4", json!({"area": {"shape": ring(json!([[0, 0], [1, 0], [1, 91], [0, 0]]))}})),
            &["/properties/area/shape/coordinates/0/2"],
        ),
        (
            town("4", json!({"area": {"union": [{"region": "KH"}, {"shape": {"type": "Circle"}}]}})),
            &["/properties/area/union/1/shape"],
        ),
        (
            json!({"type": "Feature", "geometry": null, "properties": {"advisory": "kr-mofa:new", "withdrawn": true, "level": null,
            "title": {}, "text": {}, "source_url": "https://example.org/"}}),
            &["/properties/withdrawn"],
        ),
    ]
}

on_both! {
    async fn every_mistake_is_told_at_its_place(db: Database) {
        let here = Instance::start(&db).await;
        for (document, pointers) in broken() {
            let error = here.publish(&embassy(), Seen::Unsaid, &document).await.expect_err(&document.to_string());
            let told: Vec<String> = match &error {
                Error::Invalid(issues) => issues.iter().map(|issue| issue.pointer.clone()).collect(),
                // another's issuer is refused before the document is looked at
                Error::Forbidden(_) => vec!["/properties/advisory".to_owned()],
                other => panic!("{document}: {other}"),
            };
            for pointer in pointers {
                assert!(told.iter().any(|t| t.starts_with(pointer)), "{document}\nsays {told:?}, not {pointer}: {error}");
            }
            assert_eq!(told.len(), pointers.len(), "{document} says {told:?}: {error}");
        }
        assert!(!here.follow().await, "nothing was published");
    }
}
