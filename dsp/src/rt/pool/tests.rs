//! Tests of the pool against a plain model, and with several threads.

use std::collections::HashSet;

use proptest::prelude::*;

use super::*;
use crate::rt::Channels;

/// Creates the pool of requirement E1: 16 frames of 2 channels of 512 samples, without growth.
fn sixteen() -> (FramePool, PoolMaintainer) {
    FramePool::new(PoolConfig {
        classes: vec![4096],
        budget: 16 * 4096,
        minimum: 1,
        limit: 16 * 4096,
        low_water: 0,
        adoptable: 2,
        ..PoolConfig::default()
    })
    .unwrap()
}

const STEREO: usize = 2 * 512;

fn free(pool: &FramePool) -> u32 {
    pool.stats().classes[0].free
}

#[test]
fn all_frames_are_free_at_first() {
    let (pool, _maintainer) = sixteen();
    let stats = pool.stats();
    assert_eq!((stats.classes[0].frames, stats.classes[0].free), (16, 16));
    assert_eq!(stats.bytes, 65_536);
    assert_eq!(stats.classes[0].allocations, 1);
    assert_eq!(stats.classes[0].hit_rate(), 1.0);
}

#[test]
fn a_frame_comes_and_goes() {
    let (pool, _maintainer) = sixteen();
    let frame = pool.acquire_for::<f32>(STEREO, 3).unwrap();
    assert_eq!(frame.len(), STEREO);
    assert_eq!(frame.as_ptr() as usize % 64, 0);
    assert_eq!(free(&pool), 15);
    assert_eq!(pool.stats().by_account[3], 4096);
    drop(frame);
    assert_eq!(free(&pool), 16);
    let class = pool.stats().classes[0];
    assert_eq!((class.acquires, class.returns(), class.most_out), (1, 1, 1));
    assert_eq!(pool.stats().by_account, [0; ACCOUNTS]);
}

#[test]
fn an_empty_pool_says_none_and_counts_it() {
    let (pool, _maintainer) = sixteen();
    let all: Vec<_> = (0..16)
        .map(|_| pool.acquire::<f32>(STEREO).unwrap())
        .collect();
    let places: HashSet<_> = all.iter().map(|frame| frame.as_ptr() as usize).collect();
    assert_eq!(places.len(), 16);
    assert!(pool.acquire::<f32>(1).is_none());
    assert!(pool.local().unwrap().acquire::<f32>(1).is_none());
    let class = pool.stats().classes[0];
    assert_eq!((class.misses, class.most_out, class.hits), (2, 16, 16));
    drop(all);
    assert_eq!(free(&pool), 16);
    assert!(pool.acquire::<f32>(1).is_some());
}

#[test]
fn a_frame_can_be_cleared_cut_and_viewed() {
    let (pool, _maintainer) = sixteen();
    let mut frame = pool.acquire::<f32>(STEREO).unwrap();
    frame.fill(1.0);
    frame.clear();
    assert!(frame.iter().all(|x| *x == 0.0));
    assert!(frame.get(STEREO).is_none());
    frame.truncate(10);
    assert_eq!((frame.len(), frame.get(3..20)), (10, None));
    let ffi = frame.as_ffi();
    assert_eq!((ffi.len(), ffi.as_ptr() as usize % 64), (10, 0));
}

#[test]
fn host_buffers_are_copied_in_and_out() {
    let (pool, _maintainer) = sixteen();
    let mut frame = pool.acquire::<f32>(STEREO).unwrap();
    let (mut left, mut right) = ([0.5; 512], [-0.5; 512]);
    let mut own = Channels::<2>::split(&mut frame);
    assert_eq!(own.copy_from(&Channels::new([&mut left, &mut right])), 512);
    own.channel_mut(0)[511] = 1.0;
    let (mut out_left, mut out_right) = ([0.0; 512], [0.0; 512]);
    Channels::new([&mut out_left, &mut out_right]).copy_from(&own);
    assert_eq!(
        (out_left[511], out_left[0], out_right[511]),
        (1.0, 0.5, -0.5)
    );
    assert_eq!((frame[511], frame[512]), (1.0, -0.5));
}

#[test]
fn one_class_serves_every_type() {
    let (pool, _maintainer) = sixteen();
    assert_eq!(pool.acquire::<f64>(512).map(|f| f.len()), Some(512));
    assert_eq!(pool.acquire::<i16>(2048).map(|f| f.len()), Some(2048));
    assert_eq!(pool.acquire::<u8>(4096).map(|f| f.len()), Some(4096));
    assert!(pool.acquire::<f64>(513).is_none());
}

