//! Measures the cost of an instance for a host, through the release CLAP as hosts load it, wrapper and metrics
//! included.

mod host;

use std::env;
use std::hint::black_box;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use xtask::command::bundle::VARIABLE;
use xtask::platform::Platform;
use xtask::report::{Group, Row};

use crate::engine::{PERCENT, keys};
use crate::rounds::{Rounds, Times, row};
use host::{Bundle, Instance};

/// Argument that makes the program create an instance, play a note and print the elapsed nanoseconds.
pub const FIRST_AUDIO: &str = "--first-audio-of-plugin";
/// Argument that makes the program print the bytes that each further instance takes.
pub const MEMORY: &str = "--memory-of-plugin";

/// Name, number of held notes, samples of a block, target in percent of a core.
const PLAYING: [(&str, usize, usize, Option<f64>); 4] = [
    ("idle_128", 0, 128, Some(0.03)),
    ("idle_16", 0, 16, None),
    ("one_voice_128", 1, 128, Some(0.23)),
    ("sixteen_voices_128", 16, 128, None),
];
const RESTING: &str = "idle_after_note_128";
const FIRST: &str = "plugin, first instance";
const FURTHER: &str = "plugin, further instance";

/// Adds all series.
pub fn add(rounds: &mut Rounds) {
    let bundle = bundle();
    for (name, notes, block, _) in PLAYING {
        let mut instance = bundle.create(block);
        if notes > 0 {
            instance.press(keys(notes));
        }
        add_blocks(rounds, name, block, instance);
    }
    let mut rested = bundle.create(128);
    rested.press(keys(1));
    rested.release();
    // Plays the release of the first sound and the tail of the effects.
    (0..750).for_each(|_| {
        black_box(rested.play());
    });
    add_blocks(rounds, RESTING, 128, rested);

    rounds.add_timed(FIRST, 1e6, || {
        Duration::from_nanos(in_a_process_of_its_own(FIRST_AUDIO))
    });
    rounds.add_timed(FURTHER, 1e6, move || first_audio(&bundle));
}

fn add_blocks(rounds: &mut Rounds, name: &str, block: usize, mut instance: Instance) {
    rounds.add(series(name), block as f64, move || {
        black_box(instance.play());
    });
}

fn series(name: &str) -> String {
    format!("plugin, {name}")
}

/// Returns the rows of the plugin.
pub fn rows(times: &Times) -> Vec<Row> {
    let playing = |name, target| {
        let times = times.of(&series(name)).iter();
        let share: Vec<_> = times.map(|time| time * PERCENT).collect();
        Row {
            target,
            ..row(Group::Plugin, name, "% of a core", &share)
        }
    };
    let mut rows: Vec<_> = PLAYING
        .iter()
        .map(|&(name, _, _, target)| playing(name, target))
        .collect();
    rows.push(playing(RESTING, None));
    rows.push(Row {
        target: Some(5.0),
        ..row(
            Group::Plugin,
            "create_to_first_audio",
            "ms",
            times.of(FIRST),
        )
    });
    rows.push(row(
        Group::Plugin,
        "create_to_first_audio_again",
        "ms",
        times.of(FURTHER),
    ));
    if cfg!(target_os = "linux") {
        let each = in_a_process_of_its_own(MEMORY) as f64 * 1e-6;
        rows.push(Row {
            target: Some(3.0),
            ..row(Group::Plugin, "instance_memory", "MB", &[each])
        });
    }
    rows
}

/// Runs this program again with `argument`, which makes it print a number, and returns the number.
fn in_a_process_of_its_own(argument: &str) -> u64 {
    let program = env::current_exe().expect("a program knows where it is");
    let output = Command::new(program).arg(argument).output();
    let output = output.expect("the program starts once more").stdout;
    let number = String::from_utf8_lossy(&output).trim().parse();
    number.expect("it prints a number")
}

/// Implements [`FIRST_AUDIO`]. Loading the library is not part of it.
pub fn print_first_audio() {
    println!("{}", first_audio(&bundle()).as_nanos());
}

/// Returns the time from the creation of an instance to its first audio.
fn first_audio(bundle: &Bundle) -> Duration {
    let start = Instant::now();
    let heard = |audio: &[Vec<f32>; 2]| audio.iter().flatten().any(|sample| *sample != 0.0);
    let mut instance = bundle.create(128);
    let is_heard = heard(instance.press(keys(1))) || (0..375).any(|_| heard(instance.play()));
    let took = start.elapsed();
    assert!(is_heard, "an inaudible note");
    took
}

/// Implements [`MEMORY`]: the growth of the private pages of this process, divided by eight instances that have played
/// a note each, beside one that was there before.
pub fn print_memory() {
    const INSTANCES: usize = 8;
    let bundle = bundle();
    let play = || {
        let mut instance = bundle.create(128);
        instance.press(keys(1));
        (0..375).for_each(|_| {
            black_box(instance.play());
        });
        instance
    };
    let _first = play();
    let before = private_bytes();
    let others: Vec<_> = (0..INSTANCES).map(|_| play()).collect();
    let grown = private_bytes().saturating_sub(before);
    println!("{}", grown / others.len() as u64);
}

/// Returns the memory of this process that is in use and not shared with others, in bytes.
fn private_bytes() -> u64 {
    let rollup = std::fs::read_to_string("/proc/self/smaps_rollup").expect("Linux has it");
    let kilobytes = |line: &str| line.split_whitespace().nth(1)?.parse::<u64>().ok();
    let private = rollup.lines().filter(|line| line.starts_with("Private_"));
    1024 * private.filter_map(kilobytes).sum::<u64>()
}

/// Loads the CLAP from the folder that `cargo xtask bench` has named.
fn bundle() -> Bundle {
    let folder = env::var_os(VARIABLE).map(PathBuf::from);
    let folder = folder.unwrap_or_else(|| panic!("{VARIABLE} names no folder with bundles"));
    Bundle::load(&folder.join(Platform::CURRENT.clap()))
}
