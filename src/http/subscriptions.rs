//! `/v1/travellers/{id}/subscriptions`: who is told, over which channel, of what.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::access::Access;
use super::extract::JsonText;
use super::idempotency::once;
use super::own::{Below, Own};
use super::problem::{self, BodyProblems, ChangeProblems, EditProblems, FindProblems, ReadProblems, Refusal, created};
use super::tags::{seen, tagged};
use super::{Shared, cache};
use crate::channel::web_push;
use crate::error::{Error, Issue};
use crate::flows::subscribe::{Checked, webhook_owner};
use crate::flows::watch::answers::SubscriptionAnswer;
use crate::format::json;
use crate::format::watching::{ChannelDoc, SubscriptionPatch, SubscriptionRequest, language};
use crate::model::{Channel, Registered};
use crate::store::webhooks;

/// The subscriptions of a traveller.
#[derive(Serialize, utoipa::ToSchema)]
pub struct SubscriptionList {
    /// In the order in which they were made.
    subscriptions: Vec<SubscriptionAnswer>,
}

/// A message that tries a channel.
#[derive(Serialize, utoipa::ToSchema)]
pub struct TestAnswer {
    /// The delivery, to be followed at `/v1/deliveries/{id}`.
    delivery: String,
}

/// Subscribe. A browser that subscribes again renews the subscription that it has.
#[utoipa::path(post, path = "/v1/travellers/{id}/subscriptions", tag = "watching", operation_id = "subscribe", security(("key" = [])),
    params(("id" = String, Path, description = "The traveller's id"), ("Idempotency-Key" = Option<String>, Header, description = "The same for the same request sent again")),
    request_body = SubscriptionRequest,
    responses((status = 201, description = "The subscription", body = SubscriptionAnswer), BodyProblems, ChangeProblems, FindProblems))]
pub async fn subscribe(
    State(shared): State<Shared>,
    access: Access,
    Own(traveller): Own,
    headers: HeaderMap,
    JsonText(text): JsonText,
) -> Result<Response, Refusal> {
    let request: SubscriptionRequest = json::read(&text)?;
    language(request.lang.as_deref()).map_err(Error::from)?;
    let checked = check(&shared, &traveller, &request.channel).await?;
    let watch = shared.watch().clone();
    let owner = traveller.id.clone();
    once(&shared, &access, &headers, &[b"subscriptions", traveller.id.as_bytes(), &text], |id| async move {
        let made = watch.subscribe(&owner, &id, &request, checked).await?;
        let path = format!("/v1/travellers/{owner}/subscriptions/{}", made.id);
        Ok(tagged(created(cache::private(&SubscriptionAnswer::from(&made)), &path), made.revision))
    })
    .await
}

/// List the subscriptions.
#[utoipa::path(get, path = "/v1/travellers/{id}/subscriptions", tag = "watching", operation_id = "listSubscriptions", security(("key" = [])),
    params(("id" = String, Path, description = "The traveller's id")),
    responses((status = 200, description = "The subscriptions, without their addresses", body = SubscriptionList), ReadProblems, FindProblems))]
pub async fn list(State(shared): State<Shared>, Own(traveller): Own) -> Result<Response, Refusal> {
    let found = shared.watch().subscriptions(&traveller.id).await?;
    Ok(cache::private(&SubscriptionList { subscriptions: found.iter().map(SubscriptionAnswer::from).collect() }))
}

/// Read a subscription.
#[utoipa::path(get, path = "/v1/travellers/{id}/subscriptions/{subscription}", tag = "watching", operation_id = "readSubscription", security(("key" = [])),
    params(("id" = String, Path, description = "The traveller's id"), ("subscription" = String, Path, description = "The subscription's id")),
    responses((status = 200, description = "The subscription", body = SubscriptionAnswer), ReadProblems, FindProblems))]
pub async fn read(
    State(shared): State<Shared>,
    Own(traveller): Own,
    Below(subscription): Below,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let found = shared.watch().subscription(&traveller.id, &subscription).await?;
    Ok(cache::reply_privately(&headers, found.revision, &SubscriptionAnswer::from(&found)))
}

