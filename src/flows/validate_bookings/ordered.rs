//! Work on a stream of things by several threads, results in the order of the stream, memory bounded however uneven the work is.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::mpsc::sync_channel;
use std::sync::{Condvar, Mutex, PoisonError};

/// How many batches may be under way or waiting for an earlier one.
const WINDOW: u64 = 64;

/// The rest of the stream, and how far its results have been handed on.
struct Turns<I> {
    rest: Option<I>,
    next: u64,
    settled: u64,
}

/// Calls `each` with the results of `work` in the order of `stream`, on this thread; `threads` others do the work, and take `together`
/// things at a time: enough that taking turns costs nothing, or one where each may take long.
///
/// Returns early when `each` breaks.
pub fn in_order<T: Send, R: Send>(
    stream: impl Iterator<Item = T> + Send,
    (threads, together): (usize, usize),
    work: impl Fn(T) -> R + Sync,
    mut each: impl FnMut(R) -> ControlFlow<()>,
) {
    let turns = Mutex::new(Turns { rest: Some(stream), next: 0, settled: 0 });
    let settled = Condvar::new();
    let lock = || turns.lock().unwrap_or_else(PoisonError::into_inner);
    std::thread::scope(|scope| {
        let (done, results) = sync_channel::<(u64, Vec<R>)>(threads.max(1));
        for _ in 0..threads.max(1) {
            let done = done.clone();
            let (work, lock, settled) = (&work, &lock, &settled);
            scope.spawn(move || {
                loop {
                    let (number, batch) = {
                        let mut turns = lock();
                        while turns.rest.is_some() && turns.next >= turns.settled + WINDOW {
                            turns = settled.wait(turns).unwrap_or_else(PoisonError::into_inner);
                        }
                        let Some(rest) = turns.rest.as_mut() else { return };
                        let batch: Vec<T> = rest.by_ref().take(together).collect();
                        if batch.is_empty() {
                            turns.rest = None;
                            return;
                        }
                        turns.next += 1;
                        (turns.next - 1, batch)
                    };
                    if done.send((number, batch.into_iter().map(work).collect())).is_err() {
                        return;
                    }
                }
            });
        }
        drop(done);
        let mut waiting: BTreeMap<u64, Vec<R>> = BTreeMap::new();
        let mut next = 0;
        for (number, batch) in &results {
            waiting.insert(number, batch);
            while let Some(batch) = waiting.remove(&next) {
                next += 1;
                for result in batch {
                    if each(result).is_break() {
                        // nothing more is handed out, and who waits for a turn or to hand in goes home
                        lock().rest = None;
                        settled.notify_all();
                        return;
                    }
                }
                lock().settled = next;
                settled.notify_all();
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order_however_long_each_takes() {
        let mut got = Vec::new();
        let slow_first = |n: u64| {
            let mut sum = n;
            for i in 0..(if n.is_multiple_of(97) { 20_000 } else { 10 }) {
                sum = std::hint::black_box(sum.wrapping_mul(31).wrapping_add(i));
            }
            std::hint::black_box(sum);
            n
        };
        in_order(0..10_000_u64, (3, 32), slow_first, |n| {
            got.push(n);
            ControlFlow::Continue(())
        });
        assert_eq!(got, (0..10_000).collect::<Vec<_>>());
    }

    #[test]
    fn one_at_a_time_every_thread_has_one_of_few() {
        let all = std::sync::Barrier::new(8);
        let mut count = 0;
        // goes on when eight are under way at once
        in_order(
            0..8,
            (8, 1),
            |_| all.wait(),
            |_| {
                count += 1;
                ControlFlow::Continue(())
            },
        );
        assert_eq!(count, 8);
    }

    #[test]
    fn breaking_ends_an_endless_stream() {
        let mut count = 0;
        in_order(
            0_u64..,
            (2, 32),
            |n| n,
            |_| {
                count += 1;
                if count == 1_000 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            },
        );
        assert_eq!(count, 1_000);
    }
}
