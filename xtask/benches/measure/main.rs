//! Measures what `cargo xtask bench` reports and prints it as JSON: the arguments name the groups, none
//! means all.

mod cores;
mod engine;
mod hash;
mod memory;
mod metrics;
mod parameters;
mod rounds;
mod sounds;
mod voice;

use std::env;
use std::hint::black_box;
use std::process::ExitCode;

use clap::ValueEnum;
use cores::Cores;
use rounds::Rounds;
use tidepool_dsp::rt::CountingAllocator;
use xtask::report::{Group, Measurement};

/// For what an engine takes. The rows that measure an allocator ask the system's by itself.
#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// At least 15, and odd, so that the median is one of them.
const ROUNDS: usize = 31;

fn main() -> ExitCode {
    // Hosts may let tiny numbers become zero; that nothing slows down over them has to be the engine's own doing.
    assert!(
        black_box(f32::MIN_POSITIVE) * black_box(0.5) > 0.0,
        "the processor flushes denormal numbers to zero"
    );
    if env::args().any(|arg| arg == engine::FIRST_AUDIO) {
        engine::print_first_audio();
        return ExitCode::SUCCESS;
    }
    // Cargo adds a flag of its own, which is not for us.
    let named: Result<Vec<_>, _> = env::args()
        .skip(1)
        .filter(|arg| !arg.starts_with('-'))
        .map(|arg| Group::from_str(&arg, false))
        .collect();
    let groups = match named {
        Ok(groups) if groups.is_empty() => Group::value_variants().to_vec(),
        Ok(groups) => groups,
        Err(error) => {
            eprintln!("error: no such group: {error}");
            return ExitCode::FAILURE;
        }
    };
    let cores = Cores::take();

    let mut rounds = Rounds::default();
    for group in &groups {
        match group {
            Group::Memory => memory::add(&mut rounds, cores.companion),
            Group::Parameters => parameters::add(&mut rounds),
            Group::Voice => voice::add(&mut rounds),
            Group::Engine => engine::add(&mut rounds),
            Group::Metrics => metrics::add(&mut rounds),
        }
    }
    let times = rounds.measure(ROUNDS);
    let rows = groups
        .iter()
        .flat_map(|group| match group {
            Group::Memory => memory::rows(&times),
            Group::Parameters => parameters::rows(&times),
            Group::Voice => voice::rows(&times),
            Group::Engine => engine::rows(&times),
            Group::Metrics => metrics::rows(&times),
        })
        .collect();

    let measurement = Measurement {
        pinned_core: cores.own.map(|core| core.id),
        rounds: ROUNDS,
        rows,
    };
    println!(
        "{}",
        serde_json::to_string(&measurement).expect("a measurement is plain numbers and words")
    );
    ExitCode::SUCCESS
}