/// Change what a subscription asks for, or where its messages go.
///
/// A browser whose address or key changed moves its subscription with `channel`: it stays the same one, and takes messages again.
#[utoipa::path(patch, path = "/v1/travellers/{id}/subscriptions/{subscription}", tag = "watching", operation_id = "changeSubscription", security(("key" = [])),
    params(("id" = String, Path, description = "The traveller's id"), ("subscription" = String, Path, description = "The subscription's id")),
    request_body = SubscriptionPatch,
    responses((status = 200, description = "The subscription as it is now", body = SubscriptionAnswer), BodyProblems, ChangeProblems, FindProblems, EditProblems))]
pub async fn change(
    State(shared): State<Shared>,
    Own(traveller): Own,
    Below(subscription): Below,
    headers: HeaderMap,
    JsonText(text): JsonText,
) -> Result<Response, Refusal> {
    let patch: SubscriptionPatch = json::read(&text)?;
    language(patch.lang.as_deref()).map_err(Error::from)?;
    let moved = match &patch.channel {
        Some(channel) => Some(check(&shared, &traveller, channel).await?),
        None => None,
    };
    let watch = shared.watch();
    let changed = watch.change_subscription(&traveller.id, &subscription, &seen(&headers), &patch, moved).await?;
    Ok(tagged(cache::private(&SubscriptionAnswer::from(&changed)), changed.revision))
}

/// End a subscription. What is still owed to it is dropped.
#[utoipa::path(delete, path = "/v1/travellers/{id}/subscriptions/{subscription}", tag = "watching", operation_id = "unsubscribe", security(("key" = [])),
    params(("id" = String, Path, description = "The traveller's id"), ("subscription" = String, Path, description = "The subscription's id")),
    responses((status = 204, description = "It is ended"), ReadProblems, FindProblems))]
pub async fn end(
    State(shared): State<Shared>,
    Own(traveller): Own,
    Below(subscription): Below,
) -> Result<Response, Refusal> {
    shared.watch().unsubscribe(&traveller.id, &subscription).await?;
    Ok(problem::NOTHING_TO_SAY.into_response())
}

/// Send a message that only tries the channel, and says so.
#[utoipa::path(post, path = "/v1/travellers/{id}/subscriptions/{subscription}/test", tag = "watching", operation_id = "testSubscription", security(("key" = [])),
    params(("id" = String, Path, description = "The traveller's id"), ("subscription" = String, Path, description = "The subscription's id")),
    responses((status = 202, description = "It is on its way", body = TestAnswer), ReadProblems, FindProblems))]
pub async fn test(
    State(shared): State<Shared>,
    Own(traveller): Own,
    Below(subscription): Below,
) -> Result<Response, Refusal> {
    let delivery = shared.watch().try_subscription(&traveller.id, &subscription).await?;
    Ok(problem::accepted(cache::private(&TestAnswer { delivery })))
}

/// Whether messages may go there, and what shares a fate with it.
async fn check(shared: &Shared, traveller: &Registered, channel: &ChannelDoc) -> Result<Checked, Refusal> {
    match channel {
        ChannelDoc::WebPush { endpoint, keys, vapid_key } => {
            let subscribed = web_push::validate(shared.guard(), endpoint, &keys.p256dh, &keys.auth, "/channel")
                .map_err(Error::Invalid)?;
            let mut tx = shared.store().read().await.map_err(Error::from)?;
            let ours = crate::store::vapid::all(&mut tx).await.map_err(Error::from)?;
            if !ours.iter().any(|key| &key.public == vapid_key) {
                let detail = "the browser subscribed with a key that is not ours: take the one at /v1/push/key";
                return Err(Error::from(Issue::invalid("/channel/vapid_key", detail)).into());
            }
            let channel = Channel::WebPush {
                endpoint: subscribed.endpoint,
                p256dh: keys.p256dh.clone(),
                auth: keys.auth.clone(),
                vapid_key: vapid_key.clone(),
            };
            Ok(Checked { channel, lane: subscribed.lane })
        }
        ChannelDoc::Webhook { webhook } => {
            let owner = webhook_owner(traveller).map_err(Error::from)?;
            let mut tx = shared.store().read().await.map_err(Error::from)?;
            let found = webhooks::find(&mut tx, owner, webhook).await.map_err(Error::from)?;
            if found.is_none() {
                let detail = format!("the key that registered the traveller has no webhook `{webhook}`");
                return Err(Error::from(Issue::invalid("/channel/webhook", detail)).into());
            }
            let lane = format!("webhook:{webhook}");
            Ok(Checked { channel: Channel::Webhook { webhook: webhook.clone() }, lane })
        }
    }
}
