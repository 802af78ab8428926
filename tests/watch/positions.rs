//! Positions: what is kept of them, and what they make happen.

use cordon::flows::report_position::Fix;
use cordon::flows::seen::Seen;
use cordon::flows::step::Step;
use cordon::format::watching::PositionsRequest;
use cordon::geometry::Position;
use cordon::matching::whereabouts::Taken;
use cordon::model::Registered;
use jiff::SignedDuration;
use serde_json::json;

use crate::databases::Database;
use crate::world::{COUNTRY, Instance, SEA, TOWN, World};

const MINUTE: SignedDuration = SignedDuration::from_mins(1);

fn fix(index: usize, at: (f64, f64), when: jiff::Timestamp) -> Fix {
    let position = Position::new(at.0, at.1).and_then(|p| p.with_accuracy(20.0)).expect("a position");
    Fix { index, position, at: when }
}

on_both! {
    async fn walking_in_enters_once_and_leaving_needs_certainty(db: Database) {
        let mut world = World::new();
        world.say("kr-mofa:town", Some("4"), "kh-town");
        let service = Instance::start(&db, &world).await;
        let traveller = service.traveller().await;
        service.subscribe(&traveller.id, 3, false).await;
        let report = async |at, minutes: i64| {
            world.pass(MINUTE * i32::try_from(minutes).expect("few"));
            service.watch.report(&traveller.id, vec![fix(0, at, world.now())], vec![]).await.expect("taken")
        };
        assert!(report(COUNTRY, 0).await.happenings.is_empty());
        assert_eq!(report(TOWN, 240).await.happenings.len(), 1);
        assert_eq!(report(TOWN, 5).await.happenings.len(), 0);
        assert_eq!(service.owed_words().await, ["entered town@1 5 moved"]);
        service.deliver_all().await;
        for _ in 0..2 {
            assert!(report((11.2, 100.5), 5).await.happenings.is_empty());
        }
        assert_eq!(report((11.2, 100.5), 5).await.happenings.len(), 1);
        assert_eq!(service.owed_words().await[1..], ["exited town@1 5 moved"]);
    }

    async fn one_report_in_any_order_says_what_many_in_order_say(db: Database) {
        let mut world = World::new();
        world.say("kr-mofa:town", Some("4"), "kh-town");
        let service = Instance::start(&db, &world).await;
        let start = world.now();
        let steps = [COUNTRY, TOWN, TOWN, (11.2, 100.5), TOWN];
        let mut fixes: Vec<Fix> = steps.iter().enumerate().map(|(i, at)| fix(i, *at, start + MINUTE * 60 * i32::try_from(i).expect("few"))).collect();
        world.pass(MINUTE * 300);
        let one = service.traveller().await;
        for fix in &fixes {
            service.watch.report(&one.id, vec![*fix], vec![]).await.expect("taken");
        }
        let other = service.traveller().await;
        fixes.swap(0, 4);
        fixes.swap(1, 2);
        fixes.push(fixes[2]);
        let reported = service.watch.report(&other.id, fixes, vec![]).await.expect("taken");
        assert_eq!(reported.taken.iter().filter(|(_, taken)| *taken == Taken::Late).count(), 1, "the one that came twice");
        let (a, b) = (service.watch.position(&one.id).await.expect("kept"), service.watch.position(&other.id).await.expect("kept"));
        assert_eq!((a.1, a.0.matches), (b.1, b.0.matches));
    }

    async fn fixes_that_are_wrong_are_named_and_the_others_taken(db: Database) {
        let world = World::new();
        let service = Instance::start(&db, &world).await;
        let traveller = service.traveller().await;
        let now = world.now();
        let request = json!({"positions": [
            {"lat": 10.5, "lon": 100.5, "accuracy_m": 10, "at": now.to_string()},
            {"lat": 100.5, "lon": 10.5, "accuracy_m": 10, "at": now.to_string()},
            {"lat": 10.5, "lon": 100.5, "at": now.to_string()},
            {"lat": 10.5, "lon": 100.5, "accuracy_m": 10, "at": "yesterday"},
            {"lat": 10.5, "lon": 100.5, "accuracy_m": 10, "at": (now + MINUTE * 10).to_string()},
            [10.5, 100.5]]});
        let request: PositionsRequest = serde_json::from_value(request).expect("a request");
        let (fixes, refused) = request.fixes().expect("few enough");
        let fixes = fixes.into_iter().map(|(index, position, at)| Fix { index, position, at }).collect();
        let reported = service.watch.report(&traveller.id, fixes, refused).await.expect("taken");
        assert_eq!(reported.taken, [(0, Taken::Accepted)]);
        let pointers: Vec<&str> = reported.refused.iter().map(|issue| issue.pointer.as_str()).collect();
        assert_eq!(pointers, ["/positions/1/lat", "/positions/2", "/positions/3/at", "/positions/5", "/positions/4/at"]);
    }

    async fn a_new_area_around_a_still_traveller_is_told_and_what_changed_before_a_report_counts_first(db: Database) {
        let mut world = World::new();
        let service = Instance::start(&db, &world).await;
        let (still, moving) = (service.traveller().await, service.traveller().await);
        for person in [&still, &moving] {
            service.subscribe(&person.id, 3, false).await;
            service.watch.report(&person.id, vec![fix(0, TOWN, world.now())], vec![]).await.expect("taken");
        }
        world.say("kr-mofa:town", Some("4"), "kh-town");
        service.publish().await;
        // one reports before the recheck has come to them, and is told at once
        world.pass(MINUTE);
        let reported = service.watch.report(&moving.id, vec![fix(0, TOWN, world.now())], vec![]).await.expect("taken");
        assert_eq!(reported.happenings.len(), 1);
        assert_eq!(service.owed_words().await, ["entered town@1 5 advisory"]);
        service.settle().await;
        assert_eq!(service.owed_words().await, ["entered town@1 5 advisory", "entered town@1 5 advisory"]);
        service.deliver_all().await;
        // raised while one has left and it is not certain yet
        world.pass(MINUTE * 5);
        service.watch.report(&moving.id, vec![fix(0, (11.2, 100.5), world.now())], vec![]).await.expect("taken");
        world.say("kr-mofa:town", Some("3"), "kh-town");
        service.publish().await;
        service.settle().await;
        assert_eq!(service.owed_words().await[2..], ["changed town@2 5 advisory", "changed town@2 5 advisory"]);
        service.deliver_all().await;
        world.say("kr-mofa:town", None, "kh-town");
        service.publish().await;
        service.settle().await;
        assert_eq!(service.owed_words().await[4..], ["exited town@2 3 advisory", "exited town@2 3 advisory"]);
    }

    async fn one_rounded_position_is_kept_and_not_for_long(db: Database) {
        let world = World::new();
        let service = Instance::start(&db, &world).await;
        let traveller = service.traveller().await;
        let now = world.now();
        let track = (0..20).map(|i| fix(i, (10.123_456_7 + 0.001 * f64::from(u32::try_from(i).expect("few")), 100.765_432_1), now - MINUTE * 60 + MINUTE * i32::try_from(i).expect("few"))).collect();
        service.watch.report(&traveller.id, track, vec![]).await.expect("taken");
        let mut tx = service.store.read().await.expect("begun");
        let rows = tx.query("SELECT document FROM subject").rows().await.expect("read");
        assert_eq!(rows.len(), 1);
        let kept = rows[0].text("document").expect("text");
        assert!(kept.contains("10.142") && kept.contains("100.765") && !kept.contains("10.1424") && !kept.contains("10.141"), "{kept}");
        drop((rows, tx));
        world.pass(SignedDuration::from_hours(24));
        while service.watch.retention_step().await.expect("stepped") == Step::Worked {}
        assert!(service.watch.position(&traveller.id).await.is_err());
        assert!(service.watch.traveller(&traveller.id).await.is_ok());
        let shown = service.meter.render(&state());
        assert!(shown.contains("cordon_forgotten_total{what=\"position\"} 1"), "{shown}");
        // and who never comes back is forgotten too
        world.pass(SignedDuration::from_hours(24 * 91));
        while service.watch.retention_step().await.expect("stepped") == Step::Worked {}
        assert!(service.watch.traveller(&traveller.id).await.is_err());
    }

    async fn nothing_is_left_of_somebody_who_is_erased(db: Database) {
        let mut world = World::new();
        world.say("kr-mofa:town", Some("4"), "kh-town");
        let service = Instance::start(&db, &world).await;
        let (gone, stays) = (service.traveller().await, service.traveller().await);
        for person in [&gone, &stays] {
            service.subscribe(&person.id, 3, false).await;
            let now = world.now();
            service.watch.save_trip(&person.id, None, &crate::world::stay(SEA, now, now + MINUTE * 600)).await.expect("saved");
            service.watch.report(&person.id, vec![fix(0, TOWN, now)], vec![]).await.expect("taken");
        }
        let all = service.watch.export(&gone.id).await.expect("everything");
        assert_eq!((all.subjects.len(), all.subscriptions.len()), (2, 1));
        let told: Vec<String> = all.subjects.iter().map(|s| s.id.clone()).chain(all.subscriptions.iter().map(|s| s.id.clone())).chain([gone.id.clone()]).collect();
        assert!(!traces(&service, &told).await.is_empty());
        service.watch.erase(&gone.id).await.expect("erased");
        assert_eq!(traces(&service, &told).await, Vec::<String>::new());
        assert!(service.watch.export(&gone.id).await.is_err());
        assert_eq!(service.watch.export(&stays.id).await.expect("everything").subjects.len(), 2);
    }

    /// What a fix says of where somebody is now is nothing if it is old, or as coarse as a country: neither is an alarm.
    async fn a_fix_that_does_not_say_where_somebody_is_is_refused(db: Database) {
        let mut world = World::new();
        world.say("kr-mofa:town", Some("4"), "kh-town");
        let service = Instance::start(&db, &world).await;
        let traveller = service.traveller().await;
        service.subscribe(&traveller.id, 1, false).await;
        let coarse = |index: usize, accuracy_m: f64| {
            let position = Position::new(TOWN.0, TOWN.1).and_then(|p| p.with_accuracy(accuracy_m)).expect("a position");
            Fix { index, position, at: world.now() }
        };
        let old = fix(0, TOWN, world.now() - MINUTE * 60 * 24);
        let reported = service.watch.report(&traveller.id, vec![old, coarse(1, 900_000.0)], vec![]).await.expect("answered");
        let refused: Vec<_> = reported.refused.iter().map(|issue| issue.pointer.as_str()).collect();
        assert_eq!(refused, ["/positions/0/at", "/positions/1/accuracy_m"]);
        assert!(reported.taken.is_empty() && service.owed().await.is_empty());
    }

    /// Design rule 8: what is possible counts as inside, and says so.
    async fn what_is_only_possible_is_marked_and_being_sure_of_it_is_no_news(db: Database) {
        let mut world = World::new();
        world.say("kr-mofa:town", Some("4"), "kh-town");
        let service = Instance::start(&db, &world).await;
        let traveller = service.traveller().await;
        service.subscribe(&traveller.id, 1, false).await;
        // some 20 km from the border
        let at = |minutes: i64, accuracy_m: f64| {
            let position = Position::new(10.2, 100.5).and_then(|p| p.with_accuracy(accuracy_m)).expect("a position");
            Fix { index: 0, position, at: world.now() + SignedDuration::from_mins(minutes) }
        };
        for minutes in [-2, -1] {
            service.watch.report(&traveller.id, vec![at(minutes, 45_000.0)], vec![]).await.expect("taken");
        }
        let possible = || async {
            let (subject, _) = service.watch.position(&traveller.id).await.expect("a position");
            subject.matches.values().map(|key| key.possible).collect::<Vec<_>>()
        };
        assert_eq!(possible().await, [true]);
        for minutes in [0, 1, 2, 3, 4] {
            world.pass(MINUTE * 4);
            service.watch.report(&traveller.id, vec![at(minutes, 20.0)], vec![]).await.expect("taken");
        }
        assert_eq!(possible().await, [false]);
        assert_eq!(service.owed_words().await, ["entered town@1 5 moved"]);
    }

    /// Who they are decides whose statements they hear: what that changes is told, whichever device changed it.
    async fn another_nationality_is_told_what_begins_and_what_ends(db: Database) {
        let mut world = World::new();
        world.say("kr-mofa:town", Some("4"), "kh-town");
        let service = Instance::start(&db, &world).await;
        let traveller = service.traveller().await;
        service.subscribe(&traveller.id, 1, false).await;
        let profile = |patch: serde_json::Value| serde_json::from_value(patch).expect("a patch");
        let change = async |patch| service.watch.change_traveller(&traveller.id, &Seen::Any, &profile(patch)).await.expect("changed");
        change(json!({"nationalities": ["FR"]})).await;
        let now = world.now();
        service.watch.save_trip(&traveller.id, None, &crate::world::stay(TOWN, now, now + MINUTE * 600)).await.expect("saved");
        service.watch.report(&traveller.id, vec![fix(0, TOWN, now)], vec![]).await.expect("taken");
        assert!(service.owed().await.is_empty());
        change(json!({"nationalities": ["KR"]})).await;
        service.deliver_all().await;
        change(json!({"nationalities": ["FR"], "lang": "ko"})).await;
        let both = |words: &str| [format!("{words} profile"), format!("{words} profile")];
        let expected = [both("entered town@1 5"), both("exited town@1 5")].concat();
        assert_eq!(service.owed_words().await, expected, "of the trip and of the position");
        let all = service.watch.export(&traveller.id).await.expect("everything");
        assert!(all.subscriptions.iter().all(|subscription| subscription.lang == "ko"), "it followed");
    }

    /// A revision that is drawn elsewhere takes effect, and before anything else has noticed a fix comes in.
    async fn what_came_into_force_elsewhere_a_moment_ago_is_left_behind(db: Database) {
        let (world, service, traveller) = drawn_elsewhere_a_moment_ago(&db).await;
        service.watch.report(&traveller.id, vec![fix(0, TOWN, world.now())], vec![]).await.expect("taken");
        service.deliver_all().await;
        service.pass_instants().await;
        service.settle().await;
        assert_eq!(service.owed_words().await, ["entered town@1 5 moved", "exited town@1 5 clock"]);
    }

    /// The same, where what is noticed first is another publication.
    async fn what_came_into_force_elsewhere_is_left_behind_by_another_recheck(db: Database) {
        let (mut world, service, _) = drawn_elsewhere_a_moment_ago(&db).await;
        world.say("kr-mofa:country", Some("2"), "KH");
        service.publish().await;
        service.settle().await;
        service.deliver_all().await;
        service.pass_instants().await;
        service.settle().await;
        assert_eq!(service.owed_words().await, ["entered town@1 5 moved", "entered country@1 2 advisory", "exited town@1 5 clock"]);
    }
}

