//! What is announced before it takes effect: told to those who ask for it, taken back where it does not come, and over like anything else.

use jiff::SignedDuration;

use crate::databases::Database;
use crate::world::{Instance, TOWN, World, stay};

const DAY: SignedDuration = SignedDuration::from_hours(24);

on_both! {
    async fn what_takes_effect_later_is_announced_where_asked_for_and_comes_by_the_clock(db: Database) {
        let mut world = World::new();
        world.say("kr-mofa:town", Some("2"), "kh-town");
        let service = Instance::start(&db, &world).await;
        let traveller = service.traveller().await;
        let early = service.subscribe(&traveller.id, 3, true).await;
        let plain = service.subscribe(&traveller.id, 3, false).await;
        let now = world.now();
        // the stop begins after the raised level takes effect: until then the level in force does not reach it
        let saved = service.watch.save_trip(&traveller.id, None, &stay(TOWN, now + DAY * 3, now + DAY * 5)).await.expect("saved");
        assert_eq!(saved.subject.matches.len(), 1);
        world.say_from("kr-mofa:town", Some("4"), "kh-town", now + DAY);
        service.publish().await;
        service.settle().await;
        assert_eq!(service.owed().await, [(early.clone(), "upcoming town@2 5 advisory".to_owned())], "nobody hears that it is over");
        assert_eq!(service.settle().await, 0);
        service.deliver_all().await;

        world.pass(DAY);
        service.pass_instants().await;
        service.settle().await;
        let mut owed = service.owed().await.split_off(1);
        owed.sort();
        let mut expected = [early, plain].map(|id| (id, "changed town@2 5 clock".to_owned()));
        expected.sort();
        assert_eq!(owed, expected);
    }

    async fn what_was_announced_and_will_not_come_is_taken_back(db: Database) {
        let mut world = World::new();
        let service = Instance::start(&db, &world).await;
        let traveller = service.traveller().await;
        service.subscribe(&traveller.id, 3, true).await;
        service.subscribe(&traveller.id, 3, false).await;
        let now = world.now();
        service.watch.save_trip(&traveller.id, None, &stay(TOWN, now, now + DAY * 5)).await.expect("saved");
        world.say_from("kr-mofa:town", Some("4"), "kh-town", now + DAY);
        service.publish().await;
        service.settle().await;
        service.deliver_all().await;
        world.say("kr-mofa:town", None, "kh-town");
        service.publish().await;
        service.settle().await;
        assert_eq!(service.owed_words().await, ["upcoming town@1 5 advisory", "cancelled town@1 5 advisory"]);
        service.deliver_all().await;
        // and once it was taken back, nothing of it is over
        world.say("kr-mofa:town", Some("2"), "kh-town");
        service.publish().await;
        service.settle().await;
        assert_eq!(service.owed().await.len(), 2);
    }

    async fn what_was_announced_is_taken_back_although_another_revision_holds(db: Database) {
        let mut world = World::new();
        world.say("kr-mofa:town", Some("2"), "kh-town");
        let service = ban_announced(&db, &mut world, 3).await;
        world.say("kr-mofa:town", Some("3"), "kh-town");
        service.publish().await;
        service.settle().await;
        assert_eq!(service.owed_words().await, ["upcoming town@2 5 advisory", "changed town@3 3 advisory", "cancelled town@2 5 advisory"]);
    }

    /// Its instant passed while nobody worked, and what is found then is another revision, of which nobody hears: it is mild.
    async fn what_was_announced_is_taken_back_although_its_instant_passed_unnoticed(db: Database) {
        let mut world = World::new();
        let service = announced_and_lowered_unnoticed(&db, &mut world).await;
        assert_eq!(service.owed_words().await, ["upcoming town@1 5 advisory", "cancelled town@1 5 advisory"]);
        assert_eq!(service.states().await, ["delivered", "delivered"]);
    }

    /// The same, where something mild held before it as well.
    async fn what_was_announced_above_something_mild_is_taken_back_although_its_instant_passed_unnoticed(db: Database) {
        let mut world = World::new();
        world.say("kr-mofa:town", Some("1"), "kh-town");
        let service = announced_and_lowered_unnoticed(&db, &mut world).await;
        assert_eq!(service.owed_words().await, ["upcoming town@2 5 advisory", "cancelled town@2 5 advisory"]);
        assert_eq!(service.states().await, ["delivered", "delivered"]);
    }

    /// What will stand above it by the time of the stay is graver: that is announced, and nothing is over.
    async fn what_something_graver_is_to_stand_above_is_not_over(db: Database) {
        let mut world = World::new();
        let service = Instance::start(&db, &world).await;
        let traveller = service.traveller().await;
        let early = service.subscribe(&traveller.id, 3, true).await;
        service.subscribe(&traveller.id, 3, false).await;
        let now = world.now();
        service.watch.save_trip(&traveller.id, None, &stay(TOWN, now + DAY * 3, now + DAY * 5)).await.expect("saved");
        world.say("kr-mofa:town", Some("3"), "kh-town");
        service.publish().await;
        service.settle().await;
        service.deliver_all().await;
        world.say_from("kr-mofa:country", Some("4"), "KH", now + DAY);
        service.publish().await;
        service.settle().await;
        assert_eq!(service.owed().await[2..], [(early, "upcoming country@1 5 advisory".to_owned())]);
    }

    /// Announced as grave, and mild before anybody heard of that; then another stands above it: what they know is still over.
    async fn what_is_overshadowed_before_its_lowering_was_heard_is_over(db: Database) {
        let mut world = World::new();
        let service = ban_announced(&db, &mut world, 4).await;
        world.say("kr-mofa:town", Some("1"), "kh-town");
        service.publish().await;
        service.settle().await;
        service.fail_all().await;
        world.say("kr-mofa:country", Some("4"), "KH");
        world.say("kr-mofa:town", Some("2"), "kh-town");
        service.publish().await;
        service.settle().await;
        let owed = service.owed_words().await;
        assert_eq!(owed[2..], ["entered country@1 5 advisory", "changed town@3 2 advisory"], "{owed:?}");
    }

    /// It came as grave by another revision, of which they did not hear before it was lowered: what they know is the announcement.
    async fn what_was_announced_and_came_unheard_is_lowered_for_those_who_know_the_announcement(db: Database) {
        let mut world = World::new();
        let service = ban_announced(&db, &mut world, 3).await;
        for level in ["4", "1"] {
            world.say("kr-mofa:town", Some(level), "kh-town");
            service.publish().await;
            service.settle().await;
            service.fail_all().await;
        }
        assert_eq!(service.owed_words().await[1..], ["entered town@2 5 advisory", "changed town@3 5 advisory"]);
    }

    /// What comes instead is as grave: they hear of that, and not beside it that what was announced will not come.
    async fn what_was_announced_and_comes_as_grave_by_another_revision_is_not_taken_back(db: Database) {
        let mut world = World::new();
        let service = ban_announced(&db, &mut world, 3).await;
        world.say("kr-mofa:town", Some("4"), "kh-town");
        service.publish().await;
        service.settle().await;
        assert_eq!(service.owed_words().await, ["upcoming town@1 5 advisory", "entered town@2 5 advisory"]);
    }

    /// Announced as grave, then as mild: told to those who know it as grave.
    async fn what_is_to_come_milder_than_announced_is_told_to_those_who_know_it_as_grave(db: Database) {
        let mut world = World::new();
        let service = Instance::start(&db, &world).await;
        let (told, late) = (service.traveller().await, service.traveller().await);
        let now = world.now();
        service.subscribe(&told.id, 3, true).await;
        service.watch.save_trip(&told.id, None, &stay(TOWN, now, now + DAY * 5)).await.expect("saved");
        for (level, expected) in [("4", "upcoming town@1 5 advisory"), ("2", "upcoming town@2 2 advisory")] {
            world.pass(SignedDuration::from_secs(1));
            world.say_from("kr-mofa:town", Some(level), "kh-town", now + DAY);
            service.publish().await;
            service.settle().await;
            assert_eq!(service.owed_words().await.last().map(String::as_str), Some(expected));
            service.deliver_all().await;
            if level == "4" {
                service.subscribe(&late.id, 3, true).await;
                service.watch.save_trip(&late.id, None, &stay(TOWN, now, now + DAY * 5)).await.expect("saved");
            }
        }
        let milder = service.owed().await.split_off(1);
        assert_eq!(milder.len(), 2, "who saved their trip since then knows it as grave from the answer");
        assert!(milder.iter().all(|(_, what)| what == "upcoming town@2 2 advisory"), "{milder:?}");
    }
}

/// A trip through the town, of whose ban for tomorrow its traveller heard, who asks for what is of severity `least` and graver.
async fn ban_announced(db: &Database, world: &mut World, least: u8) -> Instance {
    let service = Instance::start(db, world).await;
    let traveller = service.traveller().await;
    service.subscribe(&traveller.id, least, true).await;
    let now = world.now();
    service.watch.save_trip(&traveller.id, None, &stay(TOWN, now, now + DAY * 5)).await.expect("saved");
    world.say_from("kr-mofa:town", Some("4"), "kh-town", now + DAY);
    service.publish().await;
    service.settle().await;
    service.deliver_all().await;
    service
}

/// Such a ban came into force and was lowered before anything else was noticed.
async fn announced_and_lowered_unnoticed(db: &Database, world: &mut World) -> Instance {
    let service = ban_announced(db, world, 3).await;
    world.pass(DAY * 2);
    world.say("kr-mofa:town", Some("2"), "kh-town");
    service.publish().await;
    service.settle().await;
    service.deliver_all().await;
    service.pass_instants().await;
    service.settle().await;
    service
}
