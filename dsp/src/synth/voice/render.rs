//! Rendering of groups of voices, module by module.

use std::array::from_fn;

use super::VoiceGroup;
use super::controls::{Input, ROUTES, Route};
use super::output_levels::Buses;
use super::peaks::{Peaks, watch};
use crate::rt::{TICK, ones};
use crate::synth::f32s::{F32s, Mask, RampSlope, Ramps, all, tick_fraction};
use crate::synth::oscillators::PairOutput;

/// Maximum number of groups that [`VoiceGroup::render`] takes through each module in turn: the clock that times modules
/// is read once for all of them, and their working memory still fits into the first-level cache.
pub const TOGETHER: usize = 2;

/// Length of the scratch memory for [`VoiceGroup::render`]: seven buffers shared by all groups, and five per group.
pub const WORK: usize = (7 + 5 * TOGETHER) * TICK;

/// Inputs that the oscillators render, the first ones. Each of the others has a source of its own, in mono.
const OSCILLATORS: [Input; 3] = [Input::A, Input::B, Input::Ring];

/// Parts of a voice whose processing time is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VoiceStage {
    /// The source that renders this input, possibly among others.
    Source(Input),
    /// The ladder.
    Filter,
    /// Envelopes, pan and sends.
    Output,
}

/// Notes of a group that ended while it was rendered.
#[derive(Clone, Copy, Debug)]
pub struct Rendered<const N: usize> {
    /// Lanes whose note ended.
    pub ended: Mask,
    /// Sample on which each of these notes ended.
    pub at: [usize; N],
    /// The lanes among `ended` that were muted because their output was not finite.
    pub muted: Mask,
}

