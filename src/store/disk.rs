//! Whether the disk under the database takes what is written: what went wrong is known until a write is seen to work again.

use std::sync::Arc;

use arc_swap::ArcSwapOption;

use super::{Store, StoreError};

/// What is the matter with the disk, for all who write.
#[derive(Clone, Debug, Default)]
pub(super) struct Disk(Arc<ArcSwapOption<String>>);

impl Disk {
    /// Remembers an error if it is the disk's.
    pub fn note(&self, error: StoreError) -> StoreError {
        if let StoreError::Disk(_) = &error {
            self.0.store(Some(Arc::new(error.to_string())));
        }
        error
    }
}

impl Store {
    /// Why nothing could be written last; none once a write was seen to work.
    pub fn trouble(&self) -> Option<Arc<String>> {
        self.0.disk.0.load_full()
    }

    /// Writes a row of its own where a write has failed: when that works, the trouble is over.
    ///
    /// # Errors
    /// When it still does not work.
    pub async fn try_disk(&self) -> Result<(), StoreError> {
        if self.trouble().is_none() {
            return Ok(());
        }
        let mut tx = self.begin().await?;
        tx.query("UPDATE disk_trial SET written = written + 1").run().await?;
        tx.commit().await?;
        self.0.disk.0.store(None);
        tracing::info!("the database can be written again");
        Ok(())
    }
}
