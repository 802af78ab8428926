//! The `cordon` program: arguments to command.

use std::process::ExitCode;

fn main() -> ExitCode {
    cordon::cli::run(cordon::app::serve)
}
