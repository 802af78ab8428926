//! Every document and booking file, damaged at random: nothing panics, and nothing is told more mildly than of the sound one without a word
//! of it. `make soak` tries other seeds; `CORDON_SEED` names one.

use cordon::error::Issue;
use cordon::model::Verdict;

use crate::support::{Answers, answers, bookings, files};

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
        b",",
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
        match dice.below(7) {
            0 => text.truncate(at),
            1 => drop(text.drain(at..end)),
            2 if at < text.len() => text[at] ^= 1 << dice.below(8),
            3 => drop(text.splice(at..at, WORDS[dice.below(WORDS.len())].iter().copied())),
            4 => {
                let part = text[at..end].to_vec();
                let to = dice.below(text.len() + 1);
                drop(text.splice(to..to, part));
            }
            5 => move_line(&mut text, dice),
            _ => drop(text.splice(at..end, WORDS[dice.below(WORDS.len())].iter().copied())),
        }
    }
    text
}

/// Moves a line to another place, as sorting a table does.
fn move_line(text: &mut Vec<u8>, dice: &mut Dice) {
    let mut lines: Vec<Vec<u8>> = text.split_inclusive(|&b| b == b'\n').map(<[u8]>::to_vec).collect();
    if lines.is_empty() {
        return;
    }
    let line = lines.remove(dice.below(lines.len()));
    lines.insert(dice.below(lines.len() + 1), line);
    *text = lines.concat();
}

/// What is told of a plan, or of all plans of a file.
struct Told {
    verdict: Verdict,
    /// Nothing says that something may be missing.
    is_whole: bool,
    notes: Vec<Issue>,
}

fn told(name: &str, text: &[u8], is_file: bool) -> Option<Told> {
    let all: Vec<Answers> = if is_file {
        bookings(name, text).into_iter().map(|(_, got)| got).collect()
    } else {
        vec![answers(name, text)]
    };
    if all.is_empty() {
        return None;
    }
    let mut told = Told { verdict: Verdict::Clear, is_whole: true, notes: Vec::new() };
    for one in all {
        match one {
            // a booking that is refused is told of; a document that is refused has no verdict
            Err(_) if is_file => told.is_whole = false,
            Err(_) => return None,
            Ok(plans) => {
                for (_, answer) in plans {
                    told.verdict = told.verdict.worse(answer.verdict);
                    told.is_whole &= answer.complete;
                    told.notes.extend(answer.notes);
                }
            }
        }
    }
    Some(told)
}

/// The words and numbers of a text: what no reader can miss.
fn words(text: &[u8]) -> Vec<&[u8]> {
    let parts = text.split(|b| !b.is_ascii_alphanumeric() && !b".:+-_".contains(b) && b.is_ascii());
    parts.filter(|part| !part.is_empty()).collect()
}

/// Whether everything that the sound text says still stands in the damaged one, in its order or, in a file of many bookings, line by line.
/// What was overwritten nobody can know of, and a file of which whole bookings are gone is as good as another.
fn says_all(sound: &[u8], damaged: &[u8], is_file: bool) -> bool {
    let mut there = words(damaged).into_iter();
    let in_order = words(sound).into_iter().all(|word| there.any(|other| other == word));
    let lines = |text: &[u8]| {
        let mut lines: Vec<Vec<u8>> = text.split(|&b| b == b'\n').map(|line| line.trim_ascii().to_vec()).collect();
        lines.sort_unstable();
        lines
    };
    in_order || is_file && lines(sound) == lines(damaged)
}

#[test]
fn damage_is_an_error_or_said_and_never_a_panic() {
    let seed = std::env::var("CORDON_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or(2001);
    println!("CORDON_SEED={seed}");
    let mut sound: Vec<(String, Vec<u8>, bool)> = Vec::new();
    for kind in ["valid", "broken"] {
        sound.extend(files(kind).into_iter().map(|(name, text)| (name, text, false)));
    }
    sound.extend(files("bookings").into_iter().map(|(name, text)| (name, text, true)));
    let mut silent = Vec::new();
    for (name, whole, is_file) in sound {
        let before = told(&name, &whole, is_file);
        let mut dice = Dice(name.bytes().fold(seed, |seed, b| seed.wrapping_mul(31).wrapping_add(u64::from(b))));
        for round in 0..150 {
            let damaged = damage(&whole, &mut dice);
            let (Some(before), Some(after)) = (&before, told(&name, &damaged, is_file)) else { continue };
            let is_milder = before.verdict != after.verdict && before.verdict.worse(after.verdict) == before.verdict;
            let is_said = !after.is_whole || after.notes.iter().any(|note| !before.notes.contains(note));
            if is_milder && !is_said && says_all(&whole, &damaged, is_file) {
                let text = String::from_utf8_lossy(&damaged).into_owned();
                silent.push(format!("{name} round {round}: {} for {}\n{text}", after.verdict, before.verdict));
            }
        }
    }
    assert!(silent.is_empty(), "CORDON_SEED={seed}\n{}", silent.join("\n"));
}
