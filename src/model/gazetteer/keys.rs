//! The keys of a gazetteer in order: what a place is called exactly, and what begins as somebody types.

/// One key of an entry, in a text that all keys share.
#[derive(Clone, Copy, Debug)]
struct Key {
    /// Its first bytes: most comparisons end here, without a look at the text.
    head: u64,
    at: u32,
    length: u16,
    /// Found by its beginning only: a word of an airport's name is nothing to know it by.
    hint: bool,
    entry: u32,
}

/// Folded keys, sorted.
#[derive(Debug, Default)]
pub(super) struct Keys {
    text: String,
    sorted: Vec<Key>,
}

impl Keys {
    /// Adds a key, without case and punctuation; `hint` for one that is found only as a beginning.
    pub fn push(&mut self, key: &str, entry: u32, hint: bool) {
        let at = self.text.len();
        self.text.extend(folded(key));
        let folded = &self.text[at..];
        let (Ok(length), Ok(at), false) = (u16::try_from(folded.len()), u32::try_from(at), folded.is_empty()) else {
            self.text.truncate(at);
            return;
        };
        self.sorted.push(Key { head: head(folded), at, length, hint, entry });
    }

    /// Puts the keys in order; to be called once, after the last.
    pub fn sort(&mut self) {
        let text = &self.text;
        self.sorted.sort_unstable_by(|a, b| {
            a.head.cmp(&b.head).then_with(|| key(text, a).cmp(key(text, b))).then(a.entry.cmp(&b.entry))
        });
        self.sorted.dedup_by(|a, b| a.entry == b.entry && a.hint == b.hint && key(text, a) == key(text, b));
        self.text.shrink_to_fit();
        self.sorted.shrink_to_fit();
    }

    /// The entries known by exactly this key, the earlier first.
    pub fn exact(&self, name: &str) -> impl Iterator<Item = u32> {
        let folded = fold(name);
        let start = self.start(&folded);
        let found = self.sorted[start..].iter().take_while(move |k| key(&self.text, k) == folded);
        found.filter(|k| !k.hint).map(|k| k.entry)
    }

    /// The entries with a key that begins so, and whether it is the whole key; one of several such keys counts several times.
    pub fn beginning(&self, name: &str) -> impl Iterator<Item = (u32, bool)> {
        let folded = fold(name);
        let start = if folded.is_empty() { self.sorted.len() } else { self.start(&folded) };
        let length = folded.len();
        let found = self.sorted[start..].iter().take_while(move |k| key(&self.text, k).starts_with(&folded));
        found.map(move |k| (k.entry, usize::from(k.length) == length && !k.hint))
    }

    fn start(&self, folded: &str) -> usize {
        let head = head(folded);
        self.sorted.partition_point(|k| k.head < head || k.head == head && key(&self.text, k) < folded)
    }
}

fn key<'a>(text: &'a str, key: &Key) -> &'a str {
    let at = key.at as usize;
    &text[at..at + usize::from(key.length)]
}

fn head(folded: &str) -> u64 {
    let mut bytes = [0; 8];
    for (to, from) in bytes.iter_mut().zip(folded.bytes()) {
        *to = from;
    }
    u64::from_be_bytes(bytes)
}

/// A key without case and punctuation, so that `Poi Pet`, `poipet` and `POI-PET` are one.
pub(super) fn fold(key: &str) -> String {
    folded(key).collect()
}

fn folded(key: &str) -> impl Iterator<Item = char> {
    key.chars().filter(|c| c.is_alphanumeric() || is_mark(*c)).flat_map(char::to_lowercase)
}

/// Vowel signs and the like, which scripts such as Khmer cannot do without.
fn is_mark(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c) || (!c.is_ascii() && !c.is_whitespace() && !c.is_alphanumeric())
}
