//! What is a traveller's own: who may come in.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};

use super::Shared;
use super::access::Access;
use super::extract::segment;
use super::problem::Refusal;
use crate::error::Error;
use crate::model::{Registered, Scope};

/// The traveller whose id is the first variable segment of the path, for themselves or for the key that registered them; for everybody
/// else there is no such traveller.
pub struct Own(pub Registered);

impl FromRequestParts<Shared> for Own {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Response> {
        let Ok(access) = Access::from_request_parts(parts, shared).await;
        let id = nth_segment(parts, 0).await?;
        open(shared, &access, &id).await.map(Self).map_err(IntoResponse::into_response)
    }
}

/// The second variable segment of the path: the id of something of the traveller's.
pub struct Below(pub String);

impl FromRequestParts<Shared> for Below {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &Shared) -> Result<Self, Response> {
        nth_segment(parts, 1).await.map(Self)
    }
}

async fn nth_segment(parts: &mut Parts, place: usize) -> Result<String, Response> {
    let segments = RawPathParams::from_request_parts(parts, &()).await;
    let found = segments.ok().and_then(|segments| segments.iter().nth(place).map(|(_, segment)| segment.to_owned()));
    // a segment that is no UTF-8 names nothing
    found.ok_or(Refusal::NoRoute).and_then(|text| segment(&text)).map_err(IntoResponse::into_response)
}

async fn open(shared: &Shared, access: &Access, id: &str) -> Result<Registered, Refusal> {
    let not_found = || Refusal::Flow(Error::NotFound { what: "traveller", id: id.to_owned() });
    if let Access::Anonymous { .. } = access {
        return Err(Refusal::Unauthenticated("this opens with the traveller's token, or the key that registered them"));
    }
    access.require(Scope::Watch)?;
    if matches!(access, Access::Traveller { id: shown, .. } if &**shown != id) {
        return Err(not_found());
    }
    let traveller = shared.watch().traveller(id).await?;
    match access.key() {
        Some(key) if traveller.owner.as_deref() != Some(key.id.as_str()) => Err(not_found()),
        _ => Ok(traveller),
    }
}
