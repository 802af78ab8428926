//! One attempt: over the network, then what its answer means for the delivery, its recipient and its lane.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use super::render::Prepared;
use super::{Channels, webhook_secrets};
use crate::channel::client::{Answer, HeaderMap, Silence};
use crate::channel::pacing::{Signal, backoff, jittered};
use crate::channel::web_push::{self, BrowserKeys, VapidKey};
use crate::channel::webhook;
use crate::model::{Outcome, Severity};
use crate::store::deliveries::{Recipient, Settled};

/// What one attempt changes.
pub(super) struct Landed {
    pub lane: String,
    pub lease: String,
    pub settled: Settled,
    pub signal: Signal,
    pub note: Note,
    pub channel: &'static str,
}

/// What an answer says about the recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Note {
    Nothing,
    Answered(String),
    Missed(String),
    Gone(String),
    MustResubscribe(String),
    Paused(String, Timestamp),
    HookSucceeded(String),
    HookFailed(String),
    HookGone(String),
}

/// What an attempt needs to know beside the delivery.
pub(super) struct Attempt {
    pub channels: Arc<Channels>,
    pub lane: String,
    pub lease: String,
    pub prepared: Box<Prepared>,
    /// The key to sign a push message with; none when it is not ours.
    pub vapid: Option<Arc<VapidKey>>,
    /// Whether that key is the one to subscribe with now.
    pub vapid_is_current: bool,
    pub spread: usize,
    pub now: Timestamp,
    /// In 0 to 1.
    pub chance: f64,
}

/// Makes the attempt.
pub(super) async fn attempt(attempt: Attempt) -> Landed {
    match &attempt.prepared.claimed.recipient {
        Recipient::Push { endpoint, p256dh, auth, .. } => push(&attempt, endpoint, p256dh, auth).await,
        Recipient::Webhook { id, url, secrets } => hook(&attempt, id, url, secrets).await,
        Recipient::Nobody => attempt.landed("none", Outcome::Gone, None, None, Signal::Void, Note::Nothing),
    }
}

async fn push(attempt: &Attempt, endpoint: &str, p256dh: &str, auth: &str) -> Landed {
    let subscription = attempt.prepared.claimed.subscription.clone().unwrap_or_default();
    let failed = |reason, note| attempt.landed("web_push", Outcome::Failed, None, Some(reason), Signal::Void, note);
    let Some(vapid) = &attempt.vapid else {
        return failed("it was subscribed with a key that is not ours", Note::MustResubscribe(subscription));
    };
    let (body, headers) = match attempt.message(vapid, p256dh, auth) {
        Ok(message) => message,
        Err(reason) => return failed(reason, Note::Nothing),
    };
    let channels = Arc::clone(&attempt.channels);
    let (answer, took) = timed(async {
        let target = web_push::target(&channels.guard, endpoint).map_err(Silence::Refused)?;
        channels.push.post(&target, headers, body, attempt.spread, attempt.now).await
    })
    .await;
    attempt.judged_push(subscription, &answer, took)
}

async fn hook(attempt: &Attempt, id: &str, url: &str, secrets: &[crate::store::webhooks::StoredSecret]) -> Landed {
    let failed = |reason| attempt.landed("webhook", Outcome::Failed, None, Some(reason), Signal::Void, Note::Nothing);
    let Some(body) = attempt.prepared.webhook_body() else { return failed("it has no text") };
    let secrets = webhook_secrets(secrets, attempt.now);
    let Ok(headers) = webhook::headers(&secrets, &attempt.prepared.claimed.id, attempt.now, body.as_bytes()) else {
        return failed("its signing secrets are damaged");
    };
    let (answer, took) = timed(async {
        let target = attempt.channels.guard.webhook(url).map_err(Silence::Refused)?;
        attempt.channels.hooks.post(&target, headers, body.into_bytes(), 1, attempt.now).await
    })
    .await;
    attempt.judged_hook(id.to_owned(), &answer, took)
}

