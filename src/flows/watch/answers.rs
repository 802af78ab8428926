//! What is told about who and what is watched.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use crate::error::{Error, Issue};
use crate::flows::check_itinerary::ItineraryAnswer;
use crate::flows::list_deliveries::Delivery;
use crate::flows::register_traveller::Everything;
use crate::flows::report_position::Reported;
use crate::flows::save_itinerary::Saved;
use crate::matching::Whereabouts;
use crate::matching::whereabouts::{Anchor, Taken};
use crate::model::{
    Channel, Happening, IssuerCode, Kind, MatchKey, Permit, Purpose, Registered, RevisionId, Severity, Subject,
    Subscription, SubscriptionState, Whose,
};
use crate::store::events::Event;

/// A traveller: a pseudonym and what advisories care about.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct TravellerAnswer {
    /// Who.
    pub id: String,
    /// In earnest, or taking part in exercises.
    pub kind: Kind,
    /// All nationalities.
    pub nationalities: Vec<crate::model::CountryCode>,
    /// Why they travel.
    pub purpose: Purpose,
    /// Permits they hold.
    pub permits: Vec<Permit>,
    /// Language of what they are told.
    pub lang: String,
    /// When they were registered.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

impl From<&Registered> for TravellerAnswer {
    fn from(traveller: &Registered) -> Self {
        let profile = &traveller.profile;
        Self {
            id: traveller.id.clone(),
            kind: traveller.kind,
            nationalities: profile.nationalities.clone(),
            purpose: profile.purpose,
            permits: profile.permits.clone(),
            lang: traveller.lang.clone(),
            created_at: traveller.created_at,
        }
    }
}

/// A traveller who was just registered.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct RegisteredAnswer {
    /// Who.
    #[serde(flatten)]
    pub traveller: TravellerAnswer,
    /// What opens everything that is theirs, and nothing else. It is shown this once.
    pub token: String,
}

/// By what an advisory concerns something that is watched.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct MatchWords {
    /// The revision.
    pub revision: RevisionId,
    /// The issuer's level code.
    pub level: String,
    /// Our reading of it.
    pub severity: Severity,
    /// Whether it governs its issuer's line, or is as grave as what does: nothing else is announced.
    pub governs: bool,
    /// When it takes effect, of what is to come.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub from: Option<Timestamp>,
}

fn word(advisory: &crate::model::AdvisoryId, key: &MatchKey, from: Option<Timestamp>) -> MatchWords {
    MatchWords {
        revision: RevisionId { advisory: advisory.clone(), number: key.revision },
        level: key.level.clone(),
        severity: key.severity,
        governs: key.governs,
        from,
    }
}

pub(in crate::flows) fn matches(subject: &Subject) -> Vec<MatchWords> {
    subject.matches.iter().map(|(advisory, key)| word(advisory, key, None)).collect()
}

pub(in crate::flows) fn upcoming(subject: &Subject) -> Vec<MatchWords> {
    subject.upcoming.iter().map(|(advisory, to_come)| word(advisory, &to_come.key, Some(to_come.from))).collect()
}

/// A trip that is watched.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct TripAnswer {
    /// Its id.
    pub id: String,
    /// The caller's reference.
    #[serde(rename = "ref")]
    pub reference: Option<String>,
    /// When it was first saved.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    /// It is watched until then.
    #[schema(value_type = String, format = DateTime)]
    pub watched_until: Timestamp,
    /// What concerns what is still ahead of it.
    pub matches: Vec<MatchWords>,
    /// What will, once it takes effect.
    pub upcoming: Vec<MatchWords>,
    /// What the check says of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub check: Option<ItineraryAnswer>,
    /// The request as it was saved.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub request: Option<Value>,
    /// What a routing engine said of the ways of its legs, by their place among them, as it is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub ways: Option<Value>,
}

impl TripAnswer {
    /// A trip in a list.
    pub fn brief(subject: &Subject) -> Self {
        let document: Value = serde_json::from_str(&subject.document).unwrap_or_default();
        Self {
            id: subject.id.clone(),
            reference: document["itinerary"]["ref"].as_str().map(str::to_owned),
            created_at: subject.created_at,
            updated_at: subject.updated_at,
            watched_until: subject.ends_at,
            matches: matches(subject),
            upcoming: upcoming(subject),
            check: None,
            request: None,
            ways: None,
        }
    }

