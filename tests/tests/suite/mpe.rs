//! MPE: a member channel for every note, and a master channel for all. Channels are counted from 0.

use tidepool_host::Event;
use tidepool_tests::rig::RATE;
use tidepool_tests::{Rig, Score, Sound};

/// Largest rounding difference in a sum of two notes.
const ROUNDING: f32 = 1e-5;
const A4: f64 = 440.0;

fn on(channel: u8, key: u8) -> Event {
    Event::Midi([0x90 | channel, key, 100])
}

fn off(channel: u8, key: u8) -> Event {
    Event::Midi([0x80 | channel, key, 0])
}

/// Returns a pitch bend of a channel, `way` from −1 to 1.
fn bend(channel: u8, way: f64) -> Event {
    let value = (8192.0 + way * 8191.0).round() as u16;
    Event::Midi([0xE0 | channel, value as u8 & 127, (value >> 7) as u8])
}

fn controller(channel: u8, number: u8, value: u8) -> Event {
    Event::Midi([0xB0 | channel, number, value])
}

/// Plays a second with `events` on sample 0, in order, and the given parameters.
fn play(settings: &[(&str, &str)], events: &[Event]) -> Sound {
    let mut rig = Rig::new();
    let mut score = Score::new(24_000);
    for (key, text) in settings {
        score = score.at(0, rig.set(key, text));
    }
    for event in events {
        score = score.at(0, *event);
    }
    rig.play(&score, &[512])
}

/// Returns the bend in semitones that `events` cause to an A on `channel`, after it has settled.
fn bent(settings: &[(&str, &str)], channel: u8, events: &[Event]) -> f64 {
    let sound = play(settings, &[&[on(channel, 69)], events].concat());
    12.0 * (sound.part(4_800..19_200).pitch(RATE) / A4).log2()
}

fn assert_bent(semitones: f64, expected: f64, what: &str) {
    assert!(
        (semitones - expected).abs() < 0.1,
        "{what}: {semitones} semitones instead of {expected}"
    );
}

const LOWER: (&str, &str) = ("mpe_zone", "Lower");
const UPPER: (&str, &str) = ("mpe_zone", "Upper");

#[test]
fn a_member_bends_by_the_members_range() {
    for channel in [1, 7, 15] {
        let semitones = bent(&[LOWER], channel, &[bend(channel, 0.5)]);
        assert_bent(semitones, 24.0, "half way up");
        let semitones = bent(&[LOWER], channel, &[bend(channel, -0.25)]);
        assert_bent(semitones, -12.0, "a quarter down");
    }
    let narrow = [LOWER, ("mpe_bend_range", "12 st")];
    assert_bent(bent(&narrow, 3, &[bend(3, 1.0)]), 12.0, "a range of 12");
    let none = [LOWER, ("mpe_bend_range", "0 st")];
    assert_bent(bent(&none, 3, &[bend(3, 1.0)]), 0.0, "no range");
}

#[test]
fn the_master_bends_all_by_its_own_range_on_top_of_theirs() {
    for channel in [0, 1, 9, 15] {
        let semitones = bent(&[LOWER], channel, &[bend(0, 1.0)]);
        assert_bent(semitones, 2.0, "the master alone");
    }
    let both = [bend(0, 1.0), bend(4, 0.25)];
    assert_bent(bent(&[LOWER], 4, &both), 14.0, "both");
    let wide = [LOWER, ("bend_range", "12 st")];
    assert_bent(bent(&wide, 4, &[bend(0, 0.5)]), 6.0, "a range of 12");
}

#[test]
fn channels_beside_the_zone_stand_for_themselves() {
    let small = [LOWER, ("mpe_channels", "3")];
    assert_bent(bent(&small, 3, &[bend(3, 0.25)]), 12.0, "the last member");
    assert_bent(bent(&small, 4, &[bend(4, 1.0)]), 2.0, "the one after it");
    assert_bent(bent(&small, 4, &[bend(0, 1.0)]), 0.0, "master of others");
}

