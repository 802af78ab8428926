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

/// A count on the standard error while work goes on, where somebody watches: at most five times a second.
pub(super) struct Counter {
    what: &'static str,
    shown: Option<Instant>,
    started: Instant,
    watched: bool,
}

impl Counter {
    pub fn new(what: &'static str) -> Self {
        Self { what, shown: None, started: Instant::now(), watched: stderr().is_terminal() }
    }

    /// So many are done.
    pub fn tell(&mut self, count: u64) {
        const OFTEN: Duration = Duration::from_millis(200);
        let due = self.shown.map_or(self.started.elapsed() > PATIENCE, |shown| shown.elapsed() > OFTEN);
        if self.watched && due {
            self.shown = Some(Instant::now());
            let _ = write!(stderr(), "\r{count} {} … {} s", self.what, self.started.elapsed().as_secs());
            let _ = stderr().flush();
        }
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        if self.shown.is_some() {
            let _ = write!(stderr(), "\r\x1b[K");
        }
    }
}