    /// A trip with what was found; with what was saved, where that is asked for.
    pub fn whole(saved: Saved, with_request: bool) -> Self {
        let request = with_request.then(|| serde_json::from_str(&saved.subject.document).unwrap_or_default());
        Self { check: Some(saved.answer), request, ..Self::brief(&saved.subject) }
    }
}

/// The one position that is kept: rounded, and no better known than that.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct PositionAnswer {
    /// WGS 84 latitude in degrees, rounded.
    pub lat: f64,
    /// WGS 84 longitude in degrees, rounded.
    pub lon: f64,
    /// The stated accuracy, and what rounding took from it, in metres.
    pub accuracy_m: f64,
    /// Positions are kept on a grid of this many degrees.
    pub grid_deg: f64,
    /// When the device was there.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// It is forgotten then.
    #[schema(value_type = String, format = DateTime)]
    pub kept_until: Timestamp,
    /// What concerns it.
    pub matches: Vec<MatchWords>,
    /// What will, once it takes effect.
    pub upcoming: Vec<MatchWords>,
}

impl PositionAnswer {
    /// What is kept.
    ///
    /// # Errors
    /// When what is stored cannot be read.
    pub fn new(subject: &Subject, state: &Whereabouts) -> Result<Self, Error> {
        let broken = || Error::Internal("a stored position cannot be read".to_owned());
        let last = state.last().ok_or_else(broken)?;
        let position = last.position().map_err(|_| broken())?;
        Ok(Self {
            lat: position.lat(),
            lon: position.lon(),
            accuracy_m: position.accuracy_m(),
            grid_deg: Anchor::GRID_DEG,
            at: last.at,
            kept_until: subject.ends_at,
            matches: matches(subject),
            upcoming: upcoming(subject),
        })
    }
}

/// What became of one fix.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct FixAnswer {
    /// Its place in the report, from 0.
    pub index: usize,
    /// `accepted`: it is a position; `doubted`: it implies an impossible speed, and counts only with another; `late`: a newer one, or this
    /// very one, is known.
    #[schema(value_type = String)]
    pub result: Taken,
}

/// What became of a report.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ReportAnswer {
    /// The fixes that were good, in the order of the report.
    pub taken: Vec<FixAnswer>,
    /// What was wrong with the others.
    pub refused: Vec<Issue>,
    /// What is kept now.
    pub position: Option<PositionAnswer>,
    /// What the report, or a change of the advisories before it, made happen.
    pub transitions: Vec<Happening>,
}

impl ReportAnswer {
    /// What became of a report.
    ///
    /// # Errors
    /// When what is stored cannot be read.
    pub fn new(reported: Reported) -> Result<Self, Error> {
        let read = |subject: &Subject| {
            let state = serde_json::from_str(&subject.document).map_err(|e| Error::Internal(e.to_string()))?;
            PositionAnswer::new(subject, &state)
        };
        Ok(Self {
            taken: reported.taken.into_iter().map(|(index, result)| FixAnswer { index, result }).collect(),
            position: reported.subject.as_ref().map(read).transpose()?,
            refused: reported.refused,
            transitions: reported.happenings,
        })
    }
}

/// Over which channel somebody is told, without its address.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ChannelAnswer {
    /// A browser's push service.
    WebPush {
        /// The push service.
        origin: Option<String>,
        /// Our key that the browser subscribed with.
        vapid_key: String,
    },
    /// A webhook.
    Webhook {
        /// Its id.
        webhook: String,
    },
}

/// Who is told of what.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct SubscriptionAnswer {
    /// Its id.
    pub id: String,
    /// Over which channel.
    pub channel: ChannelAnswer,
    /// From which severity on.
    pub min_severity: Severity,
    /// Of whose advisories; empty: of all that the traveller listens to.
    pub issuers: Vec<IssuerCode>,
    /// In which language.
    pub lang: String,
    /// Whether what takes effect later is announced before it does.
    pub upcoming: bool,
    /// Whether it takes messages.
    pub state: SubscriptionState,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

