//! The words of pages for people, in each of their languages: the files that the traveller's page uses too.

use std::collections::HashMap;
use std::sync::LazyLock;

/// The languages of the pages, with the file of each; the first is given to whoever asks for none of them.
const FILES: [(&str, &str, &str); 3] = [
    ("en", "English", include_str!("../../web/words/en.json")),
    ("ko", "한국어", include_str!("../../web/words/ko.json")),
    ("km", "ខ្មែរ", include_str!("../../web/words/km.json")),
];

static WORDS: LazyLock<[HashMap<String, String>; 3]> =
    // a file that cannot be read shows as pages of bare keys; the test below does not let one through
    LazyLock::new(|| FILES.map(|(_, _, file)| serde_json::from_str(file).unwrap_or_default()));

/// Names of countries in a language in which the region data do not name them all (Unicode CLDR).
static COUNTRIES: LazyLock<(&str, HashMap<String, String>)> = LazyLock::new(|| {
    let names = serde_json::from_str(include_str!("../../web/words/countries-km.json"));
    ("km", names.unwrap_or_default())
});

/// One language with its words.
#[derive(Clone, Copy, Debug)]
pub struct Phrases {
    language: usize,
}

impl Phrases {
    /// The language named, else the one liked best of a list as in the header `Accept-Language`; English where neither is known.
    pub fn choose(named: Option<&str>, accepted: &str) -> Self {
        let mut ranges: Vec<(&str, f32)> = accepted.split(',').map(range).collect();
        ranges.sort_by(|a, b| b.1.total_cmp(&a.1));
        let mut wanted = named.into_iter().chain(ranges.iter().filter(|(_, q)| *q > 0.0).map(|(tag, _)| *tag));
        let language = wanted.find_map(find).unwrap_or_default();
        Self { language }
    }

    /// The language, BCP 47.
    pub fn lang(self) -> &'static str {
        FILES[self.language].0
    }

    /// Every language with its own name for itself.
    pub fn languages() -> impl Iterator<Item = (&'static str, &'static str)> {
        FILES.iter().map(|(lang, name, _)| (*lang, *name))
    }

    /// A country's name, in the language for which there is a list of them.
    pub fn country(self, code: &str) -> Option<&'static str> {
        let (lang, names): &'static (&str, HashMap<String, String>) = &COUNTRIES;
        names.get(code).filter(|_| self.lang() == *lang).map(String::as_str)
    }

    /// The words for one of a group of keys: `severity.3`.
    pub fn say_of(self, group: &str, word: impl std::fmt::Display) -> String {
        self.say(&format!("{group}.{word}")).to_owned()
    }

    /// The words for a key; English ones where the language lacks them.
    pub fn say(self, key: &str) -> &str {
        let words: &'static [HashMap<String, String>; 3] = &WORDS;
        words[self.language].get(key).or_else(|| words[0].get(key)).map_or(key, String::as_str)
    }
}

fn range(text: &str) -> (&str, f32) {
    let mut parts = text.split(';').map(str::trim);
    let tag = parts.next().unwrap_or_default();
    (tag, parts.find_map(|part| part.strip_prefix("q=")).map_or(1.0, |q| q.parse().unwrap_or(0.0)))
}

fn find(tag: &str) -> Option<usize> {
    let primary = tag.split('-').next().unwrap_or(tag);
    FILES.iter().position(|(lang, ..)| lang.eq_ignore_ascii_case(primary))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_the_same_keys_with_the_same_places_to_fill() {
        let holes = |text: &str| {
            let mut holes: Vec<String> =
                text.split('{').skip(1).filter_map(|rest| rest.split('}').next()).map(str::to_owned).collect();
            holes.sort();
            holes.dedup();
            holes
        };
        assert!(!WORDS[0].is_empty());
        for ((lang, ..), words) in FILES.iter().zip(WORDS.iter()) {
            let mut keys: Vec<_> = words.keys().collect();
            let mut english: Vec<_> = WORDS[0].keys().collect();
            keys.sort();
            english.sort();
            assert_eq!(keys, english, "{lang}");
            for (key, text) in words {
                assert_eq!(holes(text), holes(&WORDS[0][key]), "{lang}: {key}");
            }
        }
    }

    #[test]
    fn countries_have_names_where_the_regions_lack_them() {
        let name = |lang| Phrases::choose(Some(lang), "").country("TH");
        assert_eq!([name("en"), name("km")], [None, Some("ថៃ")]);
        assert!(COUNTRIES.1.len() > 240);
    }

    #[test]
    fn the_language_named_wins_over_the_one_accepted() {
        let accepted = "fr, ko-KR;q=0.8, en;q=0.9";
        assert_eq!(Phrases::choose(Some("km"), accepted).lang(), "km");
        assert_eq!(Phrases::choose(Some("xx"), accepted).lang(), "en");
        assert_eq!(Phrases::choose(None, "fr, ko;q=0.8").lang(), "ko");
    }
}
