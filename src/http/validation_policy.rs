//! `/v1/validations/policy`: what a key's holder does at which verdict, where a request does not say.

use axum::extract::State;
use axum::response::Response;

use super::access::Access;
use super::extract::JsonText;
use super::problem::{BodyProblems, ReadProblems, Refusal};
use super::validations::key_of;
use super::{Shared, cache};
use crate::flows::keep_policy;
use crate::format::json;
use crate::format::policy::Policy;
use crate::model::Scope;

/// Read the policy of the key that asks.
#[utoipa::path(get, path = "/v1/validations/policy", tag = "validations", operation_id = "readValidationPolicy", security(("key" = [])),
    responses((status = 200, description = "The policy", body = Policy), ReadProblems))]
pub async fn read(State(shared): State<Shared>, access: Access) -> Result<Response, Refusal> {
    let key = key_of(&access, Scope::Check)?;
    Ok(cache::private(&keep_policy::policy(shared.store(), &key).await?))
}

/// Keep a policy for the key that asks. Files that are sent from now on follow it where their request does not say otherwise.
#[utoipa::path(put, path = "/v1/validations/policy", tag = "validations", operation_id = "keepValidationPolicy", security(("key" = [])),
    request_body = Policy,
    responses((status = 200, description = "The policy as it is kept", body = Policy), BodyProblems))]
pub async fn keep(State(shared): State<Shared>, access: Access, JsonText(text): JsonText) -> Result<Response, Refusal> {
    let key = key_of(&access, Scope::Check)?;
    let policy: Policy = json::read(&text)?;
    keep_policy::keep(shared.store(), &*shared.loaded(&access)?, &key, &policy).await?;
    Ok(cache::private(&policy))
}
