//! The travellers' own programs: a phone that reports until it is heard, and plans that are saved.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use cordon::clock::{Clock, System};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::dice::Dice;
use crate::model::{Model, Person, Request, Span, Subscriber, Trip};
use crate::push_service::PushService;
use crate::service::{Client, Said};
use crate::world::{PLACES, Place, Places, ROWS};

/// What a phone's owner is not called anywhere in a log.
pub const SECRET_NAME: &str = "SECRETNAME";

/// Time between the reports of a phone that moves, of which the first 12 minutes are the report before: the farthest places are 930 km apart, and
/// who is there sooner than by an airliner is not believed.
const STEP: SignedDuration = SignedDuration::from_mins(60);

pub struct Travellers {
    pub client: Client,
    pub model: Arc<Mutex<Model>>,
    pub dice: Dice,
    /// The event time of the next report of all phones.
    pub clock: Timestamp,
    /// Trips whose saving nobody answered.
    pub open: Vec<Trip>,
}

impl Travellers {
    pub fn new(client: Client, model: Arc<Mutex<Model>>, dice: Dice) -> Self {
        Self { client, model, dice, clock: System.now() - SignedDuration::from_hours(22), open: Vec::new() }
    }

    /// Registers people who subscribe, some with two browsers, some with a webhook too, most of them with a phone and a trip.
    pub async fn arrive(&mut self, count: usize, service: &PushService, webhook: &str) {
        let (_, vapid) = self.client.get("/v1/push/key").await;
        let vapid = vapid["key"].as_str().unwrap_or_else(|| panic!("{vapid}")).to_owned();
        for traveller in 0..count {
            let lang = ["en", "ko"][traveller % 2];
            let body = json!({"nationalities": ["KR"], "lang": lang});
            let (status, answer) = self.client.until_answered("POST", "/v1/travellers", Some(&body)).await;
            assert_eq!(status, 201, "{answer}");
            let text = |name: &str| answer[name].as_str().expect("text").to_owned();
            self.model.lock().await.people.push(Person { id: text("id"), token: text("token"), been: vec![] });
            for browser in 0..=usize::from(traveller % 4 == 0) {
                let subscription = service.subscribe(&vapid);
                let token = subscription.endpoint.rsplit('/').next().map(str::to_owned);
                let channel = json!({"type": "web_push", "endpoint": subscription.endpoint, "vapid_key": vapid,
                    "keys": {"p256dh": subscription.p256dh, "auth": subscription.auth}});
                self.subscribe(traveller, [3, 5][(traveller + browser) % 2], &channel, token).await;
            }
            if traveller % 3 == 0 {
                self.subscribe(traveller, 3, &json!({"type": "webhook", "webhook": webhook}), None).await;
            }
            if traveller % 2 == 0 {
                self.report(traveller).await;
            }
            if traveller % 5 != 4 {
                self.save_trip(traveller).await;
            }
        }
    }

    async fn subscribe(&self, traveller: usize, least: u8, channel: &Value, push: Option<String>) {
        let mut model = self.model.lock().await;
        let path = format!("/v1/travellers/{}/subscriptions", model.people[traveller].id);
        let upcoming = traveller % 3 != 1;
        let body = json!({"channel": channel, "min_severity": least, "upcoming": upcoming});
        let (status, answer) = self.client.until_answered("POST", &path, Some(&body)).await;
        assert_eq!(status, 201, "{answer}");
        let id = answer["id"].as_str().expect("an id").to_owned();
        model.subscribers.push(Subscriber { id, traveller, least, upcoming, push });
    }

    /// Moves phones and saves trips until it is told to stop.
    pub async fn live_until(&mut self, stop: &AtomicBool) {
        while !stop.load(Ordering::Relaxed) {
            let count = self.model.lock().await.people.len();
            let traveller = self.dice.below(count);
            if self.dice.one_in(4) {
                self.save_trip(traveller).await;
            } else if traveller.is_multiple_of(2) && self.clock + STEP * 2 < System.now() {
                self.report(traveller).await;
            }
            tokio::time::sleep(self.dice.millis(50, 600)).await;
        }
    }

