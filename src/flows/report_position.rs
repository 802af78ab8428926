//! A device reports where it is, one fix or many, in any order: only the last position is kept, rounded, and what it concerns is settled.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::recheck::changed;
use super::register_traveller::no_traveller;
use super::watch::Watch;
use super::watch::announce::{Affected, announce};
use super::watch::rematch::{Changed, cause, match_position, moved, reconsider, transitions};
use crate::clock::whole_microseconds;
use crate::error::{Error, Issue};
use crate::geometry::Position;
use crate::matching::Whereabouts;
use crate::matching::judge::Question;
use crate::matching::whereabouts::{self, Taken};
use crate::model::route::Ways;
use crate::model::{Happening, MatchSet, Places, Registered, Subject, Upcoming, Whose};
use crate::store::{epoch, shards, subjects, travellers};

/// How far ahead of ours a device's clock may be.
pub const AHEAD: SignedDuration = SignedDuration::from_mins(5);

/// A fix that is less accurate than this, in metres, does not say where anybody is: it would be in half a dozen countries' advisories at once.
pub const COARSEST_M: f64 = 50_000.0;

/// A fix as it was reported, with its place in the report.
#[derive(Clone, Copy, Debug)]
pub struct Fix {
    /// Its place.
    pub index: usize,
    /// Where.
    pub position: Position,
    /// When the device was there, by its own clock.
    pub at: Timestamp,
}

/// What became of a report.
#[derive(Debug)]
pub struct Reported {
    /// What became of each good fix, in the order of the report.
    pub taken: Vec<(usize, Taken)>,
    /// What was wrong with the others.
    pub refused: Vec<Issue>,
    /// What is kept.
    pub subject: Option<Subject>,
    /// What happened.
    pub happenings: Vec<Happening>,
}

impl Watch {
    /// Takes a report. Fixes that are wrong are named and the others taken.
    ///
    /// # Errors
    /// [`Error::NotFound`], or when the database cannot be written.
    pub async fn report(
        &self,
        traveller: &str,
        mut fixes: Vec<Fix>,
        mut refused: Vec<Issue>,
    ) -> Result<Reported, Error> {
        let now = self.now();
        fixes.retain(|fix| {
            let ahead = fix.at > now + AHEAD;
            if ahead {
                let detail = format!("{} is ahead of {now}: the device's clock is wrong", fix.at);
                refused.push(Issue::invalid(format!("/positions/{}/at", fix.index), detail));
            }
            let old = fix.at + self.settings().position_rest <= now;
            if old {
                let detail =
                    format!("{} is longer ago than positions are kept: it does not say where anybody is", fix.at);
                refused.push(Issue::invalid(format!("/positions/{}/at", fix.index), detail));
            }
            let accuracy_m = fix.position.accuracy_m();
            let coarse = accuracy_m > COARSEST_M;
            if coarse {
                let detail =
                    format!("{accuracy_m} is more than {COARSEST_M} metres: that does not say where anybody is");
                refused.push(Issue::invalid(format!("/positions/{}/accuracy_m", fix.index), detail));
            }
            !(ahead || old || coarse)
        });
        fixes.sort_by_key(|fix| (fix.at, fix.index));
        let (fixes, refused) = (&fixes, &refused);
        self.until_current(|| async move {
            let fences = self.fences();
            let mut tx = self.store().begin().await?;
            let shard = shards::hold(&mut tx, shards::of(traveller)).await?;
            if !self.may_write(&fences, shard) {
                drop(tx);
                return self.catch_up().await;
            }
            let person = travellers::find(&mut tx, traveller).await?.ok_or_else(|| no_traveller(traveller))?;
            let known = subjects::position(&mut tx, traveller).await?;
            let moment = self.moment(fences.of(person.kind), now);
            let index = &moment.snapshot.index;
            let mut state: Whereabouts = match &known {
                Some(known) => serde_json::from_str(&known.document).unwrap_or_default(),
                None => Whereabouts::default(),
            };
            let (held, announced) = match &known {
                Some(known) => (known.matches.clone(), known.upcoming.clone()),
                None => (MatchSet::new(), Upcoming::new()),
            };
            // what changed around the last position counts before what the new ones say
            let mut happenings = Vec::new();
            let mut before = (held, announced);
            if let Some(known) = &known {
                let changed = if known.epoch < fences.epoch() {
                    changed(&epoch::changes_since(&mut tx, known.epoch).await?, fences.epoch())
                } else {
                    Changed::nothing()
                };
                reconsider(index, &mut state, &person.profile, &before.0, &changed, &moment);
                let (concerns, _) = match_position(index, &state, &person.profile, &moment);
                let new = transitions(&before.0, &before.1, &concerns, now);
                happenings.extend(new.into_iter().map(|t| Happening { cause: cause(index, &t), transition: t }));
                before = (concerns.matches, concerns.upcoming);
            }
            let issuers = index.issuers_for(&person.profile, &[]).unwrap_or_default();
            let question = Question {
                traveller: &person.profile,
                issuers: &issuers,
                as_of: now,
                max_age: self.settings().max_age,
            };
            let mut taken = Vec::with_capacity(fixes.len());
            for fix in fixes {
                let around = whereabouts::around(index, fix.position, now, &question);
                taken.push((fix.index, state.take(fix.position, fix.at, &around)));
            }
            taken.sort_by_key(|(index, _)| *index);
            if taken.iter().all(|(_, taken)| *taken == Taken::Late) && happenings.is_empty() {
                return Ok(Some(Reported { taken, refused: refused.clone(), subject: known, happenings }));
            }
            let (concerns, places) = match_position(index, &state, &person.profile, &moment);
            let new = transitions(&before.0, &before.1, &concerns, now);
            happenings.extend(new.into_iter().map(|transition| moved(index, transition)));
            let last = state.last().map_or(now, |last| last.at);
            let subject = Subject {
                epoch: fences.epoch(),
                document: serde_json::json!(state).to_string(),
                places,
                matches: concerns.matches,
                upcoming: concerns.upcoming,
                updated_at: now,
                ends_at: whole_microseconds(last + self.settings().position_rest),
                ..known.unwrap_or_else(|| nowhere(&person, now))
            };
            subjects::put(&mut tx, &subject, shard).await?;
            travellers::seen(&mut tx, traveller, now).await?;
            let affected = Affected { subject: &subject, owner: person.owner.as_deref(), happenings: &happenings };
            announce(&mut tx, if happenings.is_empty() { &[] } else { std::slice::from_ref(&affected) }, now).await?;
            tx.commit().await?;
            Ok(Some(Reported { taken, refused: refused.clone(), subject: Some(subject), happenings }))
        })
        .await
    }

