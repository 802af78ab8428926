//! The page to print: a signed statement in words, with a picture. All that it says stands in the statement.

use askama::Template;
use jiff::Timestamp;
use serde_json::Value;

use super::list;
use super::words::Words;
use crate::flows::picture::Picture;
use crate::format::phrases::Phrases;

#[derive(Template)]
#[template(path = "evidence.html")]
struct Page<'a> {
    lang: &'static str,
    words: &'static Words,
    title: String,
    verdict: Option<Spoken>,
    incomplete: &'a str,
    facts: Vec<(&'static str, String)>,
    picture: Option<&'a Picture>,
    trips: Vec<Trip>,
    quotes: Vec<Quote>,
    origin: Vec<(&'static str, String)>,
}

/// A verdict: the word it is known by, and as it is said.
struct Spoken {
    word: String,
    said: String,
}

/// One plan with everything that was concluded about it.
struct Trip {
    /// What its parts are named after on the page: nothing where there is only one.
    reference: String,
    verdict: Option<Spoken>,
    action: &'static str,
    stops: Vec<Stop>,
    rows: Vec<Row>,
    findings: Vec<Finding>,
    doubts: Vec<(String, String)>,
    remarks: Vec<(String, String)>,
}

struct Stop {
    n: usize,
    name: String,
    coordinates: String,
    found_in: String,
    when: String,
}

/// What one issuer says to one traveller.
struct Row {
    traveller: String,
    issuer: String,
    level: String,
    verdict: Spoken,
}

struct Finding {
    n: usize,
    title: String,
    level: String,
    colour: String,
    verdict: Spoken,
    details: Vec<String>,
    revision: String,
}

/// A revision in its issuer's words.
struct Quote {
    revision: String,
    issuer: String,
    title: String,
    level: String,
    colour: String,
    published_at: String,
    in_force: String,
    texts: Vec<(String, String)>,
    source: String,
    /// Whether the source is a web address: one from a data file must not become a script.
    web: bool,
}

/// Writes the page of a statement, in Korean or English.
///
/// # Errors
/// When it cannot be drawn.
pub fn page(statement: &Value, picture: Option<&Picture>, lang: &str) -> Result<String, String> {
    let words = Words::of(lang);
    let teller = Teller { statement, words, phrases: Phrases::choose(Some(lang), "") };
    let answer = &statement["answer"];
    let page = match &answer["bookings"] {
        Value::Array(bookings) => Page {
            title: words.validation.to_owned(),
            verdict: None,
            incomplete: "",
            facts: teller.facts_of_validation(),
            trips: teller.trips(bookings),
            ..teller.frame(picture)
        },
        _ => Page {
            title: format!("{}: {}", words.check, teller.ends()),
            verdict: answer["verdict"].as_str().map(|word| teller.verdict(word)),
            incomplete: if answer["complete"] == false { teller.phrases.say("answer.incomplete") } else { "" },
            facts: teller.facts_of_check(),
            trips: vec![teller.trip(answer, &statement["question"]["stops"], &mut 0)],
            ..teller.frame(picture)
        },
    };
    page.render().map_err(|e| format!("cannot write the page: {e}"))
}

/// Says what a statement holds.
struct Teller<'a> {
    statement: &'a Value,
    words: &'static Words,
    phrases: Phrases,
}

