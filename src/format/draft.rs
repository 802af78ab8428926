//! A plan as read from any document, before its places are found: one form for all readers, so that no rule is written twice.

use jiff::Timestamp;

use super::itinerary::{ItineraryDoc, ItineraryQuery, ItineraryRequest};
use super::moment;
use crate::error::{Error, Issue};
use crate::geometry::Limits;
use crate::model::gazetteer::Gazetteer;
use crate::model::{CountryCode, IssuerCode, Severity, Transit};

/// A plan with what is needed to point back into the document it came from.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// The plan.
    pub doc: ItineraryDoc,
    /// Where its parts are in the caller's document.
    pub sources: Sources,
    /// Stops that only connect two movements of one ticket, which does not say on which side of the border control.
    pub connections: Vec<usize>,
    /// What was left out of the document, and what was assumed about it.
    pub notes: Vec<Issue>,
}

/// Where the parts of a plan are in the caller's document.
#[derive(Clone, Debug)]
pub enum Sources {
    /// The document is the plan: JSON pointers below this one.
    Own(String),
    /// The document has another form: a place for every part. A place that cannot be found in it makes the answer indeterminate, since
    /// its writer cannot be asked to write it otherwise.
    Foreign {
        /// Of each member of the party.
        party: Vec<Source>,
        /// Of each stop.
        stops: Vec<Source>,
        /// Of each leg.
        legs: Vec<Source>,
    },
}

impl Default for Sources {
    fn default() -> Self {
        Self::Foreign { party: Vec::new(), stops: Vec::new(), legs: Vec::new() }
    }
}

/// Where a part is: a JSON pointer, `row 4`, `line 12`; and where its values are, if that is somewhere else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    at: String,
    members: Vec<(&'static str, String)>,
}

impl Source {
    /// A part that is at one place.
    pub fn at(at: impl Into<String>) -> Self {
        Self { at: at.into(), members: Vec::new() }
    }

    /// Where the part is.
    pub fn place(&self) -> &str {
        &self.at
    }

    /// The same, with a value (`arrive`, `depart`, `place`) at a place of its own.
    #[must_use]
    pub fn with(mut self, member: &'static str, at: impl Into<String>) -> Self {
        self.members.push((member, at.into()));
        self
    }
}

/// What parts a plan has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Party,
    Stop,
    Leg,
}

impl Sources {
    /// Where a part is.
    pub(super) fn part(&self, part: Part, i: usize) -> String {
        match self {
            Self::Own(pointer) => {
                let list = match part {
                    Part::Party => "party",
                    Part::Stop => "stops",
                    Part::Leg => "legs",
                };
                format!("{pointer}/{list}/{i}")
            }
            Self::Foreign { party, stops, legs } => {
                let list = match part {
                    Part::Party => party,
                    Part::Stop => stops,
                    Part::Leg => legs,
                };
                list.get(i).map(|source| source.at.clone()).unwrap_or_default()
            }
        }
    }

    /// Where a value of a part is; `rest` is its path in our own form, such as `/place/lat`.
    pub(super) fn value(&self, part: Part, i: usize, rest: &str) -> String {
        let at = self.part(part, i);
        let Self::Foreign { party, stops, legs } = self else { return at + rest };
        let list = match part {
            Part::Party => party,
            Part::Stop => stops,
            Part::Leg => legs,
        };
        let name = rest.split('/').nth(1).unwrap_or_default();
        let own = list.get(i).and_then(|source| source.members.iter().find(|(member, _)| *member == name));
        own.map_or(at, |(_, at)| at.clone())
    }

    /// Where the list of parts is.
    pub(super) fn list(&self, name: &str) -> String {
        match self {
            Self::Own(pointer) => format!("{pointer}/{name}"),
            Self::Foreign { .. } => String::new(),
        }
    }

    /// Whether a place that cannot be read makes the answer indeterminate instead of the document wrong.
    pub(super) fn is_foreign(&self) -> bool {
        matches!(self, Self::Foreign { .. })
    }
}

/// What is asked about a plan beside the plan itself; every format's documents are asked about in the same way.
#[derive(Clone, Debug)]
pub struct Asked {
    /// What was known at this instant; now if not given.
    pub as_of: Option<String>,
    /// Issuers to consult beside those of the nationalities.
    pub issuers: Vec<IssuerCode>,
    /// Issuers to consult for everybody beside all others: those of whoever asks.
    pub home: Vec<IssuerCode>,
    /// Nationalities of everybody whose document names none.
    pub nationalities: Vec<CountryCode>,
    /// Language of the texts; English if not given.
    pub lang: Option<String>,
    /// How far on either side of a given way the true one may run, in metres.
    pub corridor_m: f64,
    /// What changes within one ticket are taken to be where the document does not say; changes like any other stop if not given.
    pub connections: Option<Transit>,
    /// From this severity on areas are to be avoided, where a way around them can be found.
    pub avoid_severity: Option<Severity>,
}

