//! A message as the JSON that browsers and programs read: declarative Web Push, which a service worker can render as well.
//!
//! Safari shows `notification` by itself (`web_push: 8030`, Push API); other browsers hand the same document to the service worker. What
//! stands beside it is for the worker: an update with a lower `revision` than the one shown under the same `tag` is dropped.

use serde::Serialize;

use crate::model::{About, Message, MessageKind};

/// The largest document, in bytes.
pub const MAX_DOCUMENT: usize = 2800;
/// Room for most documents, so that they need not be moved while they are written.
const USUAL: usize = 1024;

/// What one copy of a message carries beside its words.
#[derive(Clone, Copy, Debug)]
pub struct Stamp<'a> {
    /// The delivery's id: the same on every attempt, so that a repetition can be known.
    pub id: &'a str,
    /// What a newer message replaces when it is shown.
    pub tag: &'a str,
    /// Where a tap leads.
    pub navigate: &'a str,
    /// What it is about; a test is about nothing.
    pub about: Option<&'a About>,
}

#[derive(Serialize)]
struct Document<'a> {
    web_push: u16,
    notification: Notification<'a>,
    id: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(flatten)]
    about: Option<&'a About>,
}

#[derive(Serialize)]
struct Notification<'a> {
    title: &'a str,
    body: &'a str,
    navigate: &'a str,
    lang: &'a str,
    tag: &'a str,
}

/// The document; with `short`, or where the whole is too long, the message's short form.
pub fn push_document<K: MessageKind>(message: &Message<K>, stamp: &Stamp<'_>, short: bool) -> String {
    let write = |body: &str| {
        let notification =
            Notification { title: &message.title, body, navigate: stamp.navigate, lang: &message.lang, tag: stamp.tag };
        let document = Document { web_push: 8030, notification, id: stamp.id, kind: K::WORD, about: stamp.about };
        let mut written = Vec::with_capacity(USUAL);
        serde_json::to_writer(&mut written, &document).expect("texts and numbers become JSON");
        String::from_utf8(written).expect("JSON is text")
    };
    let whole = if short { None } else { Some(write(&message.body)) };
    whole.filter(|document| document.len() <= MAX_DOCUMENT).unwrap_or_else(|| write(&message.short))
}
