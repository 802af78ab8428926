//! The requests of those who are watched: registering, reporting a position, subscribing.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::json::{self, Object, maybe_object};
use super::location::PositionDoc;
use super::moment;
use crate::error::{Error, Issue};
use crate::geometry::Position;
use crate::model::{CountryCode, IssuerCode, Permit, Purpose, Registered, Severity, Subscription, Traveller};

/// Who registers: nothing that names a person.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RegisterRequest {
    /// All nationalities; none: unknown, so every issuer is listened to.
    pub nationalities: Vec<CountryCode>,
    /// Why they travel.
    pub purpose: Purpose,
    /// Permits they hold.
    pub permits: Vec<Permit>,
    /// Language of what they are told, BCP 47; English if not given.
    pub lang: Option<String>,
}

impl RegisterRequest {
    /// What advisories care about.
    pub fn profile(&self) -> Traveller {
        Traveller { nationalities: self.nationalities.clone(), purpose: self.purpose, permits: self.permits.clone() }
    }
}

/// What changes; members that are left out stay.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ProfilePatch {
    /// All nationalities.
    pub nationalities: Option<Vec<CountryCode>>,
    /// Why they travel.
    pub purpose: Option<Purpose>,
    /// Permits they hold.
    pub permits: Option<Vec<Permit>>,
    /// Language of what they are told; their subscriptions in the old one follow.
    pub lang: Option<String>,
}

impl ProfilePatch {
    /// Puts in what was given.
    pub fn apply(&self, traveller: &mut Registered) {
        let Self { nationalities, purpose, permits, lang } = self.clone();
        let profile = &mut traveller.profile;
        profile.nationalities = nationalities.unwrap_or(std::mem::take(&mut profile.nationalities));
        profile.purpose = purpose.unwrap_or(profile.purpose);
        profile.permits = permits.unwrap_or(std::mem::take(&mut profile.permits));
        traveller.lang = lang.unwrap_or(std::mem::take(&mut traveller.lang));
    }
}

/// One fix of a device.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FixDoc {
    /// WGS 84 latitude in degrees.
    #[schema(minimum = -90, maximum = 90)]
    pub lat: f64,
    /// WGS 84 longitude in degrees.
    #[schema(minimum = -540, maximum = 540)]
    pub lon: f64,
    /// The radius the device states, in metres: the true place is within it two times of three. More than 50 km does not say where it is.
    #[schema(minimum = 0, maximum = 50_000)]
    pub accuracy_m: f64,
    /// When the device was there, RFC 3339 with a zone.
    #[schema(format = DateTime)]
    pub at: String,
}

/// Where a device was, one fix or many, in any order.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PositionsRequest {
    /// The fixes, at most 1,000. One that is wrong is named in the answer, and the others are taken.
    #[schema(value_type = Vec<FixDoc>, max_items = 1_000)]
    pub positions: Vec<Box<RawValue>>,
}

/// The fixes that could be read, each with its place in the report, and what is wrong with the others.
pub type Fixes = (Vec<(usize, Position, Timestamp)>, Vec<Issue>);

impl PositionsRequest {
    /// The most fixes in one report.
    pub const MOST: usize = 1_000;

    /// The fixes.
    ///
    /// # Errors
    /// [`Error::Invalid`] when there are too many.
    pub fn fixes(&self) -> Result<Fixes, Error> {
        if self.positions.len() > Self::MOST {
            let detail = format!("{} are more than the {} taken at once", self.positions.len(), Self::MOST);
            return Err(Issue::invalid("/positions", detail).into());
        }
        let (mut fixes, mut refused) = (Vec::new(), Vec::new());
        for (i, value) in self.positions.iter().enumerate() {
            match fix(value, &format!("/positions/{i}")) {
                Ok((position, at)) => fixes.push((i, position, at)),
                Err(issues) => refused.extend(issues),
            }
        }
        Ok((fixes, refused))
    }
}

fn fix(value: &RawValue, pointer: &str) -> Result<(Position, Timestamp), Vec<Issue>> {
    let doc: FixDoc = json::read(value.get().as_bytes()).map_err(|e| match e {
        Error::Invalid(issues) => {
            issues.into_iter().map(|issue| Issue { pointer: format!("{pointer}{}", issue.pointer), ..issue }).collect()
        }
        other => vec![Issue::invalid(pointer, other.to_string())],
    })?;
    let position = PositionDoc { lat: doc.lat, lon: doc.lon, accuracy_m: doc.accuracy_m }.position(pointer);
    let at = moment::instant(&doc.at).map_err(|detail| Issue::invalid(format!("{pointer}/at"), detail));
    match (position, at) {
        (Ok(position), Ok(at)) => Ok((position, at)),
        (position, at) => Err(position.err().into_iter().chain(at.err()).collect()),
    }
}

/// A browser's keys, as its `PushSubscription.toJSON()` writes them.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PushKeys {
    /// Its public key, base64url.
    pub p256dh: String,
    /// Its secret, base64url.
    pub auth: String,
}

