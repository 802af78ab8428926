//! One statement with its parameters, and the rows that come back: plain values, nothing of the driver.

use std::borrow::Cow;

use futures_util::TryStreamExt;
use jiff::Timestamp;
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::{Any, AssertSqlSafe, Row as _, SqlSafeStr};

use super::{StoreError, Tx};

/// A parameter: text or a whole number, or the absence of one.
#[derive(Clone, Debug, PartialEq)]
pub enum Arg {
    /// Text.
    Text(Option<String>),
    /// A whole number of 64 bits.
    Int(Option<i64>),
}

macro_rules! arguments {
    ($( $from:ty, $value:ident => $arg:ident($text:expr); )*) => { $(
        impl From<$from> for Arg {
            fn from($value: $from) -> Self {
                Self::$arg(Some($text))
            }
        }

        impl From<Option<$from>> for Arg {
            fn from(value: Option<$from>) -> Self {
                Self::$arg(value.map(|$value| $text))
            }
        }
    )* };
}

arguments! {
    &str, text => Text(text.to_owned());
    &String, text => Text(text.clone());
    String, text => Text(text);
    Cow<'_, str>, text => Text(text.into_owned());
    i64, number => Int(number);
    u32, number => Int(i64::from(number));
    u8, number => Int(i64::from(number));
    bool, truth => Int(i64::from(truth));
    Timestamp, at => Int(at.as_microsecond());
}

/// A statement that is being given its parameters.
#[must_use = "a statement does nothing until it is run"]
pub struct Statement<'t> {
    tx: &'t mut Tx,
    query: sqlx::query::Query<'static, Any, AnyArguments>,
}

impl<'t> Statement<'t> {
    pub(super) fn new(tx: &'t mut Tx, text: &str) -> Self {
        // every text is a constant of a file in this folder, in the words of the dialect; values are only ever parameters
        let spoken = tx.dialect().speak(text).into_owned();
        Self { tx, query: sqlx::query(AssertSqlSafe(spoken).into_sql_str()) }
    }

    /// The next parameter: `$1`, then `$2`, …
    pub fn bind(mut self, value: impl Into<Arg>) -> Self {
        self.query = match value.into() {
            Arg::Text(text) => self.query.bind(text),
            Arg::Int(number) => self.query.bind(number),
        };
        self
    }

    /// Runs it and gives the number of rows that it wrote.
    ///
    /// # Errors
    /// When the database refuses it or cannot be reached.
    pub async fn run(self) -> Result<u64, StoreError> {
        let done = self.query.execute(self.tx.connection()).await.map_err(|error| self.tx.failed(error))?;
        Ok(done.rows_affected())
    }

    /// All rows.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub async fn rows(self) -> Result<Vec<Row>, StoreError> {
        let rows = self.query.fetch_all(self.tx.connection()).await.map_err(|error| self.tx.failed(error))?;
        Ok(rows.into_iter().map(Row).collect())
    }

    /// The first row, if there is one.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub async fn row(self) -> Result<Option<Row>, StoreError> {
        let row = self.query.fetch_optional(self.tx.connection()).await.map_err(|error| self.tx.failed(error))?;
        Ok(row.map(Row))
    }

    /// The one row that there must be.
    ///
    /// # Errors
    /// As [`Self::run`], and when there is none.
    pub async fn one(self) -> Result<Row, StoreError> {
        self.query.fetch_one(self.tx.connection()).await.map(Row).map_err(|error| self.tx.failed(error))
    }

    /// Hands over row by row: for more than memory should hold at once.
    ///
    /// # Errors
    /// As [`Self::run`], and those of `take`.
    pub async fn each(self, mut take: impl FnMut(&Row) -> Result<(), StoreError>) -> Result<(), StoreError> {
        let mut rows = self.query.fetch(self.tx.connection());
        let failed = loop {
            match rows.try_next().await {
                Ok(Some(row)) => take(&Row(row))?,
                Ok(None) => return Ok(()),
                Err(error) => break error,
            }
        };
        drop(rows);
        Err(self.tx.failed(failed))
    }
}

/// A row that was read. Columns are named, or counted from 0.
pub struct Row(AnyRow);

/// A column's name, or its number from 0.
pub trait Column: sqlx::ColumnIndex<AnyRow> + std::fmt::Debug {}
impl<C: sqlx::ColumnIndex<AnyRow> + std::fmt::Debug> Column for C {}

impl Row {
    /// Text that is always there.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when it is not.
    pub fn text(&self, column: impl Column) -> Result<&str, StoreError> {
        Ok(self.0.try_get(column)?)
    }

    /// Text that may be missing.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when it is something else.
    pub fn maybe_text(&self, column: impl Column) -> Result<Option<&str>, StoreError> {
        Ok(self.0.try_get(column)?)
    }

    /// A whole number.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when it is none.
    pub fn int(&self, column: impl Column) -> Result<i64, StoreError> {
        Ok(self.0.try_get(column)?)
    }

    /// A whole number that may be missing.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when it is something else.
    pub fn maybe_int(&self, column: impl Column) -> Result<Option<i64>, StoreError> {
        Ok(self.0.try_get(column)?)
    }

    /// A truth.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when it is no number.
    pub fn truth(&self, column: impl Column) -> Result<bool, StoreError> {
        Ok(self.int(column)? != 0)
    }

    /// An instant.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when it is none.
    pub fn instant(&self, column: impl Column) -> Result<Timestamp, StoreError> {
        let name = format!("{column:?}");
        instant(self.int(column)?, &name)
    }

    /// An instant that may be missing.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when it is something else.
    pub fn maybe_instant(&self, column: impl Column) -> Result<Option<Timestamp>, StoreError> {
        let name = format!("{column:?}");
        self.maybe_int(column)?.map(|micros| instant(micros, &name)).transpose()
    }

    /// Text that reads as something else: a code, a document.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when it does not.
    pub fn parsed<T, E: std::fmt::Display>(
        &self,
        column: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, StoreError> {
        parse(self.text(column)?).map_err(|e| StoreError::Corrupt { column: column.to_owned(), reason: e.to_string() })
    }

    /// A JSON document.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when it is none of `T`.
    pub fn json<T: serde::de::DeserializeOwned>(&self, column: &str) -> Result<T, StoreError> {
        self.parsed(column, |text| serde_json::from_str(text))
    }
}

pub(super) fn instant(micros: i64, column: &str) -> Result<Timestamp, StoreError> {
    Timestamp::from_microsecond(micros)
        .map_err(|e| StoreError::Corrupt { column: column.trim_matches('"').to_owned(), reason: e.to_string() })
}
