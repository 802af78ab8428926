//! The `cordon` program: arguments to command.

use std::process::ExitCode;

use clap::Parser;
use cordon::config::{SettingArgs, Settings};

#[derive(Parser)]
enum Command {
    /// Serves HTTP.
    Serve(SettingArgs),
}

fn main() -> ExitCode {
    let Command::Serve(args) = Command::parse();
    match Settings::resolve(&args) {
        Ok(settings) => cordon::cli::serve::serve(settings),
        Err(e) => {
            eprintln!("cordon: {e}");
            ExitCode::from(2)
        }
    }
}
