//! Reservations in the scripts of a page, as mails and booking pages carry them.

use html5gum::{Token, Tokenizer};
use serde_json::Value;

use super::{Context, Drafts, kitinerary, schema_org};
use crate::error::Issue;
use crate::format::draft::doubtful;
use crate::format::json;

/// Reads a page; one without reservations in its scripts, or with others written into its text, goes through the extractor, where there is one.
pub(super) fn read(text: &[u8], context: &Context) -> Drafts {
    let mut notes = Vec::new();
    let Page { documents, unread } = page(&super::csv::decode(text).0, "", &mut notes);
    if documents.is_empty() && context.extractor.is_some() {
        return kitinerary::read(text, context);
    }
    let own = schema_org::draft(&documents, Vec::new(), notes, context)?;
    Ok(kitinerary::or_in_doubt(text, own, unread, context))
}

/// What a page holds.
pub(super) struct Page {
    /// The documents of its scripts, each with where its pointers begin.
    pub documents: Vec<(String, Value)>,
    /// Reservations that are written into its text (microdata), which only the extractor reads.
    pub unread: Vec<Issue>,
}

/// Every reservation of a page.
pub(super) fn page(page: &str, at: &str, notes: &mut Vec<Issue>) -> Page {
    let mut unread = Vec::new();
    let mut documents = Vec::new();
    let mut emitter = html5gum::DefaultEmitter::<()>::default();
    // scripts are text until their end tag, whatever stands in them
    emitter.naively_switch_states(true);
    let (mut inside, mut text, mut number) = (false, Vec::new(), 0);
    for Ok(token) in Tokenizer::new_with_emitter(page, emitter) {
        if let Token::StartTag(tag) = &token
            && let Some(kind) = tag.attributes.get(&b"itemtype"[..])
            && kind.value.0.ends_with(b"Reservation")
        {
            let kind = String::from_utf8_lossy(&kind.value.0).into_owned();
            unread.push(doubtful(
                format!("{at}itemtype \"{kind}\""),
                "a reservation in the text of the page: it is not read",
            ));
        }
        match token {
            Token::StartTag(tag) if tag.name.0 == b"script" => {
                let kind = tag.attributes.get(&b"type"[..]).map(|kind| kind.value.0.to_ascii_lowercase());
                inside = kind.is_some_and(|kind| kind.starts_with(b"application/ld+json"));
                text.clear();
            }
            Token::String(part) if inside => text.extend_from_slice(&part.value.0),
            Token::EndTag(tag) if tag.name.0 == b"script" && inside => {
                inside = false;
                number += 1;
                let at = format!("{at}script {number}: ");
                match json::distinct(&text) {
                    Ok(value) => documents.push((at, value)),
                    Err(e) => notes.push(doubtful(at.trim_end_matches(": "), format!("is no JSON: {e}"))),
                }
            }
            _ => {}
        }
    }
    if inside {
        notes.push(doubtful(format!("{at}script {}", number + 1), "has no end"));
    }
    Page { documents, unread }
}
