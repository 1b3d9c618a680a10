//! Invalid events and event lists: they are skipped, without effect on the valid events beside them.

use std::ptr;
use std::time::Instant;

use clap_sys::events::*;
use clap_sys::process::CLAP_PROCESS_ERROR;
use tidepool_tests::raw_host::{
    Block, Events, Flow, Outgoing, choke, expression, header, isolated, midi, modulation, note_off,
    note_on, sysex, transport, value,
};

use super::{BLOCK, assert_holds, id, peak_of, play, play_block, playing, read};

/// Values that are NaN, infinite or far out of range.
const WILD: [f64; 9] = [
    f64::NAN,
    f64::INFINITY,
    f64::NEG_INFINITY,
    1e308,
    -1e308,
    -1.0,
    2.0,
    f64::MIN_POSITIVE,
    1e-320,
];

#[test]
fn null_events_are_skipped() {
    isolated(|| {
        let plugin = playing();
        let mut events = Events::new();
        events
            .push_null()
            .push(value(10, id("cutoff"), 0.2))
            .push_null()
            .push(note_on(10, 60))
            .push_null();
        play(&plugin, BLOCK, &events);
        assert_holds(&plugin, "cutoff", 0.2);
        plugin.flush(Some(&events), Outgoing::Taken);
        assert!(peak_of(&plugin, 4) > 0.001);
    });
}

#[test]
fn a_list_may_claim_more_than_it_has() {
    isolated(|| {
        let plugin = playing();
        let mut events = Events::new();
        events
            .push(value(10, id("cutoff"), 0.2))
            .push(note_on(10, 60));
        events.surplus = 1000;
        play(&plugin, BLOCK, &events);
        assert_holds(&plugin, "cutoff", 0.2);
        plugin.flush(Some(&events), Outgoing::Taken);
        assert!(peak_of(&plugin, 4) > 0.001);
    });
}

#[test]
fn a_list_may_claim_four_billion() {
    isolated(|| {
        let plugin = playing();
        let mut events = Events::new();
        events.push(value(10, id("cutoff"), 0.2));
        events.surplus = u32::MAX - 1;
        play(&plugin, BLOCK, &events);
        assert_holds(&plugin, "cutoff", 0.2);
    });
}

#[test]
fn lists_without_functions_and_null_lists_are_empty() {
    isolated(|| {
        let plugin = playing();
        play(&plugin, BLOCK, Events::new().push(note_on(0, 60)));
        for (without_size, without_get) in [(true, false), (false, true), (true, true)] {
            let mut events = Events::new();
            events.push(value(10, id("cutoff"), 0.2));
            (events.without_size, events.without_get) = (without_size, without_get);
            play(&plugin, BLOCK, &events);
            plugin.flush(Some(&events), Outgoing::Taken);
        }
        let none = Events::new();
        let mut block = Block::new(BLOCK, &none);
        block.events = None;
        assert!(play_block(&plugin, &block).peak() > 0.001);
        plugin.flush(None, Outgoing::Null);
    });
}

#[test]
fn the_plugins_events_may_find_no_taker() {
    isolated(|| {
        for outgoing in [Outgoing::Refused, Outgoing::NoFunction, Outgoing::Null] {
            let plugin = playing();
            let mut events = Events::new();
            events.push(note_on(0, 60)).push(choke(100, 60));
            for _ in 0..20 {
                let mut block = Block::new(BLOCK, &events);
                block.outgoing = outgoing;
                play_block(&plugin, &block);
            }
            plugin.flush(Some(&events), outgoing);
        }
    });
}

#[test]
fn events_shorter_than_their_type_are_skipped() {
    isolated(|| {
        let plugin = playing();
        let cutoff = read(&plugin, "cutoff");
        let mut events = Events::new();
        for size in [0, 1, 8] {
            let mut event = value(0, id("cutoff"), 0.9);
            event.header.size = size;
            events.push(event);
        }
        for bytes in [16, 24, 32] {
            // The memory ends after the given bytes.
            events
                .push_cut(note_on(0, 60), bytes)
                .push_cut(note_off(0, 60), bytes)
                .push_cut(choke(0, 60), bytes)
                .push_cut(expression(0, 2, 60, 1.0), bytes)
                .push_cut(value(0, id("cutoff"), 0.9), bytes)
                .push_cut(modulation(0, id("cutoff"), 0.9), bytes)
                .push_cut(transport(0, 240.0), bytes);
        }
        events
            .push_cut(midi(0, [0x90, 60, 100]), 16)
            .push_cut(sysex(0, ptr::null(), 0), 16)
            .push(value(1, id("resonance"), 0.4));
        play(&plugin, BLOCK, &events);
        assert_holds(&plugin, "cutoff", cutoff);
        assert_holds(&plugin, "resonance", 0.4);
        assert_eq!(peak_of(&plugin, 4), 0.0, "half a note sounds");
    });
}

