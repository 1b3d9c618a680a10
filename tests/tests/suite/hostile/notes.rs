//! Notes outside of blocks, and modulation addressed to some of the notes.

use tidepool_tests::raw_host::{
    Block, Events, Input, Outgoing, Plugin, isolated, midi, modulation, note_off, note_on,
};

use super::{BLOCK, id, initialised, peak_of, play, play_block, playing, sound_of};

/// Function that passes events outside of a block with samples.
type Carrier = fn(&Plugin, &Events);

/// Ways to pass events without samples: a block of no frames, and a flush.
const CARRIERS: [(&str, Carrier); 3] = [
    ("a block of no frames", |plugin, events| {
        play(plugin, 0, events);
    }),
    ("a block of no frames and no buffers", |plugin, events| {
        let mut block = Block::new(0, events);
        block.output = tidepool_tests::raw_host::Output::Ports(0);
        block.input = Input::NullPort;
        plugin.process(&block);
    }),
    ("a flush", |plugin, events| {
        plugin.flush(Some(events), Outgoing::Taken);
    }),
];

#[test]
fn a_note_on_outside_a_block_is_heard_in_the_next() {
    isolated(|| {
        for (name, carry) in CARRIERS {
            for in_midi in [false, true] {
                let plugin = playing();
                let mut events = Events::new();
                match in_midi {
                    true => events.push(midi(0, [0x90, 60, 100])),
                    false => events.push(note_on(0, 60)),
                };
                carry(&plugin, &events);
                assert!(peak_of(&plugin, 4) > 0.001, "no note from {name}");
            }
        }
    });
}

#[test]
fn a_note_off_outside_a_block_ends_the_note() {
    isolated(|| {
        for (name, carry) in CARRIERS {
            for in_midi in [false, true] {
                let plugin = playing();
                play(&plugin, BLOCK, Events::new().push(note_on(0, 60)));
                let mut events = Events::new();
                match in_midi {
                    true => events.push(midi(0, [0x80, 60, 0])),
                    false => events.push(note_off(0, 60)),
                };
                carry(&plugin, &events);
                peak_of(&plugin, 2000);
                assert!(peak_of(&plugin, 4) < 1e-4, "a note hangs after {name}");
            }
        }
    });
}

#[test]
fn a_note_outside_a_block_sounds_as_at_the_start_of_the_next() {
    isolated(|| {
        let reference = {
            let plugin = playing();
            let mut sound = play(&plugin, BLOCK, Events::new().push(note_on(0, 60)))
                .channels
                .concat();
            sound.extend(sound_of(&plugin, 4));
            sound
        };
        for (name, carry) in CARRIERS {
            let plugin = playing();
            carry(&plugin, Events::new().push(note_on(0, 60)));
            assert!(sound_of(&plugin, 5) == reference, "{name}");
        }
    });
}

#[test]
fn notes_outside_blocks_keep_their_order() {
    isolated(|| {
        for (name, carry) in CARRIERS {
            let plugin = playing();
            for _ in 0..20 {
                carry(&plugin, Events::new().push(note_on(0, 60)));
                carry(&plugin, Events::new().push(note_off(0, 60)));
            }
            play(&plugin, BLOCK, &Events::new());
            peak_of(&plugin, 2000);
            assert!(peak_of(&plugin, 4) < 1e-4, "a note hangs after {name}");
            carry(
                &plugin,
                Events::new().push(note_off(0, 60)).push(note_on(0, 60)),
            );
            assert!(peak_of(&plugin, 4) > 0.001, "no note after {name}");
        }
    });
}

#[test]
fn more_notes_outside_blocks_than_anything_holds() {
    let said = isolated(|| {
        for (name, carry) in CARRIERS {
            let plugin = playing();
            for _ in 0..20 {
                let mut events = Events::new();
                for n in 0..2000 {
                    events
                        .push(note_on(0, 20 + n % 100))
                        .push(note_off(0, 20 + n % 100));
                }
                carry(&plugin, &events);
            }
            play(&plugin, BLOCK, &Events::new());
            peak_of(&plugin, 2000);
            assert!(peak_of(&plugin, 4) < 1e-4, "a note hangs after {name}");
        }
    });
    let said = said.into_iter().flatten();
    let complaints: Vec<_> = said.filter(|line| line.contains("filled up")).collect();
    assert_eq!(complaints, [""; 0]);
}

#[test]
fn notes_in_a_flush_before_activation_do_not_hang() {
    isolated(|| {
        let plugin = initialised();
        plugin.flush(Some(Events::new().push(note_on(0, 60))), Outgoing::Taken);
        assert!(plugin.activate(super::RATE, 1, BLOCK));
        assert!(plugin.start());
        play(&plugin, BLOCK, Events::new().push(note_off(0, 60)));
        peak_of(&plugin, 2000);
        assert!(peak_of(&plugin, 4) < 1e-4, "a note hangs");
    });
}

/// Plays two notes, each on a channel of its own, with a modulation of the volume to this address before the second
/// block, and returns the sound from then on.
fn modulated(notes: [bool; 2], address: Option<(i32, i16, i16)>) -> Vec<f32> {
    let plugin = playing();
    let mut events = Events::new();
    for (n, _) in notes.iter().enumerate().filter(|(_, sounds)| **sounds) {
        let mut note = note_on(0, [50, 57][n]);
        (note.note_id, note.channel) = ([10, 11][n], [0, 3][n]);
        events.push(note);
    }
    play(&plugin, BLOCK, &events);
    sound_of(&plugin, 4);
    let mut events = Events::new();
    if let Some((note_id, channel, key)) = address {
        let mut modulation = modulation(0, id("cutoff"), -0.3);
        (modulation.note_id, modulation.channel, modulation.key) = (note_id, channel, key);
        modulation.port_index = 0;
        events.push(modulation);
    }
    let none = Events::new();
    let mut block = Block::new(BLOCK, &events);
    let mut sound = Vec::new();
    for _ in 0..40 {
        sound.extend(play_block(&plugin, &block).channels.concat());
        block.events = Some(&none);
    }
    sound
}

#[test]
fn modulation_by_key_or_channel_moves_the_notes_addressed() {
    isolated(|| {
        let plain = modulated([true, true], None);
        let first = modulated([true, true], Some((10, -1, -1)));
        let second = modulated([true, true], Some((11, -1, -1)));
        let all = modulated([true, true], Some((-1, -1, -1)));
        assert!(plain != first && plain != second && first != second && all != plain);
        // Addresses without a note id: by key, by channel, and by both.
        for (channel, key) in [(-1, 50), (0, -1), (0, 50)] {
            let moved = modulated([true, true], Some((-1, channel, key)));
            assert!(moved == first, "channel {channel}, key {key}");
        }
        for (channel, key) in [(-1, 57), (3, -1), (3, 57)] {
            let moved = modulated([true, true], Some((-1, channel, key)));
            assert!(moved == second, "channel {channel}, key {key}");
        }
        // Addresses that match no note have no effect.
        for (channel, key) in [(-1, 99), (9, -1), (3, 50), (0, 57)] {
            let moved = modulated([true, true], Some((-1, channel, key)));
            assert!(moved == plain, "channel {channel}, key {key}");
        }
    });
}