#[test]
fn the_last_of_several_holders_gives_back() {
    let (pool, _maintainer) = sixteen();
    let mut frame = pool.acquire::<f32>(STEREO).unwrap();
    frame[7] = 7.0;
    let first = frame.share();
    let second = first.clone();
    assert_eq!((first.holders(), second[7]), (2, 7.0));
    let first = first.try_unique().unwrap_err();
    drop(first);
    assert_eq!(free(&pool), 15);
    let mut again = second.try_unique().unwrap();
    again[7] = 8.0;
    drop(again);
    assert_eq!(free(&pool), 16);
}

#[test]
fn oversize_and_unwanted_data_come_back() {
    let (pool, mut maintainer) = sixteen();
    let refused = pool.store(vec![1.0f32; 1025]).unwrap_err();
    assert_eq!((refused.data.len(), refused.why), (1025, Refusal::Oversize));
    assert!(pool.local().unwrap().acquire::<f64>(513).is_none());
    assert_eq!(pool.stats().oversize, 2);
    assert_eq!(
        pool.store([1i16, 2, 3]).map(|f| f.to_vec()),
        Ok(vec![1, 2, 3])
    );
    // The pre-allocated memory uses up the limit.
    let refused = pool.adopt(vec![0.5f64; 4].into_boxed_slice()).unwrap_err();
    assert_eq!(
        (&*refused.data, refused.why),
        (&[0.5; 4][..], Refusal::Limit)
    );
    assert_eq!(maintainer.maintain(), Maintained::default());
}

#[test]
fn adopted_memory_is_used_in_place_and_freed_by_the_maintainer() {
    let (pool, mut maintainer) = FramePool::new(PoolConfig::default()).unwrap();
    let before = pool.stats().bytes;
    let data = vec![0.25f32; 100_000].into_boxed_slice();
    let place = data.as_ptr();
    let shared = pool.adopt(data).unwrap().share();
    assert_eq!((shared.as_ptr(), shared[99_999]), (place, 0.25));
    assert_eq!(pool.stats().bytes, before + 400_000);
    drop(shared.clone());
    assert_eq!(maintainer.maintain().freed, 0);
    drop(shared);
    assert_eq!(maintainer.maintain().freed, 1);
    assert_eq!(pool.stats().bytes, before);
    assert_eq!(pool.stats().adopted.frames, 0);
}

#[test]
fn the_maintainer_adds_up_to_the_limit_and_trims_idle_frames() {
    let (pool, mut maintainer) = FramePool::new(PoolConfig {
        classes: vec![1024, 4096],
        budget: 0,
        minimum: 2,
        limit: 2 * 1024 + 2 * 4096 + 3 * 4096,
        low_water: 2,
        adoptable: 0,
        ..PoolConfig::default()
    })
    .unwrap();
    let large: Vec<_> = (0..2).map(|_| pool.acquire::<f32>(1024).unwrap()).collect();
    assert!(pool.acquire::<f32>(1024).is_none());
    assert_eq!(maintainer.maintain().added, 2);
    let more: Vec<_> = (0..2).map(|_| pool.acquire::<f32>(1024).unwrap()).collect();
    assert_eq!(pool.stats().classes[1].recycled, 2);
    let tended = maintainer.maintain();
    assert_eq!((tended.added, tended.denied), (1, 1));
    assert_eq!(pool.stats().classes[1].denials, 1);
    drop((large, more));
    let held = pool.stats().bytes;
    for _ in 0..40 {
        maintainer.maintain();
    }
    let stats = pool.stats();
    assert_eq!((stats.classes[1].frames, stats.classes[1].free), (2, 2));
    assert_eq!(held - stats.bytes, 3 * 4096);
}

#[test]
fn the_class_that_was_used_least_recently_makes_room() {
    let (pool, mut maintainer) = FramePool::new(PoolConfig {
        classes: vec![1024, 2048, 4096],
        budget: 0,
        minimum: 1,
        limit: 7 * 1024 + 4 * 1024 + 2 * 2048,
        low_water: 1,
        adoptable: 0,
        ..PoolConfig::default()
    })
    .unwrap();
    // Make both smaller classes grow, the middle one later than the small one.
    let small: Vec<_> = (0..4)
        .map(|_| {
            maintainer.maintain();
            pool.acquire::<u8>(1024).unwrap()
        })
        .collect();
    let middle: Vec<_> = (0..3)
        .map(|_| {
            maintainer.maintain();
            pool.acquire::<u8>(2048).unwrap()
        })
        .collect();
    drop((small, middle));
    let large = pool.acquire::<u8>(4096).unwrap();
    let tended = maintainer.maintain();
    assert_eq!(tended.added, 1, "{tended:?} {:?}", pool.stats());
    let frames: Vec<_> = pool
        .stats()
        .classes
        .iter()
        .map(|class| class.frames)
        .collect();
    assert!(
        frames[0] == 1 && frames[1] == 3 && frames[2] == 2,
        "{frames:?}"
    );
    drop(large);
}

