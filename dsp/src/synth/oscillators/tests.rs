use std::array::from_fn;
use std::f64::consts::{PI, TAU};

use proptest::prelude::*;

use super::*;
use crate::measure::{hertz, random, transform};
use crate::rt::TICK;

const RATE: f32 = 48_000.0;

/// Concatenated output of several segments.
#[derive(Debug, Default, PartialEq)]
struct Output<const N: usize> {
    /// A, B and ring modulation, left and right.
    sides: [[Vec<F32s<N>>; 2]; 3],
}

impl<const N: usize> Output<N> {
    fn render(&mut self, oscillators: &mut Oscillators<N>, phase: usize, count: usize) {
        let mut place = [[[F32s::splat(f32::NAN); TICK]; 2]; 3];
        let [a, b, ring] = place
            .each_mut()
            .map(|sides| sides.each_mut().map(|side| &mut side[..count]));
        oscillators.render(phase, &mut PairOutput { a, b, ring });
        for (sides, place) in self.sides.iter_mut().zip(&place) {
            for (side, place) in sides.iter_mut().zip(place) {
                side.extend(&place[..count]);
            }
        }
    }

    fn lane(&self, what: usize, side: usize, lane: usize) -> Vec<f64> {
        self.sides[what][side]
            .iter()
            .map(|sample| f64::from(sample.0[lane]))
            .collect()
    }

    fn bits(&self) -> Vec<u32> {
        self.sides
            .iter()
            .flatten()
            .flatten()
            .flat_map(|sample| sample.0.map(f32::to_bits))
            .collect()
    }
}

const A: usize = 0;
const B: usize = 1;
const RING: usize = 2;
const ONLY_A: PairSettings = PairSettings {
    a: OscillatorSettings { unison: 1 },
    b: OscillatorSettings { unison: 1 },
    sync: false,
    ring: false,
    oversampled: false,
    a_used: true,
    b_used: false,
};
const SYNCED: PairSettings = PairSettings {
    sync: true,
    a_used: false,
    b_used: true,
    ..ONLY_A
};

fn started<const N: usize>(
    controls: &[OscillatorControls<N>; 2],
    settings: &PairSettings,
    rate: f32,
) -> Oscillators<N> {
    let mut oscillators = Oscillators::new();
    oscillators.start(all::<N>(), &from_fn(|lane| lane as u32 + 1));
    oscillators.jump_to(controls, settings, all::<N>(), rate);
    oscillators
}

/// Renders a note with constant controls.
fn note<const N: usize>(
    controls: &[OscillatorControls<N>; 2],
    settings: &PairSettings,
    rate: f32,
    samples: usize,
) -> Output<N> {
    let mut oscillators = started(controls, settings, rate);
    let mut output = Output::default();
    for _ in 0..samples.div_ceil(TICK) {
        oscillators.ramp_to(controls, settings, rate);
        output.render(&mut oscillators, 0, TICK);
    }
    output
}

/// Half width of a spectral line in bins, in the window of [`spectrum`].
const LOBE: f64 = 8.0;

/// Returns the power of each bin of a power-of-two number of samples, in a window whose side lobes are below −180 dB (the
/// seven-term Blackman-Harris).
fn spectrum(wave: &[f64]) -> Vec<f64> {
    const TERMS: [f64; 7] = [
        0.271_051_400_693_42,
        -0.433_297_939_234_48,
        0.218_122_999_543_11,
        -0.065_925_446_388_03,
        0.010_811_742_098_37,
        -0.000_776_584_825_22,
        0.000_013_887_217_35,
    ];
    let n = wave.len();
    let window = |i: usize| -> f64 {
        (0..7)
            .map(|k| TERMS[k] * (TAU * (k * i) as f64 / n as f64).cos())
            .sum()
    };
    let mut values: Vec<[f64; 2]> = (wave.iter().enumerate())
        .map(|(i, x)| [x * window(i), 0.0])
        .collect();
    transform(&mut values);
    let half = &values[..n / 2];
    half.iter().map(|[re, im]| re * re + im * im).collect()
}

/// Returns the power below 20 kHz outside the multiples of `frequency` over the power at them, in dB.
fn off_harmonics(wave: &[f64], frequency: f64, rate: f64) -> f64 {
    let bins = spectrum(wave);
    let spacing = frequency / rate * wave.len() as f64;
    assert!(spacing > 2.5 * LOBE);
    let (mut on, mut off) = (0.0, 0.0);
    let audible = (20_000.0 / 48_000.0 * wave.len() as f64) as usize;
    for (bin, power) in bins[..audible].iter().enumerate() {
        let place = bin as f64 / spacing;
        let away = (place - place.round()).abs() * spacing;
        // DC is neither a harmonic nor an alias; other tests cover it.
        *(if away <= LOBE { &mut on } else { &mut off }) += power;
    }
    10.0 * f64::log10(off / on)
}

