//! Which column of a table holds what: by our names, by usual ones, or as the caller says.

use serde::{Deserialize, Serialize};

use crate::error::Issue;
use crate::format::draft::dropped;

/// Our names, each with others that tables use for the same.
const NAMES: &[(&str, &[&str])] = &[
    ("booking", &["booking_reference", "reference", "ref", "pnr", "record_locator", "예약번호"]),
    ("passenger", &["passenger_id", "pax", "traveller", "traveler", "승객", "여행자", "승객번호"]),
    ("nationalities", &["nationality", "citizenship", "국적"]),
    ("passport_issuer", &["issuing_country", "passport_country", "여권발급국"]),
    ("purpose", &["목적"]),
    ("mode", &["transport", "type", "교통수단"]),
    ("from", &["origin", "orig", "departure", "departure_airport", "departure_city", "place", "출발지", "출발"]),
    ("from_country", &["origin_country", "country", "출발국가"]),
    ("to", &["destination", "dest", "arrival", "arrival_airport", "arrival_city", "목적지", "도착지", "도착"]),
    ("to_country", &["destination_country", "도착국가"]),
    (
        "depart",
        &[
            "departure_time",
            "departure_date",
            "departure_datetime",
            "depart_date",
            "departs",
            "departing_at",
            "출발시각",
            "출발일시",
            "출발일",
        ],
    ),
    (
        "arrive",
        &[
            "arrival_time",
            "arrival_date",
            "arrival_datetime",
            "arrive_date",
            "arrives",
            "arriving_at",
            "도착시각",
            "도착일시",
            "도착일",
        ],
    ),
    ("transit", &["경유"]),
    ("polyline", &["route", "경로"]),
];

/// What the caller calls our columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mapping(Vec<(String, String)>);

impl Mapping {
    /// Reads `booking=PNR,passenger=Pax no`: our name, then the table's.
    ///
    /// # Errors
    /// When a pair has no `=`, or names none of our columns.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut pairs = Vec::new();
        for pair in text.split(',').filter(|pair| !pair.trim().is_empty()) {
            let (ours, theirs) = pair.split_once('=').ok_or_else(|| format!("`{pair}` is not `our name=your name`"))?;
            let ours = ours.trim();
            if !NAMES.iter().any(|(name, _)| *name == ours) {
                let names: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
                return Err(format!("`{ours}` is none of {}", names.join(", ")));
            }
            pairs.push((ours.to_owned(), theirs.trim().to_owned()));
        }
        Ok(Self(pairs))
    }
}

/// The position of each of our columns; those of a table without it are past its end.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Columns {
    pub booking: usize,
    pub passenger: usize,
    pub nationalities: usize,
    pub passport_issuer: usize,
    pub purpose: usize,
    pub mode: usize,
    pub from: usize,
    pub from_country: usize,
    pub to: usize,
    pub to_country: usize,
    pub depart: usize,
    pub arrive: usize,
    pub transit: usize,
    pub polyline: usize,
    /// What the table calls them.
    names: Vec<String>,
}

impl Columns {
    /// Finds our columns in the head of a table, which is in this row; others are noted.
    pub fn find(row: u64, head: &[String], mapping: &Mapping) -> Result<(Self, Vec<Issue>), Issue> {
        let wrong = |detail: String| Issue::invalid(format!("row {row}"), detail);
        let mut taken = Vec::new();
        let mut position = |ours: &str| {
            let mapped = mapping.0.iter().find(|(name, _)| name == ours).map(|(_, theirs)| theirs);
            let aliases = NAMES.iter().find(|(name, _)| *name == ours).map_or(&[][..], |(_, aliases)| aliases);
            let is = |cell: &String| match mapped {
                Some(theirs) => cell == theirs,
                None => fold(cell) == fold(ours) || aliases.iter().any(|alias| fold(alias) == fold(cell)),
            };
            // our own name before those of others
            let own = head.iter().filter(|cell| mapped.is_none() && fold(cell) == fold(ours)).count();
            let is_it = |cell: &String| is(cell) && (own == 0 || fold(cell) == fold(ours));
            let found = head.iter().position(is_it);
            let again = head.iter().enumerate().find(|(i, cell)| found.is_some_and(|first| *i > first) && is_it(cell));
            if let (Some(first), Some((i, cell))) = (found, again) {
                let (first, name) = (first + 1, &head[first]);
                let detail = format!(
                    "`{name}` in column {first} and `{cell}` in column {} may both be `{ours}`; say which one it is",
                    i + 1
                );
                return Err(wrong(detail));
            }
            if let (None, Some(theirs)) = (found, mapped) {
                return Err(wrong(format!("no column is called `{theirs}`")));
            }
            taken.extend(found);
            Ok(found.unwrap_or(usize::MAX))
        };
        let columns = Self {
            booking: position("booking")?,
            passenger: position("passenger")?,
            nationalities: position("nationalities")?,
            passport_issuer: position("passport_issuer")?,
            purpose: position("purpose")?,
            mode: position("mode")?,
            from: position("from")?,
            from_country: position("from_country")?,
            to: position("to")?,
            to_country: position("to_country")?,
            depart: position("depart")?,
            arrive: position("arrive")?,
            transit: position("transit")?,
            polyline: position("polyline")?,
            names: head.to_vec(),
        };
        for (name, found) in [("booking", columns.booking), ("from", columns.from)] {
            if found == usize::MAX {
                let detail = format!("has no column `{name}`, only {}; say which one it is", head.join(", "));
                return Err(wrong(detail));
            }
        }
        // a table whose destinations have a name that nobody knows would be one of stays
        if columns.to == usize::MAX && columns.mode == usize::MAX {
            let detail = "has neither a column `to` nor a `mode` that says `stay`".to_owned();
            return Err(wrong(format!("{detail}, only {}; say where each journey leads", head.join(", "))));
        }
        let others = head.iter().enumerate().filter(|(i, name)| !taken.contains(i) && !name.is_empty());
        let notes =
            others.map(|(_, name)| dropped(format!("row {row}, column \"{name}\""), "a column that is not looked at"));
        let notes = notes.collect();
        Ok((columns, notes))
    }

    /// Where a cell is, for messages.
    pub fn place(&self, row: u64, column: usize) -> String {
        match self.names.get(column) {
            Some(name) => format!("row {row}, column \"{name}\""),
            None => format!("row {row}"),
        }
    }

    /// Whether the table says where journeys lead.
    pub fn has_to(&self) -> bool {
        self.to != usize::MAX
    }

    /// How many columns the table has.
    pub fn count(&self) -> usize {
        self.names.len()
    }
}

fn fold(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
