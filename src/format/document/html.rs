//! Reservations in the scripts of a page, as mails and booking pages carry them.

use html5gum::{Token, Tokenizer};
use serde_json::Value;

use super::{Context, Drafts, kitinerary, schema_org};
use crate::error::Issue;
use crate::format::draft::doubtful;
use crate::format::json;

/// Reads a page; one without reservations of its own goes through the extractor, where there is one.
pub(super) fn read(text: &[u8], context: &Context) -> Drafts {
    let mut notes = Vec::new();
    let documents = scripts(&super::csv::decode(text).0, "", &mut notes);
    if documents.is_empty() && context.extractor.is_some() {
        return kitinerary::read(text, context);
    }
    Ok(vec![schema_org::draft(&documents, Vec::new(), notes, context)?])
}

/// Every reservation document of a page: where its pointers begin, and the document.
pub(super) fn scripts(page: &str, at: &str, notes: &mut Vec<Issue>) -> Vec<(String, Value)> {
    let mut documents = Vec::new();
    let mut emitter = html5gum::DefaultEmitter::<()>::default();
    // scripts are text until their end tag, whatever stands in them
    emitter.naively_switch_states(true);
    let (mut inside, mut text, mut number) = (false, Vec::new(), 0);
    for Ok(token) in Tokenizer::new_with_emitter(page, emitter) {
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
    documents
}
