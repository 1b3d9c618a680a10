//! Tests of the ladder against its analogue prototype, at its limits, and with split ticks.

mod circuit;

use std::f64::consts::TAU;

use proptest::prelude::*;

use super::*;
use crate::measure::{key, random};
use crate::synth::bipolar;
use crate::synth::f32s::all;

const RATE: f32 = 48_000.0;

fn setup(mode: LadderMode, oversampling: Oversampling) -> LadderSetup {
    LadderSetup {
        mode,
        oversampling,
        sample_rate: RATE,
    }
}

fn controls<const N: usize>(hertz: [f64; N], resonance: f32, drive: f32) -> LadderControls<N> {
    LadderControls {
        cutoff: F32s(hertz.map(|hertz| key(hertz) as f32)),
        resonance: F32s::splat(resonance),
        drive: F32s::splat(drive),
    }
}

/// Returns a ladder that has jumped to its controls.
fn settled<const N: usize>(controls: &LadderControls<N>, setup: &LadderSetup) -> Ladder<N> {
    let mut ladder = Ladder::default();
    ladder.start(all::<N>());
    ladder.jump_to(controls, setup, all::<N>());
    ladder
}

/// Renders tick by tick with constant controls.
fn render<const N: usize>(
    ladder: &mut Ladder<N>,
    controls: &LadderControls<N>,
    setup: &LadderSetup,
    ticks: usize,
    mut input: impl FnMut(usize) -> f32,
) -> Vec<F32s<N>> {
    let mut sound: Vec<_> = (0..ticks * TICK).map(|n| F32s::splat(input(n))).collect();
    for tick in sound.chunks_exact_mut(TICK) {
        ladder.ramp_to(controls, setup);
        ladder.process_mono(0, tick, None);
    }
    sound
}

/// Returns the level of one lane in dB at a frequency in Hz.
fn level<const N: usize>(sound: &[F32s<N>], lane: usize, hertz: f64) -> f64 {
    let (step_re, step_im) = ((TAU * hertz / 48e3).cos(), (TAU * hertz / 48e3).sin());
    let (mut c, mut s, mut re, mut im) = (1.0, 0.0, 0.0, 0.0);
    for x in sound {
        let x = f64::from(x.0[lane]);
        (re, im) = (re + x * c, im + x * s);
        (c, s) = (c * step_re - s * step_im, c * step_im + s * step_re);
    }
    20.0 * re.hypot(im).log10()
}

/// Returns the greatest difference in dB from the analogue filter, 20 Hz to 10 kHz.
fn error(
    mode: LadderMode,
    oversampling: Oversampling,
    resonance: f32,
    cutoffs: [f64; 8],
) -> [f64; 8] {
    let (controls, setup) = (controls(cutoffs, resonance, 1.0), setup(mode, oversampling));
    let mut ladder = settled(&controls, &setup);
    let level_in = 1e-3;
    let sound = render(&mut ladder, &controls, &setup, 1000, |n| {
        if n == 0 { level_in } else { 0.0 }
    });
    from_fn(|lane| {
        let mut worst = 0.0_f64;
        for step in 0..=27 {
            let hertz = 20.0 * 500.0_f64.powf(f64::from(step) / 27.0);
            let ratio = hertz / cutoffs[lane];
            let want = 20.0 * mode.magnitude(ratio, resonance.into()).log10();
            // In the response to a single impulse, lower levels are lost in rounding errors.
            if want > -60.0 {
                let got = level(&sound, lane, hertz) - 20.0 * f64::from(level_in).log10();
                worst = worst.max((got - want).abs());
            }
        }
        worst
    })
}

