//! Compares the whole of FM with independent computations in double precision.

mod bits;
mod envelope;
mod reference;
mod spectrum;

use super::algorithm::Topology;
use super::*;
use crate::measure::{hertz, random};
use crate::synth::f32s::all;
use reference::Reference;

/// Sample rate of which 440 Hz is exactly 1/128, so that ratios of a multiple of 1/32 repeat after 4096 samples.
const RATE: f32 = 440.0 * 128.0;
const PERIOD: usize = 4096;

/// Returns controls with all operators silent and envelopes open.
fn controls<const N: usize>() -> FmControls<N> {
    let s = F32s::splat;
    FmControls {
        pitch: s(69.0),
        curvature: s(0.0),
        key: s(60.0),
        velocity: s(1.0),
        operators: [OperatorControls {
            ratio: s(1.0),
            fixed: s(69.0),
            detune: s(0.0),
            level: s(0.0),
            feedback: s(0.0),
            velocity: s(0.0),
            key_level: s(0.0),
            key_rate: s(0.0),
            rates: [s(1.0); 4],
            levels: [s(1.0); 4],
            output: s(0.0),
        }; OPERATORS],
        matrix: [[s(0.0); OPERATORS]; OPERATORS],
    }
}

fn settings(algorithm: Algorithm) -> FmSettings {
    FmSettings {
        algorithm,
        operators: [OperatorSettings::default(); OPERATORS],
        oversampled: false,
    }
}

fn started<const N: usize>(controls: &FmControls<N>, settings: &FmSettings, rate: f32) -> Fm<N> {
    let mut fm = Fm::default();
    fm.start(all::<N>());
    fm.jump_to(0, controls, settings, rate, all::<N>());
    fm
}

/// Renders whole ticks from the start of a tick on.
fn run<const N: usize>(
    fm: &mut Fm<N>,
    controls: &FmControls<N>,
    settings: &FmSettings,
    rate: f32,
    samples: usize,
) -> Vec<F32s<N>> {
    let mut out = vec![F32s::ZERO; samples];
    for tick in out.chunks_mut(TICK) {
        fm.ramp_to(controls, settings, rate);
        fm.render(0, tick);
    }
    out
}

fn lane<const N: usize>(out: &[F32s<N>], lane: usize) -> Vec<f64> {
    out.iter().map(|sample| f64::from(sample.0[lane])).collect()
}

#[test]
fn all_algorithms_play_what_is_computed_sample_by_sample() {
    for number in 1..=32 {
        let algorithm = Algorithm::Classic(number);
        let mut controls = controls::<1>();
        for (n, operator) in controls.operators.iter_mut().enumerate() {
            operator.ratio = F32s([(17 + 12 * n) as f32 / 32.0]);
            operator.level = F32s([0.8 - 0.02 * n as f32]);
        }
        let topology = algorithm.topology().expect("a classic one");
        let (_, to) = topology.feedback;
        controls.operators[to].feedback = F32s([0.5]);
        let settings = settings(algorithm);
        let mut fm = started(&controls, &settings, RATE);
        let got = lane(&run(&mut fm, &controls, &settings, RATE, 2048), 0);
        let want = Reference::new(&controls, &settings).run(2048);
        for (n, (got, want)) in got.iter().zip(&want).enumerate() {
            assert!((got - want).abs() < 1e-4, "{number}, {n}: {got} for {want}");
        }
    }
}

#[test]
fn the_free_matrix_plays_what_is_computed_sample_by_sample() {
    // Graphs of every density, from a chain to all 36 paths, with other paths each time.
    let mut state = 1_u32;
    for round in 0..60 {
        let mut controls = controls::<1>();
        for (n, operator) in controls.operators.iter_mut().enumerate() {
            operator.ratio = F32s([(13 + 8 * n) as f32 / 32.0]);
            operator.level = F32s([0.85]);
            operator.output = F32s([if n % 2 == 0 { 0.5 } else { 0.0 }]);
        }
        for to in 0..OPERATORS {
            for from in 0..OPERATORS {
                let bits = random(&mut state);
                if bits >> 16 < round * 1100 {
                    controls.matrix[to][from] = F32s([(bits >> 8 & 0xff) as f32 / 1500.0 - 0.08]);
                }
            }
        }
        let settings = settings(Algorithm::Free);
        let mut fm = started(&controls, &settings, RATE);
        let got = lane(&run(&mut fm, &controls, &settings, RATE, 1024), 0);
        let want = Reference::new(&controls, &settings).run(1024);
        for (n, (got, want)) in got.iter().zip(&want).enumerate() {
            assert!((got - want).abs() < 1e-4, "{round}, {n}: {got} for {want}");
        }
    }
}

