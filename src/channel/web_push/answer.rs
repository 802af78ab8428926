//! What a push service's answer means, row by row.

use crate::channel::client::{Answer, Silence};

/// What becomes of a message, and of its subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The service has it.
    Accepted,
    /// The subscription is over; delete it.
    Gone,
    /// Perhaps over: FCM has answered 404 in passing, so a second one decides.
    PerhapsGone,
    /// Our token is not taken: the subscription was made with another key, or our keys are wrong. Never a reason to delete.
    NotOurs,
    /// Too large; send the short form, once.
    TooLarge,
    /// The service asks us to slow down.
    Slower,
    /// A passing failure; try again.
    Again,
    /// Our mistake; trying again changes nothing.
    Broken,
}

impl Verdict {
    /// Whether the whole service, rather than this subscription, seems to be in trouble.
    pub fn troubles_service(self) -> bool {
        matches!(self, Self::NotOurs | Self::Slower | Self::Again)
    }
}

/// Reads an answer (RFC 8030 sections 5 and 7.3, RFC 8292 section 4.2, and what the services really do).
pub fn judge(answer: &Result<Answer, Silence>) -> Verdict {
    match answer {
        // no 3xx is ever followed: a push service has no reason to send us elsewhere
        Ok(answer) => match answer.status {
            200 | 201 | 202 | 204 => Verdict::Accepted,
            401 | 403 => Verdict::NotOurs,
            404 => Verdict::PerhapsGone,
            410 => Verdict::Gone,
            413 => Verdict::TooLarge,
            429 => Verdict::Slower,
            408 | 500..=599 => Verdict::Again,
            _ => Verdict::Broken,
        },
        Err(Silence::Refused(_)) => Verdict::Broken,
        Err(Silence::Connect | Silence::Timeout | Silence::Broken) => Verdict::Again,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table() {
        let status = |status| judge(&Ok(Answer { status, retry_at: None, body: vec![] }));
        for (statuses, expected, reason) in [
            (&[200, 201, 202, 204][..], Verdict::Accepted, "accepted, not yet delivered"),
            (&[400, 405, 415], Verdict::Broken, "our mistake: kept and shown, the subscription stays"),
            (&[301, 302, 307, 308], Verdict::Broken, "never followed"),
            (&[401, 403], Verdict::NotOurs, "VAPID: never delete on it"),
            (&[404], Verdict::PerhapsGone, "one confirmation is asked for"),
            (&[410], Verdict::Gone, "RFC 8030 section 7.3"),
            (&[413], Verdict::TooLarge, "the short form, once"),
            (&[429], Verdict::Slower, "with Retry-After where it is given"),
            (&[408, 500, 502, 503, 504], Verdict::Again, "passing"),
        ] {
            for s in statuses {
                assert_eq!(status(*s), expected, "{s}: {reason}");
            }
        }
        assert_eq!(judge(&Err(Silence::Timeout)), Verdict::Again);
        assert_eq!(judge(&Err(Silence::Broken)), Verdict::Again);
        assert_eq!(judge(&Err(Silence::Refused(crate::channel::guard::Refused::Scheme))), Verdict::Broken);
    }
}
