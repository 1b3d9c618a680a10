//! Buffers and block lengths: a block that cannot be played is refused and cleared, and no write passes a buffer's end.

use clap_sys::process::CLAP_PROCESS_ERROR;
use tidepool_tests::raw_host::{Block, Events, Input, Output, isolated, note_on, value};

use super::{BLOCK, id, peak_of, play, play_block, playing, refuse};

#[test]
fn an_output_that_cannot_be_written_to_is_refused() {
    isolated(|| {
        let refused = [
            Output::Ports(0),
            Output::Channels(0),
            Output::Channels(1),
            Output::NullPort,
            Output::NoData,
            Output::DoubleOnly,
            Output::NullChannel(0),
            Output::NullChannel(1),
        ];
        for output in refused {
            let plugin = playing();
            let mut events = Events::new();
            events
                .push(note_on(0, 60))
                .push(value(100, id("cutoff"), 0.75));
            let mut block = Block::new(BLOCK, &events);
            block.output = output;
            refuse(&plugin, &block);
            let mut events = Events::new();
            events.push(note_on(0, 60));
            play(&plugin, BLOCK, &events);
            assert!(peak_of(&plugin, 4) > 0.001, "silent after {output:?}");
        }
    });
}

#[test]
fn more_outputs_than_needed_are_played() {
    isolated(|| {
        for output in [
            Output::Ports(2),
            Output::Ports(9),
            Output::Channels(3),
            Output::Channels(64),
        ] {
            let plugin = playing();
            let mut events = Events::new();
            events
                .push(note_on(0, 60))
                .push(value(100, id("cutoff"), 0.75));
            let mut block = Block::new(BLOCK, &events);
            block.output = output;
            assert!(play_block(&plugin, &block).peak() > 0.0, "{output:?}");
        }
    });
}

#[test]
fn both_channels_in_one_buffer_do_no_harm() {
    isolated(|| {
        let plugin = playing();
        let mut events = Events::new();
        events.push(note_on(0, 60));
        let mut block = Block::new(BLOCK, &events);
        block.output = Output::OneBuffer;
        assert_eq!(plugin.process(&block).fault(), None);
    });
}

#[test]
fn an_input_that_is_not_there_is_silence() {
    isolated(|| {
        let sound = |input| {
            let plugin = playing();
            let mut events = Events::new();
            events
                .push(value(0, id("external"), 0.5))
                .push(note_on(0, 60))
                .push(value(200, id("cutoff"), 0.75));
            let mut sound = Vec::new();
            for _ in 0..4 {
                let mut block = Block::new(BLOCK, &events);
                block.input = input;
                sound.push(play_block(&plugin, &block).channels);
            }
            sound
        };
        let reference = sound(Input::Stereo);
        let loud = sound(Input::Filled(0.5_f32.to_bits()));
        assert_ne!(loud, reference, "the input is not heard");
        for input in [
            Input::None,
            Input::Channels(0),
            Input::Channels(1),
            Input::Channels(3),
            Input::Ports(4),
            Input::NullPort,
            Input::WildPointer,
            Input::NoData,
            Input::NullChannels,
            Input::NullChannel(0),
            Input::NullChannel(1),
            Input::OneBuffer,
        ] {
            assert!(sound(input) == reference, "{input:?} is no silence");
        }
    });
}

#[test]
fn an_input_that_vanishes_is_silence_from_then_on() {
    isolated(|| {
        let sound = |input| {
            let plugin = playing();
            let mut events = Events::new();
            events.push(value(0, id("external"), 0.5));
            let mut block = Block::new(BLOCK, &events);
            block.input = Input::Filled(0.5_f32.to_bits());
            play_block(&plugin, &block);
            let none = Events::new();
            let mut block = Block::new(BLOCK, &none);
            block.input = input;
            (0..4)
                .map(|_| play_block(&plugin, &block).channels)
                .collect::<Vec<_>>()
        };
        let reference = sound(Input::Stereo);
        for input in [
            Input::None,
            Input::Channels(0),
            Input::NullPort,
            Input::NoData,
            Input::NullChannels,
        ] {
            assert!(sound(input) == reference, "{input:?} is no silence");
        }
    });
}