#[test]
fn the_class_that_was_used_least_recently_keeps_its_reserve() {
    let (pool, mut maintainer) = FramePool::new(PoolConfig {
        classes: vec![1024, 4096],
        budget: 0,
        minimum: 1,
        limit: 4 * 1024 + 4096,
        low_water: 4,
        adoptable: 0,
        ..PoolConfig::default()
    })
    .unwrap();
    // Both classes lack three frames, and there is room for small ones only.
    for (tending, added) in [(1, 3), (2, 0)] {
        let tended = maintainer.maintain();
        let frames: Vec<_> = (pool.stats().classes.iter())
            .map(|class| class.frames)
            .collect();
        assert_eq!(
            (tended.added, tended.trimmed, &frames[..]),
            (added, 0, &[4, 1][..]),
            "tending {tending}"
        );
    }
}

#[test]
fn frames_outlive_their_pool() {
    let (pool, maintainer) = sixteen();
    let mut local = pool.local().unwrap();
    assert!(pool.local().is_none());
    let mut kept = local.acquire::<f32>(STEREO).unwrap();
    let shared = pool.acquire::<f32>(STEREO).unwrap().share();
    drop((pool, maintainer, local));
    kept.fill(3.0);
    assert_eq!((kept[1023], shared.len()), (3.0, STEREO));
    drop(kept);
    drop(shared.clone());
    drop(shared);
}

#[test]
fn the_local_list_hands_over_what_it_hoards() {
    let (pool, _maintainer) = FramePool::new(PoolConfig {
        classes: vec![4096],
        budget: 0,
        minimum: 40,
        ..PoolConfig::default()
    })
    .unwrap();
    let mut local = pool.local().unwrap();
    let all: Vec<_> = (0..40)
        .map(|_| local.acquire::<f32>(STEREO).unwrap())
        .collect();
    assert_eq!(free(&pool), 0);
    all.into_iter().for_each(|frame| local.release(frame));
    // One at hand, up to 16 in the list.
    assert!(free(&pool) >= 40 - 17);
    drop(local);
    assert_eq!(free(&pool), 40);
    assert!(pool.local().is_some());
}

/// Creates a pool with one frame in tier one and one in tier two, added by the maintainer.
fn two_tiers() -> (FramePool, PoolMaintainer) {
    let (pool, mut maintainer) = FramePool::new(PoolConfig {
        classes: vec![1024],
        budget: 0,
        minimum: 1,
        limit: 8 * 1024,
        low_water: 1,
        adoptable: 0,
        ..PoolConfig::default()
    })
    .unwrap();
    let held = pool.acquire::<u8>(1).unwrap();
    assert_eq!(maintainer.maintain().added, 1);
    drop(held);
    (pool, maintainer)
}

#[test]
fn what_the_local_end_hands_over_goes_to_its_own_tier() {
    let (pool, mut maintainer) = two_tiers();
    let mut local = pool.local().unwrap();
    let both = [(); 2].map(|()| local.acquire::<u8>(1).unwrap());
    both.into_iter().for_each(|frame| local.release(frame));
    drop(local);
    // Only frames of tier two can be trimmed.
    let trimmed: u32 = (0..20).map(|_| maintainer.maintain().trimmed).sum();
    assert_eq!((trimmed, pool.stats().classes[0].frames), (1, 1));
}

#[test]
fn the_maintainer_leaves_a_class_that_is_in_use_and_its_reserve() {
    let (pool, mut maintainer) = two_tiers();
    for _ in 0..100 {
        drop(pool.acquire::<u8>(1).unwrap());
        assert_eq!(maintainer.maintain().trimmed, 0);
    }
    let held = pool.acquire::<u8>(1).unwrap();
    for _ in 0..100 {
        // One frame is free, which is the low-water mark.
        assert_eq!(maintainer.maintain(), Maintained::default());
    }
    drop(held);
}

#[test]
fn memory_that_was_not_adopted_takes_no_part_of_the_limit() {
    let (pool, mut maintainer) = FramePool::new(PoolConfig {
        adoptable: 1,
        ..PoolConfig::default()
    })
    .unwrap();
    let before = pool.stats().bytes;
    let adopted = pool.adopt(vec![0.0f32; 100].into_boxed_slice()).unwrap();
    assert!(pool.adopt(vec![0.0f32; 100].into_boxed_slice()).is_err());
    assert_eq!(pool.stats().bytes, before + 400);
    drop(adopted);
    maintainer.maintain();
    assert_eq!(pool.stats().bytes, before);
}

