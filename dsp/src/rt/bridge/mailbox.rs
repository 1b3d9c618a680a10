//! A one-way channel between two threads: a ring of cells, one message in one cache line.
//!
//! Each cell says by itself whether it is full, so the two ends share no index, and a message costs
//! the transfer of its own line and nothing else. The idea is FastForward's: J. Giacomoni, T. Moseley,
//! M. Vachharajani, "FastForward for Efficient Pipeline Parallelism", PPoPP 2008.

use std::cell::UnsafeCell;
use std::mem::MaybeUninit;

use crate::rt::sync::{AtomicBool, Ordering, Witness};

#[cfg(loom)]
use loom::sync::Arc;
#[cfg(not(loom))]
use std::sync::Arc;

#[repr(align(64))]
struct Letter<T> {
    full: AtomicBool,
    value: UnsafeCell<MaybeUninit<T>>,
    witness: Witness,
}

struct Ring<T> {
    letters: Box<[Letter<T>]>,
}

// SAFETY: a letter's value is touched by the sending end while it is empty and by the receiving end
// while it is full; `full` hands it over with release and acquire. There is one end of each kind.
unsafe impl<T: Send> Sync for Ring<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Send for Ring<T> {}

impl<T> Drop for Ring<T> {
    fn drop(&mut self) {
        for letter in &mut self.letters {
            if letter.full.load(Ordering::Relaxed) {
                letter.witness.write();
                // SAFETY: full, and both ends are gone.
                unsafe { letter.value.get_mut().assume_init_drop() }
            }
        }
    }
}

/// The end that sends.
pub(super) struct Outbox<T> {
    ring: Arc<Ring<T>>,
    next: usize,
}

/// The end that receives.
pub(super) struct Inbox<T> {
    ring: Arc<Ring<T>>,
    next: usize,
}

/// A channel for up to `capacity` messages. What is still in it when both ends are gone is dropped.
pub(super) fn mailbox<T: Send>(capacity: usize) -> (Outbox<T>, Inbox<T>) {
    let letters = (0..capacity.max(1))
        .map(|_| Letter {
            full: AtomicBool::new(false),
            value: UnsafeCell::new(MaybeUninit::uninit()),
            witness: Witness::new(),
        })
        .collect();
    let ring = Arc::new(Ring { letters });
    let outbox = Outbox {
        ring: ring.clone(),
        next: 0,
    };
    (outbox, Inbox { ring, next: 0 })
}

impl<T> Outbox<T> {
    /// Sends `value`, or hands it back when the ring is full.
    #[inline]
    pub(super) fn send(&mut self, value: T) -> Result<(), T> {
        let letter = &self.ring.letters[self.next];
        // Acquires that the receiver has read the letter that was here before.
        if letter.full.load(Ordering::Acquire) {
            return Err(value);
        }
        letter.witness.write();
        // SAFETY: empty, so the receiver does not touch it until we say that it is full.
        unsafe { (*letter.value.get()).write(value) };
        letter.full.store(true, Ordering::Release);
        self.next = advance(self.next, self.ring.letters.len());
        Ok(())
    }
}

impl<T> Inbox<T> {
    /// The next message, if there is one.
    #[inline]
    pub(super) fn receive(&mut self) -> Option<T> {
        let letter = &self.ring.letters[self.next];
        if !letter.full.load(Ordering::Acquire) {
            return None;
        }
        letter.witness.read();
        // SAFETY: full, so the sender does not touch it until we say that it is empty; it is read
        // once, because the next thing we do is to say so.
        let value = unsafe { (*letter.value.get()).assume_init_read() };
        letter.full.store(false, Ordering::Release);
        self.next = advance(self.next, self.ring.letters.len());
        Some(value)
    }
}

fn advance(at: usize, length: usize) -> usize {
    if at + 1 == length { 0 } else { at + 1 }
}