/// The chart as it is drawn: carriers, each with its modulators in brackets.
const DRAWN: [&str; 32] = [
    "1(2) 3(4(5(6)))",
    "1(2) 3(4(5(6)))",
    "1(2(3)) 4(5(6))",
    "1(2(3)) 4(5(6))",
    "1(2) 3(4) 5(6)",
    "1(2) 3(4) 5(6)",
    "1(2) 3(45(6))",
    "1(2) 3(45(6))",
    "1(2) 3(45(6))",
    "1(2(3)) 4(56)",
    "1(2(3)) 4(56)",
    "1(2) 3(456)",
    "1(2) 3(456)",
    "1(2) 3(4(56))",
    "1(2) 3(4(56))",
    "1(23(4)5(6))",
    "1(23(4)5(6))",
    "1(234(5(6)))",
    "1(2(3)) 4(6) 5(6)",
    "1(3) 2(3) 4(56)",
    "1(3) 2(3) 4(6) 5(6)",
    "1(2) 3(6) 4(6) 5(6)",
    "1 2(3) 4(6) 5(6)",
    "1 2 3(6) 4(6) 5(6)",
    "1 2 3 4(6) 5(6)",
    "1 2(3) 4(56)",
    "1 2(3) 4(56)",
    "1(2) 3(4(5)) 6",
    "1 2 3(4) 5(6)",
    "1 2 3(4(5)) 6",
    "1 2 3 4 5(6)",
    "1 2 3 4 5 6",
];

#[test]
fn the_chart_is_whole() {
    let charts: Vec<_> = (1..=32)
        .map(|number| {
            *Algorithm::Classic(number)
                .topology()
                .expect("a classic one")
        })
        .collect();
    for (n, (chart, drawn)) in charts.iter().zip(DRAWN).enumerate() {
        let mut above = Vec::new();
        let mut last = 0;
        let mut wanted = Topology {
            sources: [0; OPERATORS],
            carriers: 0,
            feedback: chart.feedback,
        };
        for sign in drawn.chars() {
            match sign {
                '(' => above.push(last),
                ')' => last = above.pop().expect("an open one"),
                ' ' => {}
                digit => {
                    last = digit as usize - '1' as usize;
                    let set = above
                        .last()
                        .map_or(&mut wanted.carriers, |to: &usize| &mut wanted.sources[*to]);
                    *set |= 1 << last;
                }
            }
        }
        assert_eq!(*chart, wanted, "{}", n + 1);
        let modulators = chart.sources.iter().fold(0, |all, set| all | set);
        assert_eq!(modulators & chart.carriers, 0, "{}", n + 1);
        assert_eq!(modulators | chart.carriers, 0x3f, "{}", n + 1);
        for (to, sources) in chart.sources.iter().enumerate() {
            assert_eq!(
                sources & ((2 << to) - 1),
                0,
                "only higher ones modulate, {}",
                n + 1
            );
        }
        assert!(!charts[..n].contains(chart), "{} is there twice", n + 1);
    }
    for (number, path) in [
        (4, (3, 5)),
        (6, (4, 5)),
        (1, (5, 5)),
        (17, (1, 1)),
        (28, (4, 4)),
    ] {
        assert_eq!(charts[number - 1].feedback, path);
    }
    assert_eq!(Algorithm::Classic(0).topology(), Some(&charts[0]));
    assert_eq!(Algorithm::Classic(255).topology(), Some(&charts[31]));
}

#[test]
fn every_note_is_in_tune() {
    let settings = settings(Algorithm::Classic(32));
    for rate in [44_100.0, 768_000.0] {
        for first in (0..128).step_by(8) {
            let mut controls = controls::<8>();
            controls.pitch = F32s(std::array::from_fn(|n| (first + n) as f32));
            controls.operators[0].level = F32s::splat(1.0);
            check_tuning(&controls, &settings, rate, |n| (first + n) as f64);
        }
    }
}

