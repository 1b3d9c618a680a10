use super::*;
use crate::event::{Event, EventKind, Note, NoteFilter};

struct OneNote(Option<Event>, Vec<Note>);

impl NotePort for OneNote {
    fn next_event(&mut self) -> Option<Event> {
        self.0.take()
    }
    fn note_ended(&mut self, _at: u32, note: Note) {
        self.1.push(note);
    }
}

/// Key press at full velocity.
fn press(key: u8) -> EventKind {
    EventKind::NoteOn {
        note: Note {
            id: None,
            channel: 0,
            key,
        },
        velocity: 1.0,
    }
}

#[test]
fn a_voice_that_is_not_finite_is_muted_counted_and_told_to_the_host() {
    let mut engine = Engine::default();
    let note = Note {
        id: Some(7),
        channel: 0,
        key: 60,
    };
    let kind = EventKind::NoteOn {
        note,
        velocity: 1.0,
    };
    let mut port = OneNote(Some(Event { at: 0, kind }), Vec::new());
    let mut process = |engine: &mut Engine| {
        let (mut left, mut right) = ([0.0; 256], [0.0; 256]);
        let block = Block {
            left: &mut left,
            right: &mut right,
            external: [&[], &[]],
        };
        let status = engine.process(block, &mut port);
        (status, left)
    };
    let (status, before) = process(&mut engine);
    assert_eq!((status.voices, status.muted_voices()), (1, 0));
    engine.voice_engine.voices.groups_mut()[0].poison(1);
    let (status, after) = process(&mut engine);
    assert_eq!((status.voices, status.muted_voices()), (0, 1));
    assert_eq!(status.not_finite[Module::Voices as usize], 1);
    assert_eq!(status.not_finite.iter().sum::<u64>(), 1);
    // The last sample fades within 3 ms (144 samples) instead of breaking off.
    let last = before[255].abs();
    assert!(last > 0.01);
    let mut previous = before[255];
    for sample in &after[..144] {
        assert!(
            (sample - previous).abs() <= last / 100.0,
            "{previous} to {sample}"
        );
        previous = *sample;
    }
    assert_eq!(after[145..], [0.0; 111]);
    assert_eq!(port.1, [note]);
    // Nothing of the note is left for the next one.
    assert!(engine.voice_engine.voices.is_silent());
}

#[test]
fn a_voice_that_is_not_finite_disturbs_no_other_even_on_its_first_sample() {
    let mut engine = Engine::default();
    let process = |engine: &mut Engine, kind| {
        let (mut left, mut right) = ([0.0; 256], [0.0; 256]);
        let block = Block {
            left: &mut left,
            right: &mut right,
            external: [&[], &[]],
        };
        let event = Event { at: 0, kind };
        let status = engine.process(block, &mut OneNote(Some(event), Vec::new()));
        (status, left)
    };
    process(&mut engine, press(40));
    let mut alone = Engine::default();
    process(&mut alone, press(40));
    // The lane of the next note has no last sample to fade from.
    engine.voice_engine.voices.groups_mut()[0].poison(2);
    let (status, heard) = process(&mut engine, press(60));
    assert_eq!(status.not_finite.iter().sum::<u64>(), 1);
    assert_eq!((status.voices, status.muted_voices()), (1, 1));
    let (_, other) = process(&mut alone, EventKind::Choke(NoteFilter::channel(9)));
    assert!(other.iter().any(|sample| sample.abs() > 0.01));
    assert_eq!(heard, other);
}

