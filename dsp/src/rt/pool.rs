//! The frame pool: reference-counted buffers that are acquired, shared and dropped without locks and without the
//! allocator.
//!
//! Frames come in size classes. Each class has pre-allocated frames (tier one) and frames that the [`PoolMaintainer`]
//! adds and removes off the audio thread (tier two); a limit on the memory of the whole pool bounds the growth (tier
//! three). `docs/internals/memory.md` describes the life cycle of a frame and the cases in which the pool should not be
//! used.

mod frame;
mod local;
mod maintainer;
#[cfg(all(test, loom))]
mod models;
mod stack;
mod storage;
#[cfg(all(test, not(loom)))]
mod tests;

use std::alloc::Layout;
use std::fmt;
use std::ptr::NonNull;

pub use frame::{FfiMut, Frame, Sample, SharedFrame};
pub use local::LocalPool;
pub use maintainer::{Maintained, PoolMaintainer};
pub use storage::State;

use crate::rt::sync::Ordering::{AcqRel, Acquire, Relaxed};
use stack::MAX_INDICES;
use storage::{Class, ClassPlan, FrameSlot, Inner};

/// Account that a frame is booked on: a number below [`ACCOUNTS`], to which the caller gives a meaning.
pub type Account = u8;
/// Number of accounts.
pub const ACCOUNTS: usize = 16;

/// Configuration of a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolConfig {
    /// Frame sizes in bytes, ascending; each a multiple of 64 up to 16 MiB, 1 to 16 of them.
    pub classes: Vec<usize>,
    /// Memory for pre-allocated frames in bytes, divided evenly among the classes.
    pub budget: usize,
    /// Minimum of pre-allocated frames per class, even if the budget is smaller, 1 to 4096.
    pub minimum: usize,
    /// Maximum memory of the pool in bytes; at least the pre-allocated memory.
    pub limit: usize,
    /// Number of free frames below which the maintainer adds frames to a class, 0 to 4096.
    pub low_water: usize,
    /// Frames that the maintainer may add to each class, 0 to 4096. Each takes 128 bytes even before it is added.
    pub growth: usize,
    /// Maximum number of blocks of outside memory adopted at once, up to 4096.
    pub adoptable: usize,
}

impl Default for PoolConfig {
    /// Frames of 1, 4, 16 and 64 KiB; 2 MiB of them pre-allocated, 50 MiB at most.
    fn default() -> Self {
        Self {
            classes: vec![1 << 10, 4 << 10, 16 << 10, 64 << 10],
            budget: 2 << 20,
            minimum: 4,
            limit: 50 << 20,
            low_water: 4,
            growth: 1_024,
            adoptable: 64,
        }
    }
}

/// Reason why a pool cannot be created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PoolError {
    /// A field of the configuration is out of range.
    Config {
        /// Name of the field.
        field: &'static str,
        /// Rejected value.
        value: usize,
        /// Permitted range.
        range: &'static str,
    },
    /// The system has not enough memory.
    OutOfMemory,
}

impl fmt::Display for PoolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config {
                field,
                value,
                range,
            } => write!(f, "pool: {field} is {value}, but has to be {range}"),
            Self::OutOfMemory => f.write_str(
                "pool: the system has no memory for the pre-allocated frames; lower the budget",
            ),
        }
    }
}

impl std::error::Error for PoolError {}

/// Data that the pool did not accept, with the reason.
#[derive(Debug, PartialEq, Eq)]
pub struct Refused<D> {
    /// The data, returned to the caller.
    pub data: D,
    /// Reason for the refusal.
    pub why: Refusal,
}

/// Reason why the pool did not accept data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The data is longer than the largest frame.
    Oversize,
    /// No frame of this size is free.
    Empty,
    /// The pool would exceed its memory limit or its number of adopted blocks.
    Limit,
}

/// A handle to the pool. Clones refer to the same pool; any thread may hold one.
///
/// A frame that is written once and read in two places:
///
/// ```
/// use tidepool_dsp::rt::{FramePool, PoolConfig};
///
/// let (pool, mut maintainer) = FramePool::new(PoolConfig::default())?;
/// let mut frame = pool.acquire::<f32>(512).expect("a new pool has free frames");
/// frame.fill(0.5);
/// let shared = frame.share();
/// let other = shared.clone();
/// std::thread::spawn(move || assert_eq!(other[511], 0.5)).join().unwrap();
/// drop(shared); // back in the pool, without the allocator
/// maintainer.maintain(); // a few times a second, off the audio thread
/// # Ok::<(), tidepool_dsp::rt::PoolError>(())
/// ```
pub struct FramePool {
    inner: NonNull<Inner>,
}

