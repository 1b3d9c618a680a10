//! Measurements of whole voices at the engine's output: tuning, aliases, distortion and silence.

mod common;

use common::measure::{cents_off, decibels, hertz, off_harmonics, peak, spectrum};
use common::{RATE, Session, bare, key, left, off, on, with};
use tidepool_dsp::synth::{KeyboardMap, Scale, Tuning};
use tidepool_dsp::{Command, Engine, Patch};

/// Measured segment of a tone, after a run-in.
const TONE: usize = 1 << 16;
const RUN_IN: usize = 4_800;

/// Returns a held note on `patch`.
fn tone(patch: &Patch, number: u8) -> Vec<f32> {
    left(patch, vec![(0, on(key(number), 1.0))], RUN_IN + TONE).split_off(RUN_IN)
}

#[test]
fn every_key_is_in_tune_within_a_tenth_of_a_cent() {
    // Keys at which a saw's harmonics are far enough apart for the window, and all keys.
    for (shape, lowest) in [(2.0, 24), (0.0, 0)] {
        let patch = with(bare(), &[("osc_a_shape", shape)]);
        let off = |number| cents_off(&tone(&patch, number), hertz(f64::from(number)), RATE);
        let worst = (lowest..128).map(off).fold(0.0_f64, |a, b| a.max(b.abs()));
        println!("shape {shape}: {worst:.5} cents");
        assert!(worst < 0.1, "shape {shape}: {worst} cents");
    }
    let operators = with(
        bare(),
        &[
            ("osc_a_level", -60.0),
            ("fm_level", -6.0),
            ("fm_route", 1.0),
        ],
    );
    for number in (0..128).step_by(12) {
        let cents = cents_off(&tone(&operators, number), hertz(f64::from(number)), RATE);
        assert!(cents.abs() < 0.1, "FM, key {number}: {cents} cents");
    }
}

/// Bohlen–Pierce scale: thirteen equal steps to the twelfth.
fn bohlen_pierce() -> Tuning {
    let steps: String = (1..=13)
        .map(|step| format!("{:.9}\n", 1200.0 * 3.0_f64.log2() * f64::from(step) / 13.0))
        .collect();
    let scale = Scale::parse(format!("! bp.scl\nBohlen-Pierce\n13\n{steps}")).unwrap();
    Tuning::new(&scale, &KeyboardMap::default()).unwrap()
}

#[test]
fn a_scale_that_is_loaded_tunes_the_keys_that_are_pressed_from_then_on() {
    let patch = with(bare(), &[("osc_a_shape", 0.0)]);
    let of_key = |number: u8| hertz(60.0) * 3.0_f64.powf((f64::from(number) - 60.0) / 13.0);
    for number in (36..=84).step_by(6) {
        for by_command in [false, true] {
            let held = (0, on(key(number), 1.0));
            let again = (4_800 + TONE as u64, on(key(number), 1.0));
            let before = (4_800 + TONE as u64, off(key(number)));
            let mut session = Session::new(&patch, vec![held, before, again]);
            session.until(100);
            if by_command {
                let mut sender = session.engine.take_commands().unwrap();
                sender.send(Command::Tune(bohlen_pierce())).unwrap();
            } else {
                session.engine.set_tuning(&bohlen_pierce());
            }
            let end = 2 * (4_800 + TONE);
            let sound = &session.until(end).left;
            let old = cents_off(&sound[4_800..4_800 + TONE], hertz(f64::from(number)), RATE);
            assert!(old.abs() < 0.1, "key {number} as it was: {old} cents");
            let new = cents_off(&sound[end - TONE..], of_key(number), RATE);
            assert!(new.abs() < 0.1, "key {number} on the scale: {new} cents");
        }
    }
}

/// Returns the smallest distance of aliases over the keys from 24 to 96.
fn alias_floor(patch: &Patch, what: &str) -> f64 {
    let keys = [24, 31, 36, 43, 48, 55, 60, 67, 72, 79, 84, 91, 96];
    let floors =
        keys.map(|number| off_harmonics(&tone(patch, number), hertz(f64::from(number)), RATE));
    let floor = floors.into_iter().fold(f64::INFINITY, f64::min);
    println!("{what}: {floor:.1} dB");
    floor
}

