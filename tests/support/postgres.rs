//! A PostgreSQL of a test's own, from tests/oracle/postgres.sh.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Starts a server: its connection as words (`host=… …`), and the process that holds it. What that runs reads from a pipe, so the server
/// ends with whoever holds the other end.
pub fn start() -> (String, Child) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/postgres.sh");
    let mut holder = Command::new("bash")
        .arg(script)
        .args(["sh", "-c", "echo \"$CORDON_TEST_POSTGRES\"; exec cat >/dev/null"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("bash runs");
    let mut words = String::new();
    BufReader::new(holder.stdout.as_mut().expect("a pipe")).read_line(&mut words).expect("a line");
    assert!(!words.is_empty(), "PostgreSQL does not start; make tools installs it");
    (words.trim().to_owned(), holder)
}

/// The folder of a server's socket.
pub fn host(words: &str) -> &str {
    words.split(' ').find_map(|word| word.strip_prefix("host=")).expect("a host among the words")
}
