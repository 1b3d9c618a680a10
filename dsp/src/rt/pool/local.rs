//! The audio thread's end of a pool: private free lists in front of the shared ones.
//!
//! Groundwork without a caller in the product: streaming (rows D of `docs/internals/features.md`) will use it.

use std::ops::Range;
use std::ptr::{self, NonNull};

use super::frame::{Frame, Sample, SharedFrame};
use super::storage::{Class, FrameSlot};
use super::{Account, FramePool, slot_at};
use crate::rt::sync::AtomicU64;
use crate::rt::sync::Ordering::{Relaxed, Release};

/// Number of frames fetched at once when the private list is empty, and given back to the shared list when the private
/// one holds `MOST`; reduced for loom.
const BATCH: usize = if cfg!(loom) { 1 } else { 8 };
const MOST: usize = 2 * BATCH;

/// A pool's end for one thread at a time. `[audio]`
///
/// The frames are ordinary ones: they may be sent to other threads, shared, and dropped anywhere. Dropping one on this
/// thread works too, but costs an exchange on the shared list; [`release`](Self::release) does not.
pub struct LocalPool {
    pool: FramePool,
    /// Free lists, in the order of the classes.
    lists: Box<[List]>,
    usual: Usual,
}

/// The class of the last request and the frame of it that was released last. Most frames are acquired and released one
/// at a time and have one size, so that usually only this is accessed.
struct Usual {
    class: *const Class,
    list: usize,
    /// Range of sizes in bytes that the class serves.
    sizes: Range<usize>,
    at_hand: Option<NonNull<FrameSlot>>,
}

/// Free frames of one class that belong to the local pool alone: the first `count` of the slots.
///
/// Unlike the shared list this is not a chain through the slots, in which the location of the next frame would be known
/// only after reading the slot of this one.
struct List {
    class: NonNull<Class>,
    count: usize,
    slots: [NonNull<FrameSlot>; MOST],
}

// SAFETY: the pointers lead to slots that no other thread has, accessed through `&mut self` alone, and to classes,
// which are `Sync` as the pool is.
unsafe impl Send for LocalPool {}

impl LocalPool {
    pub(super) fn new(pool: FramePool) -> Self {
        Self {
            lists: pool.inner().classes.iter().map(List::new).collect(),
            pool,
            usual: Usual {
                class: ptr::null(),
                list: 0,
                sizes: 0..0,
                at_hand: None,
            },
        }
    }

    /// Returns the shared pool.
    pub fn pool(&self) -> &FramePool {
        &self.pool
    }

    /// Returns a frame of `length` values, booked on `account`; `None` if none is free, which is counted as a miss.
    #[inline]
    pub fn acquire_for<T: Sample>(&mut self, length: usize, account: Account) -> Option<Frame<T>> {
        let bytes = length.checked_mul(size_of::<T>())?;
        if !self.usual.sizes.contains(&bytes) {
            self.turn_to(bytes)?;
        }
        let slot = match self.usual.at_hand.take() {
            Some(slot) => slot,
            None => self.fetch()?,
        };
        // SAFETY: the slot is exclusively ours, and the handle keeps it and its class alive.
        let (own, class) = unsafe { (slot.as_ref(), &*self.usual.class) };
        add_one(&class.counters.local_acquires);
        if own.cached.load(Relaxed) {
            add_one(&class.counters.local_recycled);
        }
        own.hand_out(account);
        // SAFETY: as above, and large enough.
        Some(unsafe { Frame::from_slot(slot, length) })
    }

    /// Calls [`acquire_for`](Self::acquire_for) with account 0.
    #[inline]
    pub fn acquire<T: Sample>(&mut self, length: usize) -> Option<Frame<T>> {
        self.acquire_for(length, 0)
    }

    /// Gives back a frame of this pool without an atomic read-modify-write; frames of other pools are given back as if
    /// dropped.
    #[inline]
    pub fn release<T: Sample>(&mut self, frame: Frame<T>) {
        let slot = frame.into_slot();
        // SAFETY: the frame was ours, so the slot is alive until it is given back.
        let own = unsafe { slot.as_ref() };
        if own.class() != self.usual.class || self.usual.at_hand.is_some() {
            return self.put_away(slot);
        }
        own.mark_free();
        self.usual.at_hand = Some(slot);
    }

    /// Releases a shared frame: if this is its last holder, like [`release`](Self::release); otherwise by dropping it.
    #[inline]
    pub fn release_shared<T: Sample>(&mut self, frame: SharedFrame<T>) {
        if let Ok(frame) = frame.try_unique() {
            self.release(frame);
        }
    }

