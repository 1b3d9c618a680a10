//! Draws of a variation: a sound with random changes, as a pure function of a sound and a random generator.
//!
//! [`mutate`] moves the values of a sound by their [rules](super::rule). [`randomise`] takes each group from a factory
//! preset, since independent random values of 300 parameters hardly ever give a usable sound, and then mutates them.

use fastrand::Rng;
use tidepool_dsp::parameter::{MatrixParameter, OscillatorParameter, Range};
use tidepool_dsp::{Parameter, Patch};

use super::group::{Group, Groups};
use super::rule::{Rule, rule};
use crate::presets::{self, Preset};

/// Amount of the mutation that follows a cross of presets.
const AFTER_CROSSING: f32 = 0.25;
/// Level in dB above which a source of the mixer counts as audible.
const AUDIBLE: f32 = -30.0;
/// Draws of a preset until its sources are audible together with those that are locked.
const DRAWS: usize = 100;

/// Returns `sound` with the values outside of the groups `locked` moved. `amount` is 0 to 1.
pub fn mutate(sound: &Patch, amount: f32, locked: Groups, rng: &mut Rng) -> Patch {
    let mut patch = *sound;
    let dice = &mut Dice { rng, amount };
    for (parameter, value) in sound.iter() {
        if is_free(parameter, locked) && matrix_slot(parameter).is_none() {
            patch.set(parameter, dice.value(parameter, value));
        }
    }
    if !locked.contains(Group::Modulation) {
        for slot in 0..Parameter::MATRIX_SLOTS {
            dice.slot(&mut patch, slot);
        }
    }
    patch
}

/// Returns a sound whose groups, except those `locked`, which are taken from `sound`, come from random factory presets.
pub fn randomise(sound: &Patch, locked: Groups, rng: &mut Rng) -> Patch {
    let all = presets::all();
    if all.is_empty() {
        return mutate(sound, 1.0, locked, rng);
    }
    // Sources, modulation and playing mode belong together, and so do filter and envelopes.
    let mut sources = &all[rng.usize(..all.len())];
    let take = |source: &Preset| {
        let groups = [Group::Oscillators, Group::Fm, Group::Voice];
        taken(sound, &source.patch, &groups, locked)
    };
    for _ in 0..DRAWS {
        if is_audible(&take(sources)) {
            break;
        }
        sources = &all[rng.usize(..all.len())];
    }
    let mut patch = take(sources);
    let shape = alike(all, sources, rng);
    let modulation = if rng.f32() < 0.6 { sources } else { shape };
    let effects = alike(all, sources, rng);
    for (preset, groups) in [
        (shape, &[Group::Filter, Group::Envelopes][..]),
        (modulation, &[Group::Modulation, Group::Macros]),
        (effects, &[Group::Effects]),
    ] {
        patch = taken(&patch, &preset.patch, groups, locked);
    }
    patch.set(Parameter::Level, sources.patch.get(Parameter::Level));
    mutate(&patch, AFTER_CROSSING, locked, rng)
}

/// Returns a random preset, three times out of four one of the same category as `preset`.
fn alike<'a>(all: &'a [Preset], preset: &Preset, rng: &mut Rng) -> &'a Preset {
    let near: Vec<_> = (all.iter())
        .filter(|other| other.category == preset.category)
        .collect();
    match near.is_empty() || rng.f32() < 0.25 {
        true => &all[rng.usize(..all.len())],
        false => near[rng.usize(..near.len())],
    }
}

/// Returns `sound` with the groups `groups`, except those `locked`, taken from `other`.
fn taken(sound: &Patch, other: &Patch, groups: &[Group], locked: Groups) -> Patch {
    let mut patch = *sound;
    for (parameter, value) in other.iter() {
        if Group::of(parameter).is_some_and(|group| groups.contains(&group))
            && is_free(parameter, locked)
        {
            patch.set(parameter, value);
        }
    }
    patch
}

/// Returns true if a source of the mixer is audible.
fn is_audible(patch: &Patch) -> bool {
    let oscillators = 0..Parameter::OSCILLATORS;
    let levels =
        oscillators.map(|number| Parameter::oscillator(number, OscillatorParameter::Level));
    let others = [
        Parameter::FmLevel,
        Parameter::NoiseLevel,
        Parameter::RingLevel,
    ];
    let mut levels = levels.chain(others);
    levels.any(|level| patch.get(level) > AUDIBLE)
}

/// Returns true if a variation may change `parameter`.
fn is_free(parameter: Parameter, locked: Groups) -> bool {
    Group::of(parameter).is_some_and(|group| !locked.contains(group))
}

/// Returns the slot of the matrix that `parameter` belongs to.
fn matrix_slot(parameter: Parameter) -> Option<usize> {
    let first = Parameter::matrix_slot(0, MatrixParameter::Source).index();
    let place = parameter.index().checked_sub(first)?;
    Some(place / MatrixParameter::COUNT)
}

/// Random changes of an amount.
struct Dice<'a> {
    rng: &'a mut Rng,
    /// 0 to 1.
    amount: f32,
}

