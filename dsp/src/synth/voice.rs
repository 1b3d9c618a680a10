//! A group of voices, computed side by side: sources, mixer, ladder and envelopes.
//!
//! ```text
//! A, B, ring, FM, noise ─┬─ ladder ─┬─ DC blocker ─┬─ envelope 1, pan ─┬─ bus
//!                        └──────────┘              │                   └─ sends
//! External ─ (as above, or) ───────────────────────┘
//! ```

mod controls;
mod declicker;
mod mixer;
mod modulators;
mod output_levels;
mod peaks;
mod render;

pub use controls::{INPUTS, Input, Pitches, ROUTES, Route, VoiceControls, VoiceSettings};
pub use modulators::{ENVELOPES, LFOS, Modulators};
pub use output_levels::Buses;
pub use peaks::Peaks;
pub use render::{Rendered, TOGETHER, VoiceStage, WORK};

use controls::DiscreteSettings;
use declicker::Declicker;
use mixer::Mixer;
use output_levels::OutputLevels;

use super::dc_blocker::DcBlocker;
use super::f32s::{F32s, Mask, Ramps, all};
use super::fm::Fm;
use super::ladder::Ladder;
use super::noise::Noise;
use super::oscillators::{Oscillators, PairSettings};
use crate::rt::ones;

/// Ticks with unchanged controls after which every ramp is constant: two for a ramp to reach its end and stay there, one
/// for a unison to drop the copies that fade out.
const STEADY: u8 = 3;

/// A group of `N` voices.
#[derive(Clone, Debug)]
pub struct VoiceGroup<const N: usize> {
    /// Envelopes, LFOs and glides.
    pub modulators: Modulators<N>,
    oscillators: Oscillators<N>,
    fm: Fm<N>,
    noise: Noise<N>,
    ladder: Ladder<N>,
    dc_blocker: DcBlocker<N>,
    mixer: Mixer<N>,
    filter_fm: Ramps<N>,
    output: OutputLevels<N>,
    /// True for each [`Input`] that is computed in this tick.
    runs: [bool; INPUTS],
    /// True if oscillator B modulates the cutoff.
    modulated: bool,
    stereo: bool,
    /// Consecutive ticks with unchanged controls, up to [`STEADY`].
    steady: u8,
    /// Discrete settings of the last tick.
    discrete: Option<DiscreteSettings>,
    /// Fades out the jumps at discontinuities.
    declicker: Declicker<N>,
    #[cfg(test)]
    poisoned: Mask,
}

impl<const N: usize> Default for VoiceGroup<N> {
    /// A silent group.
    fn default() -> Self {
        Self {
            modulators: Modulators::default(),
            oscillators: Oscillators::default(),
            fm: Fm::default(),
            noise: Noise::default(),
            ladder: Ladder::default(),
            dc_blocker: DcBlocker::default(),
            mixer: Mixer::default(),
            filter_fm: Ramps::constant(F32s::ZERO),
            output: OutputLevels::default(),
            runs: [false; INPUTS],
            modulated: false,
            stereo: false,
            steady: 0,
            discrete: None,
            declicker: Declicker::default(),
            #[cfg(test)]
            poisoned: 0,
        }
    }
}

impl<const N: usize> VoiceGroup<N> {
    /// Resets the group to its initial, silent state.
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    /// Returns true if `input` is audible in this tick.
    pub fn is_audible(&self, input: Input) -> bool {
        self.mixer.is_audible(input)
    }

    /// Returns true if a voice uses the send buses.
    pub fn sends_used(&self) -> bool {
        self.output.sends_used()
    }

    /// Returns the lanes whose note sounds, including voices that fade.
    pub fn sounding(&self) -> Mask {
        !self.modulators.envelopes[0].done() & all::<N>()
    }

    /// Returns the lanes whose note sounds and has not been stolen.
    pub fn live(&self) -> Mask {
        self.sounding() & !self.modulators.envelopes[0].fading()
    }

    /// Returns the lanes that have not been released.
    pub fn held(&self) -> Mask {
        self.modulators.envelopes[0].held() & self.sounding()
    }

    /// Returns the lanes that are not silent, including those in which only the declicker fades.
    pub fn busy(&self) -> Mask {
        self.sounding() | self.declicker.lanes()
    }

    /// Returns true if all voices are silent, so that nothing has to be computed.
    pub fn is_silent(&self) -> bool {
        self.busy() == 0
    }

    /// Returns the level of each voice's amplitude envelope.
    pub fn level(&self) -> F32s<N> {
        self.modulators.envelopes[0].level()
    }

    /// Assigns the voices in `lanes` to new notes that glide from one pitch to another, in MIDI keys. They start when
    /// their [LFOs](Modulators::jump_lfos_to), [envelopes](Modulators::jump_envelopes_to) and [all other
    /// controls](Self::jump_to) are set, which is after [`ramp_to`](Self::ramp_to) if they start on a tick. `seeds` differ for each note.
    pub fn start(&mut self, lanes: Mask, from: F32s<N>, to: F32s<N>, seeds: &[u32; N]) {
        self.steady = 0;
        if self.is_silent() {
            // No tick has been rendered since the last note ended, so that the next one starts without a discontinuity.
            self.modulators.envelopes[0].clear_last_tick();
            self.discrete = None;
        }
        self.modulators.start(lanes, from, to, seeds);
    }

