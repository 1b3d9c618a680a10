//! The audio thread's end of a pool: private free lists in front of the shared ones.

use std::ops::Range;
use std::ptr::{self, NonNull};

use super::frame::{Frame, Sample, SharedFrame};
use super::storage::{Class, FrameSlot};
use super::{Account, FramePool, slot_at};
use crate::rt::sync::AtomicU64;
use crate::rt::sync::Ordering::{Relaxed, Release};

/// How many frames are fetched at once when the private list runs dry, and how many may lie in it
/// before half of them go back to everyone; loom's pools have just a few.
const BATCH: usize = if cfg!(loom) { 1 } else { 8 };
const MOST: usize = 2 * BATCH;

/// A pool's end for one thread at a time. `[audio]`
///
/// Its frames are ordinary frames: they may be sent away, shared, and dropped anywhere. Dropping
/// one here works too, and costs an exchange on the shared list; [`release`](Self::release) does not.
pub struct LocalPool {
    pool: FramePool,
    /// One for each class, in the order of the classes.
    lists: Box<[List]>,
    usual: Usual,
}

/// The class that was asked for last, and at hand the frame of it that came back last: most frames come
/// and go one at a time and are of one size, so that nothing but this is touched.
struct Usual {
    class: *const Class,
    list: usize,
    /// The sizes in bytes that the class serves.
    sizes: Range<usize>,
    at_hand: Option<NonNull<FrameSlot>>,
}

/// Frames of one class that are nobody's but ours: the first `count` of the slots.
///
/// Not a chain through the slots, as the shared list is: in that, where the next frame lies is known only
/// once the slot of this one has been read.
struct List {
    class: NonNull<Class>,
    count: usize,
    slots: [NonNull<FrameSlot>; MOST],
}

// SAFETY: what it points to are slots that nobody else has, reached through `&mut self` alone, and classes,
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

    /// The pool behind it.
    pub fn pool(&self) -> &FramePool {
        &self.pool
    }

    /// A frame of `length` values, counted to `account`; `None` when there is none, which is counted.
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
        // SAFETY: the slot is ours alone, and the handle keeps it and its class alive.
        let (own, class) = unsafe { (slot.as_ref(), &*self.usual.class) };
        add_one(&class.counters.local_acquires);
        if own.cached.load(Relaxed) {
            add_one(&class.counters.local_recycled);
        }
        own.hand_out(account);
        // SAFETY: as above, and large enough.
        Some(unsafe { Frame::from_slot(slot, length) })
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
        if own.class() != self.usual.class || self.usual.at_hand.is_some() {
            return self.put_away(slot);
        }
        own.mark_free();
        self.usual.at_hand = Some(slot);
    }

    /// Like [`release`](Self::release) for a shared frame: if we are its last holder it comes back
    /// here, otherwise we merely let go.
    #[inline]
    pub fn release_shared<T: Sample>(&mut self, frame: SharedFrame<T>) {
        if let Ok(frame) = frame.try_unique() {
            self.release(frame);
        }
    }

    /// Makes the smallest class that has room for `bytes` bytes the usual one, if there is one.
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

    /// Takes a slot of the usual class that is not at hand.
    #[inline(never)]
    fn fetch(&mut self) -> Option<NonNull<FrameSlot>> {
        let list = &mut self.lists[self.usual.list];
        if list.count == 0 {
            list.refill(&self.pool);
        }
        list.pop()
    }

    /// Gives back a slot that is not to be at hand.
    #[inline(never)]
    fn put_away(&mut self, slot: NonNull<FrameSlot>) {
        // SAFETY: the caller had it alone, so it is alive until it is given back.
        let own = unsafe { slot.as_ref() };
        match self.lists.get_mut(own.class_number()) {
            Some(list) if list.class.as_ptr().cast_const() == own.class() => {
                own.mark_free();
                list.push(slot);
            }
            // SAFETY: as above, and nobody touches it afterwards.
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

    /// Gets some slots from the shared list, if it has any.
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

    /// Gives the last `count` slots to everyone. Slots of both tiers lie mixed in the list, and each
    /// goes back to its own.
    #[cold]
    fn hand_over(&mut self, count: usize) {
        let class = self.class();
        let stays = self.count.saturating_sub(count);
        for slot in &self.slots[stays..self.count] {
            // SAFETY: one of the first `count`, so a slot of the class and ours alone.
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

/// Counts in a word that nobody else writes.
#[inline(always)]
fn add_one(word: &AtomicU64) {
    word.store(word.load(Relaxed) + 1, Relaxed);
}