impl Dice<'_> {
    /// Returns true in this fraction of the cases.
    fn chance(&mut self, probability: f32) -> bool {
        self.rng.f32() < probability
    }

    /// Returns a random number from −1 to 1 times the amount; small ones are more likely.
    fn spread(&mut self) -> f32 {
        (self.rng.f32() - self.rng.f32()) * self.amount
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.rng.usize(..from.len())]
    }

    /// Returns the varied value of `parameter`.
    fn value(&mut self, parameter: Parameter, value: f32) -> f32 {
        if !self.chance(0.35 + 0.65 * self.amount) {
            return value;
        }
        let range = parameter.spec().range;
        match rule(parameter) {
            Rule::Keep => value,
            Rule::Slide { reach, most } => {
                let is_off = value == 0.0 || value == range.ends().0;
                if is_off && !self.chance(0.15 * self.amount) {
                    return value;
                }
                let mut by = self.spread() * reach;
                if let Range::Whole { min, max } = range {
                    // A step at least, or a whole number would stay where it is.
                    let step = 1.0 / (max - min) as f32;
                    by = by.signum() * by.abs().max(step);
                }
                let moved = range.plain(range.normalize(value) + by);
                // The normalized range loses the last bits, which a value that stays must keep.
                if by == 0.0 {
                    value
                } else {
                    moved.min(most.max(value))
                }
            }
            Rule::Level(_) if value > range.ends().0 => {
                let moved = value + 12.0 * self.spread();
                moved.clamp((-45.0_f32).min(value), 3.0_f32.max(value))
            }
            Rule::Level(level) if self.chance(0.1 * self.amount) => level,
            Rule::Level(_) => value,
            Rule::Interval(intervals) if self.chance(0.25 * self.amount) => {
                let moved = value + self.pick(intervals);
                if moved.abs() <= 24.0 { moved } else { value }
            }
            Rule::Interval(_) => value,
            Rule::Ratio if is_harmonic(value) => match self.chance(0.3 * self.amount) {
                true => self.pick(&[0.5, 1.0, 1.0, 2.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 9.0]),
                false => value,
            },
            Rule::Ratio => value * (0.2 * self.spread()).exp2(),
            Rule::Choice(names) if (value as usize) < names && self.chance(0.2 * self.amount) => {
                self.rng.usize(..names) as f32
            }
            Rule::Choice(_) => value,
        }
    }

    /// Varies a slot of the matrix: mostly its amount, seldom all of it, which is then a slot of a factory preset.
    fn slot(&mut self, patch: &mut Patch, slot: usize) {
        let of = |row| Parameter::matrix_slot(slot, row);
        let get = |patch: &Patch, row| patch.get(of(row));
        let is_used = get(patch, MatrixParameter::Source) > 0.0
            && get(patch, MatrixParameter::Destination) > 0.0;
        let probability = if is_used { 0.1 } else { 0.02 };
        let has_macro = [MatrixParameter::Source, MatrixParameter::Via]
            .into_iter()
            .any(|row| is_macro(of(row), get(patch, row)));
        // A macro keeps its destinations, which its name describes.
        if !has_macro
            && self.chance(probability * self.amount)
            && let Some(row) = self.factory_slot()
        {
            for (parameter, value) in MatrixParameter::ALL.into_iter().zip(row) {
                patch.set(of(parameter), value);
            }
        } else if is_used {
            let amount = get(patch, MatrixParameter::Amount);
            let scaled = amount * (1.5 * self.spread()).exp2();
            patch.set(of(MatrixParameter::Amount), scaled);
        }
    }

    /// Returns the values of a used slot of a random factory preset, one without macros.
    fn factory_slot(&mut self) -> Option<[f32; MatrixParameter::COUNT]> {
        let all = presets::all();
        if all.is_empty() {
            return None;
        }
        let preset = &all[self.rng.usize(..all.len())];
        let slots = (0..Parameter::MATRIX_SLOTS).map(|slot| {
            MatrixParameter::ALL.map(|row| preset.patch.get(Parameter::matrix_slot(slot, row)))
        });
        let source = Parameter::matrix_slot(0, MatrixParameter::Source);
        let is_usable = |row: &[f32; MatrixParameter::COUNT]| {
            let [source_of, via, destination, _] = *row;
            let macros = is_macro(source, source_of) || is_macro(source, via);
            source_of > 0.0 && destination > 0.0 && !macros
        };
        let slots: Vec<_> = slots.filter(is_usable).collect();
        (!slots.is_empty()).then(|| self.pick(&slots))
    }
}

/// Returns true if `ratio` is a whole number or a half.
fn is_harmonic(ratio: f32) -> bool {
    ratio == 0.5 || (ratio >= 1.0 && ratio.fract() == 0.0)
}

/// Returns true if the `source` of a slot is a macro.
fn is_macro(source: Parameter, value: f32) -> bool {
    match source.spec().unit {
        tidepool_dsp::parameter::Unit::Choice(names) => names
            .get(value as usize)
            .is_some_and(|name| name.starts_with("Macro")),
        _ => false,
    }
}
