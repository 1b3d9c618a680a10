//! Spectra: distortion, Bessel functions, waveforms.

use std::f64::consts::{PI, TAU};

use super::*;

/// Returns the complex amplitude of `bin` in one period.
fn bin(wave: &[f64], bin: usize) -> (f64, f64) {
    let (mut re, mut im) = (0.0, 0.0);
    for (n, x) in wave.iter().enumerate() {
        let (s, c) = (TAU * (bin * n % wave.len()) as f64 / wave.len() as f64).sin_cos();
        re += x * c;
        im += x * s;
    }
    (re * 2.0 / wave.len() as f64, im * 2.0 / wave.len() as f64)
}

fn decibels(a: f64, b: f64) -> f64 {
    20.0 * (a / b).log10()
}

#[test]
fn a_sine_is_distorted_by_less_than_130_db() {
    let settings = settings(Algorithm::Classic(32));
    for cycles in [1, 37, 501, 1601] {
        let mut controls = controls::<1>();
        controls.pitch = F32s([81.0]);
        controls.operators[5].ratio = F32s([cycles as f32 / 64.0]);
        controls.operators[5].level = F32s([1.0]);
        let mut fm = started(&controls, &settings, RATE);
        let wave = lane(&run(&mut fm, &controls, &settings, RATE, PERIOD), 0);
        let (re, im) = bin(&wave, cycles);
        let power: f64 = wave.iter().map(|x| x * x).sum::<f64>() * 2.0 / PERIOD as f64;
        let rest = (power - re * re - im * im).max(0.0);
        let distortion = 10.0 * (rest / power).log10();
        assert!(distortion < -130.0, "{cycles} cycles: {distortion:.1} dB");
        assert!(decibels(power.sqrt(), 1.0 / 6_f64.sqrt()).abs() < 1e-4);
    }
}

/// Bessel function of the first kind, by its integral, for which the trapezoidal rule is exact.
fn bessel(order: i32, x: f64) -> f64 {
    let steps = 400;
    let value = |n: i32| {
        let angle = PI * f64::from(n) / f64::from(steps);
        (f64::from(order) * angle - x * angle.sin()).cos()
    };
    let ends = (value(0) + value(steps)) / 2.0;
    ((1..steps).map(value).sum::<f64>() + ends) / f64::from(steps)
}

#[test]
fn spectra_are_those_of_the_bessel_functions() {
    assert!((bessel(0, 1.0) - 0.765_197_686_557_966_6).abs() < 1e-14);
    assert!((bessel(3, 5.0) - 0.364_831_230_613_667).abs() < 1e-14);
    let (carrier, modulator) = (1031_i32, 67_i32);
    for level in [0.3, 0.5, 0.7, 0.8, 0.9, 1.0] {
        let mut controls = controls::<1>();
        controls.pitch = F32s([81.0]);
        controls.operators[0].ratio = F32s([carrier as f32 / 64.0]);
        controls.operators[0].level = F32s([1.0]);
        controls.operators[1].ratio = F32s([modulator as f32 / 64.0]);
        controls.operators[1].level = F32s([level]);
        let settings = settings(Algorithm::Classic(16));
        let mut fm = started(&controls, &settings, RATE);
        let wave = lane(&run(&mut fm, &controls, &settings, RATE, PERIOD), 0);
        let index = 4.0 * PI * (12.5 * f64::from(level) - 12.5).exp2();
        // Side bands outside of 0 to half the rate appear at their mirror frequencies.
        let mut wanted = vec![0.0_f64; PERIOD / 2];
        for order in -60..=60 {
            let place = (carrier + order * modulator).rem_euclid(PERIOD as i32) as usize;
            let (place, sign) = if place < PERIOD / 2 {
                (place, 1.0)
            } else {
                (PERIOD - place, -1.0)
            };
            wanted[place] += sign * bessel(order, index);
        }
        let mut compared = 0;
        for (place, want) in wanted.iter().enumerate() {
            if want.abs() > 1e-4 {
                let (re, im) = bin(&wave, place);
                let off = decibels(re.hypot(im), want.abs());
                assert!(off.abs() < 0.1, "level {level}, bin {place}: {off:.3} dB");
                assert!(im * want > 0.0, "turned over");
                compared += 1;
            }
        }
        assert!(compared >= 3, "{compared} side bands");
    }
}

#[test]
fn waves_are_what_they_are_called() {
    use FmWave::{Absolute, Camel, Even, Half, Sine, Squared};
    for wave in [Sine, Half, Absolute, Squared, Even, Camel] {
        let mut controls = controls::<1>();
        controls.operators[2].ratio = F32s([37.0 / 32.0]);
        controls.operators[2].level = F32s([1.0]);
        controls.operators[2].output = F32s([1.0]);
        let mut settings = settings(Algorithm::Free);
        settings.operators[2].wave = wave;
        let mut fm = started(&controls, &settings, RATE);
        let got = lane(&run(&mut fm, &controls, &settings, RATE, PERIOD), 0);
        for (n, got) in got.iter().enumerate() {
            let want = reference::wave(wave, 37.0 / 4096.0 * n as f64);
            assert!((got - want).abs() < 1e-6, "{wave:?}, {n}: {got} for {want}");
        }
        // Also in a ring and beside other operators.
        controls.operators[2].feedback = F32s([0.4]);
        controls.operators[1].level = F32s([0.8]);
        controls.matrix[1][2] = F32s([0.1]);
        controls.matrix[2][1] = F32s([0.1]);
        let mut fm = started(&controls, &settings, RATE);
        let got = lane(&run(&mut fm, &controls, &settings, RATE, 512), 0);
        let want = Reference::new(&controls, &settings).run(512);
        for (n, (got, want)) in got.iter().zip(&want).enumerate() {
            assert!((got - want).abs() < 1e-4, "{wave:?}, {n}: {got} for {want}");
        }
    }
}
