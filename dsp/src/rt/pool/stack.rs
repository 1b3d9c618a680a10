//! The lock-free free list: a Treiber stack of indices.
//!
//! R. K. Treiber, "Systems Programming: Coping with Parallelism", IBM RJ 5118 (1986). The links are stored in a
//! dense table by their owner; the head is one word that holds the top index, a count, and a tag that changes with every
//! successful exchange. A thread that was suspended after reading the head while the same index came back on top finds
//! another tag, so its exchange fails instead of corrupting the list (the ABA problem). The tag has 31 bits: it would
//! have to wrap exactly while a thread is suspended between two instructions.
//!
//! Orderings: a push releases its thread's accesses to the frame, a pop acquires them. Every change of the head is a
//! read-modify-write, so a pop also acquires from all pushes below the top one (they head release sequences that the
//! later exchanges continue). The load acquires, and so does the failed exchange, which is the load of the next attempt:
//! links are read relaxed, and must be at least as new as the head. The exchange that succeeds need not acquire. The tag
//! makes every value of the head unique, so that it replaces exactly the value that was loaded.

use crate::rt::sync::{AtomicU32, AtomicU64, Ordering};

/// Absence of an index, in a link or in the head.
pub(super) const NONE: u32 = 0xffff;
/// Maximum number of indices in a stack.
pub(super) const MAX_INDICES: usize = NONE as usize;

const CLOSED: u64 = 1 << 63;

/// Head of the stack with access to its fields.
#[derive(Clone, Copy)]
struct Head(u64);

impl Head {
    fn new(top: u32, count: u32, tag: u64) -> Self {
        Self(u64::from(top) | (u64::from(count) << 16) | ((tag & 0x7fff_ffff) << 32))
    }
    fn top(self) -> u32 {
        self.0 as u32 & 0xffff
    }
    fn count(self) -> u32 {
        (self.0 >> 16) as u32 & 0xffff
    }
    fn next_tag(self) -> u64 {
        ((self.0 & !CLOSED) >> 32) + 1
    }
    fn closed(self) -> bool {
        self.0 & CLOSED != 0
    }
}

/// A chain of linked indices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chain {
    pub(super) first: u32,
    pub(super) last: u32,
    pub(super) count: u32,
}

/// Error of a push to a closed stack: the caller has to account for its indices itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Closed;

/// Access to the link of each index.
pub(super) trait Links {
    fn link(&self, index: u32) -> &AtomicU32;
}

pub(super) struct Stack {
    head: AtomicU64,
}

impl Stack {
    pub(super) fn new() -> Self {
        Self {
            head: AtomicU64::new(Head::new(NONE, 0, 0).0),
        }
    }

    /// Returns the number of indices on the stack.
    pub(super) fn count(&self) -> u32 {
        Head(self.head.load(Ordering::Relaxed)).count()
    }

    /// Pushes `chain`, whose inner links are set and whose last link is at `last`.
    ///
    /// # Safety
    /// Both pointers are valid until another thread has popped `chain`: after the successful exchange they may dangle and
    /// are not accessed any more. For this reason they are not references.
    pub(super) unsafe fn push(
        stack: *const Self,
        last: *const AtomicU32,
        chain: Chain,
    ) -> Result<(), Closed> {
        // SAFETY: the chain is still ours, so the stack is alive.
        let mut head = Head(unsafe { (*stack).head.load(Ordering::Relaxed) });
        loop {
            if head.closed() {
                return Err(Closed);
            }
            let new = Head::new(chain.first, head.count() + chain.count, head.next_tag());
            // SAFETY: as above, until the exchange succeeds.
            let swapped = unsafe {
                (*last).store(head.top(), Ordering::Relaxed);
                (*stack).head.compare_exchange_weak(
                    head.0,
                    new.0,
                    Ordering::Release,
                    Ordering::Relaxed,
                )
            };
            match swapped {
                Ok(_) => return Ok(()),
                Err(now) => head = Head(now),
            }
        }
    }

    /// Pops up to `most` indices as a chain; returns it with the number of indices left.
    pub(super) fn pop(&self, links: &impl Links, most: u32) -> Option<(Chain, u32)> {
        let mut head = Head(self.head.load(Ordering::Acquire));
        loop {
            let first = head.top();
            // The popping thread holds a handle, and the stack is closed only by the last handle.
            debug_assert!(!head.closed());
            if first == NONE {
                return None;
            }
            let mut last = first;
            let mut count = 1;
            // Another thread may be changing these links; then the exchange below fails.
            let mut rest = links.link(last).load(Ordering::Relaxed);
            while count < most.min(head.count()) && rest != NONE {
                last = rest;
                count += 1;
                rest = links.link(last).load(Ordering::Relaxed);
            }
            let left = head.count() - count;
            let new = Head::new(rest, left, head.next_tag());
            match self.head.compare_exchange_weak(
                head.0,
                new.0,
                Ordering::Relaxed,
                Ordering::Acquire,
            ) {
                Ok(_) => return Some((Chain { first, last, count }, left)),
                Err(now) => head = Head(now),
            }
        }
    }

    /// Closes the stack permanently and returns the number of indices on it.
    ///
    /// Acquires from all earlier pushes. A push that finds the stack closed reads nothing else from it, so there is nothing
    /// to release.
    pub(super) fn close(&self) -> u32 {
        Head(self.head.fetch_or(CLOSED, Ordering::Acquire)).count()
    }
}
