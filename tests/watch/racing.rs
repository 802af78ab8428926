//! Several at once: two instances that recheck, somebody who saves while somebody publishes, and a restart between any two steps.

use cordon::flows::step::Step;
use jiff::SignedDuration;

use crate::databases::Database;
use crate::world::{Instance, TOWN, World, stay};

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Steps until idle, together with another.
async fn settle_together(one: &Instance, other: &Instance) {
    loop {
        let (a, b) = tokio::join!(one.watch.recheck_step(), other.watch.recheck_step());
        if a.expect("stepped") == Step::Idle && b.expect("stepped") == Step::Idle {
            return;
        }
    }
}

on_both! {
    async fn two_instances_announce_each_transition_once(db: Database) {
        let mut world = World::new();
        let one = Instance::start(&db, &world).await;
        let other = Instance::start(&db, &world).await;
        let mut expected = 0;
        for i in 0..60 {
            let traveller = one.traveller().await;
            one.subscribe(&traveller.id, 3, false).await;
            let now = world.now();
            let place = if i % 3 == 0 { (15.0, 105.0) } else { TOWN };
            one.watch.save_trip(&traveller.id, None, &stay(place, now, now + DAY)).await.expect("saved");
            expected += usize::from(i % 3 != 0);
        }
        for (level, kind) in [(Some("3"), "entered"), (Some("4"), "changed"), (None, "exited")] {
            world.say("kr-mofa:town", level, "kh-town");
            one.publish().await;
            other.follow().await;
            settle_together(&one, &other).await;
            let owed = one.owed_words().await;
            let told = owed.iter().filter(|words| words.starts_with(kind)).count();
            assert_eq!(told, expected, "{kind}: {owed:?}");
            one.deliver_all().await;
        }
        assert_eq!(one.owed().await.len(), expected * 3);
    }

    async fn whoever_saves_while_somebody_publishes_is_told_once_by_the_answer_or_by_an_alert(db: Database) {
        let mut world = World::new();
        let one = Instance::start(&db, &world).await;
        // this one does not know yet what the other publishes
        let behind = Instance::start(&db, &world).await;
        let traveller = one.traveller().await;
        one.subscribe(&traveller.id, 3, false).await;
        world.say("kr-mofa:town", Some("4"), "kh-town");
        let now = world.now();
        // saved with the old fences, before the shard is settled: the recheck finds it
        one.publish().await;
        let saved = behind.watch.save_trip(&traveller.id, None, &stay(TOWN, now, now + DAY)).await.expect("saved");
        assert!(saved.subject.matches.is_empty());
        one.settle().await;
        assert_eq!(one.owed_words().await, ["entered town@1 5 advisory"]);
        // saved with the old fences, after the shard is settled: it is matched anew before it is written
        assert!(behind.live.snapshot().epoch < one.live.snapshot().epoch);
        let saved = behind.watch.save_trip(&traveller.id, None, &stay(TOWN, now, now + DAY)).await.expect("saved");
        assert_eq!(saved.subject.matches.len(), 1, "the answer tells of it");
        assert_eq!(saved.answer.verdict, cordon::model::Verdict::Prohibited);
        assert_eq!(behind.live.snapshot().epoch, one.live.snapshot().epoch);
        one.settle().await;
        behind.settle().await;
        assert_eq!(one.owed().await.len(), 1);
    }

    async fn saves_in_the_middle_of_a_recheck_are_never_lost(db: Database) {
        let mut world = World::new();
        let one = Instance::start(&db, &world).await;
        let other = Instance::start(&db, &world).await;
        let mut people = Vec::new();
        for _ in 0..20 {
            let traveller = one.traveller().await;
            one.subscribe(&traveller.id, 3, false).await;
            people.push(traveller.id);
        }
        for round in 0..6 {
            let level = if round % 2 == 0 { Some("3") } else { Some("4") };
            world.say("kr-mofa:town", level, "kh-town");
            let now = world.now();
            let publishing = async {
                one.publish().await;
                one.settle().await;
            };
            let saving = async {
                for (i, person) in people.iter().enumerate() {
                    let instance = if i % 2 == 0 { &one } else { &other };
                    instance.watch.save_trip(person, None, &stay(TOWN, now, now + DAY)).await.expect("saved");
                }
            };
            tokio::join!(publishing, saving);
            other.follow().await;
            settle_together(&one, &other).await;
            // whatever came first, in the end every trip is matched against what holds now
            for person in &people {
                for trip in one.watch.trips(person).await.expect("read") {
                    let revisions: Vec<u32> = trip.matches.values().map(|key| key.revision).collect();
                    assert_eq!(revisions, [round + 1], "round {round}: {trip:?}");
                }
            }
        }
        // each trip of a round before is told of each later revision exactly once
        let owed = one.owed().await;
        for person in &people {
            let trips = one.watch.trips(person).await.expect("read");
            let mine = one.watch.subscriptions(person).await.expect("read")[0].id.clone();
            let told = owed.iter().filter(|(to, _)| to == &mine).count();
            // 6 trips; the n-th hears of the revisions after it, and of its own when it was saved before it was known
            assert!((15..=21).contains(&told), "{} trips, {told} told", trips.len());
        }
    }

    async fn a_restart_between_any_two_steps_changes_nothing(db: Database) {
        let mut world = World::new();
        let first = Instance::start(&db, &world).await;
        let traveller = first.traveller().await;
        first.subscribe(&traveller.id, 3, false).await;
        let now = world.now();
        first.watch.save_trip(&traveller.id, None, &stay(TOWN, now, now + DAY)).await.expect("saved");
        drop(first);
        for (level, expected) in [(Some("3"), 1), (Some("4"), 2), (None, 3)] {
            world.say("kr-mofa:town", level, "kh-town");
            let publisher = Instance::start(&db, &world).await;
            publisher.publish().await;
            drop(publisher);
            // every step by another process
            for _ in 0..200 {
                let instance = Instance::start(&db, &world).await;
                let step = instance.watch.recheck_step().await.expect("stepped");
                instance.deliver_all().await;
                if step == Step::Idle {
                    break;
                }
            }
            let last = Instance::start(&db, &world).await;
            assert_eq!(last.owed().await.len(), expected);
        }
    }
}
