//! Levels, scaling, and the course of envelopes over time.

use super::*;

const TICKS_A_SECOND: f64 = 1500.0;

/// Returns the amplitude of the first operator at the end of this tick and of those that follow.
fn course(controls: &FmControls<1>, fm: &mut Fm<1>, ticks: usize) -> Vec<f64> {
    let settings = settings(Algorithm::Classic(32));
    let tick = |_| {
        let amplitude = fm.amplitudes[0].end().0[0];
        fm.ramp_to(controls, &settings, 48_000.0);
        f64::from(amplitude)
    };
    (0..ticks).map(tick).collect()
}

fn open(controls: &FmControls<1>) -> f64 {
    let settings = settings(Algorithm::Classic(32));
    let mut fm = started(controls, &settings, 48_000.0);
    course(controls, &mut fm, 2)[1]
}

fn swing(rate: f64) -> f64 {
    40.0 * (0.0003_f64 / 40.0).powf(rate)
}

fn decibels(gain: f64) -> f64 {
    20.0 * gain.log10()
}

#[test]
fn levels_velocities_and_keys_scale_in_decibels() {
    let step = 20.0 * 2_f64.log10() / 8.0;
    let mut plain = controls::<1>();
    for hundredths in 1..=100 {
        plain.operators[0].level = F32s([hundredths as f32 / 100.0]);
        let want = f64::from(hundredths - 100) * step;
        assert!((decibels(open(&plain)) - want).abs() < 1e-3, "{hundredths}");
    }
    plain.operators[0].level = F32s([0.0]);
    assert_eq!(open(&plain), 0.0);

    plain.operators[0].level = F32s([0.8]);
    let base = decibels(open(&plain));
    for (velocity, sensitivity) in [(1.0, 1.0), (0.5, 1.0), (0.0, 1.0), (0.25, 0.5), (0.3, 0.0)] {
        let mut soft = plain;
        soft.velocity = F32s([velocity]);
        soft.operators[0].velocity = F32s([sensitivity]);
        let want = base - 40.0 * f64::from(sensitivity) * (1.0 - f64::from(velocity));
        assert!((decibels(open(&soft)) - want).abs() < 1e-3);
    }
    for (key, scaling) in [
        (84.0, -6.0),
        (36.0, -6.0),
        (72.0, 3.0),
        (60.0, 20.0),
        (96.0, 40.0),
    ] {
        let mut scaled = plain;
        scaled.key = F32s([key]);
        scaled.operators[0].key_level = F32s([scaling]);
        let want = base + f64::from(scaling) * (f64::from(key) - 60.0) / 12.0;
        assert!(
            (decibels(open(&scaled)) - want.min(0.0)).abs() < 1e-3,
            "{key}, {scaling}"
        );
    }
}

#[test]
fn stages_follow_their_curves_for_their_times() {
    let mut controls = controls::<1>();
    let operator = &mut controls.operators[0];
    operator.level = F32s([1.0]);
    operator.rates = [0.4, 0.45, 0.5, 0.35].map(|rate| F32s([rate]));
    operator.levels = [1.0, 0.5, 0.7, 0.1].map(|level| F32s([level]));
    let mut fm = started(&controls, &settings(Algorithm::Classic(32)), 48_000.0);

    // Each stage from the level at which the last one stopped, at a tick.
    let mut level: f64 = 0.1;
    let mut wanted = Vec::new();
    let mut stage = |rate: f64, goal: f64| {
        let from = level;
        for tick in 1.. {
            let way = f64::from(tick) / TICKS_A_SECOND / swing(rate);
            level = if goal > from {
                (1.0 - ((1.0 - from).sqrt() - way).max(0.0).powi(2)).min(goal)
            } else {
                (from - way).max(goal)
            };
            wanted.push(level);
            if level == goal {
                break;
            }
        }
        tick_count(from, goal, rate)
    };
    let ticks = [(0.4, 1.0), (0.45, 0.5), (0.5, 0.7)].map(|(rate, goal)| stage(rate, goal));
    assert!((wanted.len() as f64 - ticks.iter().sum::<f64>()).abs() <= 3.0);
    wanted.extend([0.7; 200]);
    let held = wanted.len();
    let got = course(&controls, &mut fm, held);
    let mut release = Vec::new();
    for tick in 0..2000 {
        release.push((0.7 - f64::from(tick) / TICKS_A_SECOND / swing(0.35)).max(0.1));
    }
    fm.release(1);
    let released = course(&controls, &mut fm, 2000);
    for (n, (got, want)) in got
        .iter()
        .chain(&released)
        .zip(wanted.iter().chain(&release))
        .enumerate()
    {
        let off = decibels(*got) - (want - 1.0) * 100.0 * 20.0 * 2_f64.log10() / 8.0;
        assert!(off.abs() < 0.05, "tick {n} of {held}: {off:.3} dB");
    }
    assert_eq!(
        released.last(),
        released.get(1990),
        "it stays at the fourth level"
    );
}

