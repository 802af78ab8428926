//! How it is judged that nothing is lost: the program itself is killed again and again while it publishes, rechecks and delivers to a
//! push service and a webhook that fail now and then. In the end everybody owed has been told, in order, and nothing is stuck.
//!
//! What is owed is worked out from what the test did, not from the program's tables. A run can be repeated by its seed:
//! `CORDON_CRASH_SEED`; `CORDON_CRASH_ROUNDS` says how often something is killed.

mod databases;
mod dice;
mod judge;
mod model;
mod publisher;
#[path = "../support/push_service.rs"]
mod push_service;
mod receivers;
mod service;
mod travellers;
mod world;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::Mutex;
use tokio::task::block_in_place;

use databases::{Cluster, leftovers};
use dice::Dice;
use judge::{Judge, events, repeated};
use model::Model;
use publisher::{Publisher, level};
use push_service::PushService;
use receivers::{Hook, SECRET_PATH, heard};
use service::{Client, Said, Service};
use travellers::{SECRET_NAME, Travellers};
use world::{ADVISORIES, PLACES, Place, ROWS, write_folder};

const PEOPLE: usize = 12;
/// What one process may have under way to a push service and a webhook that fail now and then.
const UNDER_WAY: usize = 24;
/// How often the answer to one message may be lost by chance.
const AGAIN: usize = 4;
/// How long it may take until everything is told: leases of the dead last 45 s, and what failed is tried again after up to 40 s.
const QUIET: Duration = Duration::from_secs(150);

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_lost_on_sqlite() {
    let folder = Folder::new();
    let setting = format!("sqlite:{}", folder.path().join("cordon.db").display());
    run(folder.path(), &setting, 1, None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_lost_with_two_instances_on_a_postgres_that_is_broken_off() {
    let (folder, cluster) = (Folder::new(), Cluster::start());
    run(folder.path(), &cluster.setting(), 2, Some(&cluster)).await;
}

/// What the service keeps on disk; it stays behind when the test fails, for whoever looks into that.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(TempDir::new().expect("a folder"))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.disable_cleanup(true);
            println!("kept: {}", self.path().display());
        }
    }
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().expect("a number"))
}

async fn run(folder: &Path, database: &str, instances: usize, cluster: Option<&Cluster>) {
    let (seed, rounds) = (number("CORDON_CRASH_SEED", 20_251_125), number("CORDON_CRASH_ROUNDS", 8));
    write_folder(&folder.join("regions"));
    let push = Arc::new(PushService::start_with(Duration::from_millis(15), 1, 100).await);
    let hook = Hook::start(Dice::new(seed, 1)).await;
    let mut service = Service::start(folder, environment(folder, database, &push), instances);
    let (client, model) = (Client::new(&service), Arc::new(Mutex::new(Model::default())));
    let webhook = make_webhook(&client, &hook).await;
    let mut publisher = Publisher::new(client.clone(), Arc::clone(&model), Dice::new(seed, 2));
    let mut travellers = Travellers::new(client.clone(), Arc::clone(&model), Dice::new(seed, 3));
    travellers.arrive(PEOPLE, &push, &webhook).await;

    let stop = Arc::new(AtomicBool::new(false));
    let storm = tokio::spawn(receivers::storm(Arc::clone(&push), Dice::new(seed, 4), Arc::clone(&stop)));
    let asked = Arc::clone(&publisher.asked);
    let (own, publishing) = (Arc::clone(&stop), Arc::clone(&stop));
    let publishing = tokio::spawn(async move {
        publisher.publish_until(&publishing).await;
        publisher
    });
    let living = tokio::spawn(async move {
        travellers.live_until(&own).await;
        travellers
    });
    let mut dice = Dice::new(seed, 5);
    for round in 0..rounds {
        hook.storm();
        tokio::time::sleep(dice.millis(50, 2_000)).await;
        if dice.one_in(2) {
            // in the middle of a publication, or of what follows from it
            let _ = tokio::time::timeout(Duration::from_secs(2), asked.notified()).await;
            tokio::time::sleep(dice.millis(0, 90)).await;
        }
        let (victim, broken) = (dice.below(instances), cluster.filter(|_| round % 3 == 2));
        block_in_place(|| match broken {
            Some(cluster) => cluster.restart(),
            None => service.kill(victim),
        });
        if broken.is_none() {
            tokio::time::sleep(dice.millis(0, 300)).await;
            block_in_place(|| service.start_again(victim));
        }
    }
    stop.store(true, Ordering::Relaxed);
    hook.calm();
    let (mut publisher, mut travellers) = (publishing.await.expect("no panic"), living.await.expect("no panic"));
    storm.await.expect("no panic");

    quiet(&client, &mut publisher, &mut travellers, &push, &hook).await;
    let metrics = client.each("/metrics").await;
    answers_stand(&client, &publisher).await;
    block_in_place(|| service.stop());
    let model = model.lock().await;
    let all = all_heard(&model, &push, &hook);
    let judge = Judge::new(&model, &all);
    assert_eq!(judge.wrong(), Vec::<String>::new());
    assert_eq!(judge.missing(), Vec::<String>::new());
    assert_eq!(events(&model, &hook.taken()), Vec::<String>::new());
    assert_eq!(push.reasons(), [], "the strict push service refused something");
    assert_eq!(leftovers(database).await, Vec::<String>::new());
    let (posts, log) = (hook.taken(), service.log());
    let secrets = secrets(&model, &service, &all);
    for text in metrics.iter().chain([&log]) {
        let reveals: Vec<_> = text.lines().filter(|line| secrets.iter().any(|s| line.contains(s.as_str()))).collect();
        assert_eq!(reveals, Vec::<&str>::new());
    }
    let (messages, posted) =
        (repeated(all.iter().map(|heard| heard.id.as_str())), repeated(posts.iter().map(|post| post.id.as_str())));
    println!(
        "seed {seed}: {rounds} times broken off; {} publications ({} answered, {} to come), {} trips ({} answered); {} messages heard ({} to come), {} of them again, one at most {} times; {} posts, {} of them again, one at most {} times",
        model.published.iter().map(Vec::len).sum::<usize>(),
        model.published.iter().flatten().filter(|published| published.request.answer.is_some()).count(),
        model.published.iter().flatten().filter(|published| published.from.is_some()).count(),
        model.trips.len(),
        model.trips.iter().filter(|trip| trip.request.answer.is_some()).count(),
        all.len(),
        all.iter().filter(|heard| heard.transition == "upcoming").count(),
        messages.0,
        messages.1,
        posts.len(),
        posted.0,
        posted.1,
    );
    // each answer that was lost on the way may repeat one; each time something broke off, what was under way then
    let broken_off = usize::try_from(rounds).expect("few") * instances;
    let most = |lost: usize| lost + broken_off * UNDER_WAY;
    assert!(
        messages.0 <= most(push.counts.lost.load(Ordering::Relaxed) + hook.lost()) && posted.0 <= most(hook.lost()),
        "{messages:?} {posted:?}"
    );
    assert!(messages.1.max(posted.1) <= AGAIN + broken_off, "one came {} times more", messages.1.max(posted.1));
}

