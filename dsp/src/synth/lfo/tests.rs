use proptest::prelude::*;

use super::*;

const RATE: f32 = 48_000.0;
const SHAPES: [LfoShape; 7] = [
    LfoShape::Sine,
    LfoShape::Triangle,
    LfoShape::SawUp,
    LfoShape::SawDown,
    LfoShape::Square,
    LfoShape::SampleAndHold,
    LfoShape::SmoothRandom,
];

fn controls<const N: usize>(rate: f32) -> LfoControls<N> {
    LfoControls {
        rate: F32s::splat(rate),
        ..LfoControls::default()
    }
}

fn started(seed: u32) -> Lfo<1> {
    let mut lfo = Lfo::default();
    lfo.start(1, &[seed]);
    lfo
}

fn value(lanes: F32s<1>) -> f64 {
    f64::from(lanes.0[0])
}

/// Returns the value of a shape by its definition, for `cycle` from 0 to 1.
fn reference(shape: LfoShape, cycle: f64) -> f64 {
    match shape {
        LfoShape::Sine => (cycle * std::f64::consts::TAU).sin(),
        LfoShape::Triangle if cycle < 0.25 => 4.0 * cycle,
        LfoShape::Triangle if cycle < 0.75 => 2.0 - 4.0 * cycle,
        LfoShape::Triangle => 4.0 * cycle - 4.0,
        LfoShape::SawUp => 2.0 * cycle - 1.0,
        LfoShape::SawDown => 1.0 - 2.0 * cycle,
        LfoShape::Square if cycle < 0.5 => 1.0,
        LfoShape::Square => -1.0,
        _ => unreachable!("random"),
    }
}

#[test]
fn shapes_and_rate_are_exact_for_an_hour() {
    for shape in &SHAPES[..5] {
        for (rate, sample_rate) in [
            (0.013, RATE),
            (1.0, RATE),
            (7.77, 768_000.0),
            (199.0, 8_000.0),
        ] {
            for offset in [0.0, 0.3] {
                let mut lfo = started(0);
                let mut controls = controls(rate);
                controls.phase = F32s([offset]);
                let first = value(lfo.jump_to(&controls, *shape, sample_rate, 1));
                assert!((first - reference(*shape, f64::from(offset))).abs() < 1e-6);
                // An hour passes in leaps: only the last ticks are compared.
                let ticks = (3600.0 * f64::from(sample_rate) / TICK as f64) as u64 - 1000;
                let step = (f64::from(rate) * TICK as f64 / f64::from(sample_rate) * CYCLE) as u64;
                lfo.places[0] = lfo.places[0].wrapping_add(step.wrapping_mul(ticks));
                for tick in ticks + 1..=ticks + 1000 {
                    let got = value(lfo.tick(&controls, *shape, sample_rate));
                    let seconds = (tick * TICK as u64) as f64 / f64::from(sample_rate);
                    let cycle = (seconds * f64::from(rate) + f64::from(offset)).fract();
                    let want = reference(*shape, cycle);
                    // Jumps may come a thousandth of a tick early or late.
                    let jump = [0.0, 0.5, 1.0]
                        .iter()
                        .any(|edge| (cycle - edge).abs() < 1e-4);
                    assert!(
                        (got - want).abs() < 2e-3 || jump,
                        "{shape:?} at {cycle}: {got} for {want}"
                    );
                }
            }
        }
    }
}

#[test]
fn random_values_are_even_and_repeat_with_their_seed_only() {
    let play = |seed: u32| -> Vec<f64> {
        let mut lfo = started(seed);
        // Exactly 64 ticks per cycle.
        let controls = controls(23.437_5);
        (0..64_000)
            .map(|_| value(lfo.tick(&controls, LfoShape::SampleAndHold, RATE)))
            .collect()
    };
    let values = play(1);
    assert_eq!(values, play(1));
    assert_ne!(values, play(2));
    assert!(values.iter().all(|value| (-1.0..=1.0).contains(value)));
    let changes: Vec<usize> = (1..values.len())
        .filter(|n| values[*n] != values[n - 1])
        .collect();
    assert!(
        changes.iter().all(|n| n % 64 == 63),
        "a value lasts for a cycle"
    );
    let held: Vec<f64> = values.iter().copied().skip(63).step_by(64).collect();
    assert_eq!(changes.len(), held.len(), "and each is a new one");
    let mean = |of: &dyn Fn(f64) -> f64| {
        held.iter().map(|value| of(*value)).sum::<f64>() / held.len() as f64
    };
    // For 1000 uniform values: five standard deviations of each mean.
    assert!(mean(&|x| x).abs() < 0.09, "mean {}", mean(&|x| x));
    assert!(
        (mean(&|x| x * x) - 1.0 / 3.0).abs() < 0.05,
        "power {}",
        mean(&|x| x * x)
    );
    let neighbours = held.windows(2).map(|pair| pair[0] * pair[1]).sum::<f64>() / held.len() as f64;
    assert!(
        neighbours.abs() < 0.06,
        "neighbours resemble each other: {neighbours}"
    );
}

