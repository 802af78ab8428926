//! From what happened to subjects to what is owed because of it, in the transaction that writes it down.

use std::collections::{HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use uuid::Uuid;

use crate::error::Error;
use crate::model::{EventType, Happening, NewDelivery, NewEvent, Owed, Severity, Subject, Subscription, Transition};
use crate::store::deliveries::{About, Told};
use crate::store::{Tx, deliveries, events, subscriptions};

/// How long a message helps somebody who was out of reach.
const LIFE: SignedDuration = SignedDuration::from_hours(48);

/// What happened to one subject of a traveller.
#[derive(Debug)]
pub struct Affected<'a> {
    /// The subject, as it is now.
    pub subject: &'a Subject,
    /// The key that registered its traveller.
    pub owner: Option<&'a str>,
    /// What happened.
    pub happenings: &'a [Happening],
}

/// Owes what follows: a delivery for each subscription and transition, an event for each transition. Returns how many deliveries.
///
/// # Errors
/// When the database cannot be read or written.
pub async fn announce(tx: &mut Tx, affected: &[Affected<'_>], now: Timestamp) -> Result<u64, Error> {
    let mut travellers: Vec<&str> = affected.iter().filter_map(|affected| affected.subject.whose.traveller()).collect();
    travellers.sort_unstable();
    travellers.dedup();
    if travellers.is_empty() {
        return Ok(0);
    }
    let mut wanted: HashMap<String, Vec<Subscription>> = HashMap::new();
    for subscription in subscriptions::of_travellers(tx, &travellers).await? {
        wanted.entry(subscription.traveller.clone()).or_default().push(subscription);
    }
    let mut owed = Vec::new();
    for Affected { subject, happenings, .. } in affected {
        for subscription in subject.whose.traveller().and_then(|id| wanted.get(id)).into_iter().flatten() {
            let each = happenings
                .iter()
                .map(|happening| (happening, subscription.owes(happening, &subject.matches, &subject.upcoming)));
            owed.extend(
                each.filter(|(_, owed)| *owed != Owed::Nothing).map(|(h, owed)| (*subject, subscription, h, owed)),
            );
        }
    }
    let mut asked: Vec<About> = owed
        .iter()
        .filter(|(.., owed)| owed.depends())
        .map(|(subject, subscription, happening, owed)| About {
            subscription: &subscription.id,
            subject: &subject.id,
            advisory: happening.transition.advisory().as_str(),
            owed: *owed,
            replaced: revision(&happening.transition),
        })
        .collect();
    // what was announced and is taken back by a message of its own needs no other
    let taken_back: HashSet<_> =
        asked.iter().filter(|about| about.owed == Owed::Cancelled).map(About::matter).collect();
    for about in &mut asked {
        if taken_back.contains(&about.matter()) {
            about.replaced = 0;
        }
    }
    let mut told = deliveries::told(tx, &asked).await?.into_iter();
    owed.retain(|(_, _, happening, owed)| {
        let known = if owed.depends() { told.next().flatten() } else { None };
        match owed {
            Owed::Overshadowed => known.is_some_and(|told| {
                let before = happening.transition.before().map_or(0, |key| key.revision);
                told != Told { revision: before, surely: true }
            }),
            Owed::Surfaced => known != Some(Told { revision: revision(&happening.transition), surely: true }),
            _ => known.is_some() || !owed.depends(),
        }
    });
    let new: Vec<NewDelivery> = owed.iter().map(|(s, to, h, owed)| delivery(s, to, h, *owed, now)).collect();
    deliveries::insert(tx, &new).await?;
    let happened: Vec<NewEvent> = affected.iter().flat_map(events_of).collect();
    events::append(tx, now, &happened).await?;
    Ok(new.len() as u64)
}

fn delivery(
    subject: &Subject,
    subscription: &Subscription,
    happening: &Happening,
    owed: Owed,
    now: Timestamp,
) -> NewDelivery {
    NewDelivery {
        id: Uuid::now_v7().to_string(),
        subscription: subscription.id.clone(),
        subject: subject.id.clone(),
        concern: subject.whose.concern(),
        advisory: happening.transition.advisory().clone(),
        revision: revision(&happening.transition),
        happening: happening.clone(),
        owed,
        severity: severity(&happening.transition),
        deadline: now + LIFE,
        created_at: now,
    }
}

fn revision(transition: &Transition) -> u32 {
    transition.after().or(transition.before()).map_or(0, |key| key.revision)
}

/// The graver of before and after.
fn severity(transition: &Transition) -> Severity {
    let keys = [transition.before(), transition.after()];
    keys.into_iter().flatten().map(|key| key.severity).max().unwrap_or_default()
}

fn events_of<'a>(affected: &'a Affected<'_>) -> impl Iterator<Item = NewEvent> + 'a {
    affected.happenings.iter().map(|happening| NewEvent {
        what: EventType::Transition,
        kind: affected.subject.kind,
        owner: affected.owner.map(str::to_owned),
        traveller: affected.subject.whose.traveller().map(str::to_owned),
        severity: severity(&happening.transition).get(),
        data: json!({
            "traveller": affected.subject.whose.traveller(),
            "subject": affected.subject.id,
            "concern": affected.subject.whose.concern(),
            "transition": happening,
        }),
    })
}
