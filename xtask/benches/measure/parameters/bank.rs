//! Measures the smoothing bank: 64 parameters through blocks of 512 samples, of which none, some or all move.

use std::hint::black_box;

use nice_plug_core::params::smoothing::{Smoother, SmoothingStyle};
use tidepool_dsp::rt::{Arena, CONTROLS_PER_BLOCK, SmoothingBank, Style, TICK};
use xtask::report::{Group, Row};

use super::{BLOCK, PARAMETERS, SAMPLE_RATE};
use crate::hash::hash;
use crate::rounds::{Rounds, Times, anchored, row};

/// Ramp time, so long that no ramp ends during a measurement.
const HOURS: f32 = 3.0;
const FROM: f32 = 0.1;
const TO: f32 = 0.9;

const BLOCKS: usize = PARAMETERS / CONTROLS_PER_BLOCK;
type Bank = SmoothingBank<BLOCKS>;

/// Adds the bank and nice-plug's smoothers with evenly spread moving parameters. Both write a slice of values for one
/// parameter after the other, into the same kind of memory; nice-plug also for parameters at rest, which the bank
/// reports as constant.
pub fn add(rounds: &mut Rounds) {
    for moving in [0, 8, 64] {
        add_bank(
            rounds,
            moving,
            Style::Linear,
            &format!("bank linear {moving}"),
        );
        let name = format!("next_block {moving}");
        add_smoothers(rounds, moving, name, |smoother, values| {
            smoother.next_block(values, BLOCK);
        });
    }
    add_bank(rounds, 64, Style::Logarithmic, "bank log 64");
    add_bank(rounds, 64, Style::Exponential, "bank exp 64");
    add_smoothers(rounds, 64, "next 64".into(), |smoother, values| {
        values.fill_with(|| smoother.next());
    });
}

fn add_bank(rounds: &mut Rounds, moving: usize, style: Style, name: &str) {
    let mut bank = bank(moving, style, HOURS * 3600.0);
    let mut arena = arena();
    rounds.add(name, PARAMETERS as f64, move || {
        let mut scope = arena.scope();
        let values = scope.take(BLOCK).expect("a slice of the arena");
        for values in values.chunks_exact_mut(TICK) {
            bank.tick();
            for control in (0..PARAMETERS).filter(|control| !bank.is_constant(*control)) {
                bank.fill(control, 0, values);
                black_box(&mut *values);
            }
        }
    });
}

fn add_smoothers(
    rounds: &mut Rounds,
    moving: usize,
    name: String,
    mut next: impl FnMut(&Smoother<f32>, &mut [f32]) + 'static,
) {
    let smoothers = smoothers(moving);
    let mut arena = arena();
    rounds.add(name, PARAMETERS as f64, move || {
        let mut scope = arena.scope();
        let values = scope.take(BLOCK).expect("a slice of the arena");
        for smoother in &smoothers {
            next(smoother, values);
            black_box(&mut *values);
        }
    });
}

/// Returns room for the values of one parameter, aligned for every processor's vectors.
fn arena() -> Arena {
    Arena::new(Arena::bytes_for::<f32>(BLOCK))
}

/// Returns one row for each, the other styles beside the bank's linear one.
pub fn rows(times: &Times) -> Vec<Row> {
    let unit = "ns per parameter and block";
    let bank = |name: &str, series: &str, target| Row {
        target: Some(target),
        ..row(Group::Parameters, name, unit, times.of(series))
    };
    let linear = |moving: usize, target| {
        let series = format!("bank linear {moving}");
        let bank = Row {
            hash: (moving > 0).then(|| fingerprint(moving, Style::Linear)),
            ..bank(&format!("bank_linear_{moving}"), &series, target)
        };
        let theirs = times.of(&format!("next_block {moving}"));
        anchored(bank, "nice-plug next_block", theirs)
    };
    let other = |name: &str, series: &str, style| {
        let bank = Row {
            hash: Some(fingerprint(64, style)),
            ..bank(name, series, 1.5)
        };
        anchored(bank, "bank_linear_64", times.of("bank linear 64"))
    };
    vec![
        linear(0, 0.03),
        linear(8, 0.10),
        linear(64, 0.09),
        anchored(
            bank("bank_linear_64_per_sample", "bank linear 64", 0.01),
            "nice-plug next",
            times.of("next 64"),
        ),
        other("bank_log_64", "bank log 64", Style::Logarithmic),
        other("bank_exp_64", "bank exp 64", Style::Exponential),
    ]
}

/// Returns the hash of ramps that take two of these blocks, through four.
fn fingerprint(moving: usize, style: Style) -> String {
    let mut bank = bank(moving, style, 2.0 * BLOCK as f32 / SAMPLE_RATE);
    let mut heard = Vec::new();
    for _ in 0..4 {
        let first = heard.len();
        heard.resize(first + PARAMETERS * BLOCK, 0.0);
        for tick in 0..BLOCK / TICK {
            bank.tick();
            for control in 0..PARAMETERS {
                let from = first + control * BLOCK + tick * TICK;
                bank.fill(control, 0, &mut heard[from..from + TICK]);
            }
        }
    }
    hash(&heard)
}

fn bank(moving: usize, style: Style, seconds: f32) -> Bank {
    let ticks = (seconds * SAMPLE_RATE / TICK as f32) as u32;
    let mut bank = Bank::default();
    for lane in 0..PARAMETERS {
        bank.set_shape(lane, style, ticks);
        bank.jump_to(lane, FROM);
        if moves(lane, moving) {
            bank.set_target(lane, TO);
        }
    }
    bank.tick();
    bank
}

fn smoothers(moving: usize) -> Vec<Smoother<f32>> {
    let smoother = |parameter| {
        let smoother = Smoother::new(SmoothingStyle::Linear(HOURS * 3_600_000.0));
        smoother.reset(FROM);
        if moves(parameter, moving) {
            smoother.set_target(SAMPLE_RATE, TO);
        }
        smoother
    };
    (0..PARAMETERS).map(smoother).collect()
}

/// Returns true if `parameter` is one of the `moving` ones.
fn moves(parameter: usize, moving: usize) -> bool {
    moving > 0 && parameter.is_multiple_of(PARAMETERS / moving)
}