impl Teller<'_> {
    /// What both kinds of pages have.
    fn frame<'p>(&self, picture: Option<&'p Picture>) -> Page<'p> {
        Page {
            lang: self.phrases.lang(),
            words: self.words,
            title: String::new(),
            verdict: None,
            incomplete: "",
            facts: Vec::new(),
            picture,
            trips: Vec::new(),
            quotes: list(self.statement, "revisions").map(|said| self.quote(said)).collect(),
            origin: self.origin(),
        }
    }

    fn facts_of_check(&self) -> Vec<(&'static str, String)> {
        let reference = text(self.statement, "/answer/ref");
        let trip = Some((self.words.trip, reference)).filter(|(_, reference)| !reference.is_empty());
        trip.into_iter().chain(self.instants()).collect()
    }

    fn facts_of_validation(&self) -> Vec<(&'static str, String)> {
        let (question, tally) = (&self.statement["question"], &self.statement["answer"]["tally"]);
        let mut facts = vec![(self.words.validation, text(question, "/validation"))];
        facts.extend(self.instants());
        let (policy, from) = (&question["policy"], |pointer| self.verdict(&text(&question["policy"], pointer)).said);
        let mut said = vec![
            format!("{}: {}", self.words.block_from, from("/block")),
            format!("{}: {}", self.words.review_from, from("/review")),
        ];
        said.extend(list(policy, "issuers").filter_map(Value::as_str).map(str::to_owned));
        facts.push((self.words.policy, said.join(" · ")));
        let verdicts = ["prohibited", "avoid", "caution", "indeterminate", "notice", "clear"];
        let counted = |(word, name): (String, &str)| {
            tally[name].as_u64().filter(|count| *count > 0).map(|count| format!("{word} {count}"))
        };
        let mut counts = vec![format!("{} {}", text(tally, "/bookings"), self.words.bookings)];
        counts.extend(verdicts.into_iter().filter_map(|name| counted((self.verdict(name).said, name))));
        counts.extend(counted((self.words.rejected.to_owned(), "rejected")));
        facts.push((self.words.verdicts, counts.join(" · ")));
        facts
    }

    /// When it was made, and what was known then.
    fn instants(&self) -> [(&'static str, String); 2] {
        let known = text(self.statement, "/answer/as_of");
        let known = if known.is_empty() { text(self.statement, "/question/as_of") } else { known };
        [(self.words.made, instant(&text(self.statement, "/made_at"))), (self.words.known, instant(&known))]
    }

    /// The first stop and the last.
    fn ends(&self) -> String {
        let stops = list(&self.statement["question"], "stops");
        let names: Vec<String> = stops.map(|stop| text(stop, "/place/name")).collect();
        let end = |name: Option<&String>| name.cloned().unwrap_or_default();
        if names.len() > 1 { format!("{} – {}", end(names.first()), end(names.last())) } else { end(names.first()) }
    }

    /// The bookings of a file, findings numbered through.
    fn trips(&self, bookings: &[Value]) -> Vec<Trip> {
        let mut n = 0;
        bookings.iter().map(|booking| self.trip(booking, &booking["stops"], &mut n)).collect()
    }

    fn trip(&self, answer: &Value, stops: &Value, n: &mut usize) -> Trip {
        let of_file = answer["source_pointer"].is_string();
        let reference = answer["ref"].as_str().map_or_else(|| text(answer, "/source_pointer"), str::to_owned);
        let remark = |entry: &Value| (text(entry, "/pointer"), text(entry, "/detail"));
        let remarks = list(answer, "errors").chain(list(answer, "notes")).map(remark).collect();
        let stops = stops.as_array().into_iter().flatten().zip(1..);
        Trip {
            reference: if of_file { reference } else { String::new() },
            verdict: of_file.then(|| match answer["verdict"].as_str() {
                Some(word) => self.verdict(word),
                None => Spoken { word: "rejected".to_owned(), said: self.words.rejected.to_owned() },
            }),
            action: answer["action"].as_str().map_or("", |action| self.words.action(action)),
            stops: stops.map(|(stop, n)| self.stop(stop, n)).collect(),
            rows: list(answer, "party").flat_map(|member| self.rows(member)).collect(),
            findings: list(answer, "findings")
                .map(|finding| {
                    *n += 1;
                    self.finding(finding, *n, answer)
                })
                .collect(),
            doubts: list(answer, "indeterminate").map(|entry| self.doubt(entry)).collect(),
            remarks,
        }
    }

    fn stop(&self, stop: &Value, n: usize) -> Stop {
        let place = &stop["place"];
        let degrees = |axis: &str| place[axis].as_f64().unwrap_or_default();
        Stop {
            n,
            name: place["name"].as_str().map_or_else(|| text(stop, "/id"), str::to_owned),
            coordinates: if place.is_object() {
                format!("{:.5}, {:.5}", degrees("lat"), degrees("lon"))
            } else {
                self.words.unknown.to_owned()
            },
            found_in: place["found_in"].as_str().map_or_else(String::new, |table| self.words.table_of(table)),
            when: span(stop),
        }
    }

    fn rows<'v>(&'v self, member: &'v Value) -> impl Iterator<Item = Row> + 'v {
        let id = text(member, "/traveller");
        let asked = list(&self.statement["question"], "party").find(|asked| asked["id"] == member["traveller"]);
        let nationalities = asked.into_iter().flat_map(|asked| list(&asked["traveller"], "nationalities"));
        let nationalities: Vec<&str> = nationalities.filter_map(Value::as_str).collect();
        let traveller = format!("{id} {}", nationalities.join("+"));
        list(member, "issuers").map(move |line| {
            let quoted = self.revision(&line["governing"]);
            let level = quoted.map_or_else(|| self.words.no_statement.to_owned(), |said| self.level(said));
            let (issuer, verdict) = (text(line, "/issuer"), self.verdict(&text(line, "/verdict")));
            Row { traveller: traveller.clone(), issuer, level, verdict }
        })
    }

    fn finding(&self, finding: &Value, n: usize, answer: &Value) -> Finding {
        let quoted = self.revision(&finding["revision"]);
        let mut details = vec![self.subject(&finding["subject"])];
        if list(finding, "travellers").count() < list(answer, "party").count() {
            details.push(texts(list(finding, "travellers")));
        }
        let inside_m = finding["inside_m"].as_f64().or_else(|| finding["way"]["inside_m"].as_f64());
        details.extend(inside_m.map(|metres| format!("{:.1} km", metres / 1000.0)));
        details.push(span(finding));
        if finding["placement"] == "possible" {
            details.push(self.phrases.say("answer.possible").to_owned());
        }
        let exemption = finding["exemption"].as_str().or_else(|| finding["exemption"]["kind"].as_str());
        details.extend(
            exemption.map(|kind| {
                format!("{}: {}", self.phrases.say("answer.exempt"), self.phrases.say_of("exemption", kind))
            }),
        );
        if finding["governs"] == false {
            let above = text(finding, "/outranked_by");
            details.push(format!("{} {above}", self.words.stands_behind).trim_end().to_owned());
        }
        details.extend(list(finding, "legal_effects").filter(|effect| effect["applies"] == true).map(|effect| {
            let kind = self.phrases.say_of("legal", text(effect, "/kind"));
            format!("{}: {kind}, {}", self.words.by_law, text(effect, "/statute"))
        }));
        Finding {
            n,
            title: quoted.map_or_else(|| text(finding, "/title"), |said| self.title(said)),
            level: quoted.map(|said| self.level(said)).unwrap_or_default(),
            colour: colour(quoted),
            verdict: self.verdict(&text(finding, "/verdict")),
            details,
            revision: text(finding, "/revision"),
        }
    }

    /// What is not known, in the page's language, and what it is about.
    fn doubt(&self, entry: &Value) -> (String, String) {
        let english = self.phrases.lang() == "en";
        let why = if english { text(entry, "/detail") } else { self.phrases.say_of("gap", text(entry, "/reason")) };
        let about = [self.subject(&entry["subject"]), text(entry, "/issuer"), texts(list(entry, "revisions"))];
        let about: Vec<String> = about.into_iter().filter(|part| !part.is_empty()).collect();
        (why, about.join(" · "))
    }

    /// A stop by its name, a leg by how it is travelled.
    fn subject(&self, subject: &Value) -> String {
        match subject["mode"].as_str() {
            Some(mode) => format!("{} {}", self.phrases.say_of("mode", mode), text(subject, "/id")),
            None => subject["place"]
                .as_str()
                .filter(|place| !place.is_empty())
                .map_or_else(|| text(subject, "/id"), str::to_owned),
        }
    }

    fn verdict(&self, word: &str) -> Spoken {
        Spoken { word: word.to_owned(), said: self.phrases.say_of("verdict", word) }
    }

    /// A revision that is quoted.
    fn revision(&self, id: &Value) -> Option<&Value> {
        list(self.statement, "revisions").find(|said| said["revision"] == *id && id.is_string())
    }

    /// A level by its issuer's code and names, that in the page's language first.
    fn level(&self, said: &Value) -> String {
        let [code, name, native] =
            ["code", "name", "native_name"].map(|member| text(&said["level"], &format!("/{member}")));
        let native = if native == name { String::new() } else { native };
        let all = if self.phrases.lang() == "ko" { [code, native, name] } else { [code, name, native] };
        all.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
    }

    fn title(&self, said: &Value) -> String {
        self.in_languages(&said["title"]).into_iter().next().map(|(_, title)| title).unwrap_or_default()
    }

    /// A text in its languages, the page's first.
    fn in_languages(&self, texts: &Value) -> Vec<(String, String)> {
        let texts = texts.as_object().into_iter().flatten();
        let texts = texts.filter_map(|(lang, text)| Some((lang.clone(), text.as_str()?.to_owned())));
        let mut texts: Vec<(String, String)> = texts.collect();
        texts.sort_by_key(|(lang, _)| lang != self.phrases.lang());
        texts
    }

    fn quote(&self, said: &Value) -> Quote {
        let until = said["valid_to"].as_str().map_or_else(|| self.words.open.to_owned(), instant);
        let source = text(said, "/source_url");
        let names = [text(said, "/issuer/name"), text(said, "/issuer/native_name")];
        Quote {
            revision: text(said, "/revision"),
            issuer: if names[0] == names[1] { names[0].clone() } else { names.join(" · ") },
            title: self.title(said),
            level: self.level(said),
            colour: colour(Some(said)),
            published_at: instant(&text(said, "/published_at")),
            in_force: format!("{} – {until}", instant(&text(said, "/valid_from"))),
            texts: self.in_languages(&said["text"]),
            web: source.starts_with("https://") || source.starts_with("http://"),
            source,
        }
    }

    /// What all of it rests on.
    fn origin(&self) -> Vec<(&'static str, String)> {
        let (statement, words) = (self.statement, self.words);
        let mut all = vec![
            (words.input, text(statement, "/input/sha256")),
            (words.software, format!("{} {}", text(statement, "/software/name"), text(statement, "/software/version"))),
            (words.fences, text(statement, "/data/epoch")),
            (words.mapping, text(statement, "/data/severity_mapping")),
        ];
        for said in list(&statement["data"], "compared_with_sources") {
            let at = instant(&text(said, "/verified_at"));
            all.push((words.compared, format!("{} {}: {at}", text(said, "/issuer"), text(said, "/country"))));
        }
        let answer = &statement["answer"];
        let of_bookings = list(answer, "bookings").map(|booking| (text(booking, "/ref"), booking));
        for (reference, found) in of_bookings.chain([(String::new(), answer)]) {
            for ways in list(found, "ways") {
                let engine = &ways["engine"];
                let parts = ["/name", "/version", "/data"].map(|part| text(engine, part));
                let by = if engine.is_object() { parts.join(" ") } else { words.table.to_owned() };
                let line = format!("{reference} {}: {by}", text(ways, "/leg"));
                all.push((words.ways, line.trim_start().to_owned()));
            }
        }
        all
    }
}