fn environment(folder: &Path, database: &str, push: &PushService) -> Vec<(&'static str, String)> {
    let ca = folder.join("ca.pem");
    std::fs::write(&ca, &push.ca).expect("written");
    let classes =
        ["CORDON_RATE_CHECK", "CORDON_RATE_READ", "CORDON_RATE_WATCH", "CORDON_RATE_PUBLISH", "CORDON_RATE_OPERATE"];
    let mut environment = Vec::from(classes.map(|class| (class, "0".to_owned())));
    environment.extend([
        ("CORDON_DATABASE_URL", database.to_owned()),
        ("CORDON_PUSH_HOSTS", "localhost".to_owned()),
        ("CORDON_PUSH_CONTACT", "mailto:duty@example.org".to_owned()),
        ("CORDON_OUTBOUND_ALLOW", "127.0.0.0/8,::1".to_owned()),
        ("CORDON_EXTRA_CA", ca.display().to_string()),
        ("CORDON_LOG", "trace".to_owned()),
    ]);
    environment
}

async fn make_webhook(client: &Client, hook: &Hook) -> String {
    let body = json!({"url": hook.url, "types": ["advisory.published", "advisory.revised", "advisory.withdrawn"]});
    let (status, answer) = client.until_answered("POST", "/v1/webhooks", Some(&body)).await;
    assert_eq!(status, 201, "{answer}");
    answer["id"].as_str().expect("an id").to_owned()
}

fn all_heard(model: &Model, push: &PushService, hook: &Hook) -> Vec<receivers::Heard> {
    heard(push, hook, |token| {
        let found = model.subscribers.iter().find(|subscriber| subscriber.push.as_deref() == Some(token));
        found.expect("a known browser").id.clone()
    })
}

