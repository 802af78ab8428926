//! Cordon's own itinerary document, as it is written.

mod read;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::json::{object, objects};
use super::moment;
use crate::error::{Error, Issue};
use crate::geometry::Limits;
use crate::model::gazetteer::Gazetteer;
use crate::model::{CountryCode, IssuerCode, Itinerary, Mode, Permit, Purpose, Severity, Transit};

/// A plan: who, where, and how in between.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ItineraryDoc {
    /// The caller's reference.
    #[serde(rename = "ref")]
    pub reference: Option<String>,
    /// Who travels; one traveller of unknown nationality if not given.
    #[serde(default, deserialize_with = "objects")]
    pub party: Vec<MemberDoc>,
    /// Where, in order; at least one.
    #[serde(deserialize_with = "objects")]
    #[schema(min_items = 1)]
    pub stops: Vec<StopDoc>,
    /// The movements between successive stops; one that is not given is of unknown mode.
    #[serde(default, deserialize_with = "objects")]
    pub legs: Vec<LegDoc>,
}

/// One of the party.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberDoc {
    /// The caller's id, unique in the party.
    pub id: String,
    /// All nationalities; none: unknown.
    #[serde(default)]
    pub nationalities: Vec<CountryCode>,
    /// Why they travel.
    #[serde(default)]
    pub purpose: Purpose,
    /// Permits they hold.
    #[serde(default)]
    pub permits: Vec<Permit>,
}

/// A place with its time.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StopDoc {
    /// The caller's id, unique among the stops.
    pub id: String,
    /// Where.
    #[serde(deserialize_with = "object")]
    pub place: PlaceDoc,
    /// When it is reached: with offset, without (the place's zone), or only a date.
    pub arrive: Option<String>,
    /// When it is left.
    pub depart: Option<String>,
    /// Whether it is only a change.
    pub transit: Option<Transit>,
}

/// A place: coordinates, or a code, or a name with its country, in that order of trust.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PlaceDoc {
    /// WGS 84 latitude in degrees; goes with `lon`.
    pub lat: Option<f64>,
    /// WGS 84 longitude in degrees.
    pub lon: Option<f64>,
    /// How large the place is, in metres around the coordinates.
    pub accuracy_m: Option<f64>,
    /// IATA airport code.
    #[schema(pattern = "^[A-Za-z]{3}$")]
    pub iata: Option<String>,
    /// ICAO airport code.
    #[schema(pattern = "^[A-Za-z0-9]{4}$")]
    pub icao: Option<String>,
    /// A name, in any language the gazetteer knows.
    pub name: Option<String>,
    /// The country it is in.
    pub country: Option<CountryCode>,
}

/// A movement between two successive stops.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LegDoc {
    /// The caller's id, unique among the legs.
    pub id: String,
    /// The id of the stop it leaves.
    pub from: String,
    /// The id of the stop it reaches, the next one.
    pub to: String,
    /// How.
    #[serde(default)]
    pub mode: Mode,
    /// The way taken: a GeoJSON LineString; an empty one is none.
    #[schema(value_type = Option<Object>)]
    pub geometry: Option<Value>,
    /// When it leaves, if that is not when the stop is left.
    pub depart: Option<String>,
    /// When it arrives, if that is not when the next stop is reached.
    pub arrive: Option<String>,
}

/// Is this plan concerned? Only `itinerary` is required.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ItineraryRequest {
    /// The plan.
    #[serde(deserialize_with = "object")]
    pub itinerary: ItineraryDoc,
    /// What was known at this instant; now if not given.
    #[schema(format = DateTime)]
    pub as_of: Option<String>,
    /// Issuers to consult beside those of the nationalities: an agency's home issuer.
    #[serde(default)]
    pub issuers: Vec<IssuerCode>,
    /// Language of the texts, BCP 47; English if not given.
    pub lang: Option<String>,
    /// How far on either side of a given way the true one may run, in metres.
    #[serde(default = "ItineraryRequest::default_corridor_m")]
    #[schema(minimum = 0, maximum = 50_000, default = 50)]
    pub corridor_m: f64,
    /// Look for a way around areas of this severity or more, where the way found runs through one; needs a routing engine that can.
    #[schema(minimum = 1)]
    pub avoid_severity: Option<Severity>,
}

/// The question of an itinerary check.
#[derive(Clone, Debug)]
pub struct ItineraryQuery {
    /// The plan.
    pub itinerary: Itinerary,
    /// What was known at this instant.
    pub as_of: Timestamp,
    /// Issuers to consult beside those of the nationalities.
    pub issuers: Vec<IssuerCode>,
    /// Language of the texts.
    pub lang: String,
    /// How far on either side of a given way the true one may run, in metres.
    pub corridor_m: f64,
    /// From this severity on areas are to be avoided, where a way around them can be found.
    pub avoid_severity: Option<Severity>,
}

impl ItineraryRequest {
    /// The widest corridor taken, in metres.
    const MAX_CORRIDOR_M: f64 = 50_000.0;

    /// A road drawn to its own width and the error of a good satellite fix.
    pub fn default_corridor_m() -> f64 {
        50.0
    }

    /// The question, with `now` where no instant is given.
    ///
    /// # Errors
    /// [`Error::Invalid`] with a pointer for each value that is wrong.
    pub fn query(self, gazetteer: &Gazetteer, limits: &Limits, now: Timestamp) -> Result<ItineraryQuery, Error> {
        let mut issues = Vec::new();
        let as_of = match self.as_of.as_deref().map(moment::instant) {
            None => now,
            Some(Ok(as_of)) => as_of,
            Some(Err(detail)) => {
                issues.push(Issue::invalid("/as_of", detail));
                now
            }
        };
        if !(0.0..=Self::MAX_CORRIDOR_M).contains(&self.corridor_m) {
            let detail = format!("{} is not between 0 and {} metres", self.corridor_m, Self::MAX_CORRIDOR_M);
            issues.push(Issue::invalid("/corridor_m", detail));
        }
        if self.avoid_severity == Some(Severity::NO_STATEMENT) {
            issues.push(Issue::invalid("/avoid_severity", "0 is no severity: it would be everywhere"));
        }
        match self.itinerary.itinerary("/itinerary", gazetteer, limits, as_of) {
            Ok(itinerary) if issues.is_empty() => Ok(ItineraryQuery {
                itinerary,
                as_of,
                issuers: self.issuers,
                lang: self.lang.unwrap_or_else(|| "en".to_owned()),
                corridor_m: self.corridor_m,
                avoid_severity: self.avoid_severity,
            }),
            Err(Error::Invalid(more)) => {
                issues.extend(more);
                Err(Error::Invalid(issues))
            }
            Ok(_) => Err(Error::Invalid(issues)),
            Err(other) => Err(other),
        }
    }
}
