//! What the frames of a pool are made of: slots in size classes, and the memory behind them.

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::ptr::{self, NonNull};

use super::stack::{Chain, Closed, Links, NONE, Stack};
use crate::rt::sync::{
    AtomicBool, AtomicIsize, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, LoomAccess,
    Ordering,
};

/// Alignment of every frame, a cache line.
pub(super) const ALIGNMENT: usize = 64;

/// Where a frame is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum State {
    /// A slot without memory.
    Vacant,
    /// In the pool.
    Free,
    /// With one holder.
    Unique,
    /// With several holders, or one who may not write.
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

/// The header of one frame. Headers lie side by side and never in front of their data: data blocks a page
/// apart would put all headers into the same few sets of the cache.
///
/// What changes while a frame is out lies on a cache line of its own: a thread that gives back a frame of
/// another one waits for that line only when it writes to it, and has what it reads at hand.
#[repr(C, align(64))]
pub(super) struct FrameSlot {
    pub(super) link: AtomicU32,
    pub(super) refs: AtomicU32,
    state: AtomicU8,
    account: AtomicU8,
    _line: CacheLine,
    /// Changed only by who owns the slot alone.
    pub(super) data: AtomicPtr<u8>,
    /// Size and alignment of what lies behind `data`, likewise.
    pub(super) bytes: AtomicUsize,
    pub(super) align: AtomicUsize,
    /// Whether the slot belongs to the recycled cache, likewise.
    pub(super) cached: AtomicBool,
    index: u32,
    class: *const Class,
    /// The stack of that class that it goes back to.
    home: *const Stack,
    /// Which of the pool's classes that is, from small to large.
    class_number: u8,
    pub(super) access: LoomAccess,
}

/// Ends a cache line.
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

    /// Who has it, while it is out.
    pub(super) fn account(&self) -> u8 {
        self.account.load(Ordering::Relaxed)
    }

    #[inline(always)]
    pub(super) fn hand_out(&self, account: u8) {
        self.account.store(account, Ordering::Relaxed);
        self.set_state(State::Unique);
    }

    /// Marks a slot that its holder has done with.
    #[inline(always)]
    pub(super) fn mark_free(&self) {
        self.access.write();
        self.set_state(State::Free);
    }

    /// Returns a slot to its class; if the pool is gone and this was the last one out, frees all of
    /// it.
    ///
    /// # Safety
    /// The caller owned the slot alone and does not touch it again.
    #[inline]
    pub(super) unsafe fn give_back(slot: NonNull<Self>) {
        // SAFETY: until we have pushed it or counted it, the slot keeps its pool alive.
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
    /// Size of its frames in bytes; 0 for the class of adopted memory.
    pub(super) bytes: usize,
    pub(super) slots: Box<[FrameSlot]>,
    /// Tier one: there from the beginning.
    pub(super) primary: Stack,
    /// Tier two: filled and trimmed by the maintainer.
    ///
    /// In the class of adopted memory, tier one holds vacant slots for what will be adopted, and tier
    /// two holds what came home and waits for the maintainer to free it.
    pub(super) cache: Stack,
    pub(super) counters: Counters,
    storage: Option<(NonNull<u8>, Layout)>,
    inner: *const Inner,
}

/// What a class counts. Fields that start with `local` have one writer, the local pool.
#[derive(Default)]
pub(super) struct Counters {
    /// Slots that have memory; the maintainer's and the adopters' to change.
    pub(super) live: AtomicU32,
    pub(super) local_acquires: AtomicU64,
    pub(super) local_recycled: AtomicU64,
    pub(super) acquires: AtomicU64,
    pub(super) recycled: AtomicU64,
    pub(super) misses: AtomicU64,
    pub(super) denials: AtomicU64,
    /// Blocks of memory ever asked of the system.
    pub(super) allocations: AtomicU64,
    pub(super) most_out: AtomicU32,
    /// Frames that somebody wants to find ready after the maintainer's next round.
    pub(super) requested: AtomicU32,
    /// The maintainer's round in which the class was last drawn on.
    pub(super) last_used: AtomicU64,
}

impl Links for Class {
    #[inline(always)]
    fn link(&self, index: u32) -> &AtomicU32 {
        &self.slots[index as usize].link
    }
}

impl Class {
    /// A class of `slots` slots, the first `primary` of which get memory of `bytes` bytes each.
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
                    // SAFETY: one of the strides that the slab was made of.
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

    /// Lays the first `count` slots of a new class on tier one, the first on top.
    fn stack_up(&self, count: usize, state: State) {
        for slot in self.slots[..count].iter().rev() {
            slot.set_state(state);
            self.push(&self.primary, slot);
        }
    }

    /// Lays a slot that the caller owns alone on one of the class's stacks. Only for callers that
    /// hold a handle, so that the stack is open.
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