/// Returns the patch through the open filter, so soft that it hardly saturates. The saturation adds harmonics, and
/// their aliases depend on the filter's quality.
fn filtered(patch: Patch) -> Patch {
    let values = [
        ("osc_a_route", 0.0),
        ("osc_b_route", 0.0),
        ("cutoff", 20_000.0),
        ("keytrack", 0.0),
        ("filter_env", 0.0),
        ("resonance", 0.0),
        ("drive", -12.0),
        ("osc_a_level", -18.0),
        ("quality", 2.0),
    ];
    with(patch, &values)
}

#[test]
fn aliases_are_80_db_under_saw_and_pulse_and_60_under_hard_sync() {
    let saw = bare();
    assert!(alias_floor(&saw, "saw") >= 80.0);
    assert!(alias_floor(&filtered(saw), "saw through the filter") >= 80.0);
    for width in [0.02, 0.1, 0.37, 0.5, 0.83, 0.98] {
        let pulse = with(bare(), &[("osc_a_shape", 3.0), ("osc_a_width", width)]);
        assert!(alias_floor(&pulse, &format!("pulse {width}")) >= 80.0);
    }
    for (pitch, shape) in [(7.3, 2.0), (19.0, 2.0), (13.7, 3.0), (31.1, 0.0)] {
        let sync = with(
            bare(),
            &[
                ("osc_a_level", -60.0),
                ("osc_b_level", -6.0),
                ("osc_b_route", 1.0),
                ("osc_b_shape", shape),
                ("osc_b_pitch", pitch),
                ("sync", 1.0),
            ],
        );
        let what = format!("shape {shape} in sync, {pitch} semitones up");
        assert!(alias_floor(&sync, &what) >= 60.0);
    }
}

/// Returns the mean under a window that suppresses the tone itself.
fn mean(tone: &[f32]) -> f64 {
    let place = |n: usize| n as f64 / tone.len() as f64;
    let window = |n: usize| 1.0 - (std::f64::consts::TAU * place(n)).cos();
    let sum: f64 = (tone.iter().enumerate())
        .map(|(n, x)| f64::from(*x) * window(n))
        .sum();
    sum / tone.len() as f64
}

#[test]
fn whatever_makes_a_wave_uneven_leaves_no_mean() {
    let cases: [(&str, &[(&str, f32)]); 4] = [
        (
            "hard sync",
            &[
                ("osc_a_level", -60.0),
                ("osc_b_level", -6.0),
                ("osc_b_route", 1.0),
                ("osc_b_pitch", 7.3),
                ("sync", 1.0),
            ],
        ),
        (
            "a narrow pulse, driven",
            &[
                ("osc_a_shape", 3.0),
                ("osc_a_width", 0.05),
                ("osc_a_route", 0.0),
                ("cutoff", 3_000.0),
                ("drive", 24.0),
            ],
        ),
        (
            "half a sine",
            &[
                ("osc_a_level", -60.0),
                ("fm_level", -6.0),
                ("fm_route", 1.0),
                ("op1_wave", 1.0),
            ],
        ),
        (
            "a sine without its sign, in stereo",
            &[
                ("osc_a_level", -60.0),
                ("fm_level", -6.0),
                ("fm_route", 1.0),
                ("fm_pan", -0.5),
                ("op1_wave", 2.0),
            ],
        ),
    ];
    for (what, values) in cases {
        for number in [36, 60, 84] {
            let sound = left(
                &with(bare(), values),
                vec![(0, on(key(number), 1.0))],
                48_000 + TONE,
            );
            let (first, later) = (mean(&sound[..2_400]), mean(&sound[48_000..]));
            println!("{what}, key {number}: {first:.1e}, later {later:.1e}");
            assert!(peak(&sound) > 0.05, "{what}: there is nothing to hear");
            assert!(later.abs() < 1e-5, "{what}, key {number}: {later:e}");
        }
    }
}

