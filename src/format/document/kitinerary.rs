//! KDE's `kitinerary-extractor`, where it is installed: mails, papers and passes as reservations. Its input comes from strangers, so it
//! runs as a process of its own, with limits on time, memory and output, and without a network where the system allows that.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::{Context, Drafts, schema_org};
use crate::error::Issue;
use crate::format::draft::{Draft, assumed};

/// Where distributions put it.
const PLACES: &[&str] = &[
    "/usr/lib/x86_64-linux-gnu/libexec/kf5/kitinerary-extractor",
    "/usr/lib/aarch64-linux-gnu/libexec/kf5/kitinerary-extractor",
    "/usr/lib/x86_64-linux-gnu/libexec/kf6/kitinerary-extractor",
    "/usr/lib/aarch64-linux-gnu/libexec/kf6/kitinerary-extractor",
    "/usr/libexec/kf6/kitinerary-extractor",
    "/usr/lib/kf6/kitinerary-extractor",
];

/// How long one document may take, in seconds.
const SECONDS: &str = "15";
/// Address space in bytes; Qt maps a few hundred megabytes.
const MEMORY: &str = "--as=1610612736";
/// The most it may answer.
const MAX_ANSWER: u64 = 8 << 20;
/// The largest document it is given.
const MAX_INPUT: usize = 32 << 20;

/// An installed extractor.
#[derive(Clone, Debug)]
pub struct Extractor {
    program: PathBuf,
    /// Whether it runs without a network.
    pub isolated: bool,
}

impl Extractor {
    /// The extractor of this system, if there is one.
    pub fn find() -> Option<Self> {
        PLACES.iter().map(Path::new).find(|path| path.is_file()).map(Self::at)
    }

    /// The extractor as a setting says it: `auto`, `off` or a path.
    pub fn of_setting(setting: &str) -> Option<Self> {
        match setting {
            "off" => None,
            "auto" => Self::find(),
            path => Some(Self::at(Path::new(path))),
        }
    }

    /// The extractor at a path.
    pub fn at(program: &Path) -> Self {
        let mut probe = Command::new("unshare");
        probe
            .args(["--map-root-user", "--net", "true"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let isolated = probe.status().is_ok_and(|status| status.success());
        Self { program: program.to_owned(), isolated }
    }

    /// What it finds in a document.
    fn run(&self, document: &[u8]) -> Result<Value, String> {
        if document.len() > MAX_INPUT {
            return Err(format!("is longer than the {} MiB that are looked through", MAX_INPUT >> 20));
        }
        let mut command = Command::new("timeout");
        command.args(["--kill-after=1", SECONDS, "prlimit", MEMORY, "--cpu=15", "--nofile=128", "--core=0", "--"]);
        if self.isolated {
            command.args(["unshare", "--map-root-user", "--net"]);
        }
        command.arg(&self.program).env_clear().env("QT_QPA_PLATFORM", "offscreen").env("PATH", "/usr/bin:/bin");
        command.current_dir("/").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(|e| format!("the extractor cannot be started: {e}"))?;
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let mut answer = Vec::new();
        let read = std::thread::scope(|scope| {
            scope.spawn(move || {
                // a process that stopped reading has said all it will
                let _ = stdin.map(|mut stdin| stdin.write_all(document));
            });
            stdout.map(|stdout| stdout.take(MAX_ANSWER + 1).read_to_end(&mut answer))
        });
        if answer.len() as u64 > MAX_ANSWER {
            let _ = child.kill();
        }
        let status = child.wait().map_err(|e| format!("the extractor did not end well: {e}"))?;
        match read {
            Some(Ok(_)) if status.success() => {
                serde_json::from_slice(&answer).map_err(|e| format!("the extractor's answer is no JSON: {e}"))
            }
            // the exit status of `timeout`
            _ if status.code() == Some(124) => Err(format!("the extractor found nothing within {SECONDS} seconds")),
            _ => Err("the extractor failed on it".to_owned()),
        }
    }
}

impl Extractor {
    /// Every reservation that it finds in a document; what it finds none in is said as a mistake is.
    pub(super) fn reservations(&self, document: &[u8]) -> Result<Value, String> {
        let found = self.run(document)?;
        let is_empty = found.as_array().is_some_and(Vec::is_empty);
        if is_empty { Err("the extractor found nothing in it".to_owned()) } else { Ok(found) }
    }

    /// What is to be said of everything that it found.
    pub(super) fn note(&self) -> Issue {
        let network = if self.isolated { "" } else { ", which could not be kept from the network here" };
        let detail = format!(
            "read by kitinerary-extractor{network}: pointers are into what it found, and a day without a year is the next one after the \
             document's own date, or after today"
        );
        assumed("", detail)
    }
}

/// Reads whatever the extractor can.
pub(super) fn read(text: &[u8], context: &Context) -> Drafts {
    let Some(extractor) = context.extractor else {
        let detail = "only kitinerary-extractor can read this, and it is not installed here";
        return Err(vec![Issue::invalid("", detail)]);
    };
    let found = extractor.run(text).map_err(|detail| vec![Issue::invalid("", detail)])?;
    let found = [("extracted: ".to_owned(), found)];
    Ok(vec![schema_org::draft(&found, Vec::new(), vec![extractor.note()], context)?])
}

/// The plan of a document of which our own readers leave something out: what the extractor finds in all of it, where that is no less than
/// they did; else theirs, in doubt.
pub(super) fn or_in_doubt(text: &[u8], mut own: Draft, unread: Vec<Issue>, context: &Context) -> Vec<Draft> {
    if !unread.is_empty() && context.extractor.is_some() {
        let found = read(text, context).unwrap_or_default();
        if found.first().is_some_and(|found| found.doc.stops.len() >= own.doc.stops.len()) {
            return found;
        }
    }
    own.notes.extend(unread);
    vec![own]
}
