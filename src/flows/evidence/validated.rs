//! Evidence of a validation that is done: its results as they are kept, and its bookings on one picture.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use super::{ValidationCase, list, page};
use crate::error::{Error, Issue};
use crate::flows::picture::{Picture, Plan, Scene, Touch};
use crate::flows::validate_bookings::Validation;
use crate::flows::validation_jobs;
use crate::format::document::bookings::Booking;
use crate::format::moment::instant;
use crate::format::policy::Policy;
use crate::geometry::{Edges, Limits, Line};
use crate::live::Snapshot;
use crate::matching::FenceIndex;
use crate::model::route::{Engine, EngineState, Route, Routed};
use crate::model::{Itinerary, RevisionId, Verdict};
use crate::store::validations::{self, Form, Job, State};
use crate::store::{Store, Tx};

/// The most bookings one document speaks about.
const MAX_BOOKINGS: i64 = 2_000;

/// The most that are drawn, the gravest first: more of them hide each other.
const DRAWN: usize = 40;

/// Of which validation, and for whom.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Its id.
    pub id: &'a str,
    /// The key it was sent with.
    pub owner: Option<&'a str>,
    /// Only of this booking, by its number in the file.
    pub booking: Option<i64>,
    /// Of as many as one document takes, from this number on.
    pub from: Option<i64>,
    /// The language of the document.
    pub lang: &'a str,
}

/// Everything that evidence of a validation is made of.
pub struct Validated {
    snapshot: Arc<Snapshot>,
    job: Job,
    lang: String,
    /// The number of the first booking that it may speak about.
    from: i64,
    results: Vec<Value>,
    /// The bookings that are drawn, each with its place in `results`.
    drawn: Vec<(usize, Booking)>,
    made_at: Timestamp,
}

/// Gathers it.
///
/// # Errors
/// [`Error::NotFound`] when there is no such validation or booking, [`Error::Conflict`] when it is not done, [`Error::Invalid`] when
/// it is too much for one document.
pub async fn gather(
    store: &Store,
    snapshot: Arc<Snapshot>,
    made_at: Timestamp,
    wanted: Wanted<'_>,
) -> Result<Validated, Error> {
    let mut tx = store.read().await?;
    let job = validation_jobs::find(&mut tx, wanted.id, wanted.owner).await?;
    if job.state != State::Done {
        let why = format!("the validation is {}: evidence is made of one that is done", job.state.word());
        return Err(Error::Conflict(why));
    }
    let (from, limit) = match (wanted.booking, wanted.from) {
        (Some(number), None) => (number, 1),
        (None, Some(from)) => (from, MAX_BOOKINGS),
        (None, None) if job.total <= MAX_BOOKINGS => (0, MAX_BOOKINGS),
        (None, None) => {
            let why = format!(
                "is needed: the file has {} bookings, and one document takes {MAX_BOOKINGS}, from this number on; `booking` asks for one",
                job.total
            );
            return Err(Issue::invalid("from", why).into());
        }
        (Some(_), Some(_)) => {
            return Err(Issue::invalid("from", "goes with all bookings, not with one `booking`").into());
        }
    };
    let limit = u32::try_from(limit).unwrap_or(u32::MAX);
    let rows = validations::results(&mut tx, wanted.id, Form::Json, None, from, limit).await?;
    let rows = rows.into_iter().filter(|(number, _)| wanted.booking.is_none_or(|wanted| wanted == *number));
    let results = rows.map(|(_, json)| read(&json)).collect::<Result<Vec<Value>, Error>>()?;
    if results.is_empty() {
        return Err(Error::NotFound { what: "booking", id: from.to_string() });
    }
    let drawn = gravest(&mut tx, wanted.id, &results).await?;
    Ok(Validated { snapshot, job, lang: wanted.lang.to_owned(), from, results, drawn, made_at })
}

/// The bookings to be drawn, in the order of the file.
async fn gravest(tx: &mut Tx, id: &str, results: &[Value]) -> Result<Vec<(usize, Booking)>, Error> {
    let mut order: Vec<usize> = (0..results.len()).collect();
    order.sort_by_key(|&i| ["block", "review"].iter().position(|action| results[i]["action"] == *action).unwrap_or(2));
    order.truncate(DRAWN);
    order.sort_unstable();
    let mut drawn = Vec::new();
    for i in order {
        let number = results[i]["number"].as_i64().unwrap_or_default();
        if let Some(booked) = validations::booking(tx, id, number).await? {
            drawn.push((i, Booking::from_text(u64::try_from(number).unwrap_or_default(), &booked.text)));
        }
    }
    Ok(drawn)
}

