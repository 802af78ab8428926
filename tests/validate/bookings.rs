//! What becomes of each booking of a file.

use cordon::flows::validate_bookings::BookingResult;
use cordon::flows::validate_bookings::lines::Written;
use cordon::format::document::bookings::Kind;
use cordon::format::policy::{Action, Policy};
use cordon::model::Verdict;

use crate::support::{line, validate};

fn issuers(result: &BookingResult, traveller: &str) -> Vec<String> {
    let passenger = result.party.iter().find(|p| p.traveller == traveller).expect("a passenger");
    passenger.issuers.iter().map(|line| line.issuer.to_string()).collect()
}

#[test]
fn each_of_a_mixed_group_has_their_own_issuers_and_the_worst_wins() {
    let table = "booking,passenger,nationalities,mode,from,depart,arrive\n\
                 A1,kim,KR,stay,\"13.5,102.5\",2025-11-01T10:00+07:00,2025-11-01T09:00+07:00\n\
                 A1,joe,US,stay,\"13.5,102.5\",2025-11-01T10:00+07:00,2025-11-01T09:00+07:00\n\
                 A1,both,KR+US,stay,\"13.5,102.5\",2025-11-01T10:00+07:00,2025-11-01T09:00+07:00\n\
                 A1,who,,stay,\"13.5,102.5\",2025-11-01T10:00+07:00,2025-11-01T09:00+07:00\n";
    let results = validate(Kind::Csv, table, &Policy::default());
    let [result] = &results[..] else { panic!("{results:?}") };
    assert_eq!(issuers(result, "kim"), ["kr-mofa"]);
    assert_eq!(issuers(result, "joe"), ["us-state"]);
    assert_eq!(issuers(result, "both").len(), 2);
    assert_eq!(issuers(result, "who").len(), 2, "of unknown nationality: every issuer");
    assert_eq!(result.verdict, Some(Verdict::Prohibited));
    assert_eq!(result.action, Action::Block);
    let of = |name: &str| result.party.iter().find(|p| p.traveller == name).expect("a passenger").verdict;
    assert_eq!((of("kim"), of("both")), (Verdict::Prohibited, Verdict::Prohibited));
    assert_ne!(of("joe"), Verdict::Prohibited, "the law binds Koreans");
    let home = Policy { issuers: vec!["kr-mofa".to_owned().try_into().expect("a code")], ..Policy::default() };
    let with_home = validate(Kind::Csv, table, &home);
    assert_eq!(issuers(&with_home[0], "joe").len(), 2, "the agency's home issuer is consulted for everybody");
    assert_eq!(
        issuers(&with_home[0], "who").len(),
        2,
        "and whose nationality is unknown hears every issuer all the same"
    );
}

#[test]
fn passengers_with_other_legs_are_judged_by_their_own() {
    let table = "booking,passenger,nationalities,mode,from,depart,arrive\n\
                 A1,there,KR,stay,\"13.5,102.5\",2025-11-01T10:00+07:00,2025-11-01T09:00+07:00\n\
                 A1,elsewhere,KR,stay,\"0,-30\",2025-11-01T10:00Z,2025-11-01T09:00Z\n";
    let results = validate(Kind::Csv, table, &Policy::default());
    let verdict = |name: &str| results[0].party.iter().find(|p| p.traveller == name).expect("one").verdict;
    assert_eq!((verdict("there"), verdict("elsewhere")), (Verdict::Prohibited, Verdict::Clear));
}

#[test]
fn one_bad_booking_never_hides_the_others() {
    let lines = [
        line("1", "KR"),
        "{\"ref\": \"K7\", \"stops\": 7}".to_owned(),
        String::new(),
        "not JSON".to_owned(),
        line("5", "US"),
        "{}".to_owned(),
    ];
    let results = validate(Kind::Lines, &lines.join("\n"), &Policy::default());
    let told: Vec<_> = results.iter().map(|r| (r.number, r.source_pointer.as_str(), r.verdict.is_some())).collect();
    assert_eq!(
        told,
        [(0, "line 1", true), (1, "line 2", false), (2, "line 4", false), (3, "line 5", true), (4, "line 6", false)]
    );
    assert_eq!(results[1].errors[0].pointer, "line 2: /stops");
    assert_eq!(results[1].reference.as_deref(), Some("K7"), "whose it is can still be told");
    assert!(results.iter().filter(|r| r.verdict.is_none()).all(|r| r.action == Action::Review));
    let table = "booking,passenger,nationalities,mode,from,depart\nA,1,KR,stay,\"13.5,102.5\",2025-11-01\nB,1,Q9,stay,\"13.5,102.5\",2025-11-01\n\
                 C,1,US,stay,\"13.5,102.5\",2025-11-01\n";
    let results = validate(Kind::Csv, table, &Policy::default());
    assert_eq!(results[1].errors[0].pointer, "row 3, column \"nationalities\"");
    assert!(results[0].verdict.is_some() && results[2].verdict.is_some());
}

#[test]
fn a_table_of_results_holds_no_live_formula() {
    let table = "booking,passenger,nationalities,mode,from,depart\n=1+1,\"@SUM(A1)\",KR,stay,\"13.5,102.5\",2025-11-01\n\
         x;=1+1;@A1,\"y\n-2+3\t=4\",KR,stay,\"=HYPERLINK(\"\"http://x\"\")\",2025-11-01\n";
    let results = validate(Kind::Csv, table, &Policy::default());
    let text =
        results.iter().fold(Written::Csv.begin(), |text, result| [text, Written::Csv.result(result, false)].concat());
    let text = String::from_utf8(text).expect("text");
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a row")).collect();
    assert_eq!((&rows[0][0], &rows[0][2]), ("'=1+1", "'@SUM(A1)"));
    // OWASP's list, read as a program does that takes commas for separators, and as one that takes semicolons or tabs
    let live = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];
    for separator in [b',', b';', b'\t'] {
        let text = text.trim_start_matches('\u{feff}').as_bytes();
        let mut reader =
            csv::ReaderBuilder::new().delimiter(separator).flexible(true).has_headers(false).from_reader(text);
        let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a row")).collect();
        for cell in rows.iter().flatten() {
            assert!(!cell.trim_start_matches(' ').starts_with(live), "{cell}");
        }
    }
}
