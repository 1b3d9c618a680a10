//! A one-way channel between two threads: a ring of cells, one message per cache line.
//!
//! Each cell holds the number of its message, so that a message costs the transfer of its own line and nothing else, as
//! in FastForward: J. Giacomoni, T. Moseley, M. Vachharajani, "FastForward for Efficient Pipeline Parallelism",
//! PPoPP 2008. Unlike there, the receiver writes nothing into a cell, because the line would have to travel back for
//! it: it publishes its read count in a separate word, which the sender reads once per pass through the ring.

use std::cell::UnsafeCell;
use std::mem::MaybeUninit;

use crate::rt::sync::{AtomicU64, LoomAccess, Ordering};

#[cfg(loom)]
use loom::sync::Arc;
#[cfg(not(loom))]
use std::sync::Arc;

#[repr(align(64))]
struct Cell<T> {
    /// Sequence number, counted from 1, of the last message put into this cell; 0 before the first.
    number: AtomicU64,
    value: UnsafeCell<MaybeUninit<T>>,
    witness: LoomAccess,
}

struct Ring<T> {
    cells: Box<[Cell<T>]>,
    read: Count,
}

/// Number of messages read so far.
#[repr(align(64))]
struct Count(AtomicU64);

// SAFETY: the value of message `n` is written by the sending end before it stores `n` as its number and
// read by the receiving end after it has loaded that, with release and acquire; it is written again only
// after the sending end has seen, again with release and acquire, that `n` messages have been read. There
// is one end of each kind.
unsafe impl<T: Send> Sync for Ring<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Send for Ring<T> {}

impl<T> Drop for Ring<T> {
    fn drop(&mut self) {
        let read = self.read.0.load(Ordering::Relaxed);
        for cell in &mut self.cells {
            if cell.number.load(Ordering::Relaxed) > read {
                cell.witness.write();
                // SAFETY: sent and never read, and both ends are gone.
                unsafe { cell.value.get_mut().assume_init_drop() }
            }
        }
    }
}

/// The sending end.
pub(super) struct Outbox<T> {
    ring: Arc<Ring<T>>,
    next: usize,
    sent: u64,
    /// Total number of messages that may be sent before the read count has to be loaded again.
    room: u64,
}

/// The receiving end.
pub(super) struct Inbox<T> {
    ring: Arc<Ring<T>>,
    next: usize,
    read: u64,
}

/// Creates a channel for up to `capacity` messages. Messages left in it are dropped with the second end.
pub(super) fn mailbox<T: Send>(capacity: usize) -> (Outbox<T>, Inbox<T>) {
    let cells: Box<[_]> = (0..capacity.max(1))
        .map(|_| Cell {
            number: AtomicU64::new(0),
            value: UnsafeCell::new(MaybeUninit::uninit()),
            witness: LoomAccess::new(),
        })
        .collect();
    let room = cells.len() as u64;
    let ring = Arc::new(Ring {
        cells,
        read: Count(AtomicU64::new(0)),
    });
    let outbox = Outbox {
        ring: ring.clone(),
        next: 0,
        sent: 0,
        room,
    };
    let inbox = Inbox {
        ring,
        next: 0,
        read: 0,
    };
    (outbox, inbox)
}

impl<T> Outbox<T> {
    /// Sends `value`, or returns it if the ring is full.
    #[inline]
    pub(super) fn send(&mut self, value: T) -> Result<(), T> {
        if self.sent == self.room && !self.make_room() {
            return Err(value);
        }
        let cell = &self.ring.cells[self.next];
        cell.witness.write();
        // SAFETY: the previous value has been read, and the receiver does not access the cell before its number is stored.
        unsafe { (*cell.value.get()).write(value) };
        self.sent += 1;
        cell.number.store(self.sent, Ordering::Release);
        self.next = advance(self.next, self.ring.cells.len());
        Ok(())
    }

    #[cold]
    fn make_room(&mut self) -> bool {
        // Acquire: the receiver is done with all messages that it has counted as read.
        let read = self.ring.read.0.load(Ordering::Acquire);
        self.room = read + self.ring.cells.len() as u64;
        self.sent < self.room
    }
}

impl<T> Inbox<T> {
    /// Returns the next message, if there is one.
    #[inline]
    pub(super) fn receive(&mut self) -> Option<T> {
        let cell = &self.ring.cells[self.next];
        if cell.number.load(Ordering::Acquire) != self.read + 1 {
            return None;
        }
        cell.witness.read();
        // SAFETY: the cell holds the next message, which the sender does not overwrite before it is counted as
        // read; it is read only once, because the count is raised directly afterwards.
        let value = unsafe { (*cell.value.get()).assume_init_read() };
        self.read += 1;
        self.ring.read.0.store(self.read, Ordering::Release);
        self.next = advance(self.next, self.ring.cells.len());
        Some(value)
    }
}

fn advance(at: usize, length: usize) -> usize {
    if at + 1 == length { 0 } else { at + 1 }
}