#[test]
fn small_signals_follow_the_analogue_prototype_to_10_khz() {
    let [one, two, four] = Oversampling::ALL;
    let low = [150.0, 440.0, 1000.0, 1500.0, 2000.0, 2200.0, 2400.0, 2500.0];
    let middle = [150.0, 440.0, 2000.0, 3000.0, 4500.0, 6000.0, 7000.0, 8000.0];
    let high = [
        150.0, 440.0, 2000.0, 5000.0, 7000.0, 9000.0, 10_000.0, 12_000.0,
    ];
    let lowest = [150.0, 250.0, 440.0, 700.0, 1000.0, 1300.0, 1700.0, 2000.0];
    let steep = &[LadderMode::Low24, LadderMode::Low18, LadderMode::Low12];
    let expected: [(_, &[_], _, _); 4] = [
        (four, &LadderMode::ALL, high, 0.25),
        (two, &LadderMode::ALL, middle, 0.5),
        (one, &LadderMode::ALL, low, 0.5),
        (one, steep, lowest, 0.4),
    ];
    for (oversampling, modes, cutoffs, tolerance) in expected {
        for &mode in modes {
            for resonance in [0.0, 0.5, 0.9] {
                for (error, cutoff) in error(mode, oversampling, resonance, cutoffs)
                    .into_iter()
                    .zip(cutoffs)
                {
                    assert!(
                        error < tolerance,
                        "{} {} at {cutoff} Hz, resonance {resonance}: {error:.2} dB off",
                        oversampling.name(),
                        mode.name()
                    );
                }
            }
        }
    }
}

/// Returns the frequency in Hz and the peak of one lane, from its upward zero crossings.
fn pitch<const N: usize>(sound: &[F32s<N>], lane: usize) -> (f64, f64) {
    let mut crossings = Vec::new();
    let mut peak = 0.0_f64;
    for (n, pair) in sound.windows(2).enumerate() {
        let [a, b] = [pair[0].0[lane], pair[1].0[lane]].map(f64::from);
        peak = peak.max(a.abs());
        if a < 0.0 && b >= 0.0 {
            crossings.push(n as f64 + a / (a - b));
        }
    }
    let [first, .., last] = crossings[..] else {
        return (0.0, peak);
    };
    ((crossings.len() - 1) as f64 / (last - first) * 48e3, peak)
}

#[test]
fn it_oscillates_by_itself_in_tune_and_for_ever() {
    let cutoffs = [50.0, 110.0, 440.0, 1000.0, 2000.0, 3000.0, 4000.0, 5000.0];
    for oversampling in Oversampling::ALL {
        let controls = controls(cutoffs, 1.0, 1.0);
        let setup = setup(LadderMode::Low24, oversampling);
        let sound = render(
            &mut settled(&controls, &setup),
            &controls,
            &setup,
            6000,
            |_| 0.0,
        );
        for (lane, cutoff) in cutoffs.into_iter().enumerate() {
            let (_, early) = pitch(&sound[2500 * TICK..4000 * TICK], lane);
            let (hertz, late) = pitch(&sound[4500 * TICK..], lane);
            let cents = 1200.0 * (hertz / cutoff).log2();
            assert!(cents.abs() < 0.5, "{cutoff} Hz: {cents:.2} cents off");
            assert!(
                (0.19..0.22).contains(&late),
                "{cutoff} Hz: a peak of {late}"
            );
            assert!(
                (late / early - 1.0).abs() < 1e-3,
                "{cutoff} Hz: {early} to {late}"
            );
        }
    }
}

#[test]
fn short_of_oscillation_it_decays_to_exact_silence() {
    for oversampling in Oversampling::ALL {
        for mode in LadderMode::ALL {
            let controls = controls([3000.0], 0.99, 2.0);
            let setup = setup(mode, oversampling);
            let mut ladder = settled(&controls, &setup);
            let sound = render(&mut ladder, &controls, &setup, 2500, |n| {
                if n < 100 { 1.0 } else { 0.0 }
            });
            assert!(sound[100 * TICK..][..TICK].iter().all(|x| x.0[0] != 0.0));
            assert!(sound[2400 * TICK..].iter().all(|x| x.0[0] == 0.0));
            ladder.sides[0].each(|state| {
                assert_eq!(state, F32s::ZERO);
                state
            });
        }
    }
}

