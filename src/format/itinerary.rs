//! Cordon's own itinerary document, as it is written.

mod claims;
mod read;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::draft::{Asked, Draft};
use super::json::{object, objects};
use super::nationality;
use crate::error::{Error, Issue};
use crate::geometry::Limits;
use crate::model::gazetteer::Gazetteer;
use crate::model::{CountryCode, IssuerCode, Itinerary, Mode, Permit, Purpose, Severity, Transit};

/// A plan: who, where, and how in between.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
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
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberDoc {
    /// The caller's id, unique in the party.
    pub id: String,
    /// All nationalities, as ISO 3166-1 alpha-2 or alpha-3 or as passports write them; none: unknown.
    #[serde(default, deserialize_with = "nationality::countries")]
    pub nationalities: Vec<CountryCode>,
    /// The country that issued the passport: stands in for the nationality where none is given, and the answer says so.
    #[serde(default, deserialize_with = "nationality::optional_country")]
    pub passport_issuer: Option<CountryCode>,
    /// Why they travel.
    #[serde(default)]
    pub purpose: Purpose,
    /// Permits they hold.
    #[serde(default)]
    pub permits: Vec<Permit>,
}

/// A place with its time.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
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

/// A place: coordinates, or a code, or a name with its country, in that order of trust. What contradicts each other leaves the answer in doubt.
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
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
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
    pub geometry: Option<Box<RawValue>>,
    /// The same as an encoded polyline, latitude first; not beside `geometry`.
    pub polyline: Option<PolylineDoc>,
    /// When it leaves, if that is not when the stop is left.
    pub depart: Option<String>,
    /// When it arrives, if that is not when the next stop is reached.
    pub arrive: Option<String>,
}

/// An encoded polyline. Its precision must be said: the same text read with another lies somewhere else.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PolylineDoc {
    /// The text.
    pub encoded: String,
    /// Decimals of a degree: 5 (Google, OSRM) or 6 (Valhalla).
    #[schema(minimum = 5, maximum = 6)]
    pub precision: u32,
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
    /// Issuers to consult for everybody beside all others.
    pub home: Vec<IssuerCode>,
    /// Language of the texts.
    pub lang: String,
    /// How far on either side of a given way the true one may run, in metres.
    pub corridor_m: f64,
    /// What was left out of the caller's document, and what was assumed about it.
    pub notes: Vec<Issue>,
    /// Whether the answer may do without the advisories' texts: one of very many.
    pub brief: bool,
    /// From this severity on areas are to be avoided, where a way around them can be found.
    pub avoid_severity: Option<Severity>,
}

impl ItineraryRequest {
    /// The widest corridor taken, in metres.
    pub(super) const MAX_CORRIDOR_M: f64 = 50_000.0;

    /// A road drawn to its own width and the error of a good satellite fix.
    pub fn default_corridor_m() -> f64 {
        50.0
    }

    /// The question, with `now` where no instant is given.
    ///
    /// # Errors
    /// [`Error::Invalid`] with a pointer for each value that is wrong.
    pub fn query(self, gazetteer: &Gazetteer, limits: &Limits, now: Timestamp) -> Result<ItineraryQuery, Error> {
        let (draft, asked) = self.split("/itinerary");
        draft.query(&asked, gazetteer, limits, now)
    }

    /// The plan, which is at a JSON pointer of the document, and what is asked about it.
    pub fn split(self, pointer: &str) -> (Draft, Asked) {
        let asked = Asked {
            as_of: self.as_of,
            issuers: self.issuers,
            home: Vec::new(),
            nationalities: Vec::new(),
            lang: self.lang,
            corridor_m: self.corridor_m,
            connections: None,
            avoid_severity: self.avoid_severity,
        };
        (Draft::own(self.itinerary, pointer), asked)
    }
}
