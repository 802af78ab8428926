//! One subject against the fences: what concerns it now, and what that changes. Pure; knows no store.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::error::{Error, Issue};
use crate::flows::check_itinerary::ahead::ahead;
use crate::flows::check_itinerary::concerns::{Concerns, concerns};
use crate::flows::check_itinerary::{check_itinerary, places};
use crate::format::itinerary::{ItineraryQuery, ItineraryRequest};
use crate::format::json;
use crate::geometry::{Limits, Placement, Position};
use crate::live::Snapshot;
use crate::matching::judge::Question;
use crate::matching::{FenceIndex, Presence, Whereabouts, diff, judge, whereabouts};
use crate::model::route::Ways;
use crate::model::{
    AdvisoryId, Cause, Happening, Itinerary, MatchKey, MatchSet, NewEvent, Places, Purpose, Subject, Transition,
    Traveller, Upcoming, Whose, Window,
};

/// What is the same for all subjects that are matched at one moment.
#[derive(Clone, Copy)]
pub struct Moment<'a> {
    /// The fences, and what else answers are drawn from.
    pub snapshot: &'a Snapshot,
    /// How long statements are trusted.
    pub max_age: SignedDuration,
    /// What a plan's geometry may cost.
    pub limits: &'a Limits,
    /// The present.
    pub now: Timestamp,
}

/// Which advisories changed since a subject was last matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changed {
    /// Perhaps all.
    Everything,
    /// These.
    Advisories(BTreeSet<AdvisoryId>),
}

impl Changed {
    /// None.
    pub fn nothing() -> Self {
        Self::Advisories(BTreeSet::new())
    }

    /// Whether the advisory may have.
    pub fn contains(&self, advisory: &AdvisoryId) -> bool {
        match self {
            Self::Everything => true,
            Self::Advisories(changed) => changed.contains(advisory),
        }
    }
}

/// Reads a trip as it was sent, with what a routing engine said of its legs. Without a party it is the traveller's own.
///
/// # Errors
/// [`Error::Invalid`] with a pointer to each mistake.
pub fn read_trip(document: &[u8], profile: &Traveller, ways: &Ways, at: &Moment) -> Result<ItineraryQuery, Error> {
    let request: ItineraryRequest = json::read(document)?;
    if request.as_of.is_some() {
        return Err(Issue::invalid("/as_of", "a trip is watched by what is known from now on: leave it out").into());
    }
    let own = request.itinerary.party.is_empty();
    let mut query = request.query(&at.snapshot.gazetteer, at.limits, at.now)?;
    if own {
        query.itinerary.party = vec![("traveller".to_owned(), profile.clone())];
    }
    along(&mut query.itinerary, ways, 0);
    Ok(query)
}

/// Puts in what a routing engine said of a plan's legs, of which the first is the `first` among those the ways are of.
pub fn along(itinerary: &mut Itinerary, ways: &Ways, first: usize) {
    for (i, leg) in itinerary.legs.iter_mut().enumerate().filter(|(_, leg)| leg.line.is_none()) {
        leg.routed = ways.get(&(first + i)).cloned();
    }
}

/// What concerns the part of a trip that still lies ahead, of which `held` was known: what stood above a statement only yesterday makes no
/// difference any more.
///
/// # Errors
/// [`Error::Invalid`] when an issuer named does not exist.
pub fn concerns_ahead(mut query: ItineraryQuery, held: &MatchSet, at: &Moment) -> Result<Concerns, Error> {
    ahead(&mut query.itinerary, at.now);
    (query.brief, query.avoid_severity) = (true, None);
    let answer = check_itinerary(at.snapshot, at.max_age, &query)?;
    Ok(concerns(&at.snapshot.index, &answer, at.now, held, |finding| finding.stands))
}

/// When the last part of a plan is over; none when it has no end.
pub fn over_at(itinerary: &Itinerary) -> Option<Timestamp> {
    let ends = itinerary.stops.iter().map(|stop| stop.window.to).chain(itinerary.legs.iter().map(|leg| leg.arrives.to));
    ends.collect::<Option<Vec<_>>>().and_then(|ends| ends.into_iter().max())
}