#[test]
fn ratio_detune_and_fixed_pitch_are_in_tune() {
    let settings_free = settings(Algorithm::Classic(32));
    let mut settings_fixed = settings_free;
    settings_fixed.operators[0].fixed = true;
    let mut controls = controls::<8>();
    controls.pitch = F32s(std::array::from_fn(|n| 30.3 + 3.7 * n as f32));
    let detune = [-0.07, 0.31, 12.0, -24.0, 0.013, 7.5, -0.5, 0.0];
    let ratio = [0.5, 1.0, 3.0, 7.0, 9.99, 1.41, 2.0, 11.0];
    controls.operators[0].level = F32s::splat(1.0);
    controls.operators[0].detune = F32s(detune);
    controls.operators[0].ratio = F32s(ratio);
    controls.operators[0].fixed = F32s(std::array::from_fn(|n| 40.2 + 5.1 * n as f32));
    check_tuning(&controls, &settings_free, 48_000.0, |n| {
        let shift = f64::from(detune[n]) + 12.0 * f64::from(ratio[n]).log2();
        f64::from(controls.pitch.0[n]) + shift
    });
    check_tuning(&controls, &settings_fixed, 48_000.0, |n| {
        f64::from(controls.operators[0].fixed.0[n]) + f64::from(detune[n])
    });
}

/// Checks the frequency by the drift of the phase over a second.
fn check_tuning(
    controls: &FmControls<8>,
    settings: &FmSettings,
    rate: f32,
    key: impl Fn(usize) -> f64,
) {
    let (window, apart) = (rate as usize / 8, rate as usize);
    let mut fm = started(controls, settings, rate);
    let out = run(&mut fm, controls, settings, rate, apart + window);
    for n in 0..8 {
        let wave = lane(&out, n);
        let cycles = hertz(key(n)) / f64::from(rate);
        let turn =
            (phase(&wave, apart, window, cycles) - phase(&wave, 0, window, cycles)).rem_euclid(1.0);
        let drift = (turn + 0.5).fract() - 0.5;
        let cents = 1200.0 * (1.0 + drift / (cycles * apart as f64)).log2();
        assert!(cents.abs() < 0.02, "key {}: {cents} cents", key(n));
    }
}

/// Returns the phase in cycles of a sine of known frequency, by least squares.
fn phase(wave: &[f64], from: usize, samples: usize, cycles: f64) -> f64 {
    let (mut ss, mut cc, mut sc, mut sy, mut cy) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (n, y) in wave.iter().enumerate().skip(from).take(samples) {
        let (s, c) = (std::f64::consts::TAU * (cycles * n as f64).fract()).sin_cos();
        (ss, cc, sc) = (ss + s * s, cc + c * c, sc + s * c);
        (sy, cy) = (sy + s * y, cy + c * y);
    }
    let det = ss * cc - sc * sc;
    let (a, b) = ((sy * cc - cy * sc) / det, (cy * ss - sy * sc) / det);
    b.atan2(a) / std::f64::consts::TAU
}

#[test]
fn a_bent_pitch_arrives_without_a_break() {
    let settings = settings(Algorithm::Classic(16));
    let mut from = controls::<2>();
    from.operators[0].level = F32s::splat(1.0);
    let mut fm = started(&from, &settings, 48_000.0);
    let mut out = run(&mut fm, &from, &settings, 48_000.0, 64);
    fm.ramp_to(&from, &settings, 48_000.0);
    let mut tick = [F32s::ZERO; TICK];
    fm.render(0, &mut tick[..10]);
    let mut to = from;
    to.pitch = F32s([69.0, 81.0]);
    fm.retarget_at(10, to.pitch, 2, 48_000.0);
    fm.render(10, &mut tick[10..]);
    out.extend(tick);
    out.extend(run(&mut fm, &to, &settings, 48_000.0, 64));
    // The second lane, in phase with the first until the bend, then on a straight line to twice the frequency.
    let step = 440.0 / 48_000.0;
    let mut turned = 0.0;
    for (n, sample) in out.iter().enumerate() {
        let wanted = [step * n as f64, turned].map(|cycles| (std::f64::consts::TAU * cycles).sin());
        for (got, want) in sample.0.iter().zip(wanted) {
            assert!(
                (f64::from(*got) - want).abs() < 2e-5,
                "{n}: {got} for {want}"
            );
        }
        turned += step * (1.0 + (n as f64 - 74.0).clamp(0.0, 22.0) / 22.0);
    }
}

