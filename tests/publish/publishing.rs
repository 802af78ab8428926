//! Publishing, raising, redrawing, lowering, withdrawing: what answers say before and after, here and elsewhere.

use cordon::error::Error;
use cordon::flows::publish_advisory::{TakesEffect, publish};
use cordon::flows::seen::Seen;
use cordon::model::Verdict;
use serde_json::json;

use crate::databases::Database;
use crate::instance::{COUNTRY, Instance, TOWN, drill, embassy, town};

on_both! {
    async fn a_ban_is_answered_at_once_raised_redrawn_lowered_and_withdrawn(db: Database) {
        let here = Instance::start(&db).await;
        let (verdict, governing, first) = here.answer(TOWN);
        assert_eq!((verdict, governing.as_str()), (Verdict::Notice, "kr-mofa:kh@1"), "before anything is published");

        let ban = here.publish(&embassy(), Seen::Unsaid, &town("4", json!({}))).await.expect("published");
        assert_eq!((ban.revision.number, ban.answering, ban.takes_effect), (1, true, TakesEffect::Now));
        assert_eq!(ban.level_before, None);
        let area = ban.area.expect("an area");
        assert_eq!(area.bbox, Some([100.0, 10.0, 101.0, 11.0]));
        assert_eq!(ban.coverage.iter().map(|note| (note.country.to_string(), note.verified_at.is_some())).collect::<Vec<_>>(), [("KH".to_owned(), true)]);
        assert_eq!(ban.epoch, Some(first + 1));
        assert_eq!(here.answer(TOWN), (Verdict::Prohibited, "kr-mofa:kh-town@1".to_owned(), first + 1));
        assert_eq!(here.answer(COUNTRY).0, Verdict::Notice, "elsewhere nothing changed");

        let lowered = here.publish(&embassy(), Seen::from(1), &town("3", json!({}))).await.expect("published");
        assert_eq!((lowered.revision.number, lowered.level_before.as_deref()), (2, Some("4")));
        assert_eq!(here.answer(TOWN), (Verdict::Avoid, "kr-mofa:kh-town@2".to_owned(), first + 2));

        let elsewhere = json!({"type": "Polygon", "coordinates": [[[104, 14], [106, 14], [106, 16], [104, 16], [104, 14]]]});
        here.publish(&embassy(), Seen::from(2), &town("4", json!({"geometry": elsewhere}))).await.expect("published");
        assert_eq!(here.answer(TOWN).0, Verdict::Notice, "redrawn away");
        assert_eq!(here.answer(COUNTRY), (Verdict::Prohibited, "kr-mofa:kh-town@3".to_owned(), first + 3));

        let ended = here.withdraw(&embassy(), "kr-mofa:kh-town", Seen::from(3)).await.expect("withdrawn");
        assert_eq!((ended.revision.number, ended.level, ended.area.is_none()), (4, None, true));
        assert_eq!(here.answer(COUNTRY), (Verdict::Notice, "kr-mofa:kh@1".to_owned(), first + 4));
        let again = here.withdraw(&embassy(), "kr-mofa:kh-town", Seen::from(4)).await.expect_err("once");
        assert!(matches!(again, Error::Conflict(_)), "{again}");
    }

    async fn a_file_s_advisory_is_revised_by_those_who_publish(db: Database) {
        let here = Instance::start(&db).await;
        let whole = crate::instance::feature("kr-mofa:kh", "3", json!({"area": {"region": "KH"}}));
        let revised = here.publish(&embassy(), Seen::from(1), &whole).await.expect("published");
        assert_eq!(revised.revision.to_string(), "kr-mofa:kh@2");
        assert_eq!(here.answer(COUNTRY).0, Verdict::Avoid);
    }

    async fn what_was_given_up_never_takes_effect(db: Database) {
        let here = Instance::start(&db).await;
        let press = here.press();
        assert!(press.commitment.give_up());
        let ban = town("4", json!({})).to_string();
        let refused = publish(&press, &embassy(), None, &Seen::Unsaid, ban.as_bytes(), false).await.expect_err("given up");
        assert!(matches!(refused, Error::Unavailable(_)), "{refused}");
        assert!(!here.follow().await, "nothing is new");
        assert_eq!(here.answer(TOWN).0, Verdict::Notice);
        publish(&press, &embassy(), None, &Seen::Unsaid, ban.as_bytes(), true).await.expect("a preview takes no effect");
    }

    async fn of_two_publishers_who_saw_the_same_one_wins(db: Database) {
        let here = Instance::start(&db).await;
        let there = Instance::start(&db).await;
        here.publish(&embassy(), Seen::Unsaid, &town("2", json!({}))).await.expect("published");
        for round in 1..=5 {
            let (up, down) = (town("4", json!({})), town("3", json!({})));
            let who = embassy();
            let (a, b) = tokio::join!(here.publish(&who, Seen::from(round), &up), there.publish(&who, Seen::from(round), &down));
            let (won, lost): (Vec<_>, Vec<_>) = [a, b].into_iter().partition(Result::is_ok);
            assert_eq!((won.len(), lost.len()), (1, 1), "round {round}: {lost:?}");
            let lost = lost.into_iter().next().expect("one").expect_err("lost");
            assert!(matches!(lost, Error::Stale { .. }), "{lost}");
            let won = won.into_iter().next().expect("one").expect("won");
            assert_eq!(won.revision.number, round + 1);
            here.follow().await;
            there.follow().await;
            assert_eq!(here.answer(TOWN), there.answer(TOWN), "both answer what won");
        }
    }

    async fn another_instance_follows_and_a_new_one_begins_there(db: Database) {
        let (here, there) = (Instance::start(&db).await, Instance::start(&db).await);
        let ban = here.publish(&embassy(), Seen::Unsaid, &town("4", json!({}))).await.expect("published");
        assert_eq!(there.answer(TOWN).0, Verdict::Notice, "not told yet");
        assert!(there.follow().await);
        assert!(!there.follow().await, "nothing is new any more");
        let expected = (Verdict::Prohibited, "kr-mofa:kh-town@1".to_owned(), ban.epoch.expect("an epoch"));
        assert_eq!(there.answer(TOWN), expected);
        // as after a crash between the commit and the answers
        let restarted = Instance::start(&db).await;
        assert_eq!(restarted.answer(TOWN), expected);
    }

    async fn what_is_unsaid_or_unseen_is_refused(db: Database) {
        let here = Instance::start(&db).await;
        let first = town("4", json!({}));
        let number = here.publish(&embassy(), Seen::from(1), &first).await.expect_err("there is none to have seen");
        assert!(matches!(number, Error::Stale { .. }), "{number}");
        here.publish(&embassy(), Seen::Unsaid, &first).await.expect("published");
        let unsaid = here.publish(&embassy(), Seen::Unsaid, &first).await.expect_err("there is one by now");
        assert!(matches!(unsaid, Error::SeenMissing { .. }), "{unsaid}");
        here.publish(&embassy(), Seen::Any, &first).await.expect("whichever it is");
        let foreign = crate::instance::feature("us-state:kh", "4", json!({"area": {"region": "KH"}}));
        let forbidden = here.publish(&embassy(), Seen::Unsaid, &foreign).await.expect_err("not in this name");
        assert!(matches!(forbidden, Error::Forbidden(_)), "{forbidden}");
        let unknown = here.withdraw(&embassy(), "kr-mofa:nothing", Seen::Any).await.expect_err("nothing there");
        assert!(matches!(unknown, Error::NotFound { .. }), "{unknown}");
    }

    async fn a_preview_changes_nothing(db: Database) {
        let here = Instance::start(&db).await;
        let before = here.answer(TOWN);
        let feature = town("4", json!({})).to_string();
        let preview = cordon::flows::publish_advisory::publish(&here.press(), &embassy(), None, &Seen::Unsaid, feature.as_bytes(), true).await.expect("understood");
        assert_eq!((preview.published, preview.epoch, preview.answering), (false, None, false));
        assert!(preview.area.is_some());
        assert!(!here.follow().await);
        assert_eq!(here.answer(TOWN), before);
    }

    async fn an_exercise_is_never_seen_in_earnest(db: Database) {
        let (here, there) = (Instance::start(&db).await, Instance::start(&db).await);
        here.publish(&drill(), Seen::Unsaid, &town("4", json!({}))).await.expect("published");
        there.follow().await;
        for instance in [&here, &there, &Instance::start(&db).await] {
            assert_eq!(instance.answer(TOWN).0, Verdict::Notice, "in earnest");
            assert_eq!(instance.answer_in_exercise(TOWN).0, Verdict::Prohibited, "in the exercise");
        }
        let mixed = here.publish(&embassy(), Seen::from(1), &town("4", json!({}))).await.expect_err("an exercise stays one");
        assert!(matches!(mixed, Error::Invalid(_)), "{mixed}");
        // what is said in earnest is said in the exercise too
        let whole = crate::instance::feature("kr-mofa:kh", "3", json!({"area": {"region": "KH"}}));
        here.publish(&embassy(), Seen::from(1), &whole).await.expect("published");
        assert_eq!((here.answer(COUNTRY).0, here.answer_in_exercise(COUNTRY).0), (Verdict::Avoid, Verdict::Avoid));
        here.withdraw(&drill(), "kr-mofa:kh-town", Seen::Any).await.expect("withdrawn");
        assert_eq!(here.answer_in_exercise(TOWN).0, Verdict::Avoid);
    }
}
