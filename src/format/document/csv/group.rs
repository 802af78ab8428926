//! The rows of one booking as plans: one for all passengers who travel the same legs.

use std::sync::Arc;

use serde::de::IntoDeserializer;
use serde::de::value::{Error as WordError, StrDeserializer};
use serde::{Deserialize, Serialize};

use super::columns::Columns;
use super::row::Row;
use crate::error::Issue;
use crate::format::document::segments::{self, Movement, Segment, Visit};
use crate::format::document::{Context, Drafts, places};
use crate::format::draft::{DOUBTFUL, Draft, Source, assumed, doubtful};
use crate::format::itinerary::{MemberDoc, PolylineDoc};
use crate::format::json;
use crate::format::moment::Moment;
use crate::format::nationality::{self, Nationality};
use crate::model::{CountryCode, Mode};

/// The rows of one booking, not yet looked into.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Group {
    /// The booking's reference, as written.
    pub reference: String,
    pub(super) rows: Vec<Row>,
    columns: Arc<Columns>,
    /// The first row of the same booking, where that was over before these rows.
    pub(super) before: Option<u64>,
    /// The first of its rows that come after others, where that is known.
    pub(super) after: Option<u64>,
    /// Rows right beside these that do not say whose they are.
    pub(super) beside: Vec<u64>,
}

impl Group {
    pub(super) fn new(reference: String, columns: Arc<Columns>) -> Self {
        Self { reference, rows: Vec::new(), columns, before: None, after: None, beside: Vec::new() }
    }

    pub(super) fn first_row(&self) -> u64 {
        self.rows.first().map_or(0, |row| row.number)
    }

    /// Where the booking is in the table.
    pub fn place(&self) -> String {
        match (&self.rows[..], self.rows.last()) {
            ([first, _, ..], Some(last)) => format!("rows {}-{}", first.number, last.number),
            ([first], _) => format!("row {}", first.number),
            _ => String::new(),
        }
    }

    /// The plans of the booking: passengers with the same legs share one.
    ///
    /// # Errors
    /// Everything that is wrong in its rows.
    pub fn read(&self, context: &Context) -> Drafts {
        let mut reading = Reading { columns: &self.columns, context, issues: Vec::new(), notes: Vec::new() };
        if self.reference.is_empty() {
            reading.wrong(&self.rows[0], self.columns.booking, "the booking has no reference");
        }
        if self.rows.len() == super::MAX_ROWS {
            reading.wrong(&self.rows[0], usize::MAX, format!("a booking has fewer than {} rows", super::MAX_ROWS));
        }
        if let Some(before) = self.before {
            let detail = format!(
                "`{}` also has rows from row {before} on, with others between: the rows of a booking stand together. What is said of row \
                 {before} does not know of these rows",
                self.reference
            );
            reading.wrong(&self.rows[0], self.columns.booking, detail);
        }
        if let Some(after) = self.after {
            let detail = "more rows of the booking, after others: they are refused, and nothing here knows of them";
            reading.notes.push(doubtful(format!("row {after}"), detail));
        }
        for row in &self.beside {
            let detail = "does not say which booking it is of, and may be of the one beside it";
            reading.notes.push(doubtful(format!("row {row}"), detail));
        }
        // passengers in the order they first appear, each with the rows that are theirs
        let mut passengers: Vec<(&str, Vec<&Row>)> = Vec::new();
        for row in &self.rows {
            reading.whole(row);
            let name = row.cell(self.columns.passenger);
            match passengers.iter_mut().find(|(known, _)| *known == name) {
                Some((_, rows)) => rows.push(row),
                None => passengers.push((name, vec![row])),
            }
        }
        let mut parties: Vec<Party> = Vec::new();
        for (i, (name, rows)) in passengers.iter().enumerate() {
            let member = reading.member(name, i, rows);
            let way: String = rows.iter().map(|row| reading.signature(row)).collect();
            if let Some(party) = parties.iter_mut().find(|party| party.way == way) {
                party.members.push(member);
            } else {
                let legs = rows.iter().filter_map(|row| reading.segment(row)).collect();
                parties.push(Party { legs, way, members: vec![member] });
            }
        }
        if !reading.issues.is_empty() {
            return Err(reading.issues);
        }
        let notes = reading.notes;
        let draft = |(i, mut party): (usize, Party)| -> Draft {
            segments::sort(&mut party.legs, context);
            // what leaves a plan in doubt leaves each of them in doubt
            let whole = |note: &&Issue| i == 0 || note.code == DOUBTFUL;
            let notes = notes.iter().filter(whole).cloned().collect();
            segments::join(Some(self.reference.clone()), party.members, party.legs, notes, context)
        };
        Ok(parties.into_iter().enumerate().map(draft).collect())
    }
}

