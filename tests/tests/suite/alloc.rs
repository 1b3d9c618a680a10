//! Tests that the audio thread neither allocates nor frees memory.
//!
//! In release builds the plugin's library is linked into this program with its counting allocator. In debug builds
//! nice-plug itself provides the allocator and aborts on the first call, so that playing the same music is enough.
//! `foreign.rs` tests the calls of a bundle to the C library.

use std::sync::mpsc;
use std::thread;

use tidepool::params::param_id;
use tidepool_dsp::rt::CountingAllocator;
use tidepool_host::{
    Event, Expression, External, Instance, Note, Param, PluginEntry, Processor, Timed, Transport,
};
use tidepool_tests::rig::RATE;
use tidepool_tests::score::{note, off, on};

/// Longest block, and the announced maximum.
const LONGEST: usize = 8192;

fn entry() -> PluginEntry {
    // SAFETY: the entry is a static of this program and conforms to the CLAP ABI.
    let entry = unsafe { PluginEntry::load_from_raw(&tidepool::clap_entry, c"") };
    entry.expect("the library has an entry")
}

/// Returns events of every kind, spread over a block of `frames` samples.
fn music(round: usize, frames: usize, params: &[Param]) -> Vec<Timed> {
    let mut random = fastrand::Rng::with_seed(round as u64);
    let mut events = Vec::new();
    let mut add = |event: Event, random: &mut fastrand::Rng| {
        events.push(event.at(random.u32(0..frames as u32)));
    };
    let key = 30 + (round * 7 % 60) as u8;
    add(on(key), &mut random);
    add(on(key + 4), &mut random);
    add(off(30 + ((round + 40) * 7 % 60) as u8), &mut random);
    add(
        Event::Expression {
            note: note(key),
            kind: Expression::Tuning,
            value: 0.5,
        },
        &mut random,
    );
    add(
        Event::Expression {
            note: note(key),
            kind: Expression::Pressure,
            value: 0.5,
        },
        &mut random,
    );
    for controller in [1, 7, 11, 64, 74] {
        add(
            Event::Midi([0xB0, controller, random.u8(0..128)]),
            &mut random,
        );
    }
    add(
        Event::Midi([0xE0, random.u8(0..128), random.u8(0..128)]),
        &mut random,
    );
    add(Event::Midi([0x90, key, 80]), &mut random);
    add(Event::Midi([0xD0, 40, 0]), &mut random);
    for channel in 1..4 {
        add(Event::Midi([0x90 | channel, key, 80]), &mut random);
        add(
            Event::Midi([0xE0 | channel, 0, random.u8(0..128)]),
            &mut random,
        );
    }
    // More changes than a batch holds.
    for _ in 0..100 {
        let param = random.choice(params).expect("there are parameters");
        let (id, span) = (param.id, param.max - param.min);
        let value = param.min + span * random.f64();
        add(Event::Param { id, value }, &mut random);
    }
    let param = random.choice(params).expect("there are parameters");
    add(
        Event::Modulation {
            id: param.id,
            note: Note::ALL,
            amount: 0.1 * (param.max - param.min),
        },
        &mut random,
    );
    for param in params.iter().filter(|param| param.per_note) {
        add(
            Event::Modulation {
                id: param.id,
                note: note(key),
                amount: random.f64() - 0.5,
            },
            &mut random,
        );
    }
    let transport = Transport {
        tempo: 90.0 + round as f64,
        beats: 1.0,
        seconds: 1.0,
        playing: true,
    };
    add(Event::Transport(transport), &mut random);
    if round % 16 == 15 {
        add(Event::Choke { note: Note::ALL }, &mut random);
    }
    events
}

