//! Work on many things over all cores, for building.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Small things a thread takes at a time.
const BITE: usize = 32;

/// What `work` makes of each item, in order, for few items that each take long.
pub fn each<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    in_bites(items, 1, || (), |(), item| work(item))
}

/// What `work` makes of each item, in order. Each thread has its own working memory from `memory`.
pub(super) fn map<T: Sync, M, R: Send>(
    items: &[T],
    memory: impl Fn() -> M + Sync,
    work: impl Fn(&mut M, &T) -> R + Sync,
) -> Vec<R> {
    in_bites(items, BITE, memory, work)
}

fn in_bites<T: Sync, M, R: Send>(
    items: &[T],
    bite: usize,
    memory: impl Fn() -> M + Sync,
    work: impl Fn(&mut M, &T) -> R + Sync,
) -> Vec<R> {
    let size = bite;
    let bites = items.len().div_ceil(size);
    let next = AtomicUsize::new(0);
    let run = || {
        let mut memory = memory();
        let mut done = Vec::new();
        loop {
            let bite = next.fetch_add(1, Ordering::Relaxed);
            if bite >= bites {
                return done;
            }
            let part = &items[bite * size..items.len().min((bite + 1) * size)];
            done.push((bite, part.iter().map(|item| work(&mut memory, item)).collect::<Vec<R>>()));
        }
    };
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(bites);
    let mut done = thread::scope(|scope| {
        let helpers: Vec<_> = (1..threads).map(|_| scope.spawn(run)).collect();
        let mut done = run();
        done.extend(helpers.into_iter().flat_map(|helper| helper.join().expect("the work does not panic")));
        done
    });
    done.sort_unstable_by_key(|(bite, _)| *bite);
    done.into_iter().flat_map(|(_, results)| results).collect()
}
