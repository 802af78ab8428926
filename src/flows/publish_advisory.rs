//! Publishing: a new advisory, its next revision, its withdrawal. One transaction stores the revision, moves the epoch and says so to those who
//! listen; everything else (answers, watched travellers, deliveries) follows the epoch.

mod consequences;

use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use self::consequences::Consequences;
use super::commitment::Commitment;
use super::seen::Seen;
use super::watch::Watch;
use crate::clock::Clock;
use crate::error::{Error, Issue};
use crate::format::json;
use crate::format::revision::{self, Defaults, RevisionDoc};
use crate::geometry::Entry;
use crate::live::{Live, Snapshot};
use crate::model::{AdvisoryId, EventType, IssuerCode, Kind, NewEvent, ResolvedArea, Revision, RevisionId, Texts};
use crate::store::advisories::{self, Last, NewRevision, Origin};
use crate::store::{Store, StoreError, epoch, events};

pub use self::consequences::{AreaSummary, CoverageNote, Reach};

/// How long the reach is counted before a publication goes on without it.
const PATIENCE: Duration = Duration::from_secs(1);

/// Who publishes.
#[derive(Clone, Debug)]
pub struct Publisher {
    /// The id of their key.
    pub key: String,
    /// Whether in earnest; an exercise is never seen by anybody else.
    pub kind: Kind,
    /// In whose name they may; none given means any.
    pub issuers: Vec<IssuerCode>,
}

/// Where publications go.
pub struct Press<'a> {
    /// Where they are stored.
    pub store: &'a Store,
    /// What answers.
    pub live: &'a Live,
    /// The time.
    pub clock: &'a dyn Clock,
    /// Who and what is watched; none where nobody looks after that.
    pub watch: Option<&'a Watch>,
    /// The id of the request: sent again, it finds what it published.
    pub request: Option<&'a str>,
    /// Whether it may still take effect.
    pub commitment: Commitment,
}

/// What was published, or would be.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Publication {
    /// The revision.
    pub revision: RevisionId,
    /// Whether it is published; false for a preview.
    pub published: bool,
    /// Whether it is for earnest.
    pub kind: Kind,
    /// The epoch that made it known; null for a preview.
    pub epoch: Option<u64>,
    /// Whether this instance answers from it already; others follow within a second.
    pub answering: bool,
    /// How long that took from the commit on.
    #[serde(skip)]
    pub answering_after: Option<Duration>,
    /// Whether it is in force already, or will be.
    pub takes_effect: TakesEffect,
    /// In force from this instant on.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub valid_from: Option<Timestamp>,
    /// Until just before this instant; null while open.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub valid_to: Option<Timestamp>,
    /// The level before; null where there was none.
    pub level_before: Option<String>,
    /// The level now; null on a withdrawal.
    pub level: Option<String>,
    /// The area as it was understood; null on a withdrawal.
    pub area: Option<AreaSummary>,
    /// What else is known of the issuer about the countries concerned.
    pub coverage: Vec<CoverageNote>,
    /// How many of those who are watched it may touch; null where nobody can tell.
    pub estimated_reach: Option<Reach>,
}

/// When a revision takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum TakesEffect {
    /// It does.
    Now,
    /// By itself, at `valid_from`.
    Later,
    /// It is over: it tells only what was.
    Past,
}

/// How an advisory is ended.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WithdrawalDoc {
    /// From this instant on it is no longer in force; now if not given.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub valid_from: Option<Timestamp>,
    /// Headline by language.
    #[serde(default)]
    pub title: Texts,
    /// What is said, by language.
    #[serde(default)]
    pub text: Texts,
    /// Where the issuer said so; where it said the last revision if not given.
    pub source_url: Option<String>,
    /// A remark for readers.
    pub note: Option<String>,
}

/// Publishes the Feature of a new advisory, or of the next revision of `advisory`; a `preview` checks it and tells the consequences.
///
/// # Errors
/// [`Error::Invalid`] with the place of everything wrong; [`Error::Forbidden`] for another's issuer; [`Error::SeenMissing`] or
/// [`Error::Stale`] when the caller did not see the last revision; [`Error::NotFound`] when there is no advisory to revise.
pub async fn publish(
    press: &Press<'_>,
    who: &Publisher,
    advisory: Option<&str>,
    seen: &Seen,
    feature: &[u8],
    preview: bool,
) -> Result<Publication, Error> {
    if let Some(publication) = press.published_before(who).await? {
        return Ok(publication);
    }
    let doc: RevisionDoc = json::read(feature)?;
    let id = doc.advisory().clone();
    if let Some(named) = advisory {
        find(press, named).await?;
        if named != id.as_str() {
            let detail = format!("this is `{id}`, and the path names `{named}`");
            return Err(Issue::invalid("/properties/advisory", detail).into());
        }
    }
    let value = serde_json::from_slice(feature).map_err(|e| Error::Internal(e.to_string()))?;
    press.publish(who, seen, doc, value, preview).await
}