#[test]
fn events_longer_than_their_type_count() {
    isolated(|| {
        for size in [1000, 1 << 20, u32::MAX] {
            let plugin = playing();
            let (mut note, mut cutoff) = (note_on(0, 60), value(0, id("cutoff"), 0.9));
            (note.header.size, cutoff.header.size) = (size, size);
            play(&plugin, BLOCK, Events::new().push(note).push(cutoff));
            assert_holds(&plugin, "cutoff", 0.9);
            assert!(peak_of(&plugin, 4) > 0.001);
        }
    });
}

#[test]
fn unknown_spaces_and_types_are_skipped() {
    isolated(|| {
        let plugin = playing();
        let cutoff = read(&plugin, "cutoff");
        let mut events = Events::new();
        for space_id in [1, 7, u16::MAX] {
            let mut event = value(0, id("cutoff"), 0.9);
            event.header.space_id = space_id;
            events.push(event);
        }
        for kind in [CLAP_EVENT_NOTE_END, CLAP_EVENT_MIDI2, 13, 999, u16::MAX] {
            events.push(header::<clap_event_header>(kind, 3));
        }
        for kind in [CLAP_EVENT_PARAM_GESTURE_BEGIN, CLAP_EVENT_PARAM_GESTURE_END] {
            events.push(clap_event_param_gesture {
                header: header::<clap_event_param_gesture>(kind, 3),
                param_id: id("cutoff"),
            });
        }
        play(&plugin, BLOCK, &events);
        plugin.flush(Some(&events), Outgoing::Taken);
        assert_holds(&plugin, "cutoff", cutoff);
        assert_eq!(peak_of(&plugin, 4), 0.0);
    });
}

#[test]
fn exclusive_messages_without_bytes_are_skipped() {
    isolated(|| {
        let plugin = playing();
        let bytes = [0xf0_u8, 0x7e, 0x7f, 0x09, 0x01, 0xf7];
        let mut events = Events::new();
        events
            .push(sysex(0, ptr::null(), 0))
            .push(sysex(1, ptr::null(), 6))
            .push(sysex(2, ptr::null(), u32::MAX))
            .push(sysex(3, bytes.as_ptr(), 0))
            .push(sysex(4, bytes.as_ptr(), 1))
            .push(sysex(5, bytes.as_ptr(), 2))
            .push(sysex(6, bytes.as_ptr(), 6))
            .push(sysex(7, bytes[1..].as_ptr(), 5))
            .push(note_on(8, 60));
        play(&plugin, BLOCK, &events);
        plugin.flush(Some(&events), Outgoing::Taken);
        assert!(peak_of(&plugin, 4) > 0.001);
    });
}

#[test]
fn every_midi_message_is_survived() {
    isolated(|| {
        let plugin = playing();
        let bytes = [0_u8, 1, 60, 63, 64, 100, 120, 123, 127, 128, 200, 255];
        for status in 0..=255_u8 {
            let mut events = Events::new();
            for first in bytes {
                for second in bytes {
                    events.push(midi(u32::from(first), [status, first, second]));
                }
            }
            play(&plugin, BLOCK, &events);
        }
        plugin.reset();
        play(&plugin, BLOCK, Events::new().push(midi(0, [0x90, 60, 100])));
        assert!(peak_of(&plugin, 4) > 0.001);
    });
}

#[test]
fn notes_with_wild_addresses_are_survived() {
    isolated(|| {
        let wild = [-1, -2, 0, 15, 16, 127, 128, 255, 256, i16::MAX, i16::MIN];
        let plugin = playing();
        for key in wild {
            let mut events = Events::new();
            for channel in wild {
                for note_id in [-1, -2, 0, i32::MAX, i32::MIN] {
                    let kinds = [note_on(0, key), note_off(9, key), choke(9, key)];
                    for mut note in kinds {
                        (note.channel, note.note_id, note.port_index) = (channel, note_id, channel);
                        events.push(note);
                    }
                    let mut expression = expression(5, i32::from(key), key, 1.0);
                    (expression.channel, expression.note_id) = (channel, note_id);
                    let mut modulation = modulation(5, id("cutoff"), 0.1);
                    (modulation.channel, modulation.key) = (channel, key);
                    (modulation.note_id, modulation.port_index) = (note_id, channel);
                    let mut value = value(5, id("cutoff"), 0.5);
                    (value.channel, value.key, value.note_id) = (channel, key, note_id);
                    events.push(expression).push(modulation).push(value);
                }
            }
            play(&plugin, BLOCK, &events);
        }
        plugin.reset();
        play(&plugin, BLOCK, Events::new().push(note_on(0, 60)));
        assert!(peak_of(&plugin, 4) > 0.001);
    });
}

