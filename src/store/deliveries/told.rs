//! What somebody was told last of an advisory and still believes: on it depends whether its end is owed to them.

use serde_json::json;

use super::super::{StoreError, Tx};
use crate::model::{AdvisoryId, MatchKey, Owed, Subject};

/// The number of the revision that was said last of an advisory to a subscription about a subject, by a message of its own, as what still
/// holds beside another's all-clear, or by the answer to whoever saved the trip, as far as it is what the subscription asks for; none where
/// they were told nothing, or its end as well. Twice that number, and one more where they surely heard it, as [`heard`] reads it: a message
/// whose answer was lost may not have arrived. Nor is it sure that they believe what has surfaced where they are being told that it is over.
///
/// What takes effect later is a matter of its own, whose end comes with that of the advisory at the latest, or with a milder statement that
/// holds in its place: for that, announcements of revisions up to `$replaced` count as well. `$which` says which messages count, in terms of `t`.
macro_rules! told_last {
    ($subscription:literal, $subject:literal, $advisory:literal, $owed:literal, $replaced:literal, $which:literal) => {
        concat!(
            "(SELECT said.revision * 2 + CASE WHEN ",
            $owed,
            " = 'surfaced' AND EXISTS (
                     SELECT 1 FROM delivery p WHERE p.subscription = ",
            $subscription,
            " AND p.subject = ",
            $subject,
            " AND p.advisory = ",
            $advisory,
            " AND p.owed = 'all_clear' AND p.state = 'pending') THEN 0 ELSE said.surely END FROM (
                 SELECT CASE WHEN t.remains = ",
            $advisory,
            " THEN t.remains_revision ELSE t.revision END AS revision, t.created_at AS at, t.id,
                        CASE WHEN t.owed = 'upcoming' THEN 1 ELSE 0 END AS ahead,
                        CASE WHEN t.state = 'delivered' THEN 1 ELSE 0 END AS surely
                 FROM delivery t
                 WHERE t.subscription = ",
            $subscription,
            " AND t.subject = ",
            $subject,
            " AND ",
            $which,
            "
                   AND ((t.remains = ",
            $advisory,
            " AND ",
            $owed,
            " NOT IN ('upcoming', 'cancelled'))
                        OR (t.advisory = ",
            $advisory,
            " AND t.owed NOT IN ('all_clear', 'cancelled')
                            AND (",
            $owed,
            " = 'all_clear' OR (",
            $owed,
            " IN ('upcoming', 'cancelled')) = (t.owed = 'upcoming') OR (",
            $owed,
            " = 'milder' AND t.revision <= ",
            $replaced,
            "))))
                 UNION ALL
                 SELECT w.revision, w.at, '' AS id, w.ahead, 1 AS surely
                 FROM shown w JOIN subscription x ON x.id = ",
            $subscription,
            " AND w.severity >= x.min_severity AND w.ahead <= x.upcoming
                 WHERE w.subject = ",
            $subject,
            " AND w.advisory = ",
            $advisory,
            "
                   AND (",
            $owed,
            " = 'all_clear' OR (",
            $owed,
            " IN ('upcoming', 'cancelled')) = (w.ahead = 1) OR (",
            $owed,
            " = 'milder' AND w.revision <= ",
            $replaced,
            "))
             ) AS said
             WHERE NOT EXISTS (
                 SELECT 1 FROM delivery c
                 WHERE c.subscription = ",
            $subscription,
            " AND c.subject = ",
            $subject,
            " AND c.advisory = ",
            $advisory,
            "
                   AND c.id > said.id AND c.created_at >= said.at AND c.state = 'delivered'
                   AND (c.owed = 'all_clear' OR (c.owed = 'cancelled' AND said.ahead = 1)))
             ORDER BY said.at DESC, said.id DESC LIMIT 1)"
        )
    };
}

pub(super) use told_last;

/// The revision of an advisory that somebody was told of last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// Its number.
    pub revision: u32,
    /// Whether they surely heard it.
    pub surely: bool,
}

/// Reads what [`told_last`] gives.
pub(super) fn heard(known: i64) -> Option<Told> {
    Some(Told { revision: u32::try_from(known / 2).ok()?, surely: known % 2 == 1 })
}

/// What is about to be owed to somebody, which depends on what they were told.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// To which subscription.
    pub subscription: &'a str,
    /// About which subject.
    pub subject: &'a str,
    /// And which advisory.
    pub advisory: &'a str,
    /// What.
    pub owed: Owed,
    /// Up to which revision something milder that holds stands for what was announced.
    pub replaced: u32,
}

impl<'a> About<'a> {
    /// What messages about the same have in common: subscription, subject, advisory.
    pub fn matter(&self) -> (&'a str, &'a str, &'a str) {
        (self.subscription, self.subject, self.advisory)
    }
}

/// For each that is asked about the revision that they were told last, or are about to be.
///
/// # Errors
/// When the database cannot be read.
pub async fn told(tx: &mut Tx, asked: &[About<'_>]) -> Result<Vec<Option<Told>>, StoreError> {
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let row = |(n, about): (usize, &About)| json!({"n": n, "of": about.subscription, "subject": about.subject, "advisory": about.advisory, "owed": about.owed.word(), "replaced": about.replaced});
    let rows: Vec<_> = asked.iter().enumerate().map(row).collect();
    let text = concat!(
        "SELECT ",
        told_last!(
            "r.value ->> 'of'",
            "r.value ->> 'subject'",
            "(r.value ->> 'advisory')",
            "(r.value ->> 'owed')",
            "CAST(r.value ->> 'replaced' AS BIGINT)",
            "(t.attempts > t.refused OR t.state = 'pending')"
        ),
        " AS known FROM @rows($1) AS r ORDER BY CAST(r.value ->> 'n' AS BIGINT)"
    );
    let rows = tx.query(text).bind(serde_json::Value::from(rows).to_string()).rows().await?;
    rows.iter().map(|row| Ok(row.maybe_int("known")?.and_then(heard))).collect()
}

/// Remembers what the answer to whoever saved a trip said of it, in place of what an earlier answer did.
///
/// # Errors
/// When the database cannot be written.
pub async fn shown(tx: &mut Tx, trip: &Subject) -> Result<(), StoreError> {
    tx.query("DELETE FROM shown WHERE subject = $1").bind(&*trip.id).run().await?;
    let present = trip.matches.iter().map(|(advisory, key)| (advisory, key, 0));
    let ahead = trip.upcoming.iter().map(|(advisory, scheduled)| (advisory, &scheduled.key, 1));
    let row = |(advisory, key, ahead): (&AdvisoryId, &MatchKey, u8)| json!({"advisory": advisory, "revision": key.revision, "severity": key.severity.get(), "ahead": ahead});
    let rows: Vec<_> = present.chain(ahead).filter(|(_, key, _)| key.governs).map(row).collect();
    if rows.is_empty() {
        return Ok(());
    }
    tx.query(
        "INSERT INTO shown (subject, advisory, revision, severity, ahead, at)
         SELECT $1, r.value ->> 'advisory', CAST(r.value ->> 'revision' AS BIGINT), CAST(r.value ->> 'severity' AS BIGINT),
                CAST(r.value ->> 'ahead' AS BIGINT), $2 FROM @rows($3) AS r",
    )
    .bind(&*trip.id)
    .bind(trip.updated_at)
    .bind(serde_json::Value::from(rows).to_string())
    .run()
    .await?;
    Ok(())
}
