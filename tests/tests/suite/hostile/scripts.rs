//! Random scripts: fixed seeds in every test run, new seeds for minutes in `cargo xtask fuzz`.

use std::env;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use tidepool_tests::raw_host::{Performer, SCRIPT, Script, isolated};
use xtask::command::fuzz;

/// Name of the test that executes one script in a child process.
const PLAYER: &str = "hostile::scripts::a_given_script";
/// Number of steps per script.
const STEPS: u32 = 120;
/// Number of fixed seeds.
const SEEDS: u64 = 12;

/// Executes the script in the environment variable.
#[test]
#[ignore = "needs a script"]
fn a_given_script() {
    isolated(|| {
        let script = env::var(SCRIPT).expect("a script is given");
        Performer::perform(&script.parse().expect("it is a script"));
    });
}

#[test]
fn fixed_seeds() {
    let mut reports = Vec::new();
    Script::search(PLAYER, 0..SEEDS, STEPS, |_, report| {
        reports.push(report.to_owned());
        // Shrinking takes a while; one failure is enough.
        ControlFlow::Break(())
    });
    assert!(reports.is_empty(), "{}", reports.join("\n\n"));
}

/// Runs in `cargo xtask fuzz`, for the time and from the seed in its environment variables.
#[test]
#[ignore = "takes minutes; `cargo xtask fuzz` runs it"]
fn random_seeds() {
    let number = |name| {
        env::var(name)
            .ok()
            .and_then(|text| text.parse::<u64>().ok())
    };
    let minutes = number(fuzz::MINUTES).unwrap_or(1);
    let first = number(fuzz::SEED).unwrap_or_else(|| fastrand::u64(..u64::MAX / 2));
    let one = env::var(fuzz::ONE).is_ok();
    println!("seeds from {first} on, for {minutes} minutes");
    let start = Instant::now();
    let end = start + Duration::from_secs(60 * minutes);
    let seeds = (first..).take_while(|&seed| match one {
        true => seed == first,
        false => Instant::now() < end,
    });
    let mut findings = 0;
    let scripts = Script::search(PLAYER, seeds, STEPS, |_, report| {
        println!("\n{report}\n");
        findings += 1;
        match findings {
            10.. => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    });
    println!(
        "{scripts} scripts of {STEPS} steps in {:.1} minutes: {findings} findings",
        start.elapsed().as_secs_f64() / 60.0
    );
    assert_eq!(findings, 0, "findings");
}
