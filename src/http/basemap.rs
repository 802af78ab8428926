//! What lies under the advisories on the map: told to the page at `/v1/basemap`; an archive in a file is served here, in the pieces asked for.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::Serialize;

use super::extract::Query;
use super::issuers::NoParams;
use super::problem::{self, ReadProblems, Refusal};
use super::{Shared, cache};
use crate::config::{Settings, Tiles};

/// Where an archive in a file is read.
pub const PATH: &str = "/basemap.pmtiles";
/// What it is; its tiles are compressed already.
pub const MEDIA_TYPE: &str = "application/vnd.pmtiles";
/// How much is read at a time.
const PIECE: u64 = 256 << 10;
/// How long a piece is taken without asking again. A reader that meets pieces of two archives sees it by their tags.
const KEPT: HeaderValue = HeaderValue::from_static("public, max-age=86400");

/// An archive, opened once: it stays the same for as long as it is served, also when another takes its name.
pub struct Archive {
    file: Arc<File>,
    length: u64,
    tag: HeaderValue,
}

/// What an archive begins with (PMTiles 3, section 3): its mark and version, and how long that is with all that stands there too.
const MARK: &[u8] = b"PMTiles\x03";
const HEADER: usize = 127;
/// Where the kind of its tiles stands, and the highest there is.
const KIND_AT: usize = 99;
const KINDS: Range<u8> = 1..6;

impl Archive {
    /// The archive that the settings name, if they name a file.
    ///
    /// # Errors
    /// Why the tiles that the settings name cannot be used.
    pub fn of(settings: &Settings) -> Result<Option<Self>, String> {
        if settings.public_url.starts_with("https:")
            && let Some(origin) = settings.tiles.origin().filter(|origin| origin.starts_with("http:"))
        {
            return Err(format!(
                "{origin} is not https, and browsers load nothing from it into {}",
                settings.public_url
            ));
        }
        let Tiles::File(path) = &settings.tiles else { return Ok(None) };
        Self::open(path).map(Some).map_err(|why| format!("{}: {why}", path.display()))
    }

    fn open(path: &Path) -> Result<Self, String> {
        let file = File::open(path).map_err(|e| e.to_string())?;
        let about = file.metadata().map_err(|e| e.to_string())?;
        let mut start = [0; HEADER];
        match file.read_exact_at(&mut start, 0) {
            Err(e) if e.kind() != ErrorKind::UnexpectedEof => return Err(e.to_string()),
            read if read.is_err() || !start.starts_with(MARK) => {
                return Err("it is no PMTiles archive of version 3".to_owned());
            }
            _ if !KINDS.contains(&start[KIND_AT]) => {
                return Err("its tiles are neither vector tiles (MVT) nor PNG, JPEG, WebP or AVIF pictures".to_owned());
            }
            _ => {}
        }
        let changed = about.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
        let tag = format!("\"{:x}-{:x}\"", changed.as_nanos(), about.len());
        let tag = HeaderValue::from_str(&tag).map_err(|e| e.to_string())?;
        Ok(Self { file: Arc::new(file), length: about.len(), tag })
    }

    /// Its bytes, read as they are sent.
    fn bytes(&self, part: Range<u64>) -> Body {
        let file = Arc::clone(&self.file);
        Body::from_stream(stream::try_unfold(part.start, move |at| {
            let (file, size) = (Arc::clone(&file), PIECE.min(part.end - at));
            async move {
                if size == 0 {
                    return io::Result::Ok(None);
                }
                let read = tokio::task::spawn_blocking(move || {
                    let mut bytes = vec![0; usize::try_from(size).map_err(io::Error::other)?];
                    file.read_exact_at(&mut bytes, at).map(|()| Bytes::from(bytes))
                });
                Ok(Some((read.await.map_err(io::Error::other)??, at + size)))
            }
        }))
    }
}

/// What the map's background is.
#[derive(Clone, Copy, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum BasemapKind {
    /// The outlines that the page brings along.
    Bundled,
    /// A PMTiles archive.
    Archive,
    /// Pictures, by a template.
    Raster,
    /// Vector tiles (MVT), by a template.
    Vector,
}

/// The map's background.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Basemap {
    /// What it is.
    pub kind: BasemapKind,
    /// Where the archive is, or the template with `{z}`, `{x}` and `{y}`; null where the page needs nothing.
    pub url: Option<String>,
    /// Whom it is owed to; may hold links as HTML. Null where the operator says nothing: an archive may say it itself.
    pub attribution: Option<String>,
}

