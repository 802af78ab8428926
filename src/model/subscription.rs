//! Subscriptions: who wants to be told of which transitions, over which channel.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Cause, Happening, IssuerCode, Kind, MatchKey, MatchSet, Severity, Transition, Upcoming};

/// Where messages go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Channel {
    /// A browser's push service.
    WebPush {
        /// Where to post.
        endpoint: String,
        /// The browser's public key, base64url.
        p256dh: String,
        /// The browser's secret, base64url.
        auth: String,
        /// Our public key that the browser subscribed with.
        vapid_key: String,
    },
    /// A webhook of the key that registered the traveller.
    Webhook {
        /// Which.
        webhook: String,
    },
}

impl Channel {
    /// What makes it the same channel when it is subscribed again: a browser's endpoint, or the webhook.
    pub fn address(&self) -> &str {
        match self {
            Self::WebPush { endpoint, .. } => endpoint,
            Self::Webhook { webhook } => webhook,
        }
    }
}

/// Whether a subscription takes messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SubscriptionState {
    /// It does.
    Active,
    /// The push service refuses our key for it: the page must subscribe again.
    MustResubscribe,
    /// The push service does not know it any more.
    Gone,
}

impl SubscriptionState {
    /// As it is written.
    pub fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::MustResubscribe => "must_resubscribe",
            Self::Gone => "gone",
        }
    }

    /// Reads what [`Self::word`] writes.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(word: &str) -> Result<Self, String> {
        [Self::Active, Self::MustResubscribe, Self::Gone]
            .into_iter()
            .find(|state| state.word() == word)
            .ok_or_else(|| format!("`{word}` is no state of a subscription"))
    }
}

/// Who wants which transitions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Sortable (uuid v7).
    pub id: String,
    /// Whose it is.
    pub traveller: String,
    /// As its traveller: an exercise reaches nobody else.
    pub kind: Kind,
    /// Where messages go.
    pub channel: Channel,
    /// What shares a fate with it when sending.
    pub lane: Option<String>,
    /// Language of the messages, BCP 47.
    pub lang: String,
    /// From which severity on.
    pub min_severity: Severity,
    /// Of which issuers; empty: of all that the traveller listens to.
    pub issuers: Vec<IssuerCode>,
    /// Whether what takes effect later is announced before it does.
    pub upcoming: bool,
    /// Whether it takes messages.
    pub state: SubscriptionState,
    /// Moves with every change by its owner.
    pub revision: u32,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What a transition makes owed to a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owed {
    /// An alert.
    Alert,
    /// An alert of what takes effect later; what holds until then is said beside it.
    Upcoming,
    /// An alert of what held already, since nothing stands above it any more: only if they do not know of it.
    Surfaced,
    /// That it is milder than asked for: only if they were told otherwise.
    Milder,
    /// The same of what takes effect later.
    UpcomingMilder,
    /// That what takes effect later will not: only if it was announced to them.
    Cancelled,
    /// That it is over: only if they were told that it holds, and did not hear its end yet.
    AllClear,
    /// The same of what is too mild and has another above it from now on: only if they know it as anything else than that mild.
    Overshadowed,
    /// Nothing.
    Nothing,
}

impl Owed {
    /// As it is written.
    pub fn word(self) -> &'static str {
        match self {
            Self::Alert => "alert",
            Self::Upcoming | Self::UpcomingMilder => "upcoming",
            Self::Surfaced => "surfaced",
            Self::Milder => "milder",
            Self::Cancelled => "cancelled",
            Self::AllClear | Self::Overshadowed => "all_clear",
            Self::Nothing => "nothing",
        }
    }

    /// Whether it depends on what they were told before.
    pub fn depends(self) -> bool {
        !matches!(self, Self::Alert | Self::Upcoming | Self::Nothing)
    }
}

