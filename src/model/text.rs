//! Texts by language, as their issuer published them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The languages of ISO 639-1.
const LANGUAGES: &str = "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en eo es et \
    eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw \
    ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc \
    sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu";

/// Whether a BCP 47 tag such as `ko` or `ko-KR` names a language that texts may be in: one that has a code of two letters.
pub fn is_language(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let primary = parts.next().unwrap_or_default();
    let is_subtag = |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric());
    primary.len() == 2
        && LANGUAGES.split_whitespace().any(|known| known.eq_ignore_ascii_case(primary))
        && parts.all(is_subtag)
}

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
