//! Tests of the driven ladder against the analogue circuit, integrated in small steps.

use super::*;

/// Simulates the analogue circuit with a sine as input, in steps of 1/64 of a sample by Heun's method; returns the last
/// tenth of one second.
fn circuit(hertz: f64, level: f64, cutoff: f64, feedback: f64) -> Vec<F32s<1>> {
    const STEPS: usize = 64;
    let step = 1.0 / (48e3 * STEPS as f64);
    let slopes = |y: [f64; 4], time: f64| -> [f64; 4] {
        let x = level * (TAU * hertz * time).sin() - feedback * y[3];
        let c = 35.0 / 16.0;
        let z = (x / c).clamp(-1.0, 1.0);
        let u = c * (z - z.powi(3) + 0.6 * z.powi(5) - z.powi(7) / 7.0);
        let from = [u, y[0], y[1], y[2]];
        from_fn(|n| TAU * cutoff * (from[n] - y[n]))
    };
    let mut y = [0.0; 4];
    let mut sound = Vec::new();
    for n in 0..48_000 * STEPS {
        let time = n as f64 * step;
        if n % STEPS == 0 && n >= 43_200 * STEPS {
            sound.push(F32s([y[3] as f32]));
        }
        let first = slopes(y, time);
        let second = slopes(from_fn(|n| y[n] + step * first[n]), time + step);
        y = from_fn(|n| y[n] + step * 0.5 * (first[n] + second[n]));
    }
    sound
}

#[test]
fn driven_hard_it_has_the_harmonics_of_the_circuit() {
    let (hertz, drive, cutoff, resonance) = (200.0, 6.0, 2_000.0, 0.5_f32);
    let feedback = 4.0 * f64::from(resonance);
    let make_up = 1.0 + 0.5 * feedback;
    let expected = circuit(hertz, drive * make_up, cutoff, feedback);
    for oversampling in [Oversampling::Two, Oversampling::Four] {
        let (controls, setup) = (
            controls([cutoff], resonance, drive as f32),
            setup(LadderMode::Low24, oversampling),
        );
        let sine = |n: usize| (TAU * hertz / 48e3 * n as f64).sin() as f32;
        let mut ladder = settled(&controls, &setup);
        let sound = render(&mut ladder, &controls, &setup, 1500, sine);
        for harmonic in [1.0, 3.0, 5.0, 7.0, 9.0, 11.0] {
            let want = level(&expected, 0, harmonic * hertz);
            let got = level(&sound[43_200..], 0, harmonic * hertz);
            assert!(
                (got - want).abs() < 0.3,
                "harmonic {harmonic} at {}: {got} dB, {want} dB",
                oversampling.name()
            );
        }
    }
}