/// Somebody who was told of a ban where they stand, whose next revision, drawn elsewhere, took effect a minute ago.
async fn drawn_elsewhere_a_moment_ago(db: &Database) -> (World, Instance, Registered) {
    let mut world = World::new();
    world.say("kr-mofa:town", Some("4"), "kh-town");
    let service = Instance::start(db, &world).await;
    let traveller = service.traveller().await;
    service.subscribe(&traveller.id, 1, false).await;
    service.watch.report(&traveller.id, vec![fix(0, TOWN, world.now())], vec![]).await.expect("taken");
    service.deliver_all().await;
    world.say_from("kr-mofa:town", Some("3"), "kh-elsewhere", world.now() + MINUTE);
    service.publish().await;
    service.settle().await;
    world.pass(MINUTE * 2);
    (world, service, traveller)
}

fn state() -> cordon::telemetry::DataState {
    cordon::telemetry::DataState {
        epoch: 1,
        fences: 0,
        regions: 0,
        refused_files: 0,
        loaded_at: jiff::Timestamp::UNIX_EPOCH,
        store_fails: false,
        behind: false,
    }
}

/// Every table that holds one of the words in any column.
async fn traces(service: &Instance, words: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    let mut tx = service.store.read().await.expect("begun");
    for (table, text) in [
        ("traveller", "SELECT id || coalesce(owner, '') || profile || token_hash AS everything FROM traveller"),
        ("subject", "SELECT id || traveller || document || matches AS everything FROM subject"),
        ("subscription", "SELECT id || traveller || coalesce(endpoint, '') AS everything FROM subscription"),
        (
            "delivery",
            "SELECT id || coalesce(subscription, '') || coalesce(subject, '') || coalesce(happening, '') AS everything FROM delivery",
        ),
        ("event", "SELECT coalesce(traveller, '') || coalesce(owner, '') || data AS everything FROM event"),
        ("message", "SELECT document AS everything FROM message"),
        ("idempotency", "SELECT principal || coalesce(body, '') AS everything FROM idempotency"),
    ] {
        for row in tx.query(text).rows().await.expect("read") {
            let everything = row.text("everything").expect("text");
            if words.iter().any(|word| everything.contains(word.as_str())) {
                found.push(table.to_owned());
            }
        }
    }
    found
}
