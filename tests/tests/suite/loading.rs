//! States loaded while notes sound: the new sound is reached within a tick, without a click.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::Value;
use tidepool_dsp::rt::TICK;
use tidepool_host::{External, Instance, Processor};
use tidepool_tests::rig::RATE;
use tidepool_tests::score::on;
use tidepool_tests::{Rig, Score, Sound, bundles};

/// Returns a state with the given parameters changed from their defaults.
fn state(settings: &[(&str, &str)]) -> Vec<u8> {
    let mut rig = Rig::new();
    let mut score = Score::new(64);
    for (key, text) in settings {
        score = score.at(0, rig.set(key, text));
    }
    rig.play(&score, &[64]);
    rig.instance.save().expect("the state is saved")
}

/// Plays a note, and loads `state` at sample `at`.
fn play_loading(state: &[u8], at: usize, frames: usize) -> Sound {
    let mut rig = Rig::new();
    let before = rig.play(&Score::new(at).at(0, on(45)), &[480]);
    rig.instance.load(state).expect("a saved state loads");
    let after = rig.play(&Score::new(frames - at), &[480]);
    let join = |one: &[f32], other: &[f32]| [one, other].concat();
    Sound {
        left: join(&before.left, &after.left),
        right: join(&before.right, &after.right),
    }
}

/// Plays the same note with parameters set before it.
fn play_set(settings: &[(&str, &str)], frames: usize) -> Sound {
    let mut rig = Rig::new();
    let mut score = Score::new(frames);
    for (key, text) in settings {
        score = score.at(0, rig.set(key, text));
    }
    rig.play(&score.at(0, on(45)), &[480])
}

#[test]
fn a_volume_is_there_within_a_tick_and_comes_in_a_straight_line() {
    let plain = play_set(&[], 9600);
    for (text, gain) in [("-30 dB", 10.0_f32.powf(-24.0 / 20.0)), ("-inf dB", 0.0)] {
        let state = state(&[("volume", text)]);
        for at in [4800, 4801, 4831] {
            let sound = play_loading(&state, at, 9600);
            let tick = at.next_multiple_of(TICK);
            for (n, (heard, whole)) in sound.left.iter().zip(&plain.left).enumerate() {
                let way = n.saturating_sub(tick).min(TICK) as f32 / TICK as f32;
                let expected = whole * (1.0 + (gain - 1.0) * way);
                assert!(
                    (heard - expected).abs() < 1e-5,
                    "{text} at {at}: sample {n} is {heard} instead of {expected}"
                );
            }
        }
    }
}

#[test]
fn a_filter_is_there_at_once_instead_of_gliding() {
    let settings = [
        ("cutoff", "6 kHz"),
        ("resonance", "60 %"),
        ("drive", "9 dB"),
    ];
    let expected = play_set(&settings, 9600);
    let plain = play_set(&[], 9600);
    let sound = play_loading(&state(&settings), 4800, 9600);
    // The ladder keeps its state for some milliseconds, and the DC blocker for slightly longer; automation would ramp
    // for 20 ms, and still have half its way to go here.
    let part = |sound: &Sound| sound.part(4800 + 240..4800 + 480);
    let error = part(&sound).minus(&part(&expected)).peak();
    let effect = part(&plain).minus(&part(&expected)).peak();
    assert!(error < 0.04 * effect, "{error} off, of {effect}");
}

