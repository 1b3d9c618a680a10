//! Influences that must not change a bit: splits of a tick, other lanes, earlier notes.

use proptest::prelude::*;

use super::*;
use crate::rt::{Work, dispatch};

/// A voice as the numbers that its controls are made of.
#[derive(Clone, Debug)]
struct Voice {
    pitch: f32,
    velocity: f32,
    /// Ratio, level, feedback, output, rate, sustain for each operator. A level below 0 is silence until half of the
    /// time is over.
    operators: Vec<[f32; 6]>,
    /// Free matrix, mostly 0.
    matrix: Vec<f32>,
    starts: usize,
    released: usize,
    bent: (usize, f32),
}

const SAMPLES: usize = 320;

fn sparse(values: impl Strategy<Value = f32>) -> impl Strategy<Value = f32> {
    (values, 0..3).prop_map(|(value, some)| if some == 0 { value } else { 0.0 })
}

prop_compose! {
    fn voice()(
        pitch in 30.0_f32..90.0,
        velocity in 0.0_f32..1.0,
        operators in prop::collection::vec(
            [0.1_f32..8.0, 0.3..1.0, 0.0..0.5, 0.0..1.0, 0.3..1.0, 0.0..1.0],
            OPERATORS,
        ),
        silent in prop::collection::vec(0..3, OPERATORS),
        fed in prop::collection::vec(0..3, OPERATORS),
        matrix in prop::collection::vec(sparse(-0.3_f32..0.3), OPERATORS * OPERATORS),
        starts in 0..100_usize,
        held in 1..200_usize,
        bent in (0..SAMPLES, 40.0_f32..80.0),
    ) -> Voice {
        let mut operators: Vec<_> = operators.into_iter().map(|values| values.map(f32::from)).collect();
        for (n, operator) in operators.iter_mut().enumerate() {
            if silent[n] == 0 {
                operator[1] *= -1.0;
            }
            if fed[n] != 0 {
                operator[2] = 0.0;
            }
        }
        Voice { pitch, velocity, operators, matrix, starts, released: starts + held, bent }
    }
}

/// Settings that all voices share at a sample; they change at ticks.
#[derive(Clone, Debug)]
struct Shared {
    algorithms: Vec<u8>,
    wave: usize,
    fixed: usize,
    oversampled: bool,
}

impl Shared {
    fn settings(&self, sample: usize) -> FmSettings {
        let number = self.algorithms[sample / TICK * self.algorithms.len() / (SAMPLES / TICK)];
        let algorithm = if number > 32 {
            Algorithm::Free
        } else {
            Algorithm::Classic(number)
        };
        let mut settings = settings(algorithm);
        settings.operators[self.wave].wave = FmWave::Squared;
        settings.operators[self.fixed].fixed = true;
        settings.oversampled = self.oversampled;
        settings
    }
}

fn shared() -> impl Strategy<Value = Shared> {
    // The free algorithm in half of the cases.
    let algorithms = prop::collection::vec(1..65_u8, 1..3);
    let parts = (algorithms, 0..OPERATORS, 0..OPERATORS, any::<bool>());
    parts.prop_map(|(algorithms, wave, fixed, oversampled)| Shared {
        algorithms,
        wave,
        fixed,
        oversampled,
    })
}

fn controls_of<const N: usize>(voices: &[Voice], sample: usize) -> FmControls<N> {
    let of = |value: &dyn Fn(&Voice) -> f32| F32s(std::array::from_fn(|n| value(&voices[n])));
    let mut controls = controls::<N>();
    controls.pitch = of(&|voice| {
        if sample < voice.bent.0 {
            voice.pitch
        } else {
            voice.bent.1
        }
    });
    controls.velocity = of(&|voice| voice.velocity);
    for (n, operator) in controls.operators.iter_mut().enumerate() {
        operator.ratio = of(&|voice| voice.operators[n][0]);
        operator.level = of(&|voice| {
            let level = voice.operators[n][1];
            if sample < SAMPLES / 2 {
                level
            } else {
                level.abs()
            }
        });
        operator.feedback = of(&|voice| voice.operators[n][2]);
        operator.output = of(&|voice| voice.operators[n][3]);
        operator.velocity = of(&|_| 0.5);
        operator.rates = [of(&|voice| voice.operators[n][4]); 4];
        operator.levels = [
            of(&|_| 1.0),
            of(&|voice| voice.operators[n][5]),
            of(&|_| 0.5),
            of(&|_| 0.0),
        ];
    }
    for (n, path) in controls.matrix.iter_mut().flatten().enumerate() {
        // Some paths come and go.
        *path = of(&|voice| {
            if (sample / TICK + n) % 4 < 3 {
                voice.matrix[n]
            } else {
                0.0
            }
        });
    }
    controls
}

/// Plays `voices`, split at `cuts` and at events.
#[inline(always)]
fn play<const N: usize>(voices: &[Voice], shared: &Shared, cuts: &[usize]) -> Vec<F32s<N>> {
    let rate = 48_000.0;
    let mut fm = Fm::<N>::default();
    let mut out = vec![F32s::ZERO; SAMPLES];
    let mut at = 0;
    while at < SAMPLES {
        let (phase, settings, controls) =
            (at % TICK, shared.settings(at), controls_of::<N>(voices, at));
        if phase == 0 {
            fm.ramp_to(&controls, &settings, rate);
        }
        for (n, voice) in voices.iter().enumerate() {
            if voice.starts == at {
                fm.start(1 << n);
                fm.jump_to(phase, &controls, &settings, rate, 1 << n);
            }
            if voice.released == at {
                fm.release(1 << n);
            }
            if voice.bent.0 == at && phase != 0 {
                fm.retarget_at(phase, controls.pitch, 1 << n, rate);
            }
        }
        let events = voices
            .iter()
            .flat_map(|voice| [voice.starts, voice.released, voice.bent.0]);
        let until = (at / TICK + 1) * TICK;
        let end = events
            .chain(cuts.iter().copied())
            .filter(|event| *event > at)
            .fold(until, usize::min);
        fm.render(phase, &mut out[at..end]);
        at = end;
    }
    out
}

