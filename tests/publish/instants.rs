//! What takes effect later does so by itself: the clock moves the epoch, once.

use cordon::flows::pass_instants;
use cordon::flows::publish_advisory::TakesEffect;
use cordon::flows::seen::Seen;
use cordon::flows::step::Step;
use cordon::model::Verdict;
use cordon::store::epoch::{self, EpochChange};
use serde_json::json;

use crate::databases::Database;
use crate::instance::{Instance, TOWN, embassy, instant, town};

on_both! {
    async fn a_revision_takes_effect_and_ends_by_itself(db: Database) {
        let (here, there) = (Instance::start(&db).await, Instance::start(&db).await);
        let passing = async |instance: &Instance| pass_instants::step(&instance.store, &*instance.clock).await.expect("stepped");
        let later = town("4", json!({"valid_from": "2025-10-21T00:00:00Z", "valid_to": "2025-10-22T00:00:00Z"}));
        let announced = here.publish(&embassy(), Seen::Unsaid, &later).await.expect("published");
        assert_eq!(announced.takes_effect, TakesEffect::Later);
        let published = announced.epoch.expect("an epoch");
        assert_eq!(here.answer(TOWN).0, Verdict::Notice);
        assert_eq!(passing(&here).await, Step::Idle, "a publication is no passing of time");

        for (moment, verdict) in [("2025-10-20T23:59:59Z", Verdict::Notice), ("2025-10-21T00:00:00Z", Verdict::Prohibited),
                                  ("2025-10-21T23:59:59Z", Verdict::Prohibited), ("2025-10-22T00:00:00Z", Verdict::Notice)] {
            here.clock.set(instant(moment));
            there.clock.set(instant(moment));
            let steps = [passing(&here).await, passing(&there).await];
            let passed = moment.ends_with("00:00:00Z");
            assert_eq!(steps, [if passed { Step::Worked } else { Step::Idle }, Step::Idle], "{moment}: once for all instances");
            here.follow().await;
            there.follow().await;
            assert_eq!((here.answer(TOWN).0, there.answer(TOWN).0), (verdict, verdict), "{moment}");
        }
        let mut tx = here.store.read().await.expect("a store");
        let since = epoch::changes_since(&mut tx, published).await.expect("changes");
        let change = |epoch| EpochChange { epoch, advisory: Some("kr-mofa:kh-town".to_owned()) };
        assert_eq!(since, [change(published + 1), change(published + 2)]);
        assert_eq!(here.answer(TOWN).2, published + 2);
    }

    async fn an_instant_that_passed_while_nobody_ran_is_made_up_for(db: Database) {
        let here = Instance::start(&db).await;
        let later = town("4", json!({"valid_from": "2025-10-20T03:00:00Z"}));
        let announced = here.publish(&embassy(), Seen::Unsaid, &later).await.expect("published");
        drop(here);
        let store = db.open().await;
        let now = instant("2025-10-20T04:00:00Z");
        let root = db.folder().join("regions");
        let live = cordon::live::Live::start(&root, cordon::geometry::Limits::default(), None, &store, now).await.expect("started");
        assert_eq!(live.snapshot().epoch, announced.epoch.expect("an epoch") + 1, "the start says so");
    }
}
