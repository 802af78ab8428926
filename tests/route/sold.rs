//! Sold trips that are watched along the ways that the engine told.

use std::time::Duration;

use cordon::flows::step::Step;
use cordon::route::Router;
use jiff::SignedDuration;
use serde_json::json;

use crate::agency::{KEY, heard, validate};
use crate::databases::Database;
use crate::engines::Engine;
use crate::world::{Instance, World};

/// A Korean from Phnom Penh to Kampong Thom by car; the road passes Baray.
fn by_car(world: &World) -> String {
    let (depart, arrive) = (world.now() + SignedDuration::from_hours(1), world.now() + SignedDuration::from_hours(9));
    json!({"ref": "CAR", "party": [{"id": "p", "nationalities": ["KR"]}], "stops": [
        {"id": "a", "place": {"lat": 11.56245, "lon": 104.91601}, "depart": depart.to_string()},
        {"id": "b", "place": {"lat": 12.71112, "lon": 104.88873}, "arrive": arrive.to_string()}],
        "legs": [{"id": "l", "from": "a", "to": "b", "mode": "car"}]})
    .to_string()
}

fn router(engine: &Engine) -> Router {
    Router::new(&engine.address, Duration::from_secs(2), 100).expect("a router")
}

async fn take(service: &Instance) {
    service.publish().await;
    service.settle().await;
}

on_both! {
    async fn a_sold_trip_is_watched_along_the_way_it_was_validated_by(db: Database) {
        let (mut world, mut engine) = (World::new(), Engine::osrm().await);
        let service = Instance::start_with(&db, &world, Some(router(&engine))).await;
        let job = validate(&service, &world, &[by_car(&world)], true).await;
        assert!(heard(&service).await.is_empty(), "the watch knows the way of the result");
        // nobody is asked again when the advisories change
        engine.kill();
        world.say("kr-mofa:west", Some("4"), "kh-west");
        take(&service).await;
        assert!(heard(&service).await.is_empty(), "it lies within reach, and the way does not lead there");
        world.say("kr-mofa:baray", Some("4"), "kh-baray");
        take(&service).await;
        assert_eq!(heard(&service).await, ["CAR clear → prohibited: entered baray@1 advisory"]);
        let standing = service.watch.watched_booking(&job.id, 0, KEY).await.expect("read");
        assert!(standing.now.expect("ahead").complete);
    }

    async fn a_way_that_was_not_told_at_first_is_asked_for_again(db: Database) {
        let (mut world, engine) = (World::new(), Engine::osrm().await);
        world.say("kr-mofa:west", Some("4"), "kh-west");
        let service = Instance::start_with(&db, &world, Some(router(&engine))).await;
        engine.stop();
        validate(&service, &world, &[by_car(&world)], true).await;
        assert!(heard(&service).await.is_empty(), "in doubt as the result is");
        assert_eq!(service.watch.ask_for_ways().await.expect("asked"), Step::Idle, "it is still silent");
        engine.go_on();
        assert_eq!(service.watch.ask_for_ways().await.expect("asked"), Step::Worked);
        let told = heard(&service).await;
        assert!(told[0].starts_with("CAR indeterminate → clear"), "{told:?}");
        assert_eq!((service.watch.ask_for_ways().await.expect("asked"), told.len()), (Step::Idle, 1));
    }
}