#[test]
fn whatever_is_not_finite_is_told_by_the_module_it_came_out_of() {
    let process = |kind: Option<EventKind>, external: f32| {
        let mut engine = Engine::default();
        // The level overflows, and a volume of silence then makes it a NaN.
        engine.set(Parameter::External, 12.0, 0.0);
        engine.set(Parameter::Volume, -60.0, 0.0);
        if external.is_nan() {
            engine.set(Parameter::Cutoff, external, 0.0);
        }
        let mut port = OneNote(kind.map(|kind| Event { at: 0, kind }), Vec::new());
        let (mut left, mut right) = ([0.0; 64], [0.0; 64]);
        let block = Block {
            left: &mut left,
            right: &mut right,
            external: [&[external; 64], &[]],
        };
        let status = engine.process(block, &mut port);
        assert!(left.iter().chain(&right).all(|sample| sample.is_finite()));
        let named = |module: Module| status.not_finite[module as usize];
        let all: u64 = status.not_finite.iter().sum();
        assert_eq!(all, status.silenced);
        [
            Module::Events,
            Module::Parameters,
            Module::Mix,
            Module::Output,
        ]
        .map(named)
    };
    let bend = EventKind::Bend {
        channel: 0,
        value: f32::NAN,
    };
    assert_eq!(process(None, 0.5), [0; 4]);
    assert_eq!(process(Some(bend), 0.5), [1, 0, 0, 0]);
    assert_eq!(process(None, f32::NAN), [0, 1, 64, 0]);
    assert_eq!(process(None, f32::INFINITY), [0, 0, 64, 0]);
    // Infinite values do not get past the bus.
    assert_eq!(process(None, 3e38), [0, 0, 64, 0]);
}

#[test]
fn denormal_numbers_do_not_leave_and_are_counted() {
    let mut engine = Engine::default();
    engine.set(Parameter::External, 0.0, 0.0);
    engine.set(Parameter::Volume, -59.0, 0.0);
    let mut process = |external: f32| {
        let (mut left, mut right) = ([1.0; 64], [1.0; 64]);
        let block = Block {
            left: &mut left,
            right: &mut right,
            external: [&[external; 64], &[]],
        };
        let status = engine.process(block, &mut OneNote(None, Vec::new()));
        assert_eq!(right, [0.0; 64]);
        (status.denormal, left[63])
    };
    // Tests run without flush-to-zero.
    assert_eq!(process(1e-36), (64, 0.0));
    assert_eq!(process(0.0), (0, 0.0));
    let (denormal, heard) = process(1e-30);
    assert!(denormal == 0 && heard > 0.0);
}

#[test]
fn every_module_that_runs_is_timed() {
    let mut engine = Engine::default();
    let mut timed = |kind: Option<EventKind>| {
        let (mut left, mut right) = ([0.0; 512], [0.0; 512]);
        let block = Block {
            left: &mut left,
            right: &mut right,
            external: [&[], &[]],
        };
        let mut port = OneNote(kind.map(|kind| Event { at: 0, kind }), Vec::new());
        let begin = Clock::default().now();
        engine.process(block, &mut port);
        let spent = Clock::default().now() - begin;
        let timer = engine.timer().take();
        assert!(timer.iter().map(|nanos| u64::from(*nanos)).sum::<u64>() <= spent);
        assert_eq!(engine.timer().take(), [0; MAX_MODULES]);
        for parameter in [
            Parameter::FmLevel,
            Parameter::NoiseLevel,
            Parameter::SendReverb,
        ] {
            engine.set(parameter, 0.0, 0.0);
        }
        move |module: Module| timer[module as usize]
    };
    let always = [Module::Events, Module::Mix, Module::Output];
    let of_notes = [
        Module::Parameters,
        Module::Sends,
        Module::Modulation,
        Module::Oscillators,
        Module::Fm,
        Module::Noise,
        Module::Filter,
        Module::Voices,
    ];
    let silent = timed(None);
    for module in always {
        assert!(silent(module) > 0, "{module:?}");
    }
    for module in [Module::Parameters, Module::Filter] {
        assert_eq!(silent(module), 0, "nothing moves, nothing sounds");
    }
    let playing = timed(Some(press(60)));
    for module in always.into_iter().chain(of_notes) {
        assert!(playing(module) > 0, "{module:?}");
    }
    assert_eq!(playing(Module::Tap), 0, "there is no tap");
}

