//! The words of evidence pages that are theirs alone, in Korean and English.

use super::is_korean;

/// The words; the field's name says what each is for.
#[allow(missing_docs)]
pub struct Words {
    pub check: &'static str,
    pub validation: &'static str,
    pub map: &'static str,
    pub outlines: &'static str,
    pub trip: &'static str,
    pub made: &'static str,
    pub known: &'static str,
    pub policy: &'static str,
    pub verdicts: &'static str,
    pub bookings: &'static str,
    pub traveller: &'static str,
    pub issuer: &'static str,
    pub level: &'static str,
    pub verdict: &'static str,
    pub no_statement: &'static str,
    pub place: &'static str,
    pub coordinates: &'static str,
    pub found_in: &'static str,
    pub when: &'static str,
    pub unknown: &'static str,
    pub findings: &'static str,
    pub nothing: &'static str,
    pub stands_behind: &'static str,
    pub by_law: &'static str,
    pub notes: &'static str,
    pub rejected: &'static str,
    pub quoted: &'static str,
    pub published: &'static str,
    pub in_force: &'static str,
    pub open: &'static str,
    pub origin: &'static str,
    pub input: &'static str,
    pub software: &'static str,
    pub fences: &'static str,
    pub mapping: &'static str,
    pub compared: &'static str,
    pub ways: &'static str,
    pub table: &'static str,
    pub pass: &'static str,
    pub review: &'static str,
    pub block: &'static str,
    pub block_from: &'static str,
    pub review_from: &'static str,
    pub notice: &'static str,
}

impl Words {
    /// The words in a language: Korean or English.
    pub fn of(lang: &str) -> &'static Self {
        if is_korean(lang) { &KOREAN } else { &ENGLISH }
    }

    /// What is to be done with a booking.
    pub fn action(&self, action: &str) -> &'static str {
        match action {
            "block" => self.block,
            "review" => self.review,
            _ => self.pass,
        }
    }

    /// Where a place was found.
    pub fn table_of(&self, found_in: &str) -> String {
        let korean = match found_in {
            "coordinates" => "좌표",
            "operator's table" => "운영자 표",
            "airport table" => "공항 표",
            "gazetteer" => "지명 사전",
            other => other,
        };
        if std::ptr::eq(self, &raw const KOREAN) { korean } else { found_in }.to_owned()
    }
}

static ENGLISH: Words = Words {
    check: "Evidence of a travel check",
    validation: "Evidence of a validation",
    map: "Map; everything on it is said in the lists",
    outlines: "Country outlines for orientation, not authoritative.",
    trip: "Trip",
    made: "Made",
    known: "As known",
    policy: "Policy",
    verdicts: "Verdicts",
    bookings: "bookings",
    traveller: "Traveller",
    issuer: "Issuer",
    level: "Its level",
    verdict: "Verdict",
    no_statement: "no statement",
    place: "Place",
    coordinates: "Latitude, longitude",
    found_in: "Found in",
    when: "When (UTC)",
    unknown: "not found",
    findings: "What was found",
    nothing: "No area of concern.",
    stands_behind: "stands behind",
    by_law: "Legal effect",
    notes: "Left out, or assumed",
    rejected: "could not be read",
    quoted: "In the issuers' words",
    published: "published",
    in_force: "in force",
    open: "until further notice",
    origin: "What this rests on",
    input: "Input, SHA-256",
    software: "Software",
    fences: "Set of advisories",
    mapping: "Severity mapping",
    compared: "Compared with its source",
    ways: "Ways of",
    table: "the operator's table of usual ways",
    pass: "pass",
    review: "review",
    block: "block",
    block_from: "blocked from",
    review_from: "reviewed from",
    notice: "This document quotes what the issuers published and records what software concluded from it, at the instant and from the data named above. It is not legal advice; the issuers' own publications are what counts.",
};

static KOREAN: Words = Words {
    check: "여행 점검 증빙",
    validation: "예약 검증 증빙",
    map: "지도. 지도의 모든 내용은 목록에 있습니다",
    outlines: "국경선은 참고용이며 공식적인 것이 아닙니다.",
    trip: "여정",
    made: "작성",
    known: "기준 시점",
    policy: "처리 기준",
    verdicts: "판정",
    bookings: "예약",
    traveller: "여행자",
    issuer: "발령기관",
    level: "해당 기관의 단계",
    verdict: "판정",
    no_statement: "안내 없음",
    place: "장소",
    coordinates: "위도, 경도",
    found_in: "출처",
    when: "시각(UTC)",
    unknown: "찾지 못함",
    findings: "확인된 사항",
    nothing: "해당 지역 없음.",
    stands_behind: "뒤에 있음",
    by_law: "법적 효력",
    notes: "제외되거나 가정된 사항",
    rejected: "읽을 수 없음",
    quoted: "발령기관의 문구",
    published: "발표",
    in_force: "효력",
    open: "별도 공지 시까지",
    origin: "근거 자료",
    input: "입력, SHA-256",
    software: "소프트웨어",
    fences: "안내 자료 번호",
    mapping: "단계 대응표",
    compared: "원문과 대조한 시점",
    ways: "경로",
    table: "운영자의 통상 경로표",
    pass: "통과",
    review: "검토",
    block: "차단",
    block_from: "차단 기준",
    review_from: "검토 기준",
    notice: "이 문서는 각 발령기관의 문구를 인용하고, 위에 적힌 시각에 위에 적힌 자료로 소프트웨어가 판정한 결과를 기록합니다. 법률 자문이 아니며, 효력이 있는 것은 발령기관의 원문입니다.",
};