impl Attempt {
    /// The encrypted body and the headers of a push message.
    fn message(&self, vapid: &VapidKey, p256dh: &str, auth: &str) -> Result<(Vec<u8>, HeaderMap), &'static str> {
        let (channels, claimed, tag) = (&self.channels, &self.prepared.claimed, self.prepared.tag());
        let document = self.prepared.push_document(&channels.public_url, &tag).ok_or("it has no text")?;
        let keys = BrowserKeys::stored(p256dh, auth).map_err(|_| "its stored keys are damaged")?;
        let body = web_push::encrypt(document.as_bytes(), &keys).map_err(|_| "the message could not be encrypted")?;
        let authorization = channels
            .tokens
            .authorization(vapid, &self.lane, &channels.contact, self.now)
            .map_err(|_| "the VAPID key cannot sign")?;
        let severity = Severity::try_from(claimed.severity).unwrap_or(Severity::PROHIBITED);
        let ttl = claimed.deadline.duration_since(self.now);
        let headers = web_push::headers(authorization, ttl, web_push::urgency(severity), &web_push::topic(&tag))
            .map_err(|_| "a header cannot be written")?;
        Ok((body, headers))
    }

    /// Row by row, what a push service's answer means.
    fn judged_push(&self, subscription: String, answer: &Result<Answer, Silence>, took: Duration) -> Landed {
        use web_push::Verdict;
        let asked = answer.as_ref().ok().and_then(|answer| answer.retry_at);
        let again = self.again(backoff(self.prepared.claimed.attempts + 1, self.chance), asked);
        let fine = Signal::Fine { took };
        let (outcome, reason, signal, note) = match web_push::judge(answer) {
            Verdict::Accepted if self.prepared.claimed.missed > 0 => {
                (Outcome::Delivered, None, fine, Note::Answered(subscription))
            }
            Verdict::Accepted => (Outcome::Delivered, None, fine, Note::Nothing),
            Verdict::Gone => (Outcome::Gone, Some("the subscription is over"), fine, Note::Gone(subscription)),
            Verdict::PerhapsGone => (again, Some("the subscription may be over"), fine, Note::Missed(subscription)),
            Verdict::NotOurs if self.vapid_is_current => {
                (again, Some("the push service does not take our token"), Signal::Failed, Note::Nothing)
            }
            Verdict::NotOurs => {
                let reason = Some("it was subscribed with an older key that is not taken any more");
                (Outcome::Failed, reason, Signal::Void, Note::MustResubscribe(subscription))
            }
            Verdict::TooLarge if !self.prepared.claimed.short => {
                let mut landed = self.landed(
                    "web_push",
                    Outcome::Retry { at: self.now },
                    Some(answer),
                    Some("too large: the short form follows"),
                    fine,
                    Note::Nothing,
                );
                landed.settled.short = true;
                return landed;
            }
            Verdict::TooLarge => (Outcome::Failed, Some("even the short form is too large"), fine, Note::Nothing),
            Verdict::Slower => {
                let note = asked.map_or(Note::Nothing, |until| Note::Paused(subscription, until));
                (again, Some("the push service asks to slow down"), Signal::Slower(asked), note)
            }
            Verdict::Again => (again, Some(silence(answer)), Signal::Failed, Note::Nothing),
            Verdict::Broken if answer.is_err() => {
                (Outcome::Failed, Some("its endpoint is not allowed any more"), Signal::Void, Note::Nothing)
            }
            Verdict::Broken => (Outcome::Failed, Some("the push service refuses the message"), fine, Note::Nothing),
        };
        self.landed("web_push", outcome, Some(answer), reason, signal, note)
    }

    fn judged_hook(&self, id: String, answer: &Result<Answer, Silence>, took: Duration) -> Landed {
        use webhook::Verdict;
        let asked = answer.as_ref().ok().and_then(|answer| answer.retry_at);
        let next = webhook::SCHEDULE.get(self.prepared.claimed.attempts as usize + 1);
        let again = match next {
            Some(wait) => self.again(jittered(*wait, self.chance), asked),
            None => Outcome::Failed,
        };
        let (outcome, reason, signal, note) = match webhook::judge(answer) {
            Verdict::Accepted => (Outcome::Delivered, None, Signal::Fine { took }, Note::HookSucceeded(id)),
            Verdict::Gone => (Outcome::Failed, Some("the receiver wants no more"), Signal::Void, Note::HookGone(id)),
            Verdict::Slower => {
                (again, Some("the receiver asks to slow down"), Signal::Slower(asked), Note::HookFailed(id))
            }
            Verdict::Again => (again, Some(silence(answer)), Signal::Failed, Note::HookFailed(id)),
            Verdict::Broken => {
                (Outcome::Failed, Some("its URL is not allowed any more"), Signal::Void, Note::HookFailed(id))
            }
        };
        self.landed("webhook", outcome, Some(answer), reason, signal, note)
    }

    /// Tried again after a wait, or when asked to; given up where that is too late.
    fn again(&self, wait: SignedDuration, asked: Option<Timestamp>) -> Outcome {
        let at = self.now.checked_add(wait).unwrap_or(Timestamp::MAX);
        let at = asked.map_or(at, |asked| at.max(asked));
        if at < self.prepared.claimed.deadline { Outcome::Retry { at } } else { Outcome::Failed }
    }

    /// What an attempt comes to; without an answer where nothing was sent.
    fn landed(
        &self,
        channel: &'static str,
        outcome: Outcome,
        answer: Option<&Result<Answer, Silence>>,
        reason: Option<&'static str>,
        signal: Signal,
        note: Note,
    ) -> Landed {
        Landed {
            lane: self.lane.clone(),
            lease: self.lease.clone(),
            settled: Settled {
                id: self.prepared.claimed.id.clone(),
                outcome,
                short: false,
                refused: answer.is_none_or(reached_nobody),
                status: answer.and_then(|answer| answer.as_ref().ok()).map(|answer| answer.status),
                reason,
            },
            signal,
            note,
            channel,
        }
    }
}

/// Whether a message certainly was not taken. An answer that is lost says nothing, and one that fails may have taken it first.
fn reached_nobody(answer: &Result<Answer, Silence>) -> bool {
    match answer {
        Ok(answer) => (300..500).contains(&answer.status),
        Err(Silence::Refused(_) | Silence::Connect) => true,
        Err(Silence::Timeout | Silence::Broken) => false,
    }
}

/// Why there was no good answer, in words.
fn silence(answer: &Result<Answer, Silence>) -> &'static str {
    match answer {
        Ok(answer) if (300..400).contains(&answer.status) => "it answered with a redirect, which is not followed",
        Ok(_) => "the other side failed",
        Err(Silence::Refused(_)) => "the address is not allowed",
        Err(Silence::Connect) => "no connection could be made",
        Err(Silence::Timeout) => "there was no answer in time",
        Err(Silence::Broken) => "the connection broke",
    }
}

#[allow(clippy::disallowed_methods)] // a monotonic stopwatch, not the time of day
async fn timed<T>(work: impl Future<Output = T>) -> (T, Duration) {
    let started = Instant::now();
    let done = work.await;
    (done, started.elapsed())
}