    /// Takes up to `most` slots, pre-allocated ones first, and says how many are left.
    #[inline]
    pub(super) fn pop(&self, most: u32) -> Option<(Chain, u32)> {
        self.primary
            .pop(self, most)
            .map(|(chain, left)| (chain, left + self.cache.count()))
            .or_else(|| self.cache.pop(self, most))
    }

    /// Slots that lie in the pool.
    pub(super) fn free(&self) -> u32 {
        self.primary.count() + self.cache.count()
    }

    /// Notes that `left` slots stayed behind when some were taken, in the maintainer's round `round`.
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

/// Data blocks lie a cache line further apart than they are long, for the same reason as the headers
/// do not lie among them.
fn stride(bytes: usize) -> usize {
    bytes + ALIGNMENT
}

/// The pool itself. Lives until every handle and every frame is gone.
pub(super) struct Inner {
    /// From small to large.
    pub(super) classes: Box<[Class]>,
    /// Slots over memory that came from outside.
    pub(super) adopted: Class,
    /// Bytes that the pool holds, adopted ones included, and the most that it may.
    pub(super) bytes: AtomicUsize,
    pub(super) max_bytes: usize,
    /// The maintainer's rounds so far.
    pub(super) round: AtomicU64,
    /// Frames asked for that are longer than the largest class.
    pub(super) oversize: AtomicU64,
    /// Whether the local pool is out.
    pub(super) local_taken: AtomicBool,
    pub(super) handles: AtomicUsize,
    /// Frames still out, once the last handle has gone and has added them up; until then, minus the
    /// number of those that came home too late for a stack.
    outstanding: AtomicIsize,
    /// Access to the pool through a handle: a read; freeing the pool: a write.
    pub(super) access: LoomAccess,
    /// Loom complains of it when the pool is never freed.
    #[cfg(loom)]
    _leak: loom::sync::Arc<()>,
}

/// How many slots a class has, and how many of them get memory at once.
pub(super) struct ClassPlan {
    pub(super) bytes: usize,
    pub(super) slots: usize,
    pub(super) primary: usize,
}

impl Inner {
    /// `None` when the system has not enough memory.
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
        // SAFETY: nobody else knows of it yet; the boxes in it do not move any more.
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

    /// All classes, that of adopted memory last.
    pub(super) fn all_classes(&self) -> impl Iterator<Item = &Class> {
        self.classes.iter().chain([&self.adopted])
    }

    /// Called once, by the last handle: from now on frames are counted instead of stacked, and the
    /// last of them frees everything.
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
        // SAFETY: as the caller promises.
        unsafe { Self::add_outstanding(inner.as_ptr(), out) }
    }

    /// Adds `change` to the frames that are still out, and frees the pool when that leaves none.
    ///
    /// Frames that come home between the closing of their stack and the adding up make the number
    /// negative for a while. It becomes zero once only, in the last call of all.
    ///
    /// # Safety
    /// `inner` is alive, and the caller does not touch it afterwards.
    unsafe fn add_outstanding(inner: *const Self, change: isize) {
        // SAFETY: we are still counted, or are the closer.
        let before = unsafe { (*inner).outstanding.fetch_add(change, Ordering::AcqRel) };
        if before + change == 0 {
            // SAFETY: no handle and no frame is left, and all they did happened before (AcqRel).
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
                // SAFETY: every slot is home, so nobody uses the memory.
                unsafe { slot.free_memory() };
            }
            if let Some((memory, layout)) = class.storage {
                // SAFETY: allocated with this layout, and every slot over it is home.
                unsafe { dealloc(memory.as_ptr(), layout) }
            }
        }
    }
}

impl FrameSlot {
    /// Gives the slot, which the caller owns alone and which is vacant, memory of `layout` at `data`.
    pub(super) fn attach_memory(&self, data: NonNull<u8>, layout: Layout) {
        self.data.store(data.as_ptr(), Ordering::Relaxed);
        self.bytes.store(layout.size(), Ordering::Relaxed);
        self.align.store(layout.align(), Ordering::Relaxed);
        self.set_state(State::Free);
    }

    /// Gives the slot's memory, if it has any, back to the system, and says how much it was.
    ///
    /// # Safety
    /// The caller owns the slot alone, it is not part of a slab, and nobody uses its memory.
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

/// Zeroed memory for one cached frame, and its layout.
pub(super) fn alloc_block(bytes: usize) -> Option<(NonNull<u8>, Layout)> {
    let layout = Layout::from_size_align(bytes, ALIGNMENT).ok()?;
    if bytes == 0 {
        return None;
    }
    // SAFETY: the layout is not empty.
    NonNull::new(unsafe { alloc_zeroed(layout) }).map(|memory| (memory, layout))
}
