//! Time at which automation becomes audible, by priority: on its own sample, on the next tick, or on the low-priority
//! grid.

use tidepool_dsp::rt::TICK;
use tidepool_dsp::synth::DELAY;
use tidepool_host::Event;
use tidepool_tests::score::on;
use tidepool_tests::{Rig, Score};

/// Grid of low-priority changes: every eighth tick.
const LOW_GRID: usize = 8 * TICK;

/// Returns the first sample at which `change` at sample `at` is audible on a note that starts with the piece, played in
/// blocks of `block` samples.
fn first_heard(change: Event, at: usize, block: usize) -> usize {
    let plain = Score::new(9600)
        .at(0, Event::Midi([0xB0, 1, 127]))
        .at(0, on(48));
    let reference = Rig::new().play(&plain, &[block]);
    let sound = Rig::new().play(&plain.at(at, change), &[block]);
    let first = sound.first_difference(&reference);
    first.unwrap_or_else(|| panic!("{change:?} at {at} is not heard"))
}

#[test]
fn high_priority_lands_on_its_own_sample() {
    let change = Rig::new().set("tune", "7 st");
    for at in [1000, 1001, 1023, 1024, 1025, 4999] {
        for block in [64, 480, 8192] {
            let first = first_heard(change, at, block);
            // A new pitch changes the phase from the next sample on; oscillator and ladder add their delays.
            assert!(
                (at..=at + 3 + DELAY).contains(&first),
                "at {at}, in blocks of {block}, it is heard at {first}"
            );
        }
    }
}

#[test]
fn normal_priority_lands_on_the_next_tick_and_not_before() {
    let mut rig = Rig::new();
    for (key, text) in [
        ("cutoff", "150 Hz"),
        ("resonance", "90 %"),
        ("drive", "20 dB"),
        ("volume", "-30 dB"),
        ("sustain", "100 %"),
        ("filter_env", "0 st"),
    ] {
        let change = rig.set(key, text);
        for at in [1000, 1023, 1024, 1025] {
            for block in [64, 480, 8192] {
                let first = first_heard(change, at, block);
                let tick = at.next_multiple_of(TICK);
                // The ramp of a tick starts at the last one's end value; the rest is the filter's delay.
                assert!(
                    (tick..tick + 4).contains(&first),
                    "{key} at {at}, in blocks of {block}, is heard at {first} instead of {tick}"
                );
            }
        }
    }
}

#[test]
fn low_priority_waits_for_its_coarser_grid() {
    let change = Rig::new().set("vibrato_rate", "1/1");
    for at in [1000, 1024, 1025, 1280] {
        let first = first_heard(change, at, 480);
        let tick = at.next_multiple_of(LOW_GRID);
        assert!(
            (tick..tick + 4).contains(&first),
            "at {at} it is heard at {first} instead of {tick}"
        );
    }
}

#[test]
fn of_many_changes_in_a_tick_the_last_one_counts() {
    let mut rig = Rig::new();
    let plain = Score::new(9600).at(0, on(48));
    let last = rig.set("cutoff", "700 Hz");
    let mut flood = plain.clone();
    for n in 0..TICK {
        let Event::Param { id, value } = last else {
            unreachable!("`set` makes parameter events")
        };
        let value = if n + 1 == TICK {
            value
        } else {
            n as f64 / TICK as f64
        };
        flood = flood.at(1025 + n, Event::Param { id, value });
    }
    let sound = rig.play(&flood, &[480]);
    let single = Rig::new().play(&plain.at(1024 + TICK, last), &[480]);
    assert_eq!(sound.first_difference(&single), None);
}
