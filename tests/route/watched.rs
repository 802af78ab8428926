//! Trips that are watched: along the ways that the engine told when they were saved, and by all within reach where it told none.

use std::time::Duration;

use cordon::flows::step::Step;
use cordon::flows::watch::answers::TripAnswer;
use cordon::route::Router;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::databases::Database;
use crate::engines::Engine;
use crate::world::{Instance, World};

/// From Phnom Penh to Kampong Thom by car; the road passes Baray.
fn by_car(world: &World) -> std::sync::Arc<[u8]> {
    let (depart, arrive) = (world.now() + SignedDuration::from_hours(1), world.now() + SignedDuration::from_hours(9));
    let plan = json!({"itinerary": {"stops": [
        {"id": "a", "place": {"lat": 11.56245, "lon": 104.91601}, "depart": depart.to_string()},
        {"id": "b", "place": {"lat": 12.71112, "lon": 104.88873}, "arrive": arrive.to_string()}],
        "legs": [{"id": "l", "from": "a", "to": "b", "mode": "car"}]}});
    plan.to_string().into_bytes().into()
}

fn router(engine: &Engine) -> Router {
    Router::new(&engine.address, Duration::from_millis(500), 100).expect("a router")
}

/// What a trip's owner is answered.
fn shown(saved: cordon::flows::save_itinerary::Saved) -> Value {
    serde_json::to_value(TripAnswer::whole(saved, false)).expect("JSON")
}

on_both! {
    async fn a_saved_trip_is_watched_along_the_way_that_the_engine_told(db: Database) {
        let (mut world, mut engine) = (World::new(), Engine::valhalla().await);
        let service = Instance::start_with(&db, &world, Some(router(&engine))).await;
        let traveller = service.traveller().await;
        service.subscribe(&traveller.id, 3, false).await;
        let saved = service.watch.save_trip(&traveller.id, None, &by_car(&world)).await.expect("saved");
        let id = saved.subject.id.clone();
        let answer = shown(saved);
        assert_eq!((&answer["check"]["complete"], &answer["check"]["ways"][0]["source"]), (&json!(true), &json!("router")), "{answer:#}");
        // the way is kept: nobody is asked again when the advisories change
        engine.kill();
        world.say("kr-mofa:west", Some("4"), "kh-west");
        service.publish().await;
        service.settle().await;
        assert!(service.owed_words().await.is_empty(), "it lies within reach, and the way does not lead there");
        world.say("kr-mofa:baray", Some("4"), "kh-baray");
        service.publish().await;
        service.settle().await;
        assert_eq!(service.owed_words().await, ["entered baray@1 5 advisory"]);
        let answer = shown(service.watch.trip(&traveller.id, &id).await.expect("read"));
        assert_eq!((&answer["check"]["verdict"], &answer["check"]["complete"]), (&json!("prohibited"), &json!(true)));
        let exported = service.watch.export(&traveller.id).await.expect("exported");
        assert_eq!(exported.subjects[0].ways.len(), 1);
        assert_eq!(service.watch.ask_for_ways().await.expect("asked"), Step::Idle, "nothing is owed an answer");
    }

    async fn an_engine_that_was_silent_is_asked_again_until_it_tells(db: Database) {
        let (mut world, engine) = (World::new(), Engine::valhalla().await);
        let service = Instance::start_with(&db, &world, Some(router(&engine))).await;
        let traveller = service.traveller().await;
        service.subscribe(&traveller.id, 3, false).await;
        world.say("kr-mofa:baray", Some("4"), "kh-baray");
        service.publish().await;
        service.settle().await;
        engine.stop();
        let saved = service.watch.save_trip(&traveller.id, None, &by_car(&world)).await.expect("saved");
        let id = saved.subject.id.clone();
        let answer = shown(saved);
        let check = &answer["check"];
        assert_eq!((&check["verdict"], &check["indeterminate"][0]["reason"]), (&json!("indeterminate"), &json!("routing_failed")), "{check:#}");
        assert_eq!(answer["matches"][0]["revision"], "kr-mofa:baray@1", "unknown is never safe: {answer:#}");
        // it is warned of what lies within reach, on the way or not
        world.say("kr-mofa:west", Some("4"), "kh-west");
        service.publish().await;
        service.settle().await;
        assert_eq!(service.owed_words().await, ["entered west@1 5 advisory"]);
        service.deliver_all().await;
        assert_eq!(service.watch.ask_for_ways().await.expect("asked"), Step::Idle, "it is still silent");

        engine.go_on();
        assert_eq!(service.watch.ask_for_ways().await.expect("asked"), Step::Worked);
        assert_eq!(service.owed_words().await[1..], ["exited west@1 5 moved"], "whoever was warned hears that the way does not lead there");
        let answer = shown(service.watch.trip(&traveller.id, &id).await.expect("read"));
        assert_eq!((&answer["check"]["verdict"], &answer["check"]["complete"]), (&json!("prohibited"), &json!(true)));
        assert_eq!(answer["matches"].as_array().map(Vec::len), Some(1), "{answer:#}");
        assert_eq!(service.watch.ask_for_ways().await.expect("asked"), Step::Idle);
    }
}
