//! Evidence of a check: everything an answer rests on, put together so that it can be signed, kept and read years later.
//!
//! It quotes what issuers said and says what Cordon concluded from it. It gives no legal advice.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::answer::LevelWords;
use super::check_itinerary::ItineraryAnswer;
use super::placed_stops::placed_stops;
use crate::format::evidence::{SigningKey, sha256};
use crate::format::itinerary::ItineraryQuery;
use crate::geometry::Position;
use crate::live::Snapshot;
use crate::matching::FenceIndex;
use crate::model::{CountryCode, Issuer, Revision, RevisionId, Texts};

pub mod page;
pub mod validated;
mod words;

use words::Words;

/// The key's file in the data directory.
const KEY_FILE: &str = "evidence-key.pk8";

/// The version of the statement's form.
const FORM: u32 = 1;

/// The signing key of this installation, made at first need; only its owner may read the file.
///
/// # Errors
/// When the file cannot be read or made, or holds no key.
pub fn signing_key(data_dir: &Path) -> io::Result<SigningKey> {
    match kept_key(data_dir) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            std::fs::create_dir_all(data_dir)?;
            let document = SigningKey::generate().map_err(|why| io::Error::new(io::ErrorKind::InvalidData, why))?;
            match create_private(&data_dir.join(KEY_FILE), &document) {
                // another process was quicker: its key is the key
                Err(e) if e.kind() != io::ErrorKind::AlreadyExists => Err(e),
                _ => kept_key(data_dir),
            }
        }
        kept => kept,
    }
}

/// The signing key of this installation, where it has one.
///
/// # Errors
/// When the file is not there, cannot be read, or holds no key.
pub fn kept_key(data_dir: &Path) -> io::Result<SigningKey> {
    let path = data_dir.join(KEY_FILE);
    let wrong = |why: String| io::Error::new(io::ErrorKind::InvalidData, format!("{}: {why}", path.display()));
    SigningKey::from_pkcs8(&std::fs::read(&path)?).map_err(wrong)
}

/// Writes beside and links into place: the file is there whole or not at all, and never over another.
fn create_private(path: &Path, contents: &[u8]) -> io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let beside = path.with_extension(format!("{}.new", std::process::id()));
    let written = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside);
    let linked = written.and_then(|mut file| {
        file.write_all(contents)?;
        file.sync_all()?;
        std::fs::hard_link(&beside, path)
    });
    // what lies beside is of no use any more, linked or not
    let _ = std::fs::remove_file(&beside);
    linked
}

/// What evidence is made from.
pub struct Case<'a> {
    /// What answered.
    pub snapshot: &'a Snapshot,
    /// What was asked.
    pub query: &'a ItineraryQuery,
    /// What was answered.
    pub answer: &'a ItineraryAnswer,
    /// The caller's document, byte for byte.
    pub input: &'a [u8],
    /// When it is made.
    pub made_at: Timestamp,
}

impl Case<'_> {
    /// The statement to sign. Member names are stable within a `form`.
    pub fn statement(&self) -> Value {
        let index = &self.snapshot.index;
        json!({
            "type": "cordon-evidence",
            "form": FORM,
            "made_at": self.made_at,
            "language": self.query.lang,
            "software": software(),
            "data": {
                "epoch": self.answer.epoch,
                "severity_mapping": index.issuers().mapping_version,
                "compared_with_sources": self.coverage(),
            },
            "input": {"sha256": sha256(self.input), "bytes": self.input.len()},
            "question": self.question(),
            "answer": self.answer,
            "revisions": quotations(index, &self.revision_ids()),
            "notice": Words::of(&self.query.lang).notice,
        })
    }

    fn question(&self) -> Value {
        let itinerary = &self.query.itinerary;
        let party = itinerary.party.iter().map(|(id, traveller)| json!({"id": id, "traveller": traveller}));
        let legs = itinerary.legs.iter().map(|leg| {
            json!({"id": leg.id, "from": itinerary.stops[leg.from].id, "to": itinerary.stops[leg.to].id, "mode": leg.mode,
                   "way_given": leg.line.is_some()})
        });
        json!({
            "as_of": self.query.as_of,
            "corridor_m": self.query.corridor_m,
            "issuers_named": self.query.issuers,
            "party": party.collect::<Vec<_>>(),
            "stops": placed_stops(itinerary),
            "legs": legs.collect::<Vec<_>>(),
        })
    }

    fn coverage(&self) -> Vec<Value> {
        let places = self.query.itinerary.stops.iter().filter_map(|stop| stop.place.as_ref().ok());
        let along = self.answer.findings.iter().filter_map(|finding| finding.way.as_ref());
        let along = along.filter_map(|way| Position::new(way.enters_at[1], way.enters_at[0]).ok());
        let lines = self.answer.party.iter().flat_map(|member| &member.issuers);
        let asked = lines.map(|line| line.issuer.as_str()).collect();
        compared_with_sources(&self.snapshot.index, places.map(|place| place.position).chain(along), &asked)
    }

    fn revision_ids(&self) -> BTreeSet<RevisionId> {
        let found = self.answer.findings.iter().map(|finding| finding.fence.revision.clone());
        let doubted = self.answer.indeterminate.iter().flat_map(|entry| entry.revisions.iter().cloned());
        let avoided = self.answer.ways.iter().filter_map(|ways| ways.around.as_ref());
        found.chain(doubted).chain(avoided.flat_map(|around| around.avoided.iter().cloned())).collect()
    }
}