/// Miri fails this test if memory is handed out that was never written.
#[test]
fn a_fresh_frame_is_initialised() {
    let (pool, mut maintainer) = two_tiers();
    let frames = [(); 2].map(|()| pool.acquire::<u8>(1024).unwrap());
    for frame in &frames {
        assert!(frame.iter().all(|x| *x == 0));
    }
    drop(frames);
    maintainer.maintain();
}

/// Runs itself again in a process of its own, because an abort cannot be caught.
#[cfg(not(miri))]
#[test]
fn too_many_clones_abort_instead_of_wrapping_the_count() {
    const VARIABLE: &str = "TIDEPOOL_TEST_CLONES";
    if std::env::var_os(VARIABLE).is_some() {
        let (pool, _maintainer) = sixteen();
        let frame = pool.acquire::<f32>(1).unwrap().share();
        frame.set_holders(u32::MAX / 2 + 1);
        std::mem::forget(frame.clone());
        // Exits without an abort, so that the test in the parent process fails.
        std::process::exit(0);
    }
    // Without the crate's name, which test names do not contain.
    let test = concat!(
        module_path!(),
        "::too_many_clones_abort_instead_of_wrapping_the_count"
    );
    let test = test.split_once("::").unwrap().1;
    let again = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test])
        .env(VARIABLE, "1")
        .output()
        .unwrap();
    assert!(!again.status.success(), "{again:?}");
    assert_ne!(again.status.code(), Some(101), "a panic is no abort");
}

#[test]
fn a_release_to_the_wrong_pool_still_goes_home() {
    let (pool, _maintainer) = sixteen();
    let (other, _maintainer) = sixteen();
    let frame = pool.acquire::<f32>(STEREO).unwrap();
    other.local().unwrap().release(frame);
    assert_eq!((free(&pool), free(&other)), (16, 16));
}

#[test]
fn a_configuration_out_of_range_names_its_field() {
    let wrong = |config: PoolConfig| FramePool::new(config).unwrap_err().to_string();
    let fine = PoolConfig::default;
    assert!(
        wrong(PoolConfig {
            classes: vec![100],
            ..fine()
        })
        .contains("a class is 100")
    );
    assert!(
        wrong(PoolConfig {
            minimum: 0,
            ..fine()
        })
        .contains("minimum is 0, but has to be 1 to 4096")
    );
    assert!(wrong(PoolConfig { limit: 1, ..fine() }).contains("limit is 1"));
    assert!(
        wrong(PoolConfig {
            growth: 4_097,
            ..fine()
        })
        .contains("growth is 4097, but has to be 0 to 4096")
    );
}

/// A random step.
#[derive(Clone, Debug)]
enum Step {
    Acquire { local: bool, length: usize },
    Drop(usize),
    Release(usize),
    Share(usize),
    Clone(usize),
    Unshare(usize),
    Tend,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (any::<bool>(), 1usize..300).prop_map(|(local, length)| Step::Acquire { local, length }),
        2 => (0usize..64).prop_map(Step::Drop),
        2 => (0usize..64).prop_map(Step::Release),
        1 => (0usize..64).prop_map(Step::Share),
        1 => (0usize..64).prop_map(Step::Clone),
        1 => (0usize..64).prop_map(Step::Unshare),
        1 => Just(Step::Tend),
    ]
}

