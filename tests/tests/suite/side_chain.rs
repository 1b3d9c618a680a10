//! External input: absent, mono, stereo, and in the output's buffers.

use tidepool_tests::rig::Input;
use tidepool_tests::{Rig, Score, Sound};

const FRAMES: usize = 9600;
/// Frequency of 480 Hz in cycles per sample at 48 kHz.
const TONE: f32 = 0.01;

/// Returns a rig with the External level at 0 dB, and the score that sets it.
fn open(score: Score) -> (Rig, Score) {
    let mut rig = Rig::new();
    let level = rig.set("external", "0 dB");
    let mut score = score;
    score.events.insert(0, (0, level));
    (rig, score)
}

#[test]
fn a_closed_input_is_not_heard() {
    let score = Score::phrase(FRAMES);
    let tone = Sound::sine(FRAMES, TONE, 0.5);
    let reference = Rig::new().play(&score, &[512]);
    for input in [
        Input::Mono(&tone),
        Input::Stereo(&tone),
        Input::InPlace(&tone),
    ] {
        let sound = Rig::new().play_with(&score, &[512], input);
        assert_eq!(
            sound.first_difference(&reference),
            None,
            "a tone changes a closed input"
        );
    }
}

#[test]
fn an_open_input_without_a_host_port_is_silence() {
    let (mut rig, score) = open(Score::new(FRAMES));
    assert!(rig.play_with(&score, &[512], Input::None).is_silent());
}

#[test]
fn notes_sound_the_same_without_a_host_port() {
    let score = Score::phrase(FRAMES);
    let reference = Rig::new().play(&score, &[512]);
    let sound = Rig::new().play_with(&score, &[512], Input::None);
    assert_eq!(sound.first_difference(&reference), None);
}

#[test]
fn what_comes_in_is_heard() {
    let tone = Sound::sine(FRAMES, TONE, 0.25);
    for input in [
        Input::Mono(&tone),
        Input::Stereo(&tone),
        Input::InPlace(&tone),
    ] {
        let (mut rig, score) = open(Score::new(FRAMES));
        let sound = rig.play_with(&score, &[512], input);
        sound.assert_sane("an open input");
        let settled = sound.part(FRAMES / 2..FRAMES);
        assert!(
            settled.rms() > 0.01,
            "the tone is not heard: {}",
            settled.rms()
        );
        let pitch = settled.pitch(48_000.0);
        assert!(
            (pitch / 480.0 - 1.0).abs() < 0.01,
            "480 Hz come out as {pitch} Hz"
        );
    }
}

#[test]
fn silence_comes_in_as_silence() {
    let silence = Sound::silence(FRAMES);
    let score = Score::phrase(FRAMES);
    let (mut rig, open_score) = open(score.clone());
    let reference = Rig::new().play(&score, &[512]);
    let sound = rig.play_with(&open_score, &[512], Input::Stereo(&silence));
    assert_eq!(sound.first_difference(&reference), None);
}

#[test]
fn in_place_and_separate_buffers_sound_the_same() {
    let noise = noise();
    for block in [1, 64, 500, 4096] {
        // Automation inside a block makes the framework split it, where errors in copying the input would appear.
        let (mut rig, mut score) = open(Score::phrase(FRAMES));
        for n in 0..40 {
            let change = rig.set("cutoff", if n % 2 == 0 { "300 Hz" } else { "3 kHz" });
            score = score.at(n * 240 + n, change);
        }
        let separate = rig.play_with(&score, &[block], Input::Stereo(&noise));
        let in_place = Rig::new().play_with(&score, &[block], Input::InPlace(&noise));
        assert_eq!(
            in_place.first_difference(&separate),
            None,
            "blocks of {block}"
        );
        separate.assert_sane("noise at the input");
    }
}

#[test]
fn the_input_sounds_the_same_in_blocks_of_any_length() {
    let noise = noise();
    let (mut rig, score) = open(Score::phrase(FRAMES));
    let reference = rig.play_with(&score, &[8192], Input::Stereo(&noise));
    for block in [1, 17, 64, 512, 4096] {
        let sound = Rig::new().play_with(&score, &[block], Input::Stereo(&noise));
        assert_eq!(
            sound.first_difference(&reference),
            None,
            "blocks of {block}"
        );
    }
}

#[test]
fn a_port_that_comes_and_goes_leaves_nothing_behind() {
    // A framework that keeps the last block's input would play it again after the port is gone.
    let tone = Sound::sine(FRAMES, TONE, 0.5);
    let (mut rig, score) = open(Score::new(FRAMES));
    assert!(
        !rig.play_with(&score, &[512], Input::Stereo(&tone))
            .is_silent()
    );
    let nothing = Score::new(FRAMES);
    let after = rig.play_with(&nothing, &[64], Input::None);
    assert!(
        after.part(4800..FRAMES).is_silent(),
        "the input sounds on without a port"
    );
    rig.play_with(&nothing, &[64], Input::Mono(&tone));
    let after = rig.play_with(&nothing, &[512], Input::None);
    assert!(
        after.part(4800..FRAMES).is_silent(),
        "the mono input sounds on without a port"
    );
}

#[test]
fn values_that_are_not_finite_do_not_stay() {
    let (mut rig, score) = open(Score::phrase(FRAMES));
    let mut poison = Sound::silence(FRAMES);
    poison.left[100] = f32::NAN;
    poison.right[200] = f32::INFINITY;
    poison.left[5000] = f32::MAX;
    rig.play_with(&score, &[512], Input::Stereo(&poison))
        .assert_sane("NaN and infinity at the input");
    rig.processor().reset();
    let again = rig.play(&Score::phrase(FRAMES), &[512]);
    again.assert_sane("after NaN and infinity");
    assert!(
        again.rms() > 0.001,
        "the synth stays dead after a NaN at its input"
    );
}

fn noise() -> Sound {
    let mut random = fastrand::Rng::with_seed(7);
    let mut channel = || (0..FRAMES).map(|_| random.f32() - 0.5).collect();
    Sound {
        left: channel(),
        right: channel(),
    }
}
