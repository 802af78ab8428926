//! The `cordon` program: arguments to command.

use std::process::ExitCode;

use tikv_jemallocator::Jemalloc;

#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

fn main() -> ExitCode {
    // threads of the allocator give back what is not used; without them an idle service keeps what its last reload took
    let _ = tikv_jemalloc_ctl::background_thread::write(true);
    cordon::cli::run(cordon::app::serve)
}
