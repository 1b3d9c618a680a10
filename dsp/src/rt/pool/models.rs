//! The pool's protocols under loom: every interleaving of a few steps, and every value that the memory model allows a
//! load to return. Run by `cargo xtask test` (suite `loom`).
//!
//! The data of a frame is plain memory that loom cannot track; each slot's `LoomAccess`
//! stands for it, and loom fails a model in which two threads could access it unordered.

use loom::model::Builder;
use loom::thread;

use super::stack::{Chain, Links, NONE, Stack};
use super::*;
use crate::rt::sync::{Arc, AtomicU32};

fn pool(frames: usize) -> (FramePool, PoolMaintainer) {
    FramePool::new(PoolConfig {
        classes: vec![64],
        budget: 0,
        minimum: frames,
        limit: 64 * (frames + 1),
        low_water: 1,
        adoptable: 1,
        ..PoolConfig::default()
    })
    .unwrap()
}

/// Explores with at most `preemptions` forced switches, which finds all but the most contrived bugs in reasonable time.
fn check(preemptions: usize, model: impl Fn() + Sync + Send + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.check(model);
}

#[test]
fn two_threads_never_get_the_same_frame() {
    check(3, || {
        let (pool, _maintainer) = pool(2);
        let theirs = pool.clone();
        let other = thread::spawn(move || {
            for _ in 0..2 {
                let mut frame = theirs.acquire::<u8>(64).expect("two frames for two");
                frame[0] = 1;
            }
        });
        for _ in 0..2 {
            let mut frame = pool.acquire::<u8>(64).expect("two frames for two");
            frame[0] = 2;
        }
        other.join().unwrap();
        assert_eq!(pool.stats().classes[0].free, 2);
    });
}

#[test]
fn the_same_frame_back_on_top_is_not_mistaken_for_the_old_list() {
    check(3, || {
        let (pool, _maintainer) = pool(3);
        let theirs = pool.clone();
        // Takes two and puts the first back while the other thread is in the middle of its pop.
        let other = thread::spawn(move || {
            let first = theirs.acquire::<u8>(64);
            let second = theirs.acquire::<u8>(64);
            drop(first);
            second
        });
        let one = pool.acquire::<u8>(64);
        let two = pool.acquire::<u8>(64);
        let theirs = other.join().unwrap();
        let mut places: Vec<_> = [&one, &two, &theirs]
            .into_iter()
            .flatten()
            .map(|frame| frame.as_ptr())
            .collect();
        let all = places.len();
        places.sort();
        places.dedup();
        assert_eq!(places.len(), all);
    });
}

/// A bare stack over a table of three links.
struct Indices {
    stack: Stack,
    links: [AtomicU32; 3],
}

impl Links for Indices {
    fn link(&self, index: u32) -> &AtomicU32 {
        &self.links[index as usize]
    }
}

impl Indices {
    /// Creates a stack of `indices`, the last of them on top.
    fn new(indices: &[u32]) -> Arc<Self> {
        let own = Arc::new(Self {
            stack: Stack::new(),
            links: [const { NONE }; 3].map(AtomicU32::new),
        });
        indices.iter().for_each(|index| own.push(*index));
        own
    }

    fn push(&self, index: u32) {
        let chain = Chain {
            first: index,
            last: index,
            count: 1,
        };
        // SAFETY: both are borrowed.
        unsafe { Stack::push(&raw const self.stack, self.link(index), chain) }.unwrap();
    }

    fn pop(&self, most: u32) -> Vec<u32> {
        let Some((chain, _)) = self.stack.pop(self, most) else {
            return Vec::new();
        };
        let mut popped = vec![chain.first];
        while popped.len() < chain.count as usize {
            let last = popped[popped.len() - 1];
            popped.push(self.link(last).load(Relaxed));
        }
        popped
    }

    /// Fails unless `taken` and the indices still on the stack are the three indices, each once.
    fn expect_all_and(&self, mut taken: Vec<u32>) {
        assert_eq!(self.stack.count() as usize, 3 - taken.len());
        while let [index] = self.pop(1)[..] {
            taken.push(index);
        }
        taken.sort();
        assert_eq!(taken, [0, 1, 2]);
    }
}

