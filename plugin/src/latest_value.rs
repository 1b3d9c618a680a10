//! A single-value mailbox from any thread to the audio thread; the newest value wins.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Mutex, MutexGuard, TryLockError};
use std::thread;

/// Holds the newest value until the audio thread takes it.
///
/// A queue is unsuitable: those of `crossbeam-queue` yield the processor in `pop` while another thread is in the middle
/// of a push, for as long as that thread is descheduled. Here the audio thread only tries the lock and retries in the
/// next block. The other threads spin on `try_lock` as well and never sleep on the lock, so that the audio thread never
/// has to wake one.
#[derive(Debug)]
pub struct LatestValue<T> {
    waiting: Mutex<Option<T>>,
    /// True if a value is waiting. Written with the lock held; read without it, so that most blocks do not try the lock.
    waits: AtomicBool,
}

impl<T> Default for LatestValue<T> {
    fn default() -> Self {
        let newest = Self {
            waiting: Mutex::new(None),
            waits: AtomicBool::new(false),
        };
        // macOS allocates a mutex when it is first locked.
        drop(newest.try_lock());
        newest
    }
}

impl<T: Copy> LatestValue<T> {
    /// Replaces the waiting value. Yields while another thread holds the lock. `[gui]`
    pub fn put(&self, value: T) {
        loop {
            if let Some(mut waiting) = self.try_lock() {
                *waiting = Some(value);
                self.waits.store(true, Relaxed);
                return;
            }
            thread::yield_now();
        }
    }

    /// Takes the value put since the last call; `None` also while another thread is putting one. Wait-free. `[audio]`
    pub fn take(&self) -> Option<T> {
        if !self.waits.load(Relaxed) {
            return None;
        }
        let mut waiting = self.try_lock()?;
        self.waits.store(false, Relaxed);
        waiting.take()
    }
}

impl<T> LatestValue<T> {
    fn try_lock(&self) -> Option<MutexGuard<'_, Option<T>>> {
        match self.waiting.try_lock() {
            Ok(waiting) => Some(waiting),
            // A value is stored whole or not at all, even if the thread that held the lock panicked.
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_value_is_taken_once() {
        let newest = LatestValue::default();
        assert_eq!(newest.take(), None);
        newest.put(1);
        newest.put(2);
        assert_eq!(newest.take(), Some(2));
        assert_eq!(newest.take(), None);
    }

    #[test]
    fn taking_does_not_wait_for_a_thread_that_puts() {
        let newest = LatestValue::default();
        newest.put(1);
        let putting = newest.try_lock().unwrap();
        // Called on the thread that holds the lock: waiting would deadlock.
        assert_eq!(newest.take(), None);
        drop(putting);
        assert_eq!(newest.take(), Some(1));
    }

    #[test]
    fn the_last_of_two_threads_values_arrives() {
        let newest = LatestValue::default();
        let mut last = [0; 2];
        thread::scope(|scope| {
            for who in 0..2 {
                let newest = &newest;
                scope.spawn(move || (1..=5_000).for_each(|number| newest.put((who, number))));
            }
            while last.iter().all(|&number| number != 5_000) {
                if let Some((who, number)) = newest.take() {
                    assert!(number > last[who], "an older value comes after a newer one");
                    last[who] = number;
                }
            }
        });
    }
}