/// Returns white noise from −1 to 1.
fn noise(seed: &mut u32) -> f32 {
    bipolar(random(seed))
}

#[test]
fn driven_and_modulated_as_hard_as_it_can_be_it_stays_bounded() {
    let mut seed = 1;
    for oversampling in Oversampling::ALL {
        for mode in LadderMode::ALL {
            let mut ladder = Ladder::<8>::default();
            let bound = match mode {
                LadderMode::Band | LadderMode::High | LadderMode::Notch => 32.0,
                _ => 8.0,
            };
            for tick in 0..1500 {
                let controls = LadderControls {
                    cutoff: F32s(from_fn(|_| 80.0 + 90.0 * noise(&mut seed))),
                    resonance: F32s(from_fn(
                        |lane| if lane < 4 { 1.0 } else { noise(&mut seed) },
                    )),
                    drive: F32s(from_fn(|lane| [0.1, 1.0, 30.0, 1e9][lane % 4])),
                };
                ladder.ramp_to(&controls, &setup(mode, oversampling));
                let mut sound: [F32s<8>; TICK] = from_fn(|n| {
                    F32s(from_fn(|lane| match lane {
                        0..4 => noise(&mut seed),
                        _ => 1e9 * if n % 2 == 0 { 1.0 } else { -1.0 },
                    }))
                });
                let by: [_; TICK] = from_fn(|_| F32s(from_fn(|_| 60.0 * noise(&mut seed))));
                ladder.process_mono(0, &mut sound, (tick % 3 > 0).then_some(&by));
                for x in sound {
                    // A NaN does not pass these bounds.
                    assert!(x.0.iter().all(|x| x.abs() < bound), "{x:?}");
                }
            }
        }
    }
}

#[test]
fn absurd_controls_are_taken_into_range() {
    for absurd in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e30, -1e30] {
        let controls = LadderControls {
            cutoff: F32s([absurd, 60.0, 60.0]),
            resonance: F32s([0.5, absurd, 0.5]),
            drive: F32s([1.0, 1.0, absurd]),
        };
        for sample_rate in [absurd, RATE] {
            for oversampling in Oversampling::ALL {
                let setup = LadderSetup {
                    sample_rate,
                    ..setup(LadderMode::Notch, oversampling)
                };
                let mut ladder = settled(&controls, &setup);
                let sound = render(&mut ladder, &controls, &setup, 20, |n| (n as f32).sin());
                assert!(sound.iter().all(|x| x.0.iter().all(|x| x.abs() < 8.0)));
                let mut sound = [F32s::splat(1.0); TICK];
                ladder.process_mono(0, &mut sound, Some(&[F32s::splat(absurd); TICK]));
                assert!(sound.iter().all(|x| x.0.iter().all(|x| x.abs() < 8.0)));
            }
        }
    }
}

#[test]
fn what_a_lane_does_is_its_own_affair_until_it_starts_again() {
    let controls = controls([300.0, 1000.0, 4000.0], 0.8, 3.0);
    for oversampling in Oversampling::ALL {
        let setup = setup(LadderMode::Band, oversampling);
        let mut seed = 5;
        let input: [f32; 400] = from_fn(|_| noise(&mut seed));
        let mut clean = settled(&controls, &setup);
        let mut spoilt = clean;
        spoilt.process_mono(0, &mut [F32s([0.0, f32::NAN, 0.0])], None);
        clean.process_mono(0, &mut [F32s::ZERO], None);
        let expected = render(&mut clean, &controls, &setup, 4, |n| input[n]);
        let got = render(&mut spoilt, &controls, &setup, 4, |n| input[n]);
        for (expected, got) in expected.iter().zip(&got) {
            assert!(got.0[1].is_nan());
            assert_eq!([got.0[0], got.0[2]], [expected.0[0], expected.0[2]]);
        }
        spoilt.start(0b010);
        spoilt.jump_to(&controls, &setup, 0b010);
        let expected = render(&mut settled(&controls, &setup), &controls, &setup, 4, |n| {
            input[n]
        });
        let got = render(&mut spoilt, &controls, &setup, 4, |n| input[n]);
        assert!(expected.iter().zip(&got).all(|(a, b)| a.0[1] == b.0[1]));
    }
}

