//! A revision as a GeoJSON Feature: the one reader for files of the data folder and for what is published over HTTP.
//!
//! The members are described in `regions/README.md`. Every mistake is named by a JSON pointer into the Feature.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::json::{self, object, objects};
use crate::error::{Error, Issue};
use crate::model::text::is_language;
use crate::model::{
    AdvisoryId, Area, AreaError, Basis, Exemption, Issuer, IssuerCode, Issuers, ResolvedArea, Revision, RevisionId,
    Texts, Window,
};

/// A revision as written.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RevisionDoc {
    /// Always `Feature`.
    #[serde(rename = "type")]
    #[schema(pattern = "^Feature$")]
    kind: String,
    /// A Polygon or MultiPolygon; null with an `area` among the properties.
    #[schema(value_type = Option<Object>)]
    geometry: Option<Value>,
    /// What is said.
    #[serde(deserialize_with = "object")]
    properties: PropertiesDoc,
    /// Editors write one; the id of a revision is made of its properties.
    #[serde(default)]
    #[allow(dead_code)] // taken and not used
    #[schema(value_type = Option<String>)]
    id: Option<Value>,
    /// Likewise.
    #[serde(default)]
    #[allow(dead_code)] // likewise
    bbox: Option<Vec<f64>>,
}

/// What a revision says.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct PropertiesDoc {
    /// Issuer, colon, name.
    advisory: AdvisoryId,
    /// 1, 2, 3 …; where it is published: the next number if not given.
    #[schema(minimum = 1)]
    revision: Option<u32>,
    /// A code of the issuer's scale; null on a withdrawal.
    level: Option<String>,
    /// Whether it ends the advisory.
    #[serde(default)]
    withdrawn: bool,
    /// Headline by language.
    title: Texts,
    /// What is said, by language.
    text: Texts,
    /// From when it is known; where it is published: now if not given.
    #[schema(value_type = Option<String>, format = DateTime)]
    published_at: Option<Timestamp>,
    /// In force from this instant on; where it is published: from `published_at` on if not given.
    #[schema(value_type = Option<String>, format = DateTime)]
    valid_from: Option<Timestamp>,
    /// Until just before this instant; null while open.
    #[schema(value_type = Option<String>, format = DateTime)]
    valid_to: Option<Timestamp>,
    /// When the issuer said it would look again.
    #[schema(value_type = Option<String>, format = DateTime)]
    review_due: Option<Timestamp>,
    /// An area expression, where the geometry is null.
    #[schema(value_type = Option<Object>)]
    area: Option<Value>,
    /// What the outline rests on.
    basis: Option<Basis>,
    /// The true outline lies within this many metres of the drawn one.
    #[schema(minimum = 0, maximum = 100_000)]
    accuracy_m: Option<f64>,
    /// Advisories it outranks inside its own area, even if they are graver.
    #[serde(default)]
    carves_out_of: Vec<AdvisoryId>,
    /// Ids of the issuer's legal effects beside those the level brings.
    #[serde(default)]
    legal_effects: Vec<String>,
    /// Cases in which the prohibition does not bind.
    #[serde(default, deserialize_with = "objects")]
    exemptions: Vec<Exemption>,
    /// Where the issuer said it.
    source_url: String,
    /// A remark for readers.
    note: Option<String>,
}

/// What stands for members that are not written. A member that has nothing here must be written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Defaults {
    /// The number.
    pub number: Option<u32>,
    /// From when it is known.
    pub published_at: Option<Timestamp>,
}

/// The largest accuracy taken, in metres: an outline known worse is no outline.
const MAX_ACCURACY_M: f64 = 100_000.0;

/// Reads a revision; its area is read and not yet resolved.
///
/// # Errors
/// [`Error::Invalid`] with the place of everything that is wrong.
pub fn read(feature: &[u8], issuers: &Issuers, defaults: Defaults) -> Result<Revision, Error> {
    json::read::<RevisionDoc>(feature)?.revision(issuers, defaults)
}

/// The issuer and number of a revision that could not be read whole, as far as they can be told.
pub fn name_of(feature: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(feature).ok()?;
    let properties = &value["properties"];
    Some(format!("{}@{}", properties["advisory"].as_str()?, properties["revision"].as_u64()?))
}

impl RevisionDoc {
    /// The advisory that it is about.
    pub fn advisory(&self) -> &AdvisoryId {
        &self.properties.advisory
    }

    /// The revision; its area is read and not yet resolved.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the place of everything that is wrong.
    pub fn revision(self, issuers: &Issuers, defaults: Defaults) -> Result<Revision, Error> {
        let mut issues = Vec::new();
        match self.understood(issuers, defaults, &mut issues) {
            Some(revision) if issues.is_empty() => Ok(revision),
            _ => Err(Error::Invalid(issues)),
        }
    }