/// Signal buffers of a group between the modules.
struct Paths<'a, const N: usize> {
    /// Signal through the ladder, left and right.
    filtered: [&'a mut [F32s<N>]; 2],
    /// Signal past the ladder, left and right.
    bypassed: [&'a mut [F32s<N>]; 2],
    /// Modulation of the cutoff by oscillator B, in semitones.
    cutoff: &'a mut [F32s<N>],
    /// True for each [`Route`] whose buffers have been written in this segment.
    written: [bool; ROUTES],
}

impl<const N: usize> VoiceGroup<N> {
    /// Renders the voices of up to [`TOGETHER`] groups and adds them to `buses`, which start at sample `phase` of the
    /// tick and end within it; silent groups are skipped. `external` is the External input, left and right by [`Route`],
    /// at the gain at which it passes through the voices. `mark` is called when all groups have been through a module.
    /// `peaks` receives the highest values.
    ///
    /// A voice whose output is NaN or infinite ends there. Its last valid sample fades out within 3 ms, so that it does
    /// not click, and the rest of its state is cleared.
    #[inline(always)]
    #[allow(clippy::too_many_arguments)]
    pub fn render(
        groups: &mut [Self],
        phase: usize,
        external: [[&[f32]; 2]; ROUTES],
        buses: &mut Buses<'_, N>,
        work: &mut [F32s<N>],
        mut peaks: Option<&mut Peaks>,
        sample_rate: f32,
        mut mark: impl FnMut(VoiceStage),
    ) -> [Option<Rendered<N>>; TOGETHER] {
        let length = buses[0].len();
        let mut work = work.chunks_exact_mut(TICK);
        let mut take = || &mut work.next().unwrap_or_default()[..length];
        let mut waves = PairOutput {
            a: [take(), take()],
            b: [take(), take()],
            ring: [take(), take()],
        };
        let mono = take();
        let mut paths: [_; TOGETHER] = from_fn(|_| Paths {
            filtered: [take(), take()],
            bypassed: [take(), take()],
            cutoff: take(),
            written: [false; ROUTES],
        });
        let mut ran = false;
        for (group, paths) in groups.iter_mut().zip(&mut paths) {
            if group.needs_oscillators() {
                group.play_oscillators(phase, &mut waves, paths);
                ran = true;
            }
        }
        if ran {
            mark(VoiceStage::Source(Input::A));
        }
        for input in Input::ALL.into_iter().skip(OSCILLATORS.len()) {
            let mut ran = false;
            for (group, paths) in groups.iter_mut().zip(&mut paths) {
                if !group.is_silent() && group.runs[input as usize] {
                    group.play_mono(input, phase, mono);
                    group.mix_mono(input, phase, mono, paths);
                    ran = true;
                }
            }
            if ran {
                mark(VoiceStage::Source(input));
            }
        }
        for (group, paths) in groups.iter_mut().zip(&mut paths) {
            if !group.is_silent() {
                group.filter(phase, external, paths, peaks.as_deref_mut());
            }
        }
        mark(VoiceStage::Filter);
        let mut rendered = [None; TOGETHER];
        for ((group, paths), rendered) in groups.iter_mut().zip(&mut paths).zip(&mut rendered) {
            if !group.is_silent() {
                let sound = paths.filtered.each_mut().map(|side| &mut **side);
                *rendered = Some(group.amplify(phase, sound, mono, buses, sample_rate));
            }
        }
        mark(VoiceStage::Output);
        rendered
    }

    fn needs_oscillators(&self) -> bool {
        let used = OSCILLATORS
            .into_iter()
            .any(|input| self.runs[input as usize]);
        !self.is_silent() && (self.modulated || used)
    }

    /// Renders the oscillators into `waves` and mixes them.
    #[inline(always)]
    fn play_oscillators(
        &mut self,
        phase: usize,
        waves: &mut PairOutput<'_, N>,
        paths: &mut Paths<'_, N>,
    ) {
        self.oscillators.render(phase, waves);
        for (input, wave) in OSCILLATORS
            .into_iter()
            .zip([&waves.a, &waves.b, &waves.ring])
        {
            for side in 0..self.sides() {
                let to = [&mut *paths.filtered[side], &mut *paths.bypassed[side]];
                self.mixer
                    .mix(input, side, wave[side], to, paths.written, phase);
            }
            paths.written = either(paths.written, self.mixer.audible_routes(input));
        }
        if self.modulated {
            let amount = RampSlope::new(&self.filter_fm);
            for (n, (cutoff, wave)) in paths.cutoff.iter_mut().zip(&*waves.b[0]).enumerate() {
                *cutoff = *wave * amount.at(tick_fraction(phase + n));
            }
        }
    }

    /// Mixes `mono`, which holds the output of `input`.
    #[inline(always)]
    fn mix_mono(&mut self, input: Input, phase: usize, mono: &[F32s<N>], paths: &mut Paths<'_, N>) {
        for side in 0..self.sides() {
            let to = [&mut *paths.filtered[side], &mut *paths.bypassed[side]];
            self.mixer.mix(input, side, mono, to, paths.written, phase);
        }
        paths.written = either(paths.written, self.mixer.audible_routes(input));
    }

    /// Returns the number of sides that are computed, 1 or 2.
    fn sides(&self) -> usize {
        1 + usize::from(self.stereo)
    }

    /// Runs the ladder and adds the bypassed signal; the sum is in `paths.filtered`.
    #[inline(always)]
    fn filter(
        &mut self,
        phase: usize,
        external: [[&[f32]; 2]; ROUTES],
        paths: &mut Paths<'_, N>,
        mut peaks: Option<&mut Peaks>,
    ) {
        let sides = self.sides();
        let bypass = self.mixer.uses(Route::Bypass);
        let modulated = self.modulated;
        let Paths {
            filtered,
            bypassed,
            cutoff,
            written,
        } = paths;
        for (sound, wanted) in [
            (&mut *filtered, !written[Route::Filter as usize]),
            (&mut *bypassed, bypass && !written[Route::Bypass as usize]),
        ] {
            if wanted {
                sound.iter_mut().for_each(|side| side.fill(F32s::ZERO));
            }
        }
        let [filtered_input, bypassed_input] = external;
        share(filtered, filtered_input);

        let sounding = self.sounding();
        let through = self.mixer.uses(Route::Filter) || !filtered_input[0].is_empty();
        let (sources, past) = match (through, bypass) {
            (true, true) => (&*filtered, Some(&*bypassed)),
            (true, false) => (&*filtered, None),
            (false, _) => (&*bypassed, None),
        };
        if let Some(peaks) = peaks.as_deref_mut().filter(|_| through || bypass) {
            watch(sources, past, self.stereo, sounding, &mut peaks.mixer);
        }
        if through || !self.ladder.is_silent() {
            let [left, right] = filtered;
            let modulation = modulated.then_some(&**cutoff);
            if self.stereo {
                self.ladder.process(phase, left, right, modulation);
            } else {
                self.ladder.process_mono(phase, left, modulation);
            }
            if let Some(peaks) = peaks {
                watch(filtered, None, self.stereo, sounding, &mut peaks.filter);
            }
        }
        if bypass {
            for side in 0..sides {
                for (sound, past) in filtered[side].iter_mut().zip(&*bypassed[side]) {
                    *sound += *past;
                }
            }
        }
        if self.stereo {
            let [left, right] = filtered;
            self.dc_blocker.process(left, right);
        }
        // External input that bypasses the ladder is added after the DC blocker.
        share(filtered, bypassed_input);
    }

    /// Applies the envelopes and adds the voices to the buses. `level` is scratch memory.
    #[inline(always)]
    fn amplify(
        &mut self,
        phase: usize,
        mut sound: [&mut [F32s<N>]; 2],
        level: &mut [F32s<N>],
        buses: &mut Buses<'_, N>,
        sample_rate: f32,
    ) -> Rendered<N> {
        let length = level.len();
        let sounding = self.sounding();
        for envelope in &mut self.modulators.envelopes[1..] {
            envelope.pass(phase, length);
        }
        let ends = self.modulators.envelopes[0].render(phase, level);
        let mut sums = [F32s::<N>::ZERO; 2];
        let [left, right] = &mut sound;
        if self.stereo {
            let output = self.output.sides().map(RampSlope::new);
            let sides = left.iter_mut().zip(right.iter_mut());
            for (n, ((left, right), level)) in sides.zip(&*level).enumerate() {
                let place = tick_fraction(phase + n);
                *left = *left * *level * output[0].at(place);
                *right = *right * *level * output[1].at(place);
                sums[0] += *left;
                sums[1] += *right;
            }
        } else {
            // Only the left side has been computed, and its DC has not been removed yet.
            let sides = [&mut **left, &mut **right];
            sums = if self.output.sides().into_iter().all(Ramps::is_constant) {
                self.place_mono::<true>(phase, sides, level)
            } else {
                self.place_mono::<false>(phase, sides, level)
            };
        }
        let mut rendered = Rendered {
            ended: ends.lanes(),
            at: [0; N],
            muted: 0,
        };
        for lane in ones(ends.lanes()) {
            rendered.at[lane] = ends.sample(lane);
        }
        #[cfg(test)]
        for lane in ones(self.poisoned) {
            sums[0].0[lane] = f32::NAN;
            sound[0]
                .iter_mut()
                .for_each(|lanes| lanes.0[lane] = f32::NAN);
        }
        let finite = (sums[0] + sums[1]).mask_where(f32::is_finite);
        let bad = !finite & all::<N>();
        if bad != 0 || self.declicker.any() {
            self.mend(bad, sounding, &mut sound, sample_rate, &mut rendered);
        }
        self.declicker.store_last(self.busy(), &sound);
        self.output.send(phase, &sound, buses);
        rendered
    }

    /// Removes the DC from the left side, which stands for both, and applies level and pan; returns the sum of each side.
    /// With `REST` the gains are constant and computed once instead of for each sample; the output is bit-identical.
    #[inline(always)]
    fn place_mono<const REST: bool>(
        &mut self,
        phase: usize,
        [left, right]: [&mut [F32s<N>]; 2],
        level: &[F32s<N>],
    ) -> [F32s<N>; 2] {
        let length = level.len();
        let (left, right) = (&mut left[..length], &mut right[..length]);
        let output = self.output.sides().map(RampSlope::new);
        let mut gains = [output[0].at(0.0), output[1].at(0.0)];
        let mut sums = [F32s::ZERO; 2];
        let mut means = self.dc_blocker.mono();
        for n in 0..length {
            if !REST {
                let place = tick_fraction(phase + n);
                gains = [output[0].at(place), output[1].at(place)];
            }
            let loud = self.dc_blocker.next(&mut means, left[n]) * level[n];
            left[n] = loud * gains[0];
            right[n] = loud * gains[1];
            sums[0] += left[n];
            sums[1] += right[n];
        }
        self.dc_blocker.set_mono(means);
        sums
    }

    /// Mutes the voices in `bad` and fades out discontinuities. Muted voices that `sounded` are reported in `rendered`.
    #[cold]
    fn mend(
        &mut self,
        bad: Mask,
        sounded: Mask,
        sound: &mut [&mut [F32s<N>]; 2],
        sample_rate: f32,
        rendered: &mut Rendered<N>,
    ) {
        for lane in 0..N {
            let mask = 1 << lane;
            let mut from = 0;
            if bad & mask != 0 {
                let sounds = sounded & mask != 0;
                from = self.declicker.cut(lane, sounds, sound, sample_rate);
                self.forget(lane);
                if sounds {
                    rendered.ended |= mask;
                    rendered.muted |= mask;
                    rendered.at[lane] = from;
                }
            } else {
                self.declicker.bridge(lane, sound, sample_rate);
            }
            self.declicker.fade(lane, from, sound);
        }
    }
}

/// Adds the same input, left and right, to every voice.
#[inline(always)]
fn share<const N: usize>(to: &mut [&mut [F32s<N>]; 2], input: [&[f32]; 2]) {
    for (to, input) in to.iter_mut().zip(input) {
        for (to, sample) in to.iter_mut().zip(input) {
            *to += F32s::splat(*sample);
        }
    }
}

/// Returns the routes that are true in either.
#[inline(always)]
fn either(a: [bool; ROUTES], b: [bool; ROUTES]) -> [bool; ROUTES] {
    from_fn(|route| a[route] | b[route])
}