const LENGTH: usize = 1 << 15;

/// Returns the worst figure of all keys from 24 to 96, and its key.
fn worst_of_keys(
    of: impl Fn(F32s<8>) -> [OscillatorControls<8>; 2],
    settings: &PairSettings,
    what: usize,
) -> (f64, f64) {
    let mut worst = (f64::MIN, 0.0);
    for first in (24..=96).step_by(8) {
        let keys = F32s(from_fn(|lane| (first + lane).min(96) as f32));
        let output = note(&of(keys), settings, RATE, LENGTH + 64);
        for lane in 0..8 {
            let key = f64::from(keys.0[lane]);
            let ratio = off_harmonics(
                &output.lane(what, 0, lane)[64..][..LENGTH],
                hertz(key),
                RATE.into(),
            );
            if ratio > worst.0 {
                worst = (ratio, key);
            }
        }
    }
    worst
}

fn plain(pitch: F32s<8>, shape: f32, width: f32) -> [OscillatorControls<8>; 2] {
    let controls = OscillatorControls {
        pitch,
        shape: F32s::splat(shape),
        width: F32s::splat(width),
        ..Default::default()
    };
    [controls; 2]
}

#[test]
fn aliases_of_a_saw_are_100_db_below_it() {
    let (worst, key) = worst_of_keys(|keys| plain(keys, 2.0, 0.5), &ONLY_A, A);
    assert!(worst < -100.0, "{worst:.1} dB at key {key}");
}

#[test]
fn aliases_of_a_pulse_of_any_width_are_90_db_below_it() {
    for width in [0.02, 0.37, 0.98] {
        let (worst, key) = worst_of_keys(|keys| plain(keys, 3.0, width), &ONLY_A, A);
        assert!(
            worst < -90.0,
            "{worst:.1} dB at width {width} and key {key}"
        );
    }
}

#[test]
fn aliases_of_what_lies_between_the_shapes_are_100_db_below_it() {
    for shape in [1.0, 1.5, 2.5] {
        let (worst, key) = worst_of_keys(|keys| plain(keys, shape, 0.3), &ONLY_A, A);
        assert!(
            worst < -100.0,
            "{worst:.1} dB at shape {shape} and key {key}"
        );
    }
}

#[test]
fn a_sine_is_distorted_by_less_than_130_db() {
    let (worst, key) = worst_of_keys(|keys| plain(keys, 0.0, 0.5), &ONLY_A, A);
    assert!(
        worst < -130.0,
        "{worst:.1} dB beside the harmonics of key {key}"
    );
    let wave = note(
        &plain(F32s::splat(57.3), 0.0, 0.5),
        &ONLY_A,
        RATE,
        LENGTH + 64,
    )
    .lane(A, 0, 0);
    let bins = spectrum(&wave[64..][..LENGTH]);
    let line = hertz(f64::from(57.3_f32)) / f64::from(RATE) * LENGTH as f64;
    let (on, off) = bins
        .iter()
        .enumerate()
        .fold((0.0, 0.0), |(on, off), (bin, power)| {
            if (bin as f64 - line).abs() <= LOBE {
                (on + power, off)
            } else {
                (on, off + power)
            }
        });
    let distortion = 10.0 * f64::log10(off / on);
    assert!(distortion < -130.0, "{distortion:.1} dB with harmonics");
}

#[test]
fn aliases_of_synced_shapes_are_80_db_below_them() {
    // A pulse of 2 % has little tonal power to compare with; a sine's third derivative is the last that is smoothed.
    for (shape, width, up, least) in [
        (2.0, 0.5, 24.1, 95.0),
        (3.0, 0.02, 7.7, 85.0),
        (3.0, 0.37, 31.0, 95.0),
        (1.0, 0.5, 15.7, 100.0),
        (0.0, 0.5, 31.0, 80.0),
    ] {
        let of = |keys| {
            let [a, b] = plain(keys, shape, width);
            [
                a,
                OscillatorControls {
                    pitch: b.pitch + up,
                    ..b
                },
            ]
        };
        let (worst, key) = worst_of_keys(of, &SYNCED, B);
        assert!(
            worst < -least,
            "{worst:.1} dB for shape {shape}, {up} keys up at key {key}"
        );
    }
}

