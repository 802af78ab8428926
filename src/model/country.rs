//! Country codes: ISO 3166-1 alpha-2, two upper-case letters.

use serde::{Deserialize, Serialize};

/// An ISO 3166-1 alpha-2 country code, or `XK` for Kosovo, which the standard leaves to users.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, pattern = "^[A-Za-z]{2,3}$", examples("KR"))]
pub struct CountryCode([u8; 2]);

/// Countries with what has a code of its own in ISO 3166-1 and is often written as one of them.
const ALSO_CALLED: &[(&str, &str)] = &[
    ("AU", "CC CX HM NF"),
    ("CN", "HK MO TW"),
    ("DK", "FO GL"),
    ("FI", "AX"),
    ("FR", "BL GF GP MF MQ NC PF PM RE TF WF YT"),
    ("GB", "AI BM FK GG GI GS IM IO JE KY MS PN SH TC VG"),
    ("IL", "PS"),
    ("MA", "EH"),
    ("NL", "AW BQ CW SX"),
    ("NO", "BV SJ"),
    ("NZ", "CK NU TK"),
    ("RS", "XK"),
    ("US", "AS GU MP PR UM VI"),
];

impl CountryCode {
    /// Reads an alpha-2 or alpha-3 code in either case: `KR`, `kor`.
    ///
    /// # Errors
    /// When no country has the code.
    pub fn parse(code: &str) -> Result<Self, String> {
        let upper = code.to_ascii_uppercase();
        let alpha2 = match upper.as_str() {
            "XK" | "XKX" | "RKS" => Some("XK"),
            c if c.len() == 3 => rust_iso3166::from_alpha3(c).map(|c| c.alpha2),
            c => rust_iso3166::from_alpha2(c).map(|c| c.alpha2),
        };
        alpha2
            .and_then(|c| c.as_bytes().try_into().ok())
            .map(Self)
            .ok_or_else(|| format!("`{code}` is not an ISO 3166-1 country code"))
    }

    /// Whether addresses there also name another country: that of which it is a part, or which claims it.
    pub fn is_also_called(&self, other: Self) -> bool {
        let (here, other) = (self.as_str(), other.as_str());
        ALSO_CALLED.iter().any(|(country, parts)| *country == other && parts.split(' ').any(|part| part == here))
    }

    /// The two upper-case letters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl TryFrom<String> for CountryCode {
    type Error = String;

    fn try_from(code: String) -> Result<Self, Self::Error> {
        Self::parse(&code)
    }
}

impl From<CountryCode> for String {
    fn from(code: CountryCode) -> Self {
        code.as_str().to_owned()
    }
}

impl std::fmt::Display for CountryCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

impl std::fmt::Debug for CountryCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
