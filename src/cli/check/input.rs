//! What was asked: a position by its form, else lines of positions or a document, from a file or the standard input.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IntoDeserializer;

use super::Args;
use crate::config::Settings;
use crate::error::{Error, Issue};
use crate::format::document::kitinerary::Extractor;
use crate::format::document::{self, Context, Format};
use crate::format::draft::{Asked, Draft};
use crate::format::itinerary::{ItineraryQuery, MemberDoc};
use crate::format::location::{LocationRequest, PositionDoc};
use crate::format::moment;
use crate::model::gazetteer::Gazetteer;
use crate::model::{AdvisoryId, CountryCode, IssuerCode, Permit, Purpose, Traveller};

/// A plan of a thousand legs with dense geometry is a tenth of this; more is a wrong file.
const MAX_BYTES: u64 = 64 << 20;

/// A question of one of the two kinds.
pub(super) enum Question {
    Position(LocationRequest),
    Lines(Lines),
    Plan(Box<Plan>),
}

/// Requests about positions, one on each line.
pub(super) struct Lines {
    /// The file's name, for messages.
    pub name: String,
    pub text: Box<dyn BufRead + Send>,
    pub also: Also,
}

/// What flags say beside the lines.
pub(super) struct Also {
    flags: Flags,
    at: Option<String>,
    as_of: Option<String>,
    issuers: Vec<IssuerCode>,
    lang: Option<String>,
}

impl Also {
    /// Adds what the flags say to the request on a line: who travels instead of the line, the rest where the line is silent.
    pub fn complete(&self, request: &mut LocationRequest) {
        self.flags.apply_to(&mut request.traveller);
        let or = |own: &mut Option<String>, flag: &Option<String>| *own = own.take().or_else(|| flag.clone());
        or(&mut request.at, &self.at);
        or(&mut request.as_of, &self.as_of);
        or(&mut request.lang, &self.lang);
        request.issuers.extend(self.issuers.iter().cloned());
    }
}

/// A plan as read, and how its document was written.
pub(super) struct Plan {
    /// The file's name, for messages.
    pub name: String,
    format: Format,
    /// The document, byte for byte.
    pub text: Vec<u8>,
    /// The plan, and what it asks itself, where it is in our own form.
    own: Option<(Draft, Option<Asked>)>,
    asked: Asked,
    flags: Flags,
}

