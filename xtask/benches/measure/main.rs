//! Measures what `cargo xtask bench` reports and prints it as JSON: the arguments name the groups, none
//! means all.

mod engine;
mod hash;
mod rounds;
mod voice;

use std::env;
use std::process::ExitCode;

use clap::ValueEnum;
use rounds::Rounds;
use xtask::report::{Group, Measurement};

/// At least 15, and odd, so that the median is one of them.
const ROUNDS: usize = 31;

fn main() -> ExitCode {
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
    let pinned_core = pin();

    let mut rounds = Rounds::default();
    for group in &groups {
        match group {
            Group::Voice => voice::add(&mut rounds),
            Group::Engine => engine::add(&mut rounds),
        }
    }
    let times = rounds.measure(ROUNDS);
    let rows = groups
        .iter()
        .flat_map(|group| match group {
            Group::Voice => voice::rows(&times),
            Group::Engine => engine::rows(&times),
        })
        .collect();

    let measurement = Measurement {
        pinned_core,
        rounds: ROUNDS,
        rows,
    };
    println!(
        "{}",
        serde_json::to_string(&measurement).expect("a measurement is plain numbers and words")
    );
    ExitCode::SUCCESS
}

/// Stays on one core, the last, which systems tend to leave alone.
fn pin() -> Option<usize> {
    let core = core_affinity::get_core_ids()?
        .into_iter()
        .max_by_key(|core| core.id)?;
    core_affinity::set_for_current(core).then_some(core.id)
}
