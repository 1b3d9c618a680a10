//! Maintains a pool off the audio thread: adds frames to classes with few free ones, removes unused ones, and frees
//! adopted memory.

use super::storage::{ClassPlan, State, alloc_block};
use super::{FramePool, slot_at};
use crate::rt::sync::Ordering::Relaxed;

/// Rounds without use after which a class's spare frames may be trimmed.
const IDLE_ROUNDS: u64 = 16;

/// Result of one round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Maintained {
    /// Frames added.
    pub added: u32,
    /// Frames trimmed.
    pub trimmed: u32,
    /// Adopted blocks freed.
    pub freed: u32,
    /// Failed attempts to add a frame, usually because of the limit.
    pub denied: u32,
}

/// The part of a pool that allocates and frees. `[worker]`
///
/// [`maintain`](Self::maintain) has to be called a few times a second. Without it the pool works on with the frames that
/// it has.
#[derive(Debug)]
pub struct PoolMaintainer {
    pool: FramePool,
    low_water: u32,
    /// Per class, the slots that have no memory.
    vacant: Vec<Vec<u32>>,
}

impl PoolMaintainer {
    pub(super) fn new(pool: FramePool, plans: &[ClassPlan], low_water: usize) -> Self {
        let vacant = plans
            .iter()
            .map(|plan| (plan.primary as u32..plan.slots as u32).rev().collect())
            .collect();
        Self {
            pool,
            low_water: low_water as u32,
            vacant,
        }
    }

    /// Runs one round.
    pub fn maintain(&mut self) -> Maintained {
        let mut done = Maintained {
            freed: self.free_adopted(),
            ..Maintained::default()
        };
        let round = self.pool.inner().round.fetch_add(1, Relaxed);
        for class in 0..self.vacant.len() {
            let counters = &self.pool.inner().classes[class].counters;
            let requested = counters.requested.swap(0, Relaxed);
            if requested > 0 {
                counters.last_used.store(round, Relaxed);
            }
            let short = self
                .low_water
                .max(requested)
                .saturating_sub(self.free(class));
            for _ in 0..short {
                // At the limit, frames of the least recently used classes are trimmed to make room.
                if self.add(class) || (self.trim_oldest(class, &mut done) && self.add(class)) {
                    done.added += 1;
                } else {
                    done.denied += 1;
                    let counters = &self.pool.inner().classes[class].counters;
                    counters.denials.fetch_add(1, Relaxed);
                    break;
                }
            }
            if self.idle(class, round) && self.free(class) > self.low_water {
                done.trimmed += u32::from(self.trim(class));
            }
        }
        done
    }

    fn free(&self, class: usize) -> u32 {
        self.pool.inner().classes[class].free()
    }

    fn idle(&self, class: usize, round: u64) -> bool {
        let used = self.pool.inner().classes[class]
            .counters
            .last_used
            .load(Relaxed);
        round.saturating_sub(used) > IDLE_ROUNDS
    }

    /// Adds a frame to tier two of `class`, if there is a slot, room below the limit, and memory.
    fn add(&mut self, class: usize) -> bool {
        let inner = self.pool.inner();
        let own = &inner.classes[class];
        let Some(index) = self.vacant[class].pop() else {
            return false;
        };
        let slot = slot_at(own, index);
        if inner.reserve(own.bytes) {
            if let Some((memory, layout)) = alloc_block(own.bytes) {
                own.counters.allocations.fetch_add(1, Relaxed);
                own.counters.live.fetch_add(1, Relaxed);
                slot.attach_memory(memory, layout);
                own.push(&own.cache, slot);
                return true;
            }
            inner.bytes.fetch_sub(own.bytes, Relaxed);
        }
        self.vacant[class].push(index);
        false
    }

    /// Removes a free frame from tier two of `class`, if there is one.
    fn trim(&mut self, class: usize) -> bool {
        let inner = self.pool.inner();
        let own = &inner.classes[class];
        let Some((chain, _)) = own.cache.pop(own, 1) else {
            return false;
        };
        let slot = slot_at(own, chain.first);
        debug_assert_eq!(slot.state(), State::Free);
        // SAFETY: popped, so exclusively ours; tier two has no common storage.
        let bytes = unsafe { slot.free_memory() };
        own.counters.live.fetch_sub(1, Relaxed);
        inner.bytes.fetch_sub(bytes, Relaxed);
        self.vacant[class].push(chain.first);
        true
    }

    /// Removes free frames from the classes that were used least recently, until there is room for a frame of `class`.
    fn trim_oldest(&mut self, class: usize, done: &mut Maintained) -> bool {
        let inner = self.pool.inner();
        let wanted = inner.classes[class].bytes;
        if self.vacant[class].is_empty() {
            return false;
        }
        let mut others: Vec<_> = (0..self.vacant.len())
            .filter(|other| *other != class)
            .collect();
        others.sort_by_key(|other| inner.classes[*other].counters.last_used.load(Relaxed));
        for other in others {
            loop {
                let inner = self.pool.inner();
                if inner.bytes.load(Relaxed) + wanted <= inner.max_bytes {
                    return true;
                }
                if self.free(other) <= self.low_water || !self.trim(other) {
                    break;
                }
                done.trimmed += 1;
            }
        }
        false
    }

    /// Frees adopted memory that has no holders left.
    fn free_adopted(&mut self) -> u32 {
        let inner = self.pool.inner();
        let adopted = &inner.adopted;
        let mut freed = 0;
        while let Some((chain, _)) = adopted.cache.pop(adopted, 1) {
            let slot = slot_at(adopted, chain.first);
            // SAFETY: popped, so exclusively ours; adopted memory is not part of a class's storage.
            let bytes = unsafe { slot.free_memory() };
            adopted.counters.live.fetch_sub(1, Relaxed);
            inner.bytes.fetch_sub(bytes, Relaxed);
            adopted.push(&adopted.primary, slot);
            freed += 1;
        }
        freed
    }
}