/// Returns the amplitude and phase of a spectral line, by a transform at its frequency.
fn line(wave: &[f64], cycles_per_sample: f64) -> (f64, f64) {
    let n = wave.len() as f64;
    let (mut re, mut im) = (0.0, 0.0);
    for (i, x) in wave.iter().enumerate() {
        let place = i as f64 / n;
        // Blackman-Harris with four terms: 92 dB suffice here, and it is narrow.
        let window = 0.35875 - 0.48829 * (TAU * place).cos() + 0.14128 * (2.0 * TAU * place).cos()
            - 0.01168 * (3.0 * TAU * place).cos();
        let angle = TAU * cycles_per_sample * i as f64;
        re += x * window * angle.cos();
        im += x * window * angle.sin();
    }
    (2.0 * re.hypot(im) / (0.35875 * n), (-im).atan2(re))
}

fn amplitude(wave: &[f64], cycles_per_sample: f64) -> f64 {
    line(wave, cycles_per_sample).0
}

#[test]
fn harmonics_are_those_of_the_fourier_series() {
    type Series = fn(f64) -> f64;
    let shapes: [(f32, f32, Series); 5] = [
        (0.0, 0.5, |k| {
            if k == 1.0 {
                (2.0_f64 / 3.0).sqrt()
            } else {
                0.0
            }
        }),
        (1.0, 0.5, |k| (k % 2.0) * 8.0 / (PI * k).powi(2)),
        (2.0, 0.5, |k| 2.0 / (PI * k)),
        (3.0, 0.5, |k| (k % 2.0) * 4.0 / (PI * k) / 3.0_f64.sqrt()),
        (3.0, 0.15, |k| {
            (4.0 / (PI * k) * (PI * k * 0.15).sin()).abs() / 3.0_f64.sqrt()
        }),
    ];
    for (shape, width, series) in shapes {
        let output = note(
            &plain(F32s::splat(81.0), shape, width),
            &ONLY_A,
            RATE,
            LENGTH,
        );
        let wave = output.lane(A, 0, 3);
        for k in 1..=22 {
            let got = amplitude(&wave[64..], 880.0 * f64::from(k) / f64::from(RATE));
            let want = series(f64::from(k));
            assert!(
                (got - want).abs() < 2e-4 * want + 1e-5,
                "shape {shape}, harmonic {k}: {got} for {want}"
            );
        }
    }
}

#[test]
fn synced_harmonics_are_those_of_the_piece_that_is_repeated() {
    let (up, width) = (15.7_f32, 0.3_f32);
    let ratio = (f64::from(up) / 12.0).exp2();
    for shape in [2.0, 3.0] {
        let [a, b] = plain(F32s::splat(76.0), shape, width);
        let controls = [
            a,
            OscillatorControls {
                pitch: a.pitch + up,
                ..b
            },
        ];
        let wave = note(&controls, &SYNCED, RATE, LENGTH).lane(B, 0, 5);
        // Discontinuities within one cycle of the master, and their heights.
        let mut jumps = vec![];
        for cycle in 0..=ratio as usize {
            if cycle > 0 {
                jumps.push((cycle as f64 / ratio, -2.0));
            }
            let rise = (cycle as f64 + 1.0 - f64::from(width)) / ratio;
            if shape == 3.0 && rise < 1.0 {
                jumps.push((rise, 2.0));
            }
        }
        let back = if shape == 3.0 {
            -jumps.iter().map(|(_, height)| height).sum::<f64>()
        } else {
            -2.0 * ratio.fract()
        };
        jumps.push((1.0, back));
        let level = if shape == 3.0 {
            1.0 / 3.0_f64.sqrt()
        } else {
            1.0
        };
        let frequency = hertz(76.0);
        for k in 1..=(19_000.0 / frequency) as usize {
            let (re, im) = jumps.iter().fold((0.0, 0.0), |(re, im), (place, height)| {
                let angle = TAU * k as f64 * place;
                (re + height * angle.cos(), im + height * angle.sin())
            });
            let want = level * f64::hypot(re, im) / (PI * k as f64);
            let got = amplitude(&wave[512..], frequency * k as f64 / f64::from(RATE));
            assert!(
                (got - want).abs() < 2e-4,
                "shape {shape}, harmonic {k}: {got} for {want}"
            );
        }
    }
}

