//! Webhooks: Standard Webhooks 1.0.0, signed with every live secret, and the published times of trying again.

mod sign;

use jiff::SignedDuration;

pub use sign::{SecretError, SigningSecret, headers};

use super::client::{Answer, Silence};
use super::guard::{Guard, Target};
use crate::error::Issue;

/// How long a receiver may take.
pub const TIMEOUT: std::time::Duration = std::time::Duration::from_secs(20);

/// The waits before each attempt, the first at once; about three days in all.
pub const SCHEDULE: [SignedDuration; 10] = [
    SignedDuration::ZERO,
    SignedDuration::from_secs(5),
    SignedDuration::from_mins(5),
    SignedDuration::from_mins(30),
    SignedDuration::from_hours(2),
    SignedDuration::from_hours(5),
    SignedDuration::from_hours(10),
    SignedDuration::from_hours(14),
    SignedDuration::from_hours(20),
    SignedDuration::from_hours(24),
];

/// Checks the URL of a webhook, as found at `pointer` in the caller's document.
///
/// # Errors
/// Why it is not taken.
pub fn validate(guard: &Guard, url: &str, pointer: &str) -> Result<Target, Issue> {
    guard.webhook(url).map_err(|e| Issue::invalid(pointer, e.about(url)))
}

/// What a receiver's answer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Taken: any 2xx.
    Accepted,
    /// The receiver wants no more: 410 disables the webhook.
    Gone,
    /// It asks us to slow down.
    Slower,
    /// Anything else, a redirect included: try again.
    Again,
    /// It is not allowed to ask there any more.
    Broken,
}

/// Reads an answer.
pub fn judge(answer: &Result<Answer, Silence>) -> Verdict {
    match answer {
        Ok(answer) => match answer.status {
            200..=299 => Verdict::Accepted,
            410 => Verdict::Gone,
            429 | 502 | 504 => Verdict::Slower,
            _ => Verdict::Again,
        },
        Err(Silence::Refused(_)) => Verdict::Broken,
        Err(Silence::Connect | Silence::Timeout | Silence::Broken) => Verdict::Again,
    }
}