    /// A phone reports that it is somewhere else for a while now, as often as it takes to be heard: what comes twice changes nothing.
    async fn report(&mut self, traveller: usize) {
        let place = self.place();
        let (lat, lon) = place.centre();
        self.clock += STEP;
        let fixes: Vec<_> = (0..3)
            .map(|n| json!({"lat": lat, "lon": lon, "accuracy_m": 20, "at": (self.clock + SignedDuration::from_mins(6 * n)).to_string()}))
            .collect();
        let path = format!("/v1/travellers/{}/positions", self.model.lock().await.people[traveller].id);
        let (status, answer) = self.client.until_answered("POST", &path, Some(&json!({"positions": fixes}))).await;
        assert_eq!((status, answer["refused"].as_array().map(Vec::len)), (200, Some(0)), "{answer}");
        assert!(!answer.to_string().contains("doubted"), "{answer}");
        self.model.lock().await.people[traveller].been.push(place);
    }

    async fn save_trip(&mut self, traveller: usize) {
        let (reference, key) = (format!("{SECRET_NAME}-{}", uuid::Uuid::new_v4()), uuid::Uuid::new_v4().to_string());
        let places: Places = (0..=self.dice.below(2)).map(|_| self.place()).collect();
        // the first stay has begun, each takes five days; by air, so that nothing between them counts
        let at = |days: i64| (System.now() + SignedDuration::from_hours(24 * days - 1)).to_string();
        let stops: Vec<_> = (0..)
            .zip(&places)
            .map(|(n, place)| {
                let (lat, lon) = place.centre();
                json!({"id": format!("s{n}"), "place": {"lat": lat, "lon": lon}, "arrive": at(5 * n), "depart": at(5 * n + 4)})
            })
            .collect();
        let legs: Vec<_> = (1..places.len())
            .map(
                |n| json!({"id": format!("l{n}"), "from": format!("s{}", n - 1), "to": format!("s{n}"), "mode": "air"}),
            )
            .collect();
        let body = json!({"itinerary": {"ref": reference, "stops": stops, "legs": legs}});
        let path = format!("/v1/travellers/{}/itineraries", self.model.lock().await.people[traveller].id);
        let begun = Instant::now();
        let preferred = self.dice.below(2);
        let said = self.client.once(preferred, "POST", &path, &[("idempotency-key", &key)], Some(&body)).await;
        let mut trip = Trip {
            id: String::new(),
            reference,
            traveller,
            places,
            span: Span { begun, done: Instant::now() },
            request: Request { path, key, if_match: None, body, answer: None },
        };
        match said {
            Said::Answer(201, answer) => {
                answer["id"].as_str().expect("an id").clone_into(&mut trip.id);
                trip.request.answer = Some(answer);
                self.model.lock().await.trips.push(trip);
            }
            Said::Perhaps => self.open.push(trip),
            Said::Answer(status, answer) => panic!("{status} {answer}"),
        }
    }

    /// Looks which of the trips that nobody answered are there: wholly, once, or not at all.
    pub async fn find_out(&mut self) {
        for mut trip in std::mem::take(&mut self.open) {
            let (_, list) = self.client.get(&trip.request.path).await;
            let all = list["itineraries"].as_array().unwrap_or_else(|| panic!("{list}"));
            let found: Vec<_> = all.iter().filter(|listed| listed["ref"] == trip.reference.as_str()).collect();
            match found.as_slice() {
                [] => self.open.push(trip),
                [one] => {
                    one["id"].as_str().expect("an id").clone_into(&mut trip.id);
                    trip.span.done = Instant::now();
                    self.model.lock().await.trips.push(trip);
                }
                _ => panic!("one request saved it {} times", found.len()),
            }
        }
    }

    fn place(&mut self) -> Place {
        Place { row: self.dice.below(ROWS), number: self.dice.below(PLACES) }
    }
}
