//! Measures how even the block times are: while sixteen notes are held, when 32 begin at once, and in a flood of 2000.
//!
//! The engine has no clock and no randomness: after a reset, it does the same in the same block. So every round plays
//! the same blocks, and the minimum of all rounds counts for each block: interruptions by the machine fall on other
//! blocks in another round, work of the engine on the same one. The rows `…_as_it_came` use the raw rounds, with
//! everything else that the machine had to do.

use std::cell::RefCell;
use std::rc::Rc;

use tidepool_dsp::{EngineConfig, Event, EventKind, Note, NotePort};
use xtask::report::{Group, Row};

use super::player::{Notes, Nothing, Player, chord};
use super::{BLOCK, SAMPLE_RATE};
use crate::rounds::{Rounds, Times, least, median, nanos, row};
use crate::sounds::Sound;

/// Number of blocks that are played before the measurement, until everything has settled.
const BEFORE: usize = 100;
/// Number of measured blocks: eleven seconds.
const BLOCKS: usize = 4_000;
/// Number of blocks after the burst; the last half of them is the 32 notes sounding.
const AFTER: usize = 200;
const HELD: usize = 16;
const BURST: usize = 32;
/// Notes of a flood, the number of samples within which they begin, and the number of blocks of that length after it.
const FLOOD: usize = 2_000;
const FLOOD_BLOCK: usize = 512;
const AFTER_FLOOD: usize = 3;

/// Adds all courses.
pub fn add(rounds: &mut Rounds) {
    for sound in [Sound::First, Sound::Everything] {
        let name = sound.name();
        let player = silent(sound, BLOCK);
        rounds.add_course(format!("held {name}"), move |times| {
            let mut player = player.borrow_mut();
            player.engine.reset();
            player.play_events(&mut Notes(chord(HELD)));
            for _ in 0..BEFORE {
                player.play();
            }
            times.extend((0..BLOCKS).map(|_| nanos(|| _ = player.play())));
        });
        let player = silent(sound, BLOCK);
        rounds.add_course(format!("burst {name}"), move |times| {
            let mut player = player.borrow_mut();
            player.engine.reset();
            for _ in 0..BEFORE {
                player.play();
            }
            let mut notes = Notes(chord(BURST));
            times.extend((0..AFTER).map(|_| nanos(|| _ = player.play_events(&mut notes))));
        });
        let player = silent(sound, FLOOD_BLOCK);
        rounds.add_course(format!("flood {name}"), move |times| {
            let mut player = player.borrow_mut();
            player.engine.reset();
            player.play_events(&mut Notes(chord(HELD)));
            let mut flood = Flood(0);
            times.push(nanos(|| _ = player.play_events(&mut flood)));
            times.extend((0..AFTER_FLOOD).map(|_| nanos(|| _ = player.play_events(&mut Nothing))));
        });
    }
}

/// Notes of one block, the same number on each sample, spread over the keyboard.
struct Flood(usize);

impl NotePort for Flood {
    fn next_event(&mut self) -> Option<Event> {
        let number = self.0;
        self.0 += 1;
        (number < FLOOD).then(|| Event {
            at: (number * FLOOD_BLOCK / FLOOD) as u32,
            kind: EventKind::NoteOn {
                note: Note {
                    id: Some(number as i32),
                    channel: 0,
                    key: 30 + (7 * number % 60) as u8,
                },
                velocity: 0.8,
            },
        })
    }

    fn note_ended(&mut self, _at: u32, _note: Note) {}
}

/// Returns the rows of the courses.
pub fn rows(times: &Times) -> Vec<Row> {
    let mut rows = Vec::new();
    for (sound, suffix) in [(Sound::First, ""), (Sound::Everything, "_everything")] {
        let name = sound.name();
        let held = times.course(&format!("held {name}"));
        let as_they_came: Vec<_> = held.iter().map(|round| uneven(round)).collect();
        rows.extend([
            Row {
                target: Some(1.5),
                ..ratio(format!("p999_over_median{suffix}"), &[uneven(&quiet(held))])
            },
            ratio(
                format!("p999_over_median{suffix}_as_it_came"),
                &as_they_came,
            ),
        ]);
        let burst = times.course(&format!("burst {name}"));
        let as_they_came: Vec<_> = burst.iter().map(|round| steep(round)).collect();
        rows.extend([
            Row {
                target: Some(3.0),
                ..ratio(
                    format!("burst_over_median{suffix}"),
                    &[steep(&quiet(burst))],
                )
            },
            ratio(
                format!("burst_over_median{suffix}_as_it_came"),
                &as_they_came,
            ),
        ]);
        let flood = quiet(times.course(&format!("flood {name}")));
        let deadline = FLOOD_BLOCK as f64 / f64::from(SAMPLE_RATE) * 1e9;
        let worst = flood.into_iter().fold(0.0, f64::max);
        rows.push(Row {
            target: Some(1.0),
            ..ratio(format!("flood_over_deadline{suffix}"), &[worst / deadline])
        });
    }
    rows
}

fn silent(sound: Sound, block: usize) -> Rc<RefCell<Player>> {
    let player = Player::new(sound, block, &EngineConfig::default());
    Rc::new(RefCell::new(player))
}

fn ratio(name: String, values: &[f64]) -> Row {
    row(Group::Engine, &name, "×", values)
}

/// Returns the minimum time of each block over all rounds.
fn quiet(rounds: &[Vec<f64>]) -> Vec<f64> {
    let blocks = rounds[0].len();
    (0..blocks)
        .map(|block| least(&rounds.iter().map(|round| round[block]).collect::<Vec<_>>()))
        .collect()
}

/// Returns the time that one block in a thousand exceeds, over the median.
fn uneven(blocks: &[f64]) -> f64 {
    let mut sorted = blocks.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() * 999 / 1000] / median(blocks)
}

/// Returns the worst block over the median once all notes sound.
fn steep(blocks: &[f64]) -> f64 {
    let worst = blocks.iter().copied().fold(0.0, f64::max);
    worst / median(&blocks[blocks.len() / 2..])
}
