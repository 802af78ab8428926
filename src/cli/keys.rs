//! `cordon keys`: makes, lists, renews and revokes API keys, in the database itself; and those of push messages.

use clap::Subcommand;
use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};

use super::colour::Style;
use super::database::DatabaseArgs;
use super::page::Page;
use super::push_keys;
use super::table::{Cell, Table};
use super::{Exit, complain, finish, warn};
use crate::clock::{Clock, System};
use crate::feed::folder;
use crate::flows::manage_keys::{self, KeyMade, KeyRequest};
use crate::model::{ApiKey, IssuerCode, Issuers, Kind, Scope, Verdict};

const CREATE_HELP: &str = "\
Examples:
  cordon keys create 'booking desk' --scope check,watch
  cordon keys create 'consular section' --scope publish --issuer kr-mofa --expires 365d
  cordon keys create drill --scope watch,publish --exercise

The key is printed once and not kept. Programs send it as `Authorization: Bearer KEY`.
Scopes: check (asking and reading), watch (travellers, being told), publish (advisories), operate (deliveries), admin (keys).";

/// Commands about API keys.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make a key and print it, this once
    #[command(after_help = CREATE_HELP)]
    Create(CreateArgs),
    /// List the keys, without their secrets
    List(ListArgs),
    /// Give a key a new secret; the old one opens for a while yet
    Rotate(RotateArgs),
    /// Revoke a key, for good
    Revoke(RevokeArgs),
    /// Show and renew the keys that push messages are signed with
    #[command(subcommand)]
    Vapid(push_keys::Command),
}

#[derive(Debug, clap::Args)]
pub(super) struct CreateArgs {
    /// What to call it
    name: String,

    /// What it may be used for: check, watch, publish, operate, admin
    #[arg(long, required = true, value_delimiter = ',', value_parser = Scope::parse)]
    scope: Vec<Scope>,

    /// An issuer in whose name it may publish; without one, any
    #[arg(long, value_delimiter = ',', value_parser = IssuerCode::parse)]
    issuer: Vec<IssuerCode>,

    /// Folder with the issuers there are [env: `CORDON_REGIONS`] [default: ./regions]
    #[arg(long, value_name = "FOLDER", verbatim_doc_comment)]
    regions: Option<String>,

    /// For exercises only
    #[arg(long)]
    exercise: bool,

    /// When it ends: an instant such as 2027-01-01T00:00:00Z, or a span from now such as 90d
    #[arg(long, value_name = "WHEN")]
    expires: Option<String>,

    /// Print JSON for programs
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    database: DatabaseArgs,
}

#[derive(Debug, clap::Args)]
pub(super) struct ListArgs {
    /// Print JSON for programs
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    database: DatabaseArgs,
}

#[derive(Debug, clap::Args)]
pub(super) struct RotateArgs {
    /// The key's id
    id: String,

    /// How long the old secret opens beside the new one
    #[arg(long, value_name = "DURATION", default_value = "24h")]
    grace: String,

    /// Print JSON for programs
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    database: DatabaseArgs,
}

#[derive(Debug, clap::Args)]
pub(super) struct RevokeArgs {
    /// The key's id
    id: String,

    /// Print JSON for programs
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    database: DatabaseArgs,
}

/// Runs a command about keys.
pub(super) fn run(command: &Command) -> Exit {
    let now = System.now();
    let said = match command {
        Command::Create(args) => create(args, now),
        Command::List(args) => list(args, now),
        Command::Rotate(args) => rotate(args, now),
        Command::Revoke(args) => revoke(args, now),
        Command::Vapid(command) => push_keys::run(command, now),
    };
    match said {
        Ok(text) => finish(&text, Exit::Clear),
        Err(why) => complain(&why),
    }
}

fn create(args: &CreateArgs, now: Timestamp) -> Result<String, String> {
    let request = KeyRequest {
        name: args.name.clone(),
        scopes: args.scope.clone(),
        kind: if args.exercise { Kind::Exercise } else { Kind::Actual },
        issuers: args.issuer.clone(),
        expires_at: args.expires.as_deref().map(|text| moment(text, now)).transpose()?,
    };
    let known = if args.issuer.is_empty() { None } else { known_issuers(args)? };
    let made = args
        .database
        .with(async |store| manage_keys::create(store, &request, known.as_ref(), Kind::Actual, now).await)?;
    if args.json { json(&made) } else { Ok(shown_once(&made)) }
}

