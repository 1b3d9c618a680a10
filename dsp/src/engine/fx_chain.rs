//! Effects chain behind the voices: the effects on the two send buses and on the output, and the overload meters. The
//! effects run with the widest vectors of the processor.

use super::control_bank::ControlBank;
use super::effects::{Context, InPlace, Levels, Output, Pass, Return, Returns, SENDS};
use super::modulation_snapshot::{MeterPoint, Overload};
use super::tail::Tail;
use crate::rt::{Channels, Scope, TICK, Work, dispatch};
use crate::synth::effects::{Effect, OverloadMeter};

/// Number of buffers for the returns, left and right, and for [`ReturnPass`].
const BACK: usize = 2;
const WORK: usize = 5;

/// Effects chain. `[audio]`, except [`prepare`](Self::prepare).
#[derive(Debug)]
pub(super) struct FxChain {
    returns: Returns,
    output: Output,
    meters: [OverloadMeter; MeterPoint::ALL.len()],
    /// True if the overload meters are read, and therefore fed.
    metered: bool,
    /// Peaks of the voices in this tick so far, at the mixer and after the filter.
    voices: [[f32; 2]; 2],
    /// Levels of this tick, by the number of the effect.
    levels: [Levels; Returns::PATHS.len()],
    context: Context,
    /// Fade-out of the sound that All Sound Off stopped.
    tail: Tail,
    /// True if All Sound Off has arrived, so that the next sample is the first without the old sound.
    silenced: bool,
    /// True if all effects on the sends are idle and have no targets for this tick.
    stale: bool,
}

impl Default for FxChain {
    /// Effects chain that has to be [prepared](FxChain::prepare).
    fn default() -> Self {
        Self {
            returns: Returns::default(),
            output: Output::default(),
            meters: [OverloadMeter::new(1.0); MeterPoint::ALL.len()],
            metered: false,
            voices: [[0.0; 2]; 2],
            levels: Default::default(),
            context: Context::default(),
            tail: Tail::default(),
            silenced: false,
            stale: true,
        }
    }
}

impl FxChain {
    /// Number of buffers of a tick that the chain takes from the arena at once.
    pub(super) const BUFFERS: usize = BACK + WORK;

    /// Prepares for `sample_rate` in Hz. Allocates. `[gui]`
    pub(super) fn prepare(&mut self, sample_rate: f32) {
        self.returns.prepare(sample_rate);
        self.output.prepare(sample_rate);
        self.tail.prepare(sample_rate);
        for meter in &mut self.meters {
            meter.prepare(sample_rate);
        }
    }

    /// Resets to silence.
    pub(super) fn reset(&mut self) {
        self.returns.reset();
        self.output.reset();
        self.tail.clear();
        self.silenced = false;
        self.reset_meters();
    }

    fn reset_meters(&mut self) {
        self.meters.iter_mut().for_each(OverloadMeter::reset);
        self.voices = Default::default();
    }

    /// Enables the overload meters, which start anew, or disables them.
    pub(super) fn set_metered(&mut self, metered: bool) {
        if metered && !self.metered {
            self.reset_meters();
        }
        self.metered = metered;
    }

    /// Returns true if the overload meters are fed.
    pub(super) fn metered(&self) -> bool {
        self.metered
    }

    /// Handles All Sound Off: from the next sample on, everything sent to the effects so far fades out within 3 ms.
    pub(super) fn silence(&mut self) {
        self.silenced = true;
        self.returns.cut_off();
        self.output.cut_off();
    }

    /// Completes [`silence`](Self::silence) before the samples from `phase` in the tick on. The next 3 ms of the
    /// effects are computed at once, which costs the same in blocks of any size, and then the effects are cleared,
    /// which costs the same for memories of any length. Returns `None` if the scratch memory is too small.
    pub(super) fn complete_silence(&mut self, phase: usize, scratch: &mut Scope<'_>) -> Option<()> {
        if !std::mem::take(&mut self.silenced) || self.sends_idle() {
            return Some(());
        }
        let levels = self.levels;
        let length = self.tail.len();
        let (mut at, mut phase) = (0, phase);
        while at < length {
            let count = (TICK - phase).min(length - at);
            let mut scratch = scratch.nested();
            let mut sends = sends(&mut scratch, count)?;
            for send in &mut sends {
                send.clear();
            }
            let mut back = Channels::new(scratch.take_each::<_, BACK>(count)?);
            self.play_returns(phase, &mut sends, &mut back, &mut scratch)?;
            self.tail.record(at, &back);
            (at, phase) = (at + count, 0);
            self.levels = self.levels.map(Levels::constant);
            self.ramp_sends();
        }
        self.tail.start();
        self.returns.reset();
        self.ramp_sends();
        self.levels = levels;
        Some(())
    }

    /// Returns true if no effect has a tail.
    pub(super) fn is_idle(&self) -> bool {
        self.sends_idle() && self.output.is_idle()
    }

