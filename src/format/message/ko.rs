//! The sentences in Korean.

use super::Facts;
use super::parts::{Move, Said, instant, is_number, movement};
use crate::model::{Cause, Concern, Level, Transition};

pub(super) fn say(facts: &Facts<'_>, lang: &str) -> Said {
    let place = facts.revision.title.pick(lang).trim().to_owned();
    let native = facts.issuer.languages.iter().any(|l| l == "ko");
    let named = |level: &Level| named(level, native);
    let level = |code: &str| facts.issuer.level(code).map_or_else(|| format!("{code}단계"), |(_, level)| named(level));
    let trip = facts.concern == Concern::Trip;
    let whereabouts = if trip { "여행 일정에 있는 지역" } else { "현재 계신 지역" };
    let (hazard, concerned, headline);
    match &facts.happening.transition {
        Transition::Entered { after, .. } => {
            let level = level(&after.level);
            concerned = match facts.happening.cause {
                Cause::Moved if trip => format!("여행 일정이 {place} 지역을 지납니다."),
                Cause::Moved => format!("현재 {place} 지역에 계십니다."),
                Cause::Advisory => format!("{whereabouts}인 {place}에 발령되었습니다."),
                Cause::Clock => format!("{whereabouts}인 {place}에서 효력이 발생했습니다."),
            };
            hazard = format!("{level}.");
            headline = format!("{level}: {place}");
        }
        Transition::Changed { before, after, .. } => {
            let (old, new) = (level(&before.level), level(&after.level));
            let (from, to) = ((before.level.as_str(), before.severity), (after.level.as_str(), after.severity));
            hazard = match movement(&facts.issuer.levels, from, to) {
                Move::Raised => format!("{old}에서 {new}(으)로 상향되었습니다."),
                Move::Lowered => format!("{old}에서 {new}(으)로 하향되었습니다."),
                Move::Level => format!("{new}. 단계는 그대로이며 내용이나 대상 지역이 바뀌었습니다."),
            };
            concerned = format!("{whereabouts}: {place}.");
            headline = format!("{new}: {place}");
        }
        Transition::Exited { before, .. } => {
            let old = level(&before.level);
            hazard = match facts.happening.cause {
                Cause::Moved if trip => format!("해제: 여행 일정이 더 이상 {old} 지역을 지나지 않습니다."),
                Cause::Moved => format!("해제: {old} 지역을 벗어나셨습니다."),
                Cause::Advisory => format!("해제: {whereabouts}에 대한 {old}이(가) 더 이상 적용되지 않습니다."),
                Cause::Clock => format!("해제: {whereabouts}에 대한 {old}이(가) 끝났습니다."),
            };
            concerned = format!("대상 지역: {place}.");
            headline = format!("해제({old}): {place}");
        }
        Transition::Upcoming { after, .. } => {
            let level = level(&after.level);
            hazard = format!("{level}. 아직 시행 전입니다.");
            concerned = format!("{whereabouts}인 {place}에 적용될 예정입니다.");
            headline = format!("예고, {level}: {place}");
        }
    }
    Said {
        source: if native { facts.issuer.native_name.clone() } else { facts.issuer.name.clone() },
        hazard,
        place: concerned,
        guidance: guidance(facts, lang, &named),
        time: time(facts),
        fallback: fallback(facts, lang),
        headline,
    }
}

fn guidance(facts: &Facts<'_>, lang: &str, named: &dyn Fn(&Level) -> String) -> String {
    let remaining = facts.remains.map(|(level, revision)| {
        format!(
            "{}에는 {}이(가) 계속 적용됩니다: {}",
            revision.title.pick(lang),
            named(level),
            revision.text.pick(lang)
        )
    });
    match facts.happening.transition {
        Transition::Exited { .. } => {
            remaining.unwrap_or_else(|| "이 기관의 다른 경보는 확인되지 않습니다. 안전하다는 뜻은 아닙니다.".to_owned())
        }
        _ => facts.revision.text.pick(lang).to_owned(),
    }
}

fn time(facts: &Facts<'_>) -> String {
    match &facts.happening.transition {
        Transition::Upcoming { from, .. } => return format!("시행 예정: {}.", instant(*from)),
        Transition::Exited { .. } => return format!("기준 시각: {}.", instant(facts.now)),
        Transition::Entered { .. } | Transition::Changed { .. } => {}
    }
    match (facts.valid.from, facts.valid.to) {
        (Some(from), Some(to)) => format!("시행: {}부터 {}까지.", instant(from), instant(to)),
        (Some(from), None) => format!("시행: {}부터.", instant(from)),
        (None, Some(to)) => format!("시행: {}까지.", instant(to)),
        (None, None) => format!("기준 시각: {}.", instant(facts.now)),
    }
}

fn fallback(facts: &Facts<'_>, lang: &str) -> Option<String> {
    let texts = &facts.revision.text;
    let given = texts.get(lang).is_some() || texts.get("ko").is_some();
    (!given).then(|| "(발령 기관의 한국어 본문이 없어 다른 언어의 원문을 그대로 싣습니다.)".to_owned())
}

fn named(level: &Level, native: bool) -> String {
    let name = if native { &level.native_name } else { &level.name };
    let code = &level.code;
    if is_number(code) { format!("{code}단계 {name}") } else { format!("{name}(단계 {code})") }
}
