//! The system allocator with allocation counts for the threads that request them, for tests, reports and the engine
//! page.

use std::alloc::{GlobalAlloc, Layout, System};
use std::marker::PhantomData;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize};

use super::thread::this_thread;

/// Counts the calling thread's requests to the [`System`] allocator while a [watch](Self::watch) exists.
///
/// The counts lie in a fixed table and not in thread-locals: those of a plugin's library are allocated at the first
/// access by each thread, so that counting would itself allocate on the audio thread. While no thread watches, a call
/// costs one additional load.
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

/// Allocation count of the thread that created it, active until dropped; see [`CountingAllocator::watch`].
#[derive(Debug)]
pub struct AllocationWatch {
    slot: Option<&'static ThreadSlot>,
    /// Counts of the slot at the start.
    calls: u64,
    bytes: i64,
    /// True for the outermost watch of the thread, which releases the slot.
    outermost: bool,
    /// Makes the watch `!Send`, because it counts for one thread.
    here: PhantomData<*const ()>,
}

/// Counts of one thread, on a cache line of its own.
#[derive(Debug)]
#[repr(align(64))]
struct ThreadSlot {
    /// Number of the owning thread; 0 while the slot is free.
    thread: AtomicUsize,
    calls: AtomicU64,
    bytes: AtomicI64,
}

/// Maximum number of threads that can watch at once.
const THREADS: usize = 64;

static TABLE: [ThreadSlot; THREADS] = [const {
    ThreadSlot {
        thread: AtomicUsize::new(0),
        calls: AtomicU64::new(0),
        bytes: AtomicI64::new(0),
    }
}; THREADS];

/// Length of the part of the table that has ever been used.
static USED: AtomicUsize = AtomicUsize::new(0);

/// Number of threads that watch at present.
static WATCHING: AtomicUsize = AtomicUsize::new(0);

impl CountingAllocator {
    /// Starts counting the calling thread's allocations. The counts stay 0 if this is not the program's global allocator,
    /// or if 64 other threads watch. Watches of one thread nest; the inner one has to be dropped first. Wait-free.
    /// `[audio]` and any other thread.
    #[must_use]
    pub fn watch() -> AllocationWatch {
        let thread = this_thread();
        let mut outermost = false;
        let slot = find(thread).or_else(|| {
            outermost = true;
            // Acquire: the previous owner's counting happens before this thread's.
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
        // A thread sees its own increment, so a watching thread always gets past this.
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

/// Returns the slot of this thread, if it watches.
fn find(thread: usize) -> Option<&'static ThreadSlot> {
    // A thread also sees its own update of the length.
    let used = &TABLE[..USED.load(Relaxed)];
    used.iter().find(|slot| slot.thread.load(Relaxed) == thread)
}

impl AllocationWatch {
    /// Returns the allocations, reallocations and frees since the start of the watch. `[audio]` and any other thread.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.slot
            .map_or(0, |slot| slot.calls.load(Relaxed) - self.calls)
    }

    /// Returns the bytes allocated minus the bytes freed by the thread since the start of the watch; negative if it freed
    /// more, such as memory of other threads. `[audio]` and any other thread.
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

// SAFETY: every call is forwarded unchanged to `System`, whose contract is the same; counting accesses
// only a table of integers.
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

    /// Allocates and frees `blocks` blocks as a program with this allocator would.
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