/// Uses a clock on which only readings take time, so that the metrics take as many nanoseconds as there are marks.
#[test]
fn the_clock_is_read_once_for_a_module_of_two_groups() {
    let play = |engine: &mut Engine, key: Option<u8>| {
        let event = key.map(|key| Event {
            at: 0,
            kind: press(key),
        });
        let (mut left, mut right) = ([0.0; 128], [0.0; 128]);
        let block = Block {
            left: &mut left,
            right: &mut right,
            external: [&[], &[]],
        };
        engine.process(block, &mut OneNote(event, Vec::new()))
    };
    let timer = |voices: u8| {
        let mut engine = Engine::default();
        engine.set(Parameter::Voices, 64.0, 0.0);
        let (clock, time) = Clock::mocked();
        time.count_readings(1);
        engine.measure_by(clock);
        // Wait until the parameter has settled.
        (0..40).for_each(|_| _ = play(&mut engine, None));
        (0..voices).for_each(|key| _ = play(&mut engine, Some(key)));
        engine.timer().take();
        assert_eq!(play(&mut engine, None).voices, voices.into());
        engine.timer().take()[Module::Metrics as usize]
    };
    // Once a block for events and for output; once a tick for modulation and for mix, and for each pair of groups the
    // oscillators, the filter and the output stage.
    let expected = |pairs: u32| 2 + 4 * (2 + 3 * pairs);
    let counted = [8, 16, 17, 64].map(timer);
    assert_eq!(counted, [1, 1, 2, 4].map(expected));
}

#[test]
fn an_engine_rings_until_its_last_echo_is_over() {
    let mut engine = Engine::default();
    let values = [
        (Parameter::SendDelay, 0.0),
        (Parameter::DelayFeedback, 0.0),
        (Parameter::Release, 0.01),
    ];
    for (parameter, value) in values {
        engine.set(parameter, value, 0.0);
    }
    // A key is tapped; its echo comes two thirds of a beat later, which is a third of a second.
    let tap = [
        Some(press(60)),
        Some(EventKind::note_off(NoteFilter::default())),
    ];
    let process = |engine: &mut Engine, kind: Option<EventKind>| {
        let (mut left, mut right) = ([0.0; 480], [0.0; 480]);
        let block = Block {
            left: &mut left,
            right: &mut right,
            external: [&[], &[]],
        };
        let mut port = OneNote(kind.map(|kind| Event { at: 0, kind }), Vec::new());
        let status = engine.process(block, &mut port);
        (left.iter().any(|sample| *sample != 0.0), status.rings)
    };
    assert_eq!(process(&mut engine, None), (false, false));
    let played: Vec<_> = (0..100)
        .map(|block| process(&mut engine, tap.get(block).copied().flatten()))
        .collect();
    let (gap, echo) = (&played[15..32], &played[34..]);
    assert!(gap.iter().all(|block| *block == (false, true)), "{gap:?}");
    assert!(echo.iter().any(|(sounds, _)| *sounds), "there is no echo");
    // The engine never sounds again after the block at whose end it is idle.
    let rests = played.iter().position(|(_, rings)| !rings);
    let rests = rests.expect("it rests at last");
    assert!(
        played[rests + 1..]
            .iter()
            .all(|block| *block == (false, false))
    );

    process(&mut engine, tap[0]);
    engine.reset();
    assert_eq!(process(&mut engine, None), (false, false));
}

#[test]
fn the_release_of_the_limiter_counts_as_ringing() {
    let mut engine = Engine::default();
    for parameter in [Parameter::External, Parameter::Volume] {
        engine.set(parameter, 6.0, 0.0);
    }
    let mut process = |external: f32| {
        let (mut left, mut right) = ([0.0; 480], [0.0; 480]);
        let block = Block {
            left: &mut left,
            right: &mut right,
            external: [&[external; 480], &[]],
        };
        engine.process(block, &mut OneNote(None, Vec::new())).rings
    };
    assert!(process(1.0));
    // The gain takes at least two hundredths of a second to return to 1.
    assert!(process(0.0) && process(0.0));
    assert!((0..300).any(|_| !process(0.0)), "the gain is 1 again");
    // An External input of zeros does not count as sounding.
    assert!(!process(0.0));
}