#[test]
fn a_whole_sound_comes_without_a_click() {
    let jump = |sound: &Sound| {
        let steps = sound.left.windows(2).map(|pair| (pair[1] - pair[0]).abs());
        steps.fold(0.0, f32::max)
    };
    let settings = [
        ("cutoff", "300 Hz"),
        ("filter_env", "0 st"),
        ("volume", "-12 dB"),
        ("sustain", "100 %"),
    ];
    // A dull sound has no steep edges of its own, so that a click stands out.
    let dull = [("cutoff", "400 Hz"), ("filter_env", "0 st")];
    let (from, to) = (state(&dull), state(&settings));
    let mut rig = Rig::new();
    rig.instance.load(&from).expect("a saved state loads");
    let before = rig.play(&Score::new(9611).at(0, on(45)), &[480]);
    rig.instance.load(&to).expect("a saved state loads");
    let after = rig.play(&Score::new(2400), &[480]);
    let seam = Sound {
        left: [&before.left[9600..], &after.left[..480]].concat(),
        right: Vec::new(),
    };
    let usual = jump(&before.part(4800..9600));
    // A full-scale ramp over 32 samples adds at most this to a step.
    let ramp = before.peak() / TICK as f32;
    assert!(jump(&seam) < usual + ramp, "{} in {usual}", jump(&seam));
}

#[test]
fn states_of_versions_without_the_field_are_noticed_too() {
    let whole = state(&[("volume", "-30 dB")]);
    let mut old: Value = serde_json::from_slice(&whole[8..]).expect("a saved state is JSON");
    old["fields"] = serde_json::json!({});
    let text = serde_json::to_vec(&old).expect("JSON is written");
    let old = [&(text.len() as u64).to_le_bytes(), text.as_slice()].concat();
    let sound = play_loading(&old, 4800, 9600);
    assert_eq!(
        sound.first_difference(&play_loading(&whole, 4800, 9600)),
        None
    );
}

#[test]
fn no_value_is_lost_while_another_thread_plays() {
    let states = [
        state(&[]),
        state(&[("cutoff", "5 kHz"), ("tune", "-7 st"), ("volume", "-20 dB")]),
        state(&[
            ("resonance", "80 %"),
            ("mpe_zone", "Upper"),
            ("voices", "3"),
        ]),
        state(&[
            ("vibrato_rate", "1/2"),
            ("release", "2 s"),
            ("drive", "12 dB"),
        ]),
    ];
    let expected = states.each_ref().map(|state| {
        let mut rig = Rig::new();
        rig.instance.load(state).expect("a saved state loads");
        rig.play(&Score::phrase(9600), &[512])
    });

    let mut instance = Instance::new(bundles::clap()).expect("an instance is created");
    let mut processor = instance
        .activate(RATE, 1..=512)
        .expect("the plugin activates");
    processor.start().expect("processing starts");
    let mut random = fastrand::Rng::with_seed(4);
    for _ in 0..40 {
        let stop = AtomicBool::new(false);
        let last = thread::scope(|scope| {
            let player = scope.spawn(|| {
                while !stop.load(Ordering::Acquire) {
                    block(&mut processor, &Score::new(64), 0, 64);
                }
            });
            let mut last = 0;
            for _ in 0..random.usize(1..40) {
                last = random.usize(0..states.len());
                instance.load(&states[last]).expect("a saved state loads");
            }
            instance.idle();
            // The player plays one more block at most.
            stop.store(true, Ordering::Release);
            player.join().expect("the audio thread ends well");
            last
        });
        processor.reset();
        let score = Score::phrase(9600);
        let mut sound = Sound::default();
        for start in (0..9600).step_by(512) {
            let part = block(&mut processor, &score, start, 512.min(9600 - start));
            sound.left.extend(part.left);
            sound.right.extend(part.right);
        }
        assert_eq!(
            sound.first_difference(&expected[last]),
            None,
            "state {last}"
        );
        processor.reset();
    }
    processor.stop();
    instance.deactivate(processor);
}

/// Plays the part of `score` that begins at `start`.
fn block(processor: &mut Processor, score: &Score, start: usize, frames: usize) -> Sound {
    let mut sound = Sound::silence(frames);
    let events = score.block(start, frames);
    let mut side = Sound::silence(frames);
    let external = External::Stereo([&mut side.left, &mut side.right]);
    processor
        .process([&mut sound.left, &mut sound.right], external, &events)
        .expect("the plugin processes");
    sound
}