/// Returns the number of ticks that a stage takes.
fn tick_count(from: f64, goal: f64, rate: f64) -> f64 {
    let way = if goal > from {
        (1.0 - from).sqrt() - (1.0 - goal).sqrt()
    } else {
        from - goal
    };
    way * swing(rate) * TICKS_A_SECOND
}

#[test]
fn the_slowest_swing_takes_40_seconds_at_every_rate_and_the_fastest_one_tick() {
    for (sample_rate, tolerance) in [(48_000.0, 0.01), (768_000.0, 0.05)] {
        for (levels, first) in [([1.0, 1.0, 1.0, 0.0], "up"), ([0.0, 0.0, 0.0, 1.0], "down")] {
            let mut controls = controls::<1>();
            controls.operators[0].level = F32s([1.0]);
            controls.operators[0].rates = [F32s([0.0]); 4];
            controls.operators[0].levels = levels.map(|level| F32s([level]));
            let settings = settings(Algorithm::Classic(32));
            let mut fm = started(&controls, &settings, sample_rate);
            let mut ticks = 0;
            let goal = levels[0];
            while fm.amplitudes[0].end().0[0] != goal {
                fm.ramp_to(&controls, &settings, sample_rate);
                ticks += 1;
                assert!(ticks < 2_000_000, "{first} never ends at {sample_rate}");
            }
            let seconds = f64::from(ticks) * TICK as f64 / f64::from(sample_rate);
            assert!(
                (seconds / 40.0 - 1.0).abs() < tolerance,
                "{first} {seconds} s at {sample_rate}"
            );
        }
    }
    let mut controls = controls::<1>();
    controls.operators[0].level = F32s([1.0]);
    controls.operators[0].levels = [1.0, 0.25, 0.5, 0.0].map(|level| F32s([level]));
    let mut fm = started(&controls, &settings(Algorithm::Classic(32)), 48_000.0);
    let got = course(&controls, &mut fm, 4).map_to_levels();
    assert_eq!(got, [1.0, 0.25, 0.5, 0.5]);
}

trait Levels {
    fn map_to_levels(self) -> Vec<f64>;
}

impl Levels for Vec<f64> {
    fn map_to_levels(self) -> Vec<f64> {
        let level = |gain: f64| (gain.log2() / 12.5 + 1.0) * 1000.0;
        self.into_iter()
            .map(|gain| level(gain).round() / 1000.0)
            .collect()
    }
}

#[test]
fn high_keys_hurry_and_never_more_than_the_fastest() {
    let mut controls = controls::<1>();
    controls.operators[0].level = F32s([1.0]);
    controls.operators[0].rates = [F32s([0.4]); 4];
    controls.operators[0].levels = [1.0, 1.0, 1.0, 0.0].map(|level| F32s([level]));
    controls.operators[0].key_rate = F32s([1.0]);
    let mut ticks = |key: f32| {
        controls.key = F32s([key]);
        let mut fm = started(&controls, &settings(Algorithm::Classic(32)), 48_000.0);
        let course = course(&controls, &mut fm, 5000);
        course.iter().take_while(|gain| **gain < 1.0).count() as f64
    };
    let (low, middle, high) = (ticks(48.0), ticks(60.0), ticks(72.0));
    assert!(
        (low / middle - 2.0).abs() < 0.02 && (middle / high - 2.0).abs() < 0.02,
        "{low} {middle} {high}"
    );
}

#[test]
fn a_note_begins_on_its_own_sample() {
    let mut controls = controls::<2>();
    controls.operators[0].level = F32s::splat(1.0);
    controls.operators[0].levels = [1.0, 1.0, 1.0, 0.0].map(F32s::splat);
    controls.operators[0].ratio = F32s::splat(8.0);
    let settings = settings(Algorithm::Classic(32));
    let mut fm = started(&controls, &settings, 48_000.0);
    let mut tick = [F32s::ZERO; TICK];
    fm.render(0, &mut tick[..20]);
    let before = fm.amplitudes[0];
    fm.start(2);
    fm.jump_to(20, &controls, &settings, 48_000.0, 2);
    fm.render(20, &mut tick[20..]);
    // On a straight line from zero to the level that the fastest stage reaches in the rest of the tick.
    let depth = (1.0 - 12.0 / 48_000.0 / 0.0003_f64).powi(2);
    for (n, sample) in tick.iter().enumerate().skip(20) {
        let amplitude = (-12.5 * depth).exp2() * (n - 20) as f64 / 12.0;
        let sine = (std::f64::consts::TAU * 8.0 * 440.0 / 48_000.0 * (n - 20) as f64).sin();
        let want = amplitude * sine / 6_f64.sqrt();
        assert!((f64::from(sample.0[1]) - want).abs() < 1e-5, "{n}");
    }
    assert_eq!(
        before.at(25).0[0],
        fm.amplitudes[0].at(25).0[0],
        "the other goes on"
    );
}