/// Passengers who travel the same legs.
struct Party {
    legs: Vec<Segment>,
    /// What tells that the legs are the same.
    way: String,
    members: Vec<(MemberDoc, Source)>,
}

struct Reading<'a> {
    columns: &'a Columns,
    context: &'a Context<'a>,
    issues: Vec<Issue>,
    notes: Vec<Issue>,
}

impl Reading<'_> {
    fn wrong(&mut self, row: &Row, column: usize, detail: impl Into<String>) {
        self.issues.push(Issue::invalid(self.columns.place(row.number, column), detail));
    }

    /// A row that could not be read, or that has more cells than the head: its values may stand in each other's place.
    fn whole(&mut self, row: &Row) {
        if let Some(why) = &row.broken {
            self.wrong(row, usize::MAX, why.clone());
        } else if row.len() > self.columns.count() {
            let detail = format!("has {} cells, {} more than the head", row.len(), row.len() - self.columns.count());
            self.wrong(row, usize::MAX, detail);
        }
        let c = self.columns;
        let journey = [c.from, c.from_country, c.to, c.to_country, c.depart, c.arrive, c.mode, c.transit, c.polyline];
        if row.broken.is_none() && journey.iter().any(|&column| column >= row.len() && column < c.count()) {
            let detail = format!("has only {} of {} cells: the journey may be cut off", row.len(), c.count());
            self.notes.push(doubtful(c.place(row.number, usize::MAX), detail));
        }
        if row.lines > 1 {
            let detail = format!("a cell runs over lines: {} lines are taken as one row", row.lines);
            self.notes.push(assumed(self.columns.place(row.number, usize::MAX), detail));
        }
    }

    /// What makes two rows the same leg.
    fn signature(&self, row: &Row) -> String {
        let c = self.columns;
        let cells = [c.mode, c.from, c.from_country, c.to, c.to_country, c.depart, c.arrive, c.transit, c.polyline];
        cells.iter().map(|&column| row.cell(column)).chain(["\n"]).collect::<Vec<_>>().join("\u{1f}")
    }

    /// A passenger; the first row that says something of them says it for all.
    fn member(&mut self, name: &str, i: usize, rows: &[&Row]) -> (MemberDoc, Source) {
        let id = if name.is_empty() { format!("p{}", i + 1) } else { name.to_owned() };
        let mut member = MemberDoc { id, ..MemberDoc::default() };
        let said = |column: usize| rows.iter().find(|row| !row.cell(column).is_empty()).copied();
        for column in [self.columns.nationalities, self.columns.passport_issuer, self.columns.purpose] {
            let first = said(column);
            let other = rows.iter().find(|row| {
                !row.cell(column).is_empty() && first.is_some_and(|first| row.cell(column) != first.cell(column))
            });
            if let (Some(first), Some(other)) = (first, other) {
                self.wrong(other, column, format!("`{}` is not what row {} says", other.cell(column), first.number));
            }
        }
        if let Some(row) = said(self.columns.nationalities) {
            let column = self.columns.nationalities;
            for code in row.cell(column).split(['+', '/', ' ', '|']).filter(|code| !code.is_empty()) {
                if let Some(country) = self.country(row, column, code)
                    && !member.nationalities.contains(&country)
                {
                    member.nationalities.push(country);
                }
            }
        }
        if let Some(row) = said(self.columns.passport_issuer) {
            member.passport_issuer =
                self.country(row, self.columns.passport_issuer, row.cell(self.columns.passport_issuer));
        }
        if let Some(row) = said(self.columns.purpose) {
            member.purpose = self.word(row, self.columns.purpose).unwrap_or_default();
        }
        (member, Source::at(self.columns.place(rows[0].number, self.columns.passenger)))
    }

    fn country(&mut self, row: &Row, column: usize, code: &str) -> Option<CountryCode> {
        match nationality::parse(code) {
            Ok(Nationality::Country(country)) => Some(country),
            Ok(Nationality::None(who)) => {
                let place = self.columns.place(row.number, column);
                self.notes.push(assumed(place, format!("`{code}` is the code of {who}: every issuer is consulted")));
                None
            }
            Err(detail) => {
                self.wrong(row, column, detail);
                None
            }
        }
    }

    /// A word of a closed list; none where the cell is empty.
    fn word<T: for<'de> Deserialize<'de>>(&mut self, row: &Row, column: usize) -> Option<T> {
        let word = row.cell(column).to_lowercase();
        if word.is_empty() {
            return None;
        }
        let deserializer: StrDeserializer<WordError> = word.as_str().into_deserializer();
        T::deserialize(deserializer).map_err(|e| self.wrong(row, column, json::plainly(&e.to_string()))).ok()
    }

    fn segment(&mut self, row: &Row) -> Option<Segment> {
        let c = self.columns;
        let mode: Option<Mode> = self.word(row, c.mode);
        let depart = self.time(row, c.depart);
        let arrive = self.time(row, c.arrive);
        let transit = self.word(row, c.transit);
        if row.cell(c.from).is_empty() {
            self.wrong(row, c.from, "is empty");
            return None;
        }
        let (context, notes) = (self.context, &mut self.notes);
        let mut place = |column: usize, country: usize| {
            let country = (!row.cell(country).is_empty()).then(|| CountryCode::parse(row.cell(country)));
            let at = c.place(row.number, column);
            let written = places::in_capitals(row.cell(column), context);
            let found = country.transpose().map(|country| places::by_text(&written, country, &at, context, notes));
            (found, Source::at(at))
        };
        let times = |source: Source| {
            source.with("arrive", c.place(row.number, c.arrive)).with("depart", c.place(row.number, c.depart))
        };
        let (from, source) = place(c.from, c.from_country);
        let (to, to_source) = place(c.to, c.to_country);
        let from = from.map_err(|detail| self.wrong(row, c.from_country, detail)).ok()?;
        let to = to.map_err(|detail| self.wrong(row, c.to_country, detail)).ok()?;
        if row.cell(c.to).is_empty() {
            if mode == Some(Mode::Stay) || mode.is_none() && c.has_to() {
                if !row.cell(c.polyline).is_empty() {
                    self.notes
                        .push(doubtful(c.place(row.number, c.polyline), "a way without a place that it leads to"));
                }
                return Some(Segment::Stay(Box::new(Visit {
                    place: from,
                    arrive,
                    depart,
                    transit,
                    is_moment: false,
                    source: times(source),
                })));
            }
            let why = if c.has_to() { "is empty" } else { "no column says where it leads, and `mode` is not `stay`" };
            self.wrong(row, c.to, why);
            return None;
        }
        let encoded = row.cell(c.polyline);
        let polyline = (!encoded.is_empty()).then(|| PolylineDoc { encoded: encoded.to_owned(), precision: 5 });
        let at = c.place(row.number, usize::MAX);
        Some(Segment::Movement(Box::new(Movement {
            from: Visit { place: from, depart, source: times(source), ..Visit::default() },
            to: Visit { place: to, arrive, transit, source: times(to_source), ..Visit::default() },
            mode: mode.unwrap_or_default(),
            geometry: None,
            polyline,
            connects: false,
            source: Source::at(at).with("polyline", c.place(row.number, c.polyline)),
        })))
    }

    /// A time as our moments are written: spreadsheets write `2025/10/20 8:00`.
    fn time(&mut self, row: &Row, column: usize) -> Option<String> {
        let written = row.cell(column);
        if written.is_empty() {
            return None;
        }
        let plain = plain_time(written);
        if Moment::parse(&plain).is_ok() {
            Some(plain)
        } else {
            let detail =
                format!("`{written}` is not a time such as 2025-10-20 08:00, 2025-10-20T08:00+07:00 or 2025-10-20");
            self.wrong(row, column, detail);
            None
        }
    }
}

/// The year first, two digits each; what has another form is left as it is.
fn plain_time(written: &str) -> String {
    let (date, time) = match written.split_once(['T', ' ']) {
        Some((date, time)) => (date, Some(time.trim())),
        None => (written, None),
    };
    let parts: Vec<&str> = date.split(['-', '/', '.']).collect();
    let [year, month, day] = parts[..] else { return written.to_owned() };
    if year.len() != 4 {
        return written.to_owned();
    }
    let date = format!("{year}-{month:0>2}-{day:0>2}");
    match time {
        None => date,
        Some(time) if time.as_bytes().get(1) == Some(&b':') => format!("{date}T0{time}"),
        Some(time) => format!("{date}T{time}"),
    }
}
