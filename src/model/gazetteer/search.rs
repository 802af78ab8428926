//! Places as somebody types their name: the likeliest first, called as in the language of whoever asks.

use std::collections::HashMap;

use super::{Entry, Gazetteer, Origin};
use crate::geometry::Position;

impl Gazetteer {
    /// The places with a name or code that begins like this, the likeliest first: what is called exactly so, then the larger.
    pub fn suggest(&self, beginning: &str, most: usize) -> Vec<&Entry> {
        let mut exact: HashMap<u32, bool> = HashMap::new();
        for (entry, whole) in self.keys.beginning(beginning) {
            *exact.entry(entry).or_default() |= whole;
        }
        let mut found: Vec<(u32, bool)> = exact.into_iter().collect();
        let rank = |(i, whole): &(u32, bool)| {
            let entry = &self.entries[*i as usize];
            (std::cmp::Reverse((*whole, entry.population)), *i)
        };
        found.sort_unstable_by_key(rank);
        found.truncate(most);
        found.into_iter().map(|(i, _)| &self.entries[i as usize]).collect()
    }

    /// The place nearest to a position; none where nothing is known at all.
    pub fn nearest(&self, position: Position) -> Option<&Entry> {
        self.points.nearest(position).map(|i| &self.entries[i])
    }
}

impl Entry {
    /// What the place is called in a language that has letters of its own; its common name in any other.
    pub fn name_in(&self, lang: &str) -> &str {
        let letters = match lang.split('-').next().unwrap_or(lang) {
            "ko" => '\u{ac00}'..='\u{d7a3}',
            "km" => '\u{1780}'..='\u{17ff}',
            "th" => '\u{e00}'..='\u{e7f}',
            "ja" => '\u{3040}'..='\u{30ff}',
            _ => return &self.name,
        };
        let own = |key: &&String| key.chars().all(|c| letters.contains(&c) || c.is_whitespace());
        self.keys.iter().find(own).map_or(&self.name, String::as_str)
    }

    /// The code that airports are known by, of this many letters: three by IATA, four by ICAO.
    pub fn code(&self, letters: usize) -> Option<&str> {
        let airport = self.origin == Origin::Airports;
        self.keys.iter().find(|key| airport && key.len() == letters).map(String::as_str)
    }
}
