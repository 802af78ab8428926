//! What is owed, worked out from what was published and who was where; held against what was heard.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::model::{Model, Published, Subscriber, Watched};
use crate::receivers::{Heard, Post, tag_of};
use crate::world::{ADVISORIES, severity};

/// What one subscriber was told about one subject and one advisory, in the order in which it was taken.
type Told<'a> = BTreeMap<(usize, Watched, usize), Vec<&'a Heard>>;

pub struct Judge<'a> {
    model: &'a Model,
    told: Told<'a>,
}

impl<'a> Judge<'a> {
    pub fn new(model: &'a Model, heard: &'a [Heard]) -> Self {
        let subscribers: HashMap<&str, usize> =
            model.subscribers.iter().enumerate().map(|(n, subscriber)| (subscriber.id.as_str(), n)).collect();
        let mut told = Told::new();
        for one in heard {
            let subscriber = subscribers[one.subscriber.as_str()];
            let traveller = model.subscribers[subscriber].traveller;
            let trip = || {
                let known = |id: &str| one.subject == id || one.subject == tag_of(id);
                model.trips.iter().position(|trip| trip.traveller == traveller && known(&trip.id))
            };
            let watched =
                if one.phone { Watched::Phone(traveller) } else { Watched::Trip(trip().expect("a known trip")) };
            let advisory = ADVISORIES.iter().position(|name| *name == one.advisory).expect("a known advisory");
            told.entry((subscriber, watched, advisory)).or_default().push(one);
        }
        Self { model, told }
    }

    /// What is owed in the end and was not heard yet.
    pub fn missing(&self) -> Vec<String> {
        let mut missing = Vec::new();
        for (number, subscriber) in self.model.subscribers.iter().enumerate() {
            for watched in self.model.watched(subscriber.traveller) {
                for advisory in 0..ADVISORIES.len() {
                    let key = (number, watched.clone(), advisory);
                    let told = self.told.get(&key).map(Vec::as_slice).unwrap_or_default();
                    let last = told.last().copied();
                    if let Some(what) = self.still_owed(number, &watched, advisory, told) {
                        missing.push(format!("{}: {what}; last heard {last:?}", self.name(&key)));
                    }
                }
            }
        }
        missing
    }

    fn still_owed(&self, number: usize, watched: &Watched, advisory: usize, told: &[&Heard]) -> Option<String> {
        let subscriber = &self.model.subscribers[number];
        let (now, places) = (self.model.published[advisory].last()?, self.model.places(watched));
        if !now.alerts(&places, subscriber.least) {
            // what is too mild and still so, or came as mild as it was announced, is known well enough
            let is_true = |heard: &&Heard| Some(heard.level) == now.level && !now.places.is_disjoint(&places);
            let is_grave = |heard: &&Heard| severity(heard.level) >= subscriber.least;
            let stands = |heard: &&Heard| heard.transition != "exited" && (is_grave(heard) || !is_true(heard));
            return last_word(told).filter(stands).map(|_| "that it is over".to_owned());
        }
        let holds = told.iter().rfind(|heard| !is_ahead(heard));
        let heard_of_it = holds.is_some_and(|last| is_alert(last, subscriber) && last.revision == now.number)
            || self.is_said_to_remain(&(number, watched.clone(), advisory), now);
        let owed = match watched {
            // what a plan is concerned by when it is saved stands in the answer
            Watched::Trip(trip) => self.model.trips[*trip].span.is_before(now.effect()),
            Watched::Phone(_) => true,
        };
        // what something graver stands above is not announced, and nobody is told that it is over
        let owed = owed && self.model.governs(advisory, &places);
        (owed && !heard_of_it).then(|| format!("revision {} at level {:?}", now.number, now.level))
    }

    /// Whether another's all-clear says that an advisory still holds as it is.
    fn is_said_to_remain(&self, (subscriber, watched, advisory): &(usize, Watched, usize), now: &Published) -> bool {
        let others =
            self.told.iter().filter(|(key, _)| (key.0, &key.1) == (*subscriber, watched) && key.2 != *advisory);
        let level = now.level.unwrap_or_default();
        let name = ADVISORIES[*advisory];
        let says = |text: &str| {
            text.lines().any(|line| {
                let [english, korean] =
                    [format!("still holds for Part {name}:"), format!("{name} 지역에는 {level}단계")];
                (line.starts_with(&format!("Level {level}")) && line.contains(&english)) || line.starts_with(&korean)
            })
        };
        others.flat_map(|(_, told)| told).any(|heard| heard.transition == "exited" && says(&heard.text))
    }

