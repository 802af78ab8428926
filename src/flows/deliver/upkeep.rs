//! What is done now and then beside delivering: giving up what is too late, forgetting what is old or not used any more, counting.

use jiff::SignedDuration;

use super::super::step::Step;
use super::Outbox;
use crate::error::Error;
use crate::store::{deliveries, events, vapid};

/// Rows forgotten in one transaction.
const AT_ONCE: u32 = 5_000;

/// How long a push key that was replaced is kept in any case: a page may have read it just before.
const RETIRED_AFTER: SignedDuration = SignedDuration::from_hours(24);

/// How long things are kept.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    /// Events.
    pub events: SignedDuration,
    /// Settled deliveries.
    pub deliveries: SignedDuration,
    /// A browser's subscription that its page has not renewed, and that may be dead without anybody saying so.
    pub silent: SignedDuration,
}

impl Outbox {
    /// Gives up, forgets, counts. `Worked` when there may be more to forget.
    ///
    /// # Errors
    /// When the database cannot be used.
    pub async fn upkeep(&self, retention: Retention) -> Result<Step, Error> {
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        let overdue = deliveries::fail_overdue(&mut tx, now).await?;
        let silent = deliveries::expire_silent(&mut tx, now - retention.silent).await?;
        let retired = vapid::retire(&mut tx, now - RETIRED_AFTER).await?;
        let old_deliveries = deliveries::forget_before(&mut tx, now - retention.deliveries, AT_ONCE).await?;
        let old_events = events::forget_before(&mut tx, now - retention.events, AT_ONCE).await?;
        tx.commit().await?;
        for (what, count) in [("delivery", old_deliveries), ("event", old_events), ("subscription", silent)] {
            self.meter.forgotten(what, count);
        }
        if overdue > 0 {
            tracing::warn!("{overdue} deliveries were given up because their deadline passed");
        }
        if silent > 0 {
            tracing::info!("{silent} subscriptions that were not renewed for long were deleted");
        }
        if retired > 0 {
            tracing::info!("{retired} push keys were forgotten: the last of their subscriptions has moved");
        }
        let counts = deliveries::counts(&mut self.store.read().await?).await?;
        self.meter.delivery_states(&counts);
        let more = old_deliveries.max(old_events) >= u64::from(AT_ONCE);
        Ok(if more { Step::Worked } else { Step::Idle })
    }
}
