//! A group of voices, computed side by side: their sources, mixer, ladder and envelopes.
//!
//! ```text
//! A, B, ring, FM, noise ─┬─ ladder ─┬─ DC blocker ─┬─ envelope 1, pan ─┬─ bus
//!                        └──────────┘              │                   └─ sends
//! External ─ (as above, or) ───────────────────────┘
//! ```

mod controls;
mod declicker;
mod mixer;

use std::array::from_fn;

use controls::DiscreteSettings;
pub use controls::{INPUTS, Input, Pitches, ROUTES, Route, VoiceControls, VoiceSettings};

use super::dc_blocker::DcBlocker;
use super::envelope::{Envelope, EnvelopeControls};
use super::f32s::{F32s, Mask, RampSlope, Ramps, all, tick_fraction};
use super::fm::Fm;
use super::glide::{Glide, GlideMode};
use super::ladder::Ladder;
use super::lfo::{Lfo, LfoControls, LfoShape};
use super::noise::Noise;
use super::oscillators::{Oscillators, PairOutput, PairSettings};
use crate::rt::{TICK, ones};
use declicker::Declicker;
use mixer::{Mixer, add, panned};

/// Envelopes of a voice, of which the first is that of its loudness.
pub const ENVELOPES: usize = 3;
/// LFOs of a voice.
pub const LFOS: usize = 3;

/// Most groups that [`VoiceGroup::render`] takes through a module one after the other: the clock that times modules is read
/// once for all of them, and what they work with still fits into the nearest cache.
pub const TOGETHER: usize = 2;

/// After so many ticks with the same controls every line rests: two for a line to come to its end and stay there, one for
/// a unison to have lost the voices that fade out.
const STEADY: u8 = 3;

/// Lanes of scratch memory that it needs: seven buffers for all groups, and five for each.
pub const WORK: usize = (7 + 5 * TOGETHER) * TICK;

/// The inputs that the oscillators play.
const OSCILLATORS: [Input; 3] = [Input::A, Input::B, Input::Ring];
/// The other inputs, which are the same on both sides, in the order in which they are played.
const MONO: [Input; INPUTS - OSCILLATORS.len()] = [Input::Fm, Input::Noise];

/// Sound of the voices, a lane each: the main bus and the two sends, left and right. The sends may be empty where
/// nothing [goes to them](VoiceGroup::sends_used).
pub type Buses<'a, const N: usize> = [&'a mut [F32s<N>]; 6];

/// The highest absolute values within the voices, left and right.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Peaks {
    /// What the sources come to, on their way to a ladder and past it.
    pub mixer: [f32; 2],
    /// What comes out of it.
    pub filter: [f32; 2],
}

/// What became of a group.
#[derive(Clone, Copy, Debug)]
pub struct Rendered<const N: usize> {
    /// The lanes whose note ended.
    pub ended: Mask,
    /// On which sample.
    pub at: [usize; N],
    /// Those of them that ended because they were not finite.
    pub muted: Mask,
}

