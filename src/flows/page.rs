//! One page of a list that is ordered by a key: how many, and after which key.

/// Which part of a list is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageQuery {
    /// Only what comes after this key.
    pub after: Option<String>,
    /// At most this many.
    pub limit: usize,
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The entries, in the order of their keys.
    pub items: Vec<T>,
    /// The key to go on after; none at the end.
    pub next: Option<String>,
}

impl PageQuery {
    /// Takes the page from entries in any order.
    pub fn take<T>(&self, items: impl Iterator<Item = T>, key: impl Fn(&T) -> &str) -> Page<T> {
        let mut items: Vec<T> =
            items.filter(|item| self.after.as_deref().is_none_or(|after| key(item) > after)).collect();
        items.sort_unstable_by(|a, b| key(a).cmp(key(b)));
        let more = items.len() > self.limit;
        items.truncate(self.limit);
        let next = if more { items.last().map(|item| key(item).to_owned()) } else { None };
        Page { items, next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_one_another_and_the_last_says_so() {
        let list = ["d", "b", "a", "c", "e"];
        let page = |after: Option<&str>| {
            PageQuery { after: after.map(str::to_owned), limit: 2 }.take(list.into_iter(), |item| *item)
        };
        assert_eq!(page(None), Page { items: vec!["a", "b"], next: Some("b".to_owned()) });
        assert_eq!(page(Some("b")), Page { items: vec!["c", "d"], next: Some("d".to_owned()) });
        assert_eq!(page(Some("d")), Page { items: vec!["e"], next: None });
        assert_eq!(page(Some("z")), Page { items: vec![], next: None });
    }
}