/// What was written as JSON is read as JSON.
fn read<T: for<'de> serde::Deserialize<'de>>(json: &str) -> Result<T, Error> {
    serde_json::from_str(json).map_err(|e| Error::Internal(e.to_string()))
}

impl Validated {
    /// The statement to sign.
    ///
    /// # Errors
    /// When what is kept cannot be read.
    pub fn statement(&self) -> Result<Value, Error> {
        let policy: Policy = read(&self.job.policy)?;
        let case = ValidationCase {
            snapshot: &self.snapshot,
            id: &self.job.id,
            input_sha256: &self.job.input_sha256,
            as_of: self.as_of(&policy),
            epoch: self.job.epoch,
            policy: serde_json::to_value(&policy).map_err(|e| Error::Internal(e.to_string()))?,
            tally: read(&self.job.tally)?,
            bookings: self.job.total,
            from: self.from,
            results: self.results.clone(),
            lang: &self.lang,
            made_at: self.made_at,
        };
        Ok(case.statement())
    }

    /// The page to print.
    ///
    /// # Errors
    /// As [`Self::statement`], and when it cannot be drawn.
    pub fn page(&self, limits: &Limits) -> Result<String, Error> {
        let policy: Policy = read(&self.job.policy)?;
        let picture = self.picture(limits, &policy);
        page::page(&self.statement()?, picture.as_ref(), &self.lang).map_err(Error::Internal)
    }

    /// What was known then counted, unless a booking said otherwise.
    fn as_of(&self, policy: &Policy) -> Timestamp {
        policy.as_of.as_deref().and_then(|at| instant(at).ok()).unwrap_or(self.job.as_of)
    }

    fn picture(&self, limits: &Limits, policy: &Policy) -> Option<Picture> {
        let validation = Validation {
            snapshot: &self.snapshot,
            // nothing is judged anew
            max_age: FenceIndex::DEFAULT_MAX_AGE,
            limits,
            policy,
            now: self.job.as_of,
            roads: None,
        };
        // findings are numbered through on the page
        let mut first = vec![1];
        for result in &self.results {
            first.push(first[first.len() - 1] + list(result, "findings").count());
        }
        let mut plans = Vec::new();
        for (i, booking) in &self.drawn {
            for query in validation.queries(booking).unwrap_or_default() {
                plans.push(plan(query.itinerary, &self.results[*i], first[*i], limits));
            }
        }
        let (snapshot, lang, as_of) = (&*self.snapshot, self.lang.as_str(), self.as_of(policy));
        Scene { snapshot, lang, as_of, corridor_m: policy.corridor_m, plans }.picture()
    }
}

/// A plan of a booking with what its result says; its findings are numbered from `first`.
fn plan(mut itinerary: Itinerary, result: &Value, first: usize, limits: &Limits) -> Plan<'static> {
    for leg in &mut itinerary.legs {
        let routes: Vec<Route> = list(result, "ways")
            .filter(|ways| ways["leg"] == leg.id && ways["source"] == "router")
            .flat_map(|ways| list(ways, "options"))
            .filter_map(|option| Line::from_geojson(&option["geometry"], limits, Edges::Planar).ok())
            .map(|line| Route { length_m: line.length_m(), line, duration_s: 0.0, snap_m: [0.0; 2] })
            .collect();
        if !routes.is_empty() {
            // the picture shows where the ways run, not who found them
            let engine = EngineState { name: Engine::Valhalla, version: None, data: None };
            leg.routed = Some(Routed { engine, routes: Ok(Arc::new(routes)), around: None });
        }
    }
    let verdict = |of: &Value| serde_json::from_value(of["verdict"].clone()).unwrap_or(Verdict::Indeterminate);
    let lines = list(result, "party").flat_map(|member| list(member, "issuers"));
    let touch = |(n, finding): (usize, &Value)| {
        Some(Touch {
            n,
            revision: serde_json::from_value::<RevisionId>(finding["revision"].clone()).ok()?,
            source_pointer: finding["source_pointer"].as_str()?.to_owned(),
            enters_at: serde_json::from_value(finding["enters_at"].clone()).ok(),
            concerns: finding["governs"] == true && finding["verdict"] != "clear",
        })
    };
    Plan {
        verdict: verdict(result),
        issuers: lines
            .filter_map(|line| Some((serde_json::from_value(line["issuer"].clone()).ok()?, verdict(line))))
            .collect(),
        touches: (first..).zip(list(result, "findings")).filter_map(touch).collect(),
        itinerary: Cow::Owned(itinerary),
    }
}
