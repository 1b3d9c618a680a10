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
mod peaks;

use std::array::from_fn;

use controls::DiscreteSettings;
pub use controls::{INPUTS, Input, Pitches, ROUTES, Route, VoiceControls, VoiceSettings};

use super::dc_blocker::DcBlocker;
use super::f32s::{F32s, Mask, RampSlope, Ramps, all, tick_fraction};
use super::fm::Fm;
use super::ladder::Ladder;
use super::noise::Noise;
use super::oscillators::{Oscillators, PairOutput, PairSettings};
use crate::rt::{TICK, ones};
use declicker::Declicker;
use mixer::{Mixer, add, panned};
pub use modulators::{ENVELOPES, LFOS, Modulators};
pub use peaks::Peaks;
use peaks::watch;

/// Maximum number of groups that [`VoiceGroup::render`] takes through each module in turn: the clock that times modules
/// is read once for all of them, and their working memory still fits into the first-level cache.
pub const TOGETHER: usize = 2;

/// Ticks with unchanged controls after which every ramp is constant: two for a ramp to reach its end and stay there, one
/// for a unison to drop the copies that fade out.
const STEADY: u8 = 3;

/// Length of the scratch memory for [`VoiceGroup::render`]: seven buffers shared by all groups, and five per group.
pub const WORK: usize = (7 + 5 * TOGETHER) * TICK;

/// Inputs that the oscillators render.
const OSCILLATORS: [Input; 3] = [Input::A, Input::B, Input::Ring];
/// The other inputs, in rendering order; left and right are the same.
const MONO: [Input; INPUTS - OSCILLATORS.len()] = [Input::Fm, Input::Noise];

/// Output buffers with one lane per voice: the main bus and the two sends, left and right. The sends may be empty if [no
/// voice uses them](VoiceGroup::sends_used).
pub type Buses<'a, const N: usize> = [&'a mut [F32s<N>]; 6];

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
    output: [Ramps<N>; 2],
    sends: [Ramps<N>; 2],
    sends_used: [bool; 2],
    /// Lanes excluded from the sends since All Sound Off silenced their notes.
    unsent: Mask,
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
        let rest = Ramps::constant(F32s::ZERO);
        Self {
            modulators: Modulators::default(),
            oscillators: Oscillators::default(),
            fm: Fm::default(),
            noise: Noise::default(),
            ladder: Ladder::default(),
            dc_blocker: DcBlocker::default(),
            mixer: Mixer::default(),
            filter_fm: rest,
            output: [rest; 2],
            sends: [rest; 2],
            sends_used: [false; 2],
            unsent: 0,
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
        self.sends_used != [false; 2]
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
        self.unsent |= self.busy() & !kept;
        for sends in &mut self.sends {
            sends.jump_to(F32s::ZERO, all::<N>());
        }
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
        let gains = panned(controls.gain, controls.pan, 1.0);
        for side in 0..2 {
            self.output[side].ramp_to(gains[side]);
            let sends = controls.sends[side].blend(F32s::ZERO, self.unsent);
            self.sends[side].ramp_to(sends);
        }
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
        self.unsent &= !lanes;
        self.mixer.jump_to(controls, settings, lanes);
        self.filter_fm.jump_to(controls.filter_fm, lanes);
        let gains = panned(controls.gain, controls.pan, 1.0);
        for side in 0..2 {
            self.output[side].jump_to(gains[side], lanes);
            self.sends[side].jump_to(controls.sends[side], lanes);
        }
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
        let gains = panned(controls.gain, controls.pan, 1.0);
        for side in 0..2 {
            self.output[side].retarget_at(phase, gains[side], lanes);
            self.sends[side].retarget_at(phase, controls.sends[side], lanes);
        }
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

    /// Determines which inputs are computed, whether the sends are used, and whether left and right differ.
    #[inline(always)]
    fn plan(&mut self, controls: &VoiceControls<N>, settings: &VoiceSettings) {
        for (number, input) in Input::ALL.into_iter().enumerate() {
            self.runs[number] = self.mixer.is_audible(input) | controls.kept[number];
        }
        self.modulated = controls.filter_fm_kept || !self.filter_fm.is_constant_at(0.0);
        for (used, ramps) in self.sends_used.iter_mut().zip(&self.sends) {
            *used = !ramps.is_constant_at(0.0);
        }
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

    /// Renders the voices of up to [`TOGETHER`] groups and adds them to `buses`, which start at sample `phase` of the
    /// tick and end within it; silent groups are skipped. `external` is the External input, left and right by [`Route`],
    /// at the gain at which it passes through the voices. `lap` is called when all groups have been through a module.
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
        mut lap: impl FnMut(VoiceStage),
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
            lap(VoiceStage::Source(Input::A));
        }
        for input in MONO {
            let mut ran = false;
            for (group, paths) in groups.iter_mut().zip(&mut paths) {
                if !group.is_silent() && group.runs[input as usize] {
                    match input {
                        Input::Fm => group.fm.render(phase, mono),
                        Input::Noise => group.noise.render(phase, mono),
                        Input::A | Input::B | Input::Ring => {}
                    }
                    group.mix_mono(input, phase, mono, paths);
                    ran = true;
                }
            }
            if ran {
                lap(VoiceStage::Source(input));
            }
        }
        for (group, paths) in groups.iter_mut().zip(&mut paths) {
            if !group.is_silent() {
                group.filter(phase, external, paths, peaks.as_deref_mut());
            }
        }
        lap(VoiceStage::Filter);
        let mut rendered = [None; TOGETHER];
        for ((group, paths), rendered) in groups.iter_mut().zip(&mut paths).zip(&mut rendered) {
            if !group.is_silent() {
                let sound = paths.filtered.each_mut().map(|side| &mut **side);
                *rendered = Some(group.amplify(phase, sound, mono, buses, sample_rate));
            }
        }
        lap(VoiceStage::Output);
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
            let output = self.output.each_ref().map(RampSlope::new);
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
            sums = if self.output.iter().all(Ramps::is_constant) {
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
        for side in 0..2 {
            for (bus, sound) in buses[side].iter_mut().zip(&*sound[side]) {
                *bus += *sound;
            }
            for send in 0..2 {
                if self.sends_used[send] {
                    add(
                        buses[2 + 2 * send + side],
                        sound[side],
                        &self.sends[send],
                        phase,
                    );
                }
            }
        }
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
        let output = self.output.each_ref().map(RampSlope::new);
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

    /// Clears the state of a voice except for its declicker.
    fn forget(&mut self, lane: usize) {
        self.steady = 0;
        let mask = 1 << lane;
        let zero = F32s::ZERO;
        self.modulators.stop(mask);
        self.oscillators.start(mask, &[0; N]);
        self.fm.start(mask);
        self.noise.start(mask, &[0; N]);
        self.ladder.start(mask);
        self.dc_blocker.start(mask);
        self.mixer.silence(mask);
        for ramps in self.output.iter_mut().chain(&mut self.sends) {
            ramps.jump_to(zero, mask);
        }
        self.filter_fm.jump_to(zero, mask);
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
