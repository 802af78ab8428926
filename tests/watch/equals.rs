//! Several statements of one issuer about one place: what is as grave as what governs is told, whatever it is called; what is below is not.

use jiff::SignedDuration;

use crate::databases::Database;
use crate::world::{Instance, TOWN, World, stay};

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Takes what was said, and lets everything owed for it be delivered.
async fn take(service: &Instance) {
    service.publish().await;
    service.settle().await;
    service.deliver_all().await;
}

/// A trip to the town, of somebody who wants to be told from level 3 on.
async fn trip(service: &Instance, world: &World, purpose: &str) -> String {
    let (traveller, now) = (service.traveller_as(purpose).await, world.now());
    let subscription = service.subscribe(&traveller.id, 3, false).await;
    service.watch.save_trip(&traveller.id, None, &stay(TOWN, now, now + DAY * 3)).await.expect("saved");
    subscription
}

on_both! {
    async fn whatever_it_is_called_a_statement_as_grave_is_told_and_ends(db: Database) {
        let mut world = World::new();
        let service = Instance::start(&db, &world).await;
        trip(&service, &world, "other").await;
        for advisory in ["kr-mofa:m", "kr-mofa:a", "kr-mofa:z"] {
            world.say(advisory, Some("4"), "kh-town");
            take(&service).await;
        }
        for advisory in ["kr-mofa:z", "kr-mofa:m", "kr-mofa:a"] {
            world.say(advisory, None, "kh-town");
            take(&service).await;
        }
        assert_eq!(service.owed_words().await, [
            "entered m@1 5 advisory", "entered a@1 5 advisory", "entered z@1 5 advisory",
            "exited z@1 5 advisory", "exited m@1 5 advisory", "exited a@1 5 advisory",
        ]);
    }

    async fn a_wider_one_as_grave_reaches_those_within_a_smaller_one(db: Database) {
        let mut world = World::new();
        let service = Instance::start(&db, &world).await;
        trip(&service, &world, "other").await;
        world.say("kr-mofa:town", Some("4"), "kh-town");
        take(&service).await;
        world.say("kr-mofa:country", Some("4"), "KH");
        take(&service).await;
        world.say("kr-mofa:milder", Some("3"), "KH");
        take(&service).await;
        assert_eq!(service.owed_words().await, ["entered town@1 5 advisory", "entered country@1 5 advisory"]);
    }

    async fn what_is_carved_out_or_does_not_bind_them_is_not(db: Database) {
        let mut world = World::new();
        let service = Instance::start(&db, &world).await;
        let (tourist, resident) = (trip(&service, &world, "tourism").await, trip(&service, &world, "resident").await);
        world.say("kr-mofa:town", Some("4"), "kh-town");
        take(&service).await;
        world.exempt("kr-mofa:others", "4", "kh-town", "resident");
        take(&service).await;
        let owed = service.owed().await;
        let of = |id: &str| owed.iter().filter(|(to, _)| to == id).map(|(_, what)| what.as_str()).collect::<Vec<_>>();
        assert_eq!(of(&tourist), ["entered town@1 5 advisory", "entered others@1 5 advisory"]);
        assert_eq!(of(&resident), ["entered town@1 5 advisory"]);

        world.say("kr-mofa:country", Some("2"), "KH");
        world.carve("kr-mofa:exception", "4", "kh-town", "kr-mofa:country");
        take(&service).await;
        let told = service.owed().await.len();
        world.say("kr-mofa:country", Some("4"), "KH");
        take(&service).await;
        assert_eq!(service.owed().await.len(), told, "it is carved out there");
    }

    /// An exception is made: what they were told is over for them, until the exception is.
    async fn an_exception_ends_what_was_told_until_it_ends_itself(db: Database) {
        let mut world = World::new();
        let service = Instance::start(&db, &world).await;
        let (traveller, now) = (service.traveller().await, world.now());
        service.subscribe(&traveller.id, 3, false).await;
        // under way: that it spoke for its issuer before the exception was made keeps nothing alive
        service.watch.save_trip(&traveller.id, None, &stay(TOWN, now - DAY, now + DAY * 3)).await.expect("saved");
        world.say("kr-mofa:country", Some("4"), "KH");
        take(&service).await;
        world.carve("kr-mofa:exception", "2", "kh-town", "kr-mofa:country");
        take(&service).await;
        assert_eq!(service.owed_words().await, ["entered country@1 5 advisory", "changed country@1 5 advisory"]);
        let mut tx = service.store.read().await.expect("begun");
        let owed = tx.query("SELECT owed FROM delivery WHERE advisory = 'kr-mofa:country' ORDER BY id DESC LIMIT 1").one().await.expect("read");
        assert_eq!(owed.text("owed").expect("a word"), "all_clear");
        drop(tx);
        world.say("kr-mofa:exception", None, "kh-town");
        take(&service).await;
        world.say("kr-mofa:country", None, "KH");
        take(&service).await;
        assert_eq!(service.owed_words().await[2..], ["changed country@1 5 advisory", "exited country@1 5 advisory"]);
    }

    /// What is below comes to the surface when what stood above it ends: told to those who do not know it, and to nobody twice.
    async fn what_comes_to_the_surface_is_owed_to_those_who_do_not_know_it(db: Database) {
        let mut world = World::new();
        let service = Instance::start(&db, &world).await;
        let knows = trip(&service, &world, "other").await;
        world.say("kr-mofa:below", Some("3"), "kh-town");
        take(&service).await;
        world.say("kr-mofa:above", Some("4"), "kh-town");
        take(&service).await;
        let late = trip(&service, &world, "other").await;
        world.say("kr-mofa:above", None, "kh-town");
        take(&service).await;
        let owed = service.owed().await;
        let of = |id: &str| owed.iter().filter(|(to, _)| to == id).map(|(_, what)| what.as_str()).collect::<Vec<_>>();
        assert_eq!(of(&knows), ["entered below@1 3 advisory", "entered above@1 5 advisory", "exited above@1 5 advisory"]);
        assert_eq!(of(&late), ["exited above@1 5 advisory", "changed below@1 3 advisory"], "the answer when its trip was saved said what stood above");
        // said anew while something stood above it, it is not what they know
        world.say("kr-mofa:above", Some("4"), "kh-town");
        take(&service).await;
        world.say("kr-mofa:below", Some("special"), "kh-town");
        take(&service).await;
        let told = service.owed().await.len();
        world.say("kr-mofa:above", None, "kh-town");
        take(&service).await;
        let mut words = service.owed_words().await.split_off(told);
        words.sort();
        assert_eq!(words, ["changed below@2 4 advisory", "changed below@2 4 advisory", "exited above@3 5 advisory", "exited above@3 5 advisory"]);
    }

    /// Lowered below what governs beside it, it is over for those who were told of more.
    async fn what_is_lowered_below_another_is_over(db: Database) {
        let mut world = World::new();
        let service = Instance::start(&db, &world).await;
        let (traveller, now) = (service.traveller().await, world.now());
        service.subscribe(&traveller.id, 2, false).await;
        service.watch.save_trip(&traveller.id, None, &stay(TOWN, now, now + DAY * 3)).await.expect("saved");
        for (advisory, level, region) in [("kr-mofa:country", "3", "KH"), ("kr-mofa:town", "4", "kh-town"), ("kr-mofa:town", "2", "kh-town")] {
            world.say(advisory, Some(level), region);
            take(&service).await;
        }
        assert_eq!(service.owed_words().await, ["entered country@1 3 advisory", "entered town@1 5 advisory", "changed town@2 5 advisory"]);
        let mut tx = service.store.read().await.expect("begun");
        let owed = tx.query("SELECT owed FROM delivery ORDER BY id DESC LIMIT 1").one().await.expect("read");
        assert_eq!(owed.text("owed").expect("a word"), "all_clear", "level 3 is what is left");
    }
}