/// The ABA problem in its smallest form: while one thread is between its load and its exchange, the other restores the
/// same top and the same count with another link, so that only the tag differs.
#[test]
fn the_same_top_and_count_over_another_link_fail_the_exchange() {
    check(2, || {
        let indices = Indices::new(&[0, 1]);
        let theirs = indices.clone();
        let other = thread::spawn(move || {
            let first = theirs.pop(1);
            let second = theirs.pop(1);
            theirs.push(2);
            first.into_iter().for_each(|index| theirs.push(index));
            second
        });
        let mut taken = indices.pop(1);
        taken.extend(other.join().unwrap());
        indices.expect_all_and(taken);
    });
}

/// The same with the threads exchanged. Loom begins with the first one and from there does not reach every order: it
/// remembers only the last load of an atomic, whichever thread made it.
#[test]
fn a_link_is_at_least_as_new_as_the_head() {
    check(2, || {
        let indices = Indices::new(&[0, 1]);
        let theirs = indices.clone();
        let other = thread::spawn(move || theirs.pop(1));
        let first = indices.pop(1);
        let mut taken = indices.pop(1);
        indices.push(2);
        first.into_iter().for_each(|index| indices.push(index));
        taken.extend(other.join().unwrap());
        indices.expect_all_and(taken);
    });
}

/// While the top is the same again, the list has grown beyond the count that was read with that top.
#[test]
fn several_are_taken_at_once_from_a_list_that_grows() {
    check(2, || {
        let indices = Indices::new(&[0, 1]);
        let theirs = indices.clone();
        let other = thread::spawn(move || theirs.pop(3));
        let both = indices.pop(2);
        indices.push(2);
        both.into_iter().rev().for_each(|index| indices.push(index));
        indices.expect_all_and(other.join().unwrap());
    });
}

/// While the top is the same again, the list has become shorter than the count that was read with that top.
#[test]
fn several_are_taken_at_once_from_a_list_that_shrinks() {
    check(2, || {
        let indices = Indices::new(&[2, 0, 1]);
        let theirs = indices.clone();
        let other = thread::spawn(move || theirs.pop(3));
        let mut taken = indices.pop(3);
        if !taken.is_empty() {
            indices.push(taken.remove(0));
        }
        taken.extend(other.join().unwrap());
        indices.expect_all_and(taken);
    });
}

#[test]
fn the_last_holder_gives_back_and_everything_it_saw_happened_before() {
    check(3, || {
        let (pool, _maintainer) = pool(1);
        let mut frame = pool.acquire::<u8>(64).unwrap();
        frame[0] = 5;
        let mine = frame.share();
        let theirs = mine.clone();
        let other = thread::spawn(move || assert_eq!(theirs[0], 5));
        assert_eq!(mine[0], 5);
        drop(mine);
        // Whichever holder was last, the frame may be written to again once it can be acquired.
        if let Some(mut again) = pool.acquire::<u8>(64) {
            again[0] = 6;
        }
        other.join().unwrap();
        assert_eq!(pool.stats().classes[0].free, 1);
    });
}

#[test]
fn a_shared_frame_becomes_writable_only_for_the_last() {
    check(3, || {
        let (pool, _maintainer) = pool(1);
        let mine = pool.acquire::<u8>(64).unwrap().share();
        let theirs = mine.clone();
        let other = thread::spawn(move || {
            // Read before it lets go: a writer that does not acquire this races with it.
            assert_eq!(theirs[0], 0);
            if let Ok(mut frame) = theirs.try_unique() {
                frame[0] = 0;
            }
        });
        assert_eq!(mine[0], 0);
        if let Ok(mut frame) = mine.try_unique() {
            frame[0] = 0;
        }
        other.join().unwrap();
        assert_eq!(pool.stats().classes[0].free, 1);
    });
}

