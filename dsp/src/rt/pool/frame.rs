//! A pooled buffer: unique and writable, or shared and read-only.

use std::fmt;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

use super::storage::{FrameSlot, State};
use crate::rt::sync::Ordering;

mod sealed {
    pub trait Sealed {}
}

/// Element type of a frame: `f32`, `f64`, `i16` or `u8`. Any bit pattern is a valid value of these.
pub trait Sample: sealed::Sealed + bytemuck::Pod + Send + Sync {}

macro_rules! samples {
    ($($sample:ty),*) => {$(
        impl sealed::Sealed for $sample {}
        impl Sample for $sample {}
    )*};
}
samples!(f32, f64, i16, u8);

/// A frame with a single holder: writable. Dropping it gives it back to its pool, from any thread, without blocking and
/// without freeing memory.
///
/// A new frame contains the values that its last user left.
pub struct Frame<T: Sample> {
    slot: NonNull<FrameSlot>,
    data: NonNull<T>,
    length: usize,
}

/// A frame with several holders: read-only, cheap to clone. The last holder's drop gives it back.
///
/// Groundwork without a caller in the product: streaming (rows D of `docs/internals/features.md`) will use it.
///
/// ```compile_fail
/// # use tidepool_dsp::rt::{FramePool, PoolConfig};
/// let (pool, _maintainer) = FramePool::new(PoolConfig::default()).unwrap();
/// let mut shared = pool.acquire::<f32>(512).unwrap().share();
/// shared[0] = 1.0; // shared frames cannot be written to
/// ```
pub struct SharedFrame<T: Sample> {
    slot: NonNull<FrameSlot>,
    data: NonNull<T>,
    length: usize,
}

// SAFETY: a `Frame` is the only access to its data, a `SharedFrame` one of several read-only ones; `T` is
// plain data. The slot consists of atomics, and all accesses to a frame before it came back to the pool
// happen before it is handed out again (the stack's release and acquire).
unsafe impl<T: Sample> Send for Frame<T> {}
// SAFETY: as above; a `&Frame` only reads.
unsafe impl<T: Sample> Sync for Frame<T> {}
// SAFETY: as above; a `SharedFrame` only reads, and its count is atomic.
unsafe impl<T: Sample> Send for SharedFrame<T> {}
// SAFETY: as above.
unsafe impl<T: Sample> Sync for SharedFrame<T> {}

impl<T: Sample> Frame<T> {
    /// Creates a frame over the memory of `slot`.
    ///
    /// # Safety
    /// The caller owns the slot exclusively, the slot has memory for `length` values of `T`, and its pool lives until the
    /// slot is given back.
    #[inline(always)]
    pub(super) unsafe fn from_slot(slot: NonNull<FrameSlot>, length: usize) -> Self {
        // SAFETY: the caller guarantees that the slot is alive.
        let own = unsafe { slot.as_ref() };
        own.access.write();
        let data = own.data.load(Ordering::Relaxed).cast::<T>();
        debug_assert!(!data.is_null());
        Self {
            slot,
            // SAFETY: a slot that is handed out has memory.
            data: unsafe { NonNull::new_unchecked(data) },
            length,
        }
    }

    /// Converts the frame to its slot without giving it back.
    #[inline(always)]
    pub(super) fn into_slot(self) -> NonNull<FrameSlot> {
        ManuallyDrop::new(self).slot
    }

    /// Makes the frame read-only, so that it can have several holders.
    #[inline]
    pub fn share(self) -> SharedFrame<T> {
        let this = ManuallyDrop::new(self);
        let slot = this.slot();
        // No other thread knows of the slot, and passing a clone of the returned frame to another thread
        // orders this store before.
        slot.refs.store(1, Ordering::Relaxed);
        slot.set_state(State::Shared);
        SharedFrame {
            slot: this.slot,
            data: this.data,
            length: this.length,
        }
    }

    /// Shortens the frame to the first `length` values; a length beyond the present one changes nothing.
    pub fn truncate(&mut self, length: usize) {
        self.length = self.length.min(length);
    }

    /// Fills the frame with zeros.
    pub fn clear(&mut self) {
        self.fill(T::zeroed());
    }

    /// Returns a pointer for foreign code that is valid as long as this borrow.
    ///
    /// Groundwork without a caller in the product: streaming (rows D of `docs/internals/features.md`) will use it.
    pub fn as_ffi(&mut self) -> FfiMut<'_, T> {
        FfiMut {
            data: self.data.as_ptr(),
            length: self.length,
            frame: PhantomData,
        }
    }

    #[inline(always)]
    fn slot(&self) -> &FrameSlot {
        // SAFETY: the slot outlives every frame over it.
        unsafe { self.slot.as_ref() }
    }
}

