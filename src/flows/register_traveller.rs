//! A traveller registers: a pseudonym and a secret that opens what is theirs. What is theirs can be taken along, and erased at once.

use uuid::Uuid;

use super::seen::Seen;
use super::watch::Watch;
use super::watch::announce::{Affected, announce};
use super::watch::rematch::{self, Again, Changed};
use crate::error::Error;
use crate::format::watching::{ProfilePatch, RegisterRequest};
use crate::model::{Cause, Happening, Kind, Registered, Subject, Subscription};
use crate::store::deliveries::{self, Filter, Listed, Whose};
use crate::store::events::{self, Event};
use crate::store::{secret, shards, subjects, subscriptions, travellers};

/// What every traveller's token begins with.
const TOKEN: &str = "crd_t";

/// Everything that is kept of a traveller.
#[derive(Debug)]
pub struct Everything {
    /// Who.
    pub traveller: Registered,
    /// Trips and position.
    pub subjects: Vec<Subject>,
    /// Who is told.
    pub subscriptions: Vec<Subscription>,
    /// What they are owed, and what became of it.
    pub deliveries: Vec<Listed>,
    /// What was said to them: the delivery's id, and the words as JSON.
    pub said: Vec<(String, String)>,
    /// What happened to them.
    pub events: Vec<Event>,
}

impl Watch {
    /// Registers a traveller, for a key or for themselves. Gives the token, which nobody can give again.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn register(
        &self,
        request: &RegisterRequest,
        kind: Kind,
        owner: Option<String>,
    ) -> Result<(Registered, String), Error> {
        let traveller = Registered {
            id: Uuid::now_v7().to_string(),
            kind,
            owner,
            profile: request.profile(),
            lang: request.lang.clone().unwrap_or_else(|| "en".to_owned()),
            revision: 1,
            created_at: self.now(),
        };
        let secret = secret::draw(TOKEN, Some(&traveller.id))?;
        let mut tx = self.store().begin().await?;
        travellers::insert(&mut tx, &traveller, &secret.hash).await?;
        tx.commit().await?;
        Ok((traveller, secret.token))
    }

    /// A traveller.
    ///
    /// # Errors
    /// [`Error::NotFound`], or when the database cannot be read.
    pub async fn traveller(&self, id: &str) -> Result<Registered, Error> {
        let mut tx = self.store().read().await?;
        travellers::find(&mut tx, id).await?.ok_or_else(|| no_traveller(id))
    }

    /// The travellers of a key, from the one after `after`.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn travellers_of(&self, owner: &str, after: &str, limit: u32) -> Result<Vec<Registered>, Error> {
        let mut tx = self.store().read().await?;
        Ok(travellers::of_owner(&mut tx, owner, after, limit).await?)
    }

    /// Changes what advisories care about, or the language. What is theirs is matched anew: other nationalities hear other issuers, and what
    /// that makes of their trips and their position is told like any other change, since another device may have made it. Subscriptions that
    /// spoke the old language speak the new one.
    ///
    /// # Errors
    /// [`Error::Stale`] when it is not at the revision that the caller has read; [`Error::NotFound`].
    pub async fn change_traveller(&self, id: &str, seen: &Seen, patch: &ProfilePatch) -> Result<Registered, Error> {
        self.until_current(|| async {
            let fences = self.fences();
            let now = self.now();
            let mut tx = self.store().begin().await?;
            let shard = shards::hold(&mut tx, shards::of(id)).await?;
            if !self.may_write(&fences, shard) {
                drop(tx);
                return self.catch_up().await;
            }
            let known = travellers::find(&mut tx, id).await?.ok_or_else(|| no_traveller(id))?;
            if !seen.admits(known.revision) {
                return Err(Error::Stale { what: "traveller", id: id.to_owned() });
            }
            let mut changed = known.clone();
            patch.apply(&mut changed);
            changed.revision += 1;
            travellers::update(&mut tx, &changed).await?;
            if changed.lang != known.lang {
                subscriptions::speak(&mut tx, id, &known.lang, &changed.lang).await?;
            }
            if changed.profile != known.profile {
                for subject in subjects::of_traveller(&mut tx, id).await? {
                    let moment = self.moment(fences.of(subject.kind), now);
                    let again = rematch::rematch(&subject, &changed.profile, &Changed::Everything, &moment);
                    let Some(Again { subject, happenings, .. }) = again else { continue };
                    subjects::put(&mut tx, &subject, shard).await?;
                    let caused = |happening| Happening { cause: Cause::Profile, ..happening };
                    let happenings: Vec<Happening> = happenings.into_iter().map(caused).collect();
                    let owner = changed.owner.as_deref();
                    announce(&mut tx, &[Affected { subject: &subject, owner, happenings: &happenings }], now).await?;
                }
            }
            tx.commit().await?;
            Ok(Some(changed))
        })
        .await
    }

    /// Everything that is kept of a traveller.
    ///
    /// # Errors
    /// [`Error::NotFound`], or when the database cannot be read.
    pub async fn export(&self, id: &str) -> Result<Everything, Error> {
        let mut tx = self.store().read().await?;
        let theirs = Filter { whose: Whose::OfTraveller(id.to_owned()), ..Filter::default() };
        Ok(Everything {
            traveller: travellers::find(&mut tx, id).await?.ok_or_else(|| no_traveller(id))?,
            subjects: subjects::of_traveller(&mut tx, id).await?,
            subscriptions: subscriptions::of_travellers(&mut tx, &[id]).await?,
            deliveries: deliveries::list(&mut tx, &theirs, "", u32::MAX).await?,
            said: deliveries::said(&mut tx, id).await?,
            events: events::of_traveller(&mut tx, id).await?,
        })
    }

    /// Erases a traveller and everything that tells of them, at once.
    ///
    /// # Errors
    /// [`Error::NotFound`], or when the database cannot be written.
    pub async fn erase(&self, id: &str) -> Result<(), Error> {
        let mut tx = self.store().begin().await?;
        shards::hold(&mut tx, shards::of(id)).await?;
        if !travellers::erase(&mut tx, id).await? {
            return Err(no_traveller(id));
        }
        tx.commit().await?;
        // erased is erased; only how soon it is gone from the disk depends on this
        if let Err(error) = self.store().truncate_log().await {
            tracing::warn!(%error, "the log of changes could not be cut short after an erasure");
        }
        Ok(())
    }
}

pub(super) fn no_traveller(id: &str) -> Error {
    Error::NotFound { what: "traveller", id: id.to_owned() }
}
