//! The data folder as a command sees it: where it is, how long its statements are trusted, and what was refused.

use std::path::PathBuf;

use jiff::Timestamp;
use tokio::runtime::Runtime;

use super::progress;
use crate::config::{SettingArgs, Settings};
use crate::live::Live;
use crate::route::Router;

/// Where answers come from: the settings that concern a single check.
// these comments are help texts, where backticks would be shown
#[allow(clippy::doc_markdown)]
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Data")]
pub(super) struct DataArgs {
    /// Folder with issuers, places and advisories [env: CORDON_REGIONS] [default: ./regions]
    #[arg(long, value_name = "FOLDER")]
    regions: Option<String>,

    /// How long advisories are trusted after they were last compared with what the issuer published [env: CORDON_MAX_DATA_AGE]
    /// [default: 30 days]
    ///
    /// Written as 30 days, 12 h or P30D. An answer that would rest on older ones is indeterminate.
    #[arg(long, value_name = "AGE")]
    max_data_age: Option<String>,

    /// Routing engine asked for the way of a bus, car or walk that has none: valhalla:http://127.0.0.1:8002 or osrm:http://127.0.0.1:5000
    /// [env: CORDON_ROUTER] [default: none]
    #[arg(long, value_name = "ENGINE:URL")]
    router: Option<String>,

    /// Folder with what must be kept: the key that signs evidence [env: CORDON_DATA_DIR] [default: ./data]
    #[arg(long, value_name = "FOLDER")]
    data_dir: Option<String>,

    /// A TOML file with settings [env: CORDON_CONFIG]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl DataArgs {
    /// The settings, by the same order of flag, environment, file and default as the service's.
    pub fn settings(&self) -> Result<Settings, String> {
        let args = SettingArgs {
            config: self.config.clone(),
            regions: self.regions.clone(),
            max_data_age: self.max_data_age.clone(),
            router: self.router.clone(),
            data_dir: self.data_dir.clone(),
            ..SettingArgs::default()
        };
        Settings::resolve(&args).map_err(|e| e.to_string())
    }
}

/// The routing engine, with a runtime on which its answers come, whichever thread waits for them.
pub(super) struct Engine {
    pub router: Router,
    pub runtime: Runtime,
}

impl Engine {
    /// The engine of the settings, where they name one.
    pub fn of(settings: &Settings) -> Result<Option<Self>, String> {
        let Some(address) = &settings.router else { return Ok(None) };
        let router = Router::new(address, settings.router_timeout, settings.router_vertices)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        Ok(Some(Self { router, runtime: runtime.map_err(|e| e.to_string())? }))
    }
}

/// Reads the folder. What is refused is said in one line; the rest answers.
pub(super) fn open(settings: &Settings, now: Timestamp) -> Result<Live, String> {
    if !settings.regions.is_dir() {
        return Err(format!(
            "{} is not a folder: name the data folder with --regions FOLDER or CORDON_REGIONS",
            settings.regions.display()
        ));
    }
    let what = format!("reading {}", settings.regions.display());
    // where a service keeps something; a check alone leaves nothing behind
    let kept = Some(settings.kept_areas()).filter(|_| settings.data_dir.is_dir());
    let live = progress::during(&what, || Live::open_keeping(&settings.regions, settings.geometry_limits(), kept, now));
    let snapshot = live.snapshot();
    if snapshot.report.has_errors() {
        super::warn(&format!(
            "warning: parts of {} are wrong and were left out; see `cordon regions lint {0}`",
            settings.regions.display()
        ));
    }
    if snapshot.index.issuers().issuers.is_empty() {
        return Err(format!("{} has no issuers", settings.regions.display()));
    }
    Ok(live)
}
