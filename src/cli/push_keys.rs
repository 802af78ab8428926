//! `cordon keys vapid`: shows and renews the keys that push messages are signed with, in the database itself.

use clap::Subcommand;
use jiff::Timestamp;

use super::colour::Style;
use super::database::DatabaseArgs;
use super::keys::json;
use super::page::Page;
use super::table::{Cell, Table};
use crate::flows::push_keys;
use crate::model::Verdict;

const ROTATE_HELP: &str = "\
Browsers subscribe with the new key from then on; a page that is opened moves its subscription to it. The old key signs for those that
have not moved, and is forgotten a day after its last subscription has.";

/// Commands about the keys of push messages.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List the keys, and how many subscriptions were made with each
    Show(Args),
    /// Make another key to subscribe with; nobody who subscribed is lost
    #[command(after_help = ROTATE_HELP)]
    Rotate(Args),
}

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Print JSON for programs
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    database: DatabaseArgs,
}

/// What the command prints.
pub(super) fn run(command: &Command, now: Timestamp) -> Result<String, String> {
    match command {
        Command::Show(args) => show(args),
        Command::Rotate(args) => rotate(args, now),
    }
}

fn show(args: &Args) -> Result<String, String> {
    let keys = args.database.with(async |store| push_keys::all(store).await)?;
    if args.json {
        return json(&keys);
    }
    let mut page = Page::new();
    if keys.is_empty() {
        page.paragraph(0, &[("There is no key yet: the first start of the service makes one.", Style::Plain)]);
        return Ok(page.finish());
    }
    let mut table = Table::new(&["KEY", "SINCE", ">SUBSCRIPTIONS", "STATE"]);
    for key in &keys {
        let (state, style) = if key.current {
            ("to subscribe with", Style::Verdict(Verdict::Clear))
        } else {
            ("signs until its last subscription has moved", Style::Dim)
        };
        table.row(vec![
            key.key.as_str().into(),
            key.since.strftime("%Y-%m-%d %H:%M").to_string().into(),
            Cell::count(key.subscriptions, Style::Plain),
            Cell::new(state, style),
        ]);
    }
    page.table(0, &table);
    Ok(page.finish())
}

fn rotate(args: &Args, now: Timestamp) -> Result<String, String> {
    let made = args.database.with(async |store| push_keys::rotate(store, now).await)?;
    if args.json { json(&made) } else { Ok(format!("{}\n", made.key)) }
}