    /// The last position that is kept of a traveller.
    ///
    /// # Errors
    /// [`Error::NotFound`], or when the database cannot be read.
    pub async fn position(&self, traveller: &str) -> Result<(Subject, Whereabouts), Error> {
        let mut tx = self.store().read().await?;
        travellers::find(&mut tx, traveller).await?.ok_or_else(|| no_traveller(traveller))?;
        let subject = subjects::position(&mut tx, traveller).await?.ok_or_else(|| no_position(traveller))?;
        let state = serde_json::from_str(&subject.document).map_err(|e| Error::Internal(e.to_string()))?;
        Ok((subject, state))
    }

    /// Forgets the position: nothing is announced of it any more.
    ///
    /// # Errors
    /// [`Error::NotFound`], or when the database cannot be written.
    pub async fn forget_position(&self, traveller: &str) -> Result<(), Error> {
        let mut tx = self.store().begin().await?;
        shards::hold(&mut tx, shards::of(traveller)).await?;
        let known = subjects::position(&mut tx, traveller).await?.ok_or_else(|| no_position(traveller))?;
        subjects::delete(&mut tx, traveller, &known.id).await?;
        tx.commit().await?;
        Ok(())
    }
}

fn no_position(traveller: &str) -> Error {
    Error::NotFound { what: "position of traveller", id: traveller.to_owned() }
}

/// A traveller whose position was never reported.
fn nowhere(person: &Registered, now: Timestamp) -> Subject {
    Subject {
        id: Uuid::now_v7().to_string(),
        whose: Whose::Position(person.id.clone()),
        kind: person.kind,
        epoch: 0,
        revision: 1,
        document: String::new(),
        ways: Ways::new(),
        places: Places::default(),
        matches: MatchSet::new(),
        upcoming: Upcoming::new(),
        created_at: now,
        updated_at: now,
        ends_at: now,
    }
}