    /// The revision; everything wrong goes into `issues`. `None`: something without which there is none.
    fn understood(self, issuers: &Issuers, defaults: Defaults, issues: &mut Vec<Issue>) -> Option<Revision> {
        let properties = self.properties;
        let mut wrong = |name: &str, detail: String| issues.push(Issue::invalid(format!("/properties/{name}"), detail));
        if self.kind != "Feature" {
            issues.push(Issue::invalid("/type", format!("is a `{}`, not a Feature", self.kind)));
            return None;
        }
        let published_at = properties.published_at.or(defaults.published_at);
        if published_at.is_none() {
            wrong("published_at", "it is missing: from when is it known?".to_owned());
        }
        let valid_from = properties.valid_from.or(defaults.published_at.and(published_at));
        if valid_from.is_none() {
            wrong("valid_from", "it is missing: from when is it in force?".to_owned());
        }
        if properties.valid_to.zip(valid_from).is_some_and(|(to, from)| to <= from) {
            wrong("valid_to", "valid_to is not after valid_from".to_owned());
        }
        let number = properties.revision.or(defaults.number);
        if number.is_none_or(|number| number == 0) {
            wrong("revision", "revisions are numbered from 1".to_owned());
        }
        let exempted = properties.exemptions.iter().enumerate();
        let exempted = exempted.map(|(i, exemption)| (format!("exemptions/{i}/source_url"), &exemption.source_url));
        for (name, source) in std::iter::once(("source_url".to_owned(), &properties.source_url)).chain(exempted) {
            if source.trim().is_empty() {
                wrong(&name, "source_url is empty: where did the issuer say so?".to_owned());
            } else if !is_web_address(source) {
                wrong(&name, format!("`{source}` is no address such as https://example.org/advice"));
            }
        }
        if properties.accuracy_m.is_some_and(|metres| !(0.0..=MAX_ACCURACY_M).contains(&metres)) {
            wrong("accuracy_m", format!("accuracy_m is not between 0 and {MAX_ACCURACY_M} metres"));
        }
        for (name, texts) in [("title", &properties.title), ("text", &properties.text)] {
            if texts.is_empty() && !properties.withdrawn {
                wrong(name, format!("{name} is empty"));
            }
            for (lang, _) in texts.iter().filter(|(lang, _)| !is_language(lang)) {
                wrong(&format!("{name}/{lang}"), format!("`{lang}` is no language such as en or ko"));
            }
        }
        let code = IssuerCode::parse(properties.advisory.issuer()).ok();
        match code.as_ref().and_then(|code| issuers.get(code)) {
            Some(issuer) => properties.check_words(issuer, &mut wrong),
            None => wrong("advisory", format!("there is no issuer `{}`", properties.advisory.issuer())),
        }
        let area = read_area(self.geometry, properties.area, properties.withdrawn).map_err(|e| issues.push(e)).ok()?;
        Some(Revision {
            id: RevisionId { advisory: properties.advisory, number: number? },
            issuer: code?,
            level: properties.level,
            title: properties.title,
            text: properties.text,
            published_at: published_at?,
            valid: Window::new(valid_from?, properties.valid_to),
            review_due: properties.review_due,
            area,
            basis: properties.basis,
            accuracy_m: properties.accuracy_m,
            carves_out_of: properties.carves_out_of,
            legal_effects: properties.legal_effects,
            exemptions: properties.exemptions,
            source_url: properties.source_url,
            note: properties.note,
        })
    }
}

impl PropertiesDoc {
    /// The words that mean something on the issuer's scale and in its law.
    fn check_words(&self, issuer: &Issuer, wrong: &mut impl FnMut(&str, String)) {
        match (&self.level, self.withdrawn) {
            (None, false) => wrong("level", "level is missing, and the revision is not a withdrawal".to_owned()),
            (Some(_), true) => wrong("level", "a withdrawal has no level".to_owned()),
            (Some(level), false) if issuer.level(level).is_none() => {
                let known: Vec<&str> = issuer.levels.iter().map(|level| level.code.as_str()).collect();
                wrong("level", format!("`{level}` is no level of {}: they are {}", issuer.code, known.join(", ")));
            }
            _ => {}
        }
        for (i, effect) in self.legal_effects.iter().enumerate() {
            if issuer.legal_effect(effect).is_none() {
                wrong(&format!("legal_effects/{i}"), format!("`{effect}` is no legal effect of {}", issuer.code));
            }
        }
    }
}

/// Whether readers may be sent there: it becomes a link on pages.
fn is_web_address(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

/// The area of a revision: drawn, or an expression; a withdrawal needs none.
fn read_area(geometry: Option<Value>, expression: Option<Value>, withdrawn: bool) -> Result<Option<Area>, Issue> {
    match (geometry, expression) {
        (Some(_), Some(_)) => {
            Err(Issue::invalid("/properties/area", "there are both a geometry and an area; write one of them"))
        }
        (Some(geometry), None) => Ok(Some(Area::Drawn(geometry))),
        (None, Some(value)) => Area::parse(&value)
            .map(Some)
            .map_err(|e| Issue::invalid(format!("/properties/area{}", e.pointer), e.detail)),
        (None, None) if withdrawn => Ok(None),
        (None, None) => Err(Issue::invalid("/geometry", "there is neither a geometry nor an area")),
    }
}

/// The shape of a revision's area, with the basis and accuracy that the revision itself states; a withdrawal has none.
///
/// # Errors
/// When the area cannot be resolved; the pointer goes into the Feature that the revision was read from.
pub fn resolve(
    revision: &Revision,
    resolve: impl FnOnce(&Area) -> Result<ResolvedArea, AreaError>,
) -> Result<Option<ResolvedArea>, Issue> {
    let Some(area) = revision.area.as_ref().filter(|_| !revision.is_withdrawal()) else { return Ok(None) };
    let mut resolved = resolve(area).map_err(|e| {
        let place = if matches!(area, Area::Drawn(_)) { "/geometry" } else { "/properties/area" };
        Issue::invalid(format!("{place}{}", e.pointer), e.detail)
    })?;
    resolved.basis = revision.basis.unwrap_or(resolved.basis);
    resolved.accuracy_m = revision.accuracy_m.unwrap_or(resolved.accuracy_m);
    Ok(Some(resolved))
}
