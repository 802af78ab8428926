//! Whom to call: an issuer's missions abroad and its worldwide emergency line.

use std::sync::Arc;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{CountryCode, IssuerCode, Texts};

/// A telephone number that can be dialled from anywhere (ITU-T E.164): plus, country code, subscriber; digits only.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, pattern = r"^\+[1-9][0-9]{6,14}$", examples("+82232100404"))]
pub struct PhoneNumber(String);

impl PhoneNumber {
    /// Reads a number: a plus, then 7 to 15 digits of which the first is not 0, with nothing between them.
    ///
    /// # Errors
    /// When the text has another form.
    pub fn parse(number: &str) -> Result<Self, String> {
        let ok = number.strip_prefix('+').is_some_and(|digits| {
            (7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0')
        });
        if ok {
            Ok(Self(number.to_owned()))
        } else {
            Err(format!("`{number}` is not an E.164 number such as +82232100404"))
        }
    }
}

impl TryFrom<String> for PhoneNumber {
    type Error = String;

    fn try_from(number: String) -> Result<Self, Self::Error> {
        Self::parse(&number)
    }
}

impl From<PhoneNumber> for String {
    fn from(number: PhoneNumber) -> Self {
        number.0
    }
}

/// What a mission is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MissionKind {
    /// An embassy, a high commission, or an office of one.
    Embassy,
    /// A consulate, a consulate general, or a branch of an embassy with consular duties.
    Consulate,
    /// A line of the ministry at home that answers travellers anywhere.
    CallCenter,
}

/// When a number is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PhoneUse {
    /// In office hours, for anything.
    Office,
    /// At any hour, for emergencies.
    Emergency,
    /// Outside office hours, for emergencies.
    AfterHours,
}

/// A number and what it is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Phone {
    /// The number.
    pub number: PhoneNumber,
    /// When it is answered.
    #[serde(rename = "use")]
    pub usage: PhoneUse,
    /// What else a caller should know, such as an extension, in our words.
    #[serde(default)]
    pub note: Option<Texts>,
}

/// How near to the issuer a number was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// In a page, notice or data set of the issuer or its government, or a copy of one.
    Issuer,
    /// In a public work that names the issuer's page, or says when it verified the number.
    Quoted,
    /// In public works that do not say where from.
    Repeated,
}

/// Where travellers whom an issuer addresses find help.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Mission {
    /// Whose mission it is.
    pub issuer: IssuerCode,
    /// What it is.
    pub kind: MissionKind,
    /// The country it stands in; null for a call centre, which answers for every country.
    #[serde(default)]
    pub country: Option<CountryCode>,
    /// Further countries whose travellers it helps, where its issuer has no mission.
    #[serde(default)]
    pub responsible_for: Vec<CountryCode>,
    /// Its name by language.
    pub name: Texts,
    /// The city it stands in, in English.
    #[serde(default)]
    pub city: Option<String>,
    /// Its address, as it is written there or in English.
    #[serde(default)]
    pub address: Option<String>,
    /// Its numbers, the first one to call first.
    pub phones: Vec<Phone>,
    /// Its mail address.
    #[serde(default)]
    pub email: Option<String>,
    /// Its own page.
    #[serde(default)]
    pub url: Option<String>,
    /// How near to the issuer the numbers were read.
    pub evidence: Evidence,
    /// Where they were read; with `quoted` the page that is named, with `repeated` the issuer's page to verify them at.
    pub source_url: String,
    /// The day of the newest source that says one; null when none does.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    pub seen_at: Option<Date>,
    /// How many independent sources give the numbers.
    pub confirmed_by: u8,
    /// What else a reader should know.
    #[serde(default)]
    pub note: Option<String>,
}

impl Mission {
    /// Whether it helps travellers in this country: it stands there, is responsible for it, or answers everywhere.
    pub fn helps_in(&self, country: CountryCode) -> bool {
        self.country.is_none_or(|own| own == country) || self.responsible_for.contains(&country)
    }
}

/// All missions, in the order of `missions.json`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Missions {
    /// Where the file as a whole comes from, and how far it may be trusted.
    #[serde(default)]
    pub source: Option<String>,
    /// The missions.
    pub missions: Vec<Arc<Mission>>,
}
