//! Times and order of events: times are clamped to the block and made non-decreasing, and every value takes effect.

use tidepool_tests::raw_host::{
    Block, Events, isolated, midi, modulation, note_off, note_on, transport, value,
};

use super::{BLOCK, assert_holds, id, peak_of, play, play_block, playing, sound_of};

/// Times at and past the end of a block of [`BLOCK`] samples.
const PAST: [u32; 6] = [BLOCK, BLOCK + 1, 4000, 1 << 20, i32::MAX as u32, u32::MAX];

#[test]
fn a_value_past_the_block_arrives() {
    isolated(|| {
        for (n, time) in PAST.into_iter().enumerate() {
            let plugin = playing();
            let wanted = (n + 1) as f64 / 10.0;
            let mut events = Events::new();
            events.push(value(time, id("cutoff"), wanted));
            play(&plugin, BLOCK, &events);
            assert_holds(&plugin, "cutoff", wanted);
        }
    });
}

#[test]
fn a_value_past_the_block_sounds_as_on_the_last_sample() {
    isolated(|| {
        let sound = |time| {
            let plugin = playing();
            let mut events = Events::new();
            events
                .push(note_on(0, 60))
                .push(value(time, id("volume"), 0.1));
            let mut sound = play(&plugin, BLOCK, &events).channels.concat();
            sound.extend(sound_of(&plugin, 8));
            sound
        };
        let reference = sound(BLOCK - 1);
        assert_ne!(reference, sound(0), "the volume is not heard");
        for time in PAST {
            assert_eq!(sound(time), reference, "at {time}");
        }
    });
}

#[test]
fn a_modulation_past_the_block_sounds_as_on_the_last_sample() {
    isolated(|| {
        let sound = |time| {
            let plugin = playing();
            let mut events = Events::new();
            events
                .push(note_on(0, 60))
                .push(modulation(time, id("volume"), -0.5));
            let mut sound = play(&plugin, BLOCK, &events).channels.concat();
            sound.extend(sound_of(&plugin, 8));
            sound
        };
        let reference = sound(BLOCK - 1);
        assert_ne!(reference, sound(0), "the modulation is not heard");
        for time in PAST {
            assert!(sound(time) == reference, "at {time}");
        }
    });
}

#[test]
fn a_transport_past_the_block_does_no_harm() {
    isolated(|| {
        for time in PAST {
            let plugin = playing();
            let mut events = Events::new();
            events
                .push(note_on(0, 60))
                .push(transport(time, 90.0))
                .push(value(time, id("cutoff"), 0.25));
            assert!(play(&plugin, BLOCK, &events).peak() > 0.0);
            assert_holds(&plugin, "cutoff", 0.25);
            assert!(peak_of(&plugin, 2) > 0.0);
        }
    });
}

#[test]
fn a_note_past_the_block_is_heard_and_its_end_too() {
    isolated(|| {
        for time in PAST {
            for midi_notes in [false, true] {
                let plugin = playing();
                let mut events = Events::new();
                match midi_notes {
                    true => events.push(midi(time, [0x90, 60, 100])),
                    false => events.push(note_on(time, 60)),
                };
                play(&plugin, BLOCK, &events);
                assert!(peak_of(&plugin, 4) > 0.001, "no note at {time}");
                let mut events = Events::new();
                match midi_notes {
                    true => events.push(midi(time, [0x80, 60, 0])),
                    false => events.push(note_off(time, 60)),
                };
                play(&plugin, BLOCK, &events);
                peak_of(&plugin, 2000);
                assert!(peak_of(&plugin, 4) < 1e-4, "the note at {time} hangs");
            }
        }
    });
}

#[test]
fn values_in_decreasing_order_all_arrive() {
    isolated(|| {
        let keys = [
            "cutoff",
            "resonance",
            "drive",
            "volume",
            "sustain",
            "release",
        ];
        let plugin = playing();
        let mut events = Events::new();
        for (n, key) in keys.into_iter().enumerate() {
            let time = BLOCK - 1 - n as u32 * 100;
            events.push(value(time, id(key), 0.25 + n as f64 / 16.0));
        }
        play(&plugin, BLOCK, &events);
        for (n, key) in keys.into_iter().enumerate() {
            assert_holds(&plugin, key, 0.25 + n as f64 / 16.0);
        }
    });
}

#[test]
fn of_several_values_the_last_in_the_list_stays() {
    isolated(|| {
        let plugin = playing();
        let mut events = Events::new();
        for (time, wanted) in [(400, 0.9), (u32::MAX, 0.8), (0, 0.3), (600, 0.2), (10, 0.4)] {
            events.push(value(time, id("cutoff"), wanted));
        }
        play(&plugin, BLOCK, &events);
        assert_holds(&plugin, "cutoff", 0.4);
    });
}