#[test]
fn the_level_of_a_voice_is_behind_its_filter_and_its_drive() {
    let driven = with(
        bare(),
        &[("osc_a_route", 0.0), ("drive", 18.0), ("resonance", 0.6)],
    );
    let loud = tone(&driven, 48);
    for decibels in [-60.0_f32, -12.0, 6.0] {
        let gain = if decibels == -60.0 {
            0.0
        } else {
            10.0_f32.powf(decibels / 20.0)
        };
        let soft = tone(&with(driven, &[("level", decibels), ("volume", -18.0)]), 48);
        let volume = 10.0_f32.powf(-12.0 / 20.0);
        for (soft, loud) in soft.iter().zip(&loud) {
            assert!((soft - loud * gain * volume).abs() < 1e-6, "{decibels} dB");
        }
    }
}

#[test]
fn chorus_and_echoes_are_heard_one_without_the_other() {
    let wet = with(
        bare(),
        &[
            ("send_delay", 0.0),
            ("chorus_mix", 1.0),
            ("delay_time", 3.0),
            ("delay_feedback", 0.0),
        ],
    );
    let dry = with(wet, &[("send_delay", -60.0)]);
    // A dotted eighth at 120 beats per minute, and half as long a note.
    let echo = 3 * 48_000 / 8;
    let score = || vec![(0, on(key(60), 1.0)), (echo as u64 / 2, off(key(60)))];
    let heard = |values: &[(&str, f32)]| -> Vec<f32> {
        let with_effects = left(&with(wet, values), score(), 2 * echo);
        let without = left(&dry, score(), 2 * echo);
        with_effects
            .iter()
            .zip(&without)
            .map(|(a, b)| a - b)
            .collect()
    };
    let chorus = heard(&[("delay_level", -60.0)]);
    assert!(peak(&chorus[..echo / 2]) > 0.05);
    assert!(peak(&chorus[echo / 2 + 9_600..]) < 1e-4);
    let echoes = heard(&[("chorus_level", -60.0)]);
    assert!(peak(&echoes[..echo - 480]) < 1e-4);
    assert!(peak(&echoes[echo..]) > 0.05);
}

#[test]
fn a_chorus_that_does_not_go_on_to_the_delay_leaves_no_echo() {
    // The chorus reads at most 19 ms back.
    const CHORUS: usize = 960;
    let off_at = 4_800;
    let chorus = with(
        bare(),
        &[
            ("send_delay", 0.0),
            ("chorus_mix", 1.0),
            ("delay_sync", 0.0),
            ("delay_free_time", 0.25),
            ("delay_feedback", 0.8),
        ],
    );
    let play = |patch: &Patch| {
        let score = vec![(0, on(key(60), 1.0)), (off_at as u64, off(key(60)))];
        left(patch, score, 48_000)
    };
    let dry = play(&with(chorus, &[("send_delay", -60.0)]));
    let end = dry.iter().rposition(|x| *x != 0.0).unwrap();
    let heard = |chorus_delay: f32| -> Vec<f32> {
        let wet = play(&with(chorus, &[("chorus_delay", chorus_delay)]));
        wet.iter().zip(&dry).map(|(a, b)| a - b).collect()
    };
    let alone = heard(-60.0);
    assert!(peak(&alone[..off_at]) > 0.05);
    assert_eq!(peak(&alone[end + CHORUS..]), 0.0);
    let echoing = heard(0.0);
    assert_eq!(echoing[..12_000], alone[..12_000]);
    assert!(peak(&echoing[12_000..]) > 0.05);
    assert!(peak(&echoing[36_000..]) > 0.02, "no second echo");
}

