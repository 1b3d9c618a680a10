//! Every parameter in dB, cents or semitones has the effect that its text states: set as text, measured in the sound.

#[path = "../../dsp/tests/common/mod.rs"]
mod common;

use common::measure::{decibels, rms, rough_pitch};
use common::{RATE, Session, bend, controller, named, on, parameter, routed, with};
use tidepool::params::text;
use tidepool_dsp::engine::Source;
use tidepool_dsp::parameter::{Range, Unit};
use tidepool_dsp::{EventKind, Parameter, Patch};

/// Samples until all ramps have ended, and samples that are measured.
const ARRIVED: usize = 9_600;
const HEARD: usize = 24_000;

/// Parses `typed` as the parameter's plain value.
fn value(id: &str, typed: &str) -> f32 {
    text::parse(parameter(id).spec(), typed).unwrap_or_else(|| panic!("{id} takes no {typed}"))
}

/// Returns `patch` with the parameters set to these texts.
fn typed(patch: &Patch, texts: &[(&str, &str)]) -> Patch {
    let values = texts.iter().map(|(id, typed)| (*id, value(id, typed)));
    with(*patch, &values.collect::<Vec<_>>())
}

/// Renders both sides of a key that is held on channel 1, with `events` on its first sample.
fn played(patch: &Patch, key: u8, events: &[EventKind], samples: usize) -> [Vec<f32>; 2] {
    let mut score = vec![(0, on(named(1, 1, key), 1.0))];
    score.extend(events.iter().map(|event| (0, *event)));
    let external: Vec<f32> = (0..ARRIVED + samples)
        .map(|n| (n as f32 * 0.05).sin() * 0.1)
        .collect();
    let mut session = Session::new(patch, score);
    session.until_with(ARRIVED + samples, &external);
    let Session { left, right, .. } = session;
    [left, right].map(|side| side[ARRIVED..].to_vec())
}

fn left(patch: &Patch, key: u8) -> Vec<f32> {
    let [left, _] = played(patch, key, &[], HEARD);
    left
}

fn pitch(patch: &Patch, key: u8, events: &[EventKind]) -> [f64; 2] {
    played(patch, key, events, HEARD).map(|side| rough_pitch(&side, RATE))
}

/// Measures the distance between the lowest and the highest pitch of a vibrato, in semitones.
fn swing(sound: &[f32]) -> f64 {
    let mut crossings = Vec::new();
    for (n, pair) in sound.windows(2).enumerate() {
        if pair[0] <= 0.0 && pair[1] > 0.0 {
            crossings.push(n as f64 + f64::from(-pair[0] / (pair[1] - pair[0])));
        }
    }
    // Averaged over eight cycles each.
    let pitches = (crossings.windows(9)).map(|of| -12.0 * (of[8] - of[0]).log2());
    let (least, most) = pitches.fold((f64::MAX, f64::MIN), |(least, most), pitch| {
        (least.min(pitch), most.max(pitch))
    });
    most - least
}

/// Returns a patch in which all sources and effects sound, quietly and without saturation.
fn all_sources() -> Patch {
    let mut texts = vec![
        ("attack", "0 ms"),
        ("sustain", "100 %"),
        ("velocity", "0 %"),
        ("volume", "-18 dB"),
        ("level", "0 dB"),
        ("noise_colour", "Pink"),
        ("osc_b_pitch", "7 st"),
        ("chorus_mix", "50 %"),
        ("chorus_depth", "0 %"),
        ("delay_time", "1/32"),
        ("external_route", "Output"),
    ];
    let soft = [
        "osc_a_level",
        "osc_b_level",
        "ring_level",
        "fm_level",
        "noise_level",
        "external",
        "send_delay",
        "send_reverb",
        "chorus_level",
        "chorus_delay",
        "delay_level",
        "delay_reverb",
        "reverb_level",
    ];
    texts.extend(soft.map(|id| (id, "-20 dB")));
    let past = [
        "osc_a_route",
        "osc_b_route",
        "ring_route",
        "fm_route",
        "noise_route",
    ];
    texts.extend(past.map(|id| (id, "Bypass")));
    typed(&Patch::default(), &texts)
}

