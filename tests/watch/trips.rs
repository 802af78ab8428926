//! A trip from being saved to being over: what is owed, and what is not.

use cordon::flows::seen::Seen;
use jiff::SignedDuration;

use crate::databases::Database;
use crate::world::{COUNTRY, Instance, SEA, TOWN, World, stay};

const DAY: SignedDuration = SignedDuration::from_hours(24);

on_both! {
    async fn publishing_enters_raising_changes_and_withdrawing_gives_the_all_clear(db: Database) {
        let mut world = World::new();
        let service = Instance::start(&db, &world).await;
        let traveller = service.traveller().await;
        service.subscribe(&traveller.id, 3, false).await;
        let now = world.now();
        let saved = service.watch.save_trip(&traveller.id, None, &stay(TOWN, now, now + DAY * 3)).await.expect("saved");
        assert!(saved.subject.matches.is_empty());
        service.watch.save_trip(&traveller.id, None, &stay(SEA, now, now + DAY * 3)).await.expect("saved");
        service.settle().await;
        assert!(service.owed().await.is_empty());

        world.say("kr-mofa:town", Some("3"), "kh-town");
        service.publish().await;
        service.settle().await;
        assert_eq!(service.owed_words().await, ["entered town@1 3 advisory"]);
        service.deliver_all().await;

        world.say("kr-mofa:town", Some("4"), "kh-town");
        service.publish().await;
        service.settle().await;
        assert_eq!(service.owed_words().await[1..], ["changed town@2 5 advisory"]);
        service.deliver_all().await;

        world.say("kr-mofa:town", None, "kh-town");
        service.publish().await;
        service.settle().await;
        assert_eq!(service.owed_words().await[2..], ["exited town@2 5 advisory"]);
        // settled is settled
        assert_eq!(service.settle().await, 0);
        assert_eq!(service.owed().await.len(), 3);
    }

    async fn only_those_who_were_told_get_the_all_clear(db: Database) {
        let mut world = World::new();
        let service = Instance::start(&db, &world).await;
        let traveller = service.traveller().await;
        let mild = service.subscribe(&traveller.id, 2, false).await;
        let grave = service.subscribe(&traveller.id, 4, false).await;
        let now = world.now();
        service.watch.save_trip(&traveller.id, None, &stay(TOWN, now, now + DAY * 3)).await.expect("saved");
        world.say("kr-mofa:town", Some("3"), "kh-town");
        service.publish().await;
        service.settle().await;
        service.deliver_all().await;
        world.say("kr-mofa:town", Some("4"), "kh-town");
        service.publish().await;
        service.settle().await;
        service.deliver_all().await;
        // below the limit of one, not of the other
        world.say("kr-mofa:town", Some("3"), "kh-town");
        service.publish().await;
        service.settle().await;
        service.deliver_all().await;
        let late = service.subscribe(&traveller.id, 1, false).await;
        world.say("kr-mofa:town", None, "kh-town");
        service.publish().await;
        service.settle().await;
        let owed = service.owed().await;
        let of = |id: &str| owed.iter().filter(|(to, _)| to == id).map(|(_, what)| what.clone()).collect::<Vec<_>>();
        assert_eq!(of(&mild), ["entered town@1 3 advisory", "changed town@2 5 advisory", "changed town@3 5 advisory", "exited town@3 3 advisory"]);
        let end = ["changed town@2 5 advisory", "changed town@3 5 advisory", "exited town@3 3 advisory"];
        assert_eq!(of(&grave), end, "told of the lowering, below what it asks for, and hears the end of what it was told");
        assert!(of(&late).is_empty(), "it was never told of what ended");
    }

    /// The step that made it mild was superseded before anybody heard of it: that it is over is owed all the same.
    async fn what_is_over_in_two_quick_steps_gives_the_all_clear(db: Database) {
        let mut world = World::new();
        let service = Instance::start(&db, &world).await;
        let traveller = service.traveller().await;
        service.subscribe(&traveller.id, 4, false).await;
        let now = world.now();
        service.watch.save_trip(&traveller.id, None, &stay(TOWN, now, now + DAY * 3)).await.expect("saved");
        world.say("kr-mofa:town", Some("4"), "kh-town");
        service.publish().await;
        service.settle().await;
        service.deliver_all().await;
        world.say("kr-mofa:town", Some("2"), "kh-town");
        service.publish().await;
        service.settle().await;
        world.say("kr-mofa:town", None, "kh-town");
        service.publish().await;
        service.settle().await;
        service.deliver_all().await;
        assert_eq!(service.owed_words().await, ["entered town@1 5 advisory", "changed town@2 5 advisory", "exited town@2 2 advisory"]);
        assert_eq!(service.states().await, ["delivered", "superseded", "delivered"]);
        // nor, once it was taken, again when something mild comes and goes
        for level in [Some("2"), None] {
            world.say("kr-mofa:town", level, "kh-town");
            service.publish().await;
            service.settle().await;
        }
        assert_eq!(service.owed().await.len(), 3);
    }

    /// It is over, and mild again before anybody heard that: they are told of what is mild, since they know of what was grave.
    async fn what_is_over_and_mild_again_is_told_to_those_who_know_it_as_grave(db: Database) {
        let mut world = World::new();
        let service = Instance::start(&db, &world).await;
        let (told, late) = (service.traveller().await, service.traveller().await);
        let now = world.now();
        for traveller in [&told, &late] {
            service.subscribe(&traveller.id, 3, false).await;
        }
        service.watch.save_trip(&told.id, None, &stay(TOWN, now, now + DAY * 3)).await.expect("saved");
        world.say("kr-mofa:town", Some("3"), "kh-town");
        service.publish().await;
        service.settle().await;
        service.deliver_all().await;
        service.watch.save_trip(&late.id, None, &stay((18.5, 108.5), now, now + DAY * 3)).await.expect("saved");
        for (level, region) in [(None, "kh-town"), (Some("2"), "kh-town")] {
            world.say("kr-mofa:town", level, region);
            service.publish().await;
            service.settle().await;
        }
        service.deliver_all().await;
        assert_eq!(service.owed_words().await[1..], ["exited town@1 3 advisory", "entered town@3 2 advisory"]);
        assert_eq!(service.states().await, ["delivered", "superseded", "delivered"]);
        world.say("kr-mofa:town", Some("2"), "kh-elsewhere");
        service.publish().await;
        service.settle().await;
        assert_eq!(service.owed_words().await[3..], ["exited town@3 2 advisory"], "the end of what they know; who never knew it as grave hears nothing");
    }

    async fn a_browser_with_another_address_still_hears_the_all_clear(db: Database) {
        let mut world = World::new();
        let service = Instance::start(&db, &world).await;
        let traveller = service.traveller().await;
        let (moving, other) = (service.subscribe(&traveller.id, 3, false).await, service.subscribe(&traveller.id, 4, false).await);
        let now = world.now();
        service.watch.save_trip(&traveller.id, None, &stay(TOWN, now, now + DAY * 3)).await.expect("saved");
        world.say("kr-mofa:town", Some("3"), "kh-town");
        service.publish().await;
        service.settle().await;
        service.deliver_all().await;

        let moved = service.move_to(&traveller.id, &moving, "https://push.example/new").await.expect("moved");
        assert_eq!((moved.id.as_str(), moved.min_severity.get(), moved.revision), (moving.as_str(), 3, 2));
        assert!(service.move_to(&traveller.id, &other, "https://push.example/new").await.is_err(), "one address, one subscription");

        world.say("kr-mofa:town", None, "kh-town");
        service.publish().await;
        service.settle().await;
        assert_eq!(service.owed().await[1..], [(moving, "exited town@1 3 advisory".to_owned())]);
    }

    async fn a_redrawn_area_enters_some_and_leaves_others(db: Database) {
        let mut world = World::new();
        world.say("kr-mofa:town", Some("4"), "kh-town");
        let service = Instance::start(&db, &world).await;
        let (inside, outside) = (service.traveller().await, service.traveller().await);
        let [told, other] = [service.subscribe(&inside.id, 3, false).await, service.subscribe(&outside.id, 3, false).await];
        let now = world.now();
        service.watch.save_trip(&inside.id, None, &stay(TOWN, now, now + DAY)).await.expect("saved");
        service.watch.save_trip(&outside.id, None, &stay((18.5, 108.5), now, now + DAY)).await.expect("saved");
        world.say("kr-mofa:town", Some("4"), "kh-elsewhere");
        service.publish().await;
        service.settle().await;
        // who was inside when saving knows it by the answer
        let mut owed = service.owed().await;
        owed.sort();
        let mut expected = [(told.clone(), "exited town@1 5 advisory".to_owned()), (other.clone(), "entered town@2 5 advisory".to_owned())];
        expected.sort();
        assert_eq!(owed, expected);
        service.deliver_all().await;
        world.say("kr-mofa:town", Some("4"), "kh-town");
        service.publish().await;
        service.settle().await;
        let mut owed = service.owed().await.split_off(2);
        owed.sort();
        let mut expected = [(told, "entered town@3 5 advisory".to_owned()), (other, "exited town@2 5 advisory".to_owned())];
        expected.sort();
        assert_eq!(owed, expected);
    }

    /// The exception is gone before its all-clear has arrived: what it may yet say is not so.
    async fn what_speaks_again_is_told_while_its_all_clear_is_under_way(db: Database) {
        let mut world = World::new();
        let service = Instance::start(&db, &world).await;
        let traveller = service.traveller().await;
        service.subscribe(&traveller.id, 3, false).await;
        let now = world.now();
        service.watch.save_trip(&traveller.id, None, &stay(TOWN, now, now + DAY * 5)).await.expect("saved");
        world.say("kr-mofa:country", Some("3"), "KH");
        service.publish().await;
        service.settle().await;
        service.deliver_all().await;
        world.carve("kr-mofa:town", "2", "kh-town", "kr-mofa:country");
        service.publish().await;
        service.settle().await;
        world.say("kr-mofa:town", None, "kh-town");
        service.publish().await;
        service.settle().await;
        let expected = ["entered country@1 3 advisory", "changed country@1 3 advisory", "changed country@1 3 advisory"];
        assert_eq!(service.owed_words().await, expected);
        assert_eq!(service.states().await, ["delivered", "superseded", "pending"]);
    }

    async fn a_part_that_is_over_concerns_nobody(db: Database) {
        let mut world = World::new();
        let service = Instance::start(&db, &world).await;
        let traveller = service.traveller().await;
        service.subscribe(&traveller.id, 3, false).await;
        let now = world.now();
        let plan = serde_json::json!({"itinerary": {"stops": [
            {"id": "a", "place": {"lat": TOWN.0, "lon": TOWN.1}, "arrive": now.to_string(), "depart": (now + DAY).to_string()},
            {"id": "b", "place": {"lat": COUNTRY.0, "lon": COUNTRY.1}, "arrive": (now + DAY * 2).to_string(), "depart": (now + DAY * 3).to_string()}],
            "legs": [{"id": "l", "from": "a", "to": "b", "mode": "air"}]}});
        service.watch.save_trip(&traveller.id, None, &plan.to_string().into_bytes().into()).await.expect("saved");
        world.pass(DAY + SignedDuration::from_hours(1));
        world.say("kr-mofa:town", Some("4"), "kh-town");
        service.publish().await;
        service.settle().await;
        assert!(service.owed().await.is_empty());
        world.say("kr-mofa:kh", Some("3"), "KH");
        service.publish().await;
        service.settle().await;
        assert_eq!(service.owed_words().await, ["entered kh@1 3 advisory"]);
        // and nothing is left to watch once all of it and the rest are over
        world.pass(DAY * 4);
        while service.watch.retention_step().await.expect("stepped") == cordon::flows::step::Step::Worked {}
        assert!(service.watch.trips(&traveller.id).await.expect("read").is_empty());
        let refused = service.watch.save_trip(&traveller.id, None, &stay(TOWN, now, now + DAY)).await.expect_err("it is over");
        assert!(refused.to_string().contains("nothing left to watch"), "{refused}");
    }

    async fn a_way_that_is_not_known_counts_as_concerned_by_what_lies_within_reach(db: Database) {
        let mut world = World::new();
        let service = Instance::start(&db, &world).await;
        let traveller = service.traveller().await;
        service.subscribe(&traveller.id, 3, false).await;
        let now = world.now();
        // from west of the town to east of it, by bus, nobody knows where along
        let plan = serde_json::json!({"itinerary": {"stops": [
            {"id": "a", "place": {"lat": 10.5, "lon": 99.0}, "depart": now.to_string()},
            {"id": "b", "place": {"lat": 10.5, "lon": 102.0}, "arrive": (now + DAY).to_string()}],
            "legs": [{"id": "l", "from": "a", "to": "b", "mode": "bus"}]}});
        service.watch.save_trip(&traveller.id, None, &plan.to_string().into_bytes().into()).await.expect("saved");
        world.say("kr-mofa:town", Some("4"), "kh-town");
        service.publish().await;
        service.settle().await;
        assert_eq!(service.owed_words().await, ["entered town@1 5 advisory"]);
    }

    /// Whoever saved a trip knows by the answer what held then, and hears of its end like those who were sent an alert.
    async fn what_the_answer_said_ends_for_those_who_saved_the_trip(db: Database) {
        let mut world = World::new();
        let service = Instance::start(&db, &world).await;
        let (traveller, now) = (service.traveller().await, world.now());
        let (mild, grave) = (service.subscribe(&traveller.id, 2, false).await, service.subscribe(&traveller.id, 4, false).await);
        world.say("kr-mofa:town", Some("3"), "kh-town");
        world.say("kr-mofa:country", Some("4"), "KH");
        service.publish().await;
        service.settle().await;
        service.watch.save_trip(&traveller.id, None, &stay(TOWN, now, now + DAY * 3)).await.expect("saved");
        service.watch.save_trip(&traveller.id, None, &stay(SEA, now, now + DAY * 3)).await.expect("saved");
        assert!(service.owed().await.is_empty());
        // told once more of what the answer said already would be a false alarm
        for (country, town) in [(Some("1"), Some("3")), (None, None)] {
            world.say("kr-mofa:country", country, "KH");
            world.say("kr-mofa:town", town, "kh-town");
            service.publish().await;
            service.settle().await;
            service.deliver_all().await;
        }
        let owed = service.owed().await;
        let of = |id: &str| owed.iter().filter(|(to, _)| to == id).map(|(_, what)| what.as_str()).collect::<Vec<_>>();
        assert_eq!(of(&grave), ["changed country@2 5 advisory"], "the town never was as grave as it asks for");
        assert_eq!(of(&mild), ["changed country@2 5 advisory", "changed town@2 3 advisory", "exited town@2 3 advisory"]);
    }

    /// What the answer said counts from the last time that the trip was saved.
    async fn what_the_answer_said_is_forgotten_with_the_next_answer(db: Database) {
        let mut world = World::new();
        let service = Instance::start(&db, &world).await;
        let (traveller, now) = (service.traveller().await, world.now());
        service.subscribe(&traveller.id, 3, false).await;
        world.say("kr-mofa:town", Some("4"), "kh-town");
        service.publish().await;
        service.settle().await;
        let saved = service.watch.save_trip(&traveller.id, None, &stay(TOWN, now, now + DAY * 3)).await.expect("saved");
        let id = saved.subject.id;
        service.watch.save_trip(&traveller.id, Some((&id, &Seen::Any)), &stay(SEA, now, now + DAY * 3)).await.expect("changed");
        world.say("kr-mofa:town", None, "kh-town");
        service.publish().await;
        service.settle().await;
        assert!(service.owed().await.is_empty());
    }
}
