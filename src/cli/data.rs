//! The data folder as a command sees it: where it is, how long its statements are trusted, and what was refused.

use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};

use super::progress;
use crate::geometry::Limits;
use crate::live::Live;

/// Where answers come from.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Data")]
pub(super) struct DataArgs {
    /// Folder with issuers, places and advisories
    #[arg(long, env = "CORDON_REGIONS", default_value = "./regions", value_name = "FOLDER")]
    pub regions: PathBuf,

    /// How long advisories are trusted after they were last compared with what the issuer published
    ///
    /// Written as 30d, 12h or P30D. An answer that would rest on older ones is indeterminate.
    #[arg(long, env = "CORDON_MAX_DATA_AGE", default_value = "30d", value_name = "AGE", value_parser = age)]
    pub max_data_age: SignedDuration,
}

/// Reads a length of time; a day has 24 hours.
fn age(text: &str) -> Result<SignedDuration, String> {
    let span: jiff::Span = text.parse().map_err(|_| "not a length of time such as 30d, 12h or P30D".to_owned())?;
    let age = span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).map_err(|e| e.to_string())?;
    if age.is_negative() { Err("less than nothing".to_owned()) } else { Ok(age) }
}

impl DataArgs {
    /// Reads the folder. What is refused is said in one line; the rest answers.
    pub fn open(&self, now: Timestamp) -> Result<Live, String> {
        if !self.regions.is_dir() {
            return Err(format!(
                "{} is not a folder: name the data folder with --regions FOLDER or CORDON_REGIONS",
                self.regions.display()
            ));
        }
        let what = format!("reading {}", self.regions.display());
        let live = progress::during(&what, || Live::open(&self.regions, Limits::default(), now));
        let snapshot = live.snapshot();
        if snapshot.report.has_errors() {
            super::warn(&format!(
                "warning: parts of {} are wrong and were left out; see `cordon regions lint {0}`",
                self.regions.display()
            ));
        }
        if snapshot.index.issuers().issuers.is_empty() {
            return Err(format!("{} has no issuers", self.regions.display()));
        }
        Ok(live)
    }
}
