//! Measures whole blocks of the engine: their cost, their evenness, and the cost of creating an engine.

mod grid;
mod instance;
mod naive;
mod player;
mod worst;

use std::hint::black_box;

use xtask::report::{Group, Row};

use grid::series;
pub use grid::{add_one, marginal};
pub use instance::{FIRST_AUDIO, print_first_audio};
pub use player::{Player, keys};

use crate::hash::hash;
use crate::rounds::{Rounds, Times, row};
use crate::sounds::Sound;

pub const SAMPLE_RATE: f32 = 48_000.0;
pub const BLOCK: usize = 128;
/// Share of a core that one nanosecond per sample takes, in percent.
pub const PERCENT: f64 = SAMPLE_RATE as f64 * 1e-9 * 100.0;

/// Adds all series of the engine.
pub fn add(rounds: &mut Rounds) {
    let mut silent = Player::holding(Sound::First, 0, BLOCK);
    rounds.add("engine, silent", BLOCK as f64, move || {
        black_box(silent.play());
    });
    grid::add(rounds);
    worst::add(rounds);
    naive::add(rounds);
    instance::add(rounds);
}

/// Returns the rows of the engine.
pub fn rows(times: &Times) -> Vec<Row> {
    let share = |times: &[f64]| times.iter().map(|time| time * PERCENT).collect::<Vec<_>>();
    let unit = "% of a core";
    let one = |name, sound, target| Row {
        target,
        hash: Some(fingerprint(sound, 1)),
        ..row(
            Group::Engine,
            name,
            unit,
            &share(times.of(&series(sound, 1, BLOCK))),
        )
    };
    let mut rows = vec![
        Row {
            target: Some(0.05),
            ..row(
                Group::Engine,
                "idle",
                unit,
                &share(times.of("engine, silent")),
            )
        },
        one("one_voice", Sound::First, Some(0.5)),
        one("one_voice_everything", Sound::Everything, None),
        Row {
            hash: Some(fingerprint(Sound::First, 16)),
            ..marginal(
                times,
                (Group::Engine, "sixteen_voices_128"),
                Sound::First,
                [1, 16],
            )
        },
        marginal(
            times,
            (Group::Engine, "full_groups_128"),
            Sound::First,
            [16, 64],
        ),
    ];
    rows.extend(worst::rows(times));
    rows.extend(naive::rows(times));
    rows.extend(instance::rows(times));
    rows.extend(grid::rows(times));
    rows
}

/// Returns the hash of the first second.
pub fn fingerprint(sound: Sound, voices: usize) -> String {
    let mut player = Player::holding(sound, voices, BLOCK);
    let blocks = SAMPLE_RATE as usize / BLOCK;
    let audio: Vec<f32> = (0..blocks).flat_map(|_| player.play().concat()).collect();
    hash(&audio)
}
