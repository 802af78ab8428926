//! Whether a delivery is still true when its turn comes, and what is said if it is.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::Truth;
use crate::flows::local_time::zone_of;
use crate::format::message::{Banner, Facts, Stamp, compose, compose_test, push_document};
use crate::live::Snapshot;
use crate::matching::fence_index::Listed;
use crate::model::message::{Actual, Earnest, Exercise, Test};
use crate::model::{
    About, AdvisoryId, Concern, Happening, Level, MatchKey, Message, MessageKind, Revision, RevisionId, Severity,
    Transition, Window,
};
use crate::store::deliveries::{Claimed, EventBody, Recipient, Told};

/// What is to be done with a claimed delivery.
pub(super) enum Decision {
    /// It is sent: what is said, frozen, with its digest where it is new.
    Send(Box<Prepared>),
    /// Not true any more.
    Superseded(&'static str),
    /// Nobody is there to be told.
    Gone,
    /// It cannot be said.
    Failed(&'static str),
    /// It is about a revision that this instance has not heard of yet.
    TooEarly,
}

/// A delivery that is about to be sent.
pub(super) struct Prepared {
    pub claimed: Claimed,
    pub text: Arc<Frozen>,
    /// Whether it tells of an event after which another about the same has happened.
    pub overtaken: bool,
}

/// What is said, as it is kept in the store; one for all who are told the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Words {
    /// `actual`, `exercise` or `test`; in an exercise something may be actual.
    pub kind: String,
    pub title: String,
    pub body: String,
    pub short: String,
    pub lang: String,
    pub about: Option<About>,
    /// What it says still holds, and how grave that is.
    pub remains: Option<(RevisionId, Severity)>,
}

/// Words with the document they are stored as, and its digest.
pub(super) struct Frozen {
    pub words: Option<Words>,
    pub document: Option<(String, String)>,
}

/// Texts already written in this batch: many are told the same.
#[derive(Default)]
pub(super) struct Written(HashMap<Same, Result<Arc<Frozen>, &'static str>>);

/// Those for whom all of this is the same are told the same.
#[derive(PartialEq, Eq, Hash)]
struct Same {
    banner: Option<&'static str>,
    lang: String,
    happening: Option<Arc<Happening>>,
    concern: Option<Concern>,
    remaining: Option<RevisionId>,
}

/// Looks at a claimed delivery once more.
pub(super) fn decide(claimed: Claimed, truth: &Truth, now: Timestamp, written: &mut Written) -> Decision {
    let snapshot = truth.told_to(&claimed.kind);
    if claimed.deadline <= now {
        return Decision::Failed("its deadline passed");
    }
    if matches!(claimed.recipient, Recipient::Nobody) {
        return Decision::Gone;
    }
    if let Some(event) = &claimed.event {
        let text = Arc::new(Frozen { words: None, document: None });
        let overtaken = is_overtaken(event, &claimed, snapshot);
        return Decision::Send(Box::new(Prepared { claimed, text, overtaken }));
    }
    if claimed.kind == Test::WORD {
        let text = Arc::new(freeze(words(&compose_test(&claimed.lang, now), None, None)));
        return Decision::Send(Box::new(Prepared { claimed, text, overtaken: false }));
    }
    if let Some(reason) = superseded(&claimed, snapshot, now) {
        return Decision::Superseded(reason);
    }
    if happening_key(&claimed).is_some_and(|key| find(snapshot, &claimed, key.revision).is_none()) {
        return Decision::TooEarly;
    }
    let said = match &claimed.frozen {
        // what was said once is said again, word for word
        Some(document) => serde_json::from_str(document)
            .map(|words| Arc::new(Frozen { words: Some(words), document: None }))
            .map_err(|_| "what was said cannot be read any more"),
        None if claimed.kind == Exercise::WORD && in_earnest(&claimed, truth) => {
            write::<Earnest>(&claimed, snapshot, now, written)
        }
        None if claimed.kind == Exercise::WORD => write::<Exercise>(&claimed, snapshot, now, written),
        None => write::<Actual>(&claimed, snapshot, now, written),
    };
    match said {
        Ok(text) => Decision::Send(Box::new(Prepared { claimed, text, overtaken: false })),
        Err(reason) => Decision::Failed(reason),
    }
}

/// Whether an event tells what is not so any more: it comes late, and another about the same has happened meanwhile. It happened all the same,
/// and is sent.
fn is_overtaken(event: &EventBody, claimed: &Claimed, snapshot: &Snapshot) -> bool {
    let Ok(data) = serde_json::from_str::<serde_json::Value>(&event.data) else { return false };
    if let Some(revision) = data["revision"].as_str().filter(|_| event.kind.starts_with("advisory.")) {
        let Some((advisory, number)) = revision.rsplit_once('@') else { return false };
        let (Ok(advisory), Ok(number)) = (AdvisoryId::parse(advisory), number.parse::<u32>()) else { return false };
        let listed = snapshot.index.advisories().get(&advisory);
        return listed.is_some_and(|listed| listed.iter().any(|later| later.revision.id.number > number));
    }
    let Ok(Happening { transition, .. }) = Happening::deserialize(&data["transition"]) else { return false };
    let Some(matches) = &claimed.matches else { return true };
    let advisory = transition.advisory();
    let present = matches.get(advisory);
    let coming = claimed.upcoming.as_ref().and_then(|upcoming| upcoming.get(advisory));
    match &transition {
        Transition::Entered { after, .. } | Transition::Changed { after, .. } => {
            present.is_none_or(|key| !key.is_like(after))
        }
        Transition::Exited { .. } => present.is_some(),
        Transition::Upcoming { after, from, .. } => {
            coming.is_none_or(|known| !known.key.is_like(after) || known.from != *from)
        }
        Transition::Cancelled { before, .. } => coming.is_some_and(|known| known.key.revision == before.revision),
    }
}

/// Whether what is said to somebody in an exercise is no part of it.
fn in_earnest(claimed: &Claimed, truth: &Truth) -> bool {
    let said = |snapshot: &Snapshot| {
        let number = happening_key(claimed)?.revision;
        find(snapshot, claimed, number).map(|listed| listed.revision.clone())
    };
    said(&truth.actual).is_some_and(|actual| said(&truth.exercise) == Some(actual))
}

/// Why a delivery about a transition is not true any more, if it is not (design rule 15).
pub(super) fn superseded(claimed: &Claimed, snapshot: &Snapshot, now: Timestamp) -> Option<&'static str> {
    let happening = claimed.happening.as_ref()?;
    if claimed.newer {
        return Some("a later one about the same follows");
    }
    let Some(matches) = &claimed.matches else { return Some("nobody watches it any more") };
    let advisory = happening.transition.advisory();
    let present = matches.get(advisory);
    let comes = claimed.upcoming.as_ref().and_then(|upcoming| upcoming.get(advisory));
    let is_mild = |key: &MatchKey| claimed.least.is_some_and(|least| key.severity < least);
    let said = happening.transition.after();
    match &happening.transition {
        Transition::Entered { after, .. } | Transition::Changed { after, .. }
            if !happening.transition.yields() && present.is_none_or(|key| key.revision != after.revision) =>
        {
            Some("it does not concern them any more, or by another revision")
        }
        Transition::Upcoming { after, from, .. }
            if *from <= now
                || comes.is_none_or(|known| (known.key.revision, known.from) != (after.revision, *from)) =>
        {
            Some("it is not to come any more, or not for them")
        }
        Transition::Exited { .. } if present.is_some() => Some("it concerns them again"),
        Transition::Changed { .. }
            if happening.transition.yields() && present.is_some_and(|key| key.governs && !is_mild(key)) =>
        {
            Some("it speaks to them again")
        }
        Transition::Changed { .. } | Transition::Exited { .. } if happening.transition.is_end() => {
            claimed.told.is_none().then_some("nobody was told of what is over")
        }
        Transition::Cancelled { before, .. } if comes.is_some_and(|known| known.key.revision == before.revision) => {
            Some("it is to come again")
        }
        Transition::Cancelled { .. } => claimed.told.is_none().then_some("it was announced to nobody"),
        _ if said.is_some_and(|after| over(snapshot, claimed, after.revision, now)) => {
            Some("the revision is not in force any more")
        }
        _ if said.is_some_and(is_mild) && claimed.told.is_none() => Some("nobody was told of what is lowered"),
        Transition::Entered { after, .. } | Transition::Changed { after, .. }
            if is_mild(after) && told_level(claimed, snapshot) == Some(&after.level) =>
        {
            Some("they know it as that mild")
        }
        Transition::Changed { after, .. }
            if happening.transition.only_surfaces()
                && claimed.told == Some(Told { revision: after.revision, surely: true }) =>
        {
            Some("they know that it holds")
        }
        _ => None,
    }
}

/// The level at which they surely know the advisory.
fn told_level<'a>(claimed: &Claimed, snapshot: &'a Snapshot) -> Option<&'a String> {
    let told = claimed.told.filter(|told| told.surely)?;
    find(snapshot, claimed, told.revision)?.revision.level.as_ref()
}