#[test]
fn decreasing_times_sound_as_if_they_waited_for_those_before_them() {
    isolated(|| {
        let sound = |times: [u32; 5]| {
            let plugin = playing();
            let mut events = Events::new();
            let [a, b, c, d, e] = times;
            events
                .push(note_on(a, 60))
                .push(value(b, id("volume"), 0.3))
                .push(note_on(c, 67))
                .push(transport(d, 200.0))
                .push(value(e, id("cutoff"), 0.2));
            let mut sound = play(&plugin, BLOCK, &events).channels.concat();
            sound.extend(sound_of(&plugin, 8));
            sound
        };
        let reference = sound([100, 300, 300, 300, 511]);
        assert_eq!(sound([100, 300, 20, 0, 511]), reference);
        assert_eq!(sound([100, 300, 299, 1, 9999]), reference);
        assert_ne!(sound([100, 301, 301, 301, 511]), reference);
    });
}

#[test]
fn the_tempo_of_a_transport_event_before_its_time_is_played() {
    isolated(|| {
        let sound = |times: [u32; 2], tempo| {
            let plugin = playing();
            let mut events = Events::new();
            for (key, text) in [("send_delay", "0 dB"), ("delay_time", "1/2")] {
                let wanted = plugin.text_to_value(id(key), Some(text.as_bytes()));
                events.push(value(0, id(key), wanted.expect("the text is understood")));
            }
            // The value comes before the transport event, so that times can decrease.
            events
                .push(note_on(0, 60))
                .push(note_off(50, 60))
                .push(value(times[0], id("pan"), 0.75))
                .push(transport(times[1], tempo));
            // The block is long enough for an echo, which depends on the tempo from the block's events.
            let mut block = Block::new(48_000, &events);
            block.transport = Some(transport(0, 60.0));
            play_block(&plugin, &block).channels.concat()
        };
        let reference = sound([100, 100], 240.0);
        assert!(sound([100, 3], 240.0) == reference);
        assert!(
            sound([100, 100], 60.0) != reference,
            "the tempo is not heard"
        );
    });
}

#[test]
fn every_event_of_a_wild_list_counts() {
    isolated(|| {
        let plugin = playing();
        let mut random = fastrand::Rng::with_seed(12);
        let keys = [
            "cutoff",
            "resonance",
            "drive",
            "volume",
            "sustain",
            "release",
        ];
        let mut last = [0.0; 6];
        for _ in 0..200 {
            let mut events = Events::new();
            let frames = random.u32(1..2 * BLOCK);
            for _ in 0..random.usize(0..40) {
                let n = random.usize(0..keys.len());
                let time = match random.u8(0..4) {
                    0 => random.u32(..),
                    _ => random.u32(0..2 * frames),
                };
                // Near zero a curved range has fewer significant digits.
                last[n] = 0.25 + 0.75 * random.f64();
                events.push(value(time, id(keys[n]), last[n]));
            }
            for (n, key) in keys.into_iter().enumerate() {
                events.push(value(random.u32(..), id(key), last[n]));
            }
            play(&plugin, frames, &events);
            for (n, key) in keys.into_iter().enumerate() {
                assert_holds(&plugin, key, last[n]);
            }
        }
    });
}

#[test]
fn a_block_of_no_frames_leaves_dense_automation_at_its_samples() {
    /// Plays a note, dense changes of which some wait for sample 32, and more dense changes there that end with the
    /// volume.
    fn faded(between: bool) -> Vec<f32> {
        let plugin = playing();
        let mut events = Events::new();
        events.push(note_on(0, 60));
        play(&plugin, BLOCK, &events);
        let crowd = |time, volume| {
            let mut events = Events::new();
            let ids = (0..plugin.params()).filter_map(|index| Some(plugin.param(index)?.0));
            for id in ids.filter(|each| *each != id("volume")) {
                let now = plugin.param_value(id).expect("the parameter has a value");
                events.push(value(time, id, now));
            }
            events.push(value(time, id("volume"), volume));
            events
        };
        let mut sound = play(&plugin, 32, &crowd(25, 1.0)).channels.concat();
        if between {
            play(&plugin, 0, &Events::new());
        }
        sound.extend(play(&plugin, 32, &crowd(0, 0.0)).channels.concat());
        sound.extend(sound_of(&plugin, 4));
        sound
    }
    isolated(|| {
        let sound = faded(false);
        assert!(sound.iter().any(|sample| *sample != 0.0));
        assert!(sound == faded(true), "the block changes the sound");
    });
}
