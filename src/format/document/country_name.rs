//! Countries by name, as addresses have them.

use crate::model::CountryCode;

/// What people say beside the names of ISO 3166-1.
const COMMON: &[(&str, &str)] = &[
    ("bolivia", "BO"),
    ("brunei", "BN"),
    ("burma", "MM"),
    ("cape verde", "CV"),
    ("czech republic", "CZ"),
    ("england", "GB"),
    ("great britain", "GB"),
    ("holland", "NL"),
    ("iran", "IR"),
    ("ivory coast", "CI"),
    ("kosovo", "XK"),
    ("laos", "LA"),
    ("macau", "MO"),
    ("moldova", "MD"),
    ("north korea", "KP"),
    ("palestine", "PS"),
    ("russia", "RU"),
    ("scotland", "GB"),
    ("south korea", "KR"),
    ("korea", "KR"),
    ("republic of korea", "KR"),
    ("syria", "SY"),
    ("taiwan", "TW"),
    ("tanzania", "TZ"),
    ("the netherlands", "NL"),
    ("turkey", "TR"),
    ("turkiye", "TR"),
    ("uk", "GB"),
    ("united kingdom", "GB"),
    ("united states", "US"),
    ("usa", "US"),
    ("u.s.a.", "US"),
    ("venezuela", "VE"),
    ("vietnam", "VN"),
    ("viet nam", "VN"),
    ("deutschland", "DE"),
    ("대한민국", "KR"),
    ("한국", "KR"),
    ("캄보디아", "KH"),
    ("태국", "TH"),
    ("베트남", "VN"),
    ("라오스", "LA"),
    ("일본", "JP"),
    ("중국", "CN"),
    ("미국", "US"),
    ("필리핀", "PH"),
    ("កម្ពុជា", "KH"),
];

/// The country of a code or an English name.
pub(super) fn parse(text: &str) -> Option<CountryCode> {
    let text = text.trim().trim_end_matches('.');
    if let Ok(country) = CountryCode::parse(text) {
        return Some(country);
    }
    let lower = text.to_lowercase();
    if let Some((_, code)) = COMMON.iter().find(|(name, _)| *name == lower) {
        return CountryCode::parse(code).ok();
    }
    // `Korea (the Republic of)` is the standard's way to write it
    let plain = |name: &str| name.split(" (").next().unwrap_or_default().to_lowercase();
    let mut named = rust_iso3166::ALL.iter().filter(|country| plain(country.name) == lower);
    let found = named.next()?;
    if named.next().is_some() { None } else { CountryCode::parse(found.alpha2).ok() }
}

/// Whether a country has a province, state or other division of this name (ISO 3166-2).
pub(super) fn has_division(country: CountryCode, name: &str) -> bool {
    let divisions = rust_iso3166::iso3166_2::SUBDIVISION_COUNTRY_MAP.get(country.as_str());
    let name = name.to_lowercase();
    divisions.is_some_and(|divisions| divisions.iter().any(|division| division.name.to_lowercase() == name))
}

/// The country that an address ends with, by its name: as the end of an address a code is more often that of an American state, as is Georgia.
pub(super) fn after(address: &str) -> Option<CountryCode> {
    let (_, last) = address.trim().rsplit_once([',', '\n'])?;
    let name = last.trim();
    let is_code = name.is_ascii() && name.len() <= 3;
    if is_code || name.eq_ignore_ascii_case("georgia") { None } else { parse(name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_codes_are_countries() {
        for (text, code) in [
            ("Cambodia", "KH"),
            ("KHM", "KH"),
            ("kh", "KH"),
            ("South Korea", "KR"),
            ("Thailand.", "TH"),
            ("태국", "TH"),
        ] {
            assert_eq!(parse(text).map(|c| c.to_string()).as_deref(), Some(code), "{text}");
        }
        assert_eq!(parse("Congo"), None, "there are two");
        assert_eq!(parse("Atlantis"), None);
        assert_eq!(after("Market, Poipet, Cambodia").map(|c| c.to_string()).as_deref(), Some("KH"));
        assert_eq!(after("캄보디아"), None, "a country alone is no place in it");
        for address in ["1 Apple Park Way, Cupertino, CA", "Atlanta, Georgia", "Poipet"] {
            assert_eq!(after(address), None, "{address}");
        }
    }
}
