//! Envelopes, LFOs and glides of a group's voices.

use std::array::from_fn;

use crate::rt::{TICK, ones};
use crate::synth::envelope::{Envelope, EnvelopeControls};
use crate::synth::f32s::{F32s, Mask};
use crate::synth::glide::{Glide, GlideMode};
use crate::synth::hash::GOLDEN;
use crate::synth::lfo::{Lfo, LfoControls, LfoShape};

/// Envelopes per voice; the first one controls the loudness.
pub const ENVELOPES: usize = 3;
/// LFOs per voice.
pub const LFOS: usize = 3;

/// Envelopes, LFOs and glides of `N` voices. `[audio]`
#[derive(Clone, Debug)]
pub struct Modulators<const N: usize> {
    pub(super) envelopes: [Envelope<N>; ENVELOPES],
    lfos: [Lfo<N>; LFOS],
    glide: Glide<N>,
    /// Lanes assigned to notes that have not started yet.
    fresh: Mask,
    /// Random seed of each note.
    pub(super) seeds: [u32; N],
}

impl<const N: usize> Default for Modulators<N> {
    fn default() -> Self {
        Self {
            envelopes: from_fn(|_| Envelope::default()),
            lfos: from_fn(|_| Lfo::default()),
            glide: Glide::default(),
            fresh: 0,
            seeds: [0; N],
        }
    }
}

impl<const N: usize> Modulators<N> {
    /// Assigns the voices in `lanes` to new notes that glide from one pitch to another.
    pub(super) fn start(&mut self, lanes: Mask, from: F32s<N>, to: F32s<N>, seeds: &[u32; N]) {
        for envelope in &mut self.envelopes {
            envelope.claim(lanes);
        }
        self.glide.start(lanes, from, to);
        self.fresh |= lanes;
        self.set_seeds(lanes, seeds);
    }

    /// Continues sounding voices with another note, as in [`VoiceGroup::retake`](super::VoiceGroup::retake).
    pub(super) fn retake(
        &mut self,
        lanes: Mask,
        to: F32s<N>,
        glides: bool,
        again: u32,
        seeds: Option<&[u32; N]>,
    ) {
        if glides {
            self.glide.retarget(lanes, to);
        } else {
            self.glide.start(lanes, to, to);
        }
        for (number, envelope) in self.envelopes.iter_mut().enumerate() {
            if again & (1 << number) != 0 {
                envelope.restart(lanes);
            }
        }
        if let Some(seeds) = seeds {
            self.set_seeds(lanes, seeds);
            for number in 0..LFOS {
                let seeds = self.lfo_seeds(number);
                self.lfos[number].start(lanes, &seeds);
            }
        }
    }

    /// Releases the notes in `lanes`.
    pub(super) fn release(&mut self, lanes: Mask) {
        for envelope in &mut self.envelopes {
            envelope.release(lanes);
        }
    }

    /// Stops the voices in `lanes` at once.
    pub(super) fn stop(&mut self, lanes: Mask) {
        for envelope in &mut self.envelopes {
            envelope.stop(lanes);
        }
        self.glide.start(lanes, F32s::ZERO, F32s::ZERO);
    }

    fn set_seeds(&mut self, lanes: Mask, seeds: &[u32; N]) {
        for lane in ones(lanes) {
            self.seeds[lane] = seeds[lane];
        }
    }

    /// Returns the random seeds for one LFO, which differ between LFOs.
    fn lfo_seeds(&self, number: usize) -> [u32; N] {
        let own = (number as u32 + 1).wrapping_mul(GOLDEN);
        self.seeds.map(|seed| seed ^ own)
    }

    /// Returns the envelopes' values at sample `at` of the tick, which are computed in advance.
    #[inline(always)]
    pub fn envelopes(&self, at: usize) -> [F32s<N>; ENVELOPES] {
        let [first, second, third] = &self.envelopes;
        [first.at(at), second.at(at), third.at(at)]
    }

    /// Returns the envelopes' values on the first sample of the next tick.
    #[inline(always)]
    pub fn envelopes_ahead(&self) -> [F32s<N>; ENVELOPES] {
        let [first, second, third] = &self.envelopes;
        [first.ahead(), second.ahead(), third.ahead()]
    }

