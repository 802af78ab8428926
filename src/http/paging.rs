//! Pages of a list: the parameters `limit` and `cursor`, and the link to the next page.

use axum::http::{HeaderValue, Uri, header};
use axum::response::Response;
use uuid::Uuid;

use super::extract::{Name, wrong_parameter};
use super::problem::Refusal;
use crate::flows::page::PageQuery;

/// How many entries a page has when nothing is said.
pub const DEFAULT_LIMIT: usize = 100;

/// The most entries a page may have.
pub const MAX_LIMIT: usize = 1_000;

/// The page that the parameters ask for.
pub fn page(limit: Option<usize>, cursor: Option<Name>) -> Result<PageQuery, Refusal> {
    let limit = limit.unwrap_or(DEFAULT_LIMIT);
    if (1..=MAX_LIMIT).contains(&limit) {
        Ok(PageQuery { after: cursor.map(|name| name.0), limit })
    } else {
        Err(wrong_parameter("limit", format!("{limit} is not between 1 and {MAX_LIMIT}")))
    }
}

/// As [`page`], of a list in the order of ids that were given here: what is no id was never a cursor.
pub fn page_of_ids(limit: Option<usize>, cursor: Option<Name>) -> Result<PageQuery, Refusal> {
    match &cursor {
        Some(Name(text)) if Uuid::try_parse(text).is_err() => {
            Err(wrong_parameter("cursor", format!("`{text}` is none that was given: take that of `next`")))
        }
        _ => page(limit, cursor),
    }
}

/// Where the next page is: the same question, from another key on.
pub fn next_url(uri: &Uri, cursor: &str) -> String {
    let query = uri.query().unwrap_or_default();
    let mut pairs: Vec<(String, String)> = serde_html_form::from_str(query).unwrap_or_default();
    pairs.retain(|(name, _)| name != "cursor");
    pairs.push(("cursor".to_owned(), cursor.to_owned()));
    format!("{}?{}", uri.path(), serde_html_form::to_string(pairs).unwrap_or_default())
}

/// Adds `Link: <…>; rel="next"` (RFC 8288).
pub fn linked(mut response: Response, next: Option<&str>) -> Response {
    if let Some(link) = next.and_then(|url| HeaderValue::from_str(&format!("<{url}>; rel=\"next\"")).ok()) {
        response.headers_mut().insert(header::LINK, link);
    }
    response
}