#[test]
fn tuning_is_within_a_fiftieth_of_a_cent() {
    for (rate, keys, window) in [
        (48_000.0_f32, [24, 36, 48, 60, 69, 77, 88, 96], 1 << 14),
        (768_000.0, [36, 42, 48, 60, 69, 77, 96, 120], 1 << 17),
    ] {
        let keys = F32s(keys.map(|key| key as f32 + 0.37));
        let apart = 2 * window;
        let output = note(&plain(keys, 0.0, 0.5), &ONLY_A, rate, 64 + window + apart);
        for lane in 0..8 {
            let frequency = hertz(f64::from(keys.0[lane])) / f64::from(rate);
            let wave = &output.lane(A, 0, lane)[64..];
            let (_, early) = line(&wave[..window], frequency);
            let (_, late) = line(&wave[apart..][..window], frequency);
            // Phase advance beyond the expected one.
            let turned = (late - early) / TAU - frequency * apart as f64;
            let off = (turned - turned.round()) / apart as f64;
            let cents = 1200.0 * ((frequency + off) / frequency).log2();
            assert!(
                cents.abs() < 0.02,
                "{cents} cents at key {} and {rate} Hz",
                keys.0[lane]
            );
        }
    }
}

/// Returns the values at every sample of linear ramps from tick to tick, in double precision.
fn lines(ends: &[f64]) -> Vec<f64> {
    let mut start = ends[0];
    let mut values = vec![];
    for &end in ends {
        values.extend((0..TICK).map(|n| start + (end - start) * n as f64 / TICK as f64));
        start = end;
    }
    values
}

/// Returns a pseudo-random value from 0 to 1.
fn uniform(state: &mut u32) -> f64 {
    f64::from(random(state) >> 8) / f64::from(1 << 24)
}

/// Between 9.4 and 10 kHz two harmonics pass and the others are stopped, so that the output is known at each sample,
/// however pitch, width and shape move.
#[test]
fn moving_controls_are_followed_at_every_sample() {
    let mut state = 7;
    let ticks = 100;
    let keys: Vec<f64> = (0..ticks)
        .map(|_| 122.2 + 0.9 * uniform(&mut state))
        .collect();
    let widths: Vec<f64> = (0..ticks)
        .map(|n| 0.5 + 0.3 * (n as f64 * 0.05).sin())
        .collect();
    let shapes: Vec<f64> = (0..ticks)
        .map(|n| 1.5 + 1.5 * (n as f64 * 0.021).cos())
        .collect();
    let controls = |tick: usize| {
        plain(
            F32s::<8>::splat(keys[tick] as f32),
            shapes[tick] as f32,
            widths[tick] as f32,
        )
    };
    let mut oscillators = started(&controls(0), &ONLY_A, RATE);
    let mut output = Output::default();
    for tick in 0..ticks {
        oscillators.ramp_to(&controls(tick), &ONLY_A, RATE);
        output.render(&mut oscillators, 0, TICK);
    }
    let got = output.lane(A, 1, 2);

    // A parabola through the frequencies at both ends of a tick and in its middle.
    let frequencies: Vec<f64> = (0..ticks * TICK)
        .map(|n| {
            let (tick, x) = (n / TICK, (n % TICK) as f64 / TICK as f64);
            let (from, to) = (keys[tick.saturating_sub(1)], keys[tick]);
            let [from, middle, to] = [from, (from + to) / 2.0, to].map(hertz);
            let all = from * (1.0 - x) * (1.0 - 2.0 * x)
                + middle * 4.0 * x * (1.0 - x)
                + to * x * (2.0 * x - 1.0);
            all / f64::from(RATE)
        })
        .collect();
    let weights: [Vec<f64>; 4] = from_fn(|k| {
        let level = [(2.0_f64 / 3.0).sqrt(), 1.0, 1.0, (1.0_f64 / 3.0).sqrt()][k];
        lines(
            &shapes
                .iter()
                .map(|shape| level * (1.0 - (shape - k as f64).abs()).max(0.0))
                .collect::<Vec<_>>(),
        )
    });
    let widths = lines(&widths);
    let mut phase = 0.5;
    let mut worst = 0.0_f64;
    for n in 0..frequencies.len() - DELAY {
        phase += frequencies[n];
        let saw = |phase: f64| -> f64 {
            (1..=2)
                .map(|k| -2.0 / (PI * f64::from(k)) * (TAU * f64::from(k) * phase).sin())
                .sum()
        };
        let sine = -(TAU * phase).sin();
        let want = weights[0][n] * sine
            + weights[1][n] * 8.0 / (PI * PI) * sine
            + weights[2][n] * saw(phase)
            + weights[3][n] * (saw(phase) - saw(phase + widths[n]));
        if n > 64 {
            worst = worst.max((got[n + DELAY] - want).abs());
        }
    }
    assert!(worst < 2e-3, "{worst} off");
}

