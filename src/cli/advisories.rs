//! `cordon advisories`: publish, withdraw and list on the database itself.
//!
//! Whoever may open the database may do anything in it, so no key is asked for; services that run on it follow within a second.

use std::path::PathBuf;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::colour::Style;
use super::page::Page;
use super::table::{Cell, Table};
use super::{Exit, complain, finish};
use crate::clock::{Clock, System};
use crate::config::{SettingArgs, Settings};
use crate::error::Error;
use crate::flows::commitment::Commitment;
use crate::flows::list_advisories;
use crate::flows::publish_advisory::{Press, Publication, Publisher, TakesEffect, WithdrawalDoc, publish, withdraw};
use crate::flows::seen::Seen;
use crate::live::Live;
use crate::model::Kind;
use crate::store::{DatabaseUrl, Store};

const PUBLISH_HELP: &str = "\
Examples:
  cordon advisories publish poipet.geojson --dry-run    what it would do
  cordon advisories publish poipet.geojson              a first revision
  cordon advisories publish poipet.geojson --seen 3     the next one, if 3 is still the last

A file holds one Feature as in regions/advisories/, see regions/README.md; `revision`, `published_at` and `valid_from` may be left out.

Exit codes:
  0  published, or it would be          2  something is wrong; nothing was published";

const IMPORT_HELP: &str = "\
A file holds a FeatureCollection as in regions/advisories/. Its revisions are published in their order; those that are stored already are
skipped, so an import that stopped at a mistake can be run again.";

/// Commands about advisories.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Publish a new advisory, or its next revision
    #[command(after_help = PUBLISH_HELP)]
    Publish(PublishArgs),
    /// Publish every revision of a file
    #[command(after_help = IMPORT_HELP)]
    Import(ImportArgs),
    /// End an advisory
    Withdraw(WithdrawArgs),
    /// List the advisories in force
    List(ListArgs),
}

/// Where advisories are stored, and what they rest on.
// these comments are help texts, where backticks would be shown
#[allow(clippy::doc_markdown)]
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Data")]
struct StoreArgs {
    /// Folder with issuers, places and advisories [env: CORDON_REGIONS] [default: ./regions]
    #[arg(long, value_name = "FOLDER")]
    regions: Option<String>,

    /// Folder of the service, in which its database is [env: CORDON_DATA_DIR] [default: ./data]
    #[arg(long, value_name = "FOLDER")]
    data_dir: Option<String>,

    /// The database, where it is another one [env: CORDON_DATABASE_URL]
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,

    /// A TOML file with settings [env: CORDON_CONFIG]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// As an exercise, which nobody sees in earnest
    #[arg(long)]
    exercise: bool,

    /// Print JSON for programs
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct PublishArgs {
    /// A file with one GeoJSON Feature
    file: PathBuf,
    /// The number of the last revision that you have seen; needed for a next one
    #[arg(long, value_name = "NUMBER")]
    seen: Option<u32>,
    /// Check it and tell the consequences; publish nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    store: StoreArgs,
}

#[derive(Debug, clap::Args)]
pub(super) struct ImportArgs {
    /// A file with a collection of GeoJSON Features
    file: PathBuf,
    #[command(flatten)]
    store: StoreArgs,
}

#[derive(Debug, clap::Args)]
pub(super) struct WithdrawArgs {
    /// The advisory, such as kr-mofa:kh-poipet
    advisory: String,
    /// The number of the last revision that you have seen; whichever it is if not given
    #[arg(long, value_name = "NUMBER")]
    seen: Option<u32>,
    /// From this instant on; now if not given
    #[arg(long, value_name = "INSTANT")]
    valid_from: Option<Timestamp>,
    /// Check it; withdraw nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    store: StoreArgs,
}

#[derive(Debug, clap::Args)]
pub(super) struct ListArgs {
    #[command(flatten)]
    store: StoreArgs,
}

/// Runs a command about advisories.
pub(super) fn run(command: &Command) -> Exit {
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(e) => return complain(&e.to_string()),
    };
    let done = runtime.block_on(async {
        match command {
            Command::Publish(args) => publish_one(args).await,
            Command::Import(args) => import(args).await,
            Command::Withdraw(args) => withdraw_one(args).await,
            Command::List(args) => list(args).await,
        }
    });
    done.unwrap_or_else(|why| complain(&why))
}

/// A database that is open, and what is known of issuers and places.
struct Desk {
    store: Store,
    live: Live,
    who: Publisher,
}

impl Desk {
    async fn open(args: &StoreArgs) -> Result<Self, String> {
        let given = SettingArgs {
            config: args.config.clone(),
            regions: args.regions.clone(),
            data_dir: args.data_dir.clone(),
            database_url: args.database_url.clone(),
            ..SettingArgs::default()
        };
        let settings = Settings::resolve(&given).map_err(|e| e.to_string())?;
        let url = DatabaseUrl::parse(&settings.database_url.0, &settings.data_dir).map_err(|e| e.to_string())?;
        let store = Store::open(url).await.map_err(|e| e.to_string())?;
        let (root, limits, now) = (settings.regions.clone(), settings.geometry_limits(), System.now());
        let kept = Some(settings.kept_areas());
        let live = tokio::task::spawn_blocking(move || Live::open_keeping(&root, limits, kept, now));
        let live = live.await.map_err(|e| e.to_string())?;
        // what is stored, whatever the files say: bringing that up to date is the service's
        live.follow(&store, now).await.map_err(|e| e.cause())?;
        let kind = if args.exercise { Kind::Exercise } else { Kind::Actual };
        Ok(Self { store, live, who: Publisher { key: "command line".to_owned(), kind, issuers: vec![] } })
    }

