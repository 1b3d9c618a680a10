//! Random scripts: fixed seeds in every run of the tests, new ones for minutes in `cargo xtask fuzz`.

use std::env;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use tidepool_tests::raw_host::{Performer, SCRIPT, Script, isolated};
use xtask::command::fuzz;

/// The test that plays one script in a child.
const PLAYER: &str = "hostile::scripts::a_given_script";
/// Steps of each script.
const STEPS: u32 = 120;
/// Fixed seeds.
const SEEDS: u64 = 12;

/// Plays the script that the variable names.
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
        // Each is shrunk, which takes a while; one is enough to begin with.
        ControlFlow::Break(())
    });
    assert!(reports.is_empty(), "{}", reports.join("\n\n"));
}

/// Run by `cargo xtask fuzz`, for as long and from which seed its variables say.
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
