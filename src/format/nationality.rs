//! Nationalities as people and passports write them: ISO 3166-1, and the codes of ICAO Doc 9303 part 3 section 5 that are not in it.

use serde::{Deserialize, Deserializer};

use crate::model::CountryCode;

/// What a code on a passport says about nationality.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nationality {
    /// Of a country.
    Country(CountryCode),
    /// Of no country, or of none that is said: every issuer is consulted. Why, in words.
    None(&'static str),
}

/// Codes whose bearers are nationals of no country, or of one that the code does not tell.
const WITHOUT: &[(&str, &str)] = &[
    ("XXA", "a stateless person"),
    ("XXB", "a refugee"),
    ("XXC", "a refugee under other than the 1951 Convention"),
    ("XXX", "a person of unspecified nationality"),
    ("UNO", "an official of the United Nations"),
    ("UNA", "an official of a specialised agency of the United Nations"),
    ("UNK", "a holder of a document of the United Nations mission in Kosovo"),
    ("XOM", "a holder of a document of the Order of Malta"),
    ("XPO", "a holder of a document of Interpol"),
    ("XES", "a holder of a document of the Organization of Eastern Caribbean States"),
    ("XMP", "a holder of a document of the Parliamentary Assembly of the Mediterranean"),
    ("XBA", "a holder of a document of the African Development Bank"),
    ("XIM", "a holder of a document of the African Export-Import Bank"),
    ("XCC", "a holder of a document of the Caribbean Community"),
    ("XCE", "a holder of a document of the Council of Europe"),
    ("XCO", "a holder of a document of the Common Market for Eastern and Southern Africa"),
    ("XEC", "a holder of a document of the Economic Community of West African States"),
    ("XDC", "a holder of a document of the Southern African Development Community"),
    ("EUE", "a holder of a document of the European Union"),
    ("UTO", "a holder of a specimen"),
];

/// Reads alpha-2, alpha-3 or a passport's code, in either case: `KR`, `kor`, `D`, `GBN`, `XXA`.
///
/// # Errors
/// When nobody uses the code.
pub fn parse(code: &str) -> Result<Nationality, String> {
    // machine-readable zones fill up with `<`
    let code = code.trim().trim_end_matches('<').to_ascii_uppercase();
    if let Some((_, who)) = WITHOUT.iter().find(|(known, _)| *known == code) {
        return Ok(Nationality::None(who));
    }
    let country = match code.as_str() {
        "D" => CountryCode::parse("DE"),
        // British passports tell five statuses apart; all of them are the concern of the one foreign office
        "GBN" | "GBD" | "GBO" | "GBP" | "GBS" => CountryCode::parse("GB"),
        other => CountryCode::parse(other),
    };
    country.map(Nationality::Country).map_err(|_| format!("`{code}` is neither an ISO 3166-1 nor a passport's code"))
}

/// For `#[serde(deserialize_with)]`: nationalities, each of a country. A code of no country is refused with the way out.
pub fn countries<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<CountryCode>, D::Error> {
    // each one for itself, so that a mistake is at its own place in the list
    struct One(CountryCode);

    impl<'de> Deserialize<'de> for One {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            country(&String::deserialize(deserializer)?).map(One).map_err(serde::de::Error::custom)
        }
    }

    Ok(Vec::<One>::deserialize(deserializer)?.into_iter().map(|one| one.0).collect())
}

/// For `#[serde(deserialize_with)]`: one country, where there is one.
pub fn optional_country<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<CountryCode>, D::Error> {
    let code = Option::<String>::deserialize(deserializer)?;
    code.map(|code| country(&code).map_err(serde::de::Error::custom)).transpose()
}

fn country(code: &str) -> Result<CountryCode, String> {
    match parse(code)? {
        Nationality::Country(country) => Ok(country),
        Nationality::None(who) => {
            Err(format!("`{code}` is the code of {who}, of no country: leave it out to hear every issuer"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_passports_are_read_beside_those_of_iso() {
        let of = |code| match parse(code) {
            Ok(Nationality::Country(country)) => country.to_string(),
            other => panic!("{code}: {other:?}"),
        };
        for (code, country) in
            [("KR", "KR"), ("kor", "KR"), ("D", "DE"), ("D<<", "DE"), ("GBN", "GB"), ("RKS", "XK"), (" FRA", "FR")]
        {
            assert_eq!(of(code), country, "{code}");
        }
        for code in ["XXA", "xxb", "UNO"] {
            assert!(matches!(parse(code), Ok(Nationality::None(_))), "{code}");
        }
        for code in ["", "K", "ZZZ", "Korea", "1"] {
            assert!(parse(code).is_err(), "{code}");
        }
    }
}