#[test]
fn an_echo_out_of_sync_comes_after_its_time_to_the_sample() {
    for rate in [44_100.0, 48_000.0, 96_000.0, 192_000.0] {
        for seconds in [0.001, 0.0125, 0.35, 1.2345, 2.0] {
            let wet = with(
                bare(),
                &[
                    ("send_delay", 0.0),
                    ("delay_sync", 0.0),
                    ("delay_free_time", seconds),
                    ("delay_feedback", 0.0),
                ],
            );
            let length = ((seconds + 0.05) * rate) as usize;
            let play = |patch: &Patch| {
                let mut session = Session::at(rate, patch, vec![(100, on(key(60), 1.0))]);
                session.until(length);
                session.left
            };
            let dry = play(&with(wet, &[("send_delay", -60.0)]));
            let begins = dry.iter().position(|x| *x != 0.0).unwrap();
            let echo = play(&wet).iter().zip(&dry).position(|(a, b)| a != b);
            let due = begins + (f64::from(seconds) * f64::from(rate)).round() as usize;
            assert_eq!(echo, Some(due), "{seconds} s at {rate} Hz");
        }
    }
}

#[test]
fn a_sine_of_an_operator_is_distorted_by_less_than_110_db() {
    let patch = with(
        bare(),
        &[
            ("osc_a_level", -60.0),
            ("fm_level", -6.0),
            ("fm_route", 1.0),
        ],
    );
    for number in [24, 45, 60, 81, 96, 115] {
        let sound = tone(&patch, number);
        let bin = RATE / TONE as f64;
        let (mut on, mut off) = (0.0, 0.0);
        for (n, power) in spectrum(&sound).iter().enumerate().skip(7) {
            let near = (n as f64 * bin - hertz(f64::from(number))).abs() <= 7.0 * bin;
            *(if near { &mut on } else { &mut off }) += power;
        }
        let distortion = -decibels((on / off).sqrt());
        println!("key {number}: {distortion:.1} dB");
        assert!(distortion < -110.0, "key {number}: {distortion} dB");
    }
}

#[test]
fn silence_is_digital_zero_where_nothing_sounds() {
    // All sources that could sound without a note, at full level.
    let restless = with(
        Patch::default(),
        &[
            ("noise_level", 6.0),
            ("fm_level", 6.0),
            ("ring_level", 6.0),
            ("osc_b_level", 6.0),
            ("resonance", 1.0),
            ("drive", 24.0),
            ("output_drive", 24.0),
            ("send_delay", 6.0),
            ("send_reverb", 6.0),
            ("external", 12.0),
            ("volume", 6.0),
        ],
    );
    for route in [0.0, 1.0, 2.0] {
        let patch = with(restless, &[("external_route", route)]);
        let session = &mut Session::new(&patch, vec![]);
        session.until(20_000);
        assert!(session.left.iter().chain(&session.right).all(|x| *x == 0.0));
    }
}

#[test]
fn effects_ring_out_to_digital_zero_and_never_before_they_are_inaudible() {
    let wet = with(
        bare(),
        &[
            ("send_delay", 0.0),
            ("send_reverb", 0.0),
            ("delay_time", 8.0),
            ("delay_feedback", 0.5),
            ("chorus_mix", 0.5),
            ("delay_reverb", -6.0),
            ("reverb_decay", 0.5),
        ],
    );
    let events = vec![(0, on(key(60), 1.0)), (9_600, off(key(60)))];
    let mut session = Session::new(&wet, events);
    session.until(20 * 48_000);
    let sound = &session.left;
    let last = sound.iter().rposition(|x| *x != 0.0).unwrap();
    let ended = session.score.ended[0].0 as usize;
    println!("the note ended at {ended}, the last sample is {last}");
    assert!(last > ended + 24_000, "nothing rings: {last}");
    assert!(last < 15 * 48_000, "it rings for ever");
    // The tail is not cut off audibly: the omitted part is far below the threshold of hearing.
    let end = peak(&sound[last - 480..=last]);
    assert!(end < 1e-5, "cut off at {:.1} dB", decibels(end));
    // The engine wakes up again.
    let later = session.left.len() as u64;
    session.score = common::Score::new(vec![(later, on(key(60), 1.0))]);
    session.until(later as usize + 48_000);
    assert!(peak(&session.left[later as usize + 24_000..]) > 0.01);
}

#[test]
fn an_engine_that_was_never_told_anything_is_silent() {
    let mut session = Session::new(&Patch::default(), vec![]);
    session.engine = Engine::default();
    assert_eq!(peak(&session.until(4_800).left), 0.0);
}