    /// Returns true if the returns stay silent until something is sent.
    pub(super) fn sends_idle(&self) -> bool {
        self.returns.is_idle() && !self.tail.is_running()
    }

    /// Reads the settings at the end of the tick.
    pub(super) fn read(&mut self, bank: &ControlBank, context: Context) {
        self.context = context;
        self.returns.read(bank, context);
        self.output.read(bank, context);
    }

    /// Ramps the effects across the tick to the settings that were [read](Self::read). `tempo` is in quarter notes per
    /// minute.
    pub(super) fn update(&mut self, bank: &ControlBank, tempo: f32) {
        if tempo != self.context.tempo {
            let context = Context {
                tempo,
                ..self.context
            };
            self.read(bank, context);
        }
        self.levels = Returns::PATHS.each_ref().map(|path| path.ramp_to(bank));
        self.output.ramp_to();
        self.ramp_sends();
    }

    /// Ramps the effects across a tick, unless all of them are idle. Idle effects start directly on their targets,
    /// which is the same on any sample of the tick, so [`wake_sends`](Self::wake_sends) sets them.
    fn ramp_sends(&mut self) {
        self.stale = self.sends_idle();
        if !self.stale {
            self.returns.ramp_to();
        }
    }

    /// Sets the targets of effects that were idle at the last tick, before anything is sent to them.
    fn wake_sends(&mut self) {
        if std::mem::take(&mut self.stale) {
            self.returns.ramp_to();
        }
    }

    /// Adds the returns to `sound`, for samples that begin `phase` into the tick and stay within it. Overwrites the
    /// sends. Returns the number of values that were not finite, or `None` if the scratch memory is too small.
    pub(super) fn play_sends(
        &mut self,
        phase: usize,
        sends: &mut [Channels<'_, 2>; SENDS],
        sound: &mut Channels<'_, 2>,
        scratch: &mut Scope<'_>,
    ) -> Option<u32> {
        let mut scratch = scratch.nested();
        let mut back = Channels::new(scratch.take_each::<_, BACK>(sound.len())?);
        self.play_returns(phase, sends, &mut back, &mut scratch)?;
        self.feed(MeterPoint::Sends, &back);
        for side in 0..2 {
            for (sound, back) in sound.channel_mut(side).iter_mut().zip(back.channel(side)) {
                *sound += back;
            }
        }
        Some(self.returns.non_finite_count())
    }

    /// Fills `back` with the returns. Returns `None` if the scratch memory is too small.
    fn play_returns(
        &mut self,
        phase: usize,
        sends: &mut [Channels<'_, 2>; SENDS],
        back: &mut Channels<'_, 2>,
        scratch: &mut Scope<'_>,
    ) -> Option<()> {
        self.wake_sends();
        let mut scratch = scratch.nested();
        let [left, right, gain, mix, onto] = scratch.take_each::<_, WORK>(back.len())?;
        dispatch(Play {
            returns: &mut self.returns,
            pass: ReturnPass {
                levels: &self.levels,
                phase,
                sends: sends.each_mut().map(Channels::each_mut),
                back: back.each_mut(),
                copies: [left, right],
                gain,
                mix,
                onto,
            },
        });
        self.tail.play(back);
        Some(())
    }

    /// Processes `sound` with the effects on the output, in place. Returns the number of values that were not finite.
    pub(super) fn play_output(&mut self, phase: usize, sound: &mut Channels<'_, 2>) -> u32 {
        self.output.each(&mut OutputPass {
            phase,
            sound: sound.each_mut(),
        });
        self.output.non_finite_count()
    }

    /// Feeds the meter at `point`, if the meters are enabled.
    pub(super) fn feed(&mut self, point: MeterPoint, sound: &Channels<'_, 2>) {
        if self.metered {
            self.meters[point as usize].feed(sound.channel(0), sound.channel(1));
        }
    }

    /// Takes in the peaks of the voices at the mixer and after the filter, up to the sample `end` of the tick. The
    /// meters are fed with whole ticks, so that segment lengths make no difference.
    pub(super) fn feed_voices(&mut self, peaks: [[f32; 2]; 2], end: usize) {
        for (most, peak) in self.voices.iter_mut().zip(peaks) {
            *most = [most[0].max(peak[0]), most[1].max(peak[1])];
        }
        if end < TICK {
            return;
        }
        let most = std::mem::take(&mut self.voices);
        for (point, [left, right]) in [MeterPoint::Mixer, MeterPoint::Filter]
            .into_iter()
            .zip(most)
        {
            self.meters[point as usize].feed(&[left; TICK], &[right; TICK]);
        }
    }

    /// Takes in silence of the voices, up to the sample `end` of the tick.
    pub(super) fn feed_silent_voices(&mut self, end: usize) {
        if !self.metered {
            return;
        }
        let rests = |point: MeterPoint| self.meters[point as usize].is_idle();
        if !(rests(MeterPoint::Mixer) && rests(MeterPoint::Filter) && self.voices == [[0.0; 2]; 2])
        {
            self.feed_voices([[0.0; 2]; 2], end);
        }
    }

    /// Feeds the meters at `points` with silence.
    pub(super) fn feed_silence(&mut self, points: &[MeterPoint], samples: usize) {
        if !self.metered {
            return;
        }
        let silence = &[0.0; TICK][..samples];
        for point in points {
            let meter = &mut self.meters[*point as usize];
            if !meter.is_idle() {
                meter.feed(silence, silence);
            }
        }
    }

    /// Returns the readings of the meters and starts their peaks anew.
    pub(super) fn overloads(&mut self) -> [Overload; MeterPoint::ALL.len()] {
        self.meters.each_mut().map(|meter| {
            let reading = meter.reading();
            Overload {
                peak: reading.peak,
                hold: reading.hold,
                overs: reading.overs,
            }
        })
    }
}

/// Returns stereo buffers of all sends, with unspecified contents, or `None` if the scratch memory is too small.
pub(super) fn sends<'a>(
    scratch: &mut Scope<'a>,
    length: usize,
) -> Option<[Channels<'a, 2>; SENDS]> {
    let mut buffers = scratch.take_each::<f32, { 2 * SENDS }>(length)?.into_iter();
    let mut next = || buffers.next().unwrap_or_default();
    Some(std::array::from_fn(|_| Channels::new([next(), next()])))
}

/// Processing of a piece of a tick with the effects on the sends.
struct Play<'a> {
    returns: &'a mut Returns,
    pass: ReturnPass<'a>,
}

