//! What is owed and what became of it, for those whose it is and those who look after the service; what failed can be owed once more.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::value::RawValue;

use super::page::{Page, PageQuery};
use crate::error::Error;
use crate::model::DeliveryState;
use crate::store::Store;
use crate::store::deliveries::{self, Filter, Listed, Whose};

/// How long a replayed delivery is owed at least.
const REPLAYED_FOR: SignedDuration = SignedDuration::from_hours(1);

/// A delivery; never an endpoint or what was said to whom.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Delivery {
    /// Its id, which the message carries too.
    pub id: String,
    /// `actual`, `exercise` or `test`.
    #[schema(examples("actual"))]
    pub kind: String,
    /// The subscription that it is owed to.
    pub subscription: Option<String>,
    /// Or the webhook.
    pub webhook: Option<String>,
    /// The advisory that it is about.
    #[schema(examples("kr-mofa:kh-poipet"))]
    pub advisory: Option<String>,
    /// Which revision of it.
    pub revision: Option<u32>,
    /// The event that it is about, by number.
    pub event: Option<i64>,
    /// What happened, and why.
    #[schema(value_type = Option<crate::model::Happening>)]
    pub happening: Option<Box<RawValue>>,
    /// 0 to 5; the gravest are sent first.
    pub severity: u8,
    /// Where it stands.
    pub state: DeliveryState,
    /// Attempts begun.
    pub attempts: u32,
    /// While it is pending, when the next attempt is due.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub due_at: Option<Timestamp>,
    /// After this it helps nobody.
    #[schema(value_type = String, format = DateTime)]
    pub deadline: Timestamp,
    /// The last HTTP status that came back.
    pub status: Option<u16>,
    /// Why it is not delivered.
    pub reason: Option<String>,
    /// When it came to be owed.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it was settled.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub settled_at: Option<Timestamp>,
}

impl From<Listed> for Delivery {
    fn from(listed: Listed) -> Self {
        Self {
            due_at: (listed.state == DeliveryState::Pending).then_some(listed.due_at),
            happening: listed.happening.and_then(|json| RawValue::from_string(json).ok()),
            id: listed.id,
            kind: listed.kind,
            subscription: listed.subscription,
            webhook: listed.webhook,
            advisory: listed.advisory,
            revision: listed.revision,
            event: listed.event,
            severity: listed.severity,
            state: listed.state,
            attempts: listed.attempts,
            deadline: listed.deadline,
            status: listed.status,
            reason: listed.reason,
            created_at: listed.created_at,
            settled_at: listed.settled_at,
        }
    }
}

/// A page of deliveries, in the order in which they came to be owed.
///
/// # Errors
/// When the database cannot be read.
pub async fn list(store: &Store, filter: &Filter, page: &PageQuery) -> Result<Page<Delivery>, Error> {
    let mut tx = store.read().await?;
    // one more tells whether there is a next page
    let limit = u32::try_from(page.limit + 1).unwrap_or(u32::MAX);
    let found = deliveries::list(&mut tx, filter, page.after.as_deref().unwrap_or_default(), limit).await?;
    let more = found.len() > page.limit;
    let items: Vec<Delivery> = found.into_iter().take(page.limit).map(Delivery::from).collect();
    let next = items.last().filter(|_| more).map(|last| last.id.clone());
    Ok(Page { items, next })
}

/// One delivery.
///
/// # Errors
/// When there is none that is theirs, or the database cannot be read.
pub async fn read(store: &Store, whose: &Whose, id: &str) -> Result<Delivery, Error> {
    let found = deliveries::find(&mut store.read().await?, whose, id).await?;
    found.map(Delivery::from).ok_or_else(|| not_found(id))
}

/// Owes a delivery that failed once more, for an hour at least. What is not true any more is still not sent.
///
/// # Errors
/// When there is none that is theirs, it has not failed, or the database cannot be written.
pub async fn replay(store: &Store, whose: &Whose, id: &str, now: Timestamp) -> Result<Delivery, Error> {
    let mut tx = store.begin().await?;
    let replayed = deliveries::replay(&mut tx, whose, id, now, now + REPLAYED_FOR).await?;
    let found = deliveries::find(&mut tx, whose, id).await?.ok_or_else(|| not_found(id))?;
    if !replayed {
        return Err(Error::Conflict(if found.state == DeliveryState::Failed {
            "nobody is there to receive it: its webhook is disabled, or its subscription over".to_owned()
        } else {
            format!("the delivery is {}: only one that failed can be replayed", found.state.as_str())
        }));
    }
    tx.commit().await?;
    Ok(found.into())
}

fn not_found(id: &str) -> Error {
    Error::NotFound { what: "delivery", id: id.to_owned() }
}
