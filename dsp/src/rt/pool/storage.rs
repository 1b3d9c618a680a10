//! Storage of a pool: frame slots in size classes, and the memory behind them.

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::ptr::{self, NonNull};

use super::stack::{Chain, Closed, Links, NONE, Stack};
use crate::rt::sync::{
    AtomicBool, AtomicIsize, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, LoomAccess,
    Ordering,
};

/// Alignment of every frame, a cache line.
pub(super) const ALIGNMENT: usize = 64;

/// State of a frame of the pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum State {
    /// Slot without memory.
    Vacant,
    /// Free, in the pool.
    Free,
    /// In use by one holder.
    Unique,
    /// Read-only, in use by one or more holders.
    Shared,
}

impl State {
    fn from_bits(bits: u8) -> Self {
        match bits {
            0 => Self::Vacant,
            1 => Self::Free,
            2 => Self::Unique,
            _ => Self::Shared,
        }
    }
}

/// Header of one frame. Headers lie side by side and not in front of their data, because data blocks a page apart would
/// put all headers into the same few sets of the cache.
///
/// The fields that change while a frame is out lie on a cache line of their own: a thread that gives back a frame of
/// another thread waits for that line only when it writes to it; the fields that it reads are already in its cache.
#[repr(C, align(64))]
pub(super) struct FrameSlot {
    pub(super) link: AtomicU32,
    pub(super) refs: AtomicU32,
    state: AtomicU8,
    account: AtomicU8,
    _line: CacheLine,
    /// Pointer to the memory; changed only by the exclusive owner of the slot.
    pub(super) data: AtomicPtr<u8>,
    /// Size and alignment of the memory; changed only by the exclusive owner of the slot.
    pub(super) bytes: AtomicUsize,
    pub(super) align: AtomicUsize,
    /// True if the slot belongs to tier two; changed only by the exclusive owner of the slot.
    pub(super) cached: AtomicBool,
    index: u32,
    class: *const Class,
    /// Stack of the class that the slot returns to.
    home: *const Stack,
    /// Index of the class in the pool, in ascending size.
    class_number: u8,
    pub(super) access: LoomAccess,
}

/// Padding that ends a cache line.
#[repr(align(64))]
struct CacheLine;

impl FrameSlot {
    pub(super) fn index(&self) -> u32 {
        self.index
    }

    pub(super) fn class(&self) -> *const Class {
        self.class
    }

    pub(super) fn class_number(&self) -> usize {
        usize::from(self.class_number)
    }

    #[inline(always)]
    pub(super) fn set_state(&self, state: State) {
        self.state.store(state as u8, Ordering::Relaxed);
    }

    pub(super) fn state(&self) -> State {
        State::from_bits(self.state.load(Ordering::Relaxed))
    }

    /// Returns the account that the frame is, or was last, booked on.
    pub(super) fn account(&self) -> u8 {
        self.account.load(Ordering::Relaxed)
    }

    #[inline(always)]
    pub(super) fn hand_out(&self, account: u8) {
        self.account.store(account, Ordering::Relaxed);
        self.set_state(State::Unique);
    }

    /// Marks a slot that its holder has released as free.
    #[inline(always)]
    pub(super) fn mark_free(&self) {
        self.access.write();
        self.set_state(State::Free);
    }

    /// Returns a slot to its class; if the pool has been closed and this was its last frame in use, frees the pool.
    ///
    /// # Safety
    /// The caller owned the slot exclusively and does not access it again.
    #[inline]
    pub(super) unsafe fn give_back(slot: NonNull<Self>) {
        // SAFETY: until it has been pushed or counted, the slot keeps its pool alive.
        unsafe {
            let slot = slot.as_ptr();
            (*slot).mark_free();
            let chain = Chain {
                first: (*slot).index,
                last: (*slot).index,
                count: 1,
            };
            if Stack::push((*slot).home, &raw const (*slot).link, chain) == Err(Closed) {
                Inner::add_outstanding((*(*slot).class).inner, -1);
            }
        }
    }
}

