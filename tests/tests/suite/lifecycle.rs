//! Creation, activation, processing, reset and destruction of the plugin.

use std::thread;

use tidepool_host::{External, Instance};
use tidepool_tests::rig::{Input, RATE};
use tidepool_tests::score::on;
use tidepool_tests::{Rig, Score, bundles};

/// Sample rates that hosts may use, in Hz.
const RATES: [f64; 15] = [
    8_000.0, 11_025.0, 16_000.0, 22_050.0, 32_000.0, 44_100.0, 48_000.0, 88_200.0, 96_000.0,
    176_400.0, 192_000.0, 352_800.0, 384_000.0, 705_600.0, 768_000.0,
];

#[test]
fn two_hundred_instances_come_and_go() {
    for round in 0..200 {
        // Half of the instances never become active, as when a host scans.
        if round % 2 == 0 {
            let mut instance = Instance::new(bundles::clap()).expect("an instance is created");
            assert!(!instance.params().is_empty());
        } else {
            assert!(!Rig::new().play(&Score::a440(512), &[64]).is_silent());
        }
    }
}

#[test]
fn forty_instances_live_side_by_side() {
    let mut rigs: Vec<_> = (0..40).map(|_| Rig::new()).collect();
    let score = Score::a440(2048);
    let reference = rigs[0].play(&score, &[256]);
    for rig in &mut rigs[1..] {
        assert_eq!(rig.play(&score, &[256]).first_difference(&reference), None);
    }
}

#[test]
fn activation_can_be_repeated() {
    let mut rig = Rig::new();
    let score = Score::phrase(4800);
    let reference = rig.play(&score, &[512]);
    for round in 0..30 {
        rig.activate(RATES[round % RATES.len()], 1..=(1 << (round % 13)));
        rig.play(&score, &[1 << (round % 13)])
            .assert_sane("another rate");
        rig.activate(RATE, 1..=8192);
        let again = rig.play(&score, &[512]);
        assert_eq!(
            again.first_difference(&reference),
            None,
            "activation {round} left a trace"
        );
    }
}

#[test]
fn an_instance_that_only_starts_and_stops_is_fine() {
    let mut rig = Rig::new();
    for _ in 0..10 {
        rig.processor().stop();
        rig.processor().start().expect("processing starts again");
    }
    assert!(!rig.play(&Score::a440(512), &[64]).is_silent());
}

#[test]
fn every_sample_rate_sounds_and_is_in_tune() {
    for rate in RATES {
        let frames = (rate / 4.0) as usize;
        let mut rig = Rig::at(rate, 1..=512);
        let sound = rig.play(&Score::new(frames).note(69, 0, frames), &[512]);
        sound.assert_sane(&format!("{rate} Hz"));
        let steady = sound.part(frames / 4..frames / 4 + frames / 2);
        assert!(
            steady.rms() > 0.01,
            "at {rate} Hz the level is {}",
            steady.rms()
        );
        let pitch = steady.pitch(rate);
        assert!(
            (pitch / 440.0 - 1.0).abs() < 0.01,
            "at {rate} Hz an A is {pitch} Hz"
        );
    }
}

#[test]
fn blocks_of_any_length_sound_the_same() {
    let score = Score::phrase(24_000);
    let reference = Rig::at(RATE, 1..=24_000).play(&score, &[24_000]);
    reference.assert_sane("the reference");
    for block in [1, 17, 64, 512, 4096, 8192] {
        let sound = Rig::new().play(&score, &[block]);
        assert_eq!(
            sound.first_difference(&reference),
            None,
            "blocks of {block}"
        );
    }
    let mut random = fastrand::Rng::with_seed(1);
    let blocks: Vec<_> = (0..64).map(|_| random.usize(0..2000)).collect();
    let sound = Rig::new().play(&score, &blocks);
    assert_eq!(
        sound.first_difference(&reference),
        None,
        "blocks of {blocks:?}"
    );
}

#[test]
fn blocks_longer_than_announced_sound_the_same() {
    let score = Score::phrase(8192);
    let reference = Rig::new().play(&score, &[64]);
    // Also with a side-chain, whose copy must not grow during the block.
    for input in [Input::None, Input::Silence] {
        let sound = Rig::at(RATE, 1..=64).play_with(&score, &[8192], input);
        assert_eq!(sound.first_difference(&reference), None);
    }
}

