//! `/v1/push/key`: the key that browsers subscribe with.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use super::access::Access;
use super::problem::{ReadProblems, Refusal};
use super::{Shared, cache};
use crate::error::Error;
use crate::flows::push_keys::{self, PushKey};
use crate::model::{Kind, Scope};

/// Read the key to subscribe with.
///
/// It changes seldom. A page that subscribed with another one unsubscribes and subscribes again; until then the old one goes on working.
#[utoipa::path(get, path = "/v1/push/key", tag = "watching", operation_id = "readPushKey",
    responses((status = 200, description = "The key", body = PushKey), ReadProblems))]
pub async fn key(State(shared): State<Shared>, headers: HeaderMap) -> Result<Response, Refusal> {
    Ok(cache::reply(&headers, "application/json", &push_keys::current(shared.store()).await?))
}

/// Make a new key to subscribe with. Nobody is lost: the old ones still sign for the subscriptions made with them.
#[utoipa::path(post, path = "/v1/push/key/rotate", tag = "operating", operation_id = "rotatePushKey", security(("key" = [])),
    responses((status = 200, description = "The new key", body = PushKey), ReadProblems))]
pub async fn rotate(State(shared): State<Shared>, access: Access) -> Result<Response, Refusal> {
    access.require(Scope::Admin)?;
    // real browsers subscribe with it too
    if access.kind() == Kind::Exercise {
        return Err(Error::Forbidden(
            "a key for exercises does not change what real browsers subscribe with".to_owned(),
        )
        .into());
    }
    Ok(cache::private(&push_keys::rotate(shared.store(), shared.now()).await?))
}