/// By what the happening is explained: what holds from now on, or what held.
fn happening_key(claimed: &Claimed) -> Option<&MatchKey> {
    let transition = &claimed.happening.as_ref()?.transition;
    transition.after().or(transition.before())
}

/// Whether a revision is known to be replaced or over. One that is not known is not: another instance may have heard of it first.
fn over(snapshot: &Snapshot, claimed: &Claimed, number: u32, now: Timestamp) -> bool {
    find(snapshot, claimed, number)
        .is_some_and(|listed| window(snapshot, listed, now).is_none_or(|window| window.to.is_some_and(|to| to <= now)))
}

fn find<'a>(snapshot: &'a Snapshot, claimed: &Claimed, number: u32) -> Option<&'a Listed> {
    let advisory = claimed.happening.as_ref()?.transition.advisory();
    snapshot.index.advisories().get(advisory)?.iter().find(|listed| listed.revision.id.number == number)
}

fn window(snapshot: &Snapshot, listed: &Listed, now: Timestamp) -> Option<Window> {
    snapshot.index.fence(listed.fence?).in_force(now)
}

/// Writes what is said, once for all who are told the same.
fn write<K: Banner>(
    claimed: &Claimed,
    snapshot: &Snapshot,
    now: Timestamp,
    written: &mut Written,
) -> Result<Arc<Frozen>, &'static str> {
    let remains = remains(claimed, snapshot);
    let same = Same {
        banner: K::banner(false),
        lang: claimed.lang.clone(),
        happening: claimed.happening.clone(),
        concern: claimed.concern,
        remaining: remains.map(|(_, revision)| revision.id.clone()),
    };
    if let Some(text) = written.0.get(&same) {
        return text.clone();
    }
    let text = compose_for::<K>(claimed, snapshot, remains, now).map(Arc::new);
    written.0.insert(same, text.clone());
    text
}