#[test]
fn smooth_random_passes_through_the_held_values_without_a_corner() {
    let play = |shape: LfoShape| -> Vec<f64> {
        let mut lfo = started(9);
        // Exactly 512 ticks per cycle.
        let controls = controls(2.929_687_5);
        (0..40_000)
            .map(|_| value(lfo.tick(&controls, shape, RATE)))
            .collect()
    };
    let (held, smooth) = (play(LfoShape::SampleAndHold), play(LfoShape::SmoothRandom));
    for start in (511..40_000).step_by(512) {
        assert!((held[start] - smooth[start]).abs() < 1e-6);
    }
    // The cubic between values 2 apart: slope 3 and second derivative 12 per cycle of 512 ticks.
    for window in smooth.windows(3) {
        assert!((window[1] - window[0]).abs() < 3.0 / 512.0 + 1e-6);
        assert!((window[2] - 2.0 * window[1] + window[0]).abs() < 12.0 / 262_144.0 + 1e-6);
    }
}

#[test]
fn it_fades_in_from_its_start() {
    let mut lfo = started(0);
    let mut controls = controls(0.0);
    controls.phase = F32s([0.25]);
    controls.fade = F32s([0.5]);
    assert_eq!(value(lfo.jump_to(&controls, LfoShape::Sine, RATE, 1)), 0.0);
    for tick in 1..2000 {
        let got = value(lfo.tick(&controls, LfoShape::Sine, RATE));
        let want = (f64::from(tick) * TICK as f64 / 24_000.0).min(1.0);
        assert!((got - want).abs() < 1e-6, "{got} for {want}");
    }
}

proptest! {
    #[test]
    fn lanes_know_nothing_of_each_other_and_of_absurd_controls(
        rates in prop::array::uniform8(prop_oneof![-1.0..300.0_f32, Just(f32::NAN), Just(f32::INFINITY)]),
        lengths in prop::array::uniform2(prop::array::uniform8(prop_oneof![-1.0..1000.0_f32, Just(3.0), Just(f32::NAN)])),
        phases in prop::array::uniform8(prop_oneof![-1.0..2.0_f32, Just(f32::NAN)]),
        fades in prop::array::uniform8(prop_oneof![-1.0..2.0_f32, Just(f32::NAN), Just(f32::INFINITY)]),
        seeds: [u32; 8],
        shape in 0..7_usize,
        others in 0..256_u32,
        lane in 0..8_usize,
    ) {
        let controls = LfoControls {
            rate: F32s(rates),
            counted: F32s(lengths[0]),
            played: F32s(lengths[1]),
            phase: F32s(phases),
            fade: F32s(fades),
        };
        let single = LfoControls {
            rate: F32s([rates[lane]]),
            counted: F32s([lengths[0][lane]]),
            played: F32s([lengths[1][lane]]),
            phase: F32s([phases[lane]]),
            fade: F32s([fades[lane]]),
        };
        let mut group = Lfo::<8>::default();
        let mut alone = Lfo::<1>::default();
        group.start(1 << lane, &seeds);
        alone.start(1, &[seeds[lane]]);
        for tick in 0..200 {
            if tick == 50 {
                group.start(others & !(1 << lane), &seeds);
                group.jump_to(&controls, SHAPES[shape], RATE, others & !(1 << lane));
            }
            let got = group.tick(&controls, SHAPES[shape], RATE);
            prop_assert_eq!(got.0[lane].to_bits(), alone.tick(&single, SHAPES[shape], RATE).0[0].to_bits());
            prop_assert!(got.0.iter().all(|value| value.abs() <= 1.0), "{:?}", got);
        }
    }
}
