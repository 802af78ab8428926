//! `cordon check`: the words, the exit codes, and every kind of wrong input.

use cordon::clock::{Clock, System};
use cordon::flows::check_location::check_location;
use cordon::format::location::{LocationRequest, PositionDoc};
use cordon::geometry::Limits;
use cordon::live::Live;
use cordon::matching::FenceIndex;
use cordon::model::{CountryCode, Traveller};

use crate::cordon::{Run, data, run, run_with};

/// Korea's town of the test data, when the ban holds and the records are fresh.
const TOWN: [&str; 6] =
    ["check", "13.5,102.5", "--at=2025-11-01T09:00+07:00", "--as-of=2025-11-01T09:00+07:00", "--nationality", "KR"];

fn at(place: &str, nationality: &str, regions: &std::path::Path) -> Run {
    let when = ["--at", "2025-11-01T09:00+07:00", "--as-of", "2025-11-01T09:00+07:00"];
    let mut args = vec!["check", place, "--nationality", nationality];
    args.extend(when);
    run(regions, &args)
}

#[test]
fn a_forbidden_place_is_said_in_one_sentence_and_then_explained() {
    let folder = data("forbidden");
    let run = run(folder.path(), &TOWN);
    assert_eq!((run.code, run.err.as_str()), (1, ""), "{}", run.out);
    let first = run.out.lines().next().expect("a line");
    assert_eq!(first, "PROHIBITED for KR nationals: Poipet <town> is at level 4, Travel ban (여행금지), says kr-mofa.");
    for said in [
        "inside, 10.8 km from the edge; outline derived, good to 500 m",
        "outranked by kr-mofa:kh-poipet@1, which is carved out of it",
        "Passport Act art. 17, 26 (criminal penalty) applies: An offence without a permit.",
        "https://example.org/poipet",
        "in Cambodia (KH)",
    ] {
        assert!(run.out.contains(said), "{said:?} is missing in\n{}", run.out);
    }
    assert!(!run.out.contains('\u{1b}'), "no colours outside a terminal");
}

#[test]
fn an_exemption_is_said_and_the_danger_stays() {
    let folder = data("exempted");
    let mut args = TOWN.to_vec();
    args.extend(["--purpose", "resident"]);
    let run = run(folder.path(), &args);
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    let text = run.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.starts_with("AVOID for KR nationals: Poipet <town> is at level 4, "), "{text}");
    assert!(text.contains("says kr-mofa; exempted, resident there."), "{text}");
    assert!(run.out.contains("exempted, resident there: Residents are exempt. https://example.org/resident"));
    assert!(!run.out.contains("Passport Act"), "the law does not bind");
}

#[test]
fn each_exit_code_has_its_case() {
    let folder = data("exit-codes");
    let cases = [
        ("13.5,102.5", "KR", 1, "PROHIBITED"),
        ("13.1,102.1", "KR", 0, "NOTICE"),
        ("0,-30", "KR", 0, "CLEAR"),
        ("13.1,102.1", "US", 1, "CAUTION"),
        ("13.1,101.1", "US", 0, "CLEAR"),
        ("13.1,101.1", "KR", 3, "INDETERMINATE"),
        ("91,102.5", "KR", 2, ""),
    ];
    for (place, nationality, code, word) in cases {
        let run = at(place, nationality, folder.path());
        assert_eq!(run.code, code, "{place} {nationality}\n{}{}", run.out, run.err);
        assert!(run.out.starts_with(word), "{}", run.out);
        assert_eq!(run.out.is_empty(), code == 2);
    }
}

#[test]
fn a_clear_answer_names_whom_it_asked_and_for_when() {
    let folder = data("clear");
    let run = at("0,-30", "KR", folder.path());
    let first = run.out.replace('\n', " ");
    assert!(
        first.starts_with("CLEAR for KR nationals: nothing said by kr-mofa about this place at 2025-11-01"),
        "{first}"
    );
}

