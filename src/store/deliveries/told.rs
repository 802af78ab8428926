//! What somebody was told last of an advisory and still believes: on it depends whether its end is owed to them.

use serde_json::json;

use super::super::{StoreError, Tx};
use crate::model::Owed;

/// The number of the revision that was said last of an advisory to a subscription about a subject, by a message of its own or as what
/// still holds beside another's all-clear; none where they were told nothing, or its end as well.
///
/// What takes effect later is a matter of its own, whose end comes with that of the advisory at the latest. `$which` says which messages
/// count, in terms of `t`.
macro_rules! told_last {
    ($subscription:literal, $subject:literal, $advisory:literal, $owed:literal, $which:literal) => {
        concat!(
            "(SELECT CASE WHEN t.remains = ", $advisory, " THEN t.remains_revision ELSE t.revision END FROM delivery t
              WHERE t.subscription = ", $subscription, " AND t.subject = ", $subject, " AND ", $which, "
                AND ((t.remains = ", $advisory, " AND ", $owed, " NOT IN ('upcoming', 'cancelled'))
                     OR (t.advisory = ", $advisory, " AND t.owed NOT IN ('all_clear', 'cancelled')
                         AND (", $owed, " = 'all_clear' OR (", $owed, " IN ('upcoming', 'cancelled')) = (t.owed = 'upcoming'))))
                AND NOT EXISTS (
                    SELECT 1 FROM delivery c
                    WHERE c.subscription = t.subscription AND c.subject = t.subject AND c.advisory = ", $advisory, " AND c.id > t.id
                      AND (c.owed = 'all_clear' OR (c.owed = 'cancelled' AND t.owed = 'upcoming')) AND c.state = 'delivered')
              ORDER BY t.id DESC LIMIT 1)"
        )
    };
}

pub(super) use told_last;

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
}

/// For each that is asked about the number of the revision that they were told last, or are about to be.
///
/// # Errors
/// When the database cannot be read.
pub async fn told(tx: &mut Tx, asked: &[About<'_>]) -> Result<Vec<Option<u32>>, StoreError> {
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let row = |(n, about): (usize, &About)| json!({"n": n, "of": about.subscription, "subject": about.subject, "advisory": about.advisory, "owed": about.owed.word()});
    let rows: Vec<_> = asked.iter().enumerate().map(row).collect();
    let text = concat!(
        "SELECT ",
        told_last!(
            "r.value ->> 'of'",
            "r.value ->> 'subject'",
            "(r.value ->> 'advisory')",
            "(r.value ->> 'owed')",
            "(t.attempts > t.refused OR t.state = 'pending')"
        ),
        " AS known FROM @rows($1) AS r ORDER BY CAST(r.value ->> 'n' AS BIGINT)"
    );
    let rows = tx.query(text).bind(serde_json::Value::from(rows).to_string()).rows().await?;
    rows.iter().map(|row| Ok(row.maybe_int("known")?.and_then(|known| known.try_into().ok()))).collect()
}
