//! The database that a command works on directly, found as the service finds it.

use std::path::PathBuf;

use crate::config::{SettingArgs, Settings};
use crate::store::{DatabaseUrl, Store};

/// Which database.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Settings")]
pub(super) struct DatabaseArgs {
    /// Where the service keeps what it must remember [env: `CORDON_DATA_DIR`] [default: ./data]
    #[arg(long, value_name = "FOLDER", verbatim_doc_comment)]
    data_dir: Option<String>,

    /// The database, as `postgres://USER:PASSWORD@HOST/DATABASE` or `sqlite:FILE` [env: `CORDON_DATABASE_URL`]
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,

    /// A TOML file with settings [env: `CORDON_CONFIG`]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl DatabaseArgs {
    /// The settings of the service, with its data folder where the command names one.
    pub fn settings(&self, regions: Option<&str>) -> Result<Settings, String> {
        let args = SettingArgs {
            config: self.config.clone(),
            data_dir: self.data_dir.clone(),
            database_url: self.database_url.clone(),
            regions: regions.map(str::to_owned),
            ..SettingArgs::default()
        };
        Settings::resolve(&args).map_err(|e| e.to_string())
    }

    /// Where it is.
    pub fn url(&self) -> Result<DatabaseUrl, String> {
        let settings = self.settings(None)?;
        DatabaseUrl::parse(&settings.database_url.0, &settings.data_dir).map_err(|e| e.to_string())
    }

    /// Opens it, brings it up to date, and does something with it.
    pub fn with<T, E: std::fmt::Display>(&self, work: impl AsyncFnOnce(&Store) -> Result<T, E>) -> Result<T, String> {
        let url = self.url()?;
        block_on(async {
            let store = Store::open(url).await.map_err(|e| e.to_string())?;
            let done = work(&store).await.map_err(|e| e.to_string());
            store.close().await;
            done
        })
    }
}

/// Runs something that waits.
pub(super) fn block_on<T>(work: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| e.to_string())?;
    runtime.block_on(work)
}