#[test]
fn whatever_the_controls_are_what_comes_out_is_finite() {
    let absurd = [
        f32::NAN,
        f32::INFINITY,
        f32::NEG_INFINITY,
        1e30,
        -1e30,
        -0.0,
        1e-40,
        1.0,
    ];
    for (n, value) in absurd.into_iter().enumerate() {
        let mut plain = controls::<3>();
        for (n, operator) in plain.operators.iter_mut().enumerate() {
            operator.ratio = F32s::splat(1.0 + n as f32);
            operator.level = F32s::splat(0.8);
            operator.output = F32s::splat(0.5);
            operator.feedback = F32s::splat(0.3);
        }
        plain.matrix = [[F32s::splat(0.05); OPERATORS]; OPERATORS];
        let mut odd = plain;
        let mut spoil = |lanes: &mut F32s<3>| lanes.0[1] = value;
        spoil(&mut odd.pitch);
        spoil(&mut odd.key);
        spoil(&mut odd.velocity);
        odd.matrix.iter_mut().flatten().for_each(&mut spoil);
        for operator in &mut odd.operators {
            let OperatorControls {
                ratio,
                fixed,
                detune,
                level,
                feedback,
                velocity,
                key_level,
                key_rate,
                rates,
                levels,
                output,
            } = operator;
            [
                ratio, fixed, detune, level, feedback, velocity, key_level, key_rate, output,
            ]
            .into_iter()
            .chain(rates)
            .chain(levels)
            .for_each(&mut spoil);
        }
        for algorithm in [
            Algorithm::Free,
            Algorithm::Classic(4),
            Algorithm::Classic(32),
        ] {
            let mut settings = settings(algorithm);
            settings.operators[2].fixed = n % 2 == 0;
            let mut fm = started(&odd, &settings, 48_000.0);
            let got = run(&mut fm, &odd, &settings, 48_000.0, 640);
            fm.retarget_at(0, odd.pitch, 2, 48_000.0);
            let mut fm = started(&plain, &settings, 48_000.0);
            let alone = run(&mut fm, &plain, &settings, 48_000.0, 640);
            for (got, alone) in got.iter().zip(&alone) {
                assert!(got.0[1].is_finite(), "{value}");
                let bits = |sample: &F32s<3>| [sample.0[0].to_bits(), sample.0[2].to_bits()];
                assert_eq!(bits(got), bits(alone), "{value} stays in its lane");
            }
        }
    }
}

#[test]
fn a_change_of_algorithm_does_not_click() {
    let mut controls = controls::<1>();
    for operator in &mut controls.operators {
        operator.level = F32s([0.7]);
    }
    let [first, second, third] = [
        Algorithm::Classic(1),
        Algorithm::Classic(32),
        Algorithm::Free,
    ]
    .map(settings);
    let mut fm = started(&controls, &first, RATE);
    let mut out = run(&mut fm, &controls, &first, RATE, 320);
    out.extend(run(&mut fm, &controls, &second, RATE, 320));
    out.extend(run(&mut fm, &controls, &third, RATE, 320));
    let out = lane(&out, 0);
    let steepest = |range: std::ops::Range<usize>| {
        let steps = out[range].windows(2).map(|pair| (pair[1] - pair[0]).abs());
        steps.fold(0.0, f64::max)
    };
    let before = steepest(0..319);
    assert!(
        steepest(318..352) < 2.0 * before && steepest(638..672) < 2.0 * before,
        "{before}"
    );
    let wanted = Reference::new(&controls, &second).run(640);
    for (n, (got, want)) in out.iter().zip(&wanted).enumerate().skip(352) {
        assert!(
            (got - want).abs() < 1e-4,
            "after the change, {n}: {got} for {want}"
        );
    }
    assert!(
        out[800..].iter().all(|sample| *sample == 0.0),
        "in the free one, no output is up"
    );
}