    /// Everything that was heard and should not have been.
    pub fn wrong(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for (key, told) in &self.told {
            let mut complain = |what: String| wrong.push(format!("{}: {what}\n{told:#?}", self.name(key)));
            let (subscriber, published) = (&self.model.subscribers[key.0], &self.model.published[key.2]);
            let places = self.model.ever(&key.1);
            // what is to come stands beside what holds until then
            let (to_come, holds): (Vec<&Heard>, Vec<&Heard>) = told.iter().copied().partition(|heard| is_ahead(heard));
            for pair in holds.windows(2).chain(to_come.windows(2)) {
                if pair[1].id < pair[0].id || pair[1].revision < pair[0].revision {
                    complain(format!("{} came after its successor {}", pair[1].id, pair[0].id));
                }
                if pair[0].id == pair[1].id && pair[0] != pair[1] {
                    complain(format!("{} says two things", pair[0].id));
                }
            }
            for one in told {
                let Some(said) = published.iter().find(|said| said.number == one.revision) else {
                    complain(format!("revision {} was never published", one.revision));
                    continue;
                };
                if Some(one.level) != said.level {
                    complain(format!("revision {} is at level {:?}", one.revision, said.level));
                }
                if !matches!(one.transition.as_str(), "exited" | "cancelled") && said.places.is_disjoint(&places) {
                    complain(format!("revision {} is about elsewhere", one.revision));
                }
                // that it comes milder than they ask for is owed to those to whom it was announced as graver: by a message, which may be
                // lost on the way, or by the answer when they saved their trip
                let announced = |said: &&Published| said.number <= one.revision && said.from.is_some();
                let may_hear = published.iter().filter(announced).any(|said| said.alerts(&places, subscriber.least));
                if is_upcoming(one) && !(subscriber.upcoming && said.from.is_some() && may_hear) {
                    complain(format!(
                        "revision {} is announced to somebody who did not ask, or not to come",
                        one.revision
                    ));
                }
                // whoever was told of what is to come hears that it is over by what held until then
                let until_then = published.iter().filter(|said| said.number <= one.revision || said.from.is_some());
                if is_all_clear(one, subscriber) && !until_then.into_iter().any(|p| p.alerts(&places, subscriber.least))
                {
                    complain("an all-clear where there was nothing to be alerted of".to_owned());
                }
                if let Watched::Trip(trip) = key.1
                    && is_alert(one, subscriber)
                    && said.effect().is_before(self.model.trips[trip].span)
                    && !self.model.unsettled(key.2, &places, self.model.trips[trip].span)
                {
                    complain(format!("revision {} stood in the answer when the trip was saved", one.revision));
                }
            }
        }
        wrong
    }

    fn name(&self, (subscriber, watched, advisory): &(usize, Watched, usize)) -> String {
        let Subscriber { traveller, least, push, .. } = &self.model.subscribers[*subscriber];
        let channel = if push.is_some() { "browser" } else { "webhook" };
        let last = self.model.published[*advisory].last().map(|last| (last.number, last.level, &last.places));
        let places = self.model.places(watched);
        format!(
            "{channel} {subscriber} of {traveller} from {least} on, {watched:?} at {places:?}, {advisory} is {last:?}"
        )
    }
}

fn is_upcoming(heard: &Heard) -> bool {
    heard.transition == "upcoming"
}

/// About what is to come: that it is, or that it is not after all.
fn is_ahead(heard: &Heard) -> bool {
    is_upcoming(heard) || heard.transition == "cancelled"
}

/// What was said last and still stands: what was announced and taken back does not.
fn last_word<'a>(told: &[&'a Heard]) -> Option<&'a Heard> {
    let taken_back = |at: usize| told[at + 1..].iter().any(|later| later.transition == "cancelled");
    (0..told.len())
        .rev()
        .find(|&at| !(is_ahead(told[at]) && (!is_upcoming(told[at]) || taken_back(at))))
        .map(|at| told[at])
}

fn is_alert(heard: &Heard, subscriber: &Subscriber) -> bool {
    matches!(heard.transition.as_str(), "entered" | "changed") && severity(heard.level) >= subscriber.least
}

fn is_all_clear(heard: &Heard, subscriber: &Subscriber) -> bool {
    !is_upcoming(heard) && !is_alert(heard, subscriber)
}

/// How often deliveries were taken again, and how often the same one at most.
pub fn repeated<'a>(ids: impl Iterator<Item = &'a str>) -> (usize, usize) {
    let mut taken: HashMap<&str, usize> = HashMap::new();
    ids.for_each(|id| *taken.entry(id).or_default() += 1);
    let again = taken.into_values().map(|times| times - 1);
    again.fold((0, 0), |(all, most), again| (all + again, most.max(again)))
}

/// What the webhook was not told, or told under two ids, of the publications: each is one event.
pub fn events(model: &Model, taken: &[Post]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut ids: HashMap<String, HashSet<&str>> = HashMap::new();
    for post in taken.iter().filter(|post| post.body["type"].as_str().is_some_and(|kind| kind.starts_with("advisory.")))
    {
        let revision = post.body["data"]["revision"].as_str().unwrap_or_default().to_owned();
        ids.entry(revision).or_default().insert(&post.id);
    }
    for (advisory, published) in model.published.iter().enumerate() {
        for one in published {
            let revision = format!("{}@{}", ADVISORIES[advisory], one.number);
            let heard = ids.remove(&revision).map_or(0, |ids| ids.len());
            if heard != 1 {
                wrong.push(format!("{revision} is {heard} events"));
            }
        }
    }
    wrong.extend(ids.into_keys().map(|revision| format!("an event of {revision}, which was never published")));
    wrong
}