/// Returns a patch of one sine that bypasses the filter.
fn sine() -> Patch {
    let texts = [
        ("osc_a_shape", "Sine"),
        ("osc_a_route", "Bypass"),
        ("attack", "0 ms"),
        ("sustain", "100 %"),
        ("velocity", "0 %"),
    ];
    typed(&Patch::default(), &texts)
}

/// Returns a patch of one operator that bypasses the filter.
fn operator(number: usize) -> Patch {
    let level = format!("op{number}_level");
    let texts = [
        ("osc_a_level", "off"),
        ("fm_level", "-6 dB"),
        ("fm_route", "Bypass"),
        ("fm_algorithm", "32"),
        ("op1_level", "0 %"),
        (level.as_str(), "50 %"),
    ];
    typed(&sine(), &texts)
}

/// Returns a patch with a self-oscillating ladder.
fn oscillating() -> Patch {
    let texts = [
        ("osc_a_level", "-48 dB"),
        ("osc_a_route", "Filter"),
        ("resonance", "100 %"),
        ("cutoff", "1 kHz"),
        ("keytrack", "0 %"),
        ("filter_env", "0 st"),
        ("env2_attack", "0 ms"),
        ("env2_sustain", "100 %"),
    ];
    typed(&sine(), &texts)
}

fn assert_near(id: &str, typed: &str, got: f64, want: f64, slack: f64) {
    println!("{id} at {typed}: {got:.3}, {want:.3}");
    assert!(
        (got - want).abs() < slack,
        "{id} at {typed}: {got}, not {want}"
    );
}

/// Asserts that the part that a level adds to the sound is as loud as the level states.
fn check_level(id: &str) {
    let silent = left(&typed(&all_sources(), &[(id, "off")]), 60);
    let added = |text: &str| {
        let sound = left(&typed(&all_sources(), &[(id, text)]), 60);
        let added: Vec<f32> = sound.iter().zip(&silent).map(|(a, b)| a - b).collect();
        decibels(rms(&added))
    };
    let reference = added("0 dB");
    for (text, level) in [("-30 dB", -30.0), ("-6 dB", -6.0), ("6 dB", 6.0)] {
        assert_near(id, text, added(text) - reference, level, 0.05);
    }
}

/// Asserts that a drive equals the same gain before the saturation, except for the make-up gain after it.
fn check_drive(id: &str, saw: &Patch) {
    // The output drive is fully wet from 6 dB on, so it is compared with its own 6 dB.
    for (text, other, source) in [("18 dB", "6 dB", "0 dB"), ("12 dB", "6 dB", "-6 dB")] {
        let driven = left(&typed(saw, &[(id, text), ("osc_a_level", "-12 dB")]), 48);
        let louder = left(&typed(saw, &[(id, other), ("osc_a_level", source)]), 48);
        let scale = rms(&driven) / rms(&louder);
        let apart: Vec<f32> = (driven.iter().zip(&louder))
            .map(|(a, b)| a - b * scale as f32)
            .collect();
        let residual = decibels(rms(&apart) / rms(&driven));
        println!("{id} at {text}: {residual:.1} dB");
        assert!(residual < -60.0, "{id} at {text}: {residual:.1} dB apart");
    }
}