#[test]
fn alloc_none_in_any_audio_call() {
    let mut instance = Instance::new(&entry()).expect("an instance is created");
    let params = instance.params();
    let mut processor = instance
        .activate(RATE, 1..=LONGEST as u32)
        .expect("the plugin activates");
    let mut buffers = [const { Vec::new() }; 4].map(|_: Vec<f32>| vec![0.25_f32; LONGEST]);

    let watch = CountingAllocator::watch();
    processor.start().expect("processing starts");
    assert_eq!(watch.calls(), 0, "starting asks the allocator");

    for round in 0..600 {
        let frames = [1, 17, 64, 512, 4096, LONGEST, 333][round % 7];
        let events = music(round, frames, &params);
        let [left, right, side_left, side_right] = &mut buffers;
        let (side_left, side_right) = (&mut side_left[..frames], &mut side_right[..frames]);
        let external = match round % 8 {
            0 => External::None,
            1 => External::Mono(side_left),
            2..5 => External::Stereo([side_left, side_right]),
            _ => External::InPlace,
        };
        let outputs = [&mut left[..frames], &mut right[..frames]];

        let watch = CountingAllocator::watch();
        processor
            .process(outputs, external, &events)
            .expect("the plugin processes");
        assert_eq!(
            watch.calls(),
            0,
            "round {round}: a block of {frames} asks the allocator"
        );

        // Runs nice-plug's main-thread tasks, whose queue would otherwise fill up with a warning.
        instance.idle();
        if round % 50 == 49 {
            let watch = CountingAllocator::watch();
            processor.reset();
            assert_eq!(watch.calls(), 0, "a reset asks the allocator");
        }
        if round % 60 == 59 {
            let watch = CountingAllocator::watch();
            processor.stop();
            processor.start().expect("processing starts again");
            assert_eq!(watch.calls(), 0, "stopping and starting asks the allocator");
        }
    }
    processor.stop();
    instance.deactivate(processor);
}

#[test]
fn alloc_none_while_another_thread_loads_states() {
    let mut instance = Instance::new(&entry()).expect("an instance is created");
    let params = instance.params();
    let first = instance.save().expect("the state is saved");
    instance
        .set_value(param_id("cutoff"), 0.9)
        .expect("an inactive plugin takes values");
    let second = instance.save().expect("the state is saved");
    let processor = instance
        .activate(RATE, 1..=512)
        .expect("the plugin activates");

    let (finished, is_finished) = mpsc::channel();
    let audio = thread::spawn(move || {
        let result = play_counting(processor, &params);
        // The receiver may have stopped waiting, which is no error here.
        let _ = finished.send(());
        result
    });
    let mut loads = 0;
    while is_finished.try_recv().is_err() && !audio.is_finished() {
        let state = if loads % 2 == 0 { &first } else { &second };
        instance.load(state).expect("a saved state loads");
        instance.idle();
        loads += 1;
    }
    let (processor, count) = audio.join().expect("the audio thread ends well");
    instance.deactivate(processor);
    assert!(loads > 10, "only {loads} states were loaded meanwhile");
    assert_eq!(count, 0, "the audio thread asks the allocator");
}

/// Plays for a few seconds and returns the number of allocator calls inside the plugin.
fn play_counting(mut processor: Processor, params: &[Param]) -> (Processor, u64) {
    let mut count = 0;
    let (mut left, mut right) = (vec![0.0; 512], vec![0.0; 512]);
    processor.start().expect("processing starts");
    for round in 0..2000 {
        let events = music(round, 512, params);
        let watch = CountingAllocator::watch();
        processor
            .process([&mut left, &mut right], External::InPlace, &events)
            .expect("the plugin processes");
        count += watch.calls();
    }
    processor.stop();
    (processor, count)
}

#[cfg(not(debug_assertions))]
#[test]
fn alloc_none_where_snapshots_are_published() {
    let (mut writer, reader) = tidepool::telemetry::snapshot_feed::snapshot_feed();
    writer.prepare(RATE as f32);
    let monitor = tidepool_dsp::Engine::default().modulation_snapshot();
    let watch = CountingAllocator::watch();
    let mut calls = 0;
    for block in 0..500 {
        if block % 10 == 0 {
            drop(reader.read());
        }
        let before = watch.calls();
        writer.pass(512, || monitor);
        calls += watch.calls() - before;
    }
    assert_eq!(calls, 0, "the audio thread asks the allocator");
    assert!(reader.read().is_some());
}

#[cfg(not(debug_assertions))]
#[test]
fn alloc_counting_bites() {
    let watch = CountingAllocator::watch();
    drop(std::hint::black_box(vec![0_u8; 16]));
    assert_eq!(watch.calls(), 2, "the counting allocator does not count");
}
