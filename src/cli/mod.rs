//! The command line: one file per command. Commands print to a page first and write it at the end, so that a reader who
//! goes away (`| head`) ends them silently.

mod advisories;
mod backup;
mod check;
mod colour;
mod data;
mod database;
mod evidence;
mod keys;
mod map;
mod page;
mod progress;
mod push_keys;
mod regions;
mod table;
mod validate;
mod verify;
mod whole_file;
mod words;

use std::io::{ErrorKind, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{SettingArgs, Settings};
use crate::model::Verdict;

const EXAMPLES: &str = "\
Examples:
  cordon check 13.65805,102.56365 --nationality KR --at 2025-10-20T09:00+07:00
  cordon check trip.json
  cordon check trip.json --map trip.html
  cordon validate bookings.csv --out result.csv --report report.html
  cordon regions lint
  cordon keys create 'booking desk' --scope check
  cordon serve

Start with `cordon check --help`.";

const EXIT_CODES: &str = "\
Exit codes:
  0  clear or notice          2  the input is wrong
  1  caution or worse         3  indeterminate: something needed for an answer is missing";

/// Does a government say \"do not go there\"?
///
/// Cordon checks positions and travel plans against government travel advisories: exactly, for a nationality and an instant,
/// and with the reasons. Advisories and places are read from a data folder (`--regions`); nothing is sent anywhere.
#[derive(Debug, Parser)]
#[command(name = "cordon", version, after_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"), max_term_width = 110)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check a position, or a travel plan in a file
    Check(Box<check::Args>),
    /// Validate a booking file: a verdict for every booking and passenger
    Validate(Box<validate::Args>),
    /// Publish, withdraw and list advisories
    #[command(subcommand)]
    Advisories(Box<advisories::Command>),
    /// Look after the data folder: places and advisories
    #[command(subcommand)]
    Regions(regions::Command),
    /// Verify an evidence document, or print the public key
    Verify(verify::Args),
    /// Make, list, renew and revoke API keys
    #[command(subcommand)]
    Keys(keys::Command),
    /// Copy the database into a file, while the service runs
    Backup(backup::Args),
    /// Answer over HTTP, until told to stop
    Serve(Box<SettingArgs>),
}

/// How a command ends; see the exit codes in `cordon --help`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exit {
    /// Clear or notice, or done.
    Clear,
    /// Caution or worse.
    Concern,
    /// The input is wrong.
    BadInput,
    /// Something needed for an answer is missing.
    Indeterminate,
}

impl From<Verdict> for Exit {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Clear | Verdict::Notice => Self::Clear,
            Verdict::Caution | Verdict::Avoid | Verdict::Prohibited => Self::Concern,
            Verdict::Indeterminate => Self::Indeterminate,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Clear => 0,
            Exit::Concern => 1,
            Exit::BadInput => 2,
            Exit::Indeterminate => 3,
        })
    }
}

/// Reads the arguments, runs the command, and says how it ended.
///
/// `serve` runs the service, which is built of more than a command may know.
pub fn run(serve: impl FnOnce(Settings) -> Result<(), String>) -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) => {
            // help and version are no mistakes, and a reader who went away is none either
            let _ = e.print();
            return if e.use_stderr() { Exit::BadInput.into() } else { ExitCode::SUCCESS };
        }
    };
    match cli.command {
        Command::Check(args) => check::run(&args).into(),
        Command::Validate(args) => validate::run(&args).into(),
        Command::Advisories(command) => advisories::run(&command).into(),
        Command::Regions(command) => regions::run(&command).into(),
        Command::Keys(command) => keys::run(&command).into(),
        Command::Backup(args) => backup::run(&args).into(),
        Command::Verify(args) => verify::run(&args).into(),
        Command::Serve(args) => match Settings::resolve(&args).map_err(|e| e.to_string()).and_then(serve) {
            Ok(()) => Exit::Clear.into(),
            Err(why) => complain(&why).into(),
        },
    }
}

/// Writes to the standard output; a reader who went away is no mistake.
fn print(text: &str) -> Result<(), String> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() != ErrorKind::BrokenPipe => Err(format!("cannot write the answer: {e}")),
        _ => Ok(()),
    }
}

/// Writes the answer, and ends as it says unless it could not be written.
fn finish(text: &str, exit: Exit) -> Exit {
    match print(text) {
        Ok(()) => exit,
        Err(why) => complain(&why),
    }
}

/// Says on the standard error what is wrong with the input.
fn complain(why: &str) -> Exit {
    warn(&format!("cordon: {why}"));
    Exit::BadInput
}

/// A line on the standard error.
fn warn(text: &str) {
    // there is nowhere left to say that the standard error is closed
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}
