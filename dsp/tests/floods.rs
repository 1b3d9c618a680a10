//! Floods of events: every event has its effect, and block sizes make no difference.

mod common;

use common::{Score, Session, bare, bend, controller, key, named, off, on, with};
use tidepool_dsp::{EventKind, Expression, NoteFilter, Patch};

/// Pseudorandom numbers: Marsaglia's xorshift.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }

    fn part(&mut self) -> f32 {
        self.below(1_000) as f32 / 1_000.0
    }
}

fn patch() -> Patch {
    with(
        bare(),
        &[
            ("send_delay", -6.0),
            ("send_reverb", -6.0),
            ("delay_time", 1.0),
            ("release", 0.01),
            ("volume", -20.0),
        ],
    )
}

/// Returns `count` events of all kinds within 700 samples, and finally the ends of all notes.
fn flood(seed: u64, count: u64) -> Vec<(u64, EventKind)> {
    let mut dice = Dice(seed);
    let mut events = Vec::new();
    for n in 0..count {
        let at = 100 + n * 700 / count;
        let note = named(n as i32, dice.below(3) as u8, 40 + dice.below(40) as u8);
        let old = named(dice.below(n + 1) as i32, 0, 0);
        let old = NoteFilter {
            id: old.id,
            ..NoteFilter::default()
        };
        let channel = dice.below(3) as u8;
        let value = dice.part();
        let kind = match dice.below(24) {
            0..8 => on(note, value),
            8..12 => EventKind::note_off(old),
            12 => EventKind::Choke(old),
            13..16 => bend(channel, value),
            16..18 => controller(channel, 64, value),
            18 => controller(
                channel,
                [100, 101, 6, 38][dice.below(4) as usize],
                value * 0.1,
            ),
            19 => controller(channel, 7, 0.5 + 0.5 * value),
            20 => EventKind::ChannelPressure { channel, value },
            21 => EventKind::Expression {
                target: old,
                expression: Expression::Tuning,
                value,
            },
            22 => EventKind::Expression {
                target: NoteFilter::default(),
                expression: Expression::Brightness,
                value,
            },
            _ => controller(channel, if n % 5 == 0 { 120 } else { 123 }, 0.0),
        };
        events.push((at, kind));
    }
    for channel in 0..3 {
        events.push((900, controller(channel, 64, 0.0)));
    }
    events.push((900, EventKind::note_off(NoteFilter::default())));
    events
}

#[test]
fn no_block_size_can_be_heard_in_a_flood() {
    for (seed, count) in [(1, 300), (2, 2_000), (3, 5_000)] {
        let play = |block: usize| {
            let mut session = Session::new(&patch(), flood(seed, count));
            session.block = block;
            session.until(4_800);
            assert_eq!(session.status.early, 0);
            assert_eq!(session.status.voices, 0, "something hangs");
            assert_eq!(session.score.ended.len() as u32, session.status.notes);
            session.outcome()
        };
        let whole = play(8_192);
        for block in [1, 3, 8, 31, 64, 100, 512, 1_000] {
            let (bits, ended) = play(block);
            let first = bits.iter().zip(&whole.0).position(|(a, b)| a != b);
            assert_eq!(first, None, "{count} events in blocks of {block}");
            assert!(
                ended == whole.1,
                "{count} events in blocks of {block}: ends"
            );
        }
    }
}

/// Up to 64 splits within 512 samples lie on their events' own samples; further events wait for up to seven samples.
#[test]
fn what_follows_many_cuts_waits_for_a_multiple_of_eight_samples() {
    let begins = |cuts: u64| {
        // Pedals of a channel without notes.
        let mut events: Vec<_> = (0..cuts)
            .map(|n| (1_025 + n * 3, controller(9, 64, (n % 2) as f32)))
            .collect();
        events.push((1_251, on(key(69), 1.0)));
        let sound = common::left(&bare(), events, 2_048);
        sound.iter().position(|x| *x != 0.0).expect("it is heard")
    };
    let own = begins(0);
    assert_eq!(begins(60), own);
    assert_eq!(begins(75) - own, 1_256 - 1_251);
}

#[test]
fn more_events_than_can_wait_take_effect_all_the_same() {
    const COUNT: u64 = 50_000;
    let mut engine = tidepool_dsp::Engine::default();
    engine.load(&bare());
    // All events lie past the end of the block.
    let note = |n: u64| named(n as i32, 0, 30 + (n % 60) as u8);
    let mut events: Vec<_> = (0..COUNT).map(|n| (64, on(note(n), 1.0))).collect();
    events.extend((0..COUNT).map(|n| (64, off(note(n)))));
    let mut score = Score::new(events);
    let mut early = 0;
    let mut notes = 0;
    for block in 0..200_u64 {
        // The first block is handed the events of the second one.
        (score.from, score.to) = (block * 64, block * 64 + 65);
        let (mut left, mut right) = ([0.0; 64], [0.0; 64]);
        let block = tidepool_dsp::Block {
            left: &mut left,
            right: &mut right,
            external: [&[], &[]],
        };
        let status = engine.process(block, &mut score);
        early += status.early;
        notes += u64::from(status.notes);
        if score.to > 6_400 {
            assert_eq!(status.voices, 0, "something hangs");
        }
    }
    assert_eq!(early, 2 * COUNT - 1_024);
    assert_eq!((notes, score.ended.len() as u64), (COUNT, COUNT));
}
