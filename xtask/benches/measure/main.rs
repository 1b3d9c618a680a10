//! Takes the measurements of `cargo xtask bench` and prints them as JSON. The arguments name the groups; without any,
//! all are measured.

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

/// Counts the memory of an engine. The rows that measure an allocator call the system's directly.
#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// Number of rounds, at least 15, and odd, so that the median is one of them.
const ROUNDS: usize = 31;

fn main() -> ExitCode {
    // Hosts may flush denormals to zero; the engine has to avoid slowing down over them by itself.
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
    // Cargo adds a flag of its own, which is ignored.
    let named: Vec<_> = env::args()
        .skip(1)
        .filter(|arg| !arg.starts_with('-'))
        .collect();
    let groups = if named.is_empty() {
        Group::value_variants().to_vec()
    } else {
        // A newer `cargo xtask bench --against` may name a group that this program lacks: it has no rows.
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