/// Withdraws an advisory: its last revision, which ends it.
///
/// # Errors
/// As [`publish`].
pub async fn withdraw(
    press: &Press<'_>,
    who: &Publisher,
    advisory: &str,
    seen: &Seen,
    withdrawal: &WithdrawalDoc,
    preview: bool,
) -> Result<Publication, Error> {
    if let Some(publication) = press.published_before(who).await? {
        return Ok(publication);
    }
    let last = find(press, advisory).await?;
    let before: Value = serde_json::from_str(&last.document).map_err(|e| Error::Internal(e.to_string()))?;
    let properties = &before["properties"];
    if properties["withdrawn"] == json!(true) {
        return Err(Error::Conflict(format!("`{advisory}` is withdrawn already")));
    }
    let source = withdrawal.source_url.as_deref().or(properties["source_url"].as_str());
    let mut feature = json!({"type": "Feature", "geometry": null, "properties": {
        "advisory": advisory, "level": null, "withdrawn": true, "title": withdrawal.title, "text": withdrawal.text, "source_url": source}});
    for (name, value) in [("valid_from", json!(withdrawal.valid_from)), ("note", json!(withdrawal.note))] {
        if !value.is_null() {
            feature["properties"][name] = value;
        }
    }
    let doc = json::read(feature.to_string().as_bytes())?;
    press.publish(who, seen, doc, feature, preview).await
}

async fn find(press: &Press<'_>, advisory: &str) -> Result<Last, Error> {
    let not_found = || Error::NotFound { what: "advisory", id: advisory.to_owned() };
    let id = AdvisoryId::parse(advisory).map_err(|_| not_found())?;
    advisories::last(&mut press.store.read().await?, &id).await?.ok_or_else(not_found)
}

