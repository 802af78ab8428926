//! Webhooks: made, changed, given another secret, deleted by the key that made them.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::page::{Page, PageQuery};
use crate::channel::guard::Guard;
use crate::channel::webhook::{self, SigningSecret};
use crate::error::{Error, Issue};
use crate::model::{EventType, Kind};
use crate::store::Store;
use crate::store::webhooks::{self, StoredSecret, Webhook};

/// How long an old secret signs beside the new one, when nothing is said.
pub const GRACE: SignedDuration = SignedDuration::from_hours(24);

/// What a webhook is to be.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookRequest {
    /// Where to post: https, at a public address.
    #[schema(examples("https://agency.example.org/cordon"))]
    pub url: String,
    /// What to listen to; everything if not given. Subscriptions that name the webhook are posted in any case.
    #[serde(default)]
    pub types: Option<Vec<EventType>>,
}

/// What of a webhook is to change.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookChange {
    /// Another URL.
    #[serde(default)]
    pub url: Option<String>,
    /// Another choice of events.
    #[serde(default)]
    pub types: Option<Vec<EventType>>,
    /// `true` makes a disabled one active again.
    #[serde(default)]
    pub active: Option<bool>,
}

/// A webhook.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct WebhookShown {
    /// Its id.
    pub id: String,
    /// Where it posts.
    pub url: String,
    /// What it listens to.
    pub types: Vec<EventType>,
    /// Whether it is posted to.
    pub active: bool,
    /// Why not.
    pub disabled_because: Option<String>,
    /// Since when every attempt has failed.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub failing_since: Option<Timestamp>,
    /// The public keys that check `v1a` signatures, the newest first.
    #[schema(examples(json!(["whpk_MCowBQYDK2VwAyEA…"])))]
    pub public_keys: Vec<String>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// The shared secret that checks `v1` signatures: shown once, when it is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))]
    pub secret: Option<String>,
}

/// Makes a webhook. Its secret is in the answer, this once.
///
/// # Errors
/// When the URL is not taken, or the database cannot be written.
pub async fn create(
    store: &Store,
    guard: &Guard,
    owner: &str,
    kind: Kind,
    request: &WebhookRequest,
    now: Timestamp,
) -> Result<WebhookShown, Error> {
    let target = webhook::validate(guard, &request.url, "/url")?;
    let secret = SigningSecret::generate().map_err(|e| Error::Internal(e.to_string()))?;
    let webhook = Webhook {
        id: Uuid::now_v7().to_string(),
        owner: owner.to_owned(),
        kind,
        url: target.url().to_string(),
        types: request.types.clone().unwrap_or_else(|| EventType::ALL.to_vec()),
        secrets: vec![stored(&secret)],
        disabled: None,
        failing_since: None,
        created_at: now,
    };
    let mut tx = store.begin().await?;
    webhooks::insert(&mut tx, &webhook).await?;
    tx.commit().await?;
    Ok(WebhookShown { secret: Some(secret.shared().to_owned()), ..shown(&webhook, now) })
}

/// A page of an owner's webhooks.
///
/// # Errors
/// When the database cannot be read.
pub async fn list(store: &Store, owner: &str, page: &PageQuery, now: Timestamp) -> Result<Page<WebhookShown>, Error> {
    let mut tx = store.read().await?;
    let limit = u32::try_from(page.limit + 1).unwrap_or(u32::MAX);
    let found = webhooks::list(&mut tx, owner, page.after.as_deref().unwrap_or_default(), limit).await?;
    let more = found.len() > page.limit;
    let items: Vec<_> = found.iter().take(page.limit).map(|webhook| shown(webhook, now)).collect();
    let next = items.last().filter(|_| more).map(|last| last.id.clone());
    Ok(Page { items, next })
}

/// One webhook of an owner.
///
/// # Errors
/// When there is none, or the database cannot be read.
pub async fn read(store: &Store, owner: &str, id: &str, now: Timestamp) -> Result<WebhookShown, Error> {
    let webhook = webhooks::find(&mut store.read().await?, owner, id).await?.ok_or_else(|| not_found(id))?;
    Ok(shown(&webhook, now))
}

/// Changes URL, types, or makes a disabled one active again.
///
/// # Errors
/// When there is none, the URL is not taken, or the database cannot be written.
pub async fn change(
    store: &Store,
    guard: &Guard,
    owner: &str,
    id: &str,
    change: &WebhookChange,
    now: Timestamp,
) -> Result<WebhookShown, Error> {
    let mut tx = store.begin().await?;
    let mut webhook = webhooks::find(&mut tx, owner, id).await?.ok_or_else(|| not_found(id))?;
    if let Some(url) = &change.url {
        webhook.url = webhook::validate(guard, url, "/url")?.url().to_string();
    }
    if let Some(types) = &change.types {
        webhook.types.clone_from(types);
    }
    match change.active {
        Some(true) => (webhook.disabled, webhook.failing_since) = (None, None),
        Some(false) => webhook.disabled = Some("switched off by its owner".to_owned()),
        None => {}
    }
    webhooks::update(&mut tx, &webhook).await?;
    tx.commit().await?;
    Ok(shown(&webhook, now))
}

/// Gives a webhook another secret; the present one signs beside it for `grace`. The new one is in the answer, this once.
///
/// # Errors
/// When there is none, the grace is negative, or the database cannot be written.
pub async fn rotate(
    store: &Store,
    owner: &str,
    id: &str,
    grace: SignedDuration,
    now: Timestamp,
) -> Result<WebhookShown, Error> {
    let ends = now.checked_add(grace).ok().filter(|_| !grace.is_negative());
    let ends = ends.ok_or_else(|| Issue::invalid("/grace", format!("{grace} is no time to wait")))?;
    let secret = SigningSecret::generate().map_err(|e| Error::Internal(e.to_string()))?;
    let mut tx = store.begin().await?;
    let mut webhook = webhooks::find(&mut tx, owner, id).await?.ok_or_else(|| not_found(id))?;
    // two at a time: receivers that are two rotations behind are none
    webhook.secrets.truncate(1);
    if let Some(present) = webhook.secrets.first_mut() {
        present.ends_at = Some(ends);
    }
    webhook.secrets.insert(0, stored(&secret));
    webhooks::update(&mut tx, &webhook).await?;
    tx.commit().await?;
    Ok(WebhookShown { secret: Some(secret.shared().to_owned()), ..shown(&webhook, now) })
}

/// Deletes a webhook, with what it was owed.
///
/// # Errors
/// When there is none, or the database cannot be written.
pub async fn delete(store: &Store, owner: &str, id: &str) -> Result<(), Error> {
    let mut tx = store.begin().await?;
    if !webhooks::delete(&mut tx, owner, id).await? {
        return Err(not_found(id));
    }
    tx.commit().await?;
    Ok(())
}

fn stored(secret: &SigningSecret) -> StoredSecret {
    StoredSecret { secret: json!(secret), ends_at: None }
}

fn shown(webhook: &Webhook, now: Timestamp) -> WebhookShown {
    let alive = super::deliver::webhook_secrets(&webhook.secrets, now);
    WebhookShown {
        id: webhook.id.clone(),
        url: webhook.url.clone(),
        types: webhook.types.clone(),
        active: webhook.disabled.is_none(),
        disabled_because: webhook.disabled.clone(),
        failing_since: webhook.failing_since,
        public_keys: alive.iter().filter_map(|secret| secret.public().ok()).collect(),
        created_at: webhook.created_at,
        secret: None,
    }
}

fn not_found(id: &str) -> Error {
    Error::NotFound { what: "webhook", id: id.to_owned() }
}
