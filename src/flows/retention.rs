//! Keep little: trips that are over, positions that are old and travellers who are gone are forgotten.

use super::step::Step;
use super::watch::Watch;
use crate::error::Error;
use crate::store::subjects::{self, Counts};
use crate::store::{shards, travellers};

/// Rows forgotten in one transaction: nobody waits long for it.
const AT_ONCE: u32 = 500;

impl Watch {
    /// Forgets some of what has had its time.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn retention_step(&self) -> Result<Step, Error> {
        let now = self.now();
        let mut tx = self.store().begin().await?;
        let ended = subjects::delete_ended(&mut tx, now, AT_ONCE).await?;
        let gone = travellers::forgotten(&mut tx, now - self.settings().traveller_rest, AT_ONCE).await?;
        for id in &gone {
            shards::hold(&mut tx, shards::of(id)).await?;
            travellers::erase(&mut tx, id).await?;
        }
        tx.commit().await?;
        let (travellers, Counts { trips, positions, bookings }) = (gone.len() as u64, ended);
        let forgotten = [("trip", trips), ("position", positions), ("booking", bookings), ("traveller", travellers)];
        for (what, count) in forgotten {
            self.meter().forgotten(what, count);
        }
        if forgotten.iter().all(|(_, count)| *count == 0) {
            return Ok(Step::Idle);
        }
        tracing::info!(
            "forgot {trips} trips, {positions} positions, {bookings} watched bookings and {travellers} travellers that had their time"
        );
        Ok(Step::Worked)
    }

    /// Shows how much is watched.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn show_counts(&self) -> Result<(), Error> {
        let mut tx = self.store().read().await?;
        let Counts { trips, positions, bookings } = subjects::counts(&mut tx).await?;
        self.meter().watched(trips, positions, bookings);
        Ok(())
    }
}
