//! Helpers that the tests of all effects share.

use super::*;
use crate::rt::TICK;

/// Pseudo-random numbers (xorshift64*, S. Vigna 2016).
pub struct Dice(pub u64);

impl Dice {
    pub fn bits(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub fn below(&mut self, end: usize) -> usize {
        (self.bits() >> 33) as usize % end
    }

    pub fn within(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * (self.bits() >> 40) as f32 / (1 << 24) as f32
    }
}

/// White noise between −1 and 1.
pub fn noise(seed: u64, length: usize) -> Vec<f32> {
    let mut dice = Dice(seed);
    (0..length).map(|_| dice.within(-1.0, 1.0)).collect()
}

/// Sine at half of full scale.
pub fn sine(frequency: f64, sample_rate: f32, length: usize) -> Vec<f32> {
    let turn = std::f64::consts::TAU * frequency / f64::from(sample_rate);
    (0..length)
        .map(|n| 0.5 * (turn * n as f64).sin() as f32)
        .collect()
}

/// Returns an effect that has been prepared and has had no input.
pub fn prepared<E: Effect>(sample_rate: f32) -> E {
    let mut effect = E::default();
    effect.prepare(sample_rate);
    effect
}

/// Plays whole ticks; `settings` gets the number of each tick and `cut` returns the maximum length of the next piece.
pub fn play_cut<E: Effect>(
    effect: &mut E,
    settings: impl Fn(usize) -> E::Settings,
    [left, right]: [&[f32]; 2],
    mut cut: impl FnMut() -> usize,
) -> [Vec<f32>; 2] {
    let (mut left, mut right) = (left.to_vec(), right.to_vec());
    let ticks = left
        .chunks_exact_mut(TICK)
        .zip(right.chunks_exact_mut(TICK));
    for (n, (left, right)) in ticks.enumerate() {
        effect.ramp_to(&settings(n));
        let mut phase = 0;
        while phase < TICK {
            let end = (phase + cut()).min(TICK);
            effect.process(phase, &mut left[phase..end], &mut right[phase..end]);
            phase = end;
        }
    }
    [left, right]
}

/// Plays the same sound on both sides, in whole ticks.
pub fn play<E: Effect>(
    effect: &mut E,
    settings: impl Fn(usize) -> E::Settings,
    input: &[f32],
) -> [Vec<f32>; 2] {
    play_cut(effect, settings, [input, input], || TICK)
}

pub fn bits(sound: &[Vec<f32>; 2]) -> [Vec<u32>; 2] {
    sound
        .each_ref()
        .map(|side| side.iter().map(|x| x.to_bits()).collect())
}

pub fn peak(sound: &[f32]) -> f32 {
    sound.iter().fold(0.0, |peak, x| peak.max(x.abs()))
}

pub fn power(sound: &[f32]) -> f64 {
    let square: f64 = sound.iter().map(|x| f64::from(*x) * f64::from(*x)).sum();
    square / sound.len() as f64
}

/// Returns the correlation of two sounds, −1 to 1.
pub fn correlation(a: &[f32], b: &[f32]) -> f64 {
    let product: f64 = a
        .iter()
        .zip(b)
        .map(|(a, b)| f64::from(*a) * f64::from(*b))
        .sum();
    product / a.len() as f64 / (power(a) * power(b)).sqrt()
}

/// Returns the largest second difference. A sine of amplitude a has a·ω², a jump its whole height.
pub fn sharpest(sound: &[f32]) -> f32 {
    sound
        .windows(3)
        .map(|x| (x[0] - 2.0 * x[1] + x[2]).abs())
        .fold(0.0, f32::max)
}

/// Returns bursts, silence, very quiet tones and invalid values, beginning and ending anywhere.
fn mixed(dice: &mut Dice, length: usize) -> Vec<f32> {
    let mut sound = Vec::with_capacity(length + 4000);
    while sound.len() < length {
        let (count, kind) = (1 + dice.below(2000), dice.below(8));
        for _ in 0..count {
            let x = dice.within(-1.0, 1.0);
            sound.push(match kind {
                0..3 => x,
                3..6 => [0.0, -0.0][dice.below(2)],
                6 => x * 1e-14,
                _ if dice.below(200) > 0 => x * 3.0,
                _ => [f32::NAN, f32::INFINITY, 1e30, 1e-40][dice.below(4)],
            });
        }
    }
    sound.truncate(length);
    sound
}

/// Asserts that the output has the same bits however ticks are split: also with one side silent, while settings jump, and
/// after the effect was idle.
pub fn cuts_change_no_bit<E: Effect>(settings: impl Fn(&mut Dice) -> E::Settings) {
    let (mut slept, mut woke) = (0, 0);
    for seed in 1..=24_u64 {
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let length = 600 * TICK;
        let rate = [8_000.0, 48_000.0][dice.below(2)];
        let mut input = [mixed(&mut dice, length), mixed(&mut dice, length)];
        if dice.below(2) == 0 {
            input[1].fill(0.0);
        }
        // Long enough for any tail to end.
        for side in &mut input {
            side[200 * TICK + 7..500 * TICK + 5].fill(0.0);
        }
        let kept: Vec<E::Settings> = (0..12).map(|_| settings(&mut dice)).collect();
        let settings = |tick: usize| {
            kept[if tick < 150 {
                tick / 15
            } else {
                10 + tick / 550
            }]
        };
        let input = [&input[0][..], &input[1][..]];
        let mut whole = prepared::<E>(rate);
        let want = play_cut(&mut whole, settings, input, || TICK);
        let mut cut = prepared::<E>(rate);
        let longest = 1 + dice.below(TICK);
        let got = play_cut(&mut cut, settings, input, || 1 + dice.below(longest));
        assert!(all_finite(&want));
        for (side, (want, got)) in bits(&want).iter().zip(bits(&got)).enumerate() {
            let differs = want.iter().zip(&got).position(|(a, b)| a != b);
            assert_eq!(differs, None, "side {side}, seed {seed}");
        }
        assert_eq!(whole.non_finite_count(), cut.non_finite_count());
        let rested = want[0][480 * TICK..500 * TICK].iter().all(|x| *x == 0.0);
        slept += u32::from(rested);
        woke += u32::from(rested && peak(&want[0][505 * TICK..]) > 0.0);
    }
    assert!(woke > 3, "slept {slept} times, woke {woke} times");
}

/// Asserts that the effect is idle within `seconds` after the last sound, is exactly silent then, and behaves as a new one:
/// woken at any sample of a tick, and after a reset in the middle of a sound.
pub fn sleeps_and_wakes_as_new<E: Effect>(settings: E::Settings, seconds: f32) {
    let rate = 48_000.0;
    let sound = noise(5, 150 * TICK);
    let mut later = vec![0.0; 200 * TICK];
    later[3 * TICK + 11..100 * TICK].copy_from_slice(&sound[..97 * TICK - 11]);
    let mut fresh = prepared::<E>(rate);
    let want = play(&mut fresh, |_| settings, &later);
    assert!(peak(&want[0]) > 0.01);

    let mut effect = prepared::<E>(rate);
    assert!(effect.is_idle());
    play(&mut effect, |_| settings, &sound);
    assert!(!effect.is_idle());
    let silence = vec![0.0; TICK];
    let mut ticks = 0;
    let mut last = 0.0;
    while !effect.is_idle() {
        let [left, right] = play(&mut effect, |_| settings, &silence);
        ticks += 1;
        assert!((ticks * TICK) as f32 <= seconds * rate, "still awake");
        for x in left.iter().chain(&right) {
            assert!(!x.is_subnormal(), "{x:e}");
        }
        if !effect.is_idle() {
            let end = TICK - 8..;
            last = peak(&left[end.clone()]).max(peak(&right[end]));
        }
    }
    assert!(last < 1e-5, "cut off at {last}");
    let silent = play(&mut effect, |_| settings, &silence);
    assert_eq!(bits(&silent), [vec![0; TICK], vec![0; TICK]]);
    assert_eq!(bits(&play(&mut effect, |_| settings, &later)), bits(&want));

    play(&mut effect, |_| settings, &sound);
    effect.reset();
    assert!(effect.is_idle());
    assert_eq!(bits(&play(&mut effect, |_| settings, &later)), bits(&want));
}

/// Asserts that the output is finite for any input, that invalid values are counted and that they leave no trace.
pub fn survives_anything<E: Effect>(settings: impl Fn(&mut Dice) -> E::Settings, bound: f32) {
    let mut dice = Dice(99);
    let absurd = [
        f32::NAN,
        f32::INFINITY,
        f32::NEG_INFINITY,
        f32::MAX,
        1e30,
        1e-44,
        1e6,
    ];
    for rate in [8_000.0, 44_100.0, 192_000.0, 768_000.0] {
        let mut effect = prepared::<E>(rate);
        // Long enough for any delay.
        let ticks = (0.15 * rate) as usize / TICK;
        let kept: Vec<E::Settings> = (0..ticks).map(|_| settings(&mut dice)).collect();
        let mut sound: Vec<f32> = noise(7, ticks * TICK);
        for _ in 0..200 {
            let n = dice.below(sound.len());
            sound[n] = absurd[dice.below(absurd.len())] * [1.0, -1.0][dice.below(2)];
        }
        let out = play(&mut effect, |tick| kept[tick], &sound);
        assert!(all_finite(&out));
        assert!(peak(&out[0]) > 0.0);
        assert!(effect.non_finite_count() >= 100);
        assert_eq!(effect.non_finite_count(), 0);
        effect.reset();
        let out = play(&mut effect, |tick| kept[tick], &noise(8, ticks * TICK));
        let peak = peak(&out[0]).max(peak(&out[1]));
        assert!(peak <= bound, "{peak}");
        assert_eq!(effect.non_finite_count(), 0);
    }
}

/// Returns the ratio of the largest second difference while the settings jump to that while they rest, before and after.
pub fn bend_of_jump<E: Effect>(frequency: f64, before: E::Settings, after: E::Settings) -> f32 {
    let rate = 48_000.0;
    let (settle, jump) = (40_000 / TICK, 70_000 / TICK);
    let sound = sine(frequency, rate, 2 * jump * TICK);
    let mut effect = prepared::<E>(rate);
    let settings = |tick| if tick < jump { before } else { after };
    let out = play(&mut effect, settings, &sound);
    let mut worst: f32 = 0.0;
    for side in &out {
        let rests = sharpest(&side[settle * TICK..(jump - 1) * TICK])
            .max(sharpest(&side[(jump + settle) * TICK..]));
        let moves = sharpest(&side[(jump - 1) * TICK..(jump + settle) * TICK]);
        worst = worst.max(moves / rests);
    }
    worst
}

/// Asserts that a NaN that `plant` puts into the state is counted, never reaches the output, and is gone soon.
pub fn survives_nan<E: Effect>(settings: E::Settings, plant: impl Fn(&mut E))
where
    E::Settings: Copy,
{
    let sound = noise(5, 400 * TICK);
    let mut effect = prepared::<E>(48_000.0);
    play(&mut effect, |_| settings, &sound);
    assert_eq!(effect.non_finite_count(), 0);
    plant(&mut effect);
    let after = play(&mut effect, |_| settings, &sound);
    assert!(all_finite(&after), "it leaves");
    assert!(effect.non_finite_count() > 0, "it is not counted");
    let later = play(&mut effect, |_| settings, &sound);
    assert_eq!(effect.non_finite_count(), 0, "it stays");
    assert!(all_finite(&later));
    let heard = power(&later[0]) + power(&later[1]);
    assert!(heard > 1e-4, "the effect is dead");
}

fn all_finite(sound: &[Vec<f32>; 2]) -> bool {
    sound.iter().flatten().all(|x| x.is_finite())
}