/// Returns the band-limited step by its definition: the integral of a sinc in a Kaiser window.
fn smooth_step(x: f64) -> f64 {
    let bessel = |x: f64| -> f64 {
        let mut term = 1.0;
        1.0 + (1..40)
            .map(|k| {
                term *= (x / f64::from(2 * k)).powi(2);
                term
            })
            .sum::<f64>()
    };
    let kernel = |x: f64| {
        let window = bessel(8.41 * (1.0 - (x / 16.0).powi(2)).max(0.0).sqrt()) / bessel(8.41);
        if x == 0.0 {
            1.0
        } else {
            window * (PI * x).sin() / (PI * x)
        }
    };
    let x = x.clamp(-16.0, 16.0);
    let steps = (x.abs() * 12.0).ceil().max(1.0);
    let h = x / steps;
    // Simpson's rule from the middle, where the integral is one half.
    0.5 + (0..steps as usize)
        .map(|n| n as f64 * h)
        .map(|at| (kernel(at) + 4.0 * kernel(at + h / 2.0) + kernel(at + h)) * h / 6.0)
        .sum::<f64>()
}

/// The edge may move faster than the phase and cross it either way, at any place between two samples. The reference is a
/// pulse built of band-limited steps at the intersections of the ramps.
#[test]
fn no_edge_of_a_moving_pulse_is_missed_or_doubled() {
    for key in [10.0_f64, 40.0, 75.0, 110.0] {
        let mut state = key as u32;
        let ticks = 60;
        let widths: Vec<f64> = (0..ticks)
            .map(|_| 0.03 + 0.94 * uniform(&mut state))
            .collect();
        let mut oscillators = started(
            &plain(F32s::splat(key as f32), 3.0, widths[0] as f32),
            &ONLY_A,
            RATE,
        );
        let mut output = Output::default();
        for width in &widths {
            oscillators.ramp_to(
                &plain(F32s::splat(key as f32), 3.0, *width as f32),
                &ONLY_A,
                RATE,
            );
            output.render(&mut oscillators, 0, TICK);
        }
        let got = output.lane(A, 0, 0);

        let frequency = hertz(key) / f64::from(RATE);
        let edges: Vec<f64> = lines(&widths).iter().map(|width| 1.0 - width).collect();
        let mut steps = vec![];
        for n in 1..edges.len() {
            let from = 0.5 + frequency * n as f64;
            let mut cross = |begin: f64, end: f64, base: f64| {
                let above = |at: f64| {
                    from + frequency * at - base - (edges[n - 1] + (edges[n] - edges[n - 1]) * at)
                };
                let (a, b) = (above(begin), above(end));
                if (a < 0.0) != (b < 0.0) {
                    let at = begin + (end - begin) * a / (a - b);
                    steps.push(((n - 1) as f64 + at, if b < 0.0 { -2.0 } else { 2.0 }));
                }
            };
            let wrap = (from.floor() + 1.0 - from) / frequency;
            if wrap < 1.0 {
                cross(0.0, wrap, from.floor());
                cross(wrap, 1.0, from.floor() + 1.0);
                steps.push(((n - 1) as f64 + wrap, -2.0));
            } else {
                cross(0.0, 1.0, from.floor());
            }
        }
        let first = if 0.5 + frequency >= edges[0] {
            1.0
        } else {
            -1.0
        };
        let mut worst = 0.0_f64;
        for n in 40..edges.len() - DELAY {
            let sign = steps.iter().fold(first, |sign, (at, height)| {
                let x = n as f64 - at;
                sign + height
                    * if x >= 16.0 {
                        1.0
                    } else if x <= -16.0 {
                        0.0
                    } else {
                        smooth_step(x)
                    }
            });
            let want = (sign + 2.0 * edges[n] - 1.0) / 3.0_f64.sqrt();
            worst = worst.max((got[n + DELAY] - want).abs());
        }
        assert!(
            steps.len() > 10 && worst < 1e-3,
            "{worst} off at key {key} with {} edges",
            steps.len()
        );
    }
}

