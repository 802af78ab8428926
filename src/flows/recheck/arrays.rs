//! Keeps the flat arrays in step with the store: each shard's `seq` says what is new.

use std::collections::HashMap;

use uuid::Uuid;

use super::watched::Watched;
use crate::error::Error;
use crate::store::shards::Shard;
use crate::store::{Tx, subjects};

/// The arrays, and up to where each shard is in them.
#[derive(Debug, Default)]
pub struct Arrays {
    watched: Watched,
    known: HashMap<u8, i64>,
}

impl Arrays {
    /// The arrays themselves.
    pub fn watched(&self) -> &Watched {
        &self.watched
    }

    /// Takes out subjects that were found to be gone.
    pub fn forget(&mut self, ids: impl Iterator<Item = u128>) {
        for id in ids {
            self.watched.remove(id);
        }
    }

    /// Reads what changed since the last time; everything, the first time. `all` was read in the same transaction.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn follow(&mut self, tx: &mut Tx, all: &[Shard]) -> Result<(), Error> {
        if self.watched.is_worn() {
            *self = Self::default();
        }
        let known = |shard: &Shard| self.known.get(&shard.id).copied().unwrap_or_default();
        let behind: Vec<Shard> =
            all.iter().filter(|s| known(s) < s.seq).map(|s| Shard { seq: known(s), ..*s }).collect();
        if behind.is_empty() {
            return Ok(());
        }
        let watched = &mut self.watched;
        subjects::places_since(tx, &behind, |placed| {
            if let Ok(id) = Uuid::parse_str(&placed.id) {
                watched.put(id.as_u128(), placed.shard, &placed.places);
            }
        })
        .await?;
        self.known.extend(all.iter().map(|shard| (shard.id, shard.seq)));
        Ok(())
    }
}
