//! Every sound at every number of voices and block size.

use std::hint::black_box;

use xtask::report::{Group, Row};

use super::BLOCK;
use super::player::Player;
use crate::rounds::{Rounds, Times, compared, row};
use crate::sounds::Sound;

/// Numbers of held notes.
const VOICES: [usize; 5] = [1, 8, 16, 32, 64];
const UNIT: &str = "ns per voice and sample";
const BLOCKS: [usize; 3] = [32, 128, 512];

/// Adds all series that are not there yet.
pub fn add(rounds: &mut Rounds) {
    for sound in Sound::ALL {
        for voices in VOICES {
            for block in BLOCKS {
                add_one(rounds, sound, voices, block);
            }
        }
    }
}

/// Adds the series of an engine that plays, unless it is there.
pub fn add_one(rounds: &mut Rounds, sound: Sound, voices: usize, block: usize) {
    let name = series(sound, voices, block);
    if !rounds.has(&name) {
        let mut player = Player::holding(sound, voices, block);
        rounds.add(name, block as f64, move || {
            black_box(player.play());
        });
    }
}

/// Returns the name of a series, in nanoseconds per sample of all voices together.
pub fn series(sound: Sound, voices: usize, block: usize) -> String {
    format!("{} {voices}×{block}", sound.name())
}

/// Returns the cost of one more voice, between `from` and `to` of them. A group costs the same however many of its
/// lanes sound: from 1 to 16, fifteen voices cost one group; from 16 to 64, all lanes are full.
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

/// Returns one row for each series: the whole cost of a block divided by the number of voices.
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
