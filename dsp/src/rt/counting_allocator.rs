//! The system allocator with a count for each thread that asks for one, so that a test, a report or the Engine page
//! can say "none", or how much.

use std::alloc::{GlobalAlloc, Layout, System};
use std::marker::PhantomData;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize};

use super::thread::this_thread;

/// Counts what a thread asks of the [`System`] allocator while it [watches](Self::watch).
///
/// The counts lie in a fixed table and not in thread-locals: those of a plugin's library are allocated on
/// the first touch of each thread, so that the count itself would be the audio thread's one allocation. Where no
/// thread watches, a call costs one load more.
///
/// ```
/// use tidepool_dsp::rt::CountingAllocator;
///
/// #[global_allocator]
/// static ALLOCATOR: CountingAllocator = CountingAllocator;
///
/// let watch = CountingAllocator::watch();
/// let kept = std::hint::black_box(vec![0u8; 16]);
/// assert_eq!((watch.calls(), watch.bytes()), (1, 16));
/// drop(kept);
/// assert_eq!((watch.calls(), watch.bytes()), (2, 0)); // taken, and given back
/// ```
pub struct CountingAllocator;

/// Counts for the thread that made it until it is dropped; see [`CountingAllocator::watch`].
#[derive(Debug)]
pub struct AllocationWatch {
    slot: Option<&'static ThreadSlot>,
    /// Counts of the slot at the start.
    calls: u64,
    bytes: i64,
    /// The outermost of this thread, which gives the slot back.
    outermost: bool,
    /// The watch counts for one thread and stays there.
    here: PhantomData<*const ()>,
}

/// The counts of one thread, on a cache line of its own.
#[derive(Debug)]
#[repr(align(64))]
struct ThreadSlot {
    /// Its number; 0 while the slot is free.
    thread: AtomicUsize,
    calls: AtomicU64,
    bytes: AtomicI64,
}

/// More threads than this do not watch at once.
const THREADS: usize = 64;

static TABLE: [ThreadSlot; THREADS] = [const {
    ThreadSlot {
        thread: AtomicUsize::new(0),
        calls: AtomicU64::new(0),
        bytes: AtomicI64::new(0),
    }
}; THREADS];

/// Slots at the start of the table that were ever taken.
static USED: AtomicUsize = AtomicUsize::new(0);

/// Threads that watch now.
static WATCHING: AtomicUsize = AtomicUsize::new(0);

impl CountingAllocator {
    /// Counts what the calling thread asks for from now on. It stays 0 where this is not the program's global
    /// allocator, and where 64 other threads watch. Watches of one thread nest; the inner one is dropped first.
    /// Wait-free. `[audio]` and any other thread.
    #[must_use]
    pub fn watch() -> AllocationWatch {
        let thread = this_thread();
        let mut outermost = false;
        let slot = find(thread).or_else(|| {
            outermost = true;
            // Acquire: what the last owner counted comes before what this thread does.
            let free = |slot: &&ThreadSlot| {
                slot.thread.load(Relaxed) == 0
                    && (slot.thread)
                        .compare_exchange(0, thread, Acquire, Relaxed)
                        .is_ok()
            };
            let at = TABLE.iter().position(|slot| free(&slot))?;
            if USED.load(Relaxed) <= at {
                USED.fetch_max(at + 1, Relaxed);
            }
            WATCHING.fetch_add(1, Relaxed);
            Some(&TABLE[at])
        });
        AllocationWatch {
            slot,
            calls: slot.map_or(0, |slot| slot.calls.load(Relaxed)),
            bytes: slot.map_or(0, |slot| slot.bytes.load(Relaxed)),
            outermost,
            here: PhantomData,
        }
    }

    #[inline]
    fn count(taken: usize, given_back: usize) {
        // A thread sees its own step of the count, so one that watches always gets past this.
        if WATCHING.load(Relaxed) == 0 {
            return;
        }
        if let Some(slot) = find(this_thread()) {
            let bytes = taken as i64 - given_back as i64;
            // Only its owner writes to a slot.
            slot.calls.store(slot.calls.load(Relaxed) + 1, Relaxed);
            slot.bytes.store(slot.bytes.load(Relaxed) + bytes, Relaxed);
        }
    }
}

/// The slot of this thread, if it watches.
fn find(thread: usize) -> Option<&'static ThreadSlot> {
    // A thread sees its own step of the length too.
    let used = &TABLE[..USED.load(Relaxed)];
    used.iter().find(|slot| slot.thread.load(Relaxed) == thread)
}

impl AllocationWatch {
    /// Allocations, reallocations and frees since it was made. `[audio]` and any other thread.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.slot
            .map_or(0, |slot| slot.calls.load(Relaxed) - self.calls)
    }

    /// Bytes that the thread has taken and not given back since it was made; less than nothing where it gave back
    /// what others took. `[audio]` and any other thread.
    #[must_use]
    pub fn bytes(&self) -> i64 {
        self.slot
            .map_or(0, |slot| slot.bytes.load(Relaxed) - self.bytes)
    }
}

impl Drop for AllocationWatch {
    fn drop(&mut self) {
        if let Some(slot) = self.slot.filter(|_| self.outermost) {
            // Release: the next owner's counting comes after this thread's.
            slot.thread.store(0, Release);
            WATCHING.fetch_sub(1, Relaxed);
        }
    }
}

// SAFETY: every call goes to `System` unchanged, whose contract is the one asked of us; counting
// touches nothing but a table of integers.
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        Self::count(layout.size(), 0);
        // SAFETY: the caller keeps `GlobalAlloc::alloc`'s contract, which is `System`'s own.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        Self::count(layout.size(), 0);
        // SAFETY: as for `alloc`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        Self::count(size, layout.size());
        // SAFETY: `block` came from this allocator, hence from `System`, with the same layout.
        unsafe { System.realloc(block, layout, size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        Self::count(0, layout.size());
        // SAFETY: as for `realloc`.
        unsafe { System.dealloc(block, layout) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes and gives back so many blocks as a program with this allocator would.
    fn ask(blocks: usize) {
        for _ in 0..blocks {
            CountingAllocator::count(32, 0);
            CountingAllocator::count(0, 32);
        }
    }

    #[test]
    fn a_thread_counts_its_own_calls_while_it_watches() {
        ask(1);
        let outer = CountingAllocator::watch();
        ask(2);
        CountingAllocator::count(8, 0);
        {
            let inner = CountingAllocator::watch();
            ask(3);
            assert_eq!((inner.calls(), inner.bytes()), (6, 0));
        }
        // The inner watch took nothing from the outer one.
        assert_eq!((outer.calls(), outer.bytes()), (11, 8));
        CountingAllocator::count(0, 20);
        assert_eq!((outer.calls(), outer.bytes()), (12, -12));
    }

    #[test]
    fn many_threads_at_once_each_see_their_own() {
        std::thread::scope(|scope| {
            for n in 0..32 {
                scope.spawn(move || {
                    for _ in 0..200 {
                        let watch = CountingAllocator::watch();
                        ask(n);
                        assert_eq!(watch.calls(), 2 * n as u64);
                    }
                    ask(n);
                });
            }
        });
    }
}
