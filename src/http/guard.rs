//! What keeps one request from harming the others: a place among those under way, a time limit, and a floor under panics.

use std::any::Any;
use std::pin::pin;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Shared;
use super::problem::Refusal;
use crate::flows::commitment::Commitment;

/// Answers within the time limit, and only when not too many requests are under way: a queue would only make everyone late.
pub async fn guard(State(shared): State<Shared>, mut request: Request, next: Next) -> Response {
    let Ok(_place) = shared.0.requests.try_acquire() else {
        shared.meter().overload();
        return Refusal::Overloaded.into_response();
    };
    let limit = shared.settings().request_timeout;
    let commitment = Commitment::default();
    request.extensions_mut().insert(commitment.clone());
    let answer = within(limit, &commitment, next.run(request)).await;
    answer.unwrap_or_else(|| Refusal::Timeout(limit).into_response())
}

/// Waits for an answer as long as the limit says; for that of what has begun to take effect until it is there.
async fn within<T>(limit: Duration, commitment: &Commitment, answer: impl Future<Output = T>) -> Option<T> {
    let mut answer = pin!(answer);
    match tokio::time::timeout(limit, &mut answer).await {
        Ok(answer) => Some(answer),
        Err(_) if commitment.give_up() => None,
        Err(_) => Some(answer.await),
    }
}

/// The answer of a handler that panicked. What it said may hold the caller's values, so it is not logged here; the panic hook has
/// already said where.
pub fn panicked(_: Box<dyn Any + Send>) -> Response {
    tracing::error!("a handler panicked");
    Refusal::Internal.into_response()
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use tokio::task::yield_now;

    use super::*;

    #[tokio::test]
    async fn what_takes_effect_is_waited_for_and_what_was_given_up_never_does() {
        let (given_up, made) = (Commitment::default(), Commitment::default());
        assert_eq!(within(Duration::ZERO, &given_up, pending::<()>()).await, None);
        assert!(!given_up.make(), "nobody waits any more");
        let slow = async {
            let may = made.make();
            for _ in 0..10 {
                yield_now().await;
            }
            may
        };
        assert_eq!(within(Duration::ZERO, &made, slow).await, Some(true));
    }
}
