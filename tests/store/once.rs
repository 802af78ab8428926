//! A request that is sent again gets the first one's answer, whoever dies meanwhile.

use cordon::flows::answer_once::{Beginning, LEASE, begin, finish, give_up};
use cordon::store::Store;
use cordon::store::idempotency::{self, Answer, Ours};
use jiff::{SignedDuration, Timestamp};

use crate::support::Database;

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

fn answer() -> Answer {
    Answer { status: 201, headers: vec![("etag".to_owned(), "\"1\"".to_owned())], body: "{\"이름\":1}".to_owned() }
}

/// The claim of a request that is to be done.
async fn ours(store: &Store, who: &str, what: &str, now: Timestamp) -> String {
    claimed(store, who, what, now).await.claim
}

async fn claimed(store: &Store, who: &str, what: &str, now: Timestamp) -> Ours {
    match begin(store, who, "k", what, now).await.expect("begun") {
        Beginning::Ours(ours) => ours,
        other => panic!("{other:?}"),
    }
}

on_both! {
    async fn the_same_request_gets_the_same_answer(db: Database) {
        let store = db.open().await;
        let now = at("2025-10-20T02:00:00Z");
        let claim = ours(&store, "key:a", "what", now).await;
        let again = begin(&store, "key:a", "k", "what", now + SignedDuration::from_secs(1)).await.expect("begun");
        assert!(matches!(again, Beginning::UnderWay(left) if left == LEASE - SignedDuration::from_secs(1)), "{again:?}");
        finish(&store, &claim, &answer()).await;
        let again = begin(&store, "key:a", "k", "what", now).await.expect("begun");
        assert!(matches!(&again, Beginning::Answered(kept) if *kept == answer()), "{again:?}");
        let other = begin(&store, "key:a", "k", "something else", now).await.expect("begun");
        assert!(matches!(other, Beginning::Another), "{other:?}");
        ours(&store, "key:b", "something else", now).await;
    }

    async fn a_request_of_a_dead_process_is_taken_over_after_its_lease(db: Database) {
        let store = db.open().await;
        let dead = ours(&store, "key:a", "what", at("2025-10-20T02:00:00Z")).await;
        let early = begin(&store, "key:a", "k", "what", at("2025-10-20T02:00:05Z")).await.expect("begun");
        assert!(matches!(early, Beginning::UnderWay(_)), "{early:?}");
        let heir = ours(&store, "key:a", "what", at("2025-10-20T02:00:06Z")).await;
        let late = Answer { body: "too late".to_owned(), ..answer() };
        finish(&store, &dead, &late).await;
        finish(&store, &heir, &answer()).await;
        let kept = begin(&store, "key:a", "k", "what", at("2025-10-20T02:00:07Z")).await.expect("begun");
        assert!(matches!(&kept, Beginning::Answered(kept) if *kept == answer()), "the one that was not dead but slow changes nothing: {kept:?}");
    }

    async fn a_request_that_takes_long_is_not_taken_over(db: Database) {
        let store = db.open().await;
        let claim = ours(&store, "key:a", "what", at("2025-10-20T02:00:00Z")).await;
        let renew = async |claim: &str, now: &str| {
            let mut tx = store.begin().await.expect("begun");
            idempotency::renew(&mut tx, claim, at(now) + LEASE).await.expect("renewed");
            tx.commit().await.expect("committed");
        };
        renew(&claim, "2025-10-20T02:00:05Z").await;
        let early = begin(&store, "key:a", "k", "what", at("2025-10-20T02:00:10Z")).await.expect("begun");
        assert!(matches!(early, Beginning::UnderWay(_)), "{early:?}");
        let heir = ours(&store, "key:a", "what", at("2025-10-20T02:00:11Z")).await;
        // slow, not dead: what another has now stays the other's
        renew(&claim, "2025-10-20T02:01:00Z").await;
        assert_ne!(ours(&store, "key:a", "what", at("2025-10-20T02:00:17Z")).await, heir);
    }

    async fn a_request_that_failed_may_be_sent_again_at_once(db: Database) {
        let store = db.open().await;
        let now = at("2025-10-20T02:00:00Z");
        let claim = ours(&store, "key:a", "what", now).await;
        give_up(&store, &claim).await;
        ours(&store, "key:a", "what", now).await;
    }

    /// The dead may have done it: the heir finds what is there by its id, until the key is forgotten.
    async fn whoever_does_it_again_makes_the_same(db: Database) {
        let store = db.open().await;
        let dead = claimed(&store, "key:a", "what", at("2025-10-20T02:00:00Z")).await;
        let heir = claimed(&store, "key:a", "what", at("2025-10-20T02:00:06Z")).await;
        give_up(&store, &heir.claim).await;
        let third = claimed(&store, "key:a", "what", at("2025-10-20T02:00:06Z")).await;
        assert_eq!((&heir.makes, &third.makes), (&dead.makes, &dead.makes));
        let later = claimed(&store, "key:a", "what", at("2025-10-21T02:00:06Z")).await;
        assert_ne!(later.makes, dead.makes);
    }

    async fn an_answer_is_forgotten_after_a_day(db: Database) {
        let store = db.open().await;
        let claim = ours(&store, "key:a", "what", at("2025-10-20T02:00:00Z")).await;
        finish(&store, &claim, &answer()).await;
        let kept = begin(&store, "key:a", "k", "what", at("2025-10-21T01:59:59Z")).await.expect("begun");
        assert!(matches!(kept, Beginning::Answered(_)), "{kept:?}");
        ours(&store, "key:b", "anything", at("2025-10-21T02:00:00Z")).await;
        let mut tx = store.read().await.expect("begun");
        let rows = tx.query("SELECT count(*) AS n FROM idempotency").one().await.expect("a row").int("n").expect("n");
        assert_eq!(rows, 1, "what is outlived is removed with the next claim");
    }

    /// Many send the same at once: one does it, the others hear that it is under way.
    async fn of_many_at_once_one_begins(db: Database) {
        let store = db.open().await;
        let other = db.open().await;
        let now = at("2025-10-20T02:00:00Z");
        let asking: Vec<_> = (0..32).map(|n: u32| {
            let store = if n.is_multiple_of(2) { store.clone() } else { other.clone() };
            tokio::spawn(async move { begin(&store, "key:a", "k", "what", now).await.expect("begun") })
        }).collect();
        let mut begun = 0;
        for one in asking {
            match one.await.expect("no panic") {
                Beginning::Ours(_) => begun += 1,
                Beginning::UnderWay(_) => {}
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(begun, 1);
    }
}