#[test]
fn blocks_of_nothing_do_no_harm() {
    let mut rig = Rig::new();
    for _ in 0..3 {
        rig.processor()
            .process([&mut [], &mut []], External::None, &[])
            .expect("an empty block is processed");
    }
    let score = Score::a440(512);
    let sound = rig.play(&score, &[64]);
    assert_eq!(
        sound.first_difference(&Rig::new().play(&score, &[64])),
        None
    );
}

#[test]
fn a_reset_silences_and_forgets() {
    let score = Score::phrase(9600);
    let reference = Rig::new().play(&score, &[480]);

    let mut rig = Rig::new();
    // Notes, a bend and a pedal are held at the reset.
    let held = Score::new(5000)
        .at(0, on(40))
        .at(100, on(50))
        .at(200, tidepool_host::Event::Midi([0xE0, 0, 0x10]))
        .at(300, tidepool_host::Event::Midi([0xB0, 64, 127]));
    assert!(!rig.play(&held, &[333]).is_silent());
    rig.processor().reset();
    assert!(
        rig.play(&Score::new(4800), &[480]).is_silent(),
        "something sounds on after a reset"
    );

    rig.processor().reset();
    let again = rig.play(&score, &[480]);
    assert_eq!(
        again.first_difference(&reference),
        None,
        "the reset left a trace"
    );
}

#[test]
fn offline_the_best_quality_is_played_from_the_next_activation_on() {
    let score = Score::phrase(24_000);
    let played_at = |quality: &str| {
        let mut rig = Rig::new();
        let quality = rig.set("quality", quality);
        rig.play(&score.clone().at(0, quality), &[512])
    };
    // A new instance uses 2x.
    let [cheapest, live, best] = ["1x", "2x", "4x"].map(played_at);
    assert!(best.first_difference(&live).is_some());

    let mut rig = Rig::new();
    let tell = |rig: &mut Rig, offline| {
        let told = rig.instance.render_offline(offline);
        told.expect("the plugin hears of it");
    };
    tell(&mut rig, true);
    assert!(rig.instance.wants_restart(), "nothing changes without one");
    assert_eq!(rig.play(&score, &[512]).first_difference(&live), None);
    rig.activate(RATE, 1..=8192);
    assert_eq!(rig.play(&score, &[512]).first_difference(&best), None);
    // Neither a reset nor a lower setting reduces the offline quality.
    rig.processor().reset();
    let worst = rig.set("quality", "1x");
    let chosen = rig.play(&score.clone().at(9000, worst), &[512]);
    assert_eq!(chosen.first_difference(&best), None);
    tell(&mut rig, false);
    rig.activate(RATE, 1..=8192);
    assert_eq!(rig.play(&score, &[512]).first_difference(&cheapest), None);
}

#[test]
fn four_instances_play_on_four_threads() {
    let score = Score::phrase(48_000);
    let reference = Rig::new().play(&score, &[512]);
    thread::scope(|scope| {
        for block in [32, 100, 512, 2048] {
            let (score, reference) = (&score, &reference);
            scope.spawn(move || {
                for _ in 0..3 {
                    let sound = Rig::new().play(score, &[block]);
                    assert_eq!(sound.first_difference(reference), None, "blocks of {block}");
                }
            });
        }
    });
}

#[test]
fn the_processor_may_change_threads() {
    let mut instance = Instance::new(bundles::clap()).expect("an instance is created");
    let mut processor = instance
        .activate(RATE, 1..=64)
        .expect("the plugin activates");
    let mut sounded = false;
    for round in 0..4 {
        let play = move || {
            processor.start().expect("processing starts");
            let (mut left, mut right) = ([0.0; 64], [0.0; 64]);
            let events = [on(60 + round).at(0)];
            processor
                .process([&mut left, &mut right], External::None, &events)
                .expect("the plugin processes");
            (
                processor,
                left.iter().chain(&right).any(|&sample| sample != 0.0),
            )
        };
        let heard;
        (processor, heard) = thread::spawn(play)
            .join()
            .expect("the audio thread ends well");
        sounded |= heard;
        instance.idle();
    }
    assert!(sounded);
    instance.deactivate(processor);
}