/// When what issuers say about the countries of some places was last compared with its source.
fn compared_with_sources(
    index: &FenceIndex,
    places: impl Iterator<Item = Position>,
    issuers: &BTreeSet<&str>,
) -> Vec<Value> {
    let countries: BTreeSet<CountryCode> =
        places.flat_map(|at| index.locate(at)).filter_map(|placed| index.country_of(placed.shape)).collect();
    let mut all: Vec<(String, CountryCode, Value)> = index
        .coverages()
        .filter(|(_, coverage)| countries.contains(&coverage.country))
        .map(|(issuer, coverage)| (&index.issuers().issuers[issuer], coverage))
        .filter(|(issuer, _)| issuers.contains(issuer.code.as_str()))
        .map(|(issuer, coverage)| {
            let said = json!({"issuer": issuer.code, "country": coverage.country, "from": coverage.from, "verified_at": coverage.verified_at});
            (issuer.code.to_string(), coverage.country, said)
        })
        .collect();
    all.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
    all.into_iter().map(|(.., said)| said).collect()
}

/// A validated booking file of which evidence is made.
pub struct ValidationCase<'a> {
    /// What knows the revisions that are named in the results.
    pub snapshot: &'a Snapshot,
    /// The validation's id.
    pub id: &'a str,
    /// SHA-256 of the file as it was sent, in hexadecimal.
    pub input_sha256: &'a str,
    /// What was known then counted.
    pub as_of: Timestamp,
    /// The set of fences that answered.
    pub epoch: Option<i64>,
    /// What the agency asked to be done at which verdict.
    pub policy: Value,
    /// How many bookings ended how.
    pub tally: Value,
    /// How many bookings the file has.
    pub bookings: i64,
    /// The number in the file of the first that it may speak about.
    pub from: i64,
    /// The result of every booking it speaks about, in the order of the file.
    pub results: Vec<Value>,
    /// Language of the notice.
    pub lang: &'a str,
    /// When it is made.
    pub made_at: Timestamp,
}

impl ValidationCase<'_> {
    /// The statement to sign.
    pub fn statement(self) -> Value {
        let index = &self.snapshot.index;
        let named = |value: &Value| serde_json::from_value::<RevisionId>(value.clone()).ok();
        let (mut ids, mut places, mut issuers) = (BTreeSet::new(), Vec::new(), BTreeSet::new());
        for result in &self.results {
            ids.extend(list(result, "findings").filter_map(|finding| named(&finding["revision"])));
            ids.extend(list(result, "indeterminate").flat_map(|entry| list(entry, "revisions")).filter_map(named));
            let avoided = list(result, "ways").flat_map(|ways| list(&ways["around"], "avoided"));
            ids.extend(avoided.filter_map(named));
            places.extend(list(result, "stops").filter_map(|stop| {
                let degrees = |axis: &str| stop["place"][axis].as_f64();
                Position::new(degrees("lat")?, degrees("lon")?).ok()
            }));
            let lines = list(result, "party").flat_map(|member| list(member, "issuers"));
            issuers.extend(lines.filter_map(|line| line["issuer"].as_str()));
        }
        let compared = compared_with_sources(index, places.into_iter(), &issuers);
        json!({
            "type": "cordon-validation-evidence",
            "form": FORM,
            "made_at": self.made_at,
            "language": self.lang,
            "software": software(),
            "data": {
                "epoch": self.epoch,
                "severity_mapping": index.issuers().mapping_version,
                "compared_with_sources": compared,
            },
            "input": {"sha256": self.input_sha256},
            "question": {"validation": self.id, "as_of": self.as_of, "policy": self.policy},
            "answer": {"tally": self.tally, "bookings": self.results, "part": {"from": self.from, "bookings": self.results.len(), "of": self.bookings}},
            "revisions": quotations(index, &ids),
            "notice": Words::of(self.lang).notice,
        })
    }
}

/// The members of a list; none where there is no list.
fn list<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value[name].as_array().into_iter().flatten()
}

fn software() -> Value {
    json!({"name": "cordon", "version": env!("CARGO_PKG_VERSION")})
}

/// Revisions in their issuers' words, in all the languages they have.
fn quotations(index: &FenceIndex, ids: &BTreeSet<RevisionId>) -> Vec<Value> {
    ids.iter().filter_map(|id| revision(index, id)).map(|(revision, issuer)| quoted(revision, issuer)).collect()
}

fn revision<'a>(index: &'a FenceIndex, id: &RevisionId) -> Option<(&'a Revision, &'a Issuer)> {
    let listed = index.advisories().get(&id.advisory)?.iter().find(|listed| listed.revision.id == *id)?;
    Some((&listed.revision, index.issuers().find(&listed.revision.issuer)?.1))
}

fn quoted(revision: &Revision, issuer: &Issuer) -> Value {
    let level = revision.level.as_deref().and_then(|code| issuer.level(code)).map(|(_, level)| level);
    let texts = |texts: &Texts| {
        texts.iter().map(|(lang, text)| (lang.to_owned(), text.into())).collect::<serde_json::Map<_, _>>()
    };
    json!({
        "revision": revision.id,
        "issuer": {"code": issuer.code, "name": issuer.name, "native_name": issuer.native_name},
        "level": level.map(LevelWords::from),
        "severity": level.map(|level| level.severity),
        "severity_from": level.map(|level| &level.citation),
        "title": texts(&revision.title),
        "text": texts(&revision.text),
        "published_at": revision.published_at,
        "valid_from": revision.valid.from,
        "valid_to": revision.valid.to,
        "source_url": revision.source_url,
        "exemptions": revision.exemptions,
    })
}

/// The languages of documents: Korean, and English for all others.
fn is_korean(lang: &str) -> bool {
    lang.split('-').next() == Some("ko")
}
