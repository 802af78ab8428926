//! JSON or GeoJSON: by the ending of the path, else by what the client accepts.

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};

use super::Shared;
use super::problem::Refusal;

/// The ending of a path that asks for GeoJSON.
pub const SUFFIX: &str = ".geojson";

/// The form a client wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// `application/json`
    Json,
    /// `application/geo+json`
    GeoJson,
}

impl Wanted {
    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::GeoJson => "application/geo+json",
        }
    }

    /// The form that an `Accept` header likes best; JSON among equals. `None`: neither.
    fn accepted(accept: &str) -> Option<Self> {
        let quality = |wanted: Self| {
            let ranges = accept.split(',').filter_map(|range| {
                let mut parts = range.split(';').map(str::trim);
                let kind = parts.next()?;
                let precision =
                    [wanted.media_type(), "application/*", "*/*"].iter().position(|k| kind.eq_ignore_ascii_case(k))?;
                let q = parts
                    .find_map(|p| p.strip_prefix("q=").or(p.strip_prefix("Q=")))
                    .map_or(Some(1.0), |q| q.parse::<f32>().ok())?;
                Some((precision, q))
            });
            ranges.min_by_key(|(precision, _)| *precision).map_or(0.0, |(_, q)| q)
        };
        let (json, geojson) = (quality(Self::Json), quality(Self::GeoJson));
        match (json > 0.0, geojson > json) {
            (_, true) => Some(Self::GeoJson),
            (true, false) => Some(Self::Json),
            (false, false) => None,
        }
    }
}

impl FromRequestParts<Shared> for Wanted {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &Shared) -> Result<Self, Response> {
        if parts.uri.path().ends_with(SUFFIX) {
            return Ok(Self::GeoJson);
        }
        let lines: Vec<&str> =
            parts.headers.get_all(header::ACCEPT).iter().filter_map(|line| line.to_str().ok()).collect();
        let accept = lines.join(",");
        if accept.trim().is_empty() {
            return Ok(Self::Json);
        }
        Self::accepted(&accept).ok_or_else(|| Refusal::NotAcceptable.into_response())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_better_liked_form_is_given() {
        for (accept, form) in [
            ("*/*", Some(Wanted::Json)),
            ("application/geo+json", Some(Wanted::GeoJson)),
            ("application/geo+json, application/json;q=0.9", Some(Wanted::GeoJson)),
            ("application/geo+json;q=0.5, application/json", Some(Wanted::Json)),
            ("text/html, */*;q=0.1", Some(Wanted::Json)),
            ("application/json;q=0, */*", Some(Wanted::GeoJson)),
            ("text/html", None),
            ("application/geo+json;q=0", None),
        ] {
            assert_eq!(Wanted::accepted(accept), form, "{accept}");
        }
    }
}
