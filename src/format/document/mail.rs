//! An e-mail with reservations: in the scripts of its HTML, in attached calendars and JSON; papers and the rest through the extractor.

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
    let Found { mut documents, calendars, papers, mut unread, mut notes } = found;
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
    let is_calendar = documents.is_empty();
    for (at, paper) in papers {
        let read = match context.extractor {
            Some(extractor) => extractor.reservations(&paper).map(|found| (found, extractor.note())),
            None => Err("only kitinerary-extractor can read this, and it is not installed here".to_owned()),
        };
        match read {
            // beside events there is nothing that the paper could say twice
            Ok((found, note)) if is_calendar => {
                documents.push((format!("{at}: extracted: "), found));
                notes.push(note);
            }
            Ok(_) => unread.push(doubtful(at, "a paper with reservations, which may be others than those of the mail")),
            Err(detail) => notes.push(doubtful(at, format!("a paper that is not looked into: {detail}"))),
        }
    }
    let has_events = !events.is_empty();
    let mut own = schema_org::draft(&documents, events, notes, context)?;
    if has_events {
        // which the extractor does not see
        own.notes.extend(std::mem::take(&mut unread));
    }
    Ok(kitinerary::or_in_doubt(text, own, unread, context))
}

#[derive(Default)]
struct Found {
    documents: Vec<(String, Value)>,
    calendars: Vec<(String, Vec<u8>)>,
    /// Papers and passes that only the extractor reads.
    papers: Vec<(String, Vec<u8>)>,
    /// What else only the extractor reads.
    unread: Vec<Issue>,
    notes: Vec<Issue>,
}

fn take(message: &mail_parser::Message, at: &str, depth: usize, found: &mut Found) {
    for (i, part) in message.parts.iter().enumerate() {
        let at = format!("{at}part {}: ", i + 1);
        let subtype = part.content_type().and_then(|kind| kind.subtype()).unwrap_or_default().to_ascii_lowercase();
        match &part.body {
            PartType::Html(page) => {
                let page = html::page(page, &at, &mut found.notes);
                found.documents.extend(page.documents);
                found.unread.extend(page.unread);
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
            PartType::Binary(_) | PartType::InlineBinary(_) if matches!(&*subtype, "pdf" | "vnd.apple.pkpass") => {
                found.papers.push((at.trim_end_matches(": ").to_owned(), part.contents().to_vec()));
            }
            PartType::Binary(_) | PartType::InlineBinary(_) => {
                found.notes.push(dropped(at.trim_end_matches(": "), "an attachment that is not looked into"));
            }
            PartType::Text(_) | PartType::Multipart(_) => {}
        }
    }
}
