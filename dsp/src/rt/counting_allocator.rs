//! The system allocator with a count per thread, so that a test or a report can say "none", or how much.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    // `const` and without a destructor: reading it can neither allocate nor run late.
    static CALLS: Cell<u64> = const { Cell::new(0) };
    static BYTES: Cell<i64> = const { Cell::new(0) };
}

/// Counts what the calling thread asks of the [`System`] allocator.
///
/// ```
/// use tidepool_dsp::rt::CountingAllocator;
///
/// #[global_allocator]
/// static ALLOCATOR: CountingAllocator = CountingAllocator;
///
/// let before = CountingAllocator::on_this_thread();
/// drop(std::hint::black_box(vec![0u8; 16]));
/// assert_eq!(CountingAllocator::on_this_thread() - before, 2); // taken, and given back
///
/// let before = CountingAllocator::bytes_on_this_thread();
/// let kept = std::hint::black_box(vec![0u8; 16]);
/// assert_eq!(CountingAllocator::bytes_on_this_thread() - before, 16);
/// drop(kept);
/// assert_eq!(CountingAllocator::bytes_on_this_thread(), before);
/// ```
pub struct CountingAllocator;

impl CountingAllocator {
    /// Allocations, reallocations and frees of the calling thread so far; stays 0 where this is not
    /// the program's global allocator. `[audio]` and any other thread.
    pub fn on_this_thread() -> u64 {
        CALLS.get()
    }

    /// Bytes that the calling thread has taken and not given back; less than nothing where it gave back what others
    /// took. `[audio]` and any other thread.
    pub fn bytes_on_this_thread() -> i64 {
        BYTES.get()
    }

    fn count(taken: usize, given_back: usize) {
        CALLS.set(CALLS.get() + 1);
        BYTES.set(BYTES.get() + taken as i64 - given_back as i64);
    }
}

// SAFETY: every call goes to `System` unchanged, whose contract is the one asked of us; counting
// touches nothing but a thread-local integer.
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