/// All frames of one size.
pub(super) struct Class {
    /// Frame size in bytes; 0 for the class of adopted memory.
    pub(super) bytes: usize,
    pub(super) slots: Box<[FrameSlot]>,
    /// Tier one: the pre-allocated frames.
    pub(super) primary: Stack,
    /// Tier two: filled and trimmed by the maintainer.
    ///
    /// In the class of adopted memory, tier one holds vacant slots for future adoptions, and tier two holds returned
    /// memory that the maintainer has yet to free.
    pub(super) cache: Stack,
    pub(super) counters: Counters,
    storage: Option<(NonNull<u8>, Layout)>,
    inner: *const Inner,
}

/// Counters of a class. Fields that start with `local` have one writer, the local pool.
#[derive(Default)]
pub(super) struct Counters {
    /// Slots that have memory; changed by the maintainer and by adoptions.
    pub(super) live: AtomicU32,
    pub(super) local_acquires: AtomicU64,
    pub(super) local_recycled: AtomicU64,
    pub(super) acquires: AtomicU64,
    pub(super) recycled: AtomicU64,
    pub(super) misses: AtomicU64,
    pub(super) denials: AtomicU64,
    /// Blocks of memory ever allocated from the system.
    pub(super) allocations: AtomicU64,
    pub(super) most_out: AtomicU32,
    /// Free frames requested for after the maintainer's next round.
    pub(super) requested: AtomicU32,
    /// Round of the maintainer in which frames of the class were last requested.
    pub(super) last_used: AtomicU64,
}

impl Links for Class {
    #[inline(always)]
    fn link(&self, index: u32) -> &AtomicU32 {
        &self.slots[index as usize].link
    }
}

impl Class {
    /// Creates a class of `slots` slots, the first `primary` of which get memory of `bytes` bytes each.
    fn new(bytes: usize, slots: usize, primary: usize) -> Option<Self> {
        let storage = if primary == 0 || bytes == 0 {
            None
        } else {
            let layout = Layout::from_size_align(stride(bytes) * primary, ALIGNMENT).ok()?;
            // SAFETY: the layout is not empty.
            let memory = NonNull::new(unsafe { alloc_zeroed(layout) })?;
            Some((memory, layout))
        };
        let slots = (0..slots)
            .map(|index| FrameSlot {
                link: AtomicU32::new(NONE),
                refs: AtomicU32::new(0),
                state: AtomicU8::new(State::Vacant as u8),
                account: AtomicU8::new(0),
                _line: CacheLine,
                data: AtomicPtr::new(match storage {
                    // SAFETY: one of the strides that make up the storage.
                    Some((memory, _)) if index < primary => unsafe {
                        memory.as_ptr().add(stride(bytes) * index)
                    },
                    _ => ptr::null_mut(),
                }),
                bytes: AtomicUsize::new(if index < primary { bytes } else { 0 }),
                align: AtomicUsize::new(ALIGNMENT),
                cached: AtomicBool::new(index >= primary),
                index: index as u32,
                class: ptr::null(),
                home: ptr::null(),
                class_number: 0,
                access: LoomAccess::new(),
            })
            .collect();
        Some(Self {
            bytes,
            slots,
            primary: Stack::new(),
            cache: Stack::new(),
            counters: Counters::default(),
            storage,
            inner: ptr::null(),
        })
    }

    /// Pushes the first `count` slots of a new class on tier one, the first on top.
    fn stack_up(&self, count: usize, state: State) {
        for slot in self.slots[..count].iter().rev() {
            slot.set_state(state);
            self.push(&self.primary, slot);
        }
    }

    /// Pushes a slot that the caller owns exclusively on one of the class's stacks. Only for callers that hold a handle, so
    /// that the stack is open.
    pub(super) fn push(&self, stack: &Stack, slot: &FrameSlot) {
        let chain = Chain {
            first: slot.index,
            last: slot.index,
            count: 1,
        };
        // SAFETY: both are borrowed, and the caller's handle keeps them alive.
        let laid = unsafe { Stack::push(stack, &raw const slot.link, chain) };
        debug_assert_eq!(laid, Ok(()));
    }

    /// Pops up to `most` slots, pre-allocated ones first; returns them with the number of free slots left.
    #[inline]
    pub(super) fn pop(&self, most: u32) -> Option<(Chain, u32)> {
        self.primary
            .pop(self, most)
            .map(|(chain, left)| (chain, left + self.cache.count()))
            .or_else(|| self.cache.pop(self, most))
    }