#[test]
fn the_upper_zone_counts_from_the_other_end() {
    let small = [UPPER, ("mpe_channels", "3")];
    assert_bent(bent(&small, 12, &[bend(12, 0.25)]), 12.0, "the last member");
    assert_bent(bent(&small, 14, &[bend(15, 1.0)]), 2.0, "the master");
    assert_bent(bent(&small, 11, &[bend(11, 1.0)]), 2.0, "beside the zone");
    assert_bent(bent(&small, 14, &[bend(0, 1.0)]), 0.0, "a stranger");
    assert_bent(bent(&[UPPER], 0, &[bend(15, 1.0)]), 2.0, "the widest zone");
}

#[test]
fn without_a_zone_channels_are_plain_midi() {
    assert_bent(bent(&[], 3, &[bend(3, 1.0)]), 2.0, "its own wheel");
    assert_bent(bent(&[], 3, &[bend(0, 1.0)]), 0.0, "the first channel's");
    assert_bent(bent(&[], 3, &[bend(15, 1.0)]), 0.0, "the last channel's");
}

#[test]
fn what_a_member_does_changes_its_note_as_if_that_were_alone_and_no_other() {
    let changes = [
        ("bend", bend(2, 0.1)),
        ("pressure", Event::Midi([0xD2, 127, 0])),
        ("brightness", controller(2, 74, 120)),
        ("volume", controller(2, 7, 60)),
        ("pan", controller(2, 10, 20)),
        ("modulation wheel", controller(2, 1, 127)),
    ];
    for (what, change) in changes {
        // The change comes late, so that it affects notes that already sound.
        let difference = |notes: &[Event]| {
            let render = |changed: bool| {
                let mut rig = Rig::new();
                let zone = rig.set(LOWER.0, LOWER.1);
                let mut score = Score::new(14_400).at(0, zone);
                for note in notes {
                    score = score.at(0, *note);
                }
                if changed {
                    score = score.at(4_000, change);
                }
                rig.play(&score, &[512])
            };
            render(true).minus(&render(false))
        };
        let alone = difference(&[on(2, 57)]);
        let among = difference(&[on(2, 57), on(3, 64)]);
        assert!(alone.peak() > 0.001, "{what} is not heard");
        let rest = among.minus(&alone).peak();
        assert!(rest < ROUNDING, "{what} changes the other note by {rest}");
    }
}

#[test]
fn what_comes_right_before_a_note_is_there_from_its_start() {
    let render = |before: usize| {
        let mut rig = Rig::new();
        let zone = rig.set(LOWER.0, LOWER.1);
        let score = Score::new(9600)
            .at(0, zone)
            .at(before, bend(1, 0.1))
            .at(before, controller(1, 74, 100))
            .at(before, Event::Midi([0xD1, 90, 0]))
            .at(4800, on(1, 57));
        rig.play(&score, &[512])
    };
    // A whole tick before, within the same tick, and on the same sample.
    let settled = render(100);
    for before in [4799, 4790, 4800] {
        assert_eq!(
            render(before).first_difference(&settled),
            None,
            "at {before}"
        );
    }
}

#[test]
fn the_masters_pedal_holds_the_members() {
    let long = 3 * RATE as usize;
    let render = |zone: (&str, &str), pedal: u8| {
        let mut rig = Rig::new();
        let zone = rig.set(zone.0, zone.1);
        let release = rig.set("release", "10 ms");
        let score = Score::new(long)
            .at(0, zone)
            .at(0, release)
            .at(0, controller(pedal, 64, 127))
            .at(0, on(5, 57))
            .at(4_800, off(5, 57))
            .at(96_000, controller(pedal, 64, 0));
        rig.play(&score, &[512])
    };
    let holds = |sound: &Sound| sound.part(48_000..96_000).rms() > 0.001;
    let ends = |sound: &Sound| sound.part(long - 4_800..long).is_silent();
    let held = render(LOWER, 0);
    assert!(holds(&held) && ends(&held), "the master's pedal");
    let upper = render(UPPER, 15);
    assert!(holds(&upper) && ends(&upper), "the upper master's pedal");
    assert!(holds(&render(LOWER, 5)), "a member's own pedal");
    assert!(!holds(&render(LOWER, 6)), "another member's pedal");
    assert!(!holds(&render(("mpe_zone", "Off"), 0)), "no zone");
}