#[test]
fn json_is_the_answer_of_the_flow() {
    let folder = data("json");
    let mut args = TOWN.to_vec();
    args.push("--json");
    let run = run(folder.path(), &args);
    assert_eq!(run.code, 1);
    let now = System.now();
    let live = Live::open(folder.path(), Limits::default(), now);
    let request = LocationRequest {
        position: PositionDoc { lat: 13.5, lon: 102.5, accuracy_m: 0.0 },
        at: Some("2025-11-01T09:00+07:00".to_owned()),
        as_of: Some("2025-11-01T09:00+07:00".to_owned()),
        traveller: Traveller {
            nationalities: vec![CountryCode::parse("KR").expect("a country")],
            ..Traveller::default()
        },
        issuers: vec![],
        lang: None,
    };
    let query = request.query(now).expect("a question");
    let answer = check_location(&live.snapshot(), FenceIndex::DEFAULT_MAX_AGE, &query).expect("an answer");
    let printed: serde_json::Value = serde_json::from_str(&run.out).expect("JSON");
    assert_eq!(printed, serde_json::to_value(answer).expect("JSON"));
}

#[test]
fn wrong_positions_are_named_and_swapped_ones_recognised() {
    let folder = data("wrong-positions");
    let cases: [(&[&str], &str); 9] = [
        (&["check", "102.5,13.5"], "are latitude and longitude swapped? (13.5, 102.5 would be a place)"),
        (&["check", "NaN,13.5"], "latitude NaN is not between -90 and 90"),
        (&["check", "13.5,999"], "longitude 999 is not between"),
        (&["check", "Poipet"], "`Poipet` is neither a position, such as 13.65805,102.56365"),
        (&["check", "--jsn"], "there is no option `--jsn`"),
        (&["check", "13.5,102.5", "--at", "2025-10-20T09:00"], "--at: `2025-10-20T09:00` needs a zone"),
        (&["check", "13.5,102.5", "--accuracy=-5"], "--accuracy: accuracy -5 is not a distance"),
        (&["check", "13.5,102.5", "--issuer", "us-sate"], "--issuer: there is no issuer `us-sate`"),
        (&["check", "13.5,102.5", "--nationality", "Korea"], "`Korea` is not an ISO 3166-1 country code"),
    ];
    for (args, said) in cases {
        let run = run(folder.path(), args);
        assert_eq!(run.code, 2, "{args:?}");
        assert!(run.err.contains(said), "{said:?} is missing in\n{}", run.err);
        assert_eq!(run.out, "");
    }
    assert_eq!(at("-33.9,151.2", "KR", folder.path()).code, 0, "a southern latitude is no option");
}

const TRIP: &str = r#"{"party": [{"id": "p1", "nationalities": ["KR"]}],
 "stops": [{"id": "a", "place": {"lat": 13.5, "lon": 102.1, "name": "West"}, "depart": "2025-11-01T08:00:00+07:00"},
           {"id": "b", "place": {"lat": 13.5, "lon": 102.9, "name": "East"}, "arrive": "2025-11-01T12:00:00+07:00"}],
 "legs": [{"id": "l", "from": "a", "to": "b", "mode": "bus",
           "geometry": {"type": "LineString", "coordinates": [[102.1, 13.5], [102.5, 13.5], [102.9, 13.5]]}}]}"#;

const AS_OF: [&str; 2] = ["--as-of", "2025-11-01T00:00Z"];

#[test]
fn a_trip_is_told_stop_by_stop_with_metres_and_times() {
    let folder = data("trip");
    let file = folder.write("trip.json", TRIP);
    let run = run(folder.path(), &["check", &file, AS_OF[0], AS_OF[1]]);
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    let text = run.out.split_whitespace().collect::<Vec<_>>().join(" ");
    for said in [
        "PROHIBITED for KR nationals: the bus from West to East runs 22.8 km through Poipet <town>, at level 4, Travel ban (여행금지), says kr-mofa.",
        "1. West",
        "↓ the bus to East, 86.6 km",
        "enters after 31.9 km at 13.50000, 102.3949",
        "2. East",
    ] {
        assert!(text.contains(said), "{said:?} is missing in\n{}", run.out);
    }
}

