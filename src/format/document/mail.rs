//! An e-mail with reservations: in the scripts of its HTML, in attached calendars and JSON; else through the extractor.

use mail_parser::{MessageParser, MimeHeaders, PartType};
use serde_json::Value;

use super::{Context, Drafts, html, icalendar, kitinerary, schema_org};
use crate::error::Issue;
use crate::format::draft::{doubtful, dropped};
use crate::format::json;

/// How deep mails may lie in each other.
const MAX_DEPTH: usize = 4;

/// Reads a mail.
pub(super) fn read(text: &[u8], context: &Context) -> Drafts {
    let Some(message) = MessageParser::default().parse(text) else {
        return Err(vec![Issue::invalid("", "is no e-mail")]);
    };
    let mut found = Found::default();
    take(&message, "", 0, &mut found);
    let Found { mut documents, calendars, mut notes } = found;
    let (mut events, mut issues) = (Vec::new(), Vec::new());
    for (at, calendar) in &calendars {
        match icalendar::read_part(calendar, at, context) {
            Ok(calendar) => {
                documents.extend(calendar.reservations);
                events.extend(calendar.events);
                notes.extend(calendar.notes);
            }
            Err(unread) => issues.extend(unread),
        }
    }
    if documents.is_empty() && events.is_empty() {
        if !issues.is_empty() {
            return Err(issues);
        }
        if context.extractor.is_some() {
            return kitinerary::read(text, context);
        }
        issues.push(Issue::invalid("", "the mail carries no reservation in JSON-LD and no calendar"));
        issues.extend(notes);
        return Err(issues);
    }
    notes.extend(issues.into_iter().map(|issue| doubtful(issue.pointer, issue.detail)));
    Ok(vec![schema_org::draft(&documents, events, notes, context)?])
}

#[derive(Default)]
struct Found {
    documents: Vec<(String, Value)>,
    calendars: Vec<(String, Vec<u8>)>,
    notes: Vec<Issue>,
}

fn take(message: &mail_parser::Message, at: &str, depth: usize, found: &mut Found) {
    for (i, part) in message.parts.iter().enumerate() {
        let at = format!("{at}part {}: ", i + 1);
        let subtype = part.content_type().and_then(|kind| kind.subtype()).unwrap_or_default().to_ascii_lowercase();
        match &part.body {
            PartType::Html(page) => {
                let documents = html::scripts(page, &at, &mut found.notes);
                found.documents.extend(documents);
            }
            PartType::Message(inner) if depth < MAX_DEPTH => take(inner, &at, depth + 1, found),
            PartType::Message(_) => {
                found.notes.push(dropped(at.trim_end_matches(": "), "mails lie too deep in each other"));
            }
            PartType::Text(_) | PartType::Binary(_) | PartType::InlineBinary(_) if subtype == "ld+json" => {
                match json::distinct(part.contents()) {
                    Ok(value) => found.documents.push((at, value)),
                    Err(e) => found.notes.push(doubtful(at.trim_end_matches(": "), format!("is no JSON: {e}"))),
                }
            }
            PartType::Text(_) | PartType::Binary(_) | PartType::InlineBinary(_) if subtype == "calendar" => {
                found.calendars.push((at, part.contents().to_vec()));
            }
            PartType::Binary(_) | PartType::InlineBinary(_) => {
                found.notes.push(dropped(at.trim_end_matches(": "), "an attachment that is not looked into"));
            }
            PartType::Text(_) | PartType::Multipart(_) => {}
        }
    }
}
