//! Every document, damaged at random in a reproducible way: nothing panics, and no plan that lost something is *clear* without saying so.

use std::collections::BTreeSet;

use cordon::model::Verdict;

use crate::support::{check, files, queries};

/// A small generator of reproducible numbers (splitmix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n.max(1) as u64).expect("small")
    }
}

/// Cuts, flips, repeats, moves, or puts in what readers stumble over.
fn damage(text: &[u8], dice: &mut Dice) -> Vec<u8> {
    const WORDS: &[&[u8]] = &[
        b"\0",
        b"\xff\xfe",
        b"-1e400",
        b"null",
        b"{}",
        b"[]",
        b"\"",
        b"<",
        b"&#x110000;",
        b"9999-99-99",
        b";;",
        b"\r\n",
        b"=1+1",
        b"}]",
        b"\xea\xb0",
        b"END:VEVENT",
        b"</script>",
        b"1e308",
        b"[[",
        b"BEGIN:VEVENT\r\n",
    ];
    let mut text = text.to_vec();
    for _ in 0..=dice.below(3) {
        let (at, length) = (dice.below(text.len() + 1), dice.below(40));
        let end = (at + length).min(text.len());
        match dice.below(6) {
            0 => text.truncate(at),
            1 => drop(text.drain(at..end)),
            2 if at < text.len() => text[at] ^= 1 << dice.below(8),
            3 => drop(text.splice(at..at, WORDS[dice.below(WORDS.len())].iter().copied())),
            4 => {
                let part = text[at..end].to_vec();
                let to = dice.below(text.len() + 1);
                drop(text.splice(to..to, part));
            }
            _ => drop(text.splice(at..end, WORDS[dice.below(WORDS.len())].iter().copied())),
        }
    }
    text
}

#[test]
fn damage_is_an_error_or_said_and_never_a_panic() {
    let mut silent = Vec::new();
    for kind in ["valid", "broken"] {
        for (name, whole) in files(kind) {
            // what the whole document is about: a damaged one may be about less only if it says so
            let places = |name: &str, text: &[u8]| -> Option<(BTreeSet<String>, bool, bool)> {
                let queries = queries(name, text, None).ok()?;
                let mut places = BTreeSet::new();
                let (mut notes, mut clear) = (false, true);
                for query in &queries {
                    notes |= !query.notes.is_empty();
                    clear &= check(query).verdict == Verdict::Clear;
                    places.extend(query.itinerary.stops.iter().map(|stop| {
                        stop.place
                            .as_ref()
                            .map_or_else(Clone::clone, |p| format!("{:.1} {:.1}", p.position.lat(), p.position.lon()))
                    }));
                }
                Some((places, notes, clear))
            };
            let before = places(&name, &whole);
            let mut dice = Dice(name.bytes().fold(7, |seed, b| seed.wrapping_mul(31) + u64::from(b)));
            for round in 0..150 {
                let damaged = damage(&whole, &mut dice);
                let Some((after, notes, clear)) = places(&name, &damaged) else { continue };
                let lost = before.as_ref().is_some_and(|(before, ..)| after.len() < before.len());
                if clear && lost && !notes {
                    silent.push(format!("{name} round {round}: {after:?}"));
                }
            }
        }
    }
    assert!(silent.is_empty(), "{}", silent.join("\n"));
}