fn compose_for<K: Banner>(
    claimed: &Claimed,
    snapshot: &Snapshot,
    remains: Option<(&Level, &Revision)>,
    now: Timestamp,
) -> Result<Frozen, &'static str> {
    let happening = claimed.happening.as_ref().ok_or("it is about nothing")?;
    let key = happening_key(claimed).ok_or("it is about nothing")?;
    let listed = find(snapshot, claimed, key.revision).ok_or("its revision is not known any more")?;
    let revision = &listed.revision;
    let issuer = snapshot.index.issuers().get(&revision.issuer).ok_or("its issuer is not known any more")?;
    let concern = claimed.concern.unwrap_or(Concern::Position);
    let valid = window(snapshot, listed, now).unwrap_or(revision.valid);
    let zone = zone_of(snapshot, listed);
    let facts = Facts { happening, issuer, revision, valid, concern, remains, now, zone: &zone };
    let message: Message<K> =
        compose(&facts, &claimed.lang).map_err(|_| "the advisory's own texts do not make a message")?;
    let about = About {
        advisory: revision.id.advisory.clone(),
        revision: key.revision,
        transition: word(&happening.transition).to_owned(),
        level: key.level.clone(),
        severity: key.severity,
        concern,
    };
    let remains = remains
        .filter(|_| happening.transition.is_end())
        .map(|(level, revision)| (revision.id.clone(), level.severity));
    Ok(freeze(words(&message, Some(about), remains)))
}

/// What still governs the subject for the same issuer; of what will not come after all, also what it would have changed, and of what was
/// lowered below another, also itself, where that is gone meanwhile.
fn remains<'a>(claimed: &Claimed, snapshot: &'a Snapshot) -> Option<(&'a Level, &'a Revision)> {
    let happening = claimed.happening.as_ref()?;
    let gone = happening.transition.advisory();
    let may_be_it = matches!(happening.transition, Transition::Cancelled { .. }) || happening.transition.yields();
    let (advisory, key) = claimed
        .matches
        .as_ref()?
        .iter()
        .filter(|(advisory, key)| (may_be_it || *advisory != gone) && advisory.issuer() == gone.issuer() && key.governs)
        .max_by_key(|(_, key)| key.severity)?;
    let listed = snapshot.index.advisories().get(advisory)?.iter().find(|l| l.revision.id.number == key.revision)?;
    let (_, level) = snapshot.index.issuers().get(&listed.revision.issuer)?.level(&key.level)?;
    Some((level, &listed.revision))
}