/// What concerns somebody where they were last, and where that is.
pub fn match_position(index: &FenceIndex, state: &Whereabouts, profile: &Traveller, at: &Moment) -> (Concerns, Places) {
    let issuers = index.issuers_for(profile, &[]).unwrap_or_default();
    let question = Question { traveller: profile, issuers: &issuers, as_of: at.now, max_age: at.max_age };
    let Some(position) = state.last().and_then(|last| last.position().ok()) else { return Default::default() };
    let concerns = Concerns {
        matches: whereabouts::concerns(index, state.inside(), at.now, &question),
        upcoming: scheduled(index, position, &question, at.now),
    };
    (concerns, Places { positions: vec![position], boxes: vec![], always: state.is_leaving() })
}

/// Takes into account that advisories changed while somebody did not move: those that are known to have, and those of which another revision
/// came into force by the clock a moment ago, before the epoch moved.
pub fn reconsider(
    index: &FenceIndex,
    state: &mut Whereabouts,
    profile: &Traveller,
    held: &MatchSet,
    changed: &Changed,
    at: &Moment,
) {
    let issuers = index.issuers_for(profile, &[]).unwrap_or_default();
    let question = Question { traveller: profile, issuers: &issuers, as_of: at.now, max_age: at.max_age };
    let Some(position) = state.last().and_then(|last| last.position().ok()) else { return };
    let around = whereabouts::around(index, position, at.now, &question);
    // raised or lowered over the same ground, it was not left by that
    let redrawn = |advisory: &AdvisoryId| {
        let now = whereabouts::fence_in_force(index, advisory, at.now, at.now);
        let before = held.get(advisory).and_then(|key| index.fence_of(advisory, key.revision));
        now.zip(before).is_none_or(|(now, before)| !index.same_outline(now, before))
    };
    let number = |fence: usize| index.fence(fence).revision.id.number;
    let in_force = |advisory: &AdvisoryId| whereabouts::fence_in_force(index, advisory, at.now, at.now).map(number);
    let replaced =
        |advisory: &AdvisoryId| held.get(advisory).is_some_and(|key| in_force(advisory) != Some(key.revision));
    state.reconsider(&around, |advisory| changed.contains(advisory) || replaced(advisory), redrawn);
}

/// What will take effect where somebody is.
fn scheduled(index: &FenceIndex, position: Position, question: &Question, now: Timestamp) -> Upcoming {
    let mut upcoming = Concerns::default();
    let placed: Vec<_> = index.locate(position).into_iter().filter(|p| p.placement != Placement::Outside).collect();
    let fences = placed.iter().flat_map(|placed| index.fences_on(placed.shape));
    let future = |&&id: &&usize| {
        let fence = index.fence(id);
        let from = fence.in_force(question.as_of).and_then(|period| period.from).filter(|from| *from > now);
        from.filter(|_| question.issuers.contains(&fence.issuer)).map(|from| (id, from))
    };
    for (id, from) in fences.filter_map(|id| future(&id)) {
        let passing = question.traveller.purpose == Purpose::Transit;
        let presence = Presence { passing, ..Presence::staying(Window::instant(from)) };
        let judgement = judge(index, &placed, &presence, question);
        let of_fence = || judgement.matches.iter().filter(|judged| judged.fence == id);
        let governs = of_fence().any(|judged| judged.stands);
        let possible = of_fence().all(|judged| judged.placed.placement != Placement::Inside);
        let fence = index.fence(id);
        upcoming.add(fence.revision.id.advisory.clone(), whereabouts::key(fence, governs, possible), Some(from), now);
    }
    upcoming.upcoming
}

/// A subject matched again.
#[derive(Debug)]
pub struct Again {
    /// With everything that changed.
    pub subject: Subject,
    /// What happened to it.
    pub happenings: Vec<Happening>,
    /// What is said of a booking to the agency.
    pub event: Option<NewEvent>,
}