/// Read what the map's background is.
///
/// The operator may put tiles of their own under the advisories. They are for orientation only; no answer rests on them.
#[utoipa::path(get, path = "/v1/basemap", tag = "reading", operation_id = "readBasemap",
    responses((status = 200, description = "The background", body = Basemap), ReadProblems))]
pub async fn read(State(shared): State<Shared>, Query(NoParams {}): Query<NoParams>, headers: HeaderMap) -> Response {
    let settings = shared.settings();
    let (kind, url) = match &settings.tiles {
        Tiles::Bundled => (BasemapKind::Bundled, None),
        Tiles::File(_) => (BasemapKind::Archive, Some(PATH)),
        Tiles::Archive(there) => (BasemapKind::Archive, Some(&*there.url)),
        Tiles::Pictures(there) => (BasemapKind::Raster, Some(&*there.url)),
        Tiles::Vectors(there) => (BasemapKind::Vector, Some(&*there.url)),
    };
    let attribution = Some(settings.tiles_attribution.clone()).filter(|text| !text.is_empty());
    cache::reply(&headers, "application/json", &Basemap { kind, url: url.map(str::to_owned), attribution })
}

/// The archive, or the part of it that is asked for (RFC 9110 section 14).
pub async fn archive(State(shared): State<Shared>, headers: HeaderMap) -> Result<Response, Refusal> {
    let archive = shared.archive().ok_or(Refusal::NoRoute)?;
    let whole = 0..archive.length;
    let known = archive.tag.to_str().is_ok_and(|tag| cache::is_known(&headers, tag));
    // a part of another archive is of no use
    let same = headers.get(header::IF_RANGE).is_none_or(|tag| tag == archive.tag);
    let part = headers.get(header::RANGE).filter(|_| same).and_then(|value| part(value.to_str().ok()?, archive.length));
    let mut response = match part {
        _ if known => problem::UNCHANGED.into_response(),
        None => archive.bytes(whole.clone()).into_response(),
        Some(part) if part.is_empty() => return Err(Refusal::OutOfRange(archive.length)),
        Some(ref part) => (problem::A_PART, archive.bytes(part.clone())).into_response(),
    };
    let answered = response.headers_mut();
    answered.insert(header::CACHE_CONTROL, KEPT);
    answered.insert(header::ETAG, archive.tag.clone());
    answered.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    if !known {
        answered.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        if let Some(part) = &part
            && let Ok(range) =
                HeaderValue::from_str(&format!("bytes {}-{}/{}", part.start, part.end - 1, archive.length))
        {
            answered.insert(header::CONTENT_RANGE, range);
        }
        let sent = part.unwrap_or(whole);
        answered.insert(header::CONTENT_LENGTH, HeaderValue::from(sent.end - sent.start));
    }
    Ok(response)
}

/// The one part that is asked for; an empty one lies behind the end. What is no such question, or asks for several, asks for the whole.
fn part(text: &str, length: u64) -> Option<Range<u64>> {
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<u64>().ok()).flatten();
    Some(match (first, last) {
        ("", last) => length.saturating_sub(digits(last)?)..length,
        (first, "") => digits(first)?.min(length)..length,
        (first, last) => {
            let (first, last) = (digits(first)?, digits(last)?);
            if last < first {
                return None;
            }
            first.min(length)..last.saturating_add(1).min(length)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_cut_to_what_there_is() {
        assert_eq!(part("bytes=0-9", 100), Some(0..10));
        assert_eq!(part("bytes=90-200", 100), Some(90..100));
        assert_eq!(part("bytes=90-", 100), Some(90..100));
        assert_eq!(part("bytes=-10", 100), Some(90..100));
        assert_eq!(part("bytes=-200", 100), Some(0..100));
        for behind in ["bytes=100-", "bytes=100-101", "bytes=-0"] {
            assert!(part(behind, 100).is_some_and(|part| part.is_empty()), "{behind}");
        }
        for whole in ["bytes=9-0", "bytes=0-1,3-4", "bytes=+1-2", "items=0-1", "bytes=-", "bytes=a-b", ""] {
            assert_eq!(part(whole, 100), None, "{whole}");
        }
    }
}