fn words<K: MessageKind>(message: &Message<K>, about: Option<About>, remains: Option<(RevisionId, Severity)>) -> Words {
    Words {
        kind: K::WORD.to_owned(),
        title: message.title.clone(),
        body: message.body.clone(),
        short: message.short.clone(),
        lang: message.lang.clone(),
        about,
        remains,
    }
}

fn freeze(words: Words) -> Frozen {
    let document = json!(words).to_string();
    let digest = format!("{:x}", Sha256::digest(document.as_bytes()));
    Frozen { words: Some(words), document: Some((digest, document)) }
}

fn word(transition: &Transition) -> &'static str {
    match transition {
        Transition::Entered { .. } => "entered",
        // for whom another stands above it, it is over
        Transition::Exited { .. } => "exited",
        Transition::Changed { .. } if transition.yields() => "exited",
        Transition::Changed { .. } => "changed",
        Transition::Upcoming { .. } => "upcoming",
        Transition::Cancelled { .. } => "cancelled",
    }
}

impl Prepared {
    /// What a newer message replaces where it is shown: all that is said about this advisory and this trip or position; what is to come
    /// stands beside what holds.
    pub fn tag(&self) -> String {
        let subject = self.claimed.subject.as_deref().unwrap_or_default();
        match self.text.words.as_ref().and_then(|words| words.about.as_ref()) {
            Some(about) => {
                let is_ahead = self.claimed.happening.as_ref().is_some_and(|happening| happening.transition.is_ahead());
                let later = if is_ahead { "+" } else { "" };
                format!("{}{later}#{:.8x}", about.advisory, Sha256::digest(subject.as_bytes()))
            }
            None => "test".to_owned(),
        }
    }

    /// The document for a browser. `public_url` is where the web page is.
    pub fn push_document(&self, public_url: &str, tag: &str) -> Option<String> {
        let words = self.text.words.as_ref()?;
        let about = words.about.as_ref();
        let path = about.map_or_else(String::new, |about| format!("advisories/{}", about.advisory));
        let navigate = format!("{}/{path}", public_url.trim_end_matches('/'));
        let stamp = Stamp { id: &self.claimed.id, tag, navigate: &navigate, about };
        let short = self.claimed.short;
        Some(match words.kind.as_str() {
            "exercise" => push_document(&words.message::<Exercise>(), &stamp, short),
            "test" => push_document(&words.message::<Test>(), &stamp, short),
            _ => push_document(&words.message::<Actual>(), &stamp, short),
        })
    }

    /// The body for a webhook: type, timestamp, data (Standard Webhooks).
    pub fn webhook_body(&self) -> Option<String> {
        if let Some(event) = &self.claimed.event {
            let mut data: serde_json::Value = serde_json::from_str(&event.data).ok()?;
            if self.overtaken {
                data.as_object_mut()?.insert("superseded".to_owned(), true.into());
            }
            return Some(json!({"type": event.kind, "timestamp": event.at, "data": data}).to_string());
        }
        let words = self.text.words.as_ref()?;
        let data = json!({"id": self.claimed.id, "kind": words.kind, "subscription": self.claimed.subscription,
            "subject": self.claimed.subject, "happening": self.claimed.happening.as_deref(), "about": words.about, "title": words.title,
            "body": words.body, "lang": words.lang});
        let timestamp = created(&self.claimed.id);
        let kind = if self.claimed.kind == Test::WORD { "test" } else { "alert" };
        Some(json!({"type": kind, "timestamp": timestamp, "data": data}).to_string())
    }
}

impl Words {
    fn message<K: Banner>(&self) -> Message<K> {
        Message::new(self.title.clone(), self.body.clone(), self.short.clone(), self.lang.clone())
    }
}

/// The instant in a sortable id.
fn created(id: &str) -> Option<Timestamp> {
    let (seconds, nanos) = uuid::Uuid::parse_str(id).ok()?.get_timestamp()?.to_unix();
    Timestamp::new(seconds.try_into().ok()?, nanos.try_into().ok()?).ok()
}