fn check(id: &str) {
    let interval = |patch: &Patch, key, typed_: &str, side: usize, events: &[EventKind]| {
        let moved = pitch(&typed(patch, &[(id, typed_)]), key, events)[side];
        moved - pitch(patch, key, &[])[side]
    };
    match id {
        "level" | "ring_level" | "fm_level" | "noise_level" | "external" | "send_delay"
        | "send_reverb" | "chorus_level" | "chorus_delay" | "delay_level" | "delay_reverb"
        | "reverb_level" | "volume" | "osc_a_level" | "osc_b_level" => check_level(id),
        "drive" => {
            let texts = [("osc_a_route", "Filter"), ("cutoff", "20 kHz")];
            check_drive(id, &typed(&sine(), &texts));
        }
        "output_drive" => check_drive(id, &sine()),
        "tune" | "osc_a_pitch" => {
            for (text, want) in [("-7 st", -7.0), ("12 st", 12.0), ("0,5", 0.5)] {
                assert_near(id, text, interval(&sine(), 60, text, 0, &[]), want, 5e-3);
            }
        }
        "osc_a_fine" => {
            for (text, want) in [("-70 ct", -0.7), ("25", 0.25)] {
                assert_near(id, text, interval(&sine(), 60, text, 0, &[]), want, 2e-3);
            }
        }
        "osc_b_pitch" | "osc_b_fine" => {
            let texts = [
                ("osc_a_level", "off"),
                ("osc_b_level", "-6 dB"),
                ("osc_b_shape", "Sine"),
                ("osc_b_route", "Bypass"),
            ];
            let patch = typed(&sine(), &texts);
            for (text, want) in [("-7", -7.0), ("12", 12.0)] {
                let want = if id == "osc_b_fine" {
                    want / 100.0
                } else {
                    want
                };
                assert_near(id, text, interval(&patch, 72, text, 0, &[]), want, 5e-3);
            }
        }
        "osc_a_detune" | "osc_b_detune" => {
            let letter = &id[4..5];
            let [unison, spread, shape, level, route] =
                ["unison", "spread", "shape", "level", "route"]
                    .map(|of| format!("osc_{letter}_{of}"));
            let texts = [
                ("osc_a_level", "off"),
                (unison.as_str(), "2"),
                (spread.as_str(), "100 %"),
                (shape.as_str(), "Sine"),
                (level.as_str(), "-6 dB"),
                (route.as_str(), "Bypass"),
            ];
            for (text, want) in [("20 ct", 0.2), ("100", 1.0), ("0", 0.0)] {
                let patch = typed(&typed(&sine(), &texts), &[(id, text)]);
                let [left, right] = pitch(&patch, 72, &[]);
                assert_near(id, text, (left - right).abs(), want, 5e-3);
            }
        }
        "bend_range" | "mpe_bend_range" => {
            let zone = if id == "bend_range" { "Off" } else { "Lower" };
            let patch = typed(&sine(), &[("mpe_zone", zone)]);
            for (text, want) in [("2 st", 2.0), ("12", 12.0)] {
                assert_near(
                    id,
                    text,
                    interval(&patch, 60, text, 0, &[bend(1, 1.0)]),
                    want,
                    5e-3,
                );
            }
        }
        "vibrato_depth" => {
            for (text, want) in [("30 ct", 0.3), ("200", 2.0)] {
                let patch = typed(&sine(), &[(id, text), ("vibrato_rate", "1/2")]);
                let [sound, _] = played(&patch, 96, &[controller(1, 1, 1.0)], 2 * HEARD + ARRIVED);
                assert_near(id, text, swing(&sound), 2.0 * want, 0.02 * want);
            }
        }
        "filter_env" => {
            for (text, want) in [("-12 st", -12.0), ("7 st", 7.0)] {
                assert_near(
                    id,
                    text,
                    interval(&oscillating(), 24, text, 0, &[]),
                    want,
                    0.05,
                );
            }
        }
        "filter_fm" => {
            let slow = typed(
                &oscillating(),
                &[("osc_b_shape", "Triangle"), ("osc_b_pitch", "-48 st")],
            );
            for (text, want) in [("2 st", 2.0), ("12 st", 12.0)] {
                // Two seconds contain a whole cycle of 0.51 Hz.
                let [sound, _] = played(&typed(&slow, &[(id, text)]), 0, &[], 96_000);
                assert_near(id, text, swing(&sound), 2.0 * want, 0.05 * want);
            }
        }
        _ => check_operator(id),
    }
}