#[test]
fn a_pulse_of_any_width_has_no_mean() {
    let widths = [0.02, 0.1, 0.3, 0.5, 0.6, 0.8, 0.95, 0.98];
    let [mut a, b] = plain(F32s::splat(70.0), 3.0, 0.5);
    a.width = F32s(widths);
    let output = note(&[a, b], &ONLY_A, RATE, LENGTH);
    for lane in 0..8 {
        let mean = amplitude(&output.lane(A, 0, lane)[64..], 0.0) / 2.0;
        assert!(mean < 1e-5, "{mean} at width {}", widths[lane]);
    }
}

#[test]
fn a_unison_stands_where_it_should_and_is_as_strong_as_one_voice() {
    let (count, detune, spread) = (8, 1.9_f32, 0.8_f32);
    let [mut a, b] = plain(F32s::splat(98.0), 0.0, 0.5);
    (a.detune, a.spread) = (F32s::splat(detune), F32s::splat(spread));
    let settings = PairSettings {
        a: OscillatorSettings { unison: count },
        ..ONLY_A
    };
    let output = note(&[a, b], &settings, RATE, LENGTH);
    let mut power = 0.0;
    for u in 0..count {
        let place = 2.0 * u as f64 / (count - 1) as f64 - 1.0;
        let frequency = hertz(98.0 + f64::from(detune) / 2.0 * place) / f64::from(RATE);
        let pan = f64::from(spread) * place * [1.0, -1.0, 1.0, -1.0, -1.0, 1.0, -1.0, 1.0][u];
        let angle = PI / 4.0 * (1.0 + pan);
        let level = (2.0 / 3.0_f64).sqrt() * (2.0 / count as f64).sqrt();
        for (channel, gain) in [angle.cos(), angle.sin()].into_iter().enumerate() {
            let got = amplitude(&output.lane(A, channel, 6)[64..], frequency);
            assert!(
                (got - level * gain).abs() < 1e-4,
                "voice {u}: {got} for {}",
                level * gain
            );
            power += got * got;
        }
    }
    assert!((power - 2.0 * 2.0 / 3.0).abs() < 1e-3, "{power}");
}

#[test]
fn one_voice_alone_is_mono_and_the_ring_is_the_product() {
    let [a, mut b] = plain(F32s::splat(60.0), 2.3, 0.3);
    (b.pitch, b.spread) = (F32s::splat(71.0), F32s::splat(1.0));
    let settings = PairSettings {
        b: OscillatorSettings { unison: 3 },
        b_used: true,
        ring: true,
        ..ONLY_A
    };
    let mut oscillators = started(&[a, b], &settings, RATE);
    oscillators.ramp_to(&[a, b], &settings, RATE);
    assert_eq!(oscillators.stereo(), [false, true]);
    let output = note(&[a, b], &settings, RATE, 4096);
    let [of_a, of_b, ring] = &output.sides;
    assert_eq!(of_a[0], of_a[1]);
    assert_ne!(of_b[0], of_b[1]);
    for side in 0..2 {
        assert!((0..4096).all(|n| ring[side][n] == of_a[side][n] * of_b[side][n]));
    }
    // Without ring modulation its buffers are left as they are.
    let output = note(
        &[a, b],
        &PairSettings {
            ring: false,
            ..settings
        },
        RATE,
        64,
    );
    assert!(
        output.sides[RING]
            .iter()
            .flatten()
            .all(|sample| sample.0[0].is_nan())
    );
}

#[test]
fn voices_of_a_unison_come_and_go_without_a_click() {
    let [mut a, b] = plain(F32s::splat(40.0), 0.0, 0.5);
    a.spread = F32s::splat(1.0);
    let with = |unison| PairSettings {
        a: OscillatorSettings { unison },
        ..ONLY_A
    };
    let mut oscillators = started(&[a, b], &with(1), RATE);
    let mut output = Output::default();
    for unison in [1, 8, 8, 8, 1, 1, 1, 1, 8, 5, 2, 1, 3, 1, 1, 1] {
        oscillators.ramp_to(&[a, b], &with(unison), RATE);
        output.render(&mut oscillators, 0, TICK);
    }
    for lane in 0..8 {
        for side in 0..2 {
            let wave = output.lane(A, side, lane);
            // Eight voices fade by a third in 32 samples.
            let step = wave[DELAY + 1..]
                .windows(2)
                .map(|pair| (pair[1] - pair[0]).abs())
                .fold(0.0, f64::max);
            assert!(step < 0.12, "a step of {step}");
        }
    }
    assert!(!oscillators.stereo()[A]);
}