/// The sound of a group on its way from module to module.
struct Paths<'a, const N: usize> {
    /// Through the ladder, left and right.
    filtered: [&'a mut [F32s<N>]; 2],
    /// Past it.
    bypassed: [&'a mut [F32s<N>]; 2],
    /// Modulation of the cutoff by oscillator B, in semitones.
    cutoff: &'a mut [F32s<N>],
    /// By [`Route`]: whether anything has been written into it.
    written: [bool; ROUTES],
}

/// `N` voices.
#[derive(Clone, Debug)]
pub struct VoiceGroup<const N: usize> {
    envelopes: [Envelope<N>; ENVELOPES],
    lfos: [Lfo<N>; LFOS],
    glide: Glide<N>,
    /// Lanes taken for notes whose time has not begun.
    fresh: Mask,
    /// Of what is random in each note.
    seeds: [u32; N],
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
    /// Lanes that reach no send any more, because All Sound Off silenced their notes.
    unsent: Mask,
    /// By [`Input`]: whether it is computed in this tick.
    runs: [bool; INPUTS],
    /// Whether oscillator B moves the cutoff.
    modulated: bool,
    stereo: bool,
    /// Ticks in a row that led the voices to where the tick before did, up to [`STEADY`].
    steady: u8,
    /// What has no way from one to the other, as it was last.
    discrete: Option<DiscreteSettings>,
    /// What remains where voices break off.
    declicker: Declicker<N>,
    #[cfg(test)]
    poisoned: Mask,
}

impl<const N: usize> Default for VoiceGroup<N> {
    /// Silent.
    fn default() -> Self {
        let rest = Ramps::constant(F32s::ZERO);
        Self {
            envelopes: from_fn(|_| Envelope::default()),
            lfos: from_fn(|_| Lfo::default()),
            glide: Glide::default(),
            fresh: 0,
            seeds: [0; N],
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
    /// Silent, as new.
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    /// Returns true if anything is heard of `input`.
    pub fn is_audible(&self, input: Input) -> bool {
        self.mixer.is_audible(input)
    }

    /// Whether anything goes to the send buses.
    pub fn sends_used(&self) -> bool {
        self.sends_used != [false; 2]
    }

    /// The lanes whose note is still going on, be it on its way out.
    pub fn sounding(&self) -> Mask {
        !self.envelopes[0].done() & all::<N>()
    }

    /// The lanes that sound and whose place nobody has taken yet.
    pub fn live(&self) -> Mask {
        self.sounding() & !self.envelopes[0].fading()
    }

    /// The lanes that have not been released.
    pub fn held(&self) -> Mask {
        self.envelopes[0].held() & self.sounding()
    }

    /// The lanes that are not silent yet.
    pub fn busy(&self) -> Mask {
        self.sounding() | self.declicker.lanes()
    }

    /// Whether there is nothing to compute.
    pub fn is_silent(&self) -> bool {
        self.busy() == 0
    }

    /// Loudness of each voice, by its envelope.
    pub fn level(&self) -> F32s<N> {
        self.envelopes[0].level()
    }

    /// The envelopes' values at the sample `at` of the tick, drawn in advance.
    #[inline(always)]
    pub fn envelopes(&self, at: usize) -> [F32s<N>; ENVELOPES] {
        let [first, second, third] = &self.envelopes;
        [first.at(at), second.at(at), third.at(at)]
    }

    /// The envelopes' values on the first sample of the next tick.
    #[inline(always)]
    pub fn envelopes_ahead(&self) -> [F32s<N>; ENVELOPES] {
        let [first, second, third] = &self.envelopes;
        [first.ahead(), second.ahead(), third.ahead()]
    }

    /// Returns true if all envelopes wait at their levels until something happens.
    #[inline(always)]
    pub fn envelopes_wait(&self) -> bool {
        let [first, second, third] = &self.envelopes;
        first.waits() & second.waits() & third.waits()
    }

    /// The LFOs' values.
    #[inline(always)]
    pub fn lfos(&self) -> [F32s<N>; LFOS] {
        let [first, second, third] = &self.lfos;
        [first.value(), second.value(), third.value()]
    }

    /// Voices are taken for notes that go from one pitch to another, in MIDI keys. They begin where they are settled:
    /// [LFOs](Self::jump_lfos_to), [envelopes](Self::jump_envelopes_to) and [all else](Self::jump_to), which is after the
    /// tick where they begin with one. `seeds` are different for each note.
    pub fn start(&mut self, lanes: Mask, from: F32s<N>, to: F32s<N>, seeds: &[u32; N]) {
        self.steady = 0;
        if self.is_silent() {
            // No tick has come by since the last note was over, and nothing breaks off at the next one.
            self.envelopes[0].clear_last_tick();
            self.discrete = None;
        }
        for envelope in &mut self.envelopes {
            envelope.claim(lanes);
        }
        self.glide.start(lanes, from, to);
        self.fresh |= lanes;
        for lane in ones(lanes) {
            self.seeds[lane] = seeds[lane];
        }
    }

    /// Voices that sound go on as another note, at `to`, where they are at once unless they glide. The envelopes in
    /// `again`, a bit each, start again from where they are. A note that is not tied to the last one has `seeds` of its
    /// own, and LFOs that start with it, too, which move the voice from the next tick on.
    pub fn retake(
        &mut self,
        lanes: Mask,
        to: F32s<N>,
        glides: bool,
        again: u32,
        seeds: Option<&[u32; N]>,
    ) {
        self.steady = 0;
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
        if again & 1 != 0 {
            self.fm.retrigger(lanes);
        }
        if let Some(seeds) = seeds {
            for lane in ones(lanes) {
                self.seeds[lane] = seeds[lane];
            }
            for number in 0..LFOS {
                let seeds = self.lfo_seeds(number);
                self.lfos[number].start(lanes, &seeds);
            }
        }
    }

    /// What is random in an LFO: something else in each.
    fn lfo_seeds(&self, number: usize) -> [u32; N] {
        let own = (number as u32 + 1).wrapping_mul(0x9e37_79b9);
        self.seeds.map(|seed| seed ^ own)
    }

    /// Notes are let go.
    pub fn release(&mut self, lanes: Mask) {
        for envelope in &mut self.envelopes {
            envelope.release(lanes);
        }
        self.fm.release(lanes);
    }

    /// Notes end within 3 ms.
    pub fn fade(&mut self, lanes: Mask) {
        self.envelopes[0].fade(lanes);
    }

    /// Cuts every voice off from the sends at once. Those in `kept` come back on a line over the next tick; the others
    /// stay cut off until a new note begins in their lane.
    pub fn cut_sends(&mut self, kept: Mask) {
        self.steady = 0;
        self.unsent |= self.busy() & !kept;
        for sends in &mut self.sends {
            sends.jump_to(F32s::ZERO, all::<N>());
        }
    }

    /// Notes are over at once, but for the last of what was heard of them, which fades away within 3 ms.
    pub fn cut(&mut self, lanes: Mask, sample_rate: f32) {
        self.declicker.start(lanes, sample_rate);
        for lane in ones(lanes) {
            self.forget(lane);
        }
    }

    /// The pitch of each note at the end of the tick that begins, on its way from the last one.
    #[inline(always)]
    pub fn glide(&mut self, time: f32, mode: GlideMode, sample_rate: f32) -> F32s<N> {
        let time = F32s::splat(time);
        (self.glide).advance(TICK, time, mode, sample_rate, !self.fresh)
    }

    /// The pitch of each note as it was last.
    #[inline(always)]
    pub fn pitch(&self) -> F32s<N> {
        self.glide.pitch()
    }

    /// The LFOs move on by a tick. Those that are not `used` keep the value that they had.
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

    /// The values that the LFOs have now, used or not.
    pub fn lfos_now(
        &self,
        controls: &[LfoControls<N>; LFOS],
        shapes: &[LfoShape; LFOS],
        sample_rate: f32,
    ) -> [F32s<N>; LFOS] {
        from_fn(|number| self.lfos[number].evaluate(&controls[number], shapes[number], sample_rate))
    }

    /// The LFOs of voices begin.
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

    /// The time of voices that have just begun goes on from the sample `phase` to the end of the tick: that of their LFOs
    /// and glides.
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

    /// At a tick, before all else: the envelopes go on as they are wanted.
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

    /// The envelopes of voices begin `phase` samples into the tick, but for those whose note is over already.
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

    /// At a tick: all voices set out for where they are wanted.
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

    /// Returns true if the last tick led the voices to where the one before it did, and nothing has happened to them since.
    #[inline(always)]
    pub fn rested(&self) -> bool {
        self.steady > 0
    }

    /// At a tick whose controls and settings are the `same` as those of the last one: returns true if the voices rest there
    /// already, so that [`stay`](Self::stay) does for them what [`ramp_to`](Self::ramp_to) would. Operators and noise are led at
    /// every tick.
    #[inline(always)]
    pub fn is_steady(&mut self, same: bool) -> bool {
        self.steady = if same { STEADY.min(self.steady + 1) } else { 0 };
        let led = self.runs[Input::Fm as usize] | self.runs[Input::Noise as usize];
        self.steady == STEADY && !led
    }

    /// At a tick on which all voices rest where they were led at the last ones.
    #[inline(always)]
    pub fn stay(&mut self, settings: &VoiceSettings, sample_rate: f32) {
        if self.stereo {
            self.find_sides(settings);
        }
        self.oscillators.stay();
        self.ladder.stay();
        self.dc_blocker.ramp_to(sample_rate);
    }

    /// Voices begin `phase` samples into the tick where they are wanted, without a way there.
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
        self.oscillators.start(lanes, &self.seeds);
        self.fm.start(lanes);
        self.noise.start(lanes, &self.seeds);
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

    /// `phase` samples into a tick: the voices in `lanes`, which have just been settled, set out for where they are wanted
    /// at its end. The time of what moves them by itself begins here, and not at the next tick.
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

    /// `phase` samples into a tick: the voices in `lanes` set out for other pitches by its end.
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

    /// Finds out what is computed, whether anything is sent, and whether left and right differ.
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

    /// Finds out whether left and right differ.
    #[inline(always)]
    fn find_sides(&mut self, settings: &VoiceSettings) {
        let unison = settings.pair.a.unison > 1 || settings.pair.b.unison > 1;
        // What was wide has to come together before one side can stand for both.
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

    /// Adds the voices of up to [`TOGETHER`] groups to `buses`, which begin `phase` samples into the tick and stay within
    /// it; silent groups are left out. `external` is the External input as loud as it is wanted, left and right by [`Route`],
    /// where it comes through the voices. `mark` is told when all of them are through with a module.
    /// The highest values are noted in `peaks` where they are wanted.
    ///
    /// A voice that comes to a NaN or an infinity ends there. Its last good sample fades away within 3 ms, so
    /// that it does not click either, and everything else of it is forgotten.
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

    /// Plays the oscillators into `waves`, and mixes them.
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

    /// Mixes what `input` played into `mono`.
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

    /// The ladder, and what goes past it: both end up in `paths.filtered`.
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
        // What neither comes from here nor goes through the ladder is left as it is.
        share(filtered, bypassed_input);
    }

    /// The envelopes, and the way out. `level` holds nothing of interest, before and after.
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
        for envelope in &mut self.envelopes[1..] {
            envelope.pass(phase, length);
        }
        let ends = self.envelopes[0].render(phase, level);
        let mut sums = [F32s::<N>::ZERO; 2];
        let output = self.output.each_ref().map(RampSlope::new);
        let [left, right] = &mut sound;
        if self.stereo {
            let sides = left.iter_mut().zip(right.iter_mut());
            for (n, ((left, right), level)) in sides.zip(&*level).enumerate() {
                let place = tick_fraction(phase + n);
                *left = *left * *level * output[0].at(place);
                *right = *right * *level * output[1].at(place);
                sums[0] += *left;
                sums[1] += *right;
            }
        } else {
            // Only the left side has been computed, and its mean is still in it.
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

    /// Takes the mean out of the left side, which stands for both, and puts it at its level into its place between left and
    /// right; returns the sum of each. Gains that `REST` are not computed for each sample; the bits are the same.
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

    /// Silences the voices in `bad`, and lets what they and those that break off leave fade. Voices that `sounded` are told of.
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

    /// Everything about a voice but its residue is as new.
    fn forget(&mut self, lane: usize) {
        self.steady = 0;
        let mask = 1 << lane;
        for envelope in &mut self.envelopes {
            envelope.stop(mask);
        }
        let zero = F32s::ZERO;
        self.glide.start(mask, zero, zero);
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

    /// Makes a voice come to a NaN.
    #[cfg(test)]
    pub(crate) fn poison(&mut self, lanes: Mask) {
        self.poisoned |= lanes;
    }
}

/// The parts of a voice that are timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VoiceStage {
    /// What plays this input, be it others too.
    Source(Input),
    /// The ladder.
    Filter,
    /// Envelopes, and the way out.
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

/// Notes the highest absolute values of the voices in `lanes`, of `sound` and what goes `past` it together.
#[inline(always)]
fn watch<const N: usize>(
    sound: &[&mut [F32s<N>]; 2],
    past: Option<&[&mut [F32s<N>]; 2]>,
    stereo: bool,
    lanes: Mask,
    peaks: &mut [f32; 2],
) {
    let past = |side: usize| past.map(|past| &*past[side]);
    let left = highest(sound[0], past(0), lanes);
    let right = if stereo {
        highest(sound[1], past(1), lanes)
    } else {
        left
    };
    *peaks = [peaks[0].max(left), peaks[1].max(right)];
}

/// The highest absolute value in `lanes` of `sound` and what goes `past` it together.
#[inline(always)]
fn highest<const N: usize>(sound: &[F32s<N>], past: Option<&[F32s<N>]>, lanes: Mask) -> f32 {
    // One instruction, where the maximum of the standard library takes three. A NaN is no maximum here either.
    let higher = |a: f32, b: f32| if b > a { b } else { a };
    let mut most = F32s::<N>::ZERO;
    match past {
        Some(past) => {
            for (sound, past) in sound.iter().zip(past) {
                most = most.zip((*sound + *past).map(f32::abs), higher);
            }
        }
        None => {
            for sound in sound {
                most = most.zip(sound.map(f32::abs), higher);
            }
        }
    }
    let most = F32s::ZERO.blend(most, lanes);
    most.0.into_iter().fold(0.0, f32::max)
}

/// What is true in one of both.
#[inline(always)]
fn either(a: [bool; ROUTES], b: [bool; ROUTES]) -> [bool; ROUTES] {
    from_fn(|route| a[route] | b[route])
}
