//! Song position: the transport of a host through the built bundle. Equal passages of a song give equal bits after stop and
//! start, whatever the block lengths, and neither jumps nor ramps of the tempo click.

use tidepool_host::{Event, Transport};
use tidepool_tests::rig::RATE;
use tidepool_tests::score::{off, on};
use tidepool_tests::{Rig, Score, Sound};

/// Values of a sound of which everything that can be synchronized to the tempo is heard.
const SOUND: [(&str, &str); 16] = [
    ("lfo1_sync", "1/4D"),
    ("lfo1_mode", "Global"),
    ("lfo2_sync", "1/8T"),
    ("lfo2_shape", "Random"),
    ("slot1_source", "LFO 1"),
    ("slot1_destination", "Cutoff"),
    ("slot1_amount", "30 %"),
    ("slot2_source", "LFO 2"),
    ("slot2_destination", "Osc A Pitch"),
    ("slot2_amount", "5 %"),
    ("noise_level", "-18 dB"),
    ("send_delay", "-9 dB"),
    ("send_reverb", "-9 dB"),
    ("delay_feedback", "0 %"),
    ("reverb_decay", "0.1 s"),
    ("release", "0.05 s"),
];

/// Returns the event of a song that plays from `beats` on, or stands there.
fn transport(beats: f64, tempo: f64, playing: bool) -> Event {
    Event::Transport(Transport {
        tempo,
        beats,
        seconds: beats * 60.0 / tempo,
        playing,
    })
}

/// Plays `score` with the values `sound`.
fn play(sound: &[(&str, &str)], mut score: Score, blocks: &[usize]) -> Sound {
    let mut rig = Rig::new();
    let values = sound.iter().map(|(key, text)| (0, rig.set(key, text)));
    score.events.splice(0..0, values.collect::<Vec<_>>());
    rig.play(&score, blocks)
}

/// Adds a passage of notes with wheel and automation from sample `from` on.
fn passage(mut score: Score, from: usize) -> Score {
    let cutoff = |text| ("cutoff", text);
    let mut rig = Rig::new();
    for (at, (key, text)) in [(0, cutoff("700 Hz")), (9_001, cutoff("4 kHz"))] {
        let event = rig.set(key, text);
        score = score.at(from + at, event);
    }
    score = score.at(from, Event::Midi([0xB0, 1, 90]));
    for (n, key) in [40, 64, 67, 71, 52].into_iter().enumerate() {
        let at = from + 3_001 * n;
        score = score.at(at, on(key)).at(at + 7_000, off(key));
    }
    score
}

#[test]
fn play_stop_play_gives_the_same_bits() {
    const LENGTH: usize = 30_000;
    let (first, second) = (4_096, 150_013);
    let mut score = Score::new(second + LENGTH)
        .at(0, transport(0.0, 128.0, false))
        .at(first, transport(33.0, 128.0, true))
        .at(first + LENGTH, transport(40.0, 128.0, false))
        .at(second, transport(33.0, 128.0, true));
    score = passage(passage(score, first), second);
    let whole = play(&SOUND, score.clone(), &[512]);
    let (one, two) = (
        whole.part(first..first + LENGTH),
        whole.part(second..second + LENGTH),
    );
    assert!(one.peak() > 0.05 && whole.part(second - 1_000..second).peak() == 0.0);
    assert_eq!(two.first_difference(&one), None);
    for blocks in [&[64][..], &[441], &[8192, 1, 77]] {
        let again = play(&SOUND, score.clone(), blocks);
        assert_eq!(again.first_difference(&whole), None, "blocks of {blocks:?}");
    }
}

#[test]
fn a_loop_sounds_alike_each_time_and_a_jump_takes_the_phase_along() {
    // A global LFO in sync sweeps the pitch: its cycle of four quarter notes is cut by a loop of three.
    let sound = [
        ("attack", "0 s"),
        ("release", "0.003 s"),
        ("lfo1_sync", "1/1"),
        ("lfo1_mode", "Global"),
        ("slot1_source", "LFO 1"),
        ("slot1_destination", "Osc A Pitch"),
        ("slot1_amount", "10 %"),
    ];
    let length = (3.0 * RATE / 2.0) as usize;
    let mut score = Score::new(4 * length);
    for turn in 0..4 {
        let from = turn * length;
        score = score
            .at(from, transport(8.0, 120.0, true))
            .at(from, on(60))
            .at(from + length - 4_800, off(60));
    }
    let sound = play(&sound, score, &[512]);
    let turn = |n: usize| sound.part(n * length..(n + 1) * length);
    assert!((1..4).all(|n| turn(n).first_difference(&turn(0)).is_none()));
}

/// Returns the largest second difference of the left channel.
fn bend(sound: &Sound) -> f32 {
    let bends = sound.left.windows(3).map(|x| x[2] - 2.0 * x[1] + x[0]);
    bends.fold(0.0, |most, bend| most.max(bend.abs()))
}

#[test]
fn jumps_and_tempo_ramps_do_not_click() {
    let sound = [
        ("osc_a_shape", "Sine"),
        ("cutoff", "20 kHz"),
        ("sustain", "100 %"),
        ("lfo1_sync", "1/4"),
        ("lfo1_mode", "Global"),
        ("slot1_source", "LFO 1"),
        ("slot1_destination", "Level"),
        ("slot1_amount", "-15 %"),
        ("send_delay", "-9 dB"),
    ];
    let (jump, ramp, end) = (72_003, 120_000, 216_000);
    let mut score = Score::new(end)
        .at(0, transport(0.0, 120.0, true))
        .at(0, on(33));
    // From the peak of the LFO to its trough.
    score = score.at(jump, transport(3.25, 120.0, true));
    let mut beats = 3.25 + (ramp - jump) as f64 * 2.0 / RATE;
    for at in (ramp..end).step_by(480) {
        let tempo = 120.0 + (at - ramp) as f64 * 120.0 / RATE;
        score = score.at(at, transport(beats, tempo, true));
        beats += 480.0 / RATE * (tempo + 0.6) / 60.0;
    }
    let sound = play(&sound, score, &[480]);
    let still = bend(&sound.part(36_000..jump - 1_000));
    let line = sound.peak() / 32.0;
    let jumped = bend(&sound.part(jump - 2..ramp));
    assert!(
        jumped - still < 1.5 * line,
        "{jumped} after {still}, a line: {line}"
    );
    let ramped = bend(&sound.part(ramp..end));
    assert!(
        ramped - still < 0.1 * line,
        "{ramped} after {still}, a line: {line}"
    );
}