#[test]
fn offline_the_best_quality_is_taken_from_the_next_preparation_on() {
    let play = |quality: f32, offline: [bool; 2]| {
        let mut engine = Engine::default();
        engine.set(Parameter::Quality, quality, 0.0);
        engine.set(Parameter::Drive, 24.0, 0.0);
        engine.render_offline(offline[0]);
        engine.prepare(48_000.0, 512);
        engine.render_offline(offline[1]);
        let mut kind = Some(press(90));
        let mut sound = Vec::new();
        for block in 0..8 {
            if block == 4 {
                // Settings that are read again have the same quality as before.
                engine.set(Parameter::Sync, 1.0, 0.0);
            }
            let (mut left, mut right) = ([0.0; 512], [0.0; 512]);
            let block = Block {
                left: &mut left,
                right: &mut right,
                external: [&[], &[]],
            };
            let event = kind.take().map(|kind| Event { at: 0, kind });
            engine.process(block, &mut OneNote(event, Vec::new()));
            sound.extend(left.map(f32::to_bits));
        }
        sound
    };
    let best = play(2.0, [false; 2]);
    assert_ne!(play(0.0, [false; 2]), best);
    assert_eq!(play(0.0, [true; 2]), best);
    assert_eq!(play(1.0, [true, false]), best);
    assert_eq!(play(0.0, [false, true]), play(0.0, [false; 2]));
}

/// Port that panics when it is asked for a second event.
struct Trap(Option<Event>);

impl NotePort for Trap {
    fn next_event(&mut self) -> Option<Event> {
        Some(self.0.take().expect("planted"))
    }
    fn note_ended(&mut self, _at: u32, _note: Note) {}
}

#[test]
fn after_a_panic_it_is_known_what_had_finished_before() {
    let kind = press(60);
    let mut engine = Engine::default();
    let mut finished = |event: Option<Event>| {
        let (mut left, mut right) = ([0.0; 64], [0.0; 64]);
        let block = Block {
            left: &mut left,
            right: &mut right,
            external: [&[], &[]],
        };
        let mut port = Trap(event);
        let work = || engine.process(block, &mut port);
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
        assert!(outcome.is_err());
        engine.timer().ended().and_then(Module::at)
    };
    let at = |at| Some(Event { at, kind });
    assert_eq!(finished(at(0)), Some(Module::Events));
    assert_eq!(finished(at(40)), Some(Module::Mix), "of the samples before");
    assert_eq!(finished(None), None, "in this block");
}

#[test]
fn an_unprepared_engine_is_silent_and_plays_like_any_other_once_it_is_prepared() {
    let config = EngineConfig::default();
    let unprepared = Engine::unprepared(&config).unwrap();
    let played = [unprepared, Engine::new(&config).unwrap()].map(|mut engine| {
        let mut play = |rate: Option<f32>| {
            if let Some(rate) = rate {
                engine.prepare(rate, 64);
            }
            let kind = press(60);
            let mut port = OneNote(Some(Event { at: 0, kind }), Vec::new());
            let (mut left, mut right) = ([1.0_f32; 4_096], [1.0; 4_096]);
            let block = Block {
                left: &mut left,
                right: &mut right,
                external: [&[], &[]],
            };
            engine.process(block, &mut port);
            left.map(f32::to_bits).to_vec()
        };
        [play(None), play(Some(44_100.0)), play(Some(96_000.0))]
    });
    let [unprepared, prepared] = played;
    assert!(unprepared[0].iter().all(|sample| *sample == 0));
    assert_eq!(unprepared[1..], prepared[1..]);
    let heard = |sound: &Vec<u32>| sound.iter().any(|sample| *sample != 0);
    assert!(prepared.iter().all(heard));
}
