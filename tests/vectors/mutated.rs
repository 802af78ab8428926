//! The vectors, changed: each question of the cases is put again from elsewhere, at another time, for somebody else, and the device still
//! answers as the service does. What fails is made as small as it gets.

use std::sync::{Arc, LazyLock};

use cordon::live::Snapshot;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

use super::agrees;
use super::cases::{COUNTRIES, EVERYTHING, ask, cases, open, questions, vector, with_a_country_around_everything};

/// A case, and what a question can be moved to: corners of its areas and instants at which something changes.
struct Ground {
    file: String,
    case: Value,
    asked: Vec<Value>,
    snapshots: [Arc<Snapshot>; 2],
    numbers: Vec<f64>,
    instants: Vec<Timestamp>,
}

static GROUNDS: LazyLock<Vec<Ground>> = LazyLock::new(|| {
    let grounds = cases().into_iter().map(|(file, case)| {
        let (mut numbers, mut instants) =
            (vec![0.0, 10.0, 20.0], vec!["2025-06-01T00:00:00Z".parse().expect("an instant")]);
        collect(&case, &mut numbers, &mut instants);
        let snapshots = [open(&case), open(&with_a_country_around_everything(&case))];
        Ground {
            file,
            asked: questions(&case).into_iter().filter(is_somewhere).collect(),
            case,
            snapshots,
            numbers,
            instants,
        }
    });
    grounds.collect()
});

/// Whether it says where; some cases are about questions that do not.
fn is_somewhere(question: &Value) -> bool {
    ["lat", "lon"].iter().all(|name| question["position"][name].is_number())
}

/// Every number of a case that may be a degree, and every instant.
fn collect(value: &Value, numbers: &mut Vec<f64>, instants: &mut Vec<Timestamp>) {
    match value {
        Value::Number(number) => numbers.extend(number.as_f64().filter(|degrees| degrees.abs() <= 90.0)),
        Value::String(text) => instants.extend(text.parse::<Timestamp>().ok()),
        Value::Array(values) => values.iter().for_each(|value| collect(value, numbers, instants)),
        Value::Object(members) => members.values().for_each(|value| collect(value, numbers, instants)),
        Value::Null | Value::Bool(_) => {}
    }
}

/// How a question is changed; what is not given stays.
#[derive(Clone, Debug)]
struct Change {
    /// To a corner, and from there or from where it was by so many degrees.
    corner: Option<(Index, Index)>,
    step: (f64, f64),
    accuracy_m: Option<f64>,
    at: Option<(Index, i64)>,
    as_of: Option<(Index, i64)>,
    nationalities: Option<Vec<&'static str>>,
    purpose: Option<&'static str>,
    every_issuer: bool,
}

fn change() -> impl Strategy<Value = Change> {
    // from a centimetre to a degree, or not at all
    let degrees = || {
        prop_oneof![
            Just(0.0),
            (-7.0..0.0_f64, any::<bool>()).prop_map(|(e, west)| if west { -(10_f64.powf(e)) } else { 10_f64.powf(e) })
        ]
    };
    // beside an instant, to the microsecond
    let beside = || {
        prop_oneof![
            Just(0_i64),
            select(vec![-1, 1, -1_000_000, 1_000_000, -86_400_000_000, 86_400_000_000]),
            -40_000_000_000_000..40_000_000_000_000_i64
        ]
    };
    let moment = || proptest::option::of((any::<Index>(), beside()));
    let people = select(vec![vec![], vec!["AD"], vec!["SM"], vec!["AD", "SM"], vec!["DE"], vec!["SM", "DE"]]);
    let purpose =
        select(vec!["other", "tourism", "business", "transit", "resident", "official", "journalism", "humanitarian"]);
    let accuracy = select(vec![0.0, 1.0, 50.0, 500.0, 5_000.0, 20_000.0]);
    (
        proptest::option::of((any::<Index>(), any::<Index>())),
        (degrees(), degrees()),
        proptest::option::of(accuracy),
        moment(),
        moment(),
        proptest::option::of(people),
        proptest::option::of(purpose),
        any::<bool>(),
    )
        .prop_map(|(corner, step, accuracy_m, at, as_of, nationalities, purpose, every_issuer)| Change {
            corner,
            step,
            accuracy_m,
            at,
            as_of,
            nationalities,
            purpose,
            every_issuer,
        })
}

impl Change {
    fn of(&self, question: &Value, ground: &Ground) -> Value {
        let mut question = question.clone();
        let position = &mut question["position"];
        let degrees = |value: &Value| value.as_f64().expect("degrees");
        let (lat, lon) = match &self.corner {
            Some((lat, lon)) => (*lat.get(&ground.numbers), *lon.get(&ground.numbers)),
            None => (degrees(&position["lat"]), degrees(&position["lon"])),
        };
        position["lat"] = json!((lat + self.step.0).clamp(-90.0, 90.0));
        position["lon"] = json!(lon + self.step.1);
        if let Some(accuracy_m) = self.accuracy_m {
            position["accuracy_m"] = json!(accuracy_m);
        }
        for (name, moved) in [("at", &self.at), ("as_of", &self.as_of)] {
            if let Some((instant, micros)) = moved {
                let moved = instant.get(&ground.instants).checked_add(SignedDuration::from_micros(*micros));
                question[name] = json!(moved.expect("within the calendar"));
            }
        }
        if let Some(nationalities) = &self.nationalities {
            question["traveller"]["nationalities"] = json!(nationalities);
        }
        if let Some(purpose) = self.purpose {
            question["traveller"]["purpose"] = json!(purpose);
        }
        if self.every_issuer {
            question.as_object_mut().expect("a question").remove("issuers");
        }
        question
    }
}

/// The case's questions, changed, with what the service answers: from the bundles of its countries, and from one of everything.
fn changed(ground: &Ground, changes: &[Change]) -> Vec<Value> {
    let asked: Vec<Value> =
        changes.iter().flat_map(|change| ground.asked.iter().map(|question| change.of(question, ground))).collect();
    let countries: [&[&'static str]; 2] = [&COUNTRIES, &EVERYTHING];
    let from = ground.snapshots.iter().zip(countries);
    from.filter_map(|(snapshot, countries)| {
        vector(&ground.file, &ground.case, snapshot, &ask(snapshot, &asked, countries))
    })
    .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3, max_shrink_iters: 60, ..ProptestConfig::default() })]
    #[test]
    fn the_device_agrees_whatever_is_changed(changes in proptest::collection::vec(change(), 1..16)) {
        let cases: Vec<Value> = GROUNDS.iter().flat_map(|ground| changed(ground, &changes)).collect();
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), json!({"cases": cases}).to_string()).expect("written");
        prop_assert!(agrees(Some(file.path())), "told above");
    }
}