fn colour(quoted: Option<&Value>) -> String {
    let colour = quoted.map(|said| text(said, "/level/colour")).unwrap_or_default();
    crate::model::Rgb::parse(&colour).unwrap_or(crate::model::Rgb(128, 128, 128)).to_string()
}

fn texts<'a>(values: impl Iterator<Item = &'a Value>) -> String {
    values.filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
}

/// What stands at a JSON pointer, as text; nothing where nothing does.
fn text(value: &Value, pointer: &str) -> String {
    match value.pointer(pointer) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// An instant to the minute, in UTC.
fn instant(text: &str) -> String {
    match text.parse::<Timestamp>() {
        Ok(at) => at.strftime("%Y-%m-%d %H:%M UTC").to_string(),
        Err(_) => text.to_owned(),
    }
}

/// From when to when, in UTC, without the words for it.
fn span(of: &Value) -> String {
    let minute = |member: &str| {
        let at: Option<Timestamp> = of[member].as_str()?.parse().ok();
        at.map(|at| at.strftime("%Y-%m-%d %H:%M").to_string())
    };
    match (minute("from"), minute("to")) {
        (Some(from), Some(to)) if from == to => from,
        (from, to) => format!("{} – {}", from.unwrap_or_default(), to.unwrap_or_default()).trim().to_owned(),
    }
}
