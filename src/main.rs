//! The `cordon` program: arguments to command.

fn main() {}
