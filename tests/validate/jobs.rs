//! Validations as jobs, on both databases.

use std::sync::Arc;

use cordon::clock::Manual;
use cordon::flows::step::Step;
use cordon::flows::validation_jobs::{self, Jobs, Sender, Submission};
use cordon::format::document::bookings::Kind;
use cordon::format::document::csv::Mapping;
use cordon::format::policy::Policy;
use cordon::geometry::Limits;
use cordon::store::validations::{self, Form, State};
use jiff::SignedDuration;

use crate::databases::Database;
use crate::support::{MAX_AGE, line, live, now};

async fn jobs(db: &Database) -> (Jobs, Arc<Manual>) {
    let clock = Arc::new(Manual::new(now()));
    let live = Arc::new(live(&db.folder().join("regions")));
    let (store, limits) = (db.open().await, Limits::default());
    let jobs = Jobs { store, live, max_age: MAX_AGE, limits, clock: clock.clone(), router: None };
    (jobs, clock)
}

/// So many bookings, every tenth of which cannot be read.
fn submission(count: usize) -> Submission {
    let text: Vec<String> =
        (0..count).map(|n| if n % 10 == 3 { "{}".to_owned() } else { line(&format!("B{n}"), "KR") }).collect();
    Submission {
        kind: Kind::Lines,
        text: text.join("\n").into_bytes(),
        mapping: Mapping::default(),
        policy: Policy::default(),
        watch: false,
    }
}

fn agency() -> Sender {
    Sender { key: Some("key".to_owned()), ..Sender::default() }
}

on_both! {
    async fn a_job_goes_on_where_a_dead_worker_left_it(db: Database) {
        let (jobs, clock) = jobs(&db).await;
        let job = jobs.submit(uuid::Uuid::now_v7().to_string(), submission(1_203), Sender::default()).await.expect("taken in");
        assert_eq!((job.total, job.done, job.state), (1_203, 0, State::Running));
        assert_eq!(jobs.step().await.expect("worked"), Step::Worked);
        // a worker takes the job and dies: until its lease has ended nobody else works on it
        let mut tx = jobs.store.begin().await.expect("begun");
        let until = now() + SignedDuration::from_secs(10);
        let taken = validations::take(&mut tx, now(), until).await.expect("taken").expect("a job");
        tx.commit().await.expect("committed");
        assert_eq!(taken.done, 500);
        assert_eq!(jobs.step().await.expect("idle"), Step::Idle);
        clock.set(until);
        while jobs.step().await.expect("worked") == Step::Worked {}
        let mut tx = jobs.store.read().await.expect("begun");
        let job = validation_jobs::find(&mut tx, &job.id, None).await.expect("there");
        assert_eq!((job.done, job.state), (1_203, State::Done));
        let results = validations::results(&mut tx, &job.id, Form::Json, None, 0, 2_000).await.expect("read");
        let numbers: Vec<i64> = results.iter().map(|(number, _)| *number).collect();
        assert_eq!(numbers, (0..1_203).collect::<Vec<_>>());
        let tally: serde_json::Value = serde_json::from_str(&job.tally).expect("JSON");
        assert_eq!((&tally["prohibited"], &tally["rejected"]), (&1_083.into(), &120.into()));
    }

    async fn what_was_called_off_is_not_gone_on_with(db: Database) {
        let (jobs, _) = jobs(&db).await;
        let job = jobs.submit(uuid::Uuid::now_v7().to_string(), submission(600), agency()).await.expect("taken in");
        assert!(jobs.delete(&job.id, None).await.is_err(), "it is another's");
        jobs.step().await.expect("worked");
        jobs.delete(&job.id, Some("key")).await.expect("called off");
        assert_eq!(jobs.step().await.expect("idle"), Step::Idle);
        let mut tx = jobs.store.read().await.expect("begun");
        let job = validation_jobs::find(&mut tx, &job.id, Some("key")).await.expect("there");
        assert_eq!((job.state, job.done), (State::Cancelled, 500));
        drop(tx);
        // thought better of
        assert!(jobs.resume(&job.id, None).await.is_err(), "it is another's");
        jobs.resume(&job.id, Some("key")).await.expect("gone on with");
        while jobs.step().await.expect("worked") == Step::Worked {}
        let mut tx = jobs.store.read().await.expect("begun");
        let job = validation_jobs::find(&mut tx, &job.id, Some("key")).await.expect("there");
        assert_eq!((job.state, job.done), (State::Done, 600));
        let results = validations::results(&mut tx, &job.id, Form::Json, None, 0, 2_000).await.expect("read");
        let numbers: Vec<i64> = results.iter().map(|(number, _)| *number).collect();
        assert_eq!(numbers, (0..600).collect::<Vec<_>>(), "none twice, none missing");
        drop(tx);
        assert!(jobs.resume(&job.id, Some("key")).await.is_err(), "it is done");
        jobs.delete(&job.id, Some("key")).await.expect("forgotten");
        let mut tx = jobs.store.read().await.expect("begun");
        assert!(validation_jobs::find(&mut tx, &job.id, Some("key")).await.is_err());
    }

    async fn a_portion_finished_by_two_counts_once(db: Database) {
        let (jobs, _) = jobs(&db).await;
        let job = jobs.submit(uuid::Uuid::now_v7().to_string(), submission(20), Sender::default()).await.expect("taken in");
        let done = jobs.finish(job.clone()).await.expect("done");
        assert_eq!(done.done, 20);
        let mut tx = jobs.store.begin().await.expect("begun");
        assert!(!validations::settle(&mut tx, &job, &[], "{}", 1, now()).await.expect("asked"), "it is done already");
    }
}
