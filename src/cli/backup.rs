//! `cordon backup`: a copy of the database that can be served again, made while the service runs.

use std::path::PathBuf;

use serde::Serialize;

use super::database::{DatabaseArgs, block_on};
use super::{Exit, complain, finish};
use crate::store::{DatabaseUrl, backup};

const HELP: &str = "\
Example:
  cordon backup /backups/cordon-2026-11-25.db

The copy holds one state of everything, is checked, and lies on the disk when the command ends; the service goes on meanwhile.
To restore: stop the service, put the copy in the place of cordon.db (remove cordon.db-wal and cordon.db-shm), start it again.
A PostgreSQL database is copied by its own tool: pg_dump --format=custom --file=FILE \"$CORDON_DATABASE_URL\"";

#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(super) struct Args {
    /// The file to write; it must not exist
    file: PathBuf,

    /// Print JSON for programs
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    database: DatabaseArgs,
}

#[derive(Serialize)]
struct Answer<'a> {
    file: &'a PathBuf,
    bytes: u64,
    migration: i64,
}

/// Copies the database.
pub(super) fn run(args: &Args) -> Exit {
    match copy(args) {
        Ok(text) => finish(&text, Exit::Clear),
        Err(why) => complain(&why),
    }
}

fn copy(args: &Args) -> Result<String, String> {
    let from = args.database.url()?;
    if matches!(from, DatabaseUrl::Postgres(_)) {
        return Err(format!(
            "PostgreSQL is copied by its own tool, while the service runs: pg_dump --format=custom --file={} URL",
            args.file.display()
        ));
    }
    let copied = block_on(async { backup::copy(&from, &args.file).await.map_err(|e| e.to_string()) })?;
    if args.json {
        let answer = Answer { file: &args.file, bytes: copied.bytes, migration: copied.migration };
        return serde_json::to_string(&answer).map(|text| text + "\n").map_err(|e| e.to_string());
    }
    Ok(format!(
        "Copied to {}: {} bytes, at migration {}, sound.\n",
        args.file.display(),
        copied.bytes,
        copied.migration
    ))
}