impl From<&Subscription> for SubscriptionAnswer {
    fn from(subscription: &Subscription) -> Self {
        Self {
            id: subscription.id.clone(),
            channel: match &subscription.channel {
                Channel::WebPush { vapid_key, .. } => {
                    ChannelAnswer::WebPush { origin: subscription.lane.clone(), vapid_key: vapid_key.clone() }
                }
                Channel::Webhook { webhook } => ChannelAnswer::Webhook { webhook: webhook.clone() },
            },
            min_severity: subscription.min_severity,
            issuers: subscription.issuers.clone(),
            lang: subscription.lang.clone(),
            upcoming: subscription.upcoming,
            state: subscription.state,
            created_at: subscription.created_at,
        }
    }
}

/// Everything that is kept of a traveller.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ExportAnswer {
    /// Who.
    pub traveller: TravellerAnswer,
    /// Their trips.
    pub itineraries: Vec<TripAnswer>,
    /// Their last position.
    pub position: Option<PositionAnswer>,
    /// Who is told, with the addresses.
    pub subscriptions: Vec<ExportedSubscription>,
    /// What they are owed, and what became of it.
    pub deliveries: Vec<Delivery>,
    /// What was said to them.
    pub messages: Vec<ExportedMessage>,
    /// What happened to them.
    pub events: Vec<ExportedEvent>,
}

/// Something that was said.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ExportedMessage {
    /// By which delivery.
    pub delivery: String,
    /// Its words.
    #[schema(value_type = Object)]
    pub words: Value,
}

/// Something that happened.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ExportedEvent {
    /// Its `id` in the stream of events.
    pub id: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// What.
    #[serde(rename = "type")]
    pub what: String,
    /// What there is to say.
    #[schema(value_type = Object)]
    pub data: Value,
}

/// A subscription with its address.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ExportedSubscription {
    /// The subscription.
    #[serde(flatten)]
    pub subscription: SubscriptionAnswer,
    /// Where the browser's push service takes messages.
    pub endpoint: Option<String>,
    /// The keys that messages to it are encrypted with.
    pub keys: Option<ExportedKeys>,
}

/// A browser's keys.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ExportedKeys {
    /// Its public key, base64url.
    pub p256dh: String,
    /// Its secret, base64url.
    pub auth: String,
}

impl ExportAnswer {
    /// Everything, readable.
    ///
    /// # Errors
    /// When what is stored cannot be read.
    pub fn new(all: &Everything) -> Result<Self, Error> {
        let (trips, positions): (Vec<&Subject>, Vec<&Subject>) =
            all.subjects.iter().partition(|subject| matches!(subject.whose, Whose::Trip(_)));
        let position = positions.first().map(|subject| {
            let state = serde_json::from_str(&subject.document).map_err(|e| Error::Internal(e.to_string()))?;
            PositionAnswer::new(subject, &state)
        });
        let trip = |subject: &&Subject| TripAnswer {
            request: serde_json::from_str(&subject.document).ok(),
            ways: (!subject.ways.is_empty()).then(|| json!(subject.ways)),
            ..TripAnswer::brief(subject)
        };
        let subscription = |subscription: &Subscription| {
            let (endpoint, keys) = match &subscription.channel {
                Channel::WebPush { endpoint, p256dh, auth, .. } => {
                    (Some(endpoint.clone()), Some(ExportedKeys { p256dh: p256dh.clone(), auth: auth.clone() }))
                }
                Channel::Webhook { .. } => (None, None),
            };
            ExportedSubscription { endpoint, keys, subscription: subscription.into() }
        };
        let words = |text: &str| serde_json::from_str(text).map_err(|e| Error::Internal(e.to_string()));
        let message = |(delivery, said): &(String, String)| {
            Ok(ExportedMessage { delivery: delivery.clone(), words: words(said)? })
        };
        let event = |event: &Event| {
            let data = words(&event.data)?;
            Ok(ExportedEvent { id: event.mark().to_string(), at: event.at, what: event.what.clone(), data })
        };
        Ok(Self {
            traveller: (&all.traveller).into(),
            itineraries: trips.iter().map(trip).collect(),
            position: position.transpose()?,
            subscriptions: all.subscriptions.iter().map(subscription).collect(),
            deliveries: all.deliveries.iter().cloned().map(Delivery::from).collect(),
            messages: all.said.iter().map(message).collect::<Result<_, Error>>()?,
            events: all.events.iter().map(event).collect::<Result<_, Error>>()?,
        })
    }
}
