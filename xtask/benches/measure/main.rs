//! Measures what `cargo xtask bench` reports and prints it as JSON: the arguments name the groups, none
//! means all.

mod cores;
mod engine;
mod hash;
mod memory;
mod metrics;
mod parameters;
mod plugin;
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
    let alone: [(&str, fn()); 3] = [
        (engine::FIRST_AUDIO, engine::print_first_audio),
        (plugin::FIRST_AUDIO, plugin::print_first_audio),
        (plugin::MEMORY, plugin::print_memory),
    ];
    if let Some((_, print)) =
        env::args().find_map(|arg| alone.iter().find(|(name, _)| arg == *name))
    {
        print();
        return ExitCode::SUCCESS;
    }
    // Cargo adds a flag of its own, which is not for us.
    let named: Vec<_> = env::args()
        .skip(1)
        .filter(|arg| !arg.starts_with('-'))
        .collect();
    let groups = if named.is_empty() {
        Group::value_variants().to_vec()
    } else {
        // A newer `cargo xtask bench --against` may ask for a group that there was not yet: it has no rows.
        let known = named.iter().map(|name| Group::from_str(name, false));
        known.filter_map(Result::ok).collect()
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
            Group::Plugin => plugin::add(&mut rounds),
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
            Group::Plugin => plugin::rows(&times),
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
