//! What the sentences of every language share: the five elements in their order, and texts cut to size.

use crate::model::{Level, Severity};

/// The most bytes of guidance in a full message.
const GUIDANCE: usize = 900;
/// And in a short one.
const SHORT_GUIDANCE: usize = 160;
/// The most bytes of a headline.
const TITLE: usize = 200;

/// The elements of a message, in the order in which they are said.
pub(super) struct Said {
    pub source: String,
    /// Level by number and word, and what changed about it.
    pub hazard: String,
    pub place: String,
    pub guidance: String,
    pub time: String,
    /// Which language the guidance is in, where it is not the one asked for.
    pub fallback: Option<String>,
    /// Level and place, for the headline.
    pub headline: String,
}

impl Said {
    pub fn title(&self) -> String {
        cut(&self.headline, TITLE)
    }

    pub fn body(&self) -> String {
        self.lines(GUIDANCE)
    }

    pub fn short(&self) -> String {
        self.lines(SHORT_GUIDANCE)
    }

    fn lines(&self, guidance: usize) -> String {
        let mut body = format!("{}: {} {}", self.source, self.hazard, self.place);
        let guidance = cut(&self.guidance, guidance);
        for part in [Some(&guidance), Some(&self.time), self.fallback.as_ref()].into_iter().flatten() {
            if !part.is_empty() {
                body.push('\n');
                body.push_str(part);
            }
        }
        body
    }
}

/// At most `most` bytes, at the end of a sentence or word, with a sign that something is missing.
fn cut(text: &str, most: usize) -> String {
    let text = text.trim();
    if text.len() <= most {
        return text.to_owned();
    }
    let end = (0..=most - '…'.len_utf8()).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    let kept = &text[..end];
    let sentence = kept.rfind(['.', '!', '?', '。']).map(|at| at + 1).filter(|&at| at * 2 > end);
    let word = kept.rfind(char::is_whitespace).filter(|&at| at * 2 > end);
    let end = sentence.or(word).unwrap_or(end);
    // the punctuation of CJK is wider than a byte
    let end = (end..=kept.len()).find(|&at| kept.is_char_boundary(at)).unwrap_or(end);
    format!("{} …", kept[..end].trim_end())
}

/// Which way a level moved.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Move {
    Raised,
    Lowered,
    Level,
}

/// Which way, by the order of the issuer's own scale, else by our reading.
pub(super) fn movement(scale: &[Level], before: (&str, Severity), after: (&str, Severity)) -> Move {
    let step = |code: &str| scale.iter().position(|level| level.code == code);
    let order = match (step(before.0), step(after.0)) {
        (Some(before), Some(after)) => after.cmp(&before),
        _ => after.1.cmp(&before.1),
    };
    match order {
        std::cmp::Ordering::Greater => Move::Raised,
        std::cmp::Ordering::Less => Move::Lowered,
        std::cmp::Ordering::Equal => Move::Level,
    }
}

/// A level code that is itself a number or short word is said as one.
pub(super) fn is_number(code: &str) -> bool {
    !code.is_empty() && code.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn texts_are_cut_between_sentences_or_words_and_never_within_a_character() {
        assert_eq!(cut("Short.", 20), "Short.");
        assert_eq!(cut("Leave at once. Do not return before spring.", 30), "Leave at once. …");
        assert_eq!(cut("Leave the whole province at once", 20), "Leave the whole …");
        let korean = "여행을 취소하거나 연기하고 긴요한 용무가 없으면 출국하십시오";
        for most in 10..korean.len() {
            let short = cut(korean, most);
            assert!(short.ends_with('…') && short.len() <= most + 1, "{most}: {short}");
        }
    }
}
