//! `missions.json`: whom to call. Optional; a wrong file is refused as a whole, since a wrong number is worse than none.

use std::path::Path;

use super::document::read_text;
use super::report::{FileSummary, Report};
use crate::geometry::Limits;
use crate::model::mission::{Mission, MissionKind, Missions};
use crate::model::{CountryCode, Issuers};

const FILE: &str = "missions.json";

/// Reads the file, if there is one.
pub(super) fn read(root: &Path, limits: &Limits, issuers: &Issuers, report: &mut Report) -> Missions {
    let path = root.join(FILE);
    if !path.exists() {
        return Missions::default();
    }
    let text = match read_text(&path, limits) {
        Ok(text) => text,
        Err(wrong) => {
            report.error(FILE, wrong.line, wrong.detail);
            return Missions::default();
        }
    };
    let missions: Missions = match serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_str(&text)) {
        Ok(missions) => missions,
        Err(e) => {
            report.error(FILE, e.inner().line(), format!("{}: {}", e.path(), e.inner()));
            return Missions::default();
        }
    };
    for (i, mission) in missions.missions.iter().enumerate() {
        for mistake in mistakes(mission, issuers) {
            report.error(FILE, None, format!("missions[{i}].{mistake}"));
        }
    }
    report.files.push(FileSummary { file: FILE.to_owned(), entries: missions.missions.len() });
    if report.refusal(FILE).is_some() { Missions::default() } else { missions }
}

/// What is wrong with an entry, each beginning with the member it is about.
fn mistakes(mission: &Mission, issuers: &Issuers) -> Vec<String> {
    let mut mistakes = Vec::new();
    // without issuers no issuer is known: that is one mistake, not one in every entry
    if !issuers.issuers.is_empty() && issuers.get(&mission.issuer).is_none() {
        mistakes.push(format!("issuer: there is no issuer `{}`", mission.issuer));
    }
    match (mission.kind, mission.country) {
        (MissionKind::CallCenter, Some(country)) => {
            mistakes.push(format!("country: a call centre answers everywhere, not only in {country}"));
        }
        (MissionKind::Embassy | MissionKind::Consulate, None) => {
            mistakes.push("country: the country it stands in is missing".to_owned());
        }
        _ => {}
    }
    let mut before: Vec<CountryCode> = mission.country.into_iter().collect();
    for &country in &mission.responsible_for {
        if before.contains(&country) {
            mistakes.push(format!("responsible_for: {country} is there twice"));
        }
        before.push(country);
    }
    if mission.name.get("en").is_none() {
        mistakes.push("name: lacks en".to_owned());
    }
    if mission.phones.is_empty() {
        mistakes.push("phones: there is no number to call".to_owned());
    }
    if mission.source_url.trim().is_empty() || mission.confirmed_by == 0 {
        mistakes.push("source_url: every number needs a source".to_owned());
    }
    mistakes
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Value, json};

    use super::*;
    use crate::model::Issuer;

    fn issuers() -> Issuers {
        let issuer = json!({"code": "nz-mfat", "country": "NZ", "nationalities": ["NZ"], "name": "MFAT", "native_name": "MFAT", "url": null,
                            "licence": "", "attribution": "", "languages": ["en"], "levels": [], "legal_effects": []});
        let issuer: Issuer = serde_json::from_value(issuer).expect("an issuer");
        Issuers { issuers: vec![Arc::new(issuer)], ..Issuers::default() }
    }

    fn bangkok() -> Value {
        json!({"issuer": "nz-mfat", "kind": "embassy", "country": "TH", "responsible_for": ["KH"], "name": {"en": "Embassy, Bangkok"},
               "phones": [{"number": "+6622542530", "use": "office"}], "evidence": "issuer", "source_url": "https://example.org/", "seen_at": "2026-07-24",
               "confirmed_by": 2})
    }

    /// What reading a file with this one entry reports, and how many entries it gives.
    fn read_one(mission: &Value) -> (Vec<String>, usize) {
        let folder = tempfile::TempDir::new().expect("a folder");
        std::fs::write(folder.path().join(FILE), json!({"missions": [mission]}).to_string()).expect("written");
        let mut report = Report::default();
        let missions = read(folder.path(), &Limits::default(), &issuers(), &mut report);
        (report.problems.iter().map(|problem| problem.detail.clone()).collect(), missions.missions.len())
    }

    #[test]
    fn a_sound_entry_is_taken_and_helps_where_it_is_responsible() {
        assert_eq!(read_one(&bangkok()), (vec![], 1));
        let mission: Mission = serde_json::from_value(bangkok()).expect("a mission");
        let helps_in = |code: &str| mission.helps_in(CountryCode::parse(code).expect("a country"));
        assert_eq!(["TH", "KH", "VN"].map(helps_in), [true, true, false]);
    }

    #[test]
    fn a_folder_without_the_file_is_sound() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let mut report = Report::default();
        assert!(read(folder.path(), &Limits::default(), &issuers(), &mut report).missions.is_empty());
        assert!(report.problems.is_empty());
    }

    #[test]
    fn every_mistake_is_named_with_its_member_and_nothing_is_taken() {
        let changed = |member: &str, value: Value| {
            let mut mission = bangkok();
            mission[member] = value;
            mission
        };
        let phone = |number: &str| json!([{"number": number, "use": "office"}]);
        let cases = [
            (changed("telex", json!("1")), "missions[0].telex: unknown field `telex`"),
            (changed("issuer", json!("nobody")), "missions[0].issuer: there is no issuer `nobody`"),
            (changed("country", json!("QQ")), "missions[0].country: `QQ` is not an ISO 3166-1 country code"),
            (changed("country", json!(null)), "missions[0].country: the country it stands in is missing"),
            (changed("kind", json!("call_center")), "missions[0].country: a call centre answers everywhere"),
            (changed("responsible_for", json!(["TH"])), "missions[0].responsible_for: TH is there twice"),
            (changed("name", json!({"ko": "대사관"})), "missions[0].name: lacks en"),
            (changed("phones", json!([])), "missions[0].phones: there is no number to call"),
            // as written on a card, with the trunk 0, a short code, one digit too many (E.164 ends at 15)
            (
                changed("phones", phone("+66 2 254 2530")),
                "missions[0].phones[0].number: `+66 2 254 2530` is not an E.164",
            ),
            (changed("phones", phone("022542530")), "missions[0].phones[0].number: `022542530` is not an E.164"),
            (changed("phones", phone("+117")), "missions[0].phones[0].number: `+117` is not an E.164"),
            (changed("phones", phone("+6612345678901234")), "missions[0].phones[0].number: `+6612345678901234` is not"),
            (changed("seen_at", json!("July")), "missions[0].seen_at: "),
            (changed("confirmed_by", json!(0)), "missions[0].source_url: every number needs a source"),
        ];
        for (mission, expected) in cases {
            let (problems, taken) = read_one(&mission);
            assert_eq!((problems.len(), taken), (1, 0), "{problems:?}");
            assert!(problems[0].starts_with(expected), "{} does not begin with {expected}", problems[0]);
        }
    }
}