// SAFETY: all data behind the pointer is atomic, or changed only by the exclusive owner of a slot.
unsafe impl Send for FramePool {}
// SAFETY: as above.
unsafe impl Sync for FramePool {}

impl Clone for FramePool {
    fn clone(&self) -> Self {
        self.inner().handles.fetch_add(1, Relaxed);
        Self { inner: self.inner }
    }
}

impl Drop for FramePool {
    fn drop(&mut self) {
        if self.inner().handles.fetch_sub(1, AcqRel) == 1 {
            // SAFETY: this was the last handle.
            unsafe { Inner::close(self.inner) }
        }
    }
}

impl FramePool {
    /// Creates a pool and its maintainer, which has to run from time to time off the audio thread. Allocates. `[gui]`
    ///
    /// # Errors
    /// [`PoolError`] if `config` is out of range or there is not enough memory.
    pub fn new(config: PoolConfig) -> Result<(Self, PoolMaintainer), PoolError> {
        let plans = plan(&config)?;
        let inner =
            Inner::build(&plans, config.adoptable, config.limit).ok_or(PoolError::OutOfMemory)?;
        let pool = Self { inner };
        let maintainer = PoolMaintainer::new(pool.clone(), &plans, config.low_water);
        Ok((pool, maintainer))
    }

    /// Returns a frame of `length` values, booked on `account`, from the smallest class that fits; `None` if there is no
    /// free frame, which is counted as a miss. Lock-free, from any thread; the audio thread uses [`local`](Self::local).
    pub fn acquire_for<T: Sample>(&self, length: usize, account: Account) -> Option<Frame<T>> {
        let inner = self.inner();
        let Some(class) = self.class_of::<T>(length) else {
            inner.oversize.fetch_add(1, Relaxed);
            return None;
        };
        class.counters.acquires.fetch_add(1, Relaxed);
        let Some((chain, left)) = class.pop(1) else {
            class.counters.misses.fetch_add(1, Relaxed);
            class.note_taken(0, inner.round.load(Relaxed));
            return None;
        };
        class.note_taken(left, inner.round.load(Relaxed));
        let slot = &class.slots[chain.first as usize];
        if slot.cached.load(Relaxed) {
            class.counters.recycled.fetch_add(1, Relaxed);
        }
        slot.hand_out(account);
        // SAFETY: popped, so exclusively ours, and large enough; the frame keeps the pool alive.
        Some(unsafe { Frame::from_slot(NonNull::from(slot), length) })
    }

    /// Requests that at least `count` frames of `length` values be free after the maintainer's next round, as far as the
    /// limit allows; unused frames are trimmed again later. Any thread.
    pub fn request<T: Sample>(&self, length: usize, count: usize) {
        if let Some(class) = self.class_of::<T>(length) {
            let count = count.try_into().unwrap_or(u32::MAX);
            class.counters.requested.fetch_max(count, Relaxed);
        }
    }

    /// Calls [`acquire_for`](Self::acquire_for) with account 0.
    pub fn acquire<T: Sample>(&self, length: usize) -> Option<Frame<T>> {
        self.acquire_for(length, 0)
    }

    /// Returns a frame with a copy of `data`.
    ///
    /// # Errors
    /// The data with the reason, if it is too long or no frame was free.
    pub fn store<T: Sample, D: AsRef<[T]>>(&self, data: D) -> Result<Frame<T>, Refused<D>> {
        let length = data.as_ref().len();
        let why = match self.acquire(length) {
            Some(mut frame) => {
                frame.copy_from_slice(data.as_ref());
                return Ok(frame);
            }
            None if self.class_of::<T>(length).is_none() => Refusal::Oversize,
            None => Refusal::Empty,
        };
        Err(Refused { data, why })
    }