#[test]
fn another_mode_comes_without_a_step() {
    for oversampling in Oversampling::ALL {
        for from in LadderMode::ALL {
            for to in LadderMode::ALL {
                let controls = controls([1000.0], 0.6, 1.0);
                let mut ladder = settled(&controls, &setup(from, oversampling));
                // A sine at 50 Hz changes by less than 0.01 per sample.
                let hum = |n: usize| (n as f32 * (TAU as f32 * 50.0 / RATE)).sin();
                render(&mut ladder, &controls, &setup(from, oversampling), 37, hum);
                let sound = render(&mut ladder, &controls, &setup(to, oversampling), 10, |n| {
                    hum(n + 37 * TICK)
                });
                for pair in sound.windows(2) {
                    let step = pair[1].0[0] - pair[0].0[0];
                    assert!(
                        step.abs() < 0.08,
                        "{} to {}: {step}",
                        from.name(),
                        to.name()
                    );
                }
            }
        }
    }
}

#[test]
fn another_rate_or_oversampling_in_the_middle_is_survived() {
    let controls = controls([2000.0], 0.9, 4.0);
    let mut ladder = Ladder::default();
    let mut seed = 3;
    for round in 0..300 {
        let setup = LadderSetup {
            mode: LadderMode::Low24,
            oversampling: Oversampling::ALL[round * 7 % 3],
            sample_rate: [RATE, 8e3, 768e3][round * 5 % 9 / 3],
        };
        for x in render(&mut ladder, &controls, &setup, 3, |_| noise(&mut seed)) {
            assert!(x.0[0].abs() < 4.0);
        }
    }
    let setup = setup(LadderMode::Low24, Oversampling::Two);
    let hum = |n: usize| (n as f32 * 0.05).sin();
    let got = render(&mut ladder, &controls, &setup, 500, hum);
    let expected = render(&mut settled(&controls, &setup), &controls, &setup, 500, hum);
    for (got, expected) in got.iter().zip(&expected).skip(400 * TICK) {
        assert!((got.0[0] - expected.0[0]).abs() < 1e-4);
    }
}

#[test]
fn modulation_moves_the_cutoff_sample_by_sample() {
    // At this low cutoff there is no lift, which follows the unmodulated cutoff.
    let (base, octave) = (controls([50.0], 0.7, 1.0), controls([100.0], 0.7, 1.0));
    let setup = setup(LadderMode::High, Oversampling::Two);
    let (mut modulated, mut plain) = (settled(&base, &setup), settled(&octave, &setup));
    let mut seed = 9;
    for _ in 0..50 {
        modulated.ramp_to(&base, &setup);
        plain.ramp_to(&octave, &setup);
        let mut a: [F32s<1>; TICK] = from_fn(|_| F32s([noise(&mut seed)]));
        let mut b = a;
        modulated.process_mono(0, &mut a, Some(&[F32s([12.0]); TICK]));
        plain.process_mono(0, &mut b, None);
        for (a, b) in a.iter().zip(&b) {
            assert!((a.0[0] - b.0[0]).abs() < 1e-5);
        }
    }
}

#[test]
fn a_bend_begins_where_it_begins() {
    let (before, after) = (controls([500.0, 500.0], 0.5, 1.0), key(2000.0) as f32);
    let setup = setup(LadderMode::Low24, Oversampling::One);
    let mut ladder = settled(&before, &setup);
    let straight = ladder;
    ladder.retarget_at(20, F32s::splat(after), 0b10);
    let here = straight.gain.at(20).0[1];
    assert!((ladder.gain.at(20).0[1] - here).abs() < 1e-6);
    assert_eq!(ladder.cutoff.end().0[1], after);
    assert_eq!(
        ladder.gain.end(),
        gain(cycles(F32s([before.cutoff.0[0], after]), RATE))
    );
    assert_eq!(ladder.gain.at(31).0[0], straight.gain.at(31).0[0]);
}