#[test]
fn a_way_that_comes_back_is_told_with_each_entry_and_exit() {
    let folder = data("back");
    let back =
        r#""coordinates": [[102.1, 13.5], [102.5, 13.5], [102.9, 13.5], [102.9, 13.6], [102.5, 13.6], [102.1, 13.6]]"#;
    let trip = TRIP
        .replace(r#""coordinates": [[102.1, 13.5], [102.5, 13.5], [102.9, 13.5]]"#, back)
        .replace(r#"{"lat": 13.5, "lon": 102.9, "name": "East"}"#, r#"{"lat": 13.6, "lon": 102.1, "name": "North"}"#);
    let file = folder.write("trip.json", &trip);
    let run = run(folder.path(), &["check", &file, AS_OF[0], AS_OF[1]]);
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    let text = run.out.split_whitespace().collect::<Vec<_>>().join(" ");
    let entries = ["enters after 31.9 km at 13.50000, 102.39", "leaves after 54.7 km at 13.50000, 102.60"];
    let again = ["enters after 130 km at 13.60000, 102.60", "leaves after 152 km at 13.60000, 102.39"];
    let mut rest = text.as_str();
    for said in entries.into_iter().chain(again) {
        let at = rest.find(said).unwrap_or_else(|| panic!("{said:?} is missing, or out of order, in\n{}", run.out));
        rest = &rest[at..];
    }
}

#[test]
fn a_trip_comes_from_a_pipe_or_as_a_whole_request_just_as_well() {
    let folder = data("forms");
    let request = format!(r#"{{"itinerary": {TRIP}, "as_of": "2025-11-01T00:00:00Z"}}"#);
    let whole = run_with(folder.path(), &["check", "-", "--json"], &[], Some(&request));
    let plan = run_with(folder.path(), &["check", "-", "--json", AS_OF[0], AS_OF[1]], &[], Some(TRIP));
    assert_eq!((whole.code, plan.code), (1, 1), "{}{}", whole.err, plan.err);
    assert!(plan.out.contains(r#""source_pointer": "/legs/0""#));
    assert_eq!(
        whole.out,
        plan.out.replace(r#""/legs/"#, r#""/itinerary/legs/"#).replace(r#""/stops/"#, r#""/itinerary/stops/"#)
    );
}

#[test]
fn nationality_flags_ask_for_somebody_else() {
    let folder = data("somebody");
    let file = folder.write("trip.json", TRIP);
    let run = run(folder.path(), &["check", &file, AS_OF[0], AS_OF[1], "--nationality", "US"]);
    assert_eq!(run.code, 1);
    assert!(run.out.starts_with("CAUTION for US nationals:"), "{}", run.out);
}

#[test]
fn a_bus_whose_way_is_not_known_near_a_ban_is_indeterminate() {
    let folder = data("unknown-way");
    let (trip, _) = TRIP.split_once(",\n           \"geometry\"").expect("a geometry");
    let run = run_with(folder.path(), &["check", "-", AS_OF[0], AS_OF[1]], &[], Some(&format!("{trip}}}]}}")));
    assert_eq!(run.code, 3, "{}{}", run.out, run.err);
    assert!(run.out.contains("the way is not known"), "{}", run.out);
    assert!(run.out.contains("To settle it: give the way as a GeoJSON LineString"), "{}", run.out);
}

#[test]
fn mistakes_in_a_file_are_named_by_their_pointer() {
    let folder = data("mistakes");
    let cases = [
        (TRIP.replace("\"mode\"", "\"mood\""), "/legs/0/mood: unknown field `mood`"),
        (TRIP.replace("13.5, \"lon\": 102.1", "102.1, \"lon\": 13.5"), "/stops/0/place/lat: latitude 102.1"),
        (TRIP.replace("\"to\": \"b\"", "\"to\": \"c\""), "/legs/0/to: no stop has the id `c`"),
        (TRIP.replace("[102.9, 13.5]]", "[102.9, 913.5]]"), "/legs/0/geometry/coordinates/2"),
        (TRIP[..40].to_owned(), "EOF while parsing"),
        ("{\"a\": 1}".to_owned(), "is no travel plan: it has neither `stops` nor `itinerary`"),
    ];
    for (text, said) in cases {
        let file = folder.write("trip.json", &text);
        let run = run(folder.path(), &["check", &file]);
        assert_eq!(run.code, 2, "{said}\n{}", run.out);
        assert!(run.err.contains(said) && run.err.contains("trip.json"), "{said:?} is missing in\n{}", run.err);
    }
    let file = folder.write("trip.json", TRIP);
    let run = run(folder.path(), &["check", &file, "--at", "2025-11-01T00:00Z"]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("--at belongs to a position"), "{}", run.err);
}

#[test]
fn colours_are_for_those_who_want_them() {
    let folder = data("colours");
    let painted = run_with(folder.path(), &TOWN, &[("CLICOLOR_FORCE", "1"), ("COLORTERM", "truecolor")], None);
    assert!(painted.out.contains("\u{1b}[97;48;2;0;0;0m 4 \u{1b}[0m"), "{}", painted.out);
    let few = run_with(folder.path(), &TOWN, &[("CLICOLOR_FORCE", "1")], None);
    assert!(few.out.contains("\u{1b}[97;48;5;16m 4 \u{1b}[0m"), "{}", few.out);
    let none = run_with(folder.path(), &TOWN, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], None);
    assert!(!none.out.contains('\u{1b}'), "{}", none.out);
}

#[test]
fn a_missing_data_folder_is_said_with_the_way_out() {
    let folder = data("no-data");
    let run = run(&folder.path().join("nowhere"), &TOWN);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("name the data folder with --regions FOLDER or CORDON_REGIONS"), "{}", run.err);
}

#[test]
fn a_refused_file_leaves_its_issuer_indeterminate() {
    let folder = data("refused");
    folder.write("advisories/kr-mofa/kh.geojson", "{\"type\": \"FeatureCollection\",\n \"issuer\": 5}");
    let run = run(folder.path(), &TOWN);
    assert_eq!(run.code, 3, "{}{}", run.out, run.err);
    assert!(run.err.contains("cordon regions lint"), "{}", run.err);
    assert!(run.out.contains("kr-mofa/kh.geojson could not be read"), "{}", run.out);
}

#[cfg(unix)]
#[test]
fn a_reader_who_goes_away_is_no_error() {
    use std::process::{Command, Stdio};
    let folder = data("broken-pipe");
    let mut command = Command::new(env!("CARGO_BIN_EXE_cordon"));
    command.args(TOWN).env_clear().env("CORDON_REGIONS", folder.path()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("the program ends");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn help_says_how_to_begin_and_how_it_ends() {
    let folder = data("help");
    for args in [&["--help"][..], &["check", "--help"], &["regions", "lint", "--help"]] {
        let run = run(folder.path(), args);
        assert_eq!(run.code, 0);
        assert!(run.out.contains("Examples:") && run.out.contains("Exit codes:"), "{}", run.out);
    }
}

#[test]
fn lines_of_positions_are_answered_line_by_line() {
    let folder = data("lines");
    let lines = folder.write(
        "positions.ndjson",
        "{\"position\": {\"lat\": 13.5, \"lon\": 102.5}, \"at\": \"2025-11-01T09:00+07:00\"}\n\
         {\"position\": {\"lat\": 102.5, \"lon\": 13.5}}\n\
         \n\
         {\"position\": {\"lat\": 13.5, \"lon\": 102.5}, \"at\": \"2025-11-01T09:00+07:00\", \"traveller\": {\"nationalities\": [\"US\"]}}",
    );
    let run = run(folder.path(), &["check", &lines, "--nationality", "KR", "--as-of", "2025-11-01T09:00+07:00"]);
    let answers: Vec<serde_json::Value> =
        run.out.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect();
    assert_eq!(answers.len(), 4, "{}{}", run.out, run.err);
    assert_eq!(answers[0]["verdict"], "prohibited");
    assert_eq!((&answers[1]["line"], &answers[1]["errors"][0]["pointer"]), (&2.into(), &"/position/lat".into()));
    assert_eq!(answers[2]["errors"][0]["detail"], "the line is empty");
    assert_eq!(answers[3]["verdict"], "prohibited", "the flag says who travels, as it does with a plan");
    assert_eq!(run.code, 1);
    assert!(run.err.contains("4 lines, 2 at caution or worse, 0 indeterminate, 2 wrong"), "{}", run.err);

    let request = "{\"position\": {\"lat\": 13.5, \"lon\": 102.5}, \"at\": \"2025-11-01T09:00+07:00\"}\n".repeat(2_000);
    let args = ["check", "-", "--lines", "--nationality", "KR", "--as-of", "2025-11-01T09:00+07:00"];
    let piped = run_with(folder.path(), &args, &[], Some(&request));
    assert_eq!((piped.code, piped.out.lines().count()), (1, 2_000), "{}", piped.err);
    assert!(piped.out.lines().all(|line| line == run.out.lines().next().expect("a line")), "the same answer each time");

    for (args, said) in [
        (vec!["check", &lines, "--accuracy", "20"], "--accuracy does not go with lines"),
        (vec!["check", &lines, "--at", "noon"], "--at: "),
    ] {
        let refused = crate::cordon::run(folder.path(), &args);
        assert_eq!(refused.code, 2);
        assert!(refused.err.contains(said), "{}", refused.err);
    }
}
