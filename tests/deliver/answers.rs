//! What a push service may answer, row by row, and what then becomes of the delivery and of the subscription.

use cordon::clock::Clock;
use cordon::model::DeliveryState::{Delivered, Failed, Gone, Pending};
use cordon::store::deliveries::{self, Whose};

use crate::databases::Database;
use crate::push_service::Scripted;
use crate::support::{World, entered, http_date, raised, seconds};

fn status(status: u16) -> Scripted {
    Scripted::Status(status, vec![])
}

on_both! {
    async fn an_alert_reaches_the_browser_in_its_language(db: Database) {
        let world = World::start(&db).await;
        let (korean, french) = (world.subscribe("s-ko", "ko").await, world.subscribe("s-fr", "fr").await);
        world.concern("trip", Some(2)).await;
        let first = world.owe("s-ko", "trip", raised()).await;
        let second = world.owe("s-fr", "trip", entered(2)).await;
        world.settle().await;
        assert_eq!((world.state(&first).await, world.state(&second).await), (Delivered, Delivered), "{:?}", world.service.reasons());

        let [taken] = &world.service.taken_for(&korean)[..] else { panic!("one message") };
        let payload = &taken.payload;
        assert_eq!((payload["web_push"].as_u64(), payload["type"].as_str()), (Some(8030), Some("actual")));
        assert_eq!((payload["id"].as_str(), payload["revision"].as_u64()), (Some(first.as_str()), Some(2)));
        let notification = &payload["notification"];
        assert_eq!(notification["navigate"], "https://cordon.example.org/advisories/kr-mofa:kh-town");
        assert_eq!(notification["title"], "4단계 여행금지: 포이펫");
        insta::assert_snapshot!(notification["body"].as_str().expect("a body"), @r"
        외교부: 2단계 여행자제에서 4단계 여행금지로 상향되었습니다. 여행 일정에 있는 지역: 포이펫.
        즉시 떠나십시오.
        시행: 2025-02-01 00:00 UTC부터.
        ");
        assert_eq!((taken.urgency.as_deref(), taken.ttl), (Some("high"), 24 * 3600));
        assert_eq!(taken.topic.as_ref().map(String::len), Some(32));

        let [taken] = &world.service.taken_for(&french)[..] else { panic!("one message") };
        insta::assert_snapshot!(taken.payload["notification"]["body"].as_str().expect("a body"), @r"
        Ministry of Foreign Affairs: Level 4, Travel ban. It now holds for Poipet city, a place on your trip.
        Leave at once.
        In force since 2025-02-01 00:00 UTC.
        (Nothing is published in fr; this is in English where there is any.)
        ");
    }

    async fn a_subscription_that_is_over_is_deleted(db: Database) {
        let world = World::start(&db).await;
        let browser = world.subscribe("s", "en").await;
        world.concern("trip", Some(2)).await;
        world.service.unsubscribe(&browser);
        let id = world.owe("s", "trip", entered(2)).await;
        world.settle().await;
        assert_eq!(world.state(&id).await, Gone);
        assert_eq!(world.subscription_state("s").await, None);
    }

    async fn a_404_is_believed_the_second_time(db: Database) {
        let world = World::start(&db).await;
        let browser = world.subscribe("s", "en").await;
        world.concern("trip", Some(2)).await;
        world.service.script(Some(&browser), status(404));
        let id = world.owe("s", "trip", entered(2)).await;
        world.settle().await;
        assert_eq!((world.state(&id).await, world.subscription_state("s").await.as_deref()), (Pending, Some("active")));
        world.service.script(Some(&browser), status(404));
        world.pass(seconds(6));
        world.settle().await;
        assert_eq!((world.state(&id).await, world.subscription_state("s").await), (Gone, None));
    }

    async fn a_token_that_is_not_taken_deletes_nobody(db: Database) {
        let world = World::start(&db).await;
        let browser = world.subscribe("s", "en").await;
        world.concern("trip", Some(2)).await;
        world.service.script(Some(&browser), status(403));
        world.service.script(Some(&browser), status(401));
        let id = world.owe("s", "trip", entered(2)).await;
        world.settle().await;
        assert_eq!((world.state(&id).await, world.subscription_state("s").await.as_deref()), (Pending, Some("active")));
        world.pass(seconds(6));
        world.settle().await;
        world.pass(seconds(11));
        world.settle().await;
        assert_eq!(world.state(&id).await, Delivered);
        // a key that we have not, and one that we had before
        world.subscribe_with("stranger", "en", "BNoKeyOfOurs", &world.vapid.public).await;
        let id = world.owe("stranger", "trip", entered(2)).await;
        world.settle().await;
        assert_eq!(world.state(&id).await, Failed);
        assert_eq!(world.subscription_state("stranger").await.as_deref(), Some("must_resubscribe"));
    }

    async fn what_is_too_large_is_sent_in_short_once(db: Database) {
        let world = World::start(&db).await;
        let browser = world.subscribe("s", "en").await;
        world.concern("trip", Some(2)).await;
        world.service.script(Some(&browser), status(413));
        let id = world.owe("s", "trip", entered(2)).await;
        world.settle().await;
        assert_eq!(world.state(&id).await, Delivered);
        world.service.script(Some(&browser), status(413));
        world.service.script(Some(&browser), status(413));
        let id = world.owe("s", "trip", raised()).await;
        world.settle().await;
        assert_eq!((world.state(&id).await, world.delivery(&id).await.attempts), (Failed, 2));
    }

    async fn it_comes_again_when_asked_to(db: Database) {
        let world = World::start(&db).await;
        let browser = world.subscribe("s", "en").await;
        world.concern("trip", Some(2)).await;
        world.service.script(Some(&browser), Scripted::Status(429, vec![("retry-after", "120".to_owned())]));
        let id = world.owe("s", "trip", entered(2)).await;
        world.settle().await;
        world.pass(seconds(119));
        world.settle().await;
        assert_eq!((world.state(&id).await, world.delivery(&id).await.attempts), (Pending, 1));
        let date = http_date(world.clock.now() + seconds(3600));
        world.service.script(Some(&browser), Scripted::Status(503, vec![("retry-after", date)]));
        world.pass(seconds(1));
        world.settle().await;
        world.pass(seconds(3598));
        world.settle().await;
        assert_eq!((world.state(&id).await, world.delivery(&id).await.attempts), (Pending, 2));
        world.pass(seconds(2));
        world.settle().await;
        assert_eq!(world.state(&id).await, Delivered);
    }

    /// Asked to wait, the subscription waits, and not only the one message.
    async fn what_is_newer_waits_as_long_as_was_asked_for(db: Database) {
        let world = World::start(&db).await;
        let (slow, other) = (world.subscribe("s", "en").await, world.subscribe("t", "en").await);
        world.concern("trip", Some(2)).await;
        world.service.script(Some(&slow), Scripted::Status(429, vec![("retry-after", "60".to_owned())]));
        world.owe("s", "trip", entered(2)).await;
        world.settle().await;
        let newer = world.owe("s", "trip", raised()).await;
        let theirs = world.owe("t", "trip", raised()).await;
        world.pass(seconds(59));
        world.settle().await;
        assert_eq!((world.state(&newer).await, world.delivery(&newer).await.attempts), (Pending, 0));
        assert_eq!(world.state(&theirs).await, Delivered, "nobody else waits");
        world.pass(seconds(2));
        world.settle().await;
        assert_eq!(world.state(&newer).await, Delivered);
        assert_eq!((world.service.taken_for(&slow).len(), world.service.taken_for(&other).len()), (1, 1));
    }

    async fn what_passes_is_waited_out_with_growing_waits(db: Database) {
        let world = World::start(&db).await;
        let browser = world.subscribe("s", "en").await;
        world.concern("trip", Some(2)).await;
        for answer in [status(500), Scripted::Reset, Scripted::Hang] {
            world.service.script(Some(&browser), answer);
        }
        let id = world.owe("s", "trip", entered(2)).await;
        for (wait, attempts) in [(0, 1), (4, 1), (1, 2), (9, 2), (1, 3), (19, 3), (1, 4)] {
            world.pass(seconds(wait));
            world.settle().await;
            assert_eq!(world.delivery(&id).await.attempts, attempts, "after {wait} s more");
        }
        assert_eq!(world.state(&id).await, Delivered);
        assert_eq!(world.service.taken_for(&browser).len(), 1);
    }

    async fn our_own_mistake_is_kept_shown_and_can_be_replayed(db: Database) {
        let world = World::start(&db).await;
        let browser = world.subscribe("s", "en").await;
        world.concern("trip", Some(2)).await;
        for answer in [status(400), status(307)] {
            world.service.script(Some(&browser), answer);
            let id = world.owe("s", "trip", entered(2)).await;
            world.settle().await;
            let shown = world.delivery(&id).await;
            assert_eq!((shown.state, shown.reason.as_deref()), (Failed, Some("the push service refuses the message")));
            assert_eq!(world.subscription_state("s").await.as_deref(), Some("active"));
            let now = world.clock.now();
            let mut tx = world.store.begin().await.expect("begun");
            assert!(deliveries::replay(&mut tx, &Whose::All, &id, now, now + seconds(60)).await.expect("replayed"));
            tx.commit().await.expect("committed");
            world.outbox.wake().await;
            world.settle().await;
            assert_eq!(world.state(&id).await, Delivered);
        }
    }

    async fn what_comes_too_late_is_given_up(db: Database) {
        let world = World::start(&db).await;
        let browser = world.subscribe("s", "en").await;
        world.concern("trip", Some(2)).await;
        world.service.script(Some(&browser), status(500));
        let id = world.owe("s", "trip", entered(2)).await;
        world.settle().await;
        world.pass(seconds(25 * 3600));
        world.settle().await;
        let shown = world.delivery(&id).await;
        assert_eq!((shown.state, shown.reason.as_deref()), (Failed, Some("its deadline passed")));
        assert!(world.service.taken_for(&browser).is_empty());
    }
}