/// Reads what was asked for.
pub(super) fn read(args: &Args) -> Result<Question, String> {
    if let Some((lat, lon)) = position(&args.what) {
        if args.map.is_some() {
            return Err("--map draws travel plans; a position has none".to_owned());
        }
        if !args.evidence.is_empty() {
            return Err("--evidence is of travel plans; a position has none".to_owned());
        }
        return Ok(Question::Position(location(args, lat, lon)));
    }
    if args.lines || has_lines(&args.what) {
        return lines(args).map(Question::Lines);
    }
    let (name, text) = document(&args.what)?;
    for (flag, given) in [("--at", args.at.is_some()), ("--accuracy", args.accuracy.is_some())] {
        if given {
            return Err(format!("{flag} belongs to a position; {name} says itself when and where"));
        }
    }
    plan(args, &name, text).map(|plan| Question::Plan(Box::new(plan))).map_err(|e| super::said(&e, Some(&name)))
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

fn has_lines(what: &str) -> bool {
    let ending = Path::new(what).extension().map(std::ffi::OsStr::to_ascii_lowercase);
    ending.is_some_and(|ending| ending == "ndjson" || ending == "jsonl")
}

fn lines(args: &Args) -> Result<Lines, String> {
    let (name, text) = open(&args.what)?;
    let of_others = [
        ("--accuracy", args.accuracy.is_some()),
        ("--map", args.map.is_some()),
        ("--evidence", !args.evidence.is_empty()),
        ("--avoid-severity", args.avoid_severity.is_some()),
    ];
    if let Some((flag, _)) = of_others.into_iter().find(|(_, given)| *given) {
        return Err(format!("{flag} does not go with lines of positions, as {name} has them"));
    }
    for (flag, instant) in [("--at", &args.at), ("--as-of", &args.as_of)] {
        instant
            .as_deref()
            .map_or(Ok(()), |text| moment::instant(text).map(drop).map_err(|e| format!("{flag}: {e}")))?;
    }
    let also = Also {
        flags: Flags::of(args),
        at: args.at.clone(),
        as_of: args.as_of.clone(),
        issuers: args.issuer.clone(),
        lang: args.lang.clone(),
    };
    Ok(Lines { name, text: Box::new(BufReader::with_capacity(256 << 10, text)), also })
}

/// The name of a file, for messages, and what reads it.
fn open(what: &str) -> Result<(String, Box<dyn Read + Send>), String> {
    if what == "-" {
        Ok(("standard input".to_owned(), Box::new(std::io::stdin())))
    } else if Path::new(what).is_file() {
        let file = std::fs::File::open(what).map_err(|e| format!("cannot read {what}: {e}"))?;
        Ok((what.to_owned(), Box::new(file)))
    } else if what.starts_with('-') {
        Err(format!("there is no option `{what}`; see `cordon check --help`"))
    } else {
        Err(format!(
            "`{what}` is neither a position, such as 13.65805,102.56365 (latitude, longitude), nor a file that is there"
        ))
    }
}

/// The name of a document, for messages, and its text.
fn document(what: &str) -> Result<(String, Vec<u8>), String> {
    let (name, read) = open(what)?;
    let mut text = Vec::new();
    match read.take(MAX_BYTES + 1).read_to_end(&mut text) {
        Err(e) => Err(format!("cannot read {name}: {e}")),
        Ok(_) if text.len() as u64 > MAX_BYTES => Err(format!("{name} is longer than {} MiB", MAX_BYTES >> 20)),
        Ok(_) => Ok((name, text)),
    }
}

/// A document, with what the flags add. Our own form is read at once; others need the data folder first.
fn plan(args: &Args, name: &str, text: Vec<u8>) -> Result<Plan, Error> {
    let format = Format::of_file(name, &text);
    let asked = Asked {
        as_of: args.as_of.clone(),
        issuers: args.issuer.clone(),
        lang: args.lang.clone(),
        avoid_severity: args.avoid_severity,
        ..Asked::default()
    };
    if let Some(Err(detail)) = asked.as_of.as_deref().map(moment::instant) {
        return Err(Issue::invalid("--as-of", detail).into());
    }
    let own = match format {
        Format::Cordon => Some(document::read_own(&text).map_err(Error::Invalid)?),
        _ => None,
    };
    Ok(Plan { name: name.to_owned(), format, text, own, asked, flags: Flags::of(args) })
}

/// What flags say of the travellers.
struct Flags {
    nationalities: Vec<CountryCode>,
    purpose: Option<Purpose>,
    permits: Vec<Permit>,
}

impl Flags {
    fn of(args: &Args) -> Self {
        Self { nationalities: args.nationality.clone(), purpose: purpose(args), permits: args.permit.clone() }
    }

    /// Asks for these nationalities and this purpose instead of those written, with these permits too.
    fn apply_to(&self, traveller: &mut Traveller) {
        if !self.nationalities.is_empty() {
            traveller.nationalities.clone_from(&self.nationalities);
        }
        traveller.purpose = self.purpose.unwrap_or(traveller.purpose);
        traveller.permits.extend(self.permits.iter().cloned());
    }

    /// Asks for one traveller of the nationalities named instead of the party in the file.
    fn apply(&self, draft: &mut Draft) {
        let party = &mut draft.doc.party;
        if !self.nationalities.is_empty() || party.is_empty() {
            *party = vec![MemberDoc {
                id: "traveller".to_owned(),
                nationalities: self.nationalities.clone(),
                ..MemberDoc::default()
            }];
        }
        for member in party {
            member.purpose = self.purpose.unwrap_or(member.purpose);
            member.permits.extend(self.permits.iter().cloned());
        }
    }
}

impl Plan {
    /// The question, with places in the document as it was written.
    pub fn query(&self, gazetteer: &Gazetteer, settings: &Settings, now: Timestamp) -> Result<ItineraryQuery, Error> {
        let limits = settings.geometry_limits();
        let (mut draft, own) = if let Some((draft, own)) = &self.own {
            (draft.clone(), own.clone())
        } else {
            let extractor = Extractor::of_setting(&settings.extractor);
            let context = Context { gazetteer, limits: &limits, extractor: extractor.as_ref() };
            document::read_one(self.format, &self.text, &context)?
        };
        self.flags.apply(&mut draft);
        let mut asked = self.asked.clone();
        if let Some(own) = own {
            asked.as_of = asked.as_of.or(own.as_of);
            asked.lang = asked.lang.or(own.lang);
            asked.issuers.splice(0..0, own.issuers);
            asked.corridor_m = own.corridor_m;
            asked.avoid_severity = asked.avoid_severity.or(own.avoid_severity);
        }
        draft.query(&asked, gazetteer, &limits, now)
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
