//! `cordon verify`: is an evidence document what was signed, and by whom?

use std::path::PathBuf;

use super::data::DataArgs;
use super::{Exit, complain, finish};
use crate::flows::evidence::{kept_key, signing_key};
use crate::format::evidence::{Evidence, PublicKey, Unproven, verify};

const HELP: &str = "\
Examples:
  cordon verify evidence.json                    signed by this installation?
  cordon verify evidence.json --key agency.pem   signed by the owner of that key?
  cordon verify --show-key > key.pem             the public key of this installation, to give away

Exit codes:
  0  the document is what the key's owner signed
  1  it is not: changed, or signed by somebody else
  2  there is nothing to verify";

#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(super) struct Args {
    /// The evidence document
    #[arg(value_name = "EVIDENCE.json", required_unless_present = "show_key")]
    file: Option<PathBuf>,

    /// The public key that must have signed it, in PEM; the key of this installation if not given
    #[arg(long, value_name = "KEY.pem")]
    key: Option<PathBuf>,

    /// Print the public key of this installation, made now if there was none
    #[arg(long, conflicts_with_all = ["file", "key"])]
    show_key: bool,

    #[command(flatten)]
    data: DataArgs,
}

/// Runs the command.
pub(super) fn run(args: &Args) -> Exit {
    answer(args).unwrap_or_else(|why| complain(&why))
}

fn answer(args: &Args) -> Result<Exit, String> {
    let read = |path: &PathBuf| std::fs::read(path).map_err(|e| format!("cannot read {}: {e}", path.display()));
    let data_dir = || args.data.settings().map(|settings| settings.data_dir);
    let Some(file) = &args.file else {
        let key = signing_key(&data_dir()?).map_err(|e| format!("no signing key: {e}"))?;
        return Ok(finish(&key.public().pem(), Exit::Clear));
    };
    let key = if let Some(path) = &args.key {
        PublicKey::from_pem(&String::from_utf8_lossy(&read(path)?)).map_err(|e| format!("{}: {e}", path.display()))?
    } else {
        let data_dir = data_dir()?;
        let none = |e| format!("no signing key in {}: {e}; name the signer's with --key", data_dir.display());
        kept_key(&data_dir).map_err(none)?.public()
    };
    match verify(&read(file)?, Some(&key)) {
        Ok((evidence, key)) => Ok(finish(&proven(&evidence, &key), Exit::Clear)),
        Err(Unproven::Unreadable(why)) => Err(format!("{}: it is no evidence document: {why}", file.display())),
        Err(why) => Ok(finish(&format!("NOT VERIFIED {}: {why}\n", file.display()), Exit::Concern)),
    }
}

/// What was proven, in a few lines.
fn proven(evidence: &Evidence, key: &PublicKey) -> String {
    let said = &evidence.statement;
    let text = |pointer: &str| {
        said.pointer(pointer).map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned)).unwrap_or_default()
    };
    // of a booking file: how many bookings ended how
    let ended = said.pointer("/answer/tally").and_then(serde_json::Value::as_object).map(|tally| {
        let verdicts = ["prohibited", "avoid", "caution", "indeterminate", "notice", "clear", "rejected"];
        let counts = verdicts.iter().map(|verdict| (verdict, tally.get(*verdict).and_then(serde_json::Value::as_u64)));
        let counts = counts.filter_map(|(verdict, count)| Some(format!("{} {verdict}", count.filter(|n| *n > 0)?)));
        let bookings = said.pointer("/answer/bookings").and_then(serde_json::Value::as_array).map_or(0, Vec::len);
        let file = tally.get("bookings").and_then(serde_json::Value::as_u64).unwrap_or_default();
        format!("{bookings} of the {file} bookings of a file, which ended {}", counts.collect::<Vec<_>>().join(", "))
    });
    format!(
        "VERIFIED: unchanged since it was signed by the key {}\n  verdict   {}\n  made at   {}\n  as known  {}\n  input     sha256 {}\n",
        key.id(),
        ended.unwrap_or_else(|| text("/answer/verdict")),
        text("/made_at"),
        text("/question/as_of"),
        text("/input/sha256"),
    )
}
