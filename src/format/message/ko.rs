//! The sentences in Korean.

use super::Facts;
use super::parts::{Move, Said, is_number, movement};
use crate::model::{Cause, Concern, Level, Transition};

pub(super) fn say(facts: &Facts<'_>, lang: &str) -> Said {
    let place = facts.revision.title.pick(lang).trim().to_owned();
    let native = facts.issuer.languages.iter().any(|l| l == "ko");
    let named = |level: &Level| named(level, native);
    let level = |code: &str| facts.issuer.level(code).map_or_else(|| format!("{code}단계"), |(_, level)| named(level));
    let trip = facts.concern == Concern::Trip;
    let whereabouts = whereabouts(facts);
    let (hazard, concerned, headline);
    match &facts.happening.transition {
        Transition::Entered { after, .. } => {
            let level = level(&after.level);
            concerned = where_it_holds(facts, &place);
            hazard = format!("{level}.");
            headline = format!("{level}: {place}");
        }
        Transition::Changed { after, .. } if facts.happening.transition.only_surfaces() => {
            let level = level(&after.level);
            concerned =
                format!("{whereabouts}인 {place}에 적용됩니다. 이보다 우선하던 경보는 더 이상 해당되지 않습니다.");
            hazard = format!("{level}.");
            headline = format!("{level}: {place}");
        }
        Transition::Changed { before, after, .. } if !facts.happening.transition.yields() => {
            let (old, new) = (level(&before.level), level(&after.level));
            let (from, to) = ((before.level.as_str(), before.severity), (after.level.as_str(), after.severity));
            hazard = match movement(&facts.issuer.levels, from, to) {
                Move::Raised => format!("{old}에서 {} 상향되었습니다.", with(&new, "으로", "로")),
                Move::Lowered => format!("{old}에서 {} 하향되었습니다.", with(&new, "으로", "로")),
                Move::Level => format!("{new}. 단계는 그대로이며 내용이나 대상 지역이 바뀌었습니다."),
            };
            concerned = format!("{whereabouts}: {place}.");
            headline = format!("{new}: {place}");
        }
        Transition::Upcoming { after, .. } => {
            let level = level(&after.level);
            hazard = format!("{level}. 아직 시행 전입니다.");
            concerned = format!("{whereabouts}인 {place}에 적용될 예정입니다.");
            headline = format!("예고, {level}: {place}");
        }
        Transition::Cancelled { before, from, .. } => {
            let level = level(&before.level);
            let fate = if *from > facts.now { "시행되지 않습니다" } else { "시행 중이 아닙니다" };
            hazard = match facts.happening.cause {
                Cause::Moved if trip => format!("예고 취소: 여행 일정이 더 이상 {level} 예고 지역을 지나지 않습니다."),
                Cause::Moved => format!("예고 취소: {level} 예고 지역을 벗어나셨습니다."),
                Cause::Profile => {
                    format!("예고 취소: 예고되었던 {} 더 이상 해당되지 않습니다.", with(&level, "은", "는"))
                }
                Cause::Advisory | Cause::Clock => {
                    format!("예고 취소: 예고되었던 {} {fate}.", with(&level, "은", "는"))
                }
            };
            concerned = format!("대상 지역: {place}.");
            headline = format!("예고 취소({level}): {place}");
        }
        Transition::Changed { before, .. } | Transition::Exited { before, .. } => {
            let old = level(&before.level);
            let what = match facts.happening.cause {
                _ if facts.happening.transition.is_exception() => {
                    format!("{whereabouts}에는 예외가 인정되어 {} 적용되지 않습니다.", with(&old, "이", "가"))
                }
                Cause::Moved if trip => format!("여행 일정이 더 이상 {old} 지역을 지나지 않습니다."),
                Cause::Moved => format!("{old} 지역을 벗어나셨습니다."),
                Cause::Profile => {
                    format!("등록 정보가 바뀌어 {} 더 이상 해당되지 않습니다.", with(&old, "은", "는"))
                }
                Cause::Advisory => {
                    format!("{whereabouts}에 대한 {} 더 이상 적용되지 않습니다.", with(&old, "이", "가"))
                }
                Cause::Clock => format!("{whereabouts}에 대한 {} 끝났습니다.", with(&old, "이", "가")),
            };
            concerned = format!("대상 지역: {place}.");
            (hazard, headline) = match facts.no_milder(before) {
                Some((level, revision)) => {
                    let still = revision.title.pick(lang).trim();
                    let headline = format!("{still}: {} 계속 적용, 해제({old}): {place}", named(level));
                    (
                        format!("전면 해제는 아님: {what} 그러나 같거나 더 높은 단계의 다른 경보가 계속 적용됩니다."),
                        headline,
                    )
                }
                None => (format!("해제: {what}"), format!("해제({old}): {place}")),
            };
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

/// Where an advisory concerns the recipient, and how sure that is.
fn whereabouts(facts: &Facts<'_>) -> &'static str {
    match (facts.concern == Concern::Trip, facts.is_possible()) {
        (true, false) => "여행 일정에 있는 지역",
        (true, true) => "여행 일정이 지날 수 있는 지역",
        (false, false) => "현재 계신 지역",
        (false, true) => "현재 계실 수 있는 지역",
    }
}

/// What begins to concern them, by what brought that about.
fn where_it_holds(facts: &Facts<'_>, place: &str) -> String {
    let (trip, possible, whereabouts) = (facts.concern == Concern::Trip, facts.is_possible(), whereabouts(facts));
    match facts.happening.cause {
        Cause::Moved | Cause::Profile if trip && possible => {
            format!("여행 일정에 적용될 수 있습니다: {place}.")
        }
        Cause::Moved | Cause::Profile if trip => format!("여행 일정에 적용됩니다: {place}."),
        Cause::Moved | Cause::Profile if possible => {
            format!("현재 계실 수 있는 곳에 적용됩니다(위치가 정확하지 않음): {place}.")
        }
        Cause::Moved | Cause::Profile => format!("현재 계신 곳에 적용됩니다: {place}."),
        Cause::Advisory => format!("{whereabouts}인 {place}에 발령되었습니다."),
        Cause::Clock => format!("{whereabouts}인 {place}에서 효력이 발생했습니다."),
    }
}

fn guidance(facts: &Facts<'_>, lang: &str, named: &dyn Fn(&Level) -> String) -> String {
    let remaining = facts.remains.map(|(level, revision)| {
        format!(
            "{}에는 {} 계속 적용됩니다: {}",
            revision.title.pick(lang),
            with(&named(level), "이", "가"),
            revision.text.pick(lang)
        )
    });
    if !facts.happening.transition.is_end() {
        return facts.revision.text.pick(lang).to_owned();
    }
    remaining.unwrap_or_else(|| "이 기관의 다른 경보는 확인되지 않습니다. 안전하다는 뜻은 아닙니다.".to_owned())
}

fn time(facts: &Facts<'_>) -> String {
    match &facts.happening.transition {
        Transition::Upcoming { from, .. } => return format!("시행 예정: {}.", facts.there(*from)),
        transition if transition.is_end() => return format!("기준 시각: {}.", facts.there(facts.now)),
        _ => {}
    }
    match (facts.valid.from, facts.valid.to) {
        (Some(from), Some(to)) => format!("시행: {}부터 {}까지.", facts.there(from), facts.there(to)),
        (Some(from), None) => format!("시행: {}부터.", facts.there(from)),
        (None, Some(to)) => format!("시행: {}까지.", facts.there(to)),
        (None, None) => format!("기준 시각: {}.", facts.there(facts.now)),
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

/// A word with its particle, which depends on whether the word's last letter is closed; both are said where that is no Korean letter.
fn with(word: &str, closed: &str, open: &str) -> String {
    const FIRST: u32 = '가' as u32;
    const LAST: u32 = '힣' as u32;
    const RIEUL: u32 = 8;
    let last = word.chars().last().map_or(0, u32::from);
    match (last, (last.wrapping_sub(FIRST)) % 28) {
        (FIRST..=LAST, 0) => format!("{word}{open}"),
        // after ㄹ the vowel of 으로 is left out as well
        (FIRST..=LAST, RIEUL) if closed == "으로" => format!("{word}{open}"),
        (FIRST..=LAST, _) => format!("{word}{closed}"),
        _ if closed == "으로" => format!("{word}(으)로"),
        _ => format!("{word}{closed}({open})"),
    }
}

#[cfg(test)]
mod tests {
    use super::with;

    #[test]
    fn particles_follow_the_last_letter() {
        for (word, to, subject) in [
            ("여행금지", "여행금지로", "여행금지가"),
            ("경보 발령", "경보 발령으로", "경보 발령이"),
            ("관찰", "관찰로", "관찰이"),
            (
                "특별여행주의보(단계 special)",
                "특별여행주의보(단계 special)(으)로",
                "특별여행주의보(단계 special)이(가)",
            ),
        ] {
            assert_eq!((with(word, "으로", "로").as_str(), with(word, "이", "가").as_str()), (to, subject));
        }
    }
}
