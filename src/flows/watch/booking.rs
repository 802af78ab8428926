//! One booking against the fences: the verdict of what still lies ahead of it, and what is told when its class changes. Knows no store.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::rematch::{Again, Moment, along, cause, over_at, transitions};
use crate::flows::check_itinerary::ahead::ahead;
use crate::flows::check_itinerary::concerns::{Concerns, concerns};
use crate::flows::check_itinerary::places::places;
use crate::flows::check_itinerary::{Reason, check_itinerary};
use crate::flows::validate_bookings::plans::Asking;
use crate::format::document::bookings::Booking;
use crate::format::itinerary::ItineraryQuery;
use crate::format::policy::{Action, Policy};
use crate::matching::FenceIndex;
use crate::model::route::Ways;
use crate::model::{
    Cause, EventType, Happening, Kind, MatchKey, MatchSet, NewEvent, Places, RevisionId, Severity, Subject, Verdict,
    Whose,
};
use crate::store::booking_watch::Sold;

/// A verdict as it is told: for the booking, and for each passenger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Standing {
    /// The worst over all passengers.
    pub verdict: Verdict,
    /// What the policy says is to be done.
    pub action: Action,
    /// Whether every part could be determined.
    pub complete: bool,
    /// The verdict for each passenger, in the order of the booking.
    pub passengers: Vec<Verdict>,
    /// The worst that is certain for each passenger: their verdict, or what stands behind an indeterminate one.
    pub known: Vec<Verdict>,
}

impl Standing {
    /// Whether nobody's verdict is of another class, nor what is certain behind an indeterminate one.
    fn is_like(&self, other: &Self) -> bool {
        (self.verdict, &self.passengers, &self.known) == (other.verdict, &other.passengers, &other.known)
    }

    /// For passengers whose verdicts are given, and advisories that govern, each with whom it concerns and what it concludes for them.
    fn of(
        verdict: Verdict,
        action: Action,
        complete: bool,
        party: &[(String, Verdict)],
        governing: &[(Vec<String>, Verdict)],
    ) -> Self {
        let known = |(id, verdict): &(String, Verdict)| match verdict {
            Verdict::Indeterminate => {
                let theirs =
                    governing.iter().filter(|(whom, said)| whom.contains(id) && *said != Verdict::Indeterminate);
                theirs.fold(Verdict::Clear, |worst, (_, said)| worst.worse(*said))
            }
            certain => *certain,
        };
        let passengers = party.iter().map(|(_, verdict)| *verdict).collect();
        Self { verdict, action, complete, passengers, known: party.iter().map(known).collect() }
    }
}

/// What is remembered of a watched booking: what was told of it last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// The agency's reference.
    pub reference: Option<String>,
    /// The verdict.
    pub standing: Standing,
}

/// How a booking stands now.
#[derive(Debug)]
pub struct Present {
    /// The verdict of what lies ahead of it.
    pub standing: Standing,
    /// What concerns that.
    pub concerns: Concerns,
    /// Why something cannot be determined.
    pub doubts: Vec<Reason>,
    /// Where the booking leads.
    places: Places,
    /// When its last part is over; none when it has no end.
    over_at: Option<Timestamp>,
    /// How many places lie ahead.
    parts: usize,
}

/// Why a booking is not watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unwatchable {
    /// It could not be read.
    Unreadable,
    /// It is over.
    Over,
}

/// What a booking asks now, plan by plan, along the ways that are known; with the policy of its file.
///
/// # Errors
/// When it cannot be read.
pub fn asked(sold: &Sold, ways: &Ways, at: &Moment) -> Result<(Policy, Vec<ItineraryQuery>), Unwatchable> {
    let policy: Policy = serde_json::from_str(&sold.policy).map_err(|_| Unwatchable::Unreadable)?;
    let booking = Booking::from_text(u64::try_from(sold.number).unwrap_or_default(), &sold.text);
    let (snapshot, limits, now) = (at.snapshot, at.limits, at.now);
    let asking = Asking { snapshot, limits, policy: &policy, as_of: Some(now), now };
    let mut plans = asking.plans(&booking).map_err(|_| Unwatchable::Unreadable)?;
    let mut first = 0;
    for query in &mut plans {
        (query.brief, query.avoid_severity) = (true, None);
        along(&mut query.itinerary, ways, first);
        first += query.itinerary.legs.len();
    }
    Ok((policy, plans))
}

