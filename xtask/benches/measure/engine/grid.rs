//! Every sound at every number of voices and size of block.

use std::hint::black_box;

use xtask::report::{Group, Row};

use super::BLOCK;
use super::player::Player;
use crate::rounds::{Rounds, Times, compared, row};
use crate::sounds::Sound;

/// How many notes are held.
const VOICES: [usize; 5] = [1, 8, 16, 32, 64];
const UNIT: &str = "ns per voice and sample";
const BLOCKS: [usize; 3] = [32, 128, 512];

/// Adds what is not there yet of all of them.
pub fn add(rounds: &mut Rounds) {
    for sound in Sound::ALL {
        for voices in VOICES {
            for block in BLOCKS {
                add_one(rounds, sound, voices, block);
            }
        }
    }
}

/// Adds an engine that plays, unless it is there.
pub fn add_one(rounds: &mut Rounds, sound: Sound, voices: usize, block: usize) {
    let name = series(sound, voices, block);
    if !rounds.has(&name) {
        let mut player = Player::holding(sound, voices, block);
        rounds.add(name, block as f64, move || {
            black_box(player.play());
        });
    }
}

/// The name of a series, in nanoseconds per sample of all voices together.
pub fn series(sound: Sound, voices: usize, block: usize) -> String {
    format!("{} {voices}×{block}", sound.name())
}

/// What one voice more costs, from `from` to `to` of them. A group costs the same however many of its lanes sound: from 1 to
/// 16, fifteen voices cost one group; from 16 to 64, all lanes are full.
pub fn marginal(
    times: &Times,
    (group, name): (Group, &str),
    sound: Sound,
    [from, to]: [usize; 2],
) -> Row {
    compared(
        (group, name, UNIT),
        [from, to].map(|voices| times.of(&series(sound, voices, BLOCK))),
        |few, many| (many - few) / (to - from) as f64,
    )
}

/// One row each, everything that a block costs shared out among the voices.
pub fn rows(times: &Times) -> Vec<Row> {
    let mut rows = Vec::new();
    for sound in Sound::ALL {
        for voices in VOICES {
            for block in BLOCKS {
                let name = series(sound, voices, block);
                let each: Vec<_> = times
                    .of(&name)
                    .iter()
                    .map(|time| time / voices as f64)
                    .collect();
                rows.push(row(Group::Engine, &name, UNIT, &each));
            }
        }
    }
    rows
}