    /// Makes the smallest class that fits `bytes` bytes the usual one, if there is one.
    #[inline(never)]
    fn turn_to(&mut self, bytes: usize) -> Option<()> {
        let classes = &self.pool.inner().classes;
        let Some(list) = classes.iter().position(|class| class.bytes >= bytes) else {
            self.pool.inner().oversize.fetch_add(1, Relaxed);
            return None;
        };
        let smaller = list.checked_sub(1).map(|below| classes[below].bytes);
        let usual = Usual {
            class: &raw const classes[list],
            list,
            sizes: smaller.map_or(0, |most| most + 1)..classes[list].bytes + 1,
            at_hand: None,
        };
        let before = std::mem::replace(&mut self.usual, usual);
        if let Some(slot) = before.at_hand {
            self.lists[before.list].push(slot);
        }
        Some(())
    }

    /// Takes a slot of the usual class from its list, refilling the list if it is empty.
    #[inline(never)]
    fn fetch(&mut self) -> Option<NonNull<FrameSlot>> {
        let list = &mut self.lists[self.usual.list];
        if list.count == 0 {
            list.refill(&self.pool);
        }
        list.pop()
    }

    /// Gives back a slot to its class's list, or to its own pool if it is not of this one.
    #[inline(never)]
    fn put_away(&mut self, slot: NonNull<FrameSlot>) {
        // SAFETY: the caller owned it exclusively, so it is alive until it is given back.
        let own = unsafe { slot.as_ref() };
        match self.lists.get_mut(own.class_number()) {
            Some(list) if list.class.as_ptr().cast_const() == own.class() => {
                own.mark_free();
                list.push(slot);
            }
            // SAFETY: as above, and it is not accessed afterwards.
            _ => unsafe { FrameSlot::give_back(slot) },
        }
    }
}

impl List {
    fn new(class: &Class) -> Self {
        Self {
            class: NonNull::from(class),
            count: 0,
            slots: [NonNull::dangling(); MOST],
        }
    }

    fn class<'a>(&self) -> &'a Class {
        // SAFETY: the local pool holds a handle, which keeps the classes alive.
        unsafe { self.class.as_ref() }
    }

    fn push(&mut self, slot: NonNull<FrameSlot>) {
        if self.count == MOST {
            self.hand_over(BATCH);
        }
        self.slots[self.count] = slot;
        self.count += 1;
    }

    fn pop(&mut self) -> Option<NonNull<FrameSlot>> {
        self.count = self.count.checked_sub(1)?;
        Some(self.slots[self.count])
    }

    /// Takes up to `BATCH` slots from the shared lists.
    #[cold]
    fn refill(&mut self, pool: &FramePool) {
        let class = self.class();
        let round = pool.inner().round.load(Relaxed);
        let Some((chain, left)) = class.pop(BATCH as u32) else {
            class.counters.acquires.fetch_add(1, Relaxed);
            class.counters.misses.fetch_add(1, Relaxed);
            class.note_taken(0, round);
            return;
        };
        class.note_taken(left, round);
        self.count = chain.count as usize;
        let mut next = chain.first;
        for place in self.slots[..self.count].iter_mut().rev() {
            let slot = slot_at(class, next);
            next = slot.link.load(Relaxed);
            *place = NonNull::from(slot);
        }
    }

    /// Gives the last `count` slots back to the shared stacks. The list mixes slots of both tiers, and each returns to the
    /// stack of its own tier.
    #[cold]
    fn hand_over(&mut self, count: usize) {
        let class = self.class();
        let stays = self.count.saturating_sub(count);
        for slot in &self.slots[stays..self.count] {
            // SAFETY: one of the first `count`, so a slot of the class and exclusively ours.
            let slot = unsafe { slot.as_ref() };
            let stack = if slot.cached.load(Relaxed) {
                &class.cache
            } else {
                &class.primary
            };
            class.push(stack, slot);
        }
        self.count = stays;
    }
}

impl Drop for LocalPool {
    fn drop(&mut self) {
        if let Some(slot) = self.usual.at_hand.take() {
            self.lists[self.usual.list].push(slot);
        }
        for list in &mut self.lists {
            list.hand_over(MOST);
        }
        self.pool.inner().local_taken.store(false, Release);
    }
}

/// Increments a counter that only this thread writes.
#[inline(always)]
fn add_one(word: &AtomicU64) {
    word.store(word.load(Relaxed) + 1, Relaxed);
}
