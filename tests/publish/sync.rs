//! Files of the data folder and what is published share one store, and neither undoes the other.

use cordon::flows::seen::Seen;
use cordon::geometry::Limits;
use cordon::live::Live;
use cordon::model::Verdict;
use cordon::store::{advisories, epoch};
use serde_json::json;

use crate::databases::Database;
use crate::instance::{COUNTRY, Instance, TOWN, embassy, feature, instant, town, write_file};

fn whole(level: &str) -> serde_json::Value {
    feature(
        "kr-mofa:kh",
        level,
        json!({"area": {"region": "KH"}, "revision": 1, "published_at": "2025-01-01T00:00:00Z", "valid_from": "2025-01-01T00:00:00Z"}),
    )
}

fn in_file(number: u32, level: &str) -> serde_json::Value {
    town(
        level,
        json!({"revision": number, "published_at": "2025-10-01T00:00:00Z", "valid_from": "2025-10-01T00:00:00Z"}),
    )
}

async fn stored(instance: &Instance) -> Vec<String> {
    let mut tx = instance.store.read().await.expect("a store");
    advisories::all(&mut tx).await.expect("revisions").iter().map(|stored| stored.id.to_string()).collect()
}

on_both! {
    async fn an_unchanged_folder_moves_nothing(db: Database) {
        let first = Instance::start(&db).await.answer(TOWN).2;
        let again = Instance::start(&db).await;
        assert_eq!(again.answer(TOWN).2, first);
        again.live.reload(&again.store, instant("2025-10-20T03:00:00Z")).await.expect("taken");
        assert_eq!(again.answer(TOWN).2, first);
    }

    async fn files_are_added_changed_and_removed(db: Database) {
        let (here, there) = (Instance::start(&db).await, Instance::start(&db).await);
        let mut at = here.answer(TOWN).2;
        let now = instant("2025-10-20T03:00:00Z");
        for (features, revisions, verdict) in [
            (vec![whole("2"), in_file(1, "4")], vec!["kr-mofa:kh-town@1", "kr-mofa:kh@1"], Verdict::Prohibited),
            (vec![whole("2"), in_file(1, "3")], vec!["kr-mofa:kh-town@1", "kr-mofa:kh@1"], Verdict::Avoid),
            (vec![whole("2")], vec!["kr-mofa:kh@1"], Verdict::Notice),
        ] {
            write_file(&here.folder, &features);
            here.live.reload(&here.store, now).await.expect("taken");
            at += 1;
            let (heard, _, epoch) = here.answer(TOWN);
            assert_eq!((heard, epoch), (verdict, at));
            let mut listed = stored(&here).await;
            listed.sort();
            assert_eq!(listed, revisions);
            // an instance that did not read the folder again is told by the store
            assert!(there.follow().await);
            assert_eq!(there.answer(TOWN), here.answer(TOWN));
        }
        let mut tx = here.store.read().await.expect("a store");
        let changes = epoch::changes_since(&mut tx, at - 3).await.expect("changes");
        assert!(changes.iter().all(|change| change.advisory.as_deref() == Some("kr-mofa:kh-town")), "{changes:?}");
    }

    async fn what_was_published_stays_whatever_files_say(db: Database) {
        let here = Instance::start(&db).await;
        here.publish(&embassy(), Seen::Unsaid, &town("4", json!({}))).await.expect("published");
        write_file(&here.folder, &[]);
        here.live.reload(&here.store, instant("2025-10-20T03:00:00Z")).await.expect("taken");
        assert_eq!(here.answer(TOWN).0, Verdict::Prohibited);
        assert_eq!(stored(&here).await, ["kr-mofa:kh-town@1"]);

        // a file with the same number is a mistake of the file
        write_file(&here.folder, &[in_file(1, "2")]);
        let report = here.live.reload(&here.store, instant("2025-10-20T03:00:00Z")).await.expect_err("refused");
        assert!(report.problems[0].detail.contains("kr-mofa:kh-town@1 was published otherwise"), "{report:?}");
        assert_eq!(here.answer(TOWN).0, Verdict::Prohibited, "the old set keeps serving");
        let started = Instance::start(&db).await;
        assert_eq!(started.answer(TOWN), here.answer(TOWN), "and so it is at a start");
        assert!(started.live.snapshot().report.has_errors());
    }

    async fn a_file_that_broke_keeps_what_it_said(db: Database) {
        let here = Instance::start(&db).await;
        write_file(&here.folder, &[whole("2"), in_file(1, "4")]);
        here.live.reload(&here.store, instant("2025-10-20T03:00:00Z")).await.expect("taken");
        write_file(&here.folder, &[whole("2"), in_file(1, "no such level")]);
        let started = Instance::start(&db).await;
        assert!(started.live.snapshot().report.has_errors(), "it is said to be broken");
        assert_eq!(started.answer(TOWN).0, Verdict::Prohibited, "what it said last stands");
        assert_eq!(started.answer(COUNTRY).0, Verdict::Indeterminate, "what it may say now is not known");
    }

    async fn a_folder_that_is_gone_says_nothing_about_what_was_known(db: Database) {
        let here = Instance::start(&db).await;
        let nowhere = here.folder.join("nowhere");
        let live = Live::start(&nowhere, Limits::default(), None, &here.store, instant("2025-10-20T03:00:00Z")).await.expect("started");
        assert!(live.snapshot().report.has_errors());
        assert_eq!(stored(&here).await, ["kr-mofa:kh@1"]);
        assert_eq!(Instance::start(&db).await.answer(COUNTRY).0, Verdict::Notice);
    }
}
