use proptest::prelude::*;

use super::*;

const LANES: usize = 6;

fn change(control: u16, value: f32, time: u64) -> Change {
    Change {
        control,
        value,
        time,
    }
}

/// Pushes all of `changes`, flushes after every `rhythm` of them and at the end, and returns the applied changes.
fn run(batch: &mut Changes, changes: &[Change], rhythm: usize) -> Vec<Change> {
    let mut out = Vec::new();
    for (n, &change) in changes.iter().enumerate() {
        batch.push(change, |change| out.push(change));
        let BatchStats {
            pushed,
            coalesced,
            applied,
            ..
        } = batch.stats();
        assert_eq!(pushed, coalesced + applied + batch.len() as u64);
        if (n + 1).is_multiple_of(rhythm) {
            batch.flush(|change| out.push(change));
        }
    }
    batch.flush(|change| out.push(change));
    assert!(batch.is_empty());
    out
}

fn last_values(changes: &[Change]) -> [Option<f32>; LANES] {
    let mut values = [None; LANES];
    for change in changes {
        values[usize::from(change.control)] = Some(change.value);
    }
    values
}

fn some_changes() -> impl Strategy<Value = Vec<Change>> {
    // Times step back now and then: events of one host block may come unsorted.
    let change = (0..LANES as u16, any::<i16>(), 0..200_u64);
    prop::collection::vec(change, 0..600).prop_map(|changes| {
        let changes = changes.into_iter().enumerate();
        changes
            .map(|(n, (control, value, jitter))| change_at(n, control, value, jitter))
            .collect()
    })
}

fn change_at(n: usize, control: u16, value: i16, jitter: u64) -> Change {
    change(control, value.into(), 3 * n as u64 + jitter / 8)
}

fn some_config() -> impl Strategy<Value = BatchConfig> {
    (
        prop_oneof![Just(1), Just(64), Just(256), 1..=256_usize],
        any::<bool>(),
    )
        .prop_map(|(capacity, adaptive)| BatchConfig { capacity, adaptive })
}

proptest! {
    #[test]
    fn coalescing_never_changes_the_last_value_and_loses_nothing(
        changes in some_changes(),
        config in some_config(),
        rhythm in 1..100_usize,
    ) {
        let mut batch = Changes::new(LANES, config);
        let out = run(&mut batch, &changes, rhythm);
        prop_assert_eq!(last_values(&out), last_values(&changes));
        let stats = batch.stats();
        prop_assert_eq!(stats.pushed, changes.len() as u64);
        prop_assert_eq!(stats.applied, out.len() as u64);
        prop_assert_eq!(stats.pushed, stats.applied + stats.coalesced);
        prop_assert!(stats.largest <= stats.limit && stats.limit <= config.capacity);
    }

    #[test]
    fn of_every_lane_and_tick_the_last_change_comes_out_in_order(
        changes in some_changes(),
        config in some_config(),
        rhythm in 1..100_usize,
    ) {
        let out = run(&mut Changes::new(LANES, config), &changes, rhythm);
        for control in 0..LANES as u16 {
            // The output is a subsequence of the input and keeps at least the last change of every tick. It may keep
            // more, because a flush between two changes of one tick applies both.
            let of_lane = |changes: &[Change]| -> Vec<Change> {
                changes.iter().copied().filter(|change| change.control == control).collect()
            };
            let (came, left) = (of_lane(&changes), of_lane(&out));
            let mut rest = came.iter();
            for change in &left {
                prop_assert!(rest.any(|earlier| earlier == change), "{change:?} out of order");
            }
            let ends_a_tick = |n: usize| {
                came.get(n + 1).is_none_or(|next| next.time / 32 != came[n].time / 32)
            };
            let ends = (0..came.len()).filter(|&n| ends_a_tick(n)).count();
            prop_assert!(left.len() >= ends);
        }
    }
}

#[test]
fn a_flood_arrives_whole_whatever_the_capacity() {
    for capacity in [1, 2, 64, MAX_CHANGES] {
        for adaptive in [false, true] {
            let mut batch = Changes::new(LANES, BatchConfig { capacity, adaptive });
            // Every change in a tick of its own, so that none can be coalesced.
            let flood: Vec<_> = (0..5000)
                .map(|n| change((n % LANES as u64) as u16, n as f32, 32 * n))
                .collect();
            let out = run(&mut batch, &flood, usize::MAX);
            assert_eq!(out, flood, "capacity {capacity}");
            let stats = batch.stats();
            assert_eq!((stats.pushed, stats.applied), (5000, 5000));
            assert_eq!(stats.coalesced, 0);
            assert_eq!((stats.largest, stats.limit), (capacity, capacity));
            assert_eq!(stats.early_flushes + 1, stats.batches);
        }
    }
}

#[test]
fn changes_of_one_tick_are_one_and_of_two_ticks_two() {
    let mut batch = Changes::new(LANES, BatchConfig::default());
    let changes = [
        change(0, 1.0, 0),
        change(1, 2.0, 1),
        change(0, 3.0, 31),
        change(0, 4.0, 32),
    ];
    let out = run(&mut batch, &changes, usize::MAX);
    assert_eq!(
        out,
        [change(0, 3.0, 31), change(1, 2.0, 1), change(0, 4.0, 32)]
    );
}

#[test]
fn a_flush_parts_changes_of_one_tick() {
    let mut batch = Changes::new(LANES, BatchConfig::default());
    let changes = [change(0, 1.0, 0), change(0, 2.0, 1)];
    assert_eq!(run(&mut batch, &changes, 1), changes);
}

#[test]
fn the_size_follows_the_rate() {
    let mut batch = Changes::new(256, BatchConfig::default());
    let flush_with = |batch: &mut Changes, count: u16| {
        for control in 0..count {
            batch.push(change(control, 0.5, 0), |_| ());
        }
        batch.flush(|_| ());
        batch.stats().limit
    };
    assert_eq!(batch.stats().limit, 8);
    assert_eq!(flush_with(&mut batch, 8), 8);
    assert_eq!(flush_with(&mut batch, 9), 16);
    assert_eq!(flush_with(&mut batch, 64), 64);
    assert_eq!(flush_with(&mut batch, 200), 64);

    // A batch that is a quarter full keeps its limit.
    for _ in 0..10 * CALM_FLUSHES {
        assert_eq!(flush_with(&mut batch, 16), 64);
    }
    let mut limits: Vec<_> = (0..4 * CALM_FLUSHES)
        .map(|_| flush_with(&mut batch, 1))
        .collect();
    limits.dedup();
    assert_eq!(limits, [64, 32, 16, 8]);
}

#[test]
fn a_fixed_size_stays() {
    let config = BatchConfig {
        capacity: 100,
        adaptive: false,
    };
    let mut batch = Changes::new(256, config);
    for count in [200, 1] {
        for _ in 0..2 * CALM_FLUSHES {
            for control in 0..count {
                batch.push(change(control, 0.5, 0), |_| ());
            }
            batch.flush(|_| ());
            assert_eq!(batch.stats().limit, 100);
        }
    }
}

#[test]
#[should_panic = "1 to 256 changes"]
fn a_batch_that_holds_nothing_is_refused() {
    let config = BatchConfig {
        capacity: 0,
        adaptive: true,
    };
    Changes::new(LANES, config);
}