#[test]
fn absurd_controls_give_something_finite() {
    let absurd = [
        f32::NAN,
        f32::INFINITY,
        f32::NEG_INFINITY,
        1e30,
        -1e30,
        135.0,
        0.0,
        -0.0,
    ];
    for rate in [8_000.0, 768_000.0] {
        for turn in 0..8 {
            let of = |k: usize| F32s(from_fn(|lane| absurd[(lane * k + turn) % 8]));
            let controls = [1, 3].map(|k| OscillatorControls::<8> {
                pitch: of(k),
                shape: of(k + 2),
                width: of(k + 4),
                detune: of(k + 6),
                spread: of(k),
                curvature: of(k + 1),
            });
            let unison = OscillatorSettings {
                unison: [0, 1, 8, 99][turn % 4],
            };
            let settings = PairSettings {
                a: unison,
                b: unison,
                sync: true,
                ring: true,
                oversampled: false,
                a_used: true,
                b_used: true,
            };
            let output = note(&controls, &settings, rate, 512);
            assert!(
                output
                    .sides
                    .iter()
                    .flatten()
                    .flatten()
                    .all(|sample| sample.mask_where(f32::is_finite) == all::<8>())
            );
        }
    }
}

fn controls() -> impl Strategy<Value = OscillatorControls<8>> {
    let one = || {
        (
            20.0..134.0_f32,
            prop_oneof![(0..4_u8).prop_map(f32::from), 0.0..3.0_f32],
            0.0..1.0_f32,
        )
    };
    let rest = || {
        (
            prop_oneof![Just(0.3_f32), 0.0..2.0_f32],
            prop_oneof![Just(0.5_f32), 0.0..1.0_f32],
        )
    };
    (prop::array::uniform8(one()), prop::array::uniform8(rest())).prop_map(|(ones, rests)| {
        OscillatorControls {
            pitch: F32s(ones.map(|one| one.0)),
            shape: F32s(ones.map(|one| one.1)),
            width: F32s(ones.map(|one| one.2)),
            detune: F32s(rests.map(|rest| rest.0)),
            spread: F32s(rests.map(|rest| rest.1)),
            curvature: F32s(rests.map(|rest| 3.0 * (rest.1 - rest.0))),
        }
    })
}

fn settings() -> impl Strategy<Value = PairSettings> {
    (1..=3_usize, 1..=3_usize, any::<[bool; 5]>()).prop_map(
        |(a, b, [sync, ring, oversampled, a_used, b_used])| PairSettings {
            a: OscillatorSettings {
                unison: [1, 3, 8][a - 1],
            },
            b: OscillatorSettings {
                unison: [1, 2, 5][b - 1],
            },
            sync,
            ring,
            oversampled,
            a_used,
            b_used,
        },
    )
}

/// Events of a tick: the targets at its start; a note start and a pitch change, each at a sample and for some lanes.
type Happening = ([OscillatorControls<8>; 2], (usize, Mask), (usize, Mask));

fn happenings() -> impl Strategy<Value = Vec<Happening>> {
    let at = || (0..TICK, 0..256_u32);
    let tick = ([controls(), controls()], at(), at());
    // Most controls are constant, as in practice.
    prop::collection::vec((tick, any::<bool>()), 3..7).prop_map(|ticks| {
        let mut out: Vec<Happening> = vec![];
        for (tick, rests) in ticks {
            let last = out.last().map(|last| last.0);
            out.push((
                if rests {
                    last.unwrap_or(tick.0)
                } else {
                    tick.0
                },
                tick.1,
                tick.2,
            ));
        }
        out
    })
}

