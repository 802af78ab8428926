//! What was asked: a position by its form, else a document from a file or the standard input.

use std::io::Read;
use std::path::Path;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde_json::Value;

use super::Args;
use crate::error::{Error, Issue};
use crate::format::itinerary::{ItineraryDoc, ItineraryQuery, ItineraryRequest, MemberDoc};
use crate::format::json;
use crate::format::location::{LocationRequest, PositionDoc};
use crate::format::moment;
use crate::geometry::Limits;
use crate::model::gazetteer::Gazetteer;
use crate::model::{AdvisoryId, IssuerCode, Permit, Purpose, Traveller};

/// A plan of a thousand legs with dense geometry is a tenth of this; more is a wrong file.
const MAX_BYTES: u64 = 64 << 20;

/// A question of one of the two kinds.
pub(super) enum Asked {
    Position(LocationRequest),
    Plan(Box<Plan>),
}

/// A plan as read, and how its document was written.
pub(super) struct Plan {
    /// The file's name, for messages.
    pub name: String,
    /// The document, byte for byte.
    pub text: Vec<u8>,
    request: ItineraryRequest,
    /// Where the itinerary is in the document: pointers into the caller's file must fit it.
    pointer: &'static str,
}

/// Reads what was asked for.
pub(super) fn read(args: &Args) -> Result<Asked, String> {
    if let Some((lat, lon)) = position(&args.what) {
        if args.map.is_some() {
            return Err("--map draws travel plans; a position has none".to_owned());
        }
        if !args.evidence.is_empty() {
            return Err("--evidence is of travel plans; a position has none".to_owned());
        }
        return Ok(Asked::Position(location(args, lat, lon)));
    }
    let (name, text) = document(&args.what)?;
    for (flag, given) in [("--at", args.at.is_some()), ("--accuracy", args.accuracy.is_some())] {
        if given {
            return Err(format!("{flag} belongs to a position; {name} says itself when and where"));
        }
    }
    plan(args, &name, text).map(|plan| Asked::Plan(Box::new(plan))).map_err(|e| super::said(&e, Some(&name)))
}

/// Two numbers and a comma between them.
fn position(what: &str) -> Option<(f64, f64)> {
    let (lat, lon) = what.split_once(',')?;
    Some((lat.trim().parse().ok()?, lon.trim().parse().ok()?))
}

fn location(args: &Args, lat: f64, lon: f64) -> LocationRequest {
    LocationRequest {
        position: PositionDoc { lat, lon, accuracy_m: args.accuracy.unwrap_or(0.0) },
        at: args.at.clone(),
        as_of: args.as_of.clone(),
        traveller: Traveller {
            nationalities: args.nationality.clone(),
            purpose: purpose(args).unwrap_or_default(),
            permits: args.permit.clone(),
        },
        issuers: args.issuer.clone(),
        lang: args.lang.clone(),
    }
}

/// The name of a document, for messages, and its text.
fn document(what: &str) -> Result<(String, Vec<u8>), String> {
    let mut text = Vec::new();
    let (name, read) = if what == "-" {
        ("standard input".to_owned(), std::io::stdin().lock().take(MAX_BYTES + 1).read_to_end(&mut text))
    } else if Path::new(what).is_file() {
        let file = std::fs::File::open(what);
        (what.to_owned(), file.and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut text)))
    } else if what.starts_with('-') {
        return Err(format!("there is no option `{what}`; see `cordon check --help`"));
    } else {
        return Err(format!(
            "`{what}` is neither a position, such as 13.65805,102.56365 (latitude, longitude), nor a file that is there"
        ));
    };
    match read {
        Err(e) => Err(format!("cannot read {name}: {e}")),
        Ok(_) if text.len() as u64 > MAX_BYTES => Err(format!("{name} is longer than {} MiB", MAX_BYTES >> 20)),
        Ok(_) => Ok((name, text)),
    }
}

/// The plan of a document, with what the flags add.
fn plan(args: &Args, name: &str, document: Vec<u8>) -> Result<Plan, Error> {
    let text = document.as_slice();
    let form: Value = json::read(text)?;
    let (pointer, mut request) = if form.get("itinerary").is_some() {
        ("/itinerary", json::read::<ItineraryRequest>(text)?)
    } else if form.get("stops").is_some() {
        let request = ItineraryRequest {
            itinerary: json::read::<ItineraryDoc>(text)?,
            as_of: None,
            issuers: Vec::new(),
            lang: None,
            corridor_m: ItineraryRequest::default_corridor_m(),
            avoid_severity: None,
        };
        ("", request)
    } else {
        let detail = "is no travel plan: it has neither `stops` nor `itinerary`; see `cordon check --help`";
        return Err(Issue::invalid("", detail).into());
    };
    if !args.nationality.is_empty() || request.itinerary.party.is_empty() {
        request.itinerary.party = vec![MemberDoc {
            id: "traveller".to_owned(),
            nationalities: args.nationality.clone(),
            purpose: Purpose::default(),
            permits: Vec::new(),
        }];
    }
    for member in &mut request.itinerary.party {
        member.purpose = purpose(args).unwrap_or(member.purpose);
        member.permits.extend(args.permit.iter().cloned());
    }
    request.as_of = args.as_of.clone().or(request.as_of);
    request.lang = args.lang.clone().or(request.lang);
    request.avoid_severity = args.avoid_severity.or(request.avoid_severity);
    request.issuers.extend(args.issuer.iter().cloned());
    Ok(Plan { name: name.to_owned(), text: document, request, pointer })
}

impl Plan {
    /// The question, with pointers into the document as it was written.
    pub fn query(&self, gazetteer: &Gazetteer, limits: &Limits, now: Timestamp) -> Result<ItineraryQuery, Error> {
        let request = self.request.clone();
        if !self.pointer.is_empty() {
            return request.query(gazetteer, limits, now);
        }
        let as_of = match request.as_of.as_deref().map(moment::instant) {
            None => now,
            Some(Ok(as_of)) => as_of,
            Some(Err(detail)) => return Err(Issue::invalid("--as-of", detail).into()),
        };
        Ok(ItineraryQuery {
            itinerary: request.itinerary.itinerary(self.pointer, gazetteer, limits, as_of)?,
            as_of,
            issuers: request.issuers,
            lang: request.lang.unwrap_or_else(|| "en".to_owned()),
            corridor_m: request.corridor_m,
            avoid_severity: request.avoid_severity,
        })
    }
}

fn purpose(args: &Args) -> Option<Purpose> {
    let name: serde::de::value::StrDeserializer<serde::de::value::Error> = args.purpose.as_deref()?.into_deserializer();
    Purpose::deserialize(name).ok()
}

/// Reads a permit: an issuer's code, or an advisory's id.
pub(super) fn permit(text: &str) -> Result<Permit, String> {
    let (issuer, advisory) = match text.split_once(':') {
        Some((issuer, _)) => (issuer, Some(AdvisoryId::parse(text)?)),
        None => (text, None),
    };
    Ok(Permit { issuer: IssuerCode::parse(issuer)?, advisory, valid_from: None, valid_to: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_told_from_files_by_their_form() {
        assert_eq!(position("13.65805,102.56365"), Some((13.65805, 102.56365)));
        assert_eq!(position(" -33.9 , 151.2 "), Some((-33.9, 151.2)));
        assert_eq!(position("trip,final.json"), None);
        assert_eq!(position("trip.json"), None);
    }
}
