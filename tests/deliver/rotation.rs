//! Another key to subscribe with: nobody who subscribed with the old one is lost, and it goes when the last of them has moved.

use cordon::clock::Clock;
use cordon::flows::deliver::Retention;
use cordon::flows::push_keys;
use cordon::model::DeliveryState::Delivered;

use crate::databases::Database;
use crate::support::{World, entered, raised, seconds};

const DAY: i64 = 24 * 3600;

async fn upkeep(world: &World) {
    let long = seconds(36_500 * DAY);
    let retention = Retention { events: long, deliveries: long, silent: long };
    world.outbox.upkeep(retention).await.expect("kept up");
}

/// The keys, the one to subscribe with first, with how many subscribed with each.
async fn keys(world: &World) -> Vec<(String, usize)> {
    push_keys::all(&world.store).await.expect("read").into_iter().map(|key| (key.key, key.subscriptions)).collect()
}

on_both! {
    async fn both_keys_live_until_the_last_subscriber_has_moved(db: Database) {
        let world = World::start(&db).await;
        let old = world.vapid.public.clone();
        world.concern("trip", Some(2)).await;
        world.subscribe("first", "en").await;
        let told = world.owe("first", "trip", entered(2)).await;
        world.settle().await;
        world.pass(seconds(60));
        let new = push_keys::rotate(&world.store, world.clock.now()).await.expect("made").key;
        world.subscribe_with("second", "en", &new, &new).await;
        // the push service takes each only with the token of the key that its browser subscribed with
        let (again, other) = (world.owe("first", "trip", raised()).await, world.owe("second", "trip", entered(2)).await);
        world.settle().await;
        for id in [&told, &again, &other] {
            assert_eq!(world.state(id).await, Delivered, "{:?}", world.service.reasons());
        }
        world.pass(seconds(30 * DAY));
        upkeep(&world).await;
        assert_eq!(keys(&world).await, [(new.clone(), 1), (old.clone(), 1)]);
        // the page of the last one subscribes again
        let mut tx = world.store.begin().await.expect("begun");
        tx.query("UPDATE subscription SET vapid_key = $1 WHERE id = 'first'").bind(&new).run().await.expect("moved");
        tx.commit().await.expect("committed");
        upkeep(&world).await;
        assert_eq!(keys(&world).await, [(new, 2)]);
    }

    async fn a_key_that_nobody_uses_stays_a_day_for_a_page_that_has_just_read_it(db: Database) {
        let world = World::start(&db).await;
        world.pass(seconds(60));
        push_keys::rotate(&world.store, world.clock.now()).await.expect("made");
        world.pass(seconds(DAY));
        upkeep(&world).await;
        assert_eq!(keys(&world).await.len(), 2);
        world.pass(seconds(1));
        upkeep(&world).await;
        assert_eq!(keys(&world).await.len(), 1);
    }
}
