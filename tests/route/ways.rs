//! With an engine: what the way runs through decides, alternatives count, and no way is never clear.

use cordon::geometry::Position;
use cordon::model::Mode;
use cordon::model::route::NoRoute;
use cordon::route::Router;
use serde_json::{Value, json};

use crate::engines::Engine;
use crate::trips::{ask, bangkok_siem_reap, bundled, finding, router, town, trip};

fn metres(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

/// Both ends are clear; the way is not. 22.6 km of straight line between the gate and the edge of Poipet by the facts.
async fn poipet_is_in_the_way(engine: Engine, name: &str, data: impl Fn(&str) -> bool) {
    let (world, router) = (bundled(), router(&engine.address));
    let bus = ask(&world, Some(&router), &bangkok_siem_reap("bus")).await;
    assert_eq!((&bus["verdict"], &bus["complete"]), (&json!("prohibited"), &json!(true)), "{bus:#}");
    let poipet = finding(&bus, "kr-mofa:kh-poipet@");
    assert_eq!((&poipet["subject"]["kind"], &poipet["placement"]), (&json!("leg"), &json!("inside")));
    let way = &poipet["way"];
    assert_eq!(way["source"], "router");
    assert!((metres(&way["inside_m"]) - 23_000.0).abs() < 1_500.0, "{way}");
    assert!((metres(&way["enters_m"]) - 224_700.0).abs() < 1_500.0, "{way}");
    // six tenths of ten hours after eight
    assert!(poipet["from"].as_str().is_some_and(|at| at.starts_with("2025-10-20T06:5")), "{poipet}");
    assert!(poipet["to"].as_str().is_some_and(|at| at.starts_with("2025-10-20T07:3")), "{poipet}");
    let found = &bus["ways"][0];
    assert_eq!((&found["engine"]["name"], &found["source"]), (&json!(name), &json!("router")));
    assert!(data(found["engine"]["data"].as_str().expect("the data's version")), "{found}");
    assert!((metres(&found["options"][0]["length_m"]) - 374_800.0).abs() < 1_000.0);
    let air = ask(&world, Some(&router), &bangkok_siem_reap("air")).await;
    assert_eq!((&air["verdict"], &air["ways"]), (&json!("notice"), &Value::Null), "{air:#}");
}

#[tokio::test]
async fn poipet_is_in_the_way_by_valhalla() {
    poipet_is_in_the_way(Engine::valhalla().await, "valhalla", |data| data.starts_with("20")).await;
}

#[tokio::test]
async fn poipet_is_in_the_way_by_osrm() {
    poipet_is_in_the_way(Engine::osrm().await, "osrm", |data| data == "roads-2026-11-01").await;
}

#[tokio::test]
async fn a_way_around_is_offered_with_its_distance_and_its_own_check() {
    let engine = Engine::valhalla().await;
    let mut request = bangkok_siem_reap("bus");
    request["avoid_severity"] = json!(5);
    let answer = ask(&bundled(), Some(&router(&engine.address)), &request).await;
    assert_eq!(answer["verdict"], "prohibited", "the preferred way still decides");
    let around = &answer["ways"][0]["around"];
    assert_eq!(around["avoided"], json!(["kr-mofa:kh-poipet@1"]), "{around:#}");
    // by Pailin and Battambang, provinces under a special advisory: 518 km instead of 375
    assert_eq!(around["way"]["verdict"], "caution", "{around:#}");
    assert!((metres(&around["way"]["length_m"]) - 518_000.0).abs() < 2_000.0, "{}", around["way"]["length_m"]);
    assert!((metres(&around["extra_m"]) - 143_000.0).abs() < 2_000.0, "{}", around["extra_m"]);
}

#[tokio::test]
async fn where_every_border_province_is_to_be_avoided_nothing_leads_around() {
    let engine = Engine::valhalla().await;
    let mut request = bangkok_siem_reap("bus");
    request["avoid_severity"] = json!(3);
    // its roads cross the border from these three provinces only, and Korea advised against all of each
    let answer = ask(&bundled(), Some(&router(&engine.address)), &request).await;
    let around = &answer["ways"][0]["around"];
    assert_eq!(around["way"], Value::Null, "{around:#}");
    assert_eq!(around["none"], "valhalla found no way: No path could be found for input (code 442)", "{around:#}");
    for province in ["sa-kaeo", "chanthaburi", "trat"] {
        let avoided = around["avoided"].as_array().expect("revisions").iter();
        let is_it = |id: &str| id.starts_with(&format!("kr-mofa:th-{province}@"));
        assert!(avoided.filter_map(Value::as_str).any(is_it), "{around:#}");
    }
    // told in more vertices than the engine takes, it does not look
    let more = Router::new(&engine.address, std::time::Duration::from_secs(5), 1_000).expect("a router");
    let answer = ask(&bundled(), Some(&more), &request).await;
    let refused = answer["ways"][0]["around"]["none"].as_str().expect("a reason");
    assert!(
        refused.starts_with("valhalla refused to look for a way: Exceeded maximum number of vertices"),
        "{refused}"
    );
    assert!(
        refused.ends_with("raise `service_limits.max_exclude_polygons_vertices` in its configuration"),
        "{refused}"
    );
}

#[tokio::test]
async fn osrm_says_that_it_cannot_keep_out_of_areas() {
    let engine = Engine::osrm().await;
    let mut request = bangkok_siem_reap("bus");
    request["avoid_severity"] = json!(5);
    let answer = ask(&bundled(), Some(&router(&engine.address)), &request).await;
    assert_eq!(answer["ways"][0]["around"]["none"], "osrm cannot be told to keep out of areas");
}

#[tokio::test]
async fn osrm_is_not_asked_for_a_walk_and_the_answer_says_so() {
    let engine = Engine::osrm().await;
    let answer = ask(&bundled(), Some(&router(&engine.address)), &bangkok_siem_reap("foot")).await;
    assert_eq!(answer["verdict"], "indeterminate");
    let doubt = &answer["indeterminate"][0];
    assert_eq!(doubt["reason"], "missing_route", "what lies within reach decides, as without an engine");
    let why = "give the leg's geometry: osrm is not asked for ways by foot, as it has the roads of one kind of vehicle";
    assert!(doubt["detail"].as_str().is_some_and(|detail| detail.ends_with(why)), "{doubt}");
    let bus = ask(&bundled(), Some(&router(&engine.address)), &bangkok_siem_reap("bus")).await;
    assert_eq!(
        bus["ways"][0]["engine"],
        json!({"name": "osrm", "data": "roads-2026-11-01"}),
        "it never tells its version"
    );
}

#[tokio::test]
async fn of_several_ways_the_worst_decides_and_the_best_is_told() {
    let engine = Engine::osrm().await;
    let request = trip("bus", "2025-10-20", &town("Bangkok", "TH"), &town("Battambang", "KH"));
    let answer = ask(&bundled(), Some(&router(&engine.address)), &request).await;
    assert_eq!(answer["verdict"], "prohibited", "{answer:#}");
    let found = &answer["ways"][0];
    let verdicts: Vec<&Value> = found["options"].as_array().expect("ways").iter().map(|way| &way["verdict"]).collect();
    assert_eq!(verdicts, ["prohibited", "caution"], "by Poipet, and by Pailin");
    assert_eq!((&found["worst"], &found["best"]), (&json!(0), &json!(1)));
    assert_eq!(finding(&answer, "kr-mofa:kh-pailin@")["way"]["option"], 1);
}

/// The consulate's notice of 22 October 2025: crossing Bavet without a stay is allowed.
#[tokio::test]
async fn bavet_may_be_passed_but_not_stayed_in() {
    let engine = Engine::valhalla().await;
    let (world, router) = (bundled(), router(&engine.address));
    let to = || town("Phnom Penh", "KH");
    let bus = |day: &str| trip("bus", day, &town("Ho Chi Minh City", "VN"), &to());
    let before = ask(&world, Some(&router), &bus("2025-10-20")).await;
    assert_eq!(before["verdict"], "prohibited", "{before:#}");
    let after = ask(&world, Some(&router), &bus("2025-10-25")).await;
    assert_ne!(after["verdict"], "prohibited", "{after:#}");
    assert_eq!(finding(&after, "kr-mofa:kh-bavet@")["exemption"]["kind"], "transit_only");
    let mut overnight = bus("2025-10-25");
    overnight["itinerary"]["stops"] = json!([
        {"id": "s1", "place": town("Ho Chi Minh City", "VN"), "depart": "2025-10-25T08:00:00+07:00"},
        {"id": "s2", "place": {"lat": 11.06317, "lon": 106.13557, "name": "Bavet"}, "arrive": "2025-10-25T18:00:00+07:00", "depart": "2025-10-26T09:00:00+07:00"},
        {"id": "s3", "place": to(), "arrive": "2025-10-26T13:00:00+07:00"}]);
    overnight["itinerary"]["legs"] = json!([{"id": "l1", "from": "s1", "to": "s2", "mode": "bus"}, {"id": "l2", "from": "s2", "to": "s3", "mode": "bus"}]);
    let overnight = ask(&world, Some(&router), &overnight).await;
    assert_eq!(overnight["verdict"], "prohibited", "{overnight:#}");
}

#[tokio::test]
async fn an_engine_that_dies_leaves_the_leg_in_doubt() {
    let mut engine = Engine::valhalla().await;
    let (world, asked) = (bundled(), router(&engine.address));
    let there = ask(&world, Some(&asked), &bangkok_siem_reap("bus")).await;
    assert_eq!(there["verdict"], "prohibited");
    engine.kill();
    // another way of travelling is another question: what was answered before is remembered
    let car = ask(&world, Some(&asked), &bangkok_siem_reap("car")).await;
    assert_eq!((&car["verdict"], &car["complete"]), (&json!("indeterminate"), &json!(false)), "{car:#}");
    let doubt = &car["indeterminate"][0];
    assert_eq!(doubt["reason"], "routing_failed");
    assert_eq!(
        doubt["detail"].as_str().map(|d| d.starts_with("the way is not known: valhalla could not be asked: it ")),
        Some(true),
        "{doubt:#}"
    );
    assert!(doubt["revisions"].as_array().is_some_and(|all| all.contains(&json!("kr-mofa:kh-poipet@1"))), "{doubt:#}");
    // where nothing at all is said nearby, too: the engine was asked and did not tell
    let quiet = trip("car", "2025-10-20", &json!({"lat": 48.2, "lon": 16.37}), &json!({"lat": 48.3, "lon": 14.29}));
    assert_eq!(ask(&world, Some(&asked), &quiet).await["verdict"], "indeterminate");
}

#[tokio::test]
async fn an_engine_that_stands_still_is_not_waited_for() {
    for engine in [Engine::valhalla().await, Engine::osrm().await] {
        let asked = Router::new(&engine.address, std::time::Duration::from_millis(300), 100).expect("a router");
        engine.stop();
        let answer = ask(&bundled(), Some(&asked), &bangkok_siem_reap("bus")).await;
        assert_eq!(answer["verdict"], "indeterminate", "{answer:#}");
        let detail = answer["indeterminate"][0]["detail"].as_str().expect("a reason");
        assert!(detail.ends_with("did not answer within 0.3 s"), "{detail}");
    }
}

#[tokio::test]
async fn an_engine_killed_while_it_is_asked_leaves_the_leg_in_doubt() {
    let mut engine = Engine::osrm().await;
    let (world, asked) = (bundled(), router(&engine.address));
    engine.stop();
    let request = bangkok_siem_reap("bus");
    let (answer, ()) = tokio::join!(ask(&world, Some(&asked), &request), async {
        // the question is on its way before its first wait is over
        tokio::task::yield_now().await;
        engine.kill();
    });
    assert_eq!(answer["verdict"], "indeterminate", "{answer:#}");
    assert_eq!(answer["indeterminate"][0]["reason"], "routing_failed");
}

#[tokio::test]
async fn a_place_far_from_every_road_has_no_way() {
    for engine in [Engine::valhalla().await, Engine::osrm().await] {
        let asked = router(&engine.address);
        let at = |lat, lon| Position::new(lat, lon).expect("a place");
        // ten kilometres beside Kampong Thom
        let far = asked.routes([at(11.56245, 104.91601), at(12.80, 104.88)], Mode::Car).await.expect_err("too far");
        assert!(matches!(far, NoRoute::FarFromRoad { far_m, .. } if far_m > 2_000.0), "{far}");
        let nowhere = asked.routes([at(11.56245, 104.91601), at(48.2, 16.37)], Mode::Car).await;
        assert!(nowhere.is_err());
    }
}

#[tokio::test]
async fn one_question_is_asked_once() {
    let mut engine = Engine::osrm().await;
    let (world, asked) = (bundled(), router(&engine.address));
    let first = ask(&world, Some(&asked), &bangkok_siem_reap("bus")).await;
    engine.kill();
    assert_eq!(ask(&world, Some(&asked), &bangkok_siem_reap("bus")).await, first, "remembered");
}

#[tokio::test]
async fn trains_and_ferries_are_not_sought_on_roads() {
    let engine = Engine::osrm().await;
    let answer = ask(&bundled(), Some(&router(&engine.address)), &bangkok_siem_reap("rail")).await;
    assert_eq!(answer["verdict"], "indeterminate");
    assert_eq!(answer["indeterminate"][0]["reason"], "missing_route");
}
