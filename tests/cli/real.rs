//! The bundled data, asked as the README asks it.

use crate::bundled;
use crate::cordon::{Run, run_with};

fn ask(args: &[&str]) -> Run {
    let data_dir = bundled::data_dir();
    run_with(&bundled::regions(), args, &[("CORDON_DATA_DIR", data_dir.to_str().expect("UTF-8"))], None)
}

const AS_OF: &str = "--as-of=2025-10-20T09:00+07:00";

#[test]
fn poipet_is_forbidden_for_koreans_in_october_2025() {
    let run = ask(&["check", "13.65805,102.56365", "--nationality=KR", "--at=2025-10-20T09:00+07:00", AS_OF]);
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    assert!(run.out.starts_with("PROHIBITED for KR nationals: "), "{}", run.out);
    assert!(run.out.contains("Travel ban · 여행금지"), "{}", run.out);
}

#[test]
fn the_bus_runs_through_poipet_and_the_flight_does_not() {
    let trip = |name: &str| format!("{}/tests/cases/trips/bangkok-siem-reap-{name}.json", env!("CARGO_MANIFEST_DIR"));
    let bus = ask(&["check", &trip("bus"), AS_OF]);
    assert_eq!(bus.code, 1, "{}{}", bus.out, bus.err);
    assert!(bus.out.starts_with("PROHIBITED for KR nationals: the bus from Bangkok to Siem Reap runs "), "{}", bus.out);
    let air = ask(&["check", &trip("air"), AS_OF]);
    assert_eq!(air.code, 0, "{}{}", air.out, air.err);
    assert!(air.out.starts_with("NOTICE for KR nationals: "), "{}", air.out);
}

#[test]
fn the_bundled_folder_is_sound() {
    let lint = ask(&["regions", "lint"]);
    assert_eq!(lint.code, 0, "{}{}", lint.out, lint.err);
}
