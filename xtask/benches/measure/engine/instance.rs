//! Measures the creation of an engine: time to the first audio, and memory.

use std::env;
use std::process::Command;
use std::time::{Duration, Instant};

use tidepool_dsp::EngineConfig;
use tidepool_dsp::rt::CountingAllocator;
use xtask::report::{Group, Row};

use super::BLOCK;
use super::player::Player;
use crate::rounds::{Rounds, Times, row};
use crate::sounds::Sound;

/// Argument that makes the program create an engine, play a note and print the elapsed nanoseconds.
pub const FIRST_AUDIO: &str = "--first-audio";

/// Implements [`FIRST_AUDIO`].
pub fn print_first_audio() {
    let start = Instant::now();
    let heard = first_audio(&mut Player::holding(Sound::First, 1, BLOCK));
    let nanos = start.elapsed().as_nanos();
    assert!(heard, "an inaudible note");
    println!("{nanos}");
}

/// Adds the creation of the first engine of a process, tables included, and of one more.
pub fn add(rounds: &mut Rounds) {
    rounds.add_timed("first engine", 1e6, || {
        let program = env::current_exe().expect("a program knows where it is");
        let output = Command::new(program).arg(FIRST_AUDIO).output();
        let output = output.expect("the program starts once more").stdout;
        let nanos = String::from_utf8_lossy(&output).trim().parse();
        Duration::from_nanos(nanos.expect("it prints nanoseconds"))
    });
    rounds.add("further engine", 1e6, || {
        let heard = first_audio(&mut Player::holding(Sound::First, 1, BLOCK));
        assert!(heard, "an inaudible note");
    });
}

/// Returns the rows of the creation.
pub fn rows(times: &Times) -> Vec<Row> {
    let first = times.of("first engine");
    let memory = megabytes_of_another();
    vec![
        Row {
            target: Some(5.0),
            ..row(Group::Engine, "create_to_first_audio", "ms", first)
        },
        row(
            Group::Engine,
            "create_to_first_audio_again",
            "ms",
            times.of("further engine"),
        ),
        Row {
            target: Some(3.0),
            ..row(Group::Engine, "instance_memory", "MB", &[memory])
        },
    ]
}

/// Plays until a sample is not silent; returns false after a second of silence.
fn first_audio(player: &mut Player) -> bool {
    let heard = |audio: &[Vec<f32>; 2]| audio.iter().flatten().any(|sample| *sample != 0.0);
    heard(player.audio()) || (0..375).any(|_| heard(player.play()))
}

/// Returns the memory that one further engine keeps, in megabytes.
fn megabytes_of_another() -> f64 {
    let watch = CountingAllocator::watch();
    let engine = Player::new(Sound::First, BLOCK, &EngineConfig::default());
    let bytes = watch.bytes();
    let heap = bytes + size_of_val(&engine.engine) as i64;
    drop(engine);
    heap as f64 * 1e-6
}
