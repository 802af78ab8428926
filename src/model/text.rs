//! Texts by language, as their issuer published them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One text in several languages, by BCP 47 code; issuers' words are never machine-translated.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(transparent)]
#[schema(value_type = BTreeMap<String, String>)]
pub struct Texts(BTreeMap<String, String>);

impl Texts {
    /// The text in `lang`, else in its primary language (`ko` for `ko-KR`), else in English, else in whichever there is.
    pub fn pick(&self, lang: &str) -> &str {
        self.pick_marked(lang).1
    }

    /// As [`Self::pick`], with the language the text is in; both empty where there is no text.
    pub fn pick_marked(&self, lang: &str) -> (&str, &str) {
        let primary = lang.split('-').next().unwrap_or(lang);
        [lang, primary, "en"]
            .iter()
            .find_map(|l| self.0.get_key_value(*l))
            .or_else(|| self.0.first_key_value())
            .map_or(("", ""), |(lang, text)| (lang, text))
    }

    /// The text in exactly this language.
    pub fn get(&self, lang: &str) -> Option<&str> {
        self.0.get(lang).map(String::as_str)
    }

    /// All texts with their language.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(lang, text)| (lang.as_str(), text.as_str()))
    }

    /// Whether there is no text in any language.
    pub fn is_empty(&self) -> bool {
        self.0.values().all(|text| text.trim().is_empty())
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Texts {
    fn from(texts: [(&str, &str); N]) -> Self {
        Self(texts.into_iter().map(|(lang, text)| (lang.to_owned(), text.to_owned())).collect())
    }
}
