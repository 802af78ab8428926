//! Who goes first, who waits for whom, and what is left when a process dies.

use cordon::flows::step::Step;
use cordon::model::DeliveryState::{Delivered, Pending};

use crate::databases::Database;
use crate::push_service::{PushService, Scripted};
use crate::support::{World, entered, raised, seconds, settle};

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

    async fn the_gravest_goes_first(db: Database) {
        let world = World::start(&db).await;
        let browser = world.subscribe("s", "en").await;
        for n in 0..40 {
            let subject = format!("trip{n}");
            world.concern(&subject, Some(if n == 39 { 2 } else { 1 })).await;
        }
        // revision 1 is not in force any more, which does not matter here: what goes first is looked at first
        for n in 0..39 {
            world.owe("s", &format!("trip{n}"), entered(1)).await;
        }
        world.owe("s", "trip39", entered(2)).await;
        world.settle().await;
        assert_eq!(world.service.taken_for(&browser).len(), 1);
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