    /// Turns memory from outside into a frame without a copy. It never joins the pool: after its last holder has dropped
    /// it, the maintainer frees it. Not for the audio thread, which has no memory to adopt.
    ///
    /// Groundwork without a caller in the product: streaming (rows D of `docs/internals/features.md`) will use it.
    ///
    /// # Errors
    /// The data, if the pool is at its limit.
    pub fn adopt<T: Sample>(&self, data: Box<[T]>) -> Result<Frame<T>, Refused<Box<[T]>>> {
        let inner = self.inner();
        let length = data.len();
        let bytes = size_of_val(&*data);
        let why = Refusal::Limit;
        if !inner.reserve(bytes) {
            inner.adopted.counters.denials.fetch_add(1, Relaxed);
            return Err(Refused { data, why });
        }
        let Some((chain, _)) = inner.adopted.primary.pop(&inner.adopted, 1) else {
            inner.bytes.fetch_sub(bytes, Relaxed);
            inner.adopted.counters.denials.fetch_add(1, Relaxed);
            return Err(Refused { data, why });
        };
        let counters = &inner.adopted.counters;
        counters.acquires.fetch_add(1, Relaxed);
        counters.live.fetch_add(1, Relaxed);
        let slot = &inner.adopted.slots[chain.first as usize];
        let layout = Layout::for_value(&*data);
        slot.attach_memory(NonNull::from(Box::leak(data)).cast(), layout);
        slot.hand_out(0);
        // SAFETY: popped, so exclusively ours, with memory for exactly `length` values.
        Ok(unsafe { Frame::from_slot(NonNull::from(slot), length) })
    }

    /// Returns the audio thread's end of the pool, which usually needs no atomic read-modify-write. There is only one;
    /// `None` while it is in use.
    pub fn local(&self) -> Option<LocalPool> {
        let taken = self.inner().local_taken.swap(true, Acquire);
        (!taken).then(|| LocalPool::new(self.clone()))
    }

    /// Returns the statistics of the pool. Reads counters without disturbing other threads. Not for the audio thread:
    /// allocates.
    pub fn stats(&self) -> PoolStats {
        let inner = self.inner();
        let mut by_account = [0; ACCOUNTS];
        for slot in inner.all_classes().flat_map(|class| &class.slots) {
            if matches!(slot.state(), State::Unique | State::Shared) {
                by_account[usize::from(slot.account()) % ACCOUNTS] += slot.bytes.load(Relaxed);
            }
        }
        PoolStats {
            classes: inner.classes.iter().map(ClassStats::of).collect(),
            adopted: ClassStats::of(&inner.adopted),
            bytes: inner.bytes.load(Relaxed),
            limit: inner.max_bytes,
            oversize: inner.oversize.load(Relaxed),
            by_account,
        }
    }

    /// Returns all frames, class by class, adopted ones last. Not for the audio thread.
    pub fn frames(&self) -> Vec<FrameInfo> {
        let all = self.inner().all_classes();
        all.flat_map(|class| class.slots.iter().map(|slot| (class.bytes, slot)))
            .map(|(class, slot)| FrameInfo {
                class,
                index: slot.index(),
                state: slot.state(),
                cached: slot.cached.load(Relaxed),
                account: slot.account(),
            })
            .filter(|frame| frame.state != State::Vacant)
            .collect()
    }

    #[inline(always)]
    fn inner(&self) -> &Inner {
        // SAFETY: a handle keeps the pool alive.
        let inner = unsafe { self.inner.as_ref() };
        inner.access.read();
        inner
    }

    fn class_of<T>(&self, length: usize) -> Option<&Class> {
        let bytes = length.checked_mul(size_of::<T>())?;
        self.inner()
            .classes
            .iter()
            .find(|class| class.bytes >= bytes)
    }
}

impl fmt::Debug for FramePool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FramePool").finish_non_exhaustive()
    }
}

impl Inner {
    /// Adds `bytes` to the memory held by the pool, unless this would exceed its limit; returns true if it was added.
    fn reserve(&self, bytes: usize) -> bool {
        let mut held = self.bytes.load(Relaxed);
        loop {
            let Some(after) = held.checked_add(bytes).filter(|sum| *sum <= self.max_bytes) else {
                return false;
            };
            match self
                .bytes
                .compare_exchange_weak(held, after, Relaxed, Relaxed)
            {
                Ok(_) => return true,
                Err(now) => held = now,
            }
        }
    }
}

/// A frame as shown by a map of the pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameInfo {
    /// Size of the frame's class in bytes, 0 for adopted memory.
    pub class: usize,
    /// Number of the frame in its class.
    pub index: u32,
    /// State of the frame.
    pub state: State,
    /// True if the frame belongs to tier two.
    pub cached: bool,
    /// Account that the frame was last booked on.
    pub account: Account,
}