/// Buffers of a piece of a tick for the effects on the sends. All are as long as the piece.
struct ReturnPass<'a> {
    levels: &'a [Levels; Returns::PATHS.len()],
    phase: usize,
    sends: [[&'a mut [f32]; 2]; SENDS],
    back: [&'a mut [f32]; 2],
    /// Fraction of a send that an effect takes.
    copies: [&'a mut [f32]; 2],
    gain: &'a mut [f32],
    mix: &'a mut [f32],
    onto: &'a mut [f32],
}

/// Buffers of a piece of a tick for the effects on the output.
struct OutputPass<'a> {
    phase: usize,
    sound: [&'a mut [f32]; 2],
}

impl Pass<InPlace> for OutputPass<'_> {
    #[inline(always)]
    fn process<E: Effect>(&mut self, effect: &mut E, _number: usize, _path: &InPlace) {
        let [left, right] = &mut self.sound;
        effect.process(self.phase, left, right);
    }
}

impl Work for Play<'_> {
    type Output = ();

    #[inline(always)]
    fn run(mut self) {
        // Adding to −0 preserves the bits of the addend, even of a zero of either sign.
        self.pass.back.iter_mut().for_each(|back| back.fill(-0.0));
        self.returns.each(&mut self.pass);
    }
}

impl Pass<Return> for ReturnPass<'_> {
    #[inline(always)]
    fn process<E: Effect>(&mut self, effect: &mut E, number: usize, path: &Return) {
        let Self {
            levels,
            phase,
            sends,
            back,
            copies,
            gain,
            mix,
            onto,
        } = self;
        let (levels, phase, send) = (&levels[number], *phase, &mut sends[path.bus as usize]);
        levels.level.fill(phase, gain);
        let sound = if path.insert.is_some() {
            for (copy, send) in copies.iter_mut().zip(&*send) {
                copy.copy_from_slice(send);
            }
            let [left, right] = &mut *copies;
            effect.process(phase, left, right);
            levels.mix.fill(phase, mix);
            levels.back.fill(phase, onto);
            for (sound, send) in copies.iter_mut().zip(send) {
                insert(send, sound, mix, onto);
            }
            copies
        } else {
            let [left, right] = &mut *send;
            effect.process(phase, left, right);
            send
        };
        for (back, sound) in back.iter_mut().zip(sound) {
            add(back, sound, gain);
        }
        if let Some((bus, _)) = path.onward {
            levels.onward.fill(phase, gain);
            for (send, back) in sends[bus as usize].iter_mut().zip(&*back) {
                add(send, back, gain);
            }
        }
    }
}

/// Removes the fraction `mix` from `send`, scales `sound`, the effect's output, by the same fraction, and adds it to
/// `send` at the level `onto`.
#[inline(always)]
fn insert(send: &mut [f32], sound: &mut [f32], mix: &[f32], onto: &[f32]) {
    let levels = mix.iter().zip(onto);
    for ((send, sound), (mix, onto)) in send.iter_mut().zip(sound).zip(levels) {
        *sound *= mix;
        *send += *sound * onto - *send * mix;
    }
}

/// Adds `from` times `gain` to `to`.
#[inline(always)]
fn add(to: &mut [f32], from: &[f32], gain: &[f32]) {
    for ((to, from), gain) in to.iter_mut().zip(from).zip(gain) {
        *to += from * gain;
    }
}