impl Press<'_> {
    async fn publish(
        &self,
        who: &Publisher,
        seen: &Seen,
        doc: RevisionDoc,
        mut feature: Value,
        preview: bool,
    ) -> Result<Publication, Error> {
        let now = self.clock.now();
        let snapshot = self.live.snapshot_for(who.kind);
        let id = doc.advisory().clone();
        who.may_speak_for(&id)?;
        let last = advisories::last(&mut self.store.read().await?, &id).await?;
        // a preview changes nothing, so it need not have seen anything
        if !(preview && *seen == Seen::Unsaid) {
            check_seen(seen, last.as_ref(), &id)?;
        }
        let number = last.as_ref().map_or(1, |last| last.number + 1);
        let defaults = Defaults { number: Some(number), published_at: Some(now) };
        let revision = doc.revision(snapshot.index.issuers(), defaults)?;
        check(&revision, last.as_ref(), who, number, &snapshot, now)?;
        let (revision, area) = self.resolve(revision, &snapshot).await?;
        let level_before = last.as_ref().and_then(|last| level_of(&last.document));
        let told = self.told(who.kind, &revision, area.as_ref(), level_before, &snapshot, now).await;
        write_out(&mut feature, &revision);
        if !preview && !self.commitment.make() {
            return Err(Error::Unavailable(
                "it took too long, and was given up before anything was published".to_owned(),
            ));
        }
        let epoch = if preview { None } else { Some(self.store(who, &revision, &feature, seen, now).await?) };
        let answering_after = match epoch {
            Some(epoch) => self.answer_from(epoch, &revision).await,
            None => None,
        };
        Ok(Publication {
            published: epoch.is_some(),
            epoch,
            answering: answering_after.is_some(),
            answering_after,
            ..told
        })
    }

    /// What the request published when it was sent before, and died before it was answered.
    async fn published_before(&self, who: &Publisher) -> Result<Option<Publication>, Error> {
        let Some(request) = self.request else { return Ok(None) };
        let mut tx = self.store.read().await?;
        let Some((stored, epoch)) = advisories::by_request(&mut tx, request).await? else { return Ok(None) };
        let all = advisories::of(&mut tx, &[stored.id.advisory.as_str()]).await?;
        drop(tx);
        let before = all.iter().find(|other| other.id.number + 1 == stored.id.number);
        let level_before = before.and_then(|before| level_of(&before.document));
        let snapshot = self.live.snapshot_for(who.kind);
        let revision = revision::read(stored.document.as_bytes(), snapshot.index.issuers(), Defaults::default())?;
        let (revision, area) = self.resolve(revision, &snapshot).await?;
        let told = self.told(who.kind, &revision, area.as_ref(), level_before, &snapshot, revision.published_at).await;
        let answering = snapshot.epoch >= epoch;
        Ok(Some(Publication { published: true, epoch: Some(epoch), answering, ..told }))
    }

    /// What is told of a revision, as of one that is not published.
    async fn told(
        &self,
        kind: Kind,
        revision: &Revision,
        area: Option<&ResolvedArea>,
        level_before: Option<String>,
        snapshot: &Snapshot,
        now: Timestamp,
    ) -> Publication {
        let consequences = Consequences::of(revision, area, snapshot);
        let reach = self.reach(consequences::entries(snapshot, &revision.id.advisory, area)).await;
        Publication {
            revision: revision.id.clone(),
            published: false,
            kind,
            epoch: None,
            answering: false,
            answering_after: None,
            takes_effect: takes_effect(revision, now),
            valid_from: revision.valid.from,
            valid_to: revision.valid.to,
            level_before,
            level: revision.level.clone(),
            area: consequences.area,
            coverage: consequences.coverage,
            estimated_reach: reach,
        }
    }

    /// Resolves the area where it holds up nobody: a strip along a long border takes a while.
    async fn resolve(
        &self,
        revision: Revision,
        snapshot: &Snapshot,
    ) -> Result<(Revision, Option<ResolvedArea>), Error> {
        let resolver = self.live.resolver(&snapshot.regions);
        let work = move || {
            let area = revision::resolve(&revision, |area| resolver.resolve(area))?;
            Ok::<_, Issue>((revision, area))
        };
        let resolved = tokio::task::spawn_blocking(work).await.map_err(|e| Error::Internal(e.to_string()))?;
        Ok(resolved?)
    }

    /// How many are in one of these areas, or may be. A publication does not wait for a count that cannot be had.
    async fn reach(&self, entries: Vec<Entry>) -> Option<Reach> {
        let counted = tokio::time::timeout(PATIENCE, self.watch?.reach(entries)).await.ok()?;
        counted.map(|subjects| Reach { subjects }).inspect_err(|e| tracing::warn!("no reach: {}", e.cause())).ok()
    }

    /// The transaction.
    async fn store(
        &self,
        who: &Publisher,
        revision: &Revision,
        feature: &Value,
        seen: &Seen,
        now: Timestamp,
    ) -> Result<u64, Error> {
        let id = &revision.id.advisory;
        let mut tx = self.store.begin().await?;
        // whoever else publishes waits here: of two who saw the same revision one finds another
        let epoch = epoch::advance(&mut tx, &[id.as_str()]).await?;
        let last = advisories::last(&mut tx, id).await?;
        check_seen(seen, last.as_ref(), id)?;
        if last.map_or(1, |last| last.number + 1) != revision.id.number {
            return Err(stale(id));
        }
        let new = NewRevision {
            id: revision.id.clone(),
            kind: who.kind,
            origin: Origin::Api(who.key.clone()),
            published_at: revision.published_at,
            valid: revision.valid,
            document: feature.to_string(),
            request: self.request.map(str::to_owned),
        };
        advisories::insert(&mut tx, &new, epoch, now).await.map_err(|e| match e {
            StoreError::Duplicate => stale(id),
            other => other.into(),
        })?;
        events::append(&mut tx, now, &[self.event(who, revision, epoch)]).await?;
        tx.commit().await?;
        tracing::info!(revision = %revision.id, epoch, key = %who.key, kind = %who.kind, "published {} at epoch {epoch}", revision.id);
        Ok(epoch)
    }

    fn event(&self, who: &Publisher, revision: &Revision, epoch: u64) -> NewEvent {
        let snapshot = self.live.snapshot();
        let issuer = snapshot.index.issuers().get(&revision.issuer);
        let level = issuer.zip(revision.level.as_deref()).and_then(|(issuer, level)| issuer.level(level));
        NewEvent {
            what: match (revision.is_withdrawal(), revision.id.number) {
                (true, _) => EventType::AdvisoryWithdrawn,
                (false, 1) => EventType::AdvisoryPublished,
                (false, _) => EventType::AdvisoryRevised,
            },
            kind: who.kind,
            owner: None,
            traveller: None,
            severity: level.map_or(0, |(_, level)| level.severity.into()),
            data: json!({"revision": revision.id, "advisory": revision.id.advisory, "level": revision.level, "epoch": epoch,
                "title": revision.title, "valid_from": revision.valid.from, "valid_to": revision.valid.to}),
        }
    }

    /// Lets this instance answer from what was published. Should that fail, it follows a moment later, as others do.
    async fn answer_from(&self, epoch: u64, revision: &Revision) -> Option<Duration> {
        let begun = Instant::now();
        match self.live.follow(self.store, self.clock.now()).await {
            Ok(_) => {
                let took = begun.elapsed();
                tracing::info!(revision = %revision.id, epoch, "answering from {} after {} ms", revision.id, took.as_millis());
                (self.live.snapshot().epoch >= epoch).then_some(took)
            }
            Err(error) => {
                tracing::error!(revision = %revision.id, epoch, "{} is published and not yet answered from: {error}", revision.id);
                None
            }
        }
    }
}