/// The issuers of the data folder; none, and a word about it, where there is no folder here, as beside a database elsewhere.
fn known_issuers(args: &CreateArgs) -> Result<Option<Issuers>, String> {
    let root = args.database.settings(args.regions.as_deref())?.regions;
    let issuers = folder::issuers(&root);
    if issuers.is_none() {
        warn(&format!("cordon: no issuers can be read in {}: those named were not looked up", root.display()));
    }
    Ok(issuers)
}

fn rotate(args: &RotateArgs, now: Timestamp) -> Result<String, String> {
    let grace = span(&args.grace)?;
    let made =
        args.database.with(async |store| manage_keys::rotate(store, &args.id, grace, Kind::Actual, now).await)?;
    if args.json { json(&made) } else { Ok(shown_once(&made)) }
}

fn revoke(args: &RevokeArgs, now: Timestamp) -> Result<String, String> {
    let key = args.database.with(async |store| manage_keys::revoke(store, &args.id, Kind::Actual, now).await)?;
    if args.json {
        return json(&key);
    }
    let mut page = Page::new();
    let text = format!("The key {} ({}) opens nothing any more.", key.id, key.name);
    page.paragraph(0, &[(&text, Style::Plain)]);
    Ok(page.finish())
}

/// The key on a line of its own, to be copied or piped.
fn shown_once(made: &KeyMade) -> String {
    format!("{}\n", made.token)
}

fn list(args: &ListArgs, now: Timestamp) -> Result<String, String> {
    let keys = args.database.with(async |store| manage_keys::list(store, Kind::Actual).await)?;
    if args.json {
        return json(&keys);
    }
    let mut page = Page::new();
    if keys.is_empty() {
        page.paragraph(0, &[("There are no keys. Make one: cordon keys create NAME --scope check", Style::Plain)]);
        return Ok(page.finish());
    }
    let mut table = Table::new(&["ID", "NAME", "KIND", "SCOPES", "ISSUERS", "CREATED", "LAST USED", "STATE"]);
    for key in &keys {
        let minute = |at: Timestamp| at.strftime("%Y-%m-%d %H:%M").to_string();
        let issuers = key.issuers.iter().map(IssuerCode::as_str).collect::<Vec<_>>().join(" ");
        table.row(vec![
            key.id.as_str().into(),
            key.name.as_str().into(),
            key.kind.word().into(),
            key.scopes.iter().map(|scope| scope.word()).collect::<Vec<_>>().join(" ").into(),
            if issuers.is_empty() { "any".into() } else { issuers.into() },
            minute(key.created_at).into(),
            key.last_used_at.map_or("never".to_owned(), minute).into(),
            state(key, now),
        ]);
    }
    page.table(0, &table);
    Ok(page.finish())
}

fn state(key: &ApiKey, now: Timestamp) -> Cell {
    let day = |at: Timestamp| at.strftime("%Y-%m-%d").to_string();
    match (key.revoked_at, key.expires_at) {
        (Some(at), _) => Cell::new(format!("revoked {}", day(at)), Style::Dim),
        (None, Some(end)) if end <= now => Cell::new(format!("ended {}", day(end)), Style::Dim),
        (None, Some(end)) => Cell::new(format!("opens until {}", day(end)), Style::Verdict(Verdict::Clear)),
        (None, None) => Cell::new("opens", Style::Verdict(Verdict::Clear)),
    }
}

pub(super) fn json(value: &impl serde::Serialize) -> Result<String, String> {
    serde_json::to_string_pretty(value).map(|text| text + "\n").map_err(|e| e.to_string())
}

/// An instant, or a span from now.
fn moment(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    if let Ok(at) = text.parse() {
        return Ok(at);
    }
    let span = span(text)
        .map_err(|_| format!("`{text}` is no instant such as 2027-01-01T00:00:00Z and no span such as 90d"))?;
    now.checked_add(span).map_err(|e| e.to_string())
}

fn span(text: &str) -> Result<SignedDuration, String> {
    let wrong = || format!("`{text}` is no span such as 24h, 30 days or PT1H");
    let span: Span = text.parse().map_err(|_| wrong())?;
    let span = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| wrong())?;
    if span.is_negative() { Err(wrong()) } else { Ok(span) }
}