impl Default for Asked {
    fn default() -> Self {
        Self {
            as_of: None,
            issuers: Vec::new(),
            home: Vec::new(),
            nationalities: Vec::new(),
            lang: None,
            corridor_m: ItineraryRequest::default_corridor_m(),
            connections: None,
            avoid_severity: None,
        }
    }
}

impl Draft {
    /// A plan in our own form, at a JSON pointer.
    pub fn own(doc: ItineraryDoc, pointer: impl Into<String>) -> Self {
        Self { doc, sources: Sources::Own(pointer.into()), connections: Vec::new(), notes: Vec::new() }
    }

    /// The question, with places found and times widened; `now` is where no instant is given.
    ///
    /// # Errors
    /// [`Error::Invalid`] with its place in the caller's document for each value that is wrong.
    pub fn query(
        &self,
        asked: &Asked,
        gazetteer: &Gazetteer,
        limits: &Limits,
        now: Timestamp,
    ) -> Result<ItineraryQuery, Error> {
        let mut issues = Vec::new();
        let as_of = match asked.as_of.as_deref().map(moment::instant) {
            None => now,
            Some(Ok(as_of)) => as_of,
            Some(Err(detail)) => {
                issues.push(Issue::invalid("/as_of", detail));
                now
            }
        };
        if !(0.0..=ItineraryRequest::MAX_CORRIDOR_M).contains(&asked.corridor_m) {
            let detail =
                format!("{} is not between 0 and {} metres", asked.corridor_m, ItineraryRequest::MAX_CORRIDOR_M);
            issues.push(Issue::invalid("/corridor_m", detail));
        }
        if asked.avoid_severity == Some(Severity::NO_STATEMENT) {
            issues.push(Issue::invalid("/avoid_severity", "0 is no severity: it would be everywhere"));
        }
        let mut notes = self.notes.clone();
        match self.doc.itinerary_from(&self.sources, gazetteer, limits, as_of, &mut notes) {
            Ok(mut itinerary) if issues.is_empty() => {
                for (_, traveller) in &mut itinerary.party {
                    if traveller.nationalities.is_empty() {
                        traveller.nationalities.clone_from(&asked.nationalities);
                    }
                }
                for &i in self.connections.iter().filter(|_| asked.connections.is_some()) {
                    let Some(stop) = itinerary.stops.get_mut(i).filter(|stop| stop.transit.is_none()) else { continue };
                    stop.transit = asked.connections;
                    notes.push(assumed(stop.pointer.clone(), "a change within one ticket, taken as the policy says"));
                }
                Ok(ItineraryQuery {
                    itinerary,
                    as_of,
                    issuers: asked.issuers.clone(),
                    home: asked.home.clone(),
                    lang: asked.lang.clone().unwrap_or_else(|| "en".to_owned()),
                    corridor_m: asked.corridor_m,
                    avoid_severity: asked.avoid_severity,
                    notes,
                    brief: false,
                })
            }
            Err(Error::Invalid(more)) => {
                issues.extend(more);
                Err(Error::Invalid(issues))
            }
            Ok(_) => Err(Error::Invalid(issues)),
            Err(other) => Err(other),
        }
    }
}

/// Something of the document that is not in the plan.
pub(super) fn dropped(at: impl Into<String>, detail: impl Into<String>) -> Issue {
    Issue { pointer: at.into(), code: "dropped", detail: detail.into() }
}

/// What a note is called that says what was taken for granted.
pub(super) const ASSUMED: &str = "assumed";

/// What a note is called that leaves the answer in doubt.
pub(super) const DOUBTFUL: &str = "doubtful";

/// Something of the document that is not in the plan, or contradicts another part of it, and that the answer may depend on: it is not complete.
pub(super) fn doubtful(at: impl Into<String>, detail: impl Into<String>) -> Issue {
    Issue { pointer: at.into(), code: DOUBTFUL, detail: detail.into() }
}

/// Something in the plan that the document does not say.
pub(super) fn assumed(at: impl Into<String>, detail: impl Into<String>) -> Issue {
    Issue { pointer: at.into(), code: ASSUMED, detail: detail.into() }
}
