//! Compares the smoothing bank with nice-plug's smoothers: the ramps are numerically the same.
//!
//! A smoother of nice-plug takes its first step before it returns its first value, the bank begins with the start of
//! the ramp: so value `n` of the smoother corresponds to value `n + 1` of the bank. The smoother steps every sample and
//! adds up its steps in `f32`; the bank has the values of its style at the ticks and lines between them.

use nice_plug_core::params::smoothing::{Smoother, SmoothingStyle};
use tidepool_dsp::rt::{SmoothingBank, Style, TICK};

const SAMPLE_RATE: f32 = 48_000.0;
/// Ramp length: 20 ms.
const TICKS: usize = 30;
const SAMPLES: usize = TICKS * TICK;
const MILLISECONDS: f32 = 20.0;

/// Returns the bank's values from the first sample of the ramp to the one on which it has arrived.
fn ours(style: Style, from: f32, to: f32) -> Vec<f32> {
    let mut bank = SmoothingBank::<1>::default();
    bank.set_shape(0, style, TICKS as u32);
    bank.jump_to(0, from);
    bank.set_target(0, to);
    let mut values = vec![0.0; SAMPLES];
    for tick in values.chunks_mut(TICK) {
        bank.tick();
        bank.fill(0, 0, tick);
    }
    values.push(bank.value(0));
    values
}

/// Returns nice-plug's values by calling `next` for every sample.
fn stepped(style: SmoothingStyle, from: f32, to: f32) -> Vec<f32> {
    let smoother = Smoother::new(style);
    smoother.reset(from);
    smoother.set_target(SAMPLE_RATE, to);
    assert_eq!(smoother.steps_left(), SAMPLES as i32);
    let values = (0..SAMPLES).map(|_| smoother.next());
    std::iter::once(from).chain(values).collect()
}

/// Returns nice-plug's values by the formula that `next` evaluates step by step.
fn at_once(style: SmoothingStyle, from: f32, to: f32) -> Vec<f32> {
    let step = style.step_size(from, to, SAMPLES as u32);
    let value = |n: usize| match n {
        0 => from,
        // The last step always jumps to the target.
        SAMPLES => to,
        n => style.next_step(from, to, step, n as u32),
    };
    (0..=SAMPLES).map(value).collect()
}

/// Returns the greatest difference at every `every`th sample.
fn apart(ours: &[f32], theirs: &[f32], every: usize) -> f32 {
    assert_eq!(ours.len(), theirs.len());
    let pairs = ours.iter().zip(theirs).step_by(every);
    pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

const RANGES: [(f32, f32); 4] = [(0.0, 1.0), (1.0, 0.0), (0.25, 1.0), (1.0, 0.001)];

#[test]
fn linear_ramps_are_the_same() {
    for (from, to) in RANGES {
        let ours = ours(Style::Linear, from, to);
        let style = SmoothingStyle::Linear(MILLISECONDS);
        let apart_at_once = apart(&ours, &at_once(style.clone(), from, to), 1);
        assert!(apart_at_once <= 1e-6, "{from} to {to}: {apart_at_once}");
        // 960 additions accumulate an error of their own, 0.5e-5 to 1.2e-5 here.
        let apart_stepped = apart(&ours, &stepped(style, from, to), 1);
        assert!(apart_stepped <= 2e-5, "{from} to {to}: {apart_stepped}");
    }
}

#[test]
fn logarithmic_ramps_are_the_same_at_ticks_and_nearly_between() {
    for (from, to) in RANGES.into_iter().filter(|(from, to)| from * to > 0.0) {
        let ours = ours(Style::Logarithmic, from, to);
        let theirs = stepped(SmoothingStyle::Logarithmic(MILLISECONDS), from, to);
        // 960 multiplications by a ratio that `f32` rounds.
        let at_ticks = apart(&ours, &theirs, TICK);
        assert!(at_ticks <= 5e-5, "{from} to {to}: {at_ticks}");
        // A chord deviates from its arc by an eighth of the square of the angle, here the logarithm of the ratio of two
        // ticks: 0.027 % of the greater value over four to one, 0.66 % over a thousand to one.
        let angle = (to / from).ln() / TICKS as f32;
        let chord = from.max(to) * angle * angle / 8.0;
        let between = apart(&ours, &theirs, 1);
        assert!(between <= chord + 5e-5, "{from} to {to}: {between}");
    }
}

#[test]
fn exponential_ramps_differ_by_the_jump_that_theirs_ends_with() {
    for (from, to) in RANGES {
        let ours = ours(Style::Exponential, from, to);
        let theirs = stepped(SmoothingStyle::Exponential(MILLISECONDS), from, to);
        let way = (to - from).abs();
        let at_ticks = apart(&ours, &theirs, TICK) / way;
        assert!(at_ticks <= 1.02e-4, "{from} to {to}: {at_ticks}");
        // As above: the angle is the decay of a one-pole within a tick, most of it in the first.
        let angle = 1e4_f32.ln() / TICKS as f32;
        let between = apart(&ours, &theirs, 1) / way;
        assert!(between <= angle * angle / 8.0, "{from} to {to}: {between}");

        let [.., before, last] = theirs[..] else {
            unreachable!("961 values");
        };
        assert!((last - before).abs() > 0.9e-4 * way);
        let [.., before, last] = ours[..] else {
            unreachable!("961 values");
        };
        assert!((last - before).abs() < 2e-6 * way, "{before}, then {last}");
    }
}