    /// Returns true if all envelopes stay at their levels until the next event.
    #[inline(always)]
    pub fn envelopes_wait(&self) -> bool {
        let [first, second, third] = &self.envelopes;
        first.waits() & second.waits() & third.waits()
    }

    /// Returns the LFOs' current values.
    #[inline(always)]
    pub fn lfos(&self) -> [F32s<N>; LFOS] {
        let [first, second, third] = &self.lfos;
        [first.value(), second.value(), third.value()]
    }

    /// Advances the glides by a tick and returns the pitch of each note at its end.
    #[inline(always)]
    pub fn glide(&mut self, time: f32, mode: GlideMode, sample_rate: f32) -> F32s<N> {
        let time = F32s::splat(time);
        (self.glide).advance(TICK, time, mode, sample_rate, !self.fresh)
    }

    /// Returns the current pitch of each note.
    #[inline(always)]
    pub fn pitch(&self) -> F32s<N> {
        self.glide.pitch()
    }

    /// Advances the LFOs by a tick. LFOs that are not `used` keep their last value.
    #[inline(always)]
    pub fn tick_lfos(
        &mut self,
        controls: &[LfoControls<N>; LFOS],
        shapes: &[LfoShape; LFOS],
        used: [bool; LFOS],
        sample_rate: f32,
    ) {
        for (number, lfo) in self.lfos.iter_mut().enumerate() {
            if used[number] {
                lfo.tick(&controls[number], shapes[number], sample_rate);
            } else {
                lfo.advance(TICK, &controls[number], sample_rate, Mask::MAX);
            }
        }
    }

    /// Returns the values of all LFOs at the present time, used or not.
    pub fn lfos_now(
        &self,
        controls: &[LfoControls<N>; LFOS],
        shapes: &[LfoShape; LFOS],
        sample_rate: f32,
    ) -> [F32s<N>; LFOS] {
        from_fn(|number| self.lfos[number].evaluate(&controls[number], shapes[number], sample_rate))
    }

    /// Starts the LFOs of the voices in `lanes`.
    #[inline(always)]
    pub fn jump_lfos_to(
        &mut self,
        controls: &[LfoControls<N>; LFOS],
        shapes: &[LfoShape; LFOS],
        sample_rate: f32,
        lanes: Mask,
    ) {
        for number in 0..LFOS {
            let seeds = self.lfo_seeds(number);
            let lfo = &mut self.lfos[number];
            lfo.start(lanes, &seeds);
            lfo.jump_to(&controls[number], shapes[number], sample_rate, lanes);
        }
    }

    /// Advances the LFOs and glides of newly started voices from sample `phase` to the end of the tick.
    #[inline(always)]
    #[allow(clippy::too_many_arguments)]
    pub fn pass(
        &mut self,
        phase: usize,
        lfos: &[LfoControls<N>; LFOS],
        shapes: &[LfoShape; LFOS],
        (time, mode): (f32, GlideMode),
        sample_rate: f32,
        lanes: Mask,
    ) {
        let left = TICK - phase;
        for (number, lfo) in self.lfos.iter_mut().enumerate() {
            lfo.ramp_from(left, &lfos[number], shapes[number], sample_rate, lanes);
        }
        let time = F32s::splat(time);
        self.glide.advance(left, time, mode, sample_rate, lanes);
        self.fresh &= !lanes;
    }

    /// Sets the envelopes' controls and computes their levels for the tick; has to be called first at each tick.
    #[inline(always)]
    pub fn ramp_envelopes_to(
        &mut self,
        controls: &[EnvelopeControls<N>; ENVELOPES],
        sample_rate: f32,
    ) {
        for (envelope, controls) in self.envelopes.iter_mut().zip(controls) {
            envelope.ramp_to(controls, sample_rate);
        }
    }

    /// Starts the envelopes of the voices in `lanes` at sample `phase` of the tick, except for notes that have been
    /// released already.
    #[inline(always)]
    pub fn jump_envelopes_to(
        &mut self,
        phase: usize,
        controls: &[EnvelopeControls<N>; ENVELOPES],
        sample_rate: f32,
        lanes: Mask,
    ) {
        for (envelope, controls) in self.envelopes.iter_mut().zip(controls) {
            envelope.jump_to(controls, sample_rate, lanes);
            envelope.draw(phase);
        }
    }
}