#[test]
fn there_and_back_between_rates_nothing_is_lost() {
    /// Returns the gain in dB and the delay in samples.
    fn way<const M: usize>(hertz: f64) -> (f64, f64) {
        let (mut up, mut down) = <(Resampler<1>, Resampler<1>)>::default();
        let sound: Vec<_> = (0..4000)
            .map(|n| {
                let input = F32s([if n == 0 { 1.0 / M as f32 } else { 0.0 }]);
                down.down(up.up::<M>(input))
            })
            .collect();
        let center = sound
            .iter()
            .enumerate()
            .map(|(n, x)| n as f64 * f64::from(x.0[0]));
        (level(&sound, 0, hertz), center.sum())
    }
    for hertz in [20.0, 1e3, 5e3, 10e3, 15e3, 20e3] {
        assert!(way::<2>(hertz).0.abs() < 1e-3 && way::<4>(hertz).0.abs() < 1e-3);
    }
    assert!(
        (way::<2>(20.0).1 - 2.06).abs() < 0.01,
        "{}",
        way::<2>(20.0).1
    );
    assert!(
        (way::<4>(20.0).1 - 2.84).abs() < 0.01,
        "{}",
        way::<4>(20.0).1
    );
}

fn oversamplings() -> impl Strategy<Value = Oversampling> {
    prop::sample::select(&Oversampling::ALL[..])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn cut_into_any_pieces_it_has_the_same_bits(
        oversampling in oversamplings(),
        mode in prop::sample::select(&LadderMode::ALL[..]),
        modulated in any::<bool>(),
        cuts in prop::collection::vec(1..TICK, 12),
        seed in any::<u32>(),
    ) {
        let mut seed = seed;
        let setup = setup(mode, oversampling);
        let (mut whole, mut cut) = (Ladder::<3>::default(), Ladder::<3>::default());
        for from in cuts {
            let mut value = |least: f32, most: f32| {
                F32s(from_fn(|_| least + (most - least) * (0.5 + 0.5 * noise(&mut seed))))
            };
            let controls = LadderControls {
                cutoff: value(20.0, 130.0),
                resonance: value(0.0, 1.1),
                drive: value(0.0, 4.0),
            };
            let [left, right, by]: [[_; TICK]; 3] = from_fn(|n| {
                from_fn(|_| if n < 2 { value(-1.0, 1.0) } else { value(-24.0, 24.0) })
            });
            whole.ramp_to(&controls, &setup);
            cut.ramp_to(&controls, &setup);
            let (mut a, mut b) = ((left, right), (left, right));
            whole.process(0, &mut a.0, &mut a.1, modulated.then_some(&by));
            let (first, second) = (0..from, from..TICK);
            for part in [first, second] {
                let by = modulated.then_some(&by[part.clone()]);
                cut.process(part.start, &mut b.0[part.clone()], &mut b.1[part], by);
            }
            prop_assert_eq!(a, b);
        }
    }

    #[test]
    fn one_side_for_both_has_the_bits_of_both(
        oversampling in oversamplings(),
        mono in prop::collection::vec(any::<bool>(), 10),
        seed in any::<u32>(),
    ) {
        let mut seed = seed;
        let setup = setup(LadderMode::Low18, oversampling);
        let controls = controls([900.0, 5000.0], 0.8, 2.0);
        let (mut stereo, mut mixed) = (settled(&controls, &setup), settled(&controls, &setup));
        for mono in mono {
            let input: [F32s<2>; TICK] = from_fn(|_| F32s::splat(noise(&mut seed)));
            let [mut a, mut b, mut c, mut d] = [input; 4];
            stereo.process(0, &mut a, &mut b, None);
            if mono {
                mixed.process_mono(0, &mut c, None);
                d = c;
            } else {
                mixed.process(0, &mut c, &mut d, None);
            }
            prop_assert_eq!([a, b], [c, d]);
        }
    }
}