    fn press(&self) -> Press<'_> {
        let commitment = Commitment::default();
        Press { store: &self.store, live: &self.live, clock: &System, watch: None, request: None, commitment }
    }

    fn last_number(&self, advisory: &str) -> Option<u32> {
        list_advisories::last_number(&self.live.snapshot_for(self.who.kind), advisory)
    }
}

async fn publish_one(args: &PublishArgs) -> Result<Exit, String> {
    let text = read(&args.file)?;
    let desk = Desk::open(&args.store).await?;
    let seen = args.seen.map_or(Seen::Unsaid, Seen::from);
    let published = publish(&desk.press(), &desk.who, None, &seen, text.as_bytes(), args.dry_run).await;
    let published = published.map_err(|error| worded(&error))?;
    say(&[published], args.store.json)
}

async fn withdraw_one(args: &WithdrawArgs) -> Result<Exit, String> {
    let desk = Desk::open(&args.store).await?;
    let seen = args.seen.map_or(Seen::Any, Seen::from);
    let withdrawal = WithdrawalDoc { valid_from: args.valid_from, ..WithdrawalDoc::default() };
    let published = withdraw(&desk.press(), &desk.who, &args.advisory, &seen, &withdrawal, args.dry_run).await;
    say(&[published.map_err(|error| worded(&error))?], args.store.json)
}

async fn import(args: &ImportArgs) -> Result<Exit, String> {
    let collection: Value = serde_json::from_str(&read(&args.file)?).map_err(|e| e.to_string())?;
    let features = collection["features"].as_array().ok_or("the file is no FeatureCollection")?;
    let desk = Desk::open(&args.store).await?;
    let mut published = Vec::new();
    for (i, feature) in features.iter().enumerate() {
        let properties = &feature["properties"];
        let advisory = properties["advisory"].as_str().unwrap_or_default();
        let last = desk.last_number(advisory);
        if last.is_some_and(|last| properties["revision"].as_u64().is_some_and(|number| number <= u64::from(last))) {
            continue;
        }
        let seen = last.map_or(Seen::Unsaid, Seen::from);
        match publish(&desk.press(), &desk.who, None, &seen, feature.to_string().as_bytes(), false).await {
            Ok(one) => published.push(one),
            Err(error) => {
                return Err(format!(
                    "feature {}: {}\n{} before it were published",
                    i + 1,
                    worded(&error),
                    published.len()
                ));
            }
        }
    }
    say(&published, args.store.json)
}

#[derive(Serialize)]
struct Listing {
    epoch: u64,
    advisories: Vec<list_advisories::RevisionWords>,
}

async fn list(args: &ListArgs) -> Result<Exit, String> {
    let desk = Desk::open(&args.store).await?;
    let snapshot = desk.live.snapshot_for(desk.who.kind);
    let now = System.now();
    let ids = snapshot.index.advisories().keys();
    let advisories: Vec<_> = ids
        .filter_map(|id| list_advisories::advisory(&snapshot, id.as_str(), now, now).ok())
        .map(|shown| shown.words)
        .collect();
    if args.store.json {
        return json(&Listing { epoch: snapshot.epoch, advisories });
    }
    let mut table = Table::new(&["REVISION", "LEVEL", "IN FORCE", "TITLE"]);
    for words in &advisories {
        let level = words
            .level
            .as_ref()
            .map_or_else(|| "withdrawn".to_owned(), |level| format!("{} {}", level.code, level.name));
        let in_force = if words.in_force { "yes" } else { "no" };
        let cells = [words.revision.to_string(), level, in_force.to_owned(), words.title.pick("en").to_owned()];
        table.row(cells.into_iter().map(Cell::from).collect());
    }
    let mut page = Page::new();
    page.table(0, &table);
    Ok(finish(&page.finish(), Exit::Clear))
}

fn read(file: &PathBuf) -> Result<String, String> {
    std::fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))
}

/// Everything wrong, a line each.
fn worded(error: &Error) -> String {
    match error {
        Error::Invalid(issues) => {
            let lines: Vec<String> =
                issues.iter().map(|issue| format!("{}: {}", issue.pointer, issue.detail)).collect();
            lines.join("\n")
        }
        Error::SeenMissing { id, .. } => format!("there is a `{id}` already: name its last revision with --seen"),
        other => other.cause(),
    }
}

fn say(published: &[Publication], as_json: bool) -> Result<Exit, String> {
    if as_json {
        return json(&published);
    }
    let mut page = Page::new();
    for one in published {
        page.paragraph(0, &[(&sentence(one), Style::Plain)]);
    }
    if published.is_empty() {
        page.paragraph(0, &[("nothing was new", Style::Plain)]);
    }
    Ok(finish(&page.finish(), Exit::Clear))
}

fn sentence(one: &Publication) -> String {
    let level = one.level.as_ref().map_or_else(|| "a withdrawal".to_owned(), |level| format!("level {level}"));
    let before = one.level_before.as_ref().map(|before| format!(" (before: {before})")).unwrap_or_default();
    let area = one.area.as_ref().map(|area| format!(", {} km²", area.area_km2)).unwrap_or_default();
    let effect = match (one.takes_effect, one.valid_from) {
        (TakesEffect::Later, Some(from)) => format!(", takes effect at {from}"),
        (TakesEffect::Past, _) => ", over already".to_owned(),
        _ => ", in force".to_owned(),
    };
    let done = match one.epoch {
        Some(epoch) => format!("published at epoch {epoch}"),
        None => "not published (--dry-run)".to_owned(),
    };
    format!("{}: {level}{before}{area}{effect}; {done}", one.revision)
}

fn json(value: &impl Serialize) -> Result<Exit, String> {
    let text = serde_json::to_string_pretty(value).map_err(|e| e.to_string())?;
    Ok(finish(&(text + "\n"), Exit::Clear))
}