    /// Continues sounding voices with another note at pitch `to`, which takes effect at once unless the voice glides.
    /// Each bit in `again` restarts an envelope from its present level. With `seeds`, for a note that is not tied to the
    /// last one, the LFOs start again as well; they modulate the voice from the next tick on.
    pub fn retake(
        &mut self,
        lanes: Mask,
        to: F32s<N>,
        glides: bool,
        again: u32,
        seeds: Option<&[u32; N]>,
    ) {
        self.steady = 0;
        self.modulators.retake(lanes, to, glides, again, seeds);
        if again & 1 != 0 {
            self.fm.retrigger(lanes);
        }
    }

    /// Releases the notes in `lanes`.
    pub fn release(&mut self, lanes: Mask) {
        self.modulators.release(lanes);
        self.fm.release(lanes);
    }

    /// Fades out the notes in `lanes` within 3 ms.
    pub fn fade(&mut self, lanes: Mask) {
        self.modulators.envelopes[0].fade(lanes);
    }

    /// Disconnects every voice from the sends at once. The voices in `kept` ramp back over the next tick; the others stay
    /// disconnected until a new note starts in their lane.
    pub fn cut_sends(&mut self, kept: Mask) {
        self.steady = 0;
        self.output.cut_sends(self.busy() & !kept);
    }

    /// Ends the notes in `lanes` at once; the declicker fades out their last sample within 3 ms.
    pub fn cut(&mut self, lanes: Mask, sample_rate: f32) {
        self.declicker.start(lanes, sample_rate);
        for lane in ones(lanes) {
            self.forget(lane);
        }
    }

    /// Ramps all voices to `controls` across the tick that begins.
    #[inline(always)]
    pub fn ramp_to(
        &mut self,
        controls: &VoiceControls<N>,
        settings: &VoiceSettings,
        sample_rate: f32,
    ) {
        self.mixer.ramp_to(controls, settings);
        self.filter_fm.ramp_to(controls.filter_fm);
        self.output.ramp_to(controls);
        self.plan(controls, settings);
        let discrete = settings.discrete();
        if self
            .discrete
            .replace(discrete)
            .is_some_and(|before| before != discrete)
        {
            self.declicker.mark_discontinuity(self.sounding());
        }
        let pair = self.pair(settings);
        self.oscillators
            .ramp_to(&controls.oscillators, &pair, sample_rate);
        if self.runs[Input::Fm as usize] {
            self.fm
                .ramp_to(&controls.fm, &settings.operators(), sample_rate);
        }
        if self.runs[Input::Noise as usize] {
            self.noise
                .ramp_to(&controls.noise, settings.noise, sample_rate);
        }
        self.ladder
            .ramp_to(&controls.filter, &settings.ladder(sample_rate));
        self.dc_blocker.ramp_to(sample_rate);
    }

    /// Returns true if the last tick had the same targets as the one before it, without an event since.
    #[inline(always)]
    pub fn rested(&self) -> bool {
        self.steady > 0
    }

    /// Returns true if all ramps are constant, so that [`stay`](Self::stay) can replace [`ramp_to`](Self::ramp_to) at
    /// this tick. `same` is true if controls and settings equal those of the last tick. FM and noise need `ramp_to` at
    /// every tick.
    #[inline(always)]
    pub fn is_steady(&mut self, same: bool) -> bool {
        self.steady = if same { STEADY.min(self.steady + 1) } else { 0 };
        let led = self.runs[Input::Fm as usize] | self.runs[Input::Noise as usize];
        self.steady == STEADY && !led
    }

    /// Replaces [`ramp_to`](Self::ramp_to) at a tick on which all ramps are constant.
    #[inline(always)]
    pub fn stay(&mut self, settings: &VoiceSettings, sample_rate: f32) {
        if self.stereo {
            self.find_sides(settings);
        }
        self.oscillators.stay();
        self.ladder.stay();
        self.dc_blocker.ramp_to(sample_rate);
    }

    /// Starts the voices in `lanes` at sample `phase` of the tick with `controls` in effect at once, without ramps.
    #[inline(always)]
    pub fn jump_to(
        &mut self,
        phase: usize,
        controls: &VoiceControls<N>,
        settings: &VoiceSettings,
        sample_rate: f32,
        lanes: Mask,
    ) {
        self.steady = 0;
        self.oscillators.start(lanes, &self.modulators.seeds);
        self.fm.start(lanes);
        self.noise.start(lanes, &self.modulators.seeds);
        self.ladder.start(lanes);
        self.dc_blocker.start(lanes);
        self.declicker.start(lanes, sample_rate);
        self.discrete.get_or_insert(settings.discrete());
        self.mixer.jump_to(controls, settings, lanes);
        self.filter_fm.jump_to(controls.filter_fm, lanes);
        self.output.jump_to(controls, lanes);
        self.plan(controls, settings);
        let pair = self.pair(settings);
        self.oscillators
            .jump_to(&controls.oscillators, &pair, lanes, sample_rate);
        if self.runs[Input::Fm as usize] {
            self.fm.jump_to(
                phase,
                &controls.fm,
                &settings.operators(),
                sample_rate,
                lanes,
            );
        }
        if self.runs[Input::Noise as usize] {
            self.noise
                .jump_to(&controls.noise, settings.noise, sample_rate, lanes);
        }
        self.ladder
            .jump_to(&controls.filter, &settings.ladder(sample_rate), lanes);
        self.dc_blocker.jump_to(sample_rate);
    }

