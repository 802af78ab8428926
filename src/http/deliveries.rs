//! `/v1/deliveries`: what is owed and what became of it; what failed can be owed once more.

use axum::extract::{OriginalUri, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::access::Access;
use super::extract::{Name, Query, Segment};
use super::paging::{linked, next_url, page_of_ids};
use super::problem::{ChangeProblems, FindProblems, ReadProblems, Refusal};
use super::{Shared, cache};
use crate::flows::list_deliveries::{self, Delivery};
use crate::model::{DeliveryState, Scope};
use crate::store::deliveries::{Filter, Whose};

/// Which deliveries to list.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListParams {
    /// Only those in this state; `failed` are the dead letters.
    state: Option<DeliveryState>,
    /// Only those owed to this subscription.
    #[param(value_type = Option<String>)]
    subscription: Option<Name>,
    /// Only those owed to this webhook.
    #[param(value_type = Option<String>)]
    webhook: Option<Name>,
    /// At most this many, up to 1,000.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<usize>,
    /// Where the page before ended.
    #[param(value_type = Option<String>)]
    cursor: Option<Name>,
}

/// A page of deliveries.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct DeliveryPage {
    /// In the order in which they came to be owed.
    deliveries: Vec<Delivery>,
    /// Where the next page is.
    next: Option<String>,
}

/// Whose deliveries the caller may see: all with the scope `operate`, else a traveller's own, or with `watch` those of the key.
fn whose(access: &Access) -> Result<Whose, Refusal> {
    if access.require(Scope::Operate).is_ok() {
        return Ok(Whose::All);
    }
    match access {
        Access::Anonymous { .. } => Err(Refusal::Unauthenticated(
            "deliveries open with the traveller's token, or a key that watches or operates",
        )),
        Access::Traveller { id, .. } => Ok(Whose::OfTraveller(id.to_string())),
        Access::Key(key) => access.require(Scope::Watch).map(|()| Whose::OfKey(key.id.clone())),
    }
}

/// List deliveries: what is owed, what was delivered, what failed and why.
///
/// Of everybody with the scope `operate`; with `watch` those to the key's webhooks and travellers; a traveller's own with their token.
#[utoipa::path(get, path = "/v1/deliveries", tag = "operating", operation_id = "listDeliveries", security(("key" = [])),
    params(ListParams),
    responses((status = 200, description = "A page of deliveries", body = DeliveryPage), ReadProblems))]
pub async fn list(
    State(shared): State<Shared>,
    access: Access,
    OriginalUri(uri): OriginalUri,
    Query(params): Query<ListParams>,
) -> Result<Response, Refusal> {
    let filter = Filter {
        whose: whose(&access)?,
        state: params.state,
        subscription: params.subscription.map(|name| name.0),
        webhook: params.webhook.map(|name| name.0),
    };
    let found = list_deliveries::list(shared.store(), &filter, &page_of_ids(params.limit, params.cursor)?).await?;
    let next = found.next.map(|cursor| next_url(&uri, &cursor));
    let answer = cache::private(&DeliveryPage { deliveries: found.items, next: next.clone() });
    Ok(linked(answer, next.as_deref()))
}

/// Read one delivery.
#[utoipa::path(get, path = "/v1/deliveries/{id}", tag = "operating", operation_id = "readDelivery", security(("key" = [])),
    params(("id" = String, Path, description = "The delivery's id")),
    responses((status = 200, description = "The delivery", body = Delivery), ReadProblems, FindProblems))]
pub async fn read(State(shared): State<Shared>, access: Access, Segment(id): Segment) -> Result<Response, Refusal> {
    Ok(cache::private(&list_deliveries::read(shared.store(), &whose(&access)?, &id).await?))
}

/// Owe a delivery that failed once more. What is not true any more is still not sent.
#[utoipa::path(post, path = "/v1/deliveries/{id}/replay", tag = "operating", operation_id = "replayDelivery", security(("key" = [])),
    params(("id" = String, Path, description = "The delivery's id")),
    responses((status = 200, description = "The delivery, pending again", body = Delivery), ReadProblems, ChangeProblems, FindProblems))]
pub async fn replay(State(shared): State<Shared>, access: Access, Segment(id): Segment) -> Result<Response, Refusal> {
    Ok(cache::private(&list_deliveries::replay(shared.store(), &whose(&access)?, &id, shared.now()).await?))
}
