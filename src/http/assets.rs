//! The traveller's page as Vite built it, held by the program: files as they lie in `web/dist`, compressed beforehand.

use std::borrow::Cow;

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, Method, Uri, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{Embed, EmbeddedFile};

use super::cache;
use super::problem::{self, Refusal};

/// The built page. Empty but for a mark where it was not built: the program serves the interface without it.
#[derive(Embed)]
#[folder = "web/dist"]
struct Built;

/// The file that is the page itself.
const INDEX: &str = "index.html";

/// Files with a hash in their name never change.
const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// The forms a file may lie in beside its plain one: what a client calls it, how its name ends, how its entity tag ends.
const FORMS: [(&str, &str, &str); 2] = [("br", ".br", "-br"), ("gzip", ".gz", "-gzip")];

/// Whether a file was built into this program.
pub fn has(name: &str) -> bool {
    Built::get(name).is_some()
}

/// The page itself; none where it was not built.
pub fn index(headers: &HeaderMap) -> Option<Response> {
    file(INDEX, headers)
}

/// A script of the page, to be added to.
pub fn script(name: &str) -> Option<Vec<u8>> {
    Built::get(name).map(|file| file.data.into_owned())
}

/// What is at a path that no route takes: a file of the page, or nothing.
pub async fn file_or_nothing(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let name = uri.path().trim_start_matches('/');
    let wanted = matches!(method, Method::GET | Method::HEAD) && name != INDEX;
    wanted.then(|| file(name, &headers)).flatten().unwrap_or_else(|| Refusal::NoRoute.into_response())
}

/// A file in the smallest form that the client takes, or 304 when it has it.
fn file(name: &str, headers: &HeaderMap) -> Option<Response> {
    let media_type = media_type(name)?;
    let plain = Built::get(name)?;
    let hash = tag(&plain);
    let mut compressed = FORMS.iter().filter(|(coding, ..)| accepts(headers, coding));
    let found = compressed.find_map(|form| Some((form, Built::get(&format!("{name}{}", form.1))?)));
    let (data, coding, ending) = match found {
        Some(((coding, _, ending), file)) => (file.data, Some(*coding), *ending),
        None => (plain.data, None, ""),
    };
    let tag = format!("\"{hash}{ending}\"");
    let mut response = if cache::is_known(headers, &tag) {
        problem::UNCHANGED.into_response()
    } else {
        ([(header::CONTENT_TYPE, media_type)], bytes(data)).into_response()
    };
    let answered = response.headers_mut();
    if let (Some(coding), true) = (coding, answered.contains_key(header::CONTENT_TYPE)) {
        answered.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    let hashed = name.starts_with("assets/");
    answered.insert(header::CACHE_CONTROL, if hashed { FOREVER } else { cache::REVALIDATE });
    answered.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        answered.insert(header::ETAG, tag);
    }
    Some(response)
}

fn bytes(data: Cow<'static, [u8]>) -> Bytes {
    match data {
        Cow::Borrowed(held) => Bytes::from_static(held),
        Cow::Owned(read) => read.into(),
    }
}

/// 128 bits of the file's digest.
fn tag(file: &EmbeddedFile) -> String {
    let digest = file.metadata.sha256_hash();
    format!("{:032x}", u128::from_be_bytes(std::array::from_fn(|i| digest[i])))
}

/// Whether a client takes a coding; one that it gives the quality 0 it does not.
fn accepts(headers: &HeaderMap, coding: &str) -> bool {
    let lines = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(coding));
        named && !parts.any(|part| matches!(part, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}

/// The media type by the name's ending; a file with none of these is no file of the page.
fn media_type(name: &str) -> Option<&'static str> {
    Some(match name.rsplit_once('.')?.1 {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => return None,
    })
}
