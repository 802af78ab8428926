//! Answers in words: verdicts as sentences, metres and instants as people say them, and what would settle a doubt.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::colour::Style;
use crate::flows::answer::{FenceWords, LevelWords, PlacementWord};
use crate::live::Snapshot;
use crate::matching::{AppliedEffect, GapCode};
use crate::model::{Basis, CountryCode, ExemptionKind, LegalKind, RevisionId, Rgb, Traveller, Verdict};

/// The level as part of a sentence: `level 4, Travel ban (여행금지)`.
pub(super) fn level(level: &LevelWords) -> String {
    let numbered = level.code.bytes().all(|b| b.is_ascii_digit());
    let code = if numbered { format!("level {}, ", level.code) } else { String::new() };
    let native = if level.native_name == level.name { String::new() } else { format!(" ({})", level.native_name) };
    format!("{code}{}{native}", level.name)
}

/// The issuer's colour of a level.
pub(super) fn level_style(level: &LevelWords) -> Style {
    Rgb::parse(&level.colour).map_or(Style::Bold, Style::Level)
}

/// The verdict as it stands in tables and at the head: in capitals, with its colour.
pub(super) fn verdict(verdict: Verdict) -> (String, Style) {
    (verdict.as_str().to_uppercase(), Style::Verdict(verdict))
}

/// Whom an answer is for: ` for KR nationals`.
pub(super) fn whom<'a>(travellers: impl Iterator<Item = &'a Traveller>) -> String {
    let mut nationalities: Vec<CountryCode> = travellers.flat_map(|t| t.nationalities.iter().copied()).collect();
    nationalities.sort_unstable();
    nationalities.dedup();
    if nationalities.is_empty() {
        return String::new();
    }
    format!(" for {} nationals", list(nationalities.iter().map(ToString::to_string)))
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn list(items: impl Iterator<Item = String>) -> String {
    let mut items: Vec<String> = items.collect();
    let last = items.pop().unwrap_or_default();
    if items.is_empty() { last } else { format!("{} and {last}", items.join(", ")) }
}

/// A distance as people say it: to the metre below a kilometre, then to a tenth of a kilometre, then to whole ones.
pub(super) fn metres(metres: f64) -> String {
    let text = match metres.abs() {
        m if m < 999.5 => return format!("{m:.0} m"),
        m if m < 99_950.0 => format!("{:.1}", m / 1000.0),
        m => format!("{:.0}", m / 1000.0),
    };
    format!("{} km", text.strip_suffix(".0").unwrap_or(&text))
}

/// An instant at a place: `2025-10-20 09:00 +07:00`.
pub(super) fn instant(at: Timestamp, zone: &TimeZone) -> String {
    let zoned = at.to_zoned_datetime(zone.clone());
    let format = if zoned.second() == 0 { "%Y-%m-%d %H:%M %:z" } else { "%Y-%m-%d %H:%M:%S %:z" };
    zoned.strftime(format).to_string()
}

/// An instant that was reckoned, to the minute: ` about 2025-10-20 13:58 +07:00`; nothing where it is not known.
pub(super) fn about(at: Option<Timestamp>, zone: &TimeZone) -> String {
    let minute = |at: Timestamp| at.to_zoned_datetime(zone.clone()).strftime("%Y-%m-%d %H:%M %:z").to_string();
    at.map(|at| format!(" about {}", minute(at))).unwrap_or_default()
}

/// From when to when at a place; the second date is left out when it is the first.
pub(super) fn span(from: Option<Timestamp>, to: Option<Timestamp>, zone: &TimeZone) -> String {
    match (from, to) {
        (Some(from), Some(to)) if from == to => instant(from, zone),
        (Some(from), Some(to)) => {
            let (a, b) = (from.to_zoned_datetime(zone.clone()), to.to_zoned_datetime(zone.clone()));
            let first = a.strftime("%Y-%m-%d %H:%M");
            if a.date() == b.date() && a.offset() == b.offset() {
                format!("{first} – {}", b.strftime("%H:%M %:z"))
            } else {
                format!("{first} – {}", b.strftime("%Y-%m-%d %H:%M %:z"))
            }
        }
        (Some(from), None) => format!("from {}", instant(from, zone)),
        (None, Some(to)) => format!("until {}", instant(to, zone)),
        (None, None) => "at any time".to_owned(),
    }
}

/// In force since when, and until when if that is known.
pub(super) fn in_force(fence: &FenceWords, zone: &TimeZone) -> String {
    let since = fence.valid_from.map_or_else(|| "ever".to_owned(), |from| instant(from, zone));
    match fence.valid_to {
        Some(to) => format!("{since}, until {}", instant(to, zone)),
        None => since,
    }
}

/// Placement and margin: `inside, 905 m from the edge; outline derived, good to 500 m`.
pub(super) fn placement(placement: PlacementWord, margin_m: Option<f64>, on_border: bool) -> String {
    match (placement, margin_m) {
        _ if on_border => "exactly on the edge, which counts as inside".to_owned(),
        (PlacementWord::Inside, Some(m)) => format!("inside, {} from the edge", metres(m)),
        (PlacementWord::Inside, None) => "inside".to_owned(),
        (PlacementWord::Possible, Some(m)) if m <= 0.0 => {
            format!("possibly inside, which counts as inside: {} inside the drawn edge", metres(m))
        }
        (PlacementWord::Possible, Some(m)) => {
            format!("possibly inside, which counts as inside: {} outside the drawn edge", metres(m))
        }
        (PlacementWord::Possible, None) => "possibly inside, which counts as inside".to_owned(),
    }
}

/// How good the outline is.
pub(super) fn outline(fence: &FenceWords) -> String {
    let basis = match fence.basis {
        Basis::Official => "official",
        Basis::Derived => "derived",
        Basis::Digitised => "digitised",
        Basis::Approximate => "approximate",
    };
    format!("outline {basis}, good to {}", metres(fence.accuracy_m))
}

/// Why one revision stands above another of its issuer.
pub(super) fn outranked(snapshot: &Snapshot, below: &FenceWords, above: &RevisionId) -> String {
    let fence = snapshot.index.fences().iter().find(|fence| fence.revision.id == *above);
    let why = match fence {
        Some(above) if above.revision.carves_out_of.contains(&below.revision.advisory) => "which is carved out of it",
        Some(above) if above.severity > below.severity => "which is graver",
        Some(_) => "which is as grave and more specific",
        None => "which stands above it",
    };
    format!("outranked by {above}, {why}")
}

/// The kind of a legal effect.
pub(super) fn legal_kind(kind: LegalKind) -> &'static str {
    match kind {
        LegalKind::InsuranceLikelyAffected => "insurance likely affected",
        LegalKind::ContractRights => "contract rights",
        LegalKind::PassportRestriction => "passport restriction",
        LegalKind::CriminalPenalty => "criminal penalty",
        LegalKind::WorkerDeploymentBan => "ban on sending workers",
    }
}

