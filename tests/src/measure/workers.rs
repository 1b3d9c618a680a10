//! Parallel map over the CPU cores.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Calls `work` on every item, on as many threads as there are cores, and returns the results in the items' order.
///
/// # Panics
/// When `work` panics.
pub fn map<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let results: Vec<Mutex<Option<R>>> = items.iter().map(|_| Mutex::new(None)).collect();
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(n) = Some(next.fetch_add(1, Ordering::Relaxed))
                    && let Some(item) = items.get(n)
                {
                    let result = work(item);
                    *results[n].lock().expect("no worker panics with the lock") = Some(result);
                }
            });
        }
    });
    let results = results.into_iter().map(Mutex::into_inner);
    results
        .map(|result| result.ok().flatten().expect("every item was worked on"))
        .collect()
}
