//! What keeps one request from harming the others: a place among those under way, a time limit, and a floor under panics.

use std::any::Any;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Shared;
use super::problem::Refusal;

/// Answers within the time limit, and only when not too many requests are under way: a queue would only make everyone late.
pub async fn guard(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let Ok(_place) = shared.0.requests.try_acquire() else {
        shared.meter().overload();
        return Refusal::Overloaded.into_response();
    };
    let limit = shared.settings().request_timeout;
    tokio::time::timeout(limit, next.run(request)).await.unwrap_or_else(|_| Refusal::Timeout(limit).into_response())
}

/// The answer of a handler that panicked. What it said may hold the caller's values, so it is not logged here; the panic hook has
/// already said where.
pub fn panicked(_: Box<dyn Any + Send>) -> Response {
    tracing::error!("a handler panicked");
    Refusal::Internal.into_response()
}
