//! What answers say about those who are told: subscriptions that are over, webhooks that fail.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::send::{Landed, Note};
use crate::error::Error;
use crate::model::{EventType, NewEvent};
use crate::store::{StoreError, Tx, deliveries, events, webhooks};

/// A webhook is disabled when every attempt has failed for so long.
const DISABLE_AFTER: SignedDuration = SignedDuration::from_hours(5 * 24);

/// What push services' answers say about subscriptions. Returns those that are gone because they were missed twice.
pub(super) async fn note_push(tx: &mut Tx, landed: &[Landed]) -> Result<Vec<String>, StoreError> {
    let (mut answered, mut missed, mut gone, mut strangers) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut paused = Vec::new();
    for one in landed {
        match &one.note {
            Note::Answered(id) => answered.push(id.as_str()),
            Note::Missed(id) => missed.push(id.as_str()),
            Note::Gone(id) => gone.push(id.as_str()),
            Note::MustResubscribe(id) => strangers.push(id.as_str()),
            Note::Paused(id, until) => paused.push((id.as_str(), *until)),
            _ => {}
        }
    }
    if !answered.is_empty() {
        deliveries::answered(tx, &answered).await?;
    }
    if !paused.is_empty() {
        deliveries::pause(tx, &paused).await?;
    }
    let twice = if missed.is_empty() { Vec::new() } else { deliveries::missed(tx, &missed).await? };
    gone.extend(twice.iter().map(String::as_str));
    if !gone.is_empty() {
        let deleted = deliveries::gone(tx, &gone).await?;
        tracing::info!("{deleted} subscriptions are over and were deleted");
    }
    if !strangers.is_empty() {
        deliveries::must_resubscribe(tx, &strangers).await?;
    }
    Ok(twice)
}

/// What receivers' answers say about webhooks; one that fails for long is disabled, and its owner hears of it.
pub(super) async fn note_hooks(tx: &mut Tx, landed: &[Landed], now: Timestamp) -> Result<(), Error> {
    let ids = |wanted: fn(&Note) -> Option<&String>| {
        let mut ids: Vec<_> = landed.iter().filter_map(|l| wanted(&l.note)).collect();
        ids.sort_unstable();
        ids.dedup();
        (!ids.is_empty()).then(|| json!(ids).to_string())
    };
    if let Some(ids) = ids(|note| if let Note::HookSucceeded(id) = note { Some(id) } else { None }) {
        webhooks::succeeded(tx, &ids).await?;
    }
    let failed = ids(|note| if let Note::HookFailed(id) = note { Some(id) } else { None });
    let gone = ids(|note| if let Note::HookGone(id) = note { Some(id) } else { None });
    for (ids, gone) in failed.map(|ids| (ids, false)).into_iter().chain(gone.map(|ids| (ids, true))) {
        for (owner, id, kind) in webhooks::failed(tx, &ids, now, now - DISABLE_AFTER, gone).await? {
            tracing::warn!(webhook.id = %id, "the webhook is disabled");
            let notice = NewEvent {
                what: EventType::WebhookDisabled,
                kind,
                owner: Some(owner),
                traveller: None,
                severity: 1,
                data: json!({"webhook": id}),
            };
            events::append(tx, now, &[notice]).await?;
        }
    }
    Ok(())
}