impl Publisher {
    fn may_speak_for(&self, advisory: &AdvisoryId) -> Result<(), Error> {
        let issuer = advisory.issuer();
        if self.issuers.is_empty() || self.issuers.iter().any(|own| own.as_str() == issuer) {
            return Ok(());
        }
        Err(Error::Forbidden(format!("this key may not publish in the name of `{issuer}`")))
    }
}

fn stale(id: &AdvisoryId) -> Error {
    Error::Stale { what: "advisory", id: id.to_string() }
}

/// Whether the caller saw the last revision. The first one needs nothing to be seen.
fn check_seen(seen: &Seen, last: Option<&Last>, id: &AdvisoryId) -> Result<(), Error> {
    match (seen, last) {
        (Seen::Unsaid, None) => Ok(()),
        (Seen::Unsaid, Some(_)) => Err(Error::SeenMissing { what: "advisory", id: id.to_string() }),
        (seen, Some(last)) if seen.admits(last.number) => Ok(()),
        _ => Err(stale(id)),
    }
}

/// What a revision must be beside well-formed: the next one, of the same kind, not known before it is published.
fn check(
    revision: &Revision,
    last: Option<&Last>,
    who: &Publisher,
    number: u32,
    snapshot: &Snapshot,
    now: Timestamp,
) -> Result<(), Error> {
    let mut issues = Vec::new();
    let mut wrong = |name: &str, detail: String| issues.push(Issue::invalid(format!("/properties/{name}"), detail));
    if revision.id.number != number {
        wrong("revision", format!("the next revision is {number}, not {}", revision.id.number));
    }
    if revision.published_at > now {
        wrong(
            "published_at",
            format!("{} is still to come; what takes effect later says so by valid_from", revision.published_at),
        );
    }
    match last {
        Some(last) if last.kind != who.kind => {
            wrong("advisory", format!("`{}` is {}, and the key is for {}", revision.id.advisory, last.kind, who.kind));
        }
        Some(last) if revision.published_at < last.published_at => {
            wrong("published_at", format!("the revision before is known from {} on", last.published_at));
        }
        None if revision.is_withdrawal() => wrong("withdrawn", "there is nothing to withdraw".to_owned()),
        _ => {}
    }
    for (i, carved) in revision.carves_out_of.iter().enumerate() {
        if !snapshot.index.advisories().contains_key(carved) {
            wrong(&format!("carves_out_of/{i}"), format!("there is no advisory `{carved}`"));
        } else if carved.issuer() != revision.id.advisory.issuer() {
            let detail =
                format!("`{carved}` is another issuer's: only its own statements does an issuer make exceptions from");
            wrong(&format!("carves_out_of/{i}"), detail);
        }
    }
    if issues.is_empty() { Ok(()) } else { Err(Error::Invalid(issues)) }
}

/// Writes into the Feature what the caller left out, so that it stands for itself.
fn write_out(feature: &mut Value, revision: &Revision) {
    let properties = &mut feature["properties"];
    properties["revision"] = json!(revision.id.number);
    properties["published_at"] = json!(revision.published_at);
    properties["valid_from"] = json!(revision.valid.from);
}

fn level_of(document: &str) -> Option<String> {
    let value: Value = serde_json::from_str(document).ok()?;
    value["properties"]["level"].as_str().map(str::to_owned)
}

fn takes_effect(revision: &Revision, now: Timestamp) -> TakesEffect {
    if revision.valid.from.is_some_and(|from| from > now) {
        TakesEffect::Later
    } else if revision.valid.to.is_some_and(|to| to <= now) {
        TakesEffect::Past
    } else {
        TakesEffect::Now
    }
}
