//! Looked at once more before it is sent: what is not true any more is not said, and an all-clear goes to those who were told.

use cordon::clock::Clock;
use cordon::model::DeliveryState::{Delivered, Failed, Pending, Superseded};
use cordon::model::{MatchKey, Owed, Transition};

use crate::databases::Database;
use crate::push_service::Scripted;
use crate::support::{
    ADVISORY, MILD, World, advisory, entered, exited, exited_mildly, key, raised, seconds, surfaced, write_folder,
};

on_both! {
    async fn what_does_not_concern_them_any_more_is_not_said(db: Database) {
        let world = World::start(&db).await;
        let browser = world.subscribe("s", "en").await;
        world.concern("trip", Some(2)).await;
        let alert = world.owe("s", "trip", entered(2)).await;
        world.concern("trip", None).await;
        // nobody was told, so nobody needs to hear that it is over
        let clear = world.owe("s", "trip", exited(2)).await;
        world.settle().await;
        assert_eq!((world.state(&alert).await, world.state(&clear).await), (Superseded, Superseded));
        assert!(world.service.taken_for(&browser).is_empty());
    }

    async fn an_all_clear_reaches_those_who_were_told(db: Database) {
        let world = World::start(&db).await;
        let browser = world.subscribe("s", "en").await;
        world.concern("trip", Some(2)).await;
        world.owe("s", "trip", entered(2)).await;
        world.settle().await;
        world.concern("trip", None).await;
        let clear = world.owe("s", "trip", exited(2)).await;
        world.settle().await;
        assert_eq!(world.state(&clear).await, Delivered);
        let taken = world.service.taken_for(&browser);
        let notification = |i: usize| &taken[i].payload["notification"];
        assert_eq!(notification(0)["tag"], notification(1)["tag"], "it takes the alert's place");
        assert_eq!(taken[0].topic, taken[1].topic);
        assert_eq!(notification(1)["title"], "All clear, no longer level 4, Travel ban: Poipet city");
    }

    /// The all-clear says what still holds: that is not said a second time, and its end is owed like that of an alert.
    async fn what_an_all_clear_says_still_holds_is_said_once(db: Database) {
        let world = World::start(&db).await;
        let browser = world.subscribe("s", "en").await;
        world.concern("trip", Some(2)).await;
        world.owe("s", "trip", entered(2)).await;
        world.settle().await;
        world.concern_by("trip", &serde_json::json!({MILD: key(1)})).await;
        let clear = world.owe("s", "trip", exited(2)).await;
        let below = world.owe("s", "trip", surfaced()).await;
        world.settle().await;
        world.pass(seconds(1));
        world.settle().await;
        assert_eq!((world.state(&clear).await, world.state(&below).await), (Delivered, Superseded));
        let body = |i: usize| world.service.taken_for(&browser)[i].payload["notification"]["body"].as_str().expect("text").to_owned();
        assert!(body(1).contains("Level 2, Refrain from travel still holds for Cambodia"), "{}", body(1));
        world.concern("trip", None).await;
        let over = world.owe("s", "trip", exited_mildly()).await;
        world.settle().await;
        assert_eq!(world.state(&over).await, Delivered);
        assert!(body(2).contains("level 2, Refrain from travel no longer holds"), "{}", body(2));
    }

    /// Nobody heard of what stood above it, so no all-clear says that it holds: it is said by itself, to those who do not know it.
    async fn what_comes_to_the_surface_is_told_to_those_who_do_not_know_it(db: Database) {
        let world = World::start(&db).await;
        let browser = world.subscribe("s", "en").await;
        world.concern_by("trip", &serde_json::json!({MILD: key(1)})).await;
        let clear = world.owe("s", "trip", exited(2)).await;
        let first = world.owe("s", "trip", surfaced()).await;
        world.settle().await;
        world.pass(seconds(1));
        world.settle().await;
        assert_eq!((world.state(&clear).await, world.state(&first).await), (Superseded, Delivered));
        let again = world.owe("s", "trip", surfaced()).await;
        world.settle().await;
        assert_eq!((world.state(&again).await, world.service.taken_for(&browser).len()), (Superseded, 1), "they know");
    }

    /// Refused, it reached nobody: there is nothing to take back.
    async fn who_was_refused_the_alert_is_owed_no_all_clear(db: Database) {
        let world = World::start(&db).await;
        let browser = world.subscribe("s", "en").await;
        for (status, fate) in [(400, Failed), (429, Superseded)] {
            world.concern("trip", Some(2)).await;
            world.service.script(Some(&browser), Scripted::Status(status, vec![]));
            let alert = world.owe("s", "trip", entered(2)).await;
            world.settle().await;
            world.concern("trip", None).await;
            let clear = world.owe("s", "trip", exited(2)).await;
            world.pass(seconds(60));
            world.settle().await;
            assert_eq!((world.state(&alert).await, world.state(&clear).await), (fate, Superseded), "{status}");
        }
        assert!(world.service.taken_for(&browser).is_empty());
    }

    /// What was announced is taken back under the tag under which it is shown.
    async fn what_was_announced_is_taken_back_in_its_place(db: Database) {
        let world = World::start(&db).await;
        let browser = world.subscribe("s", "en").await;
        world.concern("trip", Some(1)).await;
        let from = world.clock.now() + seconds(3600);
        world.expect("trip", Some((2, from))).await;
        let comes = world.owe("s", "trip", Transition::Upcoming { advisory: advisory(), after: key(2), from }).await;
        world.settle().await;
        world.expect("trip", None).await;
        let not = Transition::Cancelled { advisory: advisory(), before: key(2), from };
        let taken_back = world.owe("s", "trip", not.clone()).await;
        world.settle().await;
        assert_eq!((world.state(&comes).await, world.state(&taken_back).await), (Delivered, Delivered));
        let taken = world.service.taken_for(&browser);
        assert_eq!(taken[0].payload["notification"]["tag"], taken[1].payload["notification"]["tag"]);
        assert_eq!(taken[1].payload["notification"]["title"], "Level 4, Travel ban will not take effect: Poipet city");
        let body = taken[1].payload["notification"]["body"].as_str().expect("text");
        assert!(body.contains("Level 2, Refrain from travel still holds for Poipet city"), "{body}");
        let again = world.owe("s", "trip", not).await;
        world.settle().await;
        assert_eq!(world.state(&again).await, Superseded, "they know");
    }

    /// Lowered below what they ask for, once: said again at that level it is nothing new, and its end is owed.
    async fn what_is_lowered_is_told_once_and_so_is_its_end(db: Database) {
        let world = World::start(&db).await;
        let browser = world.subscribe("s", "en").await;
        world.ask_for_the_gravest("s").await;
        world.concern("trip", Some(2)).await;
        world.owe("s", "trip", entered(2)).await;
        world.settle().await;
        let revision = |n: u32| MatchKey { revision: n, ..key(if n == 2 { 2 } else { 1 }) };
        let mut states = Vec::new();
        for (n, levels) in [(3, &["2", "4", "2"][..]), (4, &["2", "4", "2", "2"])] {
            world.publish(levels).await;
            world.concern_by("trip", &serde_json::json!({ADVISORY: revision(n)})).await;
            let lowered = Transition::Changed { advisory: advisory(), before: revision(n - 1), after: revision(n) };
            let id = world.owe("s", "trip", lowered).await;
            world.settle().await;
            states.push(world.state(&id).await);
        }
        world.concern("trip", None).await;
        let end = Transition::Exited { advisory: advisory(), before: revision(4) };
        for _ in 0..2 {
            let id = world.owe("s", "trip", end.clone()).await;
            world.settle().await;
            states.push(world.state(&id).await);
        }
        assert_eq!(states, [Delivered, Superseded, Delivered, Superseded]);
        assert_eq!(world.service.taken_for(&browser).len(), 3);
    }

    /// What they know is that something grave is to come: that it came as mild by another revision is told to them once.
    async fn what_holds_milder_than_announced_is_told_to_those_who_know_the_announcement(db: Database) {
        let world = World::start(&db).await;
        let browser = world.subscribe("s", "en").await;
        world.ask_for_the_gravest("s").await;
        world.concern("trip", Some(1)).await;
        let lowered = Transition::Changed { advisory: advisory(), before: key(1), after: MatchKey { revision: 3, ..key(1) } };
        let unknown = world.owe_as("s", "trip", lowered.clone(), Owed::Milder).await;
        let from = world.clock.now() + seconds(3600);
        world.expect("trip", Some((2, from))).await;
        world.owe("s", "trip", Transition::Upcoming { advisory: advisory(), after: key(2), from }).await;
        world.settle().await;
        world.publish(&["2", "4", "2"]).await;
        world.concern_by("trip", &serde_json::json!({ADVISORY: lowered.after()})).await;
        world.expect("trip", None).await;
        let told = world.owe_as("s", "trip", lowered.clone(), Owed::Milder).await;
        world.settle().await;
        let again = world.owe_as("s", "trip", lowered, Owed::Milder).await;
        world.settle().await;
        let states = [world.state(&unknown).await, world.state(&told).await, world.state(&again).await];
        assert_eq!(states, [Superseded, Delivered, Superseded]);
        assert_eq!(world.service.taken_for(&browser).len(), 2);
    }

    /// Lowered below another, which was gone before that was said: it speaks again, and is not what they were told.
    async fn what_was_lowered_below_another_is_over_although_it_speaks_again(db: Database) {
        let world = World::start(&db).await;
        let browser = world.subscribe("s", "en").await;
        world.ask_for_the_gravest("s").await;
        world.concern("trip", Some(2)).await;
        world.owe("s", "trip", entered(2)).await;
        world.settle().await;
        world.publish(&["2", "4", "2"]).await;
        let lowered = MatchKey { revision: 3, ..key(1) };
        world.concern_by("trip", &serde_json::json!({ADVISORY: lowered})).await;
        let below = MatchKey { governs: false, ..lowered };
        let yielded = Transition::Changed { advisory: advisory(), before: key(2), after: below };
        let over = world.owe_as("s", "trip", yielded, Owed::AllClear).await;
        world.settle().await;
        assert_eq!(world.state(&over).await, Delivered);
        let body = world.service.taken_for(&browser)[1].payload["notification"]["body"].as_str().expect("text").to_owned();
        assert!(body.contains("level 4, Travel ban no longer holds"), "{body}");
        assert!(body.contains("Level 2, Refrain from travel still holds for Poipet city"), "{body}");
    }

    /// Whoever takes part in an exercise is told of what is real as well, and that it is.
    async fn what_is_real_is_marked_as_such_in_an_exercise(db: Database) {
        let world = World::start(&db).await;
        let browser = world.subscribe("s", "en").await;
        let mut tx = world.store.begin().await.expect("begun");
        tx.query("UPDATE subscription SET kind = 'exercise' WHERE id = 's'").run().await.expect("written");
        tx.commit().await.expect("committed");
        world.concern("trip", Some(2)).await;
        world.owe("s", "trip", entered(2)).await;
        world.settle().await;
        world.concern("trip", None).await;
        world.owe("s", "trip", exited(2)).await;
        world.settle().await;
        let taken = world.service.taken_for(&browser);
        let said = taken.iter().map(|taken| (taken.payload["type"].as_str(), taken.payload["notification"]["title"].as_str()));
        assert_eq!(said.collect::<Vec<_>>(), [
            (Some("actual"), Some("[NOT an exercise: real] Level 4, Travel ban: Poipet city")),
            (Some("actual"), Some("[NOT an exercise: real] All clear, no longer level 4, Travel ban: Poipet city")),
        ]);
    }

    /// The answer to the alert was lost: it may have been seen, so the all-clear is owed.
    async fn an_alert_of_unknown_fate_counts_as_told(db: Database) {
        let world = World::start(&db).await;
        let browser = world.subscribe("s", "en").await;
        world.concern("trip", Some(2)).await;
        world.service.script(Some(&browser), Scripted::TakenButReset);
        let alert = world.owe("s", "trip", entered(2)).await;
        world.settle().await;
        world.concern("trip", None).await;
        let clear = world.owe("s", "trip", exited(2)).await;
        world.pass(seconds(60));
        world.settle().await;
        assert_eq!((world.state(&alert).await, world.state(&clear).await), (Superseded, Delivered));
        assert_eq!(world.service.taken_for(&browser).len(), 2);
    }

    /// That it is milder was sent, and nobody knows whether it arrived: said again, it is no repetition.
    async fn what_perhaps_was_not_heard_is_not_taken_for_known(db: Database) {
        let world = World::start(&db).await;
        let browser = world.subscribe("s", "en").await;
        world.ask_for_the_gravest("s").await;
        world.concern("trip", Some(2)).await;
        world.owe("s", "trip", entered(2)).await;
        world.settle().await;
        let revision = |n: u32| MatchKey { revision: n, ..key(if n == 2 { 2 } else { 1 }) };
        for (n, levels) in [(3, &["2", "4", "2"][..]), (4, &["2", "4", "2", "2"])] {
            world.publish(levels).await;
            world.concern_by("trip", &serde_json::json!({ADVISORY: revision(n)})).await;
            if n == 3 {
                world.service.script(Some(&browser), Scripted::TakenButReset);
            }
            let lowered = Transition::Changed { advisory: advisory(), before: revision(n - 1), after: revision(n) };
            let id = world.owe_as("s", "trip", lowered, Owed::Milder).await;
            world.settle().await;
            let expected = if n == 3 { Pending } else { Delivered };
            assert_eq!(world.state(&id).await, expected, "revision {n}");
        }
    }

    async fn the_newer_word_takes_the_place_of_the_older(db: Database) {
        let world = World::start(&db).await;
        let browser = world.subscribe("s", "en").await;
        world.concern("trip", Some(2)).await;
        let old = world.owe("s", "trip", entered(1)).await;
        let new = world.owe("s", "trip", raised()).await;
        world.settle().await;
        assert_eq!((world.state(&old).await, world.state(&new).await), (Superseded, Delivered));
        assert_eq!(world.service.taken_for(&browser).len(), 1);
    }

    /// What is to come is said beside what holds until then, and neither takes the other's place.
    async fn what_is_to_come_stands_beside_what_holds(db: Database) {
        let world = World::start(&db).await;
        let browser = world.subscribe("s", "en").await;
        world.concern("trip", Some(2)).await;
        let holds = world.owe("s", "trip", entered(2)).await;
        let from = world.clock.now() + seconds(3600);
        world.expect("trip", Some((2, from))).await;
        let coming = Transition::Upcoming { advisory: advisory(), after: key(2), from };
        let comes = world.owe("s", "trip", coming).await;
        world.settle().await;
        assert_eq!((world.state(&holds).await, world.state(&comes).await), (Delivered, Delivered));
        let taken = world.service.taken_for(&browser);
        assert_ne!(taken[0].payload["notification"]["tag"], taken[1].payload["notification"]["tag"]);
        assert_ne!(taken[0].topic, taken[1].topic);
    }

    /// Somebody left before it took effect, while the message waited to be tried again.
    async fn what_is_not_to_come_for_them_any_more_is_not_announced(db: Database) {
        let world = World::start(&db).await;
        let browser = world.subscribe("s", "en").await;
        world.concern("trip", Some(1)).await;
        let from = world.clock.now() + seconds(3600);
        world.expect("trip", Some((2, from))).await;
        world.service.script(Some(&browser), Scripted::Status(503, vec![]));
        let comes = world.owe("s", "trip", Transition::Upcoming { advisory: advisory(), after: key(2), from }).await;
        world.settle().await;
        assert_eq!(world.state(&comes).await, Pending);
        world.concern("trip", None).await;
        world.expect("trip", None).await;
        world.pass(seconds(60));
        world.settle().await;
        assert_eq!((world.state(&comes).await, world.service.taken_for(&browser).len()), (Superseded, 0));
    }

    /// Another instance heard of the revision first: it is not dropped as over, but waits until it is known here too.
    async fn what_this_instance_has_not_heard_of_yet_waits(db: Database) {
        let world = World::start(&db).await;
        let browser = world.subscribe("s", "en").await;
        world.concern("trip", Some(3)).await;
        let id = world.owe("s", "trip", entered(3)).await;
        world.settle().await;
        assert_eq!(world.state(&id).await, Pending);
        write_folder(world.folder.path(), &["2", "4", "4"]);
        world.live.reload(&world.store, world.clock.now()).await.expect("taken");
        world.pass(seconds(2));
        world.settle().await;
        assert_eq!((world.state(&id).await, world.service.taken_for(&browser).len()), (Delivered, 1));
    }

    /// Said once, it is said again word for word: also after the advisory's own text was corrected in place.
    async fn what_was_said_is_frozen(db: Database) {
        let world = World::start(&db).await;
        let browser = world.subscribe("s", "en").await;
        world.concern("trip", Some(2)).await;
        world.service.script(Some(&browser), Scripted::TakenButReset);
        let id = world.owe("s", "trip", entered(2)).await;
        world.settle().await;
        assert_eq!(world.state(&id).await, Pending);
        world.pass(seconds(6));
        world.settle().await;
        let taken = world.service.taken_for(&browser);
        assert_eq!(taken.len(), 2, "a repetition, since the answer was lost");
        assert_eq!(taken[0].payload, taken[1].payload, "with the same id");
        assert_eq!(world.state(&id).await, Delivered);
    }

    async fn a_revision_that_a_newer_one_has_replaced_is_not_announced(db: Database) {
        let world = World::start(&db).await;
        let browser = world.subscribe("s", "en").await;
        world.concern("trip", Some(2)).await;
        write_folder(world.folder.path(), &["2", "4", "2"]);
        world.live.reload(&world.store, world.clock.now()).await.expect("taken");
        // the trip is not matched again yet
        let id = world.owe("s", "trip", entered(2)).await;
        world.settle().await;
        assert_eq!(world.state(&id).await, Superseded);
        assert!(world.service.taken_for(&browser).is_empty());
    }
}