/// A legal effect in one paragraph; none where it certainly does not bind.
pub(super) fn legal_effect(effect: &AppliedEffect) -> Option<String> {
    let applies = match effect.applies {
        Some(true) => "applies",
        None => "applies if the nationality is one that it binds",
        Some(false) => return None,
    };
    let grounds = if effect.permit_grounds.is_empty() {
        String::new()
    } else {
        format!(" Permits are given for: {}.", effect.permit_grounds.join("; "))
    };
    Some(
        format!(
            "{} ({}) {applies}: {}{grounds} {}",
            effect.statute,
            legal_kind(effect.kind),
            effect.text,
            effect.url.as_deref().unwrap_or_default()
        )
        .trim_end()
        .to_owned(),
    )
}

/// The ground of an exemption.
pub(super) fn exemption(kind: ExemptionKind) -> &'static str {
    match kind {
        ExemptionKind::TransitOnly => "only passing through",
        ExemptionKind::Resident => "resident there",
        ExemptionKind::Permit => "permit held",
    }
}

/// What would settle a gap in what is known.
pub(super) fn settles(code: GapCode) -> &'static str {
    match code {
        GapCode::NotCovered => {
            "add the issuer's statements about the country, with their coverage, to the data folder; until then read the issuer's own page"
        }
        GapCode::BeforeRecords => "ask about a later time, or add the earlier revisions to the data folder",
        GapCode::Stale => {
            "compare the file with the issuer's page and move its verified_at; or ask --as-of a time when it was fresh; or trust it for longer with --max-data-age"
        }
        GapCode::RefusedFile => "mend the file; `cordon regions lint` names the line",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_said_as_people_do() {
        let said = [0.4, 905.2, -79.0, 999.6, 22_640.0, 99_960.0, 412_345.0].map(metres);
        assert_eq!(said, ["0 m", "905 m", "79 m", "1 km", "22.6 km", "100 km", "412 km"]);
    }

    #[test]
    fn spans_leave_out_what_is_said_already() {
        let zone = TimeZone::fixed(jiff::tz::offset(7));
        let at = |text: &str| Some(text.parse::<Timestamp>().expect("an instant"));
        let (a, b, c) = (at("2025-10-20T01:00:00Z"), at("2025-10-20T11:00:00Z"), at("2025-10-22T17:00:00Z"));
        assert_eq!(span(a, b, &zone), "2025-10-20 08:00 – 18:00 +07:00");
        assert_eq!(span(b, c, &zone), "2025-10-20 18:00 – 2025-10-23 00:00 +07:00");
        assert_eq!(span(a, a, &zone), "2025-10-20 08:00 +07:00");
        assert_eq!(span(None, a, &zone), "until 2025-10-20 08:00 +07:00");
    }

    #[test]
    fn nationalities_are_listed_once_each() {
        let traveller = |codes: &[&str]| Traveller {
            nationalities: codes.iter().map(|code| CountryCode::parse(code).expect("a country")).collect(),
            ..Traveller::default()
        };
        assert_eq!(whom([traveller(&["KR"]), traveller(&["US", "KR"])].iter()), " for KR and US nationals");
        assert_eq!(whom([traveller(&[])].iter()), "");
    }
}