/// Waits until everything that is owed was heard, and nothing is pending any more.
async fn quiet(
    client: &Client,
    publisher: &mut Publisher,
    travellers: &mut Travellers,
    push: &PushService,
    hook: &Hook,
) {
    let deadline = Instant::now() + QUIET;
    let last = publisher.model.lock().await.published.iter().flatten().map(|said| said.effect().done).max();
    tokio::time::sleep_until(last.unwrap_or(deadline).into()).await;
    loop {
        for advisory in 0..ADVISORIES.len() {
            publisher.find_out(advisory).await;
        }
        travellers.find_out().await;
        let model = publisher.model.lock().await;
        let all = all_heard(&model, push, hook);
        let judge = Judge::new(&model, &all);
        let mut missing = judge.missing();
        missing.extend(events(&model, &hook.taken()));
        let (_, pending) = client.get("/v1/deliveries?state=pending&limit=1000").await;
        let pending = pending["deliveries"].as_array().expect("deliveries").clone();
        if Instant::now() > deadline {
            tell(client, &model).await;
        }
        if missing.is_empty() && pending.is_empty() {
            return;
        }
        assert!(Instant::now() < deadline, "pending: {pending:#?}\nmissing: {missing:#?}\nwrong: {:#?}", judge.wrong());
        drop(model);
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

/// What the service knows itself, for whoever looks into a failure.
async fn tell(client: &Client, model: &Model) {
    let advisories = ADVISORIES.map(|name| format!("/v1/advisories/{name}/revisions"));
    let people = model.people.iter().map(|person| format!("/v1/travellers/{}/export", person.id));
    println!("whereabouts: {:?}", model.people.iter().map(|person| &person.been).collect::<Vec<_>>());
    for path in advisories.into_iter().chain(people) {
        println!("{path}: {}", client.get(&path).await.1);
    }
}

/// What was answered stands, what was not happened wholly or not at all, and the same request sent again is answered the same.
async fn answers_stand(client: &Client, publisher: &Publisher) {
    let model = publisher.model.lock().await;
    for (advisory, published) in model.published.iter().enumerate() {
        let revisions = publisher.revisions(advisory).await;
        let known: Vec<_> = revisions.iter().map(|r| (r["note"].as_str().map(str::to_owned), level(r))).collect();
        let ours: Vec<_> = published.iter().map(|p| (Some(p.request.key.clone()), p.level)).collect();
        assert_eq!(known, ours, "{}", ADVISORIES[advisory]);
    }
    for traveller in 0..model.people.len() {
        let (_, list) = client.get(&format!("/v1/travellers/{}/itineraries", model.people[traveller].id)).await;
        let mut there: Vec<&str> =
            list["itineraries"].as_array().expect("trips").iter().filter_map(|trip| trip["ref"].as_str()).collect();
        let mut ours: Vec<&str> =
            model.trips.iter().filter(|trip| trip.traveller == traveller).map(|trip| trip.reference.as_str()).collect();
        there.sort_unstable();
        ours.sort_unstable();
        assert_eq!(there, ours);
    }
    let requests = model.published.iter().flatten().map(|published| &published.request);
    for request in requests.chain(model.trips.iter().map(|trip| &trip.request)) {
        let headers: Vec<_> = [("idempotency-key", request.key.as_str())]
            .into_iter()
            .chain(request.if_match.as_deref().map(|tag| ("if-match", tag)))
            .collect();
        let said = client.once(0, "POST", &request.path, &headers, Some(&request.body)).await;
        let Said::Answer(status, answer) = said else { panic!("no answer") };
        assert_eq!(status, 201, "{} {answer}", request.path);
        if let Some(first) = &request.answer {
            assert_eq!(essence(first), essence(&answer));
        }
    }
}

/// What an answer says about what was made. Where it could not be kept any more, all else is as of now: a count, a check.
fn essence(answer: &Value) -> Value {
    let mut essence = answer.clone();
    let changing: &[_] = if answer["published"] == true {
        &["estimated_reach", "answering", "takes_effect"]
    } else {
        &["check", "matches", "upcoming", "request"]
    };
    for member in changing {
        essence.as_object_mut().expect("an object").remove(*member);
    }
    essence
}

/// What must appear in no log and no metric.
fn secrets(model: &Model, service: &Service, all: &[receivers::Heard]) -> Vec<String> {
    let mut secrets = vec![SECRET_NAME.to_owned(), SECRET_PATH.to_owned(), "Leave by road".to_owned()];
    for row in 0..ROWS {
        for number in 0..PLACES {
            let (lat, lon) = Place { row, number }.centre();
            // as sent; and as kept, of which a latitude could be the seconds of some minute
            secrets.extend([lat.to_string(), lon.to_string(), format!("{lon:.3}")]);
        }
    }
    let end = |token: &str| token[token.len() - 16..].to_owned();
    secrets.push(end(service.first_key()));
    secrets.extend(model.people.iter().map(|person| end(&person.token)));
    secrets.extend(model.subscribers.iter().filter_map(|subscriber| subscriber.push.clone()));
    assert!(secrets.iter().all(|secret| secret.len() >= 6), "{secrets:?}");
    assert!(!all.is_empty(), "somebody was told");
    secrets
}
