//! The words in which SQLite and PostgreSQL differ. A statement is written once; an `@word` in it is put in for the database at hand.
//!
//! | in the text | SQLite | PostgreSQL |
//! |---|---|---|
//! | `@rows($1) AS r` | `(SELECT value FROM json_each($1) LIMIT -1)` | `jsonb_array_elements($1)`: an array of objects as rows; `r.value ->> 'id'` is a member as text |
//! | `@texts($1) AS r` | `json_each($1)` | `jsonb_array_elements_text($1)`: an array of texts as rows; `r.value` is the text |
//! | `@skip_locked` | nothing: there is one writer | `FOR UPDATE SKIP LOCKED`: rows that another instance works on are passed over |
//! | `@for_update` | nothing: there is one writer | `FOR UPDATE`: what is read stays so until the transaction ends |
//! | `@least(a, b)`, `@greatest(a, b)` | `min`, `max` | `LEAST`, `GREATEST` |
//! | `CAST(@array(a, b) AS TEXT)` | `json_array` | `json_build_array`: many columns as one text, which costs a driver less than each by itself |
//! | `CAST(@group(a) AS TEXT)` | `json_group_array` | `json_agg`: many rows as one text likewise; of no rows `[]`, or NULL on PostgreSQL |
//! | `@text`, in migrations | `TEXT` | `TEXT COLLATE "C"`: sorted by its bytes, whatever the server's language |
//!
//! A member read by `->>` is text on PostgreSQL: numbers are written `CAST(r.value ->> 'n' AS BIGINT)`, truths are passed as 0 and 1, a
//! document inside a row is passed as a string that holds JSON. JSON `null` is NULL.
//!
//! The `LIMIT -1` takes nothing away: it keeps SQLite from writing out the text of a row anew for every member that is read of it.

use std::borrow::Cow;

/// Which database it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// A file in this process.
    Sqlite,
    /// A server.
    Postgres,
}

/// Each word with what it stands for, SQLite first. None begins with another.
const WORDS: &[(&str, &str, &str)] = &[
    ("@rows(", "(SELECT value FROM json_each(", "jsonb_array_elements("),
    ("@array(", "json_array(", "json_build_array("),
    ("@group(", "json_group_array(", "json_agg("),
    ("@texts(", "json_each(", "jsonb_array_elements_text("),
    ("@skip_locked", "", "FOR UPDATE SKIP LOCKED"),
    ("@for_update", "", "FOR UPDATE"),
    ("@least(", "min(", "LEAST("),
    ("@greatest(", "max(", "GREATEST("),
    ("@text", "TEXT", "TEXT COLLATE \"C\""),
];

impl Dialect {
    /// The statement in the words of this database.
    pub(super) fn speak(self, text: &str) -> Cow<'_, str> {
        if !text.contains('@') {
            return Cow::Borrowed(text);
        }
        let mut spoken = String::with_capacity(text.len() + 64);
        let mut rest = text;
        while let Some(at) = rest.find('@') {
            spoken.push_str(&rest[..at]);
            rest = &rest[at..];
            let Some((word, sqlite, postgres)) = WORDS.iter().find(|(word, ..)| rest.starts_with(word)) else {
                debug_assert!(false, "unknown word: {rest}");
                spoken.push('@');
                rest = &rest[1..];
                continue;
            };
            spoken.push_str(match self {
                Self::Sqlite => sqlite,
                Self::Postgres => postgres,
            });
            rest = &rest[word.len()..];
            let Some(end) = rest.find(')') else { continue };
            match (self, *word) {
                // a parameter is text to the driver; the server is told that it holds JSON
                (Self::Postgres, "@rows(" | "@texts(") => {
                    spoken.push_str("CAST(");
                    spoken.push_str(&rest[..end]);
                    spoken.push_str(" AS jsonb)");
                    rest = &rest[end..];
                }
                (Self::Sqlite, "@rows(") => {
                    spoken.push_str(&rest[..end]);
                    spoken.push_str(") LIMIT -1");
                    rest = &rest[end..];
                }
                _ => {}
            }
        }
        spoken.push_str(rest);
        Cow::Owned(spoken)
    }

    /// How a transaction that may write begins. SQLite takes the lock at once: a transaction that takes it later may have to fail.
    pub(super) fn begin_writing(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN IMMEDIATE",
            Self::Postgres => "BEGIN ISOLATION LEVEL READ COMMITTED",
        }
    }

    /// How a transaction that only reads begins.
    pub(super) fn begin_reading(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN DEFERRED",
            Self::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_put_in_for_the_database_at_hand() {
        let text = "SELECT r.value ->> 'id', @greatest(1, 2) FROM @rows($1) AS r, @texts($2) AS t LIMIT 1 @skip_locked";
        insta::assert_snapshot!(Dialect::Sqlite.speak(text), @"SELECT r.value ->> 'id', max(1, 2) FROM (SELECT value FROM json_each($1) LIMIT -1) AS r, json_each($2) AS t LIMIT 1 ");
        insta::assert_snapshot!(Dialect::Postgres.speak(text), @"SELECT r.value ->> 'id', GREATEST(1, 2) FROM jsonb_array_elements(CAST($1 AS jsonb)) AS r, jsonb_array_elements_text(CAST($2 AS jsonb)) AS t LIMIT 1 FOR UPDATE SKIP LOCKED");
    }
}