#[test]
fn an_input_of_anything_gives_a_sane_sound() {
    isolated(|| {
        for bits in [
            f32::NAN.to_bits(),
            f32::INFINITY.to_bits(),
            f32::NEG_INFINITY.to_bits(),
            f32::MAX.to_bits(),
            1,
            0xffff_ffff,
        ] {
            let plugin = playing();
            let mut events = Events::new();
            events
                .push(value(0, id("external"), 1.0))
                .push(note_on(0, 60));
            let mut block = Block::new(BLOCK, &events);
            block.input = Input::Filled(bits);
            for _ in 0..4 {
                play_block(&plugin, &block);
            }
            assert!(peak_of(&plugin, 8) > 0.0, "silent after {bits:#x}");
        }
    });
}

#[test]
fn inputs_may_be_the_outputs() {
    isolated(|| {
        for input in [Input::InPlace, Input::Crossed] {
            let plugin = playing();
            let mut events = Events::new();
            events
                .push(value(0, id("external"), 0.5))
                .push(note_on(0, 60))
                .push(value(200, id("cutoff"), 0.75));
            for output in [Output::Stereo, Output::OneBuffer] {
                let mut block = Block::new(BLOCK, &events);
                (block.input, block.output) = (input, output);
                assert_eq!(plugin.process(&block).fault(), None);
            }
        }
    });
}

#[test]
fn blocks_of_any_length_are_played() {
    isolated(|| {
        let plugin = playing();
        for frames in [1, 2, BLOCK - 1, BLOCK, BLOCK + 1, 8191, 8193, 65_536, 1] {
            let mut events = Events::new();
            events
                .push(note_on(0, 60))
                .push(value(frames / 2, id("cutoff"), 0.75))
                .push(value(frames, id("cutoff"), 0.8));
            let mut block = Block::new(frames, &events);
            block.input = Input::Stereo;
            play_block(&plugin, &block);
        }
        assert!(peak_of(&plugin, 4) > 0.001);
    });
}

#[test]
fn a_block_longer_than_announced_sounds_as_in_pieces() {
    isolated(|| {
        let whole = {
            let plugin = playing();
            let mut events = Events::new();
            events
                .push(note_on(3, 60))
                .push(value(5000, id("volume"), 0.25));
            play(&plugin, 20_480, &events).channels
        };
        let plugin = playing();
        let mut pieces = vec![Vec::new(), Vec::new()];
        for start in (0..20_480).step_by(BLOCK as usize) {
            let mut events = Events::new();
            for (time, note) in [(3, true), (5000, false)] {
                if (start..start + BLOCK).contains(&time) {
                    match note {
                        true => events.push(note_on(time - start, 60)),
                        false => events.push(value(time - start, id("volume"), 0.25)),
                    };
                }
            }
            let played = play(&plugin, BLOCK, &events).channels;
            for (all, piece) in pieces.iter_mut().zip(played) {
                all.extend(piece);
            }
        }
        assert!(whole == pieces, "a long block sounds different");
    });
}

#[test]
fn a_length_that_is_none_does_no_harm() {
    isolated(|| {
        for frames in [1 << 31, u32::MAX, i32::MAX as u32] {
            let plugin = playing();
            let mut events = Events::new();
            events
                .push(note_on(0, 60))
                .push(value(7, id("cutoff"), 0.75));
            let mut block = Block::new(frames, &events);
            // No host has buffers of this length; a guard page follows these.
            block.real_frames = Some(65_536);
            let played = plugin.process(&block);
            assert_eq!(
                played.status, CLAP_PROCESS_ERROR,
                "{frames} frames are played"
            );
            play(&plugin, BLOCK, &events);
            assert!(peak_of(&plugin, 4) > 0.001);
        }
    });
}

#[test]
fn a_block_of_no_frames_touches_no_buffer() {
    isolated(|| {
        let plugin = playing();
        for output in [
            Output::Stereo,
            Output::NullPort,
            Output::NoData,
            Output::Ports(0),
            Output::NullChannel(0),
        ] {
            let mut events = Events::new();
            events.push(value(9, id("cutoff"), 0.75));
            let mut block = Block::new(0, &events);
            block.output = output;
            plugin.process(&block);
        }
        play(&plugin, BLOCK, Events::new().push(note_on(0, 60)));
        assert!(peak_of(&plugin, 4) > 0.001);
    });
}