struct Played<'a>(&'a [Voice], &'a Shared);

impl Work for Played<'_> {
    type Output = Vec<F32s<8>>;

    #[inline(always)]
    fn run(self) -> Self::Output {
        play::<8>(self.0, self.1, &[])
    }
}

fn bits<const N: usize>(out: &[F32s<N>], lane: usize, from: usize) -> Vec<u32> {
    out[from..]
        .iter()
        .map(|sample| sample.0[lane].to_bits())
        .collect()
}

/// Ratio, fixed pitch, detune and fixed operator of each tick: mostly those of the tick before, because only constant
/// controls are cached.
fn tunings() -> impl Strategy<Value = Vec<[f32; 4]>> {
    let moved = (
        0.25_f32..8.0,
        30.0_f32..100.0,
        -1.0_f32..1.0,
        0..OPERATORS as u8,
    );
    prop::collection::vec((0..6_usize, moved), 12).prop_map(|ticks| {
        let mut now = [1.0, 69.0, 0.0, 0.0];
        let follow = |(what, (ratio, fixed, detune, operator)): (usize, _)| {
            if let Some(value) = now.get_mut(what) {
                *value = [ratio, fixed, detune, f32::from(operator)][what];
            }
            now
        };
        ticks.into_iter().map(follow).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_is_remembered_has_the_bits_of_what_is_computed_again(
        voices in prop::collection::vec(voice(), 8),
        tunings in tunings(),
    ) {
        let rate = 48_000.0;
        let mut remembers = Fm::<8>::default();
        let mut forgets = remembers;
        for (tick, [ratio, fixed, detune, operator]) in tunings.into_iter().enumerate() {
            let mut controls = controls_of::<8>(&voices, 0);
            let mut settings = settings(Algorithm::Classic(5));
            settings.operators[operator as usize].fixed = true;
            for (n, of_one) in controls.operators.iter_mut().enumerate() {
                of_one.ratio = of_one.ratio * ratio;
                of_one.fixed = F32s::splat(fixed + n as f32);
                of_one.detune = F32s::splat(detune);
                of_one.level = F32s::splat(0.8);
            }
            forgets.forget_cache();
            let [remembered, computed] = [&mut remembers, &mut forgets].map(|fm| {
                if tick == 0 {
                    fm.start(all::<8>());
                    fm.jump_to(0, &controls, &settings, rate, all::<8>());
                } else {
                    fm.ramp_to(&controls, &settings, rate);
                }
                let mut out = [F32s::ZERO; TICK];
                fm.render(0, &mut out);
                out
            });
            for lane in 0..8 {
                prop_assert_eq!(bits(&remembered, lane, 0), bits(&computed, lane, 0));
            }
        }
    }

    #[test]
    fn a_cut_changes_no_bit(
        voices in prop::collection::vec(voice(), 3),
        shared in shared(),
        cuts in prop::collection::vec(0..SAMPLES, 0..60),
    ) {
        let whole = play::<3>(&voices, &shared, &[]);
        let cut = play::<3>(&voices, &shared, &cuts);
        for lane in 0..3 {
            prop_assert_eq!(bits(&whole, lane, 0), bits(&cut, lane, 0));
        }
    }

    #[test]
    fn a_voice_has_the_same_bits_alone_and_among_others(
        voices in prop::collection::vec(voice(), 3),
        shared in shared(),
    ) {
        let together = play::<3>(&voices, &shared, &[]);
        for lane in 0..3 {
            let alone = play::<1>(&voices[lane..=lane], &shared, &[]);
            let from = voices[lane].starts;
            prop_assert_eq!(bits(&together, lane, from), bits(&alone, 0, from), "lane {}", lane);
        }
    }

    #[test]
    fn wide_vectors_change_no_bit(
        voices in prop::collection::vec(voice(), 8),
        shared in shared(),
    ) {
        let narrow = Played(&voices, &shared).run();
        let wide = dispatch(Played(&voices, &shared));
        for lane in 0..8 {
            prop_assert_eq!(bits(&narrow, lane, 0), bits(&wide, lane, 0), "lane {}", lane);
        }
    }

    #[test]
    fn a_note_does_not_depend_on_the_one_before(
        before in voice(),
        note in voice(),
        shared in shared(),
    ) {
        let settings = shared.settings(0);
        let played = |first: &Voice| {
            let controls = controls_of::<1>(std::slice::from_ref(first), 0);
            let mut fm = started(&controls, &settings, 48_000.0);
            run(&mut fm, &controls, &settings, 48_000.0, 96);
            let controls = controls_of::<1>(std::slice::from_ref(&note), 0);
            fm.ramp_to(&controls, &settings, 48_000.0);
            let mut tick = [F32s::ZERO; TICK];
            fm.render(0, &mut tick[..11]);
            fm.start(1);
            fm.jump_to(11, &controls, &settings, 48_000.0, 1);
            fm.render(11, &mut tick[11..]);
            let mut out = tick[11..].to_vec();
            out.extend(run(&mut fm, &controls, &settings, 48_000.0, 96));
            bits(&out, 0, 0)
        };
        prop_assert_eq!(played(&before), played(&note));
    }
}