/// How a booking stands, of which `held` was known to concern it.
///
/// # Errors
/// When it cannot be read, or nothing of it lies ahead.
pub fn present(sold: &Sold, ways: &Ways, held: &MatchSet, at: &Moment) -> Result<Present, Unwatchable> {
    let (policy, plans) = asked(sold, ways, at)?;
    let (mut verdict, mut complete, mut party, mut governing) = (Verdict::Clear, true, Vec::new(), Vec::new());
    let mut all = Present {
        standing: Standing::of(verdict, Action::Pass, complete, &[], &[]),
        concerns: Concerns::default(),
        doubts: Vec::new(),
        places: Places::default(),
        over_at: Some(Timestamp::MIN),
        parts: 0,
    };
    for mut query in plans {
        let way = places(&query.itinerary, query.corridor_m);
        all.places.positions.extend(way.positions);
        all.places.boxes.extend(way.boxes);
        all.over_at = all.over_at.zip(over_at(&query.itinerary)).map(|(one, other)| one.max(other));
        ahead(&mut query.itinerary, at.now);
        all.parts += query.itinerary.stops.len();
        let answer = check_itinerary(at.snapshot, at.max_age, &query).map_err(|_| Unwatchable::Unreadable)?;
        verdict = verdict.worse(answer.verdict);
        complete &= answer.complete;
        party.extend(answer.party.iter().map(|member| (member.traveller.clone(), member.verdict)));
        let governs = answer.findings.iter().filter(|finding| finding.governs);
        governing.extend(governs.map(|finding| (finding.travellers.clone(), finding.verdict)));
        for entry in &answer.indeterminate {
            if !all.doubts.contains(&entry.reason) {
                all.doubts.push(entry.reason);
            }
        }
        // as the stored result says it, with which it is compared
        let ahead = concerns(&at.snapshot.index, &answer, at.now, held, |finding| finding.governs);
        all.concerns.take(ahead, at.now);
    }
    if all.parts == 0 {
        return Err(Unwatchable::Over);
    }
    all.standing = Standing::of(verdict, policy.action(verdict, complete), complete, &party, &governing);
    Ok(all)
}

/// Matches a watched booking again after advisories changed; `None` when its verdict is of the class that was told.
///
/// One that cannot be read any more is logged, and watched as it was; so is one of which nothing lies ahead.
///
/// What brought it about is told as `cause`, where that is known beforehand.
pub fn rematch_booking(subject: &Subject, sold: &Sold, cause: Option<Cause>, at: &Moment) -> Option<Again> {
    let lost = || tracing::error!(subject.id = %subject.id, "a watched booking cannot be matched any more");
    let told: Told = serde_json::from_str(&subject.document).inspect_err(|_| lost()).ok()?;
    match present(sold, &subject.ways, &subject.matches, at) {
        Ok(present) => retold(subject, told, sold.owner.clone(), present, cause, at),
        Err(Unwatchable::Over) => None,
        Err(Unwatchable::Unreadable) => {
            lost();
            None
        }
    }
}

/// The parts of a stored result that say what was told with it.
#[derive(Deserialize)]
struct Validated {
    #[serde(rename = "ref")]
    reference: Option<String>,
    verdict: Option<Verdict>,
    action: Action,
    complete: bool,
    party: Vec<Passenger>,
    findings: Vec<Found>,
}

#[derive(Deserialize)]
struct Passenger {
    traveller: String,
    verdict: Verdict,
}

#[derive(Deserialize)]
struct Found {
    travellers: Vec<String>,
    verdict: Verdict,
    revision: RevisionId,
    level: String,
    severity: Severity,
    governs: bool,
}

/// A booking that is to be watched.
#[derive(Clone, Debug)]
pub struct ToWatch {
    /// The validation.
    pub validation: String,
    /// Whether it is for earnest.
    pub kind: Kind,
    /// What was known then is what its result says.
    pub as_of: Timestamp,
    /// Its result, as JSON.
    pub result: String,
    /// The booking and its policy.
    pub sold: Sold,
    /// What a routing engine said of its legs.
    pub ways: Ways,
}

