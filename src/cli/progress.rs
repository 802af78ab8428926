//! A sign of life on the standard error, for work that takes longer than a second and somebody who watches.

use std::io::{IsTerminal, Write, stderr};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// Silence shorter than this needs no explanation.
const PATIENCE: Duration = Duration::from_secs(1);

/// Runs `work`; once it takes longer than a second, says on a terminal what is being done and for how long already.
pub(super) fn during<T>(what: &str, work: impl FnOnce() -> T) -> T {
    if !stderr().is_terminal() {
        return work();
    }
    let (done, waits) = channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let started = Instant::now();
            let mut shown = false;
            while waits.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                shown = true;
                let _ = write!(stderr(), "\r{what} … {} s", started.elapsed().as_secs());
                let _ = stderr().flush();
            }
            if shown {
                let _ = write!(stderr(), "\r\x1b[K");
            }
        });
        let result = work();
        drop(done);
        result
    })
}