#[test]
fn wild_numbers_give_a_sane_sound() {
    isolated(|| {
        let plugin = playing();
        let params: Vec<_> = (0..plugin.params())
            .filter_map(|n| plugin.param(n))
            .collect();
        assert!(params.len() > 100);
        for wild in WILD {
            let mut events = Events::new();
            for key in 40..60 {
                let mut note = note_on(0, key);
                note.velocity = wild;
                events.push(note);
                for expression_id in -1..9 {
                    events.push(expression(3, expression_id, key, wild));
                }
            }
            for &(id, _) in &params {
                events
                    .push(value(5, id, wild))
                    .push(modulation(6, id, wild));
            }
            for key in 40..60 {
                let mut note = note_off(100, key);
                note.velocity = wild;
                events.push(note);
            }
            for _ in 0..4 {
                play(&plugin, BLOCK, &events);
            }
            for &(id, largest) in &params {
                let held = plugin.param_value(id).expect("the parameter has a value");
                assert!(
                    (0.0..=largest).contains(&held),
                    "{wild} made {id} hold {held}"
                );
            }
        }
    });
}

#[test]
fn wild_numbers_leave_nothing_behind() {
    isolated(|| {
        let plugin = playing();
        let sound = || {
            plugin.reset();
            play(&plugin, BLOCK, Events::new().push(note_on(0, 60)));
            super::sound_of(&plugin, 8)
        };
        let reference = sound();
        for wild in WILD {
            let mut note = note_on(0, 50);
            note.velocity = wild;
            let mut events = Events::new();
            events.push(note);
            for expression_id in 0..7 {
                events.push(expression(3, expression_id, 50, wild));
            }
            let mut block = Block::new(BLOCK, &events);
            block.transport = Some(transport(0, wild));
            play_block(&plugin, &block);
            assert!(sound() == reference, "{wild} leaves something behind");
        }
    });
}

#[test]
fn unknown_parameters_and_wild_cookies_do_no_harm() {
    isolated(|| {
        let plugin = playing();
        let mut events = Events::new();
        for unknown in [0, 1, 12_345, u32::MAX - 1, u32::MAX] {
            events
                .push(value(1, unknown, 0.5))
                .push(modulation(1, unknown, 0.5));
            let mut addressed = modulation(1, unknown, 0.5);
            addressed.note_id = 3;
            events.push(addressed);
        }
        let mut cutoff = value(2, id("cutoff"), 0.9);
        cutoff.cookie = ptr::without_provenance_mut(0xdead_beef);
        events.push(cutoff);
        play(&plugin, BLOCK, &events);
        assert_holds(&plugin, "cutoff", 0.9);
    });
}

#[test]
fn wild_transports_are_survived() {
    isolated(|| {
        let plugin = playing();
        play(
            &plugin,
            BLOCK,
            Events::new()
                .push(value(0, id("vibrato_depth"), 1.0))
                .push(note_on(0, 60)),
        );
        for tempo in WILD.into_iter().chain([0.0, -0.0, 1e-9, 1e9]) {
            for flags in [0, CLAP_TRANSPORT_HAS_TEMPO, 0xff, u32::MAX] {
                let mut wild = transport(0, tempo);
                wild.flags = flags;
                wild.tempo_inc = tempo;
                wild.song_pos_beats = i64::MIN;
                wild.song_pos_seconds = i64::MAX;
                (wild.loop_start_beats, wild.loop_end_beats) = (i64::MAX, i64::MIN);
                (wild.loop_start_seconds, wild.loop_end_seconds) = (i64::MAX, i64::MIN);
                (wild.bar_start, wild.bar_number) = (i64::MIN, i32::MIN);
                (wild.tsig_num, wild.tsig_denom) = (0, 0);
                let mut inside = wild;
                inside.header.time = 100;
                let mut events = Events::new();
                events.push(inside);
                let mut block = Block::new(BLOCK, &events);
                block.transport = Some(wild);
                block.steady_time = i64::MIN;
                play_block(&plugin, &block);
            }
        }
        assert!(peak_of(&plugin, 4) > 0.001);
    });
}

