//! Without an engine: the operator's table of usual ways, labelled as such, and never clear.

use serde_json::{Value, json};

use crate::trips::{ask, bangkok_siem_reap, bundled, finding, town, trip};

#[tokio::test]
async fn the_usual_way_runs_through_poipet() {
    let answer = ask(&bundled(), None, &bangkok_siem_reap("bus")).await;
    assert_eq!((&answer["verdict"], &answer["complete"]), (&json!("prohibited"), &json!(false)), "{answer:#}");
    let poipet = finding(&answer, "kr-mofa:kh-poipet@");
    assert_eq!((&poipet["placement"], &poipet["way"]["source"]), (&json!("possible"), &json!("corridor_table")));
    assert!(poipet["usual_way"].as_str().is_some_and(|name| name.contains("Poipet")), "{poipet}");
    assert_eq!(answer["indeterminate"][0]["reason"], "missing_route", "usual is not certain");
    assert_eq!(answer["ways"][0]["source"], "corridor_table");
}

#[tokio::test]
async fn an_airport_lies_at_its_town_and_the_way_back_is_the_same() {
    let there = trip("bus", "2025-10-20", &json!({"iata": "BKK"}), &json!({"iata": "SAI"}));
    let back = trip("car", "2025-10-20", &town("Siem Reap", "KH"), &town("Bangkok", "TH"));
    for request in [there, back] {
        let answer = ask(&bundled(), None, &request).await;
        assert_eq!(answer["verdict"], "prohibited", "{answer:#}");
        assert_eq!(finding(&answer, "kr-mofa:kh-poipet@")["way"]["source"], "corridor_table");
    }
}

/// No corridor leads from Bangkok to Battambang: one of the crossings on the way must be taken, and the worst of them decides.
#[tokio::test]
async fn without_a_corridor_the_crossings_on_the_way_count() {
    let request = trip("bus", "2025-10-20", &town("Bangkok", "TH"), &town("Battambang", "KH"));
    let answer = ask(&bundled(), None, &request).await;
    assert_eq!((&answer["verdict"], &answer["complete"]), (&json!("prohibited"), &json!(false)), "{answer:#}");
    let found = &answer["ways"][0];
    let named = |at: &Value| {
        found["options"][at.as_u64().and_then(|i| usize::try_from(i).ok()).expect("a place")]["name"].clone()
    };
    assert!(named(&found["worst"]).as_str().is_some_and(|name| name.starts_with("Poipet")), "{found:#}");
    assert!(!named(&found["best"]).as_str().is_some_and(|name| name.starts_with("Poipet")), "{found:#}");
    // Hat Lek lies too far off the way
    assert!(
        finding(&answer, "kr-mofa:kh-poipet@")["usual_way"].as_str().is_some_and(|name| name.starts_with("Poipet"))
    );
}

#[tokio::test]
async fn the_table_speaks_of_roads_only() {
    for mode in ["rail", "ferry", "foot"] {
        let answer = ask(&bundled(), None, &bangkok_siem_reap(mode)).await;
        assert_eq!((&answer["verdict"], &answer["ways"]), (&json!("indeterminate"), &Value::Null), "{mode}");
    }
}

#[tokio::test]
async fn a_harmless_usual_way_does_not_make_a_leg_clear() {
    // before October nothing in Poipet was forbidden, but areas of severity 3 lay within reach
    let request = trip("bus", "2025-09-20", &town("Phnom Penh", "KH"), &town("Siem Reap", "KH"));
    let answer = ask(&bundled(), None, &request).await;
    assert_eq!((&answer["verdict"], &answer["complete"]), (&json!("indeterminate"), &json!(false)), "{answer:#}");
}