    /// Ramps the voices in `lanes`, for which [`jump_to`](Self::jump_to) has just been called, from sample `phase` of the
    /// tick to `controls` at its end. Oscillators and operators start at this sample, not at the next tick.
    #[inline(always)]
    pub fn ramp_from(
        &mut self,
        phase: usize,
        controls: &VoiceControls<N>,
        settings: &VoiceSettings,
        sample_rate: f32,
        lanes: Mask,
    ) {
        self.steady = 0;
        let pair = self.pair(settings);
        self.oscillators.begin_early(phase, lanes);
        self.oscillators
            .ramp_from(phase, &controls.oscillators, &pair, lanes, sample_rate);
        if self.runs[Input::Fm as usize] {
            self.fm.ramp_from(
                phase,
                &controls.fm,
                &settings.operators(),
                sample_rate,
                lanes,
            );
        }
        self.ladder
            .ramp_from(phase, &controls.filter, settings.filter, lanes);
        self.mixer.ramp_from(phase, controls, settings, lanes);
        self.filter_fm.retarget_at(phase, controls.filter_fm, lanes);
        self.output.ramp_from(phase, controls, lanes);
        self.plan(controls, settings);
    }

    /// Ramps the pitches of the voices in `lanes` from sample `phase` of the tick to other targets at its end.
    pub fn retarget_at(
        &mut self,
        phase: usize,
        pitches: &Pitches<N>,
        lanes: Mask,
        sample_rate: f32,
    ) {
        self.steady = 0;
        self.oscillators
            .retarget_at(phase, pitches.oscillators, lanes, sample_rate);
        self.fm.retarget_at(phase, pitches.fm, lanes, sample_rate);
    }

    /// Determines which inputs are computed, and whether left and right differ.
    #[inline(always)]
    fn plan(&mut self, controls: &VoiceControls<N>, settings: &VoiceSettings) {
        for (number, input) in Input::ALL.into_iter().enumerate() {
            self.runs[number] = self.mixer.is_audible(input) | controls.kept[number];
        }
        self.modulated = controls.filter_fm_kept || !self.filter_fm.is_constant_at(0.0);
        self.find_sides(settings);
    }

    /// Determines whether left and right differ.
    #[inline(always)]
    fn find_sides(&mut self, settings: &VoiceSettings) {
        let unison = settings.pair.a.unison > 1 || settings.pair.b.unison > 1;
        // Stereo states have to converge before one side can stand for both.
        let wide = || {
            let sounding = self.sounding();
            self.oscillators.stereo().contains(&true)
                || !self.ladder.sides_agree(sounding)
                || !self.dc_blocker.sides_agree(sounding)
        };
        let external = settings.external.contains(&true);
        self.stereo = unison || self.mixer.is_stereo() || external || (self.stereo && wide());
    }

    #[inline(always)]
    fn pair(&self, settings: &VoiceSettings) -> PairSettings {
        PairSettings {
            a_used: self.runs[Input::A as usize],
            b_used: self.runs[Input::B as usize] || self.modulated,
            ring: self.runs[Input::Ring as usize],
            oversampled: settings.oversamples(),
            ..settings.pair
        }
    }

    /// Renders the mono source of an input, from sample `phase` of the tick on.
    #[inline(always)]
    fn play_mono(&mut self, input: Input, phase: usize, out: &mut [F32s<N>]) {
        match input {
            Input::Fm => self.fm.render(phase, out),
            Input::Noise => self.noise.render(phase, out),
            Input::A | Input::B | Input::Ring => {}
        }
    }

    /// Clears the state of a voice except for its declicker.
    fn forget(&mut self, lane: usize) {
        self.steady = 0;
        let mask = 1 << lane;
        self.modulators.stop(mask);
        self.oscillators.start(mask, &[0; N]);
        self.fm.start(mask);
        self.noise.start(mask, &[0; N]);
        self.ladder.start(mask);
        self.dc_blocker.start(mask);
        self.mixer.silence(mask);
        self.output.silence(mask);
        self.filter_fm.jump_to(F32s::ZERO, mask);
        #[cfg(test)]
        {
            self.poisoned &= !mask;
        }
    }

    /// Makes the output of the voices in `lanes` NaN.
    #[cfg(test)]
    pub(crate) fn poison(&mut self, lanes: Mask) {
        self.poisoned |= lanes;
    }
}
