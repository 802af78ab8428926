//! A sold trip from its validation to its end: which changes of its verdict the agency hears of, why, and that it hears of each once.

use cordon::error::Error;
use cordon::flows::page::PageQuery;
use cordon::flows::step::Step;
use jiff::SignedDuration;
use serde_json::json;

use crate::agency::{KEY, booking, events, heard, jobs, validate};
use crate::databases::Database;
use crate::world::{COUNTRY, Instance, SEA, TOWN, World};

const DAY: SignedDuration = SignedDuration::from_hours(24);

async fn watched(service: &Instance, id: &str) -> Vec<i64> {
    let page = PageQuery { after: None, limit: 1_000 };
    let page = service.watch.watched_bookings(id, KEY, &page, 0).await.expect("read");
    page.items.iter().map(|booking| booking.number).collect()
}

async fn take(service: &Instance) {
    service.publish().await;
    service.settle().await;
}

on_both! {
    async fn a_verdict_that_changes_is_told_with_what_changed_it(db: Database) {
        let mut world = World::new();
        let service = Instance::start(&db, &world).await;
        let now = world.now();
        let lines = [booking("A1", TOWN, now + DAY, now + DAY * 3), booking("B2", SEA, now + DAY, now + DAY * 3), "{}".to_owned()];
        let job = validate(&service, &world, &lines, true).await;
        assert_eq!(watched(&service, &job.id).await, [0, 1], "what could not be read is not watched");
        assert!(heard(&service).await.is_empty(), "the result has said it");

        world.say("kr-mofa:country", Some("2"), "KH");
        take(&service).await;
        world.say("kr-mofa:town", Some("4"), "kh-town");
        take(&service).await;
        world.say("kr-mofa:town", Some("3"), "kh-town");
        take(&service).await;
        // the same level in other words is another revision, and no other class
        world.say("kr-mofa:town", Some("3"), "kh-town");
        take(&service).await;
        world.say("kr-mofa:town", None, "kh-town");
        take(&service).await;
        assert_eq!(heard(&service).await, [
            "A1 clear → notice: entered country@1 advisory",
            "A1 notice → prohibited: changed country@1 advisory, entered town@1 advisory",
            "A1 prohibited → caution: changed town@2 advisory",
            "A1 caution → notice: changed country@1 advisory, exited town@2 advisory",
        ]);
        // settled is settled
        assert_eq!(service.settle().await, 0);
        take(&service).await;
        assert_eq!(heard(&service).await.len(), 4);
        let first = &events(&service).await[0];
        assert_eq!((&first["validation"], &first["number"]), (&json!(job.id), &json!(0)));
        assert_eq!(first["old"], json!({"verdict": "clear", "action": "pass", "complete": true, "passengers": ["clear"], "known": ["clear"]}));
        assert_eq!(first["new"], json!({"verdict": "notice", "action": "pass", "complete": true, "passengers": ["notice"], "known": ["notice"]}));
    }

    async fn an_exception_that_is_carved_out_lowers_it(db: Database) {
        let mut world = World::new();
        world.say("kr-mofa:country", Some("4"), "KH");
        let service = Instance::start(&db, &world).await;
        let now = world.now();
        let lines = [booking("A1", TOWN, now + DAY, now + DAY * 3), booking("B2", COUNTRY, now + DAY, now + DAY * 3)];
        validate(&service, &world, &lines, true).await;
        world.carve("kr-mofa:town", "2", "kh-town", "kr-mofa:country");
        take(&service).await;
        assert_eq!(heard(&service).await, ["A1 prohibited → notice: changed country@1 advisory, entered town@1 advisory"]);
    }

    async fn a_feed_that_is_retracted_leaves_it_in_doubt(db: Database) {
        let mut world = World::new();
        world.say("kr-mofa:country", Some("2"), "KH");
        let service = Instance::start(&db, &world).await;
        let now = world.now();
        validate(&service, &world, &[booking("A1", TOWN, now + DAY, now + DAY * 3)], true).await;
        world.retract();
        take(&service).await;
        assert_eq!(heard(&service).await, ["A1 notice → indeterminate: exited country@1 advisory, not_covered"]);
    }

    async fn what_is_certain_of_a_booking_in_doubt_is_told_when_it_changes(db: Database) {
        let mut world = World::new();
        let service = Instance::start(&db, &world).await;
        let now = world.now();
        // two places, of which one cannot be found
        let doubtful = json!({"ref": "A1", "party": [{"id": "p", "nationalities": ["KR"]}],
            "stops": [{"id": "a", "place": {"lat": TOWN.0, "lon": TOWN.1}, "arrive": (now + DAY).to_string(), "depart": (now + DAY * 2).to_string()},
                      {"id": "b", "place": {"name": "Nowhere", "country": "KH"}, "arrive": (now + DAY * 3).to_string()}],
            "legs": [{"id": "l", "from": "a", "to": "b", "mode": "air"}]});
        validate(&service, &world, &[doubtful.to_string()], true).await;
        for level in [Some("2"), Some("3"), Some("4"), Some("3"), None] {
            world.say("kr-mofa:town", level, "kh-town");
            take(&service).await;
        }
        assert_eq!(heard(&service).await, [
            "A1 indeterminate → indeterminate: entered town@1 advisory, unresolved_place",
            "A1 indeterminate → indeterminate: changed town@2 advisory, unresolved_place",
            "A1 indeterminate → prohibited: changed town@3 advisory, unresolved_place",
            "A1 prohibited → indeterminate: changed town@4 advisory, unresolved_place",
            "A1 indeterminate → indeterminate: exited town@4 advisory, unresolved_place",
        ]);
        let known = events(&service).await;
        let known: Vec<String> = known.iter().map(|event| format!("{} {}", event["old"]["known"], event["new"]["known"])).collect();
        assert_eq!(known, [r#"["clear"] ["notice"]"#, r#"["notice"] ["caution"]"#, r#"["caution"] ["prohibited"]"#, r#"["prohibited"] ["caution"]"#, r#"["caution"] ["clear"]"#]);
    }

    async fn what_is_to_come_is_told_when_it_is_known_and_what_ends_when_it_does(db: Database) {
        let mut world = World::new();
        let service = Instance::start(&db, &world).await;
        let now = world.now();
        // one is there already, one comes later
        let lines = [booking("A1", TOWN, now - DAY, now + DAY * 5), booking("B2", TOWN, now + DAY * 3, now + DAY * 5)];
        validate(&service, &world, &lines, true).await;
        world.say_from("kr-mofa:town", Some("4"), "kh-town", now + DAY);
        take(&service).await;
        let known = heard(&service).await;
        assert_eq!(known.len(), 2, "{known:?}");
        for reference in ["A1", "B2"] {
            assert!(known.contains(&format!("{reference} clear → prohibited: upcoming town@1 advisory")), "{known:?}");
        }
        // the instant itself is no news
        world.pass(DAY + SignedDuration::from_secs(1));
        service.pass_instants().await;
        service.settle().await;
        assert_eq!(heard(&service).await.len(), 2);
        // withdrawn from the day after tomorrow on: the one who is there is out of it then, the other before they come
        world.say_from("kr-mofa:town", None, "kh-town", now + DAY * 2);
        take(&service).await;
        assert_eq!(heard(&service).await[2..], ["B2 prohibited → clear: exited town@1 clock"]);
        world.pass(DAY);
        service.pass_instants().await;
        service.settle().await;
        assert_eq!(heard(&service).await[3..], ["A1 prohibited → clear: exited town@1 clock"]);
    }

    async fn a_watch_begins_from_the_result_and_tells_what_has_changed_since(db: Database) {
        let mut world = World::new();
        let service = Instance::start(&db, &world).await;
        let now = world.now();
        let lines: Vec<String> = (0..3).map(|n| booking(&format!("A{n}"), TOWN, now + DAY, now + DAY * 3)).collect();
        let job = validate(&service, &world, &lines, false).await;
        world.say("kr-mofa:town", Some("3"), "kh-town");
        take(&service).await;
        assert!(heard(&service).await.is_empty(), "nothing is watched");

        service.watch.watch_booking(&job.id, 1, KEY).await.expect("watched");
        assert_eq!(heard(&service).await, ["A1 clear → caution: entered town@1 advisory"]);
        service.watch.watch_booking(&job.id, 1, KEY).await.expect("watched");
        service.watch.watch_file(&job.id, KEY).await.expect("watched");
        while service.watch.watch_step().await.expect("stepped") == Step::Worked {}
        let told = heard(&service).await;
        assert_eq!(told[1..], ["A0 clear → caution: entered town@1 advisory", "A2 clear → caution: entered town@1 advisory"]);
        let state = service.watch.watch_state(&job.id, KEY).await.expect("read");
        assert_eq!((state.all, state.looked_at, state.bookings), (true, 3, 3));
        assert_eq!(state.watched_until, Some(now + DAY * 4), "a day longer than the last booking");
        let standing = service.watch.watched_booking(&job.id, 1, KEY).await.expect("read");
        assert_eq!(Some(&standing.booking.told), standing.now.as_ref());
        assert_eq!(standing.matches[0].revision.to_string(), "kr-mofa:town@1");

        // one ends, then all: nothing is said any more
        service.watch.unwatch(&job.id, Some(1), KEY).await.expect("ended");
        let gone = service.watch.unwatch(&job.id, Some(1), KEY).await;
        assert!(matches!(gone, Err(Error::NotFound { .. })), "{gone:?}");
        assert_eq!(watched(&service, &job.id).await, [0, 2]);
        service.watch.unwatch(&job.id, None, KEY).await.expect("ended");
        world.say("kr-mofa:town", Some("4"), "kh-town");
        take(&service).await;
        assert_eq!(heard(&service).await.len(), 3);
        // and what is another key's does not exist
        let others = service.watch.watch_booking(&job.id, 1, "another").await;
        assert!(matches!(others, Err(Error::NotFound { .. })), "{others:?}");
    }

    async fn a_part_that_is_over_counts_no_more_and_a_watch_ends_with_its_booking(db: Database) {
        let mut world = World::new();
        world.say("kr-mofa:town", Some("4"), "kh-town");
        let service = Instance::start(&db, &world).await;
        let now = world.now();
        let stop = |id: &str, at: (f64, f64), from: i32, to: i32| {
            json!({"id": id, "place": {"lat": at.0, "lon": at.1}, "arrive": (now + DAY * from).to_string(), "depart": (now + DAY * to).to_string()})
        };
        let both = json!({"ref": "A1", "party": [{"id": "p", "nationalities": ["KR"]}],
                          "stops": [stop("s1", TOWN, 0, 1), stop("s2", COUNTRY, 2, 4)],
                          "legs": [{"id": "l", "from": "s1", "to": "s2", "mode": "air"}]});
        let past = booking("B2", TOWN, now - DAY * 4, now - DAY * 3);
        let job = validate(&service, &world, &[both.to_string(), past], true).await;
        assert_eq!(watched(&service, &job.id).await, [0], "what is over is not watched");
        let over = service.watch.watch_booking(&job.id, 1, KEY).await;
        assert!(matches!(&over, Err(Error::Conflict(why)) if why.contains("is over")), "{over:?}");
        world.pass(DAY * 3);
        world.say("kr-mofa:country", Some("2"), "KH");
        take(&service).await;
        assert_eq!(heard(&service).await, ["A1 prohibited → notice: entered country@1 advisory, exited town@1 clock"]);
        // over, and not long enough to be forgotten: nothing is said of it any more
        world.pass(DAY + SignedDuration::from_hours(12));
        world.say("kr-mofa:country", None, "KH");
        take(&service).await;
        assert_eq!(heard(&service).await.len(), 1);
        world.pass(DAY);
        while service.watch.retention_step().await.expect("stepped") == Step::Worked {}
        assert!(watched(&service, &job.id).await.is_empty());
    }

    async fn what_is_watched_is_kept_and_what_is_erased_leaves_nothing(db: Database) {
        let mut world = World::new();
        let service = Instance::start(&db, &world).await;
        let now = world.now();
        let later = now + DAY * 120;
        let job = validate(&service, &world, &[booking("A1", TOWN, later, later + DAY)], true).await;
        let other = validate(&service, &world, &[booking("B2", TOWN, later, later + DAY)], false).await;
        world.pass(DAY * 100);
        let jobs = jobs(&service, &world);
        while jobs.forget_old().await.expect("stepped") == Step::Worked {}
        let mut tx = service.store.read().await.expect("begun");
        for (id, there) in [(&job.id, true), (&other.id, false)] {
            let found = cordon::flows::validation_jobs::find(&mut tx, id, Some(KEY)).await;
            assert_eq!(found.is_ok(), there, "what is watched is kept for as long");
        }
        drop(tx);
        world.say("kr-mofa:town", Some("4"), "kh-town");
        take(&service).await;
        // stale by then, and prohibited all the same
        assert_eq!(heard(&service).await, ["A1 clear → prohibited: entered town@1 advisory, stale"]);
        jobs.delete(&job.id, Some(KEY)).await.expect("forgotten");
        assert!(heard(&service).await.is_empty(), "erasing leaves nothing that tells of it");
        let mut tx = service.store.read().await.expect("begun");
        let left = tx.query("SELECT count(*) AS n FROM subject").one().await.expect("read").int("n").expect("a number");
        assert_eq!(left, 0);
    }

    async fn two_instances_tell_each_change_once(db: Database) {
        let mut world = World::new();
        let one = Instance::start(&db, &world).await;
        let other = Instance::start(&db, &world).await;
        let now = world.now();
        let lines: Vec<String> = (0..1_200).map(|n| booking(&format!("A{n}"), if n % 3 == 0 { SEA } else { TOWN }, now + DAY, now + DAY * 3)).collect();
        let job = validate(&one, &world, &lines, false).await;
        one.watch.watch_file(&job.id, KEY).await.expect("watched");
        // published while the file comes under watch, by two at once
        world.say("kr-mofa:town", Some("3"), "kh-town");
        one.publish().await;
        loop {
            let (a, b, c, d) = tokio::join!(one.watch.watch_step(), other.watch.watch_step(), one.watch.recheck_step(), other.watch.recheck_step());
            if [a, b, c, d].into_iter().all(|step| step.expect("stepped") == Step::Idle) {
                break;
            }
        }
        world.say("kr-mofa:town", Some("4"), "kh-town");
        one.publish().await;
        other.follow().await;
        loop {
            let (a, b) = tokio::join!(one.watch.recheck_step(), other.watch.recheck_step());
            if a.expect("stepped") == Step::Idle && b.expect("stepped") == Step::Idle {
                break;
            }
        }
        let told = heard(&one).await;
        let mut sorted = told.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!((told.len(), sorted.len()), (1_600, 1_600), "each of 800 bookings twice, none of them again");
    }
}