    /// Returns the number of free slots.
    pub(super) fn free(&self) -> u32 {
        self.primary.count() + self.cache.count()
    }

    /// Records that `left` free slots remained after a request in the maintainer's round `round`.
    pub(super) fn note_taken(&self, left: u32, round: u64) {
        let out = self
            .counters
            .live
            .load(Ordering::Relaxed)
            .saturating_sub(left);
        if out > self.counters.most_out.load(Ordering::Relaxed) {
            self.counters.most_out.fetch_max(out, Ordering::Relaxed);
        }
        self.counters.last_used.store(round, Ordering::Relaxed);
    }
}

/// Returns the distance between data blocks: one cache line more than their length, so that they do not fall into the
/// same few sets of the cache.
fn stride(bytes: usize) -> usize {
    bytes + ALIGNMENT
}

/// The pool itself. Lives until every handle and every frame is gone.
pub(super) struct Inner {
    /// Classes in ascending size.
    pub(super) classes: Box<[Class]>,
    /// Slots over memory from outside.
    pub(super) adopted: Class,
    /// Bytes that the pool holds, including adopted memory, and their maximum.
    pub(super) bytes: AtomicUsize,
    pub(super) max_bytes: usize,
    /// Rounds of the maintainer so far.
    pub(super) round: AtomicU64,
    /// Requests longer than the largest class.
    pub(super) oversize: AtomicU64,
    /// True while the local pool is in use.
    pub(super) local_taken: AtomicBool,
    pub(super) handles: AtomicUsize,
    /// Frames still out, once the last handle has closed the pool and added them up; until then, minus the number of
    /// frames that came back after their stack was closed.
    outstanding: AtomicIsize,
    /// Stand-in for loom: using the pool through a handle is a read, freeing the pool a write.
    pub(super) access: LoomAccess,
    /// Makes loom report a pool that is never freed.
    #[cfg(loom)]
    _leak: loom::sync::Arc<()>,
}

/// Frame size, number of slots, and number of pre-allocated frames of a class.
pub(super) struct ClassPlan {
    pub(super) bytes: usize,
    pub(super) slots: usize,
    pub(super) primary: usize,
}

impl Inner {
    /// Allocates the pool; `None` if the system has not enough memory.
    pub(super) fn build(
        plans: &[ClassPlan],
        adopted_slots: usize,
        max_bytes: usize,
    ) -> Option<NonNull<Self>> {
        let classes = plans
            .iter()
            .map(|plan| Class::new(plan.bytes, plan.slots, plan.primary))
            .collect::<Option<Box<[_]>>>()?;
        let inner = Box::into_raw(Box::new(Self {
            classes,
            adopted: Class::new(0, adopted_slots, 0)?,
            bytes: AtomicUsize::new(plans.iter().map(|plan| plan.bytes * plan.primary).sum()),
            max_bytes,
            round: AtomicU64::new(1),
            oversize: AtomicU64::new(0),
            local_taken: AtomicBool::new(false),
            handles: AtomicUsize::new(1),
            outstanding: AtomicIsize::new(0),
            access: LoomAccess::new(),
            #[cfg(loom)]
            _leak: loom::sync::Arc::new(()),
        }));
        // SAFETY: no other thread knows of it yet; the boxes in it do not move any more.
        unsafe {
            let adopted = [&mut (*inner).adopted];
            for (number, class) in (*inner).classes.iter_mut().chain(adopted).enumerate() {
                class.inner = inner;
                let class: *mut Class = class;
                for slot in &mut (*class).slots {
                    slot.class = class;
                    slot.class_number = number as u8;
                    slot.home = if slot.cached.load(Ordering::Relaxed) {
                        &raw const (*class).cache
                    } else {
                        &raw const (*class).primary
                    };
                }
            }
            for (class, plan) in (*inner).classes.iter().zip(plans) {
                class.stack_up(plan.primary, State::Free);
                let counters = &class.counters;
                counters.live.store(plan.primary as u32, Ordering::Relaxed);
                counters
                    .allocations
                    .store(u64::from(plan.primary > 0), Ordering::Relaxed);
            }
            (*inner).adopted.stack_up(adopted_slots, State::Vacant);
            Some(NonNull::new_unchecked(inner))
        }
    }