enum Held {
    Unique(Frame<u8>, u8),
    Shared(SharedFrame<u8>, u8),
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// A thousand random steps: no frame ever has two owners, contents stay as written by the owner, and the counters
    /// add up after each step.
    #[test]
    fn a_random_life_follows_the_model(steps in prop::collection::vec(step(), 1000)) {
        let (pool, mut maintainer) = FramePool::new(PoolConfig {
            classes: vec![64, 128, 256],
            budget: 0,
            minimum: 3,
            limit: 4096,
            low_water: 2,
            adoptable: 0,
            ..PoolConfig::default()
        }).unwrap();
        let mut local = pool.local().unwrap();
        let mut held: Vec<Held> = Vec::new();
        let mut stamp = 0u8;
        for step in steps {
            let pick = |n: usize, len: usize| (len > 0).then(|| n % len.max(1));
            match step {
                Step::Acquire { local: own, length } => {
                    let frame = if own { local.acquire::<u8>(length) } else { pool.acquire(length) };
                    if let Some(mut frame) = frame {
                        prop_assert_eq!(frame.len(), length);
                        stamp = stamp.wrapping_add(1);
                        frame.fill(stamp);
                        held.push(Held::Unique(frame, stamp));
                    } else {
                        prop_assert!(length > 256 || pool.stats().classes.iter().any(|class| class.misses > 0));
                    }
                }
                Step::Drop(n) => if let Some(n) = pick(n, held.len()) { held.swap_remove(n); },
                Step::Release(n) => if let Some(n) = pick(n, held.len()) {
                    match held.swap_remove(n) {
                        Held::Unique(frame, _) => local.release(frame),
                        Held::Shared(frame, _) => local.release_shared(frame),
                    }
                },
                Step::Share(n) => if let Some(n) = pick(n, held.len()) {
                    let entry = match held.swap_remove(n) {
                        Held::Unique(frame, stamp) => Held::Shared(frame.share(), stamp),
                        shared => shared,
                    };
                    held.push(entry);
                },
                Step::Clone(n) => if let Some(Held::Shared(frame, stamp)) = pick(n, held.len()).map(|n| &held[n]) {
                    let entry = Held::Shared(frame.clone(), *stamp);
                    held.push(entry);
                },
                Step::Unshare(n) => if let Some(n) = pick(n, held.len()) {
                    let entry = match held.swap_remove(n) {
                        Held::Shared(frame, stamp) => {
                            let alone = frame.holders() == 1;
                            match frame.try_unique() {
                                Ok(frame) => { prop_assert!(alone); Held::Unique(frame, stamp) }
                                Err(frame) => { prop_assert!(!alone); Held::Shared(frame, stamp) }
                            }
                        }
                        unique => unique,
                    };
                    held.push(entry);
                },
                Step::Tend => { maintainer.maintain(); }
            }
            let mut places = HashSet::new();
            for entry in &held {
                let (data, stamp): (&[u8], u8) = match entry {
                    Held::Unique(frame, stamp) => {
                        prop_assert!(places.insert(frame.as_ptr() as usize), "two owners");
                        (frame, *stamp)
                    }
                    Held::Shared(frame, stamp) => (frame, *stamp),
                };
                prop_assert!(data.iter().all(|x| *x == stamp));
            }
            for entry in &held {
                if let Held::Shared(frame, _) = entry {
                    prop_assert!(!places.contains(&(frame.as_ptr() as usize)));
                }
            }
            prop_assert!(pool.stats().bytes <= 4096);
        }
        drop(held);
        drop(local);
        for class in pool.stats().classes {
            prop_assert_eq!(class.free, class.frames);
            prop_assert_eq!(class.acquires - class.misses, class.returns());
        }
    }
}

/// Several threads acquire, stamp, pass on and drop frames; no thread ever sees the stamp of another one.
#[test]
fn threads_never_share_a_unique_frame() {
    let (pool, mut maintainer) = FramePool::new(PoolConfig {
        classes: vec![1024],
        budget: 0,
        minimum: 24,
        limit: 64 * 1024,
        low_water: 4,
        adoptable: 0,
        ..PoolConfig::default()
    })
    .unwrap();
    let (sender, receiver) = std::sync::mpsc::sync_channel::<(SharedFrame<u8>, u8)>(8);
    std::thread::scope(|scope| {
        let mut threads = Vec::new();
        for seed in 1..=3u8 {
            let (pool, sender) = (pool.clone(), sender.clone());
            threads.push(scope.spawn(move || {
                let mut local = pool.local();
                for n in 0..20_000u32 {
                    let frame = match &mut local {
                        Some(local) => local.acquire::<u8>(1024),
                        None => pool.acquire(1024),
                    };
                    let Some(mut frame) = frame else { continue };
                    let stamp = seed.wrapping_mul(67).wrapping_add(n as u8);
                    frame.fill(stamp);
                    assert!(frame.iter().all(|x| *x == stamp));
                    if n % 5 == 0 {
                        let shared = frame.share();
                        let _ = sender.try_send((shared.clone(), stamp));
                    } else if let Some(local) = &mut local {
                        local.release(frame);
                    }
                }
            }));
        }
        drop(sender);
        threads.push(scope.spawn(move || {
            for (frame, stamp) in receiver {
                assert!(frame.iter().all(|x| *x == stamp));
            }
        }));
        threads.push(scope.spawn(|| {
            for _ in 0..200 {
                maintainer.maintain();
                std::thread::yield_now();
            }
        }));
        // By hand, because ThreadSanitizer cannot see how a scope waits.
        for thread in threads {
            thread.join().unwrap();
        }
    });
    let class = pool.stats().classes[0];
    assert_eq!(class.free, class.frames);
}
