//! The location check request.

use jiff::Timestamp;
use serde::Deserialize;

use super::json::object;
use super::moment;
use crate::error::{Error, Issue};
use crate::geometry::{InvalidPosition, Position};
use crate::model::{IssuerCode, Traveller};

/// A position as written.
#[derive(Clone, Copy, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PositionDoc {
    /// WGS 84 latitude in degrees.
    #[schema(minimum = -90, maximum = 90)]
    pub lat: f64,
    /// WGS 84 longitude in degrees; one turn beyond ±180 is the same place.
    #[schema(minimum = -540, maximum = 540)]
    pub lon: f64,
    /// The true place lies within this many metres; 0 if not given.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub accuracy_m: f64,
}

impl PositionDoc {
    /// The validated position.
    ///
    /// # Errors
    /// An issue below `pointer`.
    pub fn position(self, pointer: &str) -> Result<Position, Issue> {
        Position::new(self.lat, self.lon).and_then(|position| position.with_accuracy(self.accuracy_m)).map_err(|e| {
            let member = match e {
                InvalidPosition::Latitude(_) | InvalidPosition::Swapped { .. } => "lat",
                InvalidPosition::Longitude(_) => "lon",
                InvalidPosition::Accuracy(_) => "accuracy_m",
            };
            Issue::invalid(format!("{pointer}/{member}"), e.to_string())
        })
    }
}

/// Is this position concerned? Only `position` is required.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LocationRequest {
    /// Where.
    #[serde(deserialize_with = "object")]
    pub position: PositionDoc,
    /// When somebody is there, RFC 3339 with a zone; now if not given.
    #[schema(format = DateTime)]
    pub at: Option<String>,
    /// What was known at this instant; now if not given.
    #[schema(format = DateTime)]
    pub as_of: Option<String>,
    /// Who.
    #[serde(default, deserialize_with = "object")]
    pub traveller: Traveller,
    /// Issuers to consult beside those of the nationalities.
    #[serde(default)]
    pub issuers: Vec<IssuerCode>,
    /// Language of the texts, BCP 47; English if not given.
    pub lang: Option<String>,
}

/// The question of a location check.
#[derive(Clone, Debug)]
pub struct LocationQuery {
    /// Where.
    pub position: Position,
    /// When somebody is there.
    pub at: Timestamp,
    /// What was known at this instant.
    pub as_of: Timestamp,
    /// Who.
    pub traveller: Traveller,
    /// Issuers to consult beside those of the nationalities.
    pub issuers: Vec<IssuerCode>,
    /// Language of the texts.
    pub lang: String,
}

impl LocationRequest {
    /// The question, with `now` where no instant is given.
    ///
    /// # Errors
    /// [`Error::Invalid`] with a pointer for each value that is wrong.
    pub fn query(self, now: Timestamp) -> Result<LocationQuery, Error> {
        let mut issues = Vec::new();
        let mut instant = |text: &Option<String>, pointer: &str| match text.as_deref().map(moment::instant) {
            None => now,
            Some(Ok(at)) => at,
            Some(Err(detail)) => {
                issues.push(Issue::invalid(pointer, detail));
                now
            }
        };
        let at = instant(&self.at, "/at");
        let as_of = instant(&self.as_of, "/as_of");
        match self.position.position("/position") {
            Ok(position) if issues.is_empty() => Ok(LocationQuery {
                position,
                at,
                as_of,
                traveller: self.traveller,
                issuers: self.issuers,
                lang: self.lang.unwrap_or_else(|| "en".to_owned()),
            }),
            Ok(_) => Err(Error::Invalid(issues)),
            Err(issue) => {
                issues.insert(0, issue);
                Err(Error::Invalid(issues))
            }
        }
    }
}
