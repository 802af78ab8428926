//! Following the epoch: what any instance published becomes what this one answers from.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use jiff::Timestamp;

use super::assemble::{self, PUBLISHED, Understood, differences, problem, understand};
use super::{Behind, Current, Live, Snapshot};
use crate::error::Error;
use crate::model::AreaResolver;
use crate::store::advisories::{self, StoredRevision};
use crate::store::{Store, epoch};

/// What the store says has changed.
struct News {
    epoch: u64,
    /// The advisories concerned; none stands for everything.
    advisories: Option<Vec<String>>,
    revisions: Vec<StoredRevision>,
}

impl Live {
    /// Takes what was published since the epoch that answers; `None` when nothing was. It never goes back to an older epoch.
    ///
    /// # Errors
    /// When the store cannot be read. The set that answers stays, and [`Self::behind`] says why.
    pub async fn follow(&self, store: &Store, now: Timestamp) -> Result<Option<Arc<Snapshot>>, Error> {
        let _changing = self.changing.lock().await;
        let taken = self.take_news(store, now).await;
        let behind = match (&taken, self.behind().as_ref()) {
            (Ok(_), None) => return taken,
            (Ok(_), Some(_)) => None,
            (Err(error), earlier) => {
                Some(Behind { since: earlier.as_ref().map_or(now, |behind| behind.since), reason: error.cause() })
            }
        };
        self.behind.store(Arc::new(behind));
        taken
    }

    async fn take_news(&self, store: &Store, now: Timestamp) -> Result<Option<Arc<Snapshot>>, Error> {
        let old = self.current.load_full();
        let Some(news) = news(store, old.actual.epoch).await? else { return Ok(None) };
        let resolver = self.resolver(&old.actual.regions);
        let current = assemble::blocking(move || changed(&old, news, &resolver, now)).await?;
        *self.resolver.lock().unwrap_or_else(PoisonError::into_inner) = None;
        Ok(Some(self.take(current)))
    }
}

/// What changed after an epoch, read in one state of the store.
async fn news(store: &Store, since: u64) -> Result<Option<News>, Error> {
    let mut tx = store.read().await?;
    let epoch = epoch::current(&mut tx).await?;
    if epoch <= since {
        return Ok(None);
    }
    let changes = epoch::changes_since(&mut tx, since).await?;
    let advisories: Option<Vec<String>> = changes.into_iter().map(|change| change.advisory).collect();
    let revisions = match &advisories {
        Some(advisories) => {
            let named: Vec<&str> = advisories.iter().map(String::as_str).collect();
            advisories::of(&mut tx, &named).await?
        }
        None => advisories::all(&mut tx).await?,
    };
    Ok(Some(News { epoch, advisories, revisions }))
}

/// The set after the news, which keeps everything that they do not concern.
fn changed(old: &Current, news: News, resolver: &AreaResolver, now: Timestamp) -> Current {
    let actual = &old.actual;
    let Understood { actual: mut changes, exercises: new_exercises, refused: unreadable } =
        understand(news.revisions, actual.index.issuers(), |area| resolver.resolve(area));
    let mut exercises = BTreeMap::new();
    let concerned = |advisory: &str| news.advisories.as_ref().is_none_or(|named| named.iter().any(|n| n == advisory));
    exercises
        .extend(old.exercises.iter().filter(|(id, _)| !concerned(id.as_str())).map(|(id, r)| (id.clone(), r.clone())));
    exercises.extend(new_exercises);
    match &news.advisories {
        None => changes = differences(&actual.index, changes),
        Some(named) => {
            // those of which nothing is left
            for (advisory, _) in
                actual.index.advisories().iter().filter(|(id, _)| named.iter().any(|n| n == id.as_str()))
            {
                changes.entry(advisory.clone()).or_default();
            }
        }
    }
    let of_news = |file: &str| {
        let published = file.strip_prefix(PUBLISHED);
        published.is_some_and(|id| concerned(id.split('@').next().unwrap_or_default()))
    };
    let mut report = (*actual.report).clone();
    report.problems.retain(|problem| !of_news(&problem.file));
    report.problems.extend(unreadable.iter().map(problem));
    let refused = actual.index.refused_files().iter().filter(|file| !of_news(&file.file)).cloned();
    let refused = refused.chain(unreadable).collect();
    let index = actual.index.with_changes(changes).with_refused(refused);
    let snapshot = actual.with(news.epoch, now, index, Arc::new(report));
    Current::new(snapshot, exercises, old.ground.clone())
}