fn check_operator(id: &str) {
    let number = id
        .strip_prefix("op")
        .and_then(|rest| rest[..1].parse().ok());
    let Some(number) = number else {
        panic!("{id} is in dB, cents or semitones, and nothing here measures it");
    };
    let patch = operator(number);
    match &id[3..] {
        "_detune" => {
            let still = pitch(&patch, 72, &[])[0];
            for (text, want) in [("-70 ct", -0.7), ("25", 0.25)] {
                let moved = pitch(&typed(&patch, &[(id, text)]), 72, &[])[0];
                assert_near(id, text, moved - still, want, 2e-3);
            }
        }
        "_key_level" => {
            for (text, want) in [
                ("0 dB/oct", 0.0),
                ("12 dB", 12.0),
                ("-3", -3.0),
                ("1,5 dB/oct", 1.5),
            ] {
                let patch = typed(&patch, &[(id, text)]);
                let level = |key| decibels(rms(&left(&patch, key)));
                assert_near(id, text, level(72) - level(60), want, 0.03);
                assert_near(id, text, level(84) - level(48), 3.0 * want, 0.05);
            }
        }
        _ => panic!("{id} is in dB, cents or semitones, and nothing here measures it"),
    }
}

fn counted() -> impl Iterator<Item = Parameter> {
    use Unit::{Cents, Decibels, DecibelsPerOctave, Level, Semitones};
    Parameter::all().filter(|parameter| {
        matches!(
            parameter.spec().unit,
            Decibels | DecibelsPerOctave | Level | Semitones | Cents
        )
    })
}

#[test]
fn every_decibel_cent_and_semitone_is_one() {
    for parameter in counted() {
        check(parameter.spec().id);
    }
}

/// A matrix slot moves dB, cents and semitones by a part of their range, and levels by a part of their greatest gain.
#[test]
fn a_slot_moves_each_of_them_as_far_as_its_text_says() {
    for parameter in counted().filter(|parameter| parameter.destination_index().is_some()) {
        let spec = parameter.spec();
        let Range::Linear { min, max } = spec.range else {
            panic!("{} is skewed", spec.id);
        };
        let gain = |level: f32| {
            if level <= min {
                0.0
            } else {
                10.0_f32.powf(level / 20.0)
            }
        };
        let (from, to) = match spec.unit {
            Unit::Level => (-20.0, -8.0),
            _ => (0.0, 0.25 * max),
        };
        let amount = match spec.unit {
            Unit::Level => (gain(to) - gain(from)) / gain(max),
            _ => (to - from) / (max - min),
        };
        let texts = [
            ("osc_a_unison", "2"),
            ("osc_b_unison", "2"),
            ("filter_fm", "3 st"),
            ("osc_a_route", "Filter"),
            ("fm_algorithm", "32"),
        ];
        let mut base = typed(&all_sources(), &texts);
        for number in 1..=6 {
            base = with(base, &[(&format!("op{number}_level"), 0.8)]);
        }
        let base = with(base, &[(spec.id, from)]);
        let slot = routed(base, 0, Source::Constant as usize, 0, spec.id, amount);
        let events = [controller(1, 1, 1.0)];
        let [slot, _] = played(&slot, 67, &events, 4_800);
        let [knob, _] = played(&with(base, &[(spec.id, to)]), 67, &events, 4_800);
        let [still, _] = played(&base, 67, &events, 4_800);
        let apart = |sound: &[f32]| {
            let apart: Vec<f32> = sound.iter().zip(&knob).map(|(a, b)| a - b).collect();
            decibels(rms(&apart) / rms(&knob))
        };
        println!(
            "{}: {:.1} dB, unmoved {:.1} dB",
            spec.id,
            apart(&slot),
            apart(&still)
        );
        assert!(apart(&slot) < -60.0, "{}: {:.1} dB", spec.id, apart(&slot));
        assert!(apart(&still) > -50.0, "{} is not heard", spec.id);
    }
}
