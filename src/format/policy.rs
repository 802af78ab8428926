//! What an agency does at which verdict, and how it wants its bookings asked about.

use serde::{Deserialize, Serialize};

use super::draft::Asked;
use super::itinerary::ItineraryRequest;
use super::moment;
use crate::error::{Error, Issue};
use crate::model::text::is_language;
use crate::model::{IssuerCode, Transit, Verdict};

/// What is to be done with a booking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Nothing: it may be sold.
    Pass,
    /// Somebody looks at it.
    Review,
    /// It is not sold.
    Block,
}

impl Action {
    /// The word used in results.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Review => "review",
            Self::Block => "block",
        }
    }
}

/// An agency's policy. Everything has a default; a booking that is itself a request with its own values keeps those.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// Bookings of this verdict or a graver one are blocked.
    #[schema(default = "prohibited")]
    pub block: Verdict,
    /// Bookings of this verdict or a graver one are looked at.
    #[schema(default = "caution")]
    pub review: Verdict,
    /// What is done where something could not be determined, or the booking could not be read: `review` or `block`.
    pub indeterminate: Action,
    /// Issuers to consult for everybody: the agency's home.
    pub issuers: Vec<IssuerCode>,
    /// What changes within one ticket are taken to be where the booking does not say; airside counts one class lower.
    pub connections: Option<Transit>,
    /// How far on either side of a given way the true one may run, in metres.
    #[schema(minimum = 0, maximum = 50_000, default = 50)]
    pub corridor_m: f64,
    /// What was known at this instant, such as the day of sale; now if not given.
    #[schema(format = DateTime)]
    pub as_of: Option<String>,
    /// Language of the titles, BCP 47; English if not given.
    pub lang: Option<String>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            block: Verdict::Prohibited,
            review: Verdict::Caution,
            indeterminate: Action::Review,
            issuers: Vec::new(),
            connections: None,
            corridor_m: ItineraryRequest::default_corridor_m(),
            as_of: None,
            lang: None,
        }
    }
}

impl Policy {
    /// Whether the policy can be followed.
    ///
    /// # Errors
    /// [`Error::Invalid`] with a pointer below `pointer` for each value that is wrong.
    pub fn check(&self, pointer: &str) -> Result<(), Error> {
        let mut issues = Vec::new();
        for (name, verdict) in [("block", self.block), ("review", self.review)] {
            if verdict == Verdict::Indeterminate {
                let detail = "what is done at `indeterminate` is said by its own member";
                issues.push(Issue::invalid(format!("{pointer}/{name}"), detail));
            }
            if verdict == Verdict::Clear {
                issues.push(Issue::invalid(format!("{pointer}/{name}"), "`clear` would be every booking"));
            }
        }
        if self.indeterminate == Action::Pass {
            let detail = "unknown is never safe: `review` or `block`";
            issues.push(Issue::invalid(format!("{pointer}/indeterminate"), detail));
        }
        if let Some(lang) = self.lang.as_deref().filter(|lang| !is_language(lang)) {
            issues.push(Issue::invalid(format!("{pointer}/lang"), format!("`{lang}` is no language such as en or ko")));
        }
        if let Some(Err(detail)) = self.as_of.as_deref().map(moment::instant) {
            issues.push(Issue::invalid(format!("{pointer}/as_of"), detail));
        }
        if !(0.0..=ItineraryRequest::MAX_CORRIDOR_M).contains(&self.corridor_m) {
            let detail =
                format!("{} is not between 0 and {} metres", self.corridor_m, ItineraryRequest::MAX_CORRIDOR_M);
            issues.push(Issue::invalid(format!("{pointer}/corridor_m"), detail));
        }
        if issues.is_empty() { Ok(()) } else { Err(Error::Invalid(issues)) }
    }

    /// What is done at a verdict; `complete` is whether all of it could be determined.
    pub fn action(&self, verdict: Verdict, complete: bool) -> Action {
        let least = if complete { Action::Pass } else { self.indeterminate };
        if verdict == Verdict::Indeterminate {
            return self.indeterminate;
        }
        let reaches = |threshold: Verdict| verdict.worse(threshold) == verdict;
        let own = match () {
            () if reaches(self.block) => Action::Block,
            () if reaches(self.review) => Action::Review,
            () => Action::Pass,
        };
        own.max(least)
    }

    /// What is asked about a booking, which may say some of it itself.
    pub fn asked(&self, own: Option<&Asked>) -> Asked {
        let mut asked = Asked {
            as_of: self.as_of.clone(),
            issuers: Vec::new(),
            home: self.issuers.clone(),
            nationalities: Vec::new(),
            lang: self.lang.clone(),
            corridor_m: self.corridor_m,
            connections: self.connections,
            avoid_severity: None,
        };
        if let Some(own) = own {
            asked.as_of = own.as_of.clone().or(asked.as_of);
            asked.lang = own.lang.clone().or(asked.lang);
            asked.corridor_m = own.corridor_m;
            asked.avoid_severity = own.avoid_severity;
            asked.issuers.clone_from(&own.issuers);
        }
        asked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_follows_the_verdict_and_unknown_is_never_passed() {
        let policy = Policy { block: Verdict::Avoid, review: Verdict::Caution, ..Policy::default() };
        for (verdict, complete, action) in [
            (Verdict::Clear, true, Action::Pass),
            (Verdict::Notice, true, Action::Pass),
            (Verdict::Notice, false, Action::Review),
            (Verdict::Caution, true, Action::Review),
            (Verdict::Avoid, true, Action::Block),
            (Verdict::Prohibited, false, Action::Block),
            (Verdict::Indeterminate, false, Action::Review),
        ] {
            assert_eq!(policy.action(verdict, complete), action, "{verdict} {complete}");
        }
        let careless = Policy { indeterminate: Action::Pass, ..Policy::default() };
        assert!(careless.check("").is_err());
    }
}