/// Matches a traveller's subject again after advisories changed; `None` when it is as it was.
///
/// A stored document that cannot be read any more keeps what is known of it: it is logged, and watched as it was.
pub fn rematch(subject: &Subject, profile: &Traveller, changed: &Changed, at: &Moment) -> Option<Again> {
    let index = &at.snapshot.index;
    let mut after = Subject { epoch: at.snapshot.epoch, ..subject.clone() };
    let concerns = match subject.whose {
        Whose::Booking { .. } => return None,
        Whose::Trip(_) => {
            let matched = read_trip(subject.document.as_bytes(), profile, &subject.ways, at).and_then(|query| {
                let places = places::places(&query.itinerary, query.corridor_m);
                concerns_ahead(query, &subject.matches, at).map(|concerns| (places, concerns))
            });
            let (places, concerns) = matched
                .inspect_err(|_| tracing::error!(subject.id = %subject.id, "a stored trip cannot be matched any more"))
                .ok()?;
            after.places = places;
            concerns
        }
        Whose::Position(_) => {
            let mut state: Whereabouts = serde_json::from_str(&subject.document)
                .inspect_err(|_| tracing::error!(subject.id = %subject.id, "a stored position cannot be read"))
                .ok()?;
            reconsider(index, &mut state, profile, &subject.matches, changed, at);
            let (concerns, places) = match_position(index, &state, profile, at);
            after.document = serde_json::json!(state).to_string();
            after.places = places;
            concerns
        }
    };
    let transitions = transitions(&subject.matches, &subject.upcoming, &concerns, at.now);
    let happening = |transition: Transition| Happening { cause: cause(index, &transition), transition };
    let happenings: Vec<Happening> = transitions.into_iter().map(happening).collect();
    (after.matches, after.upcoming) = (concerns.matches, concerns.upcoming);
    let same = after.matches == subject.matches
        && after.upcoming == subject.upcoming
        && after.document == subject.document
        && after.places.encode() == subject.places.encode();
    (!same).then_some(Again { subject: after, happenings, event: None })
}

/// What lies between what was known of a subject and what concerns it at an instant.
pub fn transitions(held: &MatchSet, announced: &Upcoming, present: &Concerns, now: Timestamp) -> Vec<Transition> {
    let mut transitions = diff(held, &present.matches);
    for (advisory, scheduled) in &present.upcoming {
        if announced
            .get(advisory)
            .is_none_or(|known| !known.key.is_like(&scheduled.key) || known.from != scheduled.from)
        {
            let (after, from) = (scheduled.key.clone(), scheduled.from);
            transitions.push(Transition::Upcoming { advisory: advisory.clone(), after, from });
        }
    }
    // what was announced and does not come, to those who were told
    for (advisory, scheduled) in announced.iter().filter(|(advisory, _)| !present.upcoming.contains_key(*advisory)) {
        let (now_by, before_by) = (present.matches.get(advisory), held.get(advisory));
        let (advisory, before, from) = (advisory.clone(), scheduled.key.clone(), scheduled.from);
        let is_it = |key: &MatchKey| key.revision == before.revision;
        let has_come = now_by.is_some_and(is_it) || (from <= now && before_by.is_some_and(is_it));
        // who hears that something as grave holds now must not hear beside it that what was announced does not
        let instead = |key: &MatchKey| {
            key.governs && key.severity >= before.severity && before_by.is_none_or(|before| !before.is_like(key))
        };
        transitions.extend(match (now_by, before_by) {
            _ if has_come || now_by.is_some_and(instead) => None,
            // its instant passed unnoticed, and it is over
            (None, None) if from <= now => Some(Transition::Exited { advisory, before }),
            // that what held before is over says it of both
            (None, Some(_)) if from <= now => None,
            _ => Some(Transition::Cancelled { advisory, before, from }),
        });
    }
    transitions
}

/// What happened because somebody moved, or their plan leads elsewhere. What is said anew of the same advisory is no movement.
pub(in crate::flows) fn moved(index: &FenceIndex, transition: Transition) -> Happening {
    let anew = matches!(&transition, Transition::Changed { before, after, .. } if !before.says_the_same(after));
    Happening { cause: if anew { cause(index, &transition) } else { Cause::Moved }, transition }
}

/// Why something changed for somebody who did not move: by the clock, where the revision took effect later than it was published.
pub(in crate::flows) fn cause(index: &FenceIndex, transition: &Transition) -> Cause {
    let listed = index.advisories().get(transition.advisory());
    let revision = |number: u32| listed.and_then(|all| all.iter().find(|listed| listed.revision.id.number == number));
    let scheduled = |number: u32| {
        revision(number)
            .is_some_and(|listed| listed.revision.valid.from.is_some_and(|from| from > listed.revision.published_at))
    };
    let by_clock = match transition {
        Transition::Entered { after, .. } | Transition::Changed { after, .. } => scheduled(after.revision),
        Transition::Upcoming { .. } | Transition::Cancelled { .. } => false,
        Transition::Exited { before, .. } => match listed.and_then(|all| all.last()) {
            // nothing newer was said: it ended by its own words, or the plan's part is over
            Some(last) if last.revision.id.number == before.revision => true,
            Some(last) => scheduled(last.revision.id.number),
            None => false,
        },
    };
    if by_clock { Cause::Clock } else { Cause::Advisory }
}