/// A pointer and a length for foreign code; cannot outlive the frame that it points into.
#[derive(Debug)]
pub struct FfiMut<'a, T> {
    data: *mut T,
    length: usize,
    frame: PhantomData<&'a mut [T]>,
}

impl<T> FfiMut<'_, T> {
    /// Returns a pointer to the first value.
    pub fn as_ptr(&self) -> *mut T {
        self.data
    }

    /// Returns the number of values.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Returns true if there are no values.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }
}

impl<T: Sample> Deref for Frame<T> {
    type Target = [T];

    #[inline(always)]
    fn deref(&self) -> &[T] {
        self.slot().access.read();
        // SAFETY: `data` points to at least `length` initialised values, which only this frame can access.
        unsafe { std::slice::from_raw_parts(self.data.as_ptr(), self.length) }
    }
}

impl<T: Sample> DerefMut for Frame<T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [T] {
        self.slot().access.write();
        // SAFETY: as for `deref`, and the frame is borrowed mutably.
        unsafe { std::slice::from_raw_parts_mut(self.data.as_ptr(), self.length) }
    }
}

impl<T: Sample> Drop for Frame<T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: this frame owned the slot exclusively and is gone.
        unsafe { FrameSlot::give_back(self.slot) }
    }
}

impl<T: Sample> SharedFrame<T> {
    /// Makes the frame writable again, if there is no other holder.
    ///
    /// # Errors
    /// The frame unchanged, if it has other holders.
    #[inline]
    pub fn try_unique(self) -> Result<Frame<T>, Self> {
        // Acquire: all accesses of the other holders before their drops.
        if self.slot().refs.load(Ordering::Acquire) != 1 {
            return Err(self);
        }
        let this = ManuallyDrop::new(self);
        let slot = this.slot();
        slot.set_state(State::Unique);
        slot.access.write();
        Ok(Frame {
            slot: this.slot,
            data: this.data,
            length: this.length,
        })
    }

    /// Returns the present number of holders, which another thread may change at any time.
    pub fn holders(&self) -> u32 {
        self.slot().refs.load(Ordering::Relaxed)
    }

    /// Sets the number of holders, to test the overflow check.
    #[cfg(all(test, not(loom), not(miri)))]
    pub(super) fn set_holders(&self, holders: u32) {
        self.slot().refs.store(holders, Ordering::Relaxed);
    }

    #[inline(always)]
    fn slot(&self) -> &FrameSlot {
        // SAFETY: the slot outlives every frame over it.
        unsafe { self.slot.as_ref() }
    }
}

impl<T: Sample> Clone for SharedFrame<T> {
    #[inline]
    fn clone(&self) -> Self {
        // Relaxed: the clone is made from a live holder, so the slot cannot be given back meanwhile.
        let before = self.slot().refs.fetch_add(1, Ordering::Relaxed);
        if before > u32::MAX / 2 {
            // Two thousand million leaked clones: the count must not wrap.
            std::process::abort();
        }
        Self {
            slot: self.slot,
            data: self.data,
            length: self.length,
        }
    }
}

impl<T: Sample> Deref for SharedFrame<T> {
    type Target = [T];

    #[inline(always)]
    fn deref(&self) -> &[T] {
        self.slot().access.read();
        // SAFETY: `data` points to at least `length` initialised values, which are not written to while the
        // frame is shared.
        unsafe { std::slice::from_raw_parts(self.data.as_ptr(), self.length) }
    }
}

impl<T: Sample> Drop for SharedFrame<T> {
    #[inline]
    fn drop(&mut self) {
        let refs = &self.slot().refs;
        // A single holder needs no read-modify-write, because no other one is left to clone it.
        let last = refs.load(Ordering::Acquire) == 1 || refs.fetch_sub(1, Ordering::AcqRel) == 1;
        if last {
            // SAFETY: every other holder has dropped its frame, and all their accesses happened before.
            unsafe { FrameSlot::give_back(self.slot) }
        }
    }
}

impl<T: Sample + fmt::Debug> fmt::Debug for Frame<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Frame").field(&&**self).finish()
    }
}

impl<T: Sample + fmt::Debug> fmt::Debug for SharedFrame<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SharedFrame").field(&&**self).finish()
    }
}
