//! A result file is there when it is whole, and never in place of the file it is about.

use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::cordon::{data, run_with};

const HEAD: &str = "booking,passenger,nationalities,mode,from,to,depart,arrive\n";
const ROW: &str = "A,kim,KR,air,\"13.5,102.5\",\"13.6,102.6\",2025-10-20 08:00,2025-10-20 09:00\n";

#[test]
fn the_booking_file_is_not_overwritten() {
    let folder = data("validate-same-file");
    let file = folder.write("bookings.csv", &format!("{HEAD}{ROW}"));
    for flag in ["--out", "--report"] {
        let run = run_with(folder.path(), &["validate", &file, flag, &file], &[], None);
        assert_eq!(run.code, 2, "{}", run.err);
        assert!(run.err.contains(&format!("{flag}: {file} is the booking file itself")), "{}", run.err);
        assert_eq!(std::fs::read_to_string(&file).expect("still there"), format!("{HEAD}{ROW}"));
    }
}

#[test]
fn rows_apart_are_told_through_a_pipe_as_from_a_file() {
    let folder = data("validate-pipe");
    let other = ROW.replacen('A', "B", 1);
    let table = format!("{HEAD}{ROW}{other}{ROW}");
    let file = folder.write("bookings.csv", &table);
    let result = |name: &str| {
        let out = folder.path().join("result.csv");
        let run =
            run_with(folder.path(), &["validate", name, "--out", out.to_str().expect("UTF-8")], &[], Some(&table));
        assert_eq!(run.code, 1, "what is refused does not hide what is certain: {}", run.err);
        std::fs::read_to_string(out).expect("a result")
    };
    let read = result(&file);
    assert!(read.contains("row 4: more rows of the booking, after others"), "{read}");
    assert_eq!(result("-"), read);
}

#[test]
fn a_validation_that_is_killed_leaves_no_result_that_looks_whole() {
    let folder = data("validate-killed");
    let (out, part) = (folder.path().join("out.csv"), folder.path().join("out.csv.part"));
    let mut child = Command::new(env!("CARGO_BIN_EXE_cordon"))
        .args(["validate", "-", "--out"])
        .arg(&out)
        .env_clear()
        .env("CORDON_REGIONS", folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    let fed = std::thread::spawn(move || {
        let rows = |from: usize| (from..from + 500).map(|n| ROW.replacen('A', &format!("B{n}"), 1)).collect::<String>();
        let mut from = 0;
        stdin.write_all(HEAD.as_bytes()).expect("written");
        while stdin.write_all(rows(from).as_bytes()).is_ok() {
            from += 500;
        }
    });
    // more than it keeps back: some of it is in the file
    while std::fs::metadata(&part).map_or(0, |part| part.len()) == 0 {
        assert!(child.try_wait().expect("a state").is_none(), "it ended");
        std::thread::yield_now();
    }
    child.kill().expect("killed");
    child.wait().expect("gone");
    fed.join().expect("no panic");
    assert!(!out.exists());
}