/// Statistics of one size class.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ClassStats {
    /// Frame size in bytes, 0 for adopted memory.
    pub bytes: usize,
    /// Number of existing frames.
    pub frames: u32,
    /// Free frames on the shared lists; those held by the local pool count as out.
    pub free: u32,
    /// Most frames that were out at once.
    pub most_out: u32,
    /// Frames requested.
    pub acquires: u64,
    /// Frames handed out from tier one.
    pub hits: u64,
    /// Frames handed out from tier two.
    pub recycled: u64,
    /// Requests that found no free frame.
    pub misses: u64,
    /// Growth denied because of the limit.
    pub denials: u64,
    /// Blocks of memory allocated from the system.
    pub allocations: u64,
}

impl ClassStats {
    fn of(class: &Class) -> Self {
        let counters = &class.counters;
        let acquires = counters.acquires.load(Relaxed) + counters.local_acquires.load(Relaxed);
        let recycled = counters.recycled.load(Relaxed) + counters.local_recycled.load(Relaxed);
        // The counters are read one by one while they grow, so impossible combinations are clamped.
        let misses = counters.misses.load(Relaxed).min(acquires);
        Self {
            bytes: class.bytes,
            frames: counters.live.load(Relaxed),
            free: if class.bytes == 0 { 0 } else { class.free() },
            most_out: counters.most_out.load(Relaxed),
            acquires,
            hits: acquires.saturating_sub(recycled + misses),
            recycled,
            misses,
            denials: counters.denials.load(Relaxed),
            allocations: counters.allocations.load(Relaxed),
        }
    }

    /// Returns the number of frames given back so far.
    pub fn returns(&self) -> u64 {
        let out = u64::from(self.frames.saturating_sub(self.free));
        self.acquires.saturating_sub(self.misses + out)
    }

    /// Returns the part of the requests that were served; 1 before the first request.
    pub fn hit_rate(&self) -> f64 {
        match self.acquires {
            0 => 1.0,
            all => 1.0 - self.misses as f64 / all as f64,
        }
    }
}

/// Statistics of a pool.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct PoolStats {
    /// Statistics of each class, in ascending size.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub classes: Vec<ClassStats>,
    /// Statistics of the adopted memory.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub adopted: ClassStats,
    /// Bytes held, including adopted memory.
    pub bytes: usize,
    /// Maximum bytes that may be held.
    pub limit: usize,
    /// Requests longer than the largest class.
    pub oversize: u64,
    /// Bytes in use by each account.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub by_account: [usize; ACCOUNTS],
}

/// Checks `config` and computes the number of frames of each class.
fn plan(config: &PoolConfig) -> Result<Vec<ClassPlan>, PoolError> {
    let wrong = |field, value, range| {
        Err(PoolError::Config {
            field,
            value,
            range,
        })
    };
    let classes = &config.classes;
    if !(1..=16).contains(&classes.len()) {
        return wrong("the number of classes", classes.len(), "1 to 16");
    }
    for (n, bytes) in classes.iter().enumerate() {
        if *bytes == 0 || bytes % storage::ALIGNMENT != 0 || *bytes > 16 << 20 {
            return wrong("a class", *bytes, "a multiple of 64 up to 16777216");
        }
        if n > 0 && *bytes <= classes[n - 1] {
            return wrong("a class", *bytes, "larger than the one before it");
        }
    }
    if !(1..=4096).contains(&config.minimum) {
        return wrong("minimum", config.minimum, "1 to 4096");
    }
    if config.low_water > 4096 {
        return wrong("low_water", config.low_water, "0 to 4096");
    }
    if config.growth > 4096 {
        return wrong("growth", config.growth, "0 to 4096");
    }
    if config.adoptable > 4096 {
        return wrong("adoptable", config.adoptable, "0 to 4096");
    }
    let share = config.budget / classes.len();
    let plans: Vec<_> = classes
        .iter()
        .map(|bytes| {
            let primary = (share / bytes).clamp(config.minimum, MAX_INDICES / 2);
            let room = (config.limit / bytes).clamp(primary, MAX_INDICES - 1);
            ClassPlan {
                bytes: *bytes,
                primary,
                slots: room.min(primary + config.growth),
            }
        })
        .collect();
    let least: usize = plans.iter().map(|plan| plan.bytes * plan.primary).sum();
    if config.limit < least {
        return wrong("limit", config.limit, "at least what is pre-allocated");
    }
    Ok(plans)
}

/// Returns the slot with this index, which the caller owns.
fn slot_at(class: &Class, index: u32) -> &FrameSlot {
    &class.slots[index as usize]
}
