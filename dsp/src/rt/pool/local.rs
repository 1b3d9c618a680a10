//! The audio thread's end of a pool: a private free list in front of the shared one.

use std::ptr::NonNull;

use super::frame::{Frame, Sample, SharedFrame};
use super::slab::{Class, Slot, State};
use super::stack::NONE;
use super::{Account, FramePool};
use crate::rt::sync::Ordering::{Relaxed, Release};

/// How many frames are fetched at once when the private list runs dry, and how many may lie in it
/// before half of them go back to everyone.
const BATCH: u32 = 8;
const MOST: u32 = 2 * BATCH;

/// A pool's end for one thread at a time. `[audio]`
///
/// Its frames are ordinary frames: they may be sent away, shared, and dropped anywhere. Dropping
/// one here works too, and costs an exchange on the shared list; [`release`](Self::release) does not.
pub struct LocalPool {
    pool: FramePool,
    lists: Box<[List]>,
}

/// Frames of one class that are nobody's but ours.
struct List {
    class: NonNull<Class>,
    bytes: usize,
    first: u32,
    count: u32,
    acquires: u64,
    recycled: u64,
}

// SAFETY: the list is reached through `&mut self` alone, and the pool behind it is `Sync`.
unsafe impl Send for LocalPool {}

impl LocalPool {
    pub(super) fn new(pool: FramePool) -> Self {
        let lists = pool
            .inner()
            .classes
            .iter()
            .map(|class| List {
                class: NonNull::from(class),
                bytes: class.bytes,
                first: NONE,
                count: 0,
                acquires: class.counters.local_acquires.load(Relaxed),
                recycled: class.counters.local_recycled.load(Relaxed),
            })
            .collect();
        Self { pool, lists }
    }

    /// The pool behind it.
    pub fn pool(&self) -> &FramePool {
        &self.pool
    }

    /// A frame of `length` values, counted to `account`; `None` when there is none, which is counted.
    #[inline]
    pub fn acquire_for<T: Sample>(&mut self, length: usize, account: Account) -> Option<Frame<T>> {
        let bytes = length.checked_mul(size_of::<T>())?;
        let list = self.lists.iter_mut().find(|list| list.bytes >= bytes)?;
        if list.first == NONE && !list.refill(&self.pool) {
            return None;
        }
        let slot = list.pop();
        slot.hand_out(account);
        // SAFETY: taken off our own list, so ours alone, and large enough.
        Some(unsafe { Frame::from_slot(NonNull::from(slot), length) })
    }

    /// [`acquire_for`](Self::acquire_for) account 0.
    #[inline]
    pub fn acquire<T: Sample>(&mut self, length: usize) -> Option<Frame<T>> {
        self.acquire_for(length, 0)
    }

    /// Gives a frame back without an atomic read-modify-write, as long as it is of this pool; others
    /// go home as if dropped.
    #[inline]
    pub fn release<T: Sample>(&mut self, frame: Frame<T>) {
        let slot = frame.into_slot();
        // SAFETY: the frame was ours, so the slot is alive until we give it back.
        let own = unsafe { slot.as_ref() };
        let class = own.class();
        match self
            .lists
            .iter_mut()
            .find(|list| list.class.as_ptr().cast_const() == class)
        {
            Some(list) => list.push(own),
            // SAFETY: we own the slot alone.
            None => unsafe { Slot::give_back(slot) },
        }
    }

    /// Like [`release`](Self::release) for a shared frame: if we are its last holder it comes back
    /// here, otherwise we merely let go.
    #[inline]
    pub fn release_shared<T: Sample>(&mut self, frame: SharedFrame<T>) {
        if let Ok(frame) = frame.try_unique() {
            self.release(frame);
        }
    }
}

impl List {
    #[inline(always)]
    fn class(&self) -> &Class {
        // SAFETY: the local pool holds a handle, which keeps the classes alive.
        unsafe { self.class.as_ref() }
    }

    /// Takes the first slot of a list that has one.
    #[inline(always)]
    fn pop(&mut self) -> &Slot {
        // SAFETY: as in `class`; taken apart so that the counters below can be borrowed.
        let class = unsafe { self.class.as_ref() };
        let slot = &class.slots[self.first as usize];
        self.first = slot.link.load(Relaxed);
        self.count -= 1;
        self.acquires += 1;
        self.recycled += u64::from(slot.cached.load(Relaxed));
        class.counters.local_acquires.store(self.acquires, Relaxed);
        class.counters.local_recycled.store(self.recycled, Relaxed);
        slot
    }

    #[inline(always)]
    fn push(&mut self, slot: &Slot) {
        slot.witness.write();
        slot.set_state(State::Free);
        slot.link.store(self.first, Relaxed);
        self.first = slot.index();
        self.count += 1;
        if self.count > MOST {
            self.hand_over(BATCH);
        }
    }

    /// Fetches some slots from the shared list.
    #[cold]
    fn refill(&mut self, pool: &FramePool) -> bool {
        let class = self.class();
        let round = pool.inner().round.load(Relaxed);
        let Some((chain, left)) = class.pop(BATCH) else {
            class.counters.acquires.fetch_add(1, Relaxed);
            class.counters.misses.fetch_add(1, Relaxed);
            class.note_taken(0, round);
            return false;
        };
        class.note_taken(left, round);
        class.slots[chain.last as usize].link.store(NONE, Relaxed);
        self.first = chain.first;
        self.count = chain.count;
        true
    }

    /// Gives the first `count` slots to everyone. Slots of both tiers lie mixed in the list, and each
    /// goes back to its own.
    #[cold]
    fn hand_over(&mut self, count: u32) {
        for _ in 0..count.min(self.count) {
            let class = self.class();
            let slot = &class.slots[self.first as usize];
            let next = slot.link.load(Relaxed);
            let stack = if slot.cached.load(Relaxed) {
                &class.cache
            } else {
                &class.primary
            };
            class.lay_on(stack, slot);
            self.first = next;
            self.count -= 1;
        }
    }
}

impl Drop for LocalPool {
    fn drop(&mut self) {
        for list in &mut self.lists {
            list.hand_over(u32::MAX);
        }
        self.pool.inner().local_taken.store(false, Release);
    }
}