/// A booking whose watch begins, with what there is to tell already: what changed since its result.
///
/// # Errors
/// When it could not be read, or is over.
pub fn begin(booking: &ToWatch, rest: SignedDuration, longest: Timestamp, at: &Moment) -> Result<Again, Unwatchable> {
    let validated: Validated = serde_json::from_str(&booking.result).map_err(|_| Unwatchable::Unreadable)?;
    let verdict = validated.verdict.ok_or(Unwatchable::Unreadable)?;
    let party: Vec<_> = validated.party.iter().map(|one| (one.traveller.clone(), one.verdict)).collect();
    let governing = validated.findings.iter().filter(|found| found.governs);
    let governing: Vec<_> = governing.map(|found| (found.travellers.clone(), found.verdict)).collect();
    let standing = Standing::of(verdict, validated.action, validated.complete, &party, &governing);
    let told = Told { reference: validated.reference.clone(), standing };
    let known = known(&at.snapshot.index, &validated, booking.as_of);
    let present = present(&booking.sold, &booking.ways, &known.matches, at)?;
    let ends_at = present.over_at.map_or(longest, |over| over.checked_add(rest).unwrap_or(longest));
    if ends_at <= at.now {
        return Err(Unwatchable::Over);
    }
    let subject = Subject {
        id: Uuid::now_v7().to_string(),
        whose: Whose::Booking { validation: booking.validation.clone(), number: booking.sold.number },
        kind: booking.kind,
        epoch: at.snapshot.epoch,
        revision: 1,
        document: json!(told).to_string(),
        ways: booking.ways.clone(),
        places: present.places.clone(),
        matches: known.matches,
        upcoming: known.upcoming,
        created_at: at.now,
        updated_at: at.now,
        ends_at,
    };
    let again = retold(&subject, told, booking.sold.owner.clone(), present, None, at);
    Ok(again.unwrap_or(Again { subject, happenings: Vec::new(), event: None }))
}

/// What concerned a booking as its result says, at the time.
fn known(index: &FenceIndex, validated: &Validated, as_of: Timestamp) -> Concerns {
    let mut known = Concerns::default();
    for Found { revision, level, severity, governs, .. } in &validated.findings {
        let fence = index.fence_of(&revision.advisory, revision.number).map(|id| index.fence(id));
        let from = fence.and_then(|fence| fence.revision.valid.from);
        let (number, level) = (revision.number, level.clone());
        let key = MatchKey { revision: number, level, severity: *severity, governs: *governs, possible: false };
        known.add(revision.advisory.clone(), key, from, as_of);
    }
    known
}

/// The subject with another verdict told, and what is said of it; `None` where it is of the class that was told.
fn retold(
    subject: &Subject,
    told: Told,
    owner: Option<String>,
    present: Present,
    known: Option<Cause>,
    at: &Moment,
) -> Option<Again> {
    let Whose::Booking { validation, number } = &subject.whose else { return None };
    if present.standing.is_like(&told.standing) {
        return None;
    }
    let (index, old, new) = (&at.snapshot.index, &told.standing, &present.standing);
    let reasons: Vec<Happening> = transitions(&subject.matches, &subject.upcoming, &present.concerns, at.now)
        .into_iter()
        .map(|transition| Happening { cause: known.unwrap_or_else(|| cause(index, &transition)), transition })
        .collect();
    let event = NewEvent {
        what: EventType::ValidationChanged,
        kind: subject.kind,
        owner,
        traveller: None,
        severity: gravity(old.verdict).max(gravity(new.verdict)),
        data: json!({
            "validation": validation,
            "number": number,
            "ref": told.reference,
            "old": old,
            "new": new,
            "reasons": reasons,
            "indeterminate": present.doubts,
            "as_of": at.now,
            "epoch": at.snapshot.epoch,
        }),
    };
    let told = Told { standing: present.standing, ..told };
    let subject = Subject {
        epoch: at.snapshot.epoch,
        document: json!(told).to_string(),
        places: present.places,
        matches: present.concerns.matches,
        upcoming: present.concerns.upcoming,
        ..subject.clone()
    };
    Some(Again { subject, happenings: Vec::new(), event: Some(event) })
}

/// How grave a verdict is: what is told first.
fn gravity(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Clear => 1,
        Verdict::Notice => 2,
        Verdict::Caution | Verdict::Indeterminate => 3,
        Verdict::Avoid => 4,
        Verdict::Prohibited => 5,
    }
}
