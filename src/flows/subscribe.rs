//! A traveller subscribes to be told: over which channel, from which severity on, of whose advisories.

use uuid::Uuid;

use super::list_issuers::unknown_issuers;
use super::register_traveller::no_traveller;
use super::seen::Seen;
use super::watch::Watch;
use crate::error::{Error, Issue};
use crate::format::watching::{SubscriptionPatch, SubscriptionRequest};
use crate::model::{Channel, Kind, Registered, Subscription, SubscriptionState};
use crate::store::{deliveries, shards, subscriptions, travellers};

/// More devices and webhooks than anybody has.
const MOST: usize = 50;

/// How long a message that only tries a channel is worth sending.
const TEST_LIFE: jiff::SignedDuration = jiff::SignedDuration::from_mins(10);

/// A channel whose address was found to be allowed, and what shares a fate with it when sending.
#[derive(Clone, Debug)]
pub struct Checked {
    /// Where messages go.
    pub channel: Channel,
    /// What shares a fate with it.
    pub lane: String,
}

impl Watch {
    /// Subscribes, under an id where it is new. A browser that subscribes again renews what it has.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Invalid`] when an issuer does not exist.
    pub async fn subscribe(
        &self,
        traveller: &str,
        id: &str,
        request: &SubscriptionRequest,
        checked: Checked,
    ) -> Result<Subscription, Error> {
        self.known_issuers(&request.issuers)?;
        let mut tx = self.store().begin().await?;
        // an alert that is being worked out either sees it, or is over before it
        shards::hold(&mut tx, shards::of(traveller)).await?;
        if let Some(made) = subscriptions::find(&mut tx, traveller, id).await? {
            return Ok(made);
        }
        let person = travellers::find(&mut tx, traveller).await?.ok_or_else(|| no_traveller(traveller))?;
        let known = subscriptions::of_travellers(&mut tx, &[traveller]).await?;
        if known.len() >= MOST && known.iter().all(|known| known.channel.address() != checked.channel.address()) {
            return Err(Error::Conflict(format!("a traveller has at most {MOST} subscriptions: delete one first")));
        }
        let new = Subscription {
            id: id.to_owned(),
            traveller: person.id.clone(),
            kind: person.kind,
            channel: checked.channel,
            lane: Some(checked.lane),
            lang: request.lang.clone().unwrap_or(person.lang),
            min_severity: request.min_severity,
            issuers: request.issuers.clone(),
            upcoming: request.upcoming,
            state: SubscriptionState::Active,
            revision: 1,
            created_at: self.now(),
        };
        let id = subscriptions::put(&mut tx, &new).await?;
        let stored = subscriptions::find(&mut tx, traveller, &id).await?.ok_or_else(|| no_subscription(&id))?;
        travellers::seen(&mut tx, traveller, self.now()).await?;
        tx.commit().await?;
        Ok(stored)
    }

    /// Changes what a subscription asks for, and where its messages go where that `moved`.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Stale`]; [`Error::Invalid`] when an issuer does not exist; [`Error::Conflict`] when another
    /// subscription of the traveller goes there already.
    pub async fn change_subscription(
        &self,
        traveller: &str,
        id: &str,
        seen: &Seen,
        patch: &SubscriptionPatch,
        moved: Option<Checked>,
    ) -> Result<Subscription, Error> {
        self.known_issuers(patch.issuers.as_deref().unwrap_or_default())?;
        let mut tx = self.store().begin().await?;
        shards::hold(&mut tx, shards::of(traveller)).await?;
        let mut changed = subscriptions::find(&mut tx, traveller, id).await?.ok_or_else(|| no_subscription(id))?;
        if !seen.admits(changed.revision) {
            return Err(Error::Stale { what: "subscription", id: id.to_owned() });
        }
        patch.apply(&mut changed);
        changed.revision += 1;
        subscriptions::update(&mut tx, &changed).await?;
        if let Some(Checked { channel, lane }) = moved {
            let others = subscriptions::of_travellers(&mut tx, &[traveller]).await?;
            if others.iter().any(|other| other.id != id && same_place(&other.channel, &channel)) {
                return Err(Error::Conflict("another subscription goes to that address already".to_owned()));
            }
            changed = Subscription { channel, lane: Some(lane), state: SubscriptionState::Active, ..changed };
            subscriptions::move_to(&mut tx, &changed, self.now()).await?;
            travellers::seen(&mut tx, traveller, self.now()).await?;
        }
        tx.commit().await?;
        Ok(changed)
    }

    /// One of a traveller's subscriptions.
    ///
    /// # Errors
    /// [`Error::NotFound`], or when the database cannot be read.
    pub async fn subscription(&self, traveller: &str, id: &str) -> Result<Subscription, Error> {
        let mut tx = self.store().read().await?;
        subscriptions::find(&mut tx, traveller, id).await?.ok_or_else(|| no_subscription(id))
    }

    /// All of a traveller's subscriptions, by id.
    ///
    /// # Errors
    /// [`Error::NotFound`], or when the database cannot be read.
    pub async fn subscriptions(&self, traveller: &str) -> Result<Vec<Subscription>, Error> {
        let mut tx = self.store().read().await?;
        travellers::find(&mut tx, traveller).await?.ok_or_else(|| no_traveller(traveller))?;
        Ok(subscriptions::of_travellers(&mut tx, &[traveller]).await?)
    }

    /// Ends a subscription; what is still owed to it is dropped.
    ///
    /// # Errors
    /// [`Error::NotFound`], or when the database cannot be written.
    pub async fn unsubscribe(&self, traveller: &str, id: &str) -> Result<(), Error> {
        let mut tx = self.store().begin().await?;
        shards::hold(&mut tx, shards::of(traveller)).await?;
        if !subscriptions::delete(&mut tx, traveller, id).await? {
            return Err(no_subscription(id));
        }
        tx.commit().await?;
        Ok(())
    }

    /// Owes a message that only tries the channel. Gives the id of its delivery.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Conflict`] when the subscription takes no messages.
    pub async fn try_subscription(&self, traveller: &str, id: &str) -> Result<String, Error> {
        let (now, delivery) = (self.now(), Uuid::now_v7().to_string());
        let mut tx = self.store().begin().await?;
        subscriptions::find(&mut tx, traveller, id).await?.ok_or_else(|| no_subscription(id))?;
        if !deliveries::insert_test(&mut tx, &delivery, id, now, now + TEST_LIFE).await? {
            return Err(Error::Conflict("the subscription takes no messages: subscribe again".to_owned()));
        }
        tx.commit().await?;
        Ok(delivery)
    }

    fn known_issuers(&self, issuers: &[crate::model::IssuerCode]) -> Result<(), Error> {
        let fences = self.fences();
        let known = fences.of(Kind::Actual).index.issuers();
        let issues = unknown_issuers(issuers, known);
        if issues.is_empty() { Ok(()) } else { Err(Error::Invalid(issues)) }
    }
}

/// Whether a traveller may be told over a webhook: only the key that registered them has any.
pub fn webhook_owner(traveller: &Registered) -> Result<&str, Issue> {
    traveller.owner.as_deref().ok_or_else(|| {
        Issue::invalid("/channel/webhook", "webhooks belong to keys: this traveller was not registered by one")
    })
}

fn same_place(one: &Channel, other: &Channel) -> bool {
    match (one, other) {
        (Channel::WebPush { endpoint, .. }, Channel::WebPush { endpoint: there, .. }) => endpoint == there,
        _ => false,
    }
}

fn no_subscription(id: &str) -> Error {
    Error::NotFound { what: "subscription", id: id.to_owned() }
}