/// Where messages go.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", try_from = "Object<ChannelMembers>")]
pub enum ChannelDoc {
    /// A browser's push service.
    WebPush {
        /// Where it takes messages.
        endpoint: String,
        /// What they are encrypted with.
        keys: PushKeys,
        /// The service's public key the browser subscribed with, from `/v1/push/key`.
        vapid_key: String,
    },
    /// A webhook of the key that registered the traveller.
    Webhook {
        /// Its id.
        webhook: String,
    },
}

/// The members of every channel. Serde reads an enum by its tag from a copy, and would lose the place of a mistake in it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChannelMembers {
    #[serde(rename = "type")]
    kind: ChannelKind,
    endpoint: Option<String>,
    #[serde(default, deserialize_with = "maybe_object")]
    keys: Option<PushKeys>,
    vapid_key: Option<String>,
    webhook: Option<String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ChannelKind {
    WebPush,
    Webhook,
}

impl TryFrom<Object<ChannelMembers>> for ChannelDoc {
    type Error = String;

    fn try_from(Object(members): Object<ChannelMembers>) -> Result<Self, String> {
        let ChannelMembers { kind, endpoint, keys, vapid_key, webhook } = members;
        let missing = |name: &str| format!("missing field `{name}`");
        let beside = |name: &str| Err(format!("`{name}` does not belong to a channel of this type"));
        match kind {
            ChannelKind::WebPush if webhook.is_some() => beside("webhook"),
            ChannelKind::WebPush => Ok(Self::WebPush {
                endpoint: endpoint.ok_or_else(|| missing("endpoint"))?,
                keys: keys.ok_or_else(|| missing("keys"))?,
                vapid_key: vapid_key.ok_or_else(|| missing("vapid_key"))?,
            }),
            ChannelKind::Webhook if endpoint.is_some() => beside("endpoint"),
            ChannelKind::Webhook if keys.is_some() => beside("keys"),
            ChannelKind::Webhook if vapid_key.is_some() => beside("vapid_key"),
            ChannelKind::Webhook => Ok(Self::Webhook { webhook: webhook.ok_or_else(|| missing("webhook"))? }),
        }
    }
}

/// Who wants to be told, and of what.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubscriptionRequest {
    /// Where messages go.
    pub channel: ChannelDoc,
    /// From which severity on; 3, avoid non-essential travel, if not given.
    #[serde(default = "SubscriptionRequest::default_min_severity")]
    #[schema(value_type = u8, minimum = 0, maximum = 5, default = 3)]
    pub min_severity: Severity,
    /// Of whose advisories; all that the traveller listens to if not given.
    #[serde(default)]
    pub issuers: Vec<IssuerCode>,
    /// Language of the messages, BCP 47; the traveller's if not given.
    #[serde(default)]
    pub lang: Option<String>,
    /// Whether what takes effect later is announced before it does.
    #[serde(default)]
    pub upcoming: bool,
}

impl SubscriptionRequest {
    fn default_min_severity() -> Severity {
        Severity::AVOID_NON_ESSENTIAL
    }
}

/// What changes of a subscription; members that are left out stay.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubscriptionPatch {
    /// Where messages go from now on. A browser whose address or key changed stays the same subscription this way, and hears the
    /// all-clear of what it was told before.
    pub channel: Option<ChannelDoc>,
    /// From which severity on.
    #[schema(value_type = Option<u8>, minimum = 0, maximum = 5)]
    pub min_severity: Option<Severity>,
    /// Of whose advisories; an empty list: all that the traveller listens to.
    pub issuers: Option<Vec<IssuerCode>>,
    /// Language of the messages.
    pub lang: Option<String>,
    /// Whether what takes effect later is announced before it does.
    pub upcoming: Option<bool>,
}

impl SubscriptionPatch {
    /// Puts in what was given, but for the channel, whose address has to be looked at first.
    pub fn apply(&self, subscription: &mut Subscription) {
        let Self { channel: _, min_severity, issuers, lang, upcoming } = self.clone();
        subscription.min_severity = min_severity.unwrap_or(subscription.min_severity);
        subscription.issuers = issuers.unwrap_or(std::mem::take(&mut subscription.issuers));
        subscription.lang = lang.unwrap_or(std::mem::take(&mut subscription.lang));
        subscription.upcoming = upcoming.unwrap_or(subscription.upcoming);
    }
}

/// A language tag that may be stored.
///
/// # Errors
/// When it is longer than any tag, or has other signs than letters, digits and dashes.
pub fn language(lang: Option<&str>) -> Result<(), Issue> {
    let sound =
        |lang: &str| (1..=35).contains(&lang.len()) && lang.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    match lang {
        Some(lang) if !sound(lang) => Err(Issue::invalid("/lang", format!("`{lang}` is no language such as en or ko"))),
        _ => Ok(()),
    }
}