/// Renders the events, with the ticks also split at `cuts`.
fn play(happenings: &[Happening], settings: &[PairSettings], cuts: &[usize]) -> Output<8> {
    let mut oscillators = Oscillators::new();
    let mut output = Output::default();
    for (tick, (controls, (start, starting), (bend, bending))) in happenings.iter().enumerate() {
        let settings = &settings[tick * settings.len() / happenings.len()];
        oscillators.ramp_to(controls, settings, RATE);
        let mut places: Vec<usize> = cuts
            .iter()
            .copied()
            .chain([0, *start, *bend, TICK])
            .collect();
        places.sort_unstable();
        places.dedup();
        for pair in places.windows(2) {
            if pair[0] == *start {
                oscillators.start(*starting, &from_fn(|lane| lane as u32 * 7));
                oscillators.jump_to(controls, settings, *starting, RATE);
            }
            if pair[0] == *bend {
                let pitches = [controls[1].pitch, controls[0].pitch];
                oscillators.retarget_at(pair[0], pitches, *bending, RATE);
            }
            output.render(&mut oscillators, pair[0], pair[1] - pair[0]);
        }
    }
    output
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn where_a_tick_is_cut_changes_no_bit(
        happenings in happenings(),
        settings in prop::collection::vec(settings(), 1..3),
        cuts in prop::collection::vec(1..TICK, 1..6),
    ) {
        prop_assert!(play(&happenings, &settings, &[]).bits() == play(&happenings, &settings, &cuts).bits());
    }

    #[test]
    fn a_lane_is_the_same_beside_others_and_alone(
        [a, b] in [controls(), controls()],
        [then_a, then_b] in [controls(), controls()],
        settings in settings(),
        mut happenings in happenings(),
    ) {
        const LANE: usize = 5;
        let alone = |controls: &OscillatorControls<8>| OscillatorControls::<1> {
            pitch: F32s([controls.pitch.0[LANE]]),
            shape: F32s([controls.shape.0[LANE]]),
            width: F32s([controls.width.0[LANE]]),
            detune: F32s([controls.detune.0[LANE]]),
            spread: F32s([controls.spread.0[LANE]]),
            curvature: F32s([controls.curvature.0[LANE]]),
        };
        let seeds = from_fn(|lane| lane as u32 * 31);
        // The group has played other notes before, and its other lanes continue them.
        happenings.truncate(3);
        let mut group = Oscillators::<8>::new();
        for (controls, ..) in &happenings {
            group.ramp_to(controls, &settings, RATE);
            Output::default().render(&mut group, 0, TICK);
        }
        let mut single = Oscillators::<1>::new();
        for _ in 0..3 {
            single.ramp_to(&[alone(&b), alone(&a)], &settings, RATE);
            Output::default().render(&mut single, 0, TICK);
        }
        let mut of_group = Output::default();
        let mut of_single = Output::default();
        let mixed = |controls: &OscillatorControls<8>, others: &OscillatorControls<8>| {
            let one = |of: fn(&OscillatorControls<8>) -> F32s<8>| of(others).blend(of(controls), 1 << LANE);
            OscillatorControls {
                pitch: one(|c| c.pitch),
                shape: one(|c| c.shape),
                width: one(|c| c.width).map(|width| if width > 0.9 { f32::NAN } else { width }).blend(controls.width, 1 << LANE),
                detune: one(|c| c.detune),
                spread: one(|c| c.spread),
                curvature: one(|c| c.curvature),
            }
        };
        group.start(1 << LANE, &seeds);
        single.start(1, &[seeds[LANE]]);
        for (tick, [a, b]) in [[&a, &b], [&a, &b], [&then_a, &then_b], [&then_a, &then_b]].into_iter().enumerate() {
            let others = &happenings[tick % happenings.len()].0;
            let controls = [mixed(a, &others[0]), mixed(b, &others[1])];
            let ones = [alone(a), alone(b)];
            if tick == 0 {
                group.jump_to(&controls, &settings, 1 << LANE, RATE);
                single.jump_to(&ones, &settings, 1, RATE);
            } else {
                group.ramp_to(&controls, &settings, RATE);
                single.ramp_to(&ones, &settings, RATE);
            }
            of_group.render(&mut group, 0, TICK);
            of_single.render(&mut single, 0, TICK);
        }
        for what in 0..3 {
            for side in 0..2 {
                for (one, all) in of_single.sides[what][side].iter().zip(&of_group.sides[what][side]) {
                    prop_assert_eq!(one.0[0].to_bits(), all.0[LANE].to_bits());
                }
            }
        }
    }

    #[test]
    fn what_is_remembered_has_the_bits_of_what_is_computed_again(
        controls in [controls(), controls()],
        settings in settings(),
    ) {
        let mut remembers = started(&controls, &settings, RATE);
        let mut forgets = remembers.clone();
        let (mut remembered, mut computed) = (Output::default(), Output::default());
        for _ in 0..4 {
            forgets.forget_cache();
            for (oscillators, output) in [(&mut remembers, &mut remembered), (&mut forgets, &mut computed)] {
                oscillators.ramp_to(&controls, &settings, RATE);
                output.render(oscillators, 0, TICK);
            }
        }
        prop_assert!(remembered.bits() == computed.bits());
    }
}