#[test]
fn the_local_list_and_remote_releases_get_along() {
    check(3, || {
        let (pool, _maintainer) = pool(2);
        let mut local = pool.local().unwrap();
        let sent = local.acquire::<u8>(64).unwrap();
        let other = thread::spawn(move || drop(sent));
        let mut mine = local.acquire::<u8>(64).unwrap();
        mine[0] = 1;
        local.release(mine);
        if let Some(mut frame) = local.acquire::<u8>(64) {
            frame[0] = 2;
            local.release(frame);
        }
        other.join().unwrap();
        drop(local);
        assert_eq!(pool.stats().classes[0].free, 2);
    });
}

#[test]
fn the_maintainer_trims_nothing_that_is_in_use() {
    check(2, || {
        let (pool, mut maintainer) = pool(1);
        let held = pool.acquire::<u8>(64).unwrap();
        let theirs = pool.clone();
        let other = thread::spawn(move || {
            if let Some(mut frame) = theirs.acquire::<u8>(64) {
                frame[0] = 1;
            }
        });
        maintainer.maintain();
        other.join().unwrap();
        drop(held);
        let adopted = pool.adopt(vec![1u8; 0].into_boxed_slice());
        drop(adopted);
        maintainer.maintain();
    });
}

#[test]
fn the_pool_is_freed_once_by_its_last_holder() {
    check(3, || {
        let (pool, maintainer) = pool(2);
        let first = pool.acquire::<u8>(64).unwrap();
        let second = pool.acquire::<u8>(64).unwrap().share();
        drop(maintainer);
        let other = thread::spawn(move || drop(first));
        let clone = second.clone();
        let third = thread::spawn(move || drop(clone));
        drop(pool);
        drop(second);
        other.join().unwrap();
        third.join().unwrap();
    });
}

#[test]
fn the_pool_outlives_its_local_end_and_adopted_memory() {
    check(2, || {
        let (pool, maintainer) = pool(1);
        let mut local = pool.local().unwrap();
        let frame = local.acquire::<u8>(64).unwrap();
        let adopted = pool.adopt(vec![7u8; 8].into_boxed_slice()).unwrap();
        drop(maintainer);
        let other = thread::spawn(move || {
            local.release(frame);
            drop(local);
        });
        let third = thread::spawn(move || drop(adopted));
        drop(pool);
        other.join().unwrap();
        third.join().unwrap();
    });
}

#[test]
fn the_last_handle_closes_after_all_that_the_other_did() {
    check(3, || {
        let (pool, maintainer) = pool(1);
        drop(maintainer);
        let theirs = pool.clone();
        let other = thread::spawn(move || theirs.request::<u8>(64, 1));
        drop(pool);
        other.join().unwrap();
    });
}

/// The counters of the local end are plain loads and stores of its single holder, so a holder that does not see all
/// stores of the one before loses counts. The frames stay out, because their return would order the stores.
#[test]
fn the_next_local_end_goes_on_counting_where_the_last_one_stopped() {
    check(2, || {
        let (pool, _maintainer) = pool(2);
        let acquired =
            |pool: &FramePool| pool.local().and_then(|mut local| local.acquire::<u8>(64));
        let theirs = pool.clone();
        let other = thread::spawn(move || acquired(&theirs));
        let held = [acquired(&pool), other.join().unwrap()];
        let all = held.iter().flatten().count();
        assert_eq!(pool.stats().classes[0].hits, all as u64);
    });
}

#[test]
fn two_who_adopt_at_once_keep_to_the_limit() {
    check(2, || {
        let (pool, _maintainer) = FramePool::new(PoolConfig {
            classes: vec![64],
            budget: 0,
            minimum: 1,
            limit: 128,
            low_water: 0,
            adoptable: 2,
            ..PoolConfig::default()
        })
        .unwrap();
        let theirs = pool.clone();
        let other = thread::spawn(move || theirs.adopt(vec![0u8; 64].into_boxed_slice()).is_ok());
        let mine = pool.adopt(vec![0u8; 64].into_boxed_slice()).is_ok();
        let both = [mine, other.join().unwrap()];
        assert!(both.contains(&true), "one of them has room");
        assert!(both.contains(&false), "the other does not");
        assert_eq!(pool.stats().bytes, 128);
    });
}
