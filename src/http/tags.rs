//! Entity tags: the one by which a client has an answer already, and the one that says which state it means to change.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::Response;

use crate::flows::seen::Seen;

/// What a compressed answer's tag ends in: a strong tag names the bytes that were sent.
const COMPRESSED: &str = "-gzip\"";

/// The tags that a header lists, without the mark of a weak one.
fn listed<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let lines = headers.get_all(name).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(|word| word.trim().trim_start_matches("W/"))
}

/// The tag by which the client already has this answer, compressed or not. `*` matches whatever there is.
pub fn known(asked: &HeaderMap, tag: &str) -> Option<String> {
    let packed = compressed(tag);
    listed(asked, &header::IF_NONE_MATCH).find_map(|word| {
        let same = word == tag || word == packed;
        if same { Some(word.to_owned()) } else { (word == "*").then(|| tag.to_owned()) }
    })
}

/// The tag of the compressed answer.
pub fn compressed(tag: &str) -> String {
    if tag.ends_with(COMPRESSED) { tag.to_owned() } else { format!("{}{COMPRESSED}", tag.trim_end_matches('"')) }
}

/// Adds the tag of something's revision to the answer that changed it.
pub fn tagged(mut response: Response, revision: u32) -> Response {
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{revision}\"")) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// The states that the caller has seen. Every tag of something that is changed by its revision begins with that number, and goes on after a dash
/// with what else the bytes depend on.
pub fn seen(headers: &HeaderMap) -> Seen {
    if !headers.contains_key(header::IF_MATCH) {
        return Seen::Unsaid;
    }
    let tags: Vec<&str> = listed(headers, &header::IF_MATCH).collect();
    if tags.contains(&"*") {
        return Seen::Any;
    }
    // a tag that is none of ours was never seen here
    let numbers = tags.iter().filter_map(|tag| {
        let tag = tag.strip_prefix('"')?.strip_suffix('"')?;
        tag.split('-').next()?.parse().ok()
    });
    Seen::Revisions(numbers.collect())
}
