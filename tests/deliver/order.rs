//! Who goes first, who waits for whom, and what is left when a process dies.

use cordon::flows::step::Step;
use cordon::model::DeliveryState::{Delivered, Pending};

use crate::databases::Database;
use crate::push_service::{PushService, Scripted};
use crate::support::{MILD, World, entered, entered_mildly, key, raised, seconds, settle};

on_both! {
    async fn many_are_told_once_each_over_few_connections(db: Database) {
        let world = World::start(&db).await;
        world.concern("trip", Some(2)).await;
        for n in 0..300 {
            world.subscribe(&format!("s{n}"), "en").await;
            world.owe(&format!("s{n}"), "trip", entered(2)).await;
        }
        world.settle().await;
        assert!(world.all().await.iter().all(|d| d.state == Delivered && d.attempts == 1));
        let taken = world.service.taken();
        let tokens: std::collections::HashSet<_> = taken.iter().map(|taken| &taken.authorization).collect();
        assert_eq!((taken.len(), tokens.len()), (300, 1), "one token for all of them");
    }

    /// Many were owed something mild before; whom the grave concerns is told first.
    async fn the_gravest_goes_first(db: Database) {
        let world = World::start(&db).await;
        world.concern("grave", Some(2)).await;
        world.concern_by("mild", &serde_json::json!({MILD: key(1)})).await;
        let subscribers: Vec<String> = (0..200).map(|n| format!("s{n}")).collect();
        for subscriber in &subscribers {
            world.subscribe(subscriber, "en").await;
            world.owe(subscriber, "mild", entered_mildly()).await;
        }
        for subscriber in &subscribers {
            world.owe(subscriber, "grave", entered(2)).await;
        }
        world.settle().await;
        let taken: Vec<u64> = world.service.taken().iter().filter_map(|taken| taken.payload["severity"].as_u64()).collect();
        assert_eq!(taken.len(), 400);
        // no mild one set out before the last grave one had: it can only have overtaken those that were under way with it
        let first_mild = taken.iter().position(|severity| *severity == 2).expect("they are told as well");
        assert!(first_mild >= 100, "a mild one was the {first_mild}th: {taken:?}");
    }

    async fn two_instances_share_the_work(db: Database) {
        let world = World::start(&db).await;
        world.concern("trip", Some(2)).await;
        for n in 0..200 {
            world.subscribe(&format!("s{n}"), "en").await;
            world.owe(&format!("s{n}"), "trip", entered(2)).await;
        }
        let other = world.another();
        tokio::join!(settle(&world.outbox), settle(&other));
        assert!(world.all().await.iter().all(|d| d.state == Delivered));
        assert_eq!(world.service.taken().len(), 200, "none was told twice");
    }

    /// The process dies with messages in hand: their lease ends, and another sends them.
    async fn what_a_dead_process_had_in_hand_comes_back(db: Database) {
        let world = World::start(&db).await;
        let browser = world.subscribe("s", "en").await;
        world.concern("trip", Some(2)).await;
        world.service.script(Some(&browser), Scripted::Hang);
        let id = world.owe("s", "trip", entered(2)).await;
        let dying = world.another();
        let asked = || world.service.counts.requests.load(std::sync::atomic::Ordering::Relaxed);
        tokio::select! {
            step = dying.step() => panic!("it hangs, and is not done: {step:?}"),
            () = async { while asked() == 0 { tokio::task::yield_now().await } } => {}
        }
        drop(dying);
        world.settle().await;
        assert_eq!(world.state(&id).await, Pending, "leased");
        // what is newer waits until the fate of the older is known
        let newer = world.owe("s", "trip", raised()).await;
        world.settle().await;
        assert_eq!(world.state(&newer).await, Pending);
        world.pass(seconds(46));
        world.settle().await;
        assert_eq!(world.state(&newer).await, Delivered);
        assert_eq!(world.service.taken_for(&browser).len(), 1);
    }

    /// One service hangs; those of another are told meanwhile.
    async fn a_slow_service_holds_nobody_else(db: Database) {
        let world = World::start(&db).await;
        let slow = PushService::start().await;
        let browser = world.subscribe("quick", "en").await;
        world.subscribe("slow", "en").await;
        world.concern("trip", Some(2)).await;
        let mut tx = world.store.begin().await.expect("begun");
        let stuck = slow.subscribe(&world.vapid.public);
        tx.query("UPDATE subscription SET lane = $1, endpoint = $2 WHERE id = 'slow'").bind(&slow.origin).bind(&stuck.endpoint).run().await.expect("moved");
        tx.commit().await.expect("committed");
        let held = world.owe("slow", "trip", entered(2)).await;
        slow.script(None, Scripted::Hang);
        let told = world.owe("quick", "trip", entered(2)).await;
        while world.state(&told).await == Pending {
            assert_eq!(world.outbox.step().await.expect("a step"), Step::Worked);
        }
        assert_eq!(world.state(&held).await, Pending, "still under way");
        assert_eq!(world.service.taken_for(&browser).len(), 1);
        world.settle().await;
    }

    /// A service that fails altogether is left alone, then tried with one message.
    async fn a_service_that_fails_is_left_alone_for_a_while(db: Database) {
        let world = World::start(&db).await;
        world.concern("trip", Some(2)).await;
        for n in 0..40 {
            world.subscribe(&format!("s{n}"), "en").await;
        }
        for _ in 0..20 {
            world.service.script(None, Scripted::Status(503, vec![]));
        }
        for n in 0..40 {
            world.owe(&format!("s{n}"), "trip", entered(2)).await;
        }
        world.settle().await;
        let asked = || world.service.counts.requests.load(std::sync::atomic::Ordering::Relaxed);
        let before = asked();
        assert!(before < 40, "{before} requests were made although all failed");
        world.pass(seconds(16));
        world.settle().await;
        assert!(asked() > before, "tried again");
        for _ in 0..100 {
            world.pass(seconds(60));
            world.settle().await;
        }
        assert!(world.all().await.iter().all(|d| d.state == Delivered), "in the end everybody is told");
    }
}