    /// Returns all classes, that of adopted memory last.
    pub(super) fn all_classes(&self) -> impl Iterator<Item = &Class> {
        self.classes.iter().chain([&self.adopted])
    }

    /// Closes the pool; called once, by the last handle. Frames that come back afterwards are counted instead of stacked,
    /// and the last of them frees the pool.
    ///
    /// # Safety
    /// `inner` is alive, and the caller was its last handle.
    pub(super) unsafe fn close(inner: NonNull<Self>) {
        // SAFETY: alive until `add_outstanding` has run.
        let pool = unsafe { inner.as_ref() };
        let out: isize = pool
            .all_classes()
            .map(|class| {
                let ready = class.primary.close();
                let home = class.cache.close() + if class.bytes == 0 { 0 } else { ready };
                class.counters.live.load(Ordering::Relaxed) as isize - home as isize
            })
            .sum();
        // SAFETY: the caller guarantees it.
        unsafe { Self::add_outstanding(inner.as_ptr(), out) }
    }

    /// Adds `change` to the number of frames still out, and frees the pool if the sum is 0.
    ///
    /// Frames that come back between the closing of their stack and the adding up make the number negative for a while. It
    /// becomes zero only once, in the very last call.
    ///
    /// # Safety
    /// `inner` is alive, and the caller does not access it afterwards.
    unsafe fn add_outstanding(inner: *const Self, change: isize) {
        // SAFETY: the caller is a frame that is still counted, or the handle that closes the pool.
        let before = unsafe { (*inner).outstanding.fetch_add(change, Ordering::AcqRel) };
        if before + change == 0 {
            // SAFETY: no handle and no frame is left, and all their accesses happened before (AcqRel).
            drop(unsafe { Box::from_raw(inner.cast_mut()) });
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.access.write();
        for class in self.all_classes() {
            class.slots.iter().for_each(|slot| slot.access.write());
            for slot in class
                .slots
                .iter()
                .filter(|slot| slot.cached.load(Ordering::Relaxed))
            {
                // SAFETY: every slot is back, so the memory is not in use.
                unsafe { slot.free_memory() };
            }
            if let Some((memory, layout)) = class.storage {
                // SAFETY: allocated with this layout, and every slot over it is back.
                unsafe { dealloc(memory.as_ptr(), layout) }
            }
        }
    }
}

impl FrameSlot {
    /// Attaches memory of `layout` at `data` to the slot, which is vacant and owned exclusively by the caller.
    pub(super) fn attach_memory(&self, data: NonNull<u8>, layout: Layout) {
        self.data.store(data.as_ptr(), Ordering::Relaxed);
        self.bytes.store(layout.size(), Ordering::Relaxed);
        self.align.store(layout.align(), Ordering::Relaxed);
        self.set_state(State::Free);
    }

    /// Frees the slot's memory, if it has any, and returns its size.
    ///
    /// # Safety
    /// The caller owns the slot exclusively, its memory is not part of a class's storage, and the memory is not in use.
    pub(super) unsafe fn free_memory(&self) -> usize {
        let data = self.data.load(Ordering::Relaxed);
        let bytes = self.bytes.load(Ordering::Relaxed);
        let align = self.align.load(Ordering::Relaxed);
        self.data.store(ptr::null_mut(), Ordering::Relaxed);
        self.bytes.store(0, Ordering::Relaxed);
        self.set_state(State::Vacant);
        if let (false, 1.., Ok(layout)) =
            (data.is_null(), bytes, Layout::from_size_align(bytes, align))
        {
            // SAFETY: `attach_memory` got the block with this layout from the system's allocator.
            unsafe { dealloc(data, layout) }
        }
        bytes
    }
}

/// Allocates zeroed memory for one frame of tier two; returns it with its layout.
pub(super) fn alloc_block(bytes: usize) -> Option<(NonNull<u8>, Layout)> {
    let layout = Layout::from_size_align(bytes, ALIGNMENT).ok()?;
    if bytes == 0 {
        return None;
    }
    // SAFETY: the layout is not empty.
    NonNull::new(unsafe { alloc_zeroed(layout) }).map(|memory| (memory, layout))
}