impl Subscription {
    /// What a happening makes owed, where the subject is now concerned by `present`, and later by what is `ahead`.
    ///
    /// An alert is owed for what governs its issuer's line, or is as grave as what does, and is grave enough. What has ended, or is too
    /// mild, is owed to those who were told otherwise, whatever it was a moment ago: the step that made it mild may not have been said
    /// yet. What is merely outranked from now on is neither, since its area still concerns and the graver statement is announced by
    /// itself, be it only for a time to come; where nothing as grave speaks instead (an exception is made), or it was lowered below what stands
    /// above it, it is over for them. Whoever walks into the area of an exception is not told: near its border that would come and go.
    pub fn owes(&self, happening: &Happening, present: &MatchSet, ahead: &Upcoming) -> Owed {
        let Happening { transition, cause } = happening;
        let issuer = transition.advisory().issuer();
        if !self.issuers.is_empty() && !self.issuers.iter().any(|wanted| wanted.as_str() == issuer) {
            return Owed::Nothing;
        }
        let grave = |key: &MatchKey| key.severity >= self.min_severity;
        match transition {
            Transition::Changed { before, after, .. } if transition.yields() => {
                let ahead = ahead.iter().map(|(advisory, scheduled)| (advisory, &scheduled.key));
                let mut of_issuer = present.iter().chain(ahead).filter(|(advisory, _)| advisory.issuer() == issuer);
                let as_grave = |(_, key): (_, &MatchKey)| key.governs && key.severity >= before.severity;
                let is_over = after.severity < before.severity || !of_issuer.any(as_grave);
                match cause {
                    Cause::Moved => Owed::Nothing,
                    _ if is_over => Owed::AllClear,
                    _ if !grave(after) => Owed::Overshadowed,
                    _ => Owed::Nothing,
                }
            }
            Transition::Changed { after, .. } if transition.only_surfaces() => {
                if grave(after) {
                    Owed::Surfaced
                } else {
                    Owed::Nothing
                }
            }
            Transition::Entered { after, .. } | Transition::Changed { after, .. } if !grave(after) => Owed::Milder,
            Transition::Entered { after, .. } | Transition::Changed { after, .. } if after.governs => Owed::Alert,
            Transition::Exited { .. } => Owed::AllClear,
            Transition::Cancelled { .. } => Owed::Cancelled,
            Transition::Upcoming { after, .. } if !grave(after) => Owed::UpcomingMilder,
            Transition::Upcoming { after, .. } if after.governs && self.upcoming => Owed::Upcoming,
            _ => Owed::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AdvisoryId, Scheduled};

    fn key(severity: u8, governs: bool) -> MatchKey {
        MatchKey {
            revision: 1,
            level: severity.to_string(),
            severity: Severity::try_from(severity).unwrap(),
            governs,
            possible: false,
        }
    }

    /// The next revision of it.
    fn again(severity: u8, governs: bool) -> MatchKey {
        MatchKey { revision: 2, ..key(severity, governs) }
    }

    fn subscription(min: u8, issuers: &[&str], upcoming: bool) -> Subscription {
        Subscription {
            id: "s".to_owned(),
            traveller: "t".to_owned(),
            kind: Kind::Actual,
            channel: Channel::Webhook { webhook: "w".to_owned() },
            lane: None,
            lang: "en".to_owned(),
            min_severity: Severity::try_from(min).unwrap(),
            issuers: issuers.iter().map(|code| IssuerCode::parse(code).unwrap()).collect(),
            upcoming,
            state: SubscriptionState::Active,
            revision: 1,
            created_at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn who_is_owed_what() {
        let advisory = AdvisoryId::parse("kr-mofa:town").unwrap();
        let entered = |after| Transition::Entered { advisory: advisory.clone(), after };
        let changed = |before, after| Transition::Changed { advisory: advisory.clone(), before, after };
        let exited = |before| Transition::Exited { advisory: advisory.clone(), before };
        let coming = |after| Transition::Upcoming { advisory: advisory.clone(), after, from: Timestamp::UNIX_EPOCH };
        let cancelled =
            |before| Transition::Cancelled { advisory: advisory.clone(), before, from: Timestamp::UNIX_EPOCH };
        let three = subscription(3, &[], false);
        let published = |transition: &Transition| Happening { transition: transition.clone(), cause: Cause::Advisory };
        let governs = |advisory: &str, severity| {
            [(AdvisoryId::parse(advisory).unwrap(), key(severity, true))].into_iter().collect::<MatchSet>()
        };
        let (graver, nothing) = (governs("kr-mofa:country", 5), Upcoming::new());
        for (transition, owed, why) in [
            (entered(key(4, true)), Owed::Alert, "graver than asked for"),
            (entered(key(3, true)), Owed::Alert, "as grave as asked for"),
            (entered(key(2, true)), Owed::Milder, "for those who do not know yet that what was graver there is over"),
            (entered(key(4, false)), Owed::Nothing, "something graver, or a carve-out, speaks for the issuer there"),
            (changed(key(2, true), key(4, true)), Owed::Alert, "raised above the limit"),
            (changed(key(4, true), key(3, true)), Owed::Alert, "lowered, and still grave enough"),
            (changed(key(4, true), key(2, true)), Owed::Milder, "lowered below the limit"),
            (
                changed(key(4, true), key(2, false)),
                Owed::AllClear,
                "lowered below another: what they were told is over",
            ),
            (
                changed(key(4, true), again(5, false)),
                Owed::Nothing,
                "raised, and outranked or carved out by what is as grave",
            ),
            (changed(key(4, true), key(4, false)), Owed::Nothing, "outranked is not over"),
            (
                changed(key(1, true), again(2, false)),
                Owed::Overshadowed,
                "for those who were told of what was graver, and not of what came between",
            ),
            (changed(key(4, false), key(4, true)), Owed::Surfaced, "what outranked it is gone: it speaks now"),
            (changed(key(4, false), again(4, true)), Owed::Alert, "said anew, and nothing stands above it any more"),
            (changed(key(2, false), key(2, true)), Owed::Nothing, "mild as it was"),
            (changed(key(1, true), key(2, true)), Owed::Milder, "for those who were told of what was graver before"),
            (exited(key(4, true)), Owed::AllClear, "over"),
            (exited(key(4, false)), Owed::AllClear, "over, and told if it governed before"),
            (exited(key(2, true)), Owed::AllClear, "for those who were told before it was lowered to this"),
            (coming(key(4, true)), Owed::Nothing, "did not ask for what is to come"),
            (coming(key(2, true)), Owed::UpcomingMilder, "for those to whom something graver was announced"),
            (cancelled(key(4, true)), Owed::Cancelled, "for those to whom it was announced"),
        ] {
            assert_eq!(three.owes(&published(&transition), &graver, &nothing), owed, "{why}: {transition:?}");
        }
        let excepted = changed(key(4, true), key(4, false));
        let exception = governs("kr-mofa:exception", 2);
        assert_eq!(
            three.owes(&published(&excepted), &exception, &nothing),
            Owed::AllClear,
            "nothing as grave of theirs speaks instead"
        );
        let walked = Happening { cause: Cause::Moved, ..published(&excepted) };
        assert_eq!(three.owes(&walked, &exception, &nothing), Owed::Nothing, "near its border that would come and go");
        let to_come: Upcoming = [(
            AdvisoryId::parse("kr-mofa:country").unwrap(),
            Scheduled { key: key(5, true), from: Timestamp::UNIX_EPOCH },
        )]
        .into_iter()
        .collect();
        assert_eq!(
            three.owes(&published(&excepted), &MatchSet::new(), &to_come),
            Owed::Nothing,
            "a graver one is to stand above it: by the time it matters it is not over"
        );
        assert_eq!(
            three.owes(&published(&excepted), &governs("us-state:country", 5), &nothing),
            Owed::AllClear,
            "another issuer's is another matter"
        );
        assert_eq!(
            subscription(3, &[], true).owes(&published(&coming(key(4, true))), &graver, &nothing),
            Owed::Upcoming
        );
        assert_eq!(
            subscription(3, &["us-state"], true).owes(&published(&entered(key(4, true))), &graver, &nothing),
            Owed::Nothing
        );
        assert_eq!(
            subscription(3, &["us-state", "kr-mofa"], true).owes(&published(&entered(key(4, true))), &graver, &nothing),
            Owed::Alert
        );
    }
}
