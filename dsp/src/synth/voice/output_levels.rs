//! Level and pan of a group's voices, and their levels in the sends.

use super::controls::VoiceControls;
use super::mixer::{add, panned};
use crate::synth::f32s::{F32s, Mask, Ramps, all};

/// Output buffers with one lane per voice: the main bus and the two sends, left and right. The sends may be empty if [no
/// voice uses them](super::VoiceGroup::sends_used).
pub type Buses<'a, const N: usize> = [&'a mut [F32s<N>]; 6];

/// Levels of `N` voices on the buses. `[audio]`
#[derive(Clone, Debug)]
pub(super) struct OutputLevels<const N: usize> {
    /// Gains of left and right.
    sides: [Ramps<N>; 2],
    sends: [Ramps<N>; 2],
    sends_used: [bool; 2],
    /// Lanes excluded from the sends since All Sound Off silenced their notes.
    unsent: Mask,
}

impl<const N: usize> Default for OutputLevels<N> {
    fn default() -> Self {
        let rest = Ramps::constant(F32s::ZERO);
        Self {
            sides: [rest; 2],
            sends: [rest; 2],
            sends_used: [false; 2],
            unsent: 0,
        }
    }
}

impl<const N: usize> OutputLevels<N> {
    /// Returns true if a voice uses the sends.
    pub(super) fn sends_used(&self) -> bool {
        self.sends_used != [false; 2]
    }

    /// Returns the gains of left and right.
    #[inline(always)]
    pub(super) fn sides(&self) -> [&Ramps<N>; 2] {
        self.sides.each_ref()
    }

    /// Ramps to `controls` across the tick that begins.
    #[inline(always)]
    pub(super) fn ramp_to(&mut self, controls: &VoiceControls<N>) {
        let gains = panned(controls.gain, controls.pan, 1.0);
        for side in 0..2 {
            self.sides[side].ramp_to(gains[side]);
            let sends = controls.sends[side].blend(F32s::ZERO, self.unsent);
            self.sends[side].ramp_to(sends);
        }
        self.find_sends();
    }

    /// Sets the voices in `lanes`, which start, to `controls` at once.
    #[inline(always)]
    pub(super) fn jump_to(&mut self, controls: &VoiceControls<N>, lanes: Mask) {
        self.unsent &= !lanes;
        let gains = panned(controls.gain, controls.pan, 1.0);
        for side in 0..2 {
            self.sides[side].jump_to(gains[side], lanes);
            self.sends[side].jump_to(controls.sends[side], lanes);
        }
        self.find_sends();
    }

    /// Ramps the voices in `lanes` from sample `phase` of the tick to `controls` at its end.
    #[inline(always)]
    pub(super) fn ramp_from(&mut self, phase: usize, controls: &VoiceControls<N>, lanes: Mask) {
        let gains = panned(controls.gain, controls.pan, 1.0);
        for side in 0..2 {
            self.sides[side].retarget_at(phase, gains[side], lanes);
            self.sends[side].retarget_at(phase, controls.sends[side], lanes);
        }
        self.find_sends();
    }

    /// Disconnects every voice from the sends at once. Those in `unsent` stay disconnected until a new note starts in
    /// their lane.
    pub(super) fn cut_sends(&mut self, unsent: Mask) {
        self.unsent |= unsent;
        for sends in &mut self.sends {
            sends.jump_to(F32s::ZERO, all::<N>());
        }
    }

    /// Silences the voices in `lanes` at once.
    pub(super) fn silence(&mut self, lanes: Mask) {
        for ramps in self.sides.iter_mut().chain(&mut self.sends) {
            ramps.jump_to(F32s::ZERO, lanes);
        }
    }

    /// Determines which sends are used.
    #[inline(always)]
    fn find_sends(&mut self) {
        for (used, ramps) in self.sends_used.iter_mut().zip(&self.sends) {
            *used = !ramps.is_constant_at(0.0);
        }
    }

    /// Adds the voices to the buses, from sample `phase` of the tick on. Their gains are applied already, their levels in
    /// the sends are not.
    #[inline(always)]
    pub(super) fn send(&self, phase: usize, sound: &[&mut [F32s<N>]; 2], buses: &mut Buses<'_, N>) {
        for side in 0..2 {
            for (bus, sound) in buses[side].iter_mut().zip(&*sound[side]) {
                *bus += *sound;
            }
            for send in 0..2 {
                if self.sends_used[send] {
                    let bus = &mut buses[2 + 2 * send + side];
                    add(bus, sound[side], &self.sends[send], phase);
                }
            }
        }
    }
}