/// Plays blocks with `count` events each, of which the last values have to take effect and the notes have to sound.
fn crowd(count: u32) {
    let plugin = playing();
    let mut random = fastrand::Rng::with_seed(u64::from(count));
    let keys = ["cutoff", "resonance", "drive", "pan", "sustain"];
    for kind in [
        "values",
        "notes",
        "modulations",
        "midi",
        "expressions",
        "all",
    ] {
        let mut events = Events::new();
        for n in 0..count {
            let time = (u64::from(n) * u64::from(BLOCK) / u64::from(count)) as u32;
            let key = random.i16(30..90);
            let parameter = id(keys[n as usize % keys.len()]);
            let kind = match kind {
                "all" => {
                    ["values", "notes", "modulations", "midi", "expressions"][random.usize(0..5)]
                }
                _ => kind,
            };
            match kind {
                "values" => events.push(value(time, parameter, random.f64())),
                "notes" if n % 2 == 0 => events.push(note_on(time, key)),
                "notes" => events.push(note_off(time, key)),
                "modulations" => {
                    let mut modulation = modulation(time, parameter, random.f64() - 0.5);
                    modulation.note_id = random.i32(-1..8);
                    events.push(modulation)
                }
                "midi" => events.push(midi(
                    time,
                    [0x80 | random.u8(..), random.u8(..128), random.u8(..128)],
                )),
                _ => events.push(expression(time, random.i32(0..7), key, random.f64())),
            };
        }
        for (n, key) in keys.into_iter().enumerate() {
            events.push(value(BLOCK - 1, id(key), n as f64 / 10.0));
        }
        let start = Instant::now();
        play(&plugin, BLOCK, &events);
        println!(
            "{count} {kind}: {:.1} ms",
            start.elapsed().as_secs_f64() * 1e3
        );
        if !matches!(kind, "modulations" | "all") {
            for (n, key) in keys.into_iter().enumerate() {
                assert_holds(&plugin, key, n as f64 / 10.0);
            }
        }
    }
    plugin.reset();
    play(&plugin, BLOCK, Events::new().push(note_on(0, 60)));
    assert!(peak_of(&plugin, 4) > 0.001);
}

/// Returns the log lines in which the plugin reports allocations or full queues.
fn complaints(lines: Option<Vec<String>>) -> Vec<String> {
    let complains = |line: &String| line.contains("alloc") || line.contains("filled up");
    lines.into_iter().flatten().filter(complains).collect()
}

#[test]
fn twenty_thousand_events_in_a_block() {
    let said = isolated(|| crowd(20_000));
    assert_eq!(complaints(said), [""; 0]);
}

#[test]
fn two_hundred_thousand_events_in_a_block() {
    let said = isolated(|| crowd(200_000));
    assert_eq!(complaints(said), [""; 0]);
}

#[test]
fn twenty_thousand_values_in_a_flush() {
    isolated(|| {
        for active in [true, false] {
            let plugin = match active {
                true => playing(),
                false => super::initialised(),
            };
            let state = plugin.save(Flow::Whole).expect("the state is saved");
            let volume = read(&plugin, "volume");
            let mut events = Events::new();
            let params: Vec<_> = (0..plugin.params())
                .filter_map(|n| plugin.param(n))
                .collect();
            for n in 0..10_000 {
                let (id, _) = params[n as usize % params.len()];
                events
                    .push(value(n / 20, id, f64::from(n % 7) / 7.0))
                    .push(modulation(n / 20, id, f64::from(n % 5) / 5.0 - 1.0));
                if n % 10 == 0 {
                    events.push(transport(n / 20, 90.0));
                }
            }
            // Modulation is not part of a state.
            for &(id, _) in &params {
                events.push(modulation(600, id, 0.0));
            }
            events
                .push(value(600, id("volume"), 0.0))
                .push(value(600, id("cutoff"), 0.75));
            plugin.flush(Some(&events), Outgoing::Taken);
            assert_holds(&plugin, "volume", 0.0);
            assert_holds(&plugin, "cutoff", 0.75);
            // Dense events from before have no effect after a later state.
            assert!(plugin.load(&state, Flow::Whole));
            plugin.activate(super::RATE, 1, BLOCK);
            plugin.start();
            play(&plugin, BLOCK, Events::new().push(note_on(0, 60)));
            assert_holds(&plugin, "volume", volume);
            assert!(peak_of(&plugin, 4) > 0.001);
        }
    });
}

#[test]
fn a_null_block_is_refused() {
    isolated(|| {
        let plugin = playing();
        assert_eq!(plugin.process_null(), CLAP_PROCESS_ERROR);
        play(&plugin, BLOCK, Events::new().push(note_on(0, 60)));
        assert!(peak_of(&plugin, 4) > 0.001);
    });
}
