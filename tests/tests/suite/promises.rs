//! Checks the measured properties of the instrument against the targets in the table of `cargo xtask measure`.

use tidepool_tests::measure::instrument::{Mode, Setup};
use tidepool_tests::measure::promise::PROMISES;
use tidepool_tests::measure::workers;

/// Checks the promises whose id starts with `prefix`, in those of their setups for which `chosen` is true.
fn check(prefix: &str, chosen: impl Fn(Setup) -> bool) {
    let mut cases = Vec::new();
    for promise in PROMISES {
        if promise.id.starts_with(prefix) {
            let setups = Setup::all().filter(|&setup| promise.setups.has(setup) && chosen(setup));
            cases.extend(setups.map(|setup| (promise, setup)));
        }
    }
    assert!(!cases.is_empty(), "no promise is called `{prefix}`");
    let readings = workers::map(&cases, |(promise, setup)| (promise.measure)(*setup));
    let mut missed = Vec::new();
    for ((promise, setup), reading) in cases.iter().zip(readings) {
        if !promise.target.holds(reading.value) {
            missed.push(format!(
                "{}, {setup}: {:.2} {}, target {}; {}",
                promise.name,
                reading.value,
                promise.unit,
                promise.target,
                reading.notes.join("; ")
            ));
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

/// Selects every setup.
fn all(_: Setup) -> bool {
    true
}

/// Selects the lowest and the highest rate, live; the command measures those in between.
fn extremes(setup: Setup) -> bool {
    setup.mode == Mode::Live && [44_100, 192_000].contains(&setup.rate)
}

/// Selects 48 kHz, live and offline, for promises that play every preset.
fn at_48_khz(setup: Setup) -> bool {
    setup.rate == 48_000
}

#[test]
fn a4_is_440_hz_at_every_rate() {
    check("pitch", all);
}

#[test]
fn key_level_is_in_decibels_for_each_octave() {
    check("key-level", all);
}

#[test]
fn a_saw_has_no_aliases() {
    check("aliases-saw", all);
}

#[test]
fn the_driven_ladder_has_no_aliases() {
    check("aliases-ladder", all);
}

#[test]
fn ring_modulation_has_no_aliases() {
    check("aliases-ring", all);
}

#[test]
fn fm_of_a_high_index_has_no_aliases() {
    check("aliases-fm", all);
}

#[test]
fn output_drive_has_no_aliases() {
    check("aliases-drive", all);
}

#[test]
fn noise_is_as_dense_at_every_rate() {
    check("noise", extremes);
}

#[test]
fn a_note_starts_alike_wherever_it_starts_in_a_tick() {
    check("start-residual", all);
}

#[test]
fn all_sources_of_a_note_start_together() {
    check("start-spread", all);
}

#[test]
fn echoes_are_on_their_sample() {
    check("delay", all);
}

#[test]
fn the_reverb_has_no_colour_of_its_own() {
    check("reverb-colour", all);
}

#[test]
fn the_reverb_answers_at_once() {
    check("reverb-first", all);
}

#[test]
fn the_reverb_dies_away_in_the_time_set() {
    check("reverb-decay", all);
}

#[test]
fn six_notes_of_every_preset_leave_headroom() {
    check("headroom", at_48_khz);
}

#[test]
fn presets_sound_live_as_offline() {
    check("live-offline", at_48_khz);
}

#[test]
fn presets_are_equally_loud_live_and_offline() {
    check("loudness", at_48_khz);
}

#[test]
#[ignore = "plays every preset with every control at both ends, which takes minutes; `cargo xtask measure` does it"]
fn controls_that_a_description_names_are_heard() {
    check("dead-controls", at_48_khz);
}
